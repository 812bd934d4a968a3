"""Every target of the Makefile in a folder with spaces, for a user with LANG=C: it reaches its programs."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

TOOL = """#!/bin/sh
# stands for any program of the virtual environment: notes how it was called, and where
printf '%s|%s|%s\\n' "${0##*/}" "$PWD" "$*" >> "$NOTES"
case "$*" in
  "-m venv "*) mkdir -p "$3/bin"; for name in python pip uv pip-audit; do cp "$0" "$3/bin/$name"; done ;;
esac
for word in "$@"; do
  case "$word" in
    --python_out=*) mkdir -p "${word#*=}/triwatch/v1"; : > "${word#*=}/triwatch/v1/a_pb2.py" ;;
  esac
done
"""
CALLS = {
    "setup": ["python|-m pip install", "python|-m nodes.cli.warm", "python|-m nodes.page.build"],
    "page": ["python|-m nodes.page.build"],
    "demo": ["triwatch|demo"],
    "test": ["python|-m pytest -n logical --maxprocesses=4 --dist loadfile --no-loadscope-reorder"],
    "bench": ["python|-m benchmarks"],
    "check": ["ruff|format --check .", "ruff|check .", "mypy|", "python|-m grpc_tools.protoc"],
    "faults": ["python|-m pytest -m faults"],
    "soak": ["python|-m pytest -m soak"],
    "sim": ["python|tests/sim/simulation.py 0 999"],
    "long": ["python|-m pytest -m long"],
    "determinism": ["python|-m pytest -m determinism"],
    "coverage": ["python|-m coverage run"],
    "mutants": ["python|tests/mutants/run.py"],
    "audit": ["pip-audit|--require-hashes"],
    "docs": ["pdoc|"],
    "proto": ["python|-m grpc_tools.protoc"],
    "lock": ["uv|pip compile"],
    "wheel": ["hatchling|build"],
}
"""What a target must call, among others."""
ELSEWHERE = {
    "help": "prints",
    "clean": "deletes",
    "fuzz": "builds a fuzzer's environment, which needs a compiler",
}


@pytest.fixture
def folder(repo: Path, tmp_path: Path) -> Path:
    """A tree of its own in a folder with spaces, with programs that note their calls."""
    made = tmp_path / "a folder" / "tri watch"
    for name in ("fusion", "nodes/page/static", "proto/triwatch/v1", "tools"):
        (made / name).mkdir(parents=True)
    for name in ("Makefile", "pyproject.toml", "requirements.lock"):
        shutil.copy(repo / name, made / name)
    (made / "fusion" / "kernel.py").write_text("import numba\n", encoding="ascii")
    for name in ("a.proto", "a_pb2.py"):
        (made / "proto" / "triwatch" / "v1" / name).write_text("", encoding="ascii")
    tool = made / "tools" / "python3"
    tool.write_text(TOOL, encoding="ascii")
    tool.chmod(0o755)
    (made / ".venv" / "bin").mkdir(parents=True)
    for name in ("python", "triwatch", "ruff", "mypy", "pdoc", "hatchling"):
        shutil.copy(tool, made / ".venv" / "bin" / name)
    return made


def make(folder: Path, *targets: str) -> tuple[subprocess.CompletedProcess[str], list[str]]:
    """What make says, and the calls that it made, as ``program|arguments``."""
    notes = folder.parent / "notes"
    temporary = folder.parent / "tmp dir"
    temporary.mkdir(exist_ok=True)
    done = subprocess.run(
        ["make", f"PYTHON={str(folder / 'tools' / 'python3')!r}", *targets],
        cwd=folder,
        env={
            "PATH": os.environ["PATH"],
            "HOME": str(folder.parent),
            "LANG": "C",
            "NOTES": str(notes),
            "TMPDIR": str(temporary),
        },
        capture_output=True,
        text=True,
        timeout=60,
    )
    calls = []
    for line in notes.read_text(encoding="utf-8").splitlines() if notes.exists() else []:
        program, where, arguments = line.split("|", 2)
        assert Path(where) == folder
        calls.append(f"{program}|{arguments}")
    return done, calls


def test_every_target_is_known(repo: Path) -> None:
    text = (repo / "Makefile").read_text(encoding="utf-8")
    (phony,) = re.findall(r"^\.PHONY: (.*)$", text, re.MULTILINE)
    assert set(phony.split()) == CALLS.keys() | ELSEWHERE.keys()
    assert set(re.findall(r"^([a-z]+):.* ## ", text, re.MULTILINE)) == set(phony.split())


@pytest.mark.parametrize("target", CALLS, ids=lambda target: f"make {target}")
def test_a_target_reaches_its_programs(folder: Path, target: str) -> None:
    done, calls = make(folder, target)
    assert done.returncode == 0, done.stdout + done.stderr
    for wanted in CALLS[target]:
        assert any(call.startswith(wanted) for call in calls), (wanted, calls, done.stderr)


def test_set_up_once_nothing_is_done_again(folder: Path) -> None:
    make(folder, "setup")
    (folder.parent / "notes").unlink()
    done, calls = make(folder, "setup")
    assert done.returncode == 0, done.stderr
    assert calls == ["python|-m nodes.page.build"]


def test_clean_leaves_the_sources(folder: Path) -> None:
    make(folder, "setup")
    done, _ = make(folder, "clean")
    assert done.returncode == 0, done.stderr
    assert not (folder / ".venv").exists()
    assert (folder / "fusion" / "kernel.py").exists()
