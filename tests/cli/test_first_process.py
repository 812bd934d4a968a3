"""A command as the first process of a container, which the system protects from signals that nobody minds."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

STILL_STARTING = """
import time
import click

@click.command()
def wait():
    print("imports", flush=True)
    time.sleep(60)
"""
RUN = "import nodes.cli; nodes.cli.COMMANDS['wait'] = 'still_starting:wait'; nodes.cli.main(['wait'])"

pytestmark = pytest.mark.processes


@pytest.mark.skipif(
    os.geteuid() != 0 or shutil.which("unshare") is None, reason="needs root and unshare (util-linux)"
)
def test_it_can_be_stopped_before_it_has_started(tmp_path: Path) -> None:
    (tmp_path / "still_starting.py").write_text(STILL_STARTING)
    command = ["unshare", "--pid", "--fork", "--kill-child", sys.executable, "-c", RUN]
    paths = os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])
    outer = subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": paths}
    )
    try:
        assert outer.stdout is not None
        assert outer.stdout.readline() == "imports\n"
        (inner,) = Path(f"/proc/{outer.pid}/task/{outer.pid}/children").read_text().split()
        os.kill(int(inner), signal.SIGTERM)
        assert outer.wait(10) == 128 + signal.SIGTERM
    finally:
        outer.kill()
        outer.wait()
