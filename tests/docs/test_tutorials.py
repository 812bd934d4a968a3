"""The tutorials do what they say: every file is written, every command and every piece of Python run."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

import pytest

PAGES = sorted((Path(__file__).parents[2] / "docs" / "tutorials").glob("*.md"))
BLOCK = re.compile(r"^```(\w+)(?: file=(\S+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PLUGIN = (
    ()
    if any(p.name == "triwatch" for p in entry_points(group="pytest11"))
    else ("-p", "nodes.testing.plugin")
)
AS = {"triwatch": ("-m", "nodes.cli"), "pytest": ("-m", "pytest", *PLUGIN)}


@pytest.mark.slow
@pytest.mark.processes
@pytest.mark.timeout(900)
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_tutorial_runs(page: Path, tmp_path: Path, repo: Path) -> None:
    blocks = BLOCK.findall(page.read_text(encoding="utf-8"))
    assert any(language == "sh" for language, _, _ in blocks)
    for language, file, text in blocks:
        if file:
            (tmp_path / file).write_text(text, encoding="utf-8")
        elif language == "sh":
            for line in text.splitlines():
                name, *arguments = shlex.split(line)
                run(tmp_path, repo, *AS[name], *arguments)
        elif language == "python":
            run(tmp_path, repo, "-c", text)


def run(folder: Path, repo: Path, *arguments: str) -> None:
    path = os.pathsep.join([str(repo), str(repo / "proto")])
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        # of one thread: pyarrow's pool now and then aborts a process that ends ("terminate called ...")
        env={**os.environ, "PYTHONPATH": path, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{arguments}:\n{done.stdout}\n{done.stderr}"
