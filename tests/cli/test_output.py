"""Output that cannot be written, or not in full: one line, its exit status, and nothing else is lost."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from nodes.cli import output
from nodes.errors import BadInput

FLIGHT = ["fly", "--apogee-km", "100", "--range-km", "400"]
TRIWATCH = [sys.executable, "-P", "-m", "nodes.cli"]


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[bytes]:
    env = {**os.environ, **environment}
    return subprocess.run([*TRIWATCH, *arguments], capture_output=True, env=env, timeout=120)


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp437", "utf-8"])
def test_every_encoding_says_what_it_can(encoding: str) -> None:
    done = run(*FLIGHT, PYTHONIOENCODING=encoding)
    assert done.returncode == 0, done.stderr
    degree = " deg above the horizontal" if encoding == "ascii" else "° above the horizontal"
    assert degree in done.stdout.decode(encoding)


@pytest.mark.parametrize("command", [FLIGHT, ["scenarios"]], ids=["fly", "scenarios"])
def test_a_full_disk_under_json_is_said_after_the_result(command: list[str]) -> None:
    done = run(*command, "--json", "/dev/full")
    assert done.returncode == 2
    assert done.stdout == run(*command).stdout
    said = b"triwatch: --json /dev/full: No space left on device; name a file in a writable folder"
    assert done.stderr.splitlines() == [said]


@pytest.mark.parametrize(
    "command", [FLIGHT, ["scenarios"], ["scenarios", "--json", "-"], [*FLIGHT, "--json", "-"]]
)
def test_a_full_disk_under_standard_output(command: list[str]) -> None:
    with open("/dev/full", "wb") as full:
        done = subprocess.run([*TRIWATCH, *command], stdout=full, stderr=subprocess.PIPE, timeout=120)
    assert done.returncode == 2
    said = b"triwatch: standard output: No space left on device; send it where there is room"
    assert done.stderr.splitlines()[-1:] == [said]
    assert b"Traceback" not in done.stderr


@pytest.mark.parametrize("command", [FLIGHT, ["scenarios"], ["scenarios", "--json", "-"]])
def test_a_reader_that_has_left_is_the_reason_given(command: list[str]) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run([*TRIWATCH, *command], stdout=writing, stderr=subprocess.PIPE, timeout=120)
    os.close(writing)
    assert done.returncode == 1
    said = b"triwatch: whoever read standard output has left; the rest was not written"
    assert done.stderr.splitlines()[-1:] == [said]
    assert b"Traceback" not in done.stderr


def test_a_read_only_folder_under_json(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path, data: bytes) -> int:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(Path, "write_bytes", refuse)
    with pytest.raises(BadInput, match=r"--json .*x\.json: Read-only file system; name a file in a writable"):
        output.write_json(str(tmp_path / "x.json"), {})


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["score", "x.mcap", "--plot", "x.xyz"], "--plot x.xyz: pictures are drawn as PNG; name a file"),
        (["score", "x.mcap", "--plot", "x"], "--plot x: pictures are drawn as PNG; name a file"),
        (["score", "x.mcap", "--plot", "nowhere/x.png"], "--plot nowhere/x.png: cannot write there"),
        (["page", "x.mcap", "--host", ""], "--host: expected an address or a name, got ''"),
        (["page", "x.mcap", "--host", " "], "--host: expected an address or a name, got ''"),
    ],
)
def test_an_option_that_cannot_be_is_refused_before_any_work(arguments: list[str], said: str) -> None:
    done = run(*arguments)
    assert done.returncode == 2
    (line,) = done.stderr.decode().splitlines()
    assert line.startswith(f"triwatch: {said}")
