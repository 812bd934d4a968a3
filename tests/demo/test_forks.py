"""Processes forked for an exercise: they are what the command would be that is started by itself."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from demo_kit import TRIWATCH, alive, children, command_line, wait_for
from forked_kit import Started
from nodes.demo.forks import EXIT_LOST, Forks

pytestmark = pytest.mark.processes


@pytest.fixture(scope="module")
def forks() -> Iterator[Forks]:
    made = Forks()
    yield made
    made.close()


def run(forks: Forks, out: Path, *arguments: str) -> int:
    with out.open("wb") as file, open(os.devnull, "rb") as nothing:
        return forks.fork(arguments, (nothing.fileno(), file.fileno(), file.fileno()))


@pytest.mark.parametrize(
    "arguments",
    [
        ("core", "--help"),
        ("core",),
        ("core", "--nation", "XYZZY", "--coalition", "nowhere"),
        ("node", "--id"),
    ],
)
def test_words_and_exit_status_are_those_of_the_command(
    forks: Forks, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "77")
    wanted = subprocess.run([*TRIWATCH, *arguments], capture_output=True)
    pid = run(forks, tmp_path / "said", *arguments)
    assert forks.ended(pid, None) == wanted.returncode
    assert (tmp_path / "said").read_bytes() == wanted.stdout + wanted.stderr


@pytest.fixture
def running(forks: Forks, tmp_path: Path) -> Iterator[int]:
    """A core that waits for what comes."""
    root = tmp_path / "coalition"
    made = subprocess.run([*TRIWATCH, "coalition", "init", str(root), "--scenario", "medium_range"])
    assert made.returncode == 0
    pid = run(forks, tmp_path / "core.log", "core", "--nation", "KOR", "--coalition", str(root))
    wait_for((root / "endpoints" / "core-KOR.json").exists)
    yield pid
    if forks.ended(pid) is None:
        os.kill(pid, signal.SIGKILL)


def test_it_has_a_session_and_a_title_of_its_own_and_is_asked_to_end(forks: Forks, running: int) -> None:
    assert os.getsid(running) == running != os.getsid(0)
    assert command_line(running)[:7] == [*TRIWATCH, "core", "--nation", "KOR"]
    assert forks.ended(running) is None
    assert forks.ended(running, 0.1) is None
    os.kill(running, signal.SIGTERM)
    assert forks.ended(running, 20.0) == 0
    assert forks.ended(running) == 0, "it can be asked again"


def test_what_killed_it_is_known(forks: Forks, running: int) -> None:
    os.kill(running, signal.SIGKILL)
    assert forks.ended(running, 20.0) == -signal.SIGKILL


def test_it_is_ready_once_loaded_and_to_ask_waits_for_nothing(tmp_path: Path) -> None:
    forks = Forks()
    try:
        assert not forks.ready(), "it takes seconds"
        wait_for(forks.ready, 280.0)
        assert forks.ended(run(forks, tmp_path / "said", "core", "--help"), 20.0) == 0
        assert forks.ready()
    finally:
        forks.close()


def test_the_server_ends_with_who_asked_it() -> None:
    code = "import sys; from nodes.demo.forks import Forks; Forks(); print(flush=True); sys.stdin.read()"
    launcher = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert launcher.stdout is not None
    launcher.stdout.readline()
    (server,) = children(launcher.pid)
    launcher.kill()
    launcher.communicate()
    wait_for(lambda: not alive(server), 30.0)


def test_without_a_server_it_says_so_and_nothing_waits(tmp_path: Path) -> None:
    forks = Forks()
    root = tmp_path / "coalition"
    subprocess.run([*TRIWATCH, "coalition", "init", str(root), "--scenario", "medium_range"], check=True)
    pid = run(forks, tmp_path / "core.log", "core", "--nation", "KOR", "--coalition", str(root))
    (server,) = (
        one
        for one in children(os.getpid())
        if "nodes.demo.fork_server" in command_line(one) and pid in children(one)
    )
    os.kill(server, signal.SIGKILL)
    assert forks.ended(pid, None) == EXIT_LOST
    with pytest.raises(OSError, match=r"Broken pipe|is gone"):
        run(forks, tmp_path / "other.log", "core", "--help")
    assert alive(pid)
    os.kill(pid, signal.SIGKILL)
    forks.close()


def test_what_the_tests_start_counts_as_a_process(tmp_path: Path) -> None:
    started = Started(["core", "--help"], tmp_path / "out", tmp_path / "err")
    assert started.wait(60) == 0
    assert "Usage" in (tmp_path / "out").read_text()
    assert (tmp_path / "err").read_text() == ""
