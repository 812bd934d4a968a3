"""Row 15 with real cores: a disk that is full, a journal whose tail is torn or spoilt."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from os import geteuid
from pathlib import Path

import pytest

import crowd_kit
from compose_kit import Said
from crowd_kit import Crowd
from demo_kit import wait_for
from nodes.core.journal_files import segments

pytestmark = [pytest.mark.faults, pytest.mark.processes, pytest.mark.timeout(600)]
EXIT_DAMAGED = 3


@contextmanager
def small_disk(folder: Path, kilobytes: int) -> Iterator[Path]:
    """A file system of so many kilobytes."""
    if geteuid() != 0:
        pytest.skip("needs root, to mount a tmpfs")
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={kilobytes}k", "small", str(folder)], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


@contextmanager
def cores(folder: Path, journal: Path, *more: str) -> Iterator[Crowd]:
    """Two nations' cores, Japan's with a journal, to which three nodes report."""
    with crowd_kit.crowd(folder, "USA") as made:
        made.more["JPN"] = ["--journal", str(journal), *more]
        made.start("JPN")
        made.talk("KOR-1=5", "JPN-1=5", "USA-1=5")
        wait_for(made.folds, 180.0)
        yield made


def test_a_full_disk(tmp_path: Path, record_property: Said) -> None:
    """Journal and recording end, with a word; picture and warnings go on. Started again with what the journal
    kept, the rest comes from the others."""
    with (
        small_disk(tmp_path / "disk", 160) as disk,
        cores(tmp_path, disk / "journal", "--record", str(disk / "core.mcap")) as made,
    ):
        wait_for(lambda: bool(made.states()["JPN"].journal_failure), 60.0)
        at = made.states()["JPN"].folded
        wait_for(lambda: made.states()["JPN"].folded > at + 50, 60.0)
        made.signal("JPN", signal.SIGKILL)
        (disk / "core.mcap").unlink()
        made.more["JPN"] = ["--journal", str(disk / "journal")]
        made.start("JPN")
        wait_for(made.folds, 180.0)
        record_property("recovery_s", made.end_whole(record_property))
        assert made.signal("JPN", signal.SIGTERM) in (0, EXIT_DAMAGED)
        assert made.summary("JPN")["journal"]["restored"] > 0
    assert "No space left on device" in (tmp_path / "JPN.log").read_text()


@pytest.mark.parametrize("what", ["cut", "bit"])
def test_a_spoilt_journal(tmp_path: Path, what: str, record_property: Said) -> None:
    """A killed core's journal loses its tail, or a bit in its midst: a verified prefix is used, the rest
    comes from the others, and the exit status says that there was a loss."""
    folder = tmp_path / "journal"
    with cores(tmp_path, folder) as made:
        time.sleep(5.0)
        made.signal("JPN", signal.SIGKILL)
        newest = segments(folder)[-1]
        data = bytearray(newest.read_bytes())
        if what == "cut":
            del data[-7:]
        else:
            data[len(data) // 2] ^= 4
        newest.write_bytes(data)
        made.start("JPN")
        wait_for(made.folds, 180.0)
        record_property("recovery_s", made.end_whole(record_property))
        assert made.signal("JPN", signal.SIGTERM) == EXIT_DAMAGED
        journal = made.summary("JPN")["journal"]
    assert journal["restored"] > 0
    assert len(journal["damaged"]) == 1
