"""Whatever is done to a journal's files, what is read is a prefix of what was written, each record whole."""

from __future__ import annotations

import logging
import os
import random
import resource
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nodes.core.durable_journal import DurableJournal
from nodes.core.journal_files import HEADER, Record, pack, read_segment, segments
from nodes.errors import BadInput
from nodes.framed_log import LogFile


def records(count: int, seed: int = 1) -> list[Record]:
    source = random.Random(seed)
    return [
        Record(f"report//KOR-{k % 7}".encode(), source.randbytes(source.randrange(1, 60)))
        for k in range(count)
    ]


def written(folder: Path, wanted: list[Record], **limits: int) -> Path:
    journal = DurableJournal(folder, **limits)
    for k, record in enumerate(wanted):
        journal.append(*record)
        if k % 5 == 4:
            journal.commit()
    journal.close()
    return segments(folder)[0]


def restored(folder: Path) -> tuple[list[Record], DurableJournal]:
    journal = DurableJournal(folder)
    found = list(journal.restore())
    journal.close()
    return found, journal


def test_every_process_finds_what_those_before_it_kept(tmp_path: Path) -> None:
    wanted = records(40)
    written(tmp_path, wanted[:25])
    journal = DurableJournal(tmp_path)
    assert list(journal.restore()) == wanted[:25]
    for record in wanted[25:]:
        journal.append(*record)
    journal.close()
    found, journal = restored(tmp_path)
    assert found == wanted
    assert journal.summary()["damaged"] == []


def test_a_segment_cut_at_every_offset_gives_every_record_before_the_cut(tmp_path: Path) -> None:
    wanted = records(12)
    whole = written(tmp_path / "whole", wanted).read_bytes()
    ends = [len(HEADER)]
    for record in wanted:
        ends.append(ends[-1] + len(pack(*record)))
    assert ends[-1] == len(whole)
    path = tmp_path / "000000000001.journal"
    for cut in range(len(whole)):
        path.write_bytes(whole[:cut])
        found = LogFile(path)
        assert list(read_segment(found)) == wanted[: max(0, sum(end <= cut for end in ends) - 1)]
        assert bool(found.fault) == (cut not in ends)
        assert found.bytes_read + found.bytes_left == cut


def test_one_flipped_bit_loses_what_is_behind_it_in_its_segment_and_nothing_else(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    wanted = records(12)
    path = written(tmp_path, wanted)
    written(tmp_path, later := records(5, seed=2))
    whole = path.read_bytes()
    for bit in range(0, 8 * len(whole), 3):
        spoilt = bytearray(whole)
        spoilt[bit // 8] ^= 1 << bit % 8
        path.write_bytes(spoilt)
        found = LogFile(path)
        kept = list(read_segment(found))
        assert kept == wanted[: len(kept)]
        assert found.fault
        assert found.bytes_read <= bit // 8
    found_all, journal = restored(tmp_path)
    assert found_all[-5:] == later
    assert len(journal.summary()["damaged"]) == 1  # type: ignore[arg-type]
    assert str(path) in caplog.text


@settings(max_examples=300)
@given(data=st.binary(max_size=400), headed=st.booleans())
def test_any_bytes_are_read_without_an_error(
    tmp_path_factory: pytest.TempPathFactory, data: bytes, headed: bool
) -> None:
    """Whatever a file holds, reading it ends and accounts for each of its bytes."""
    path = tmp_path_factory.getbasetemp() / "000000000001.journal"
    path.write_bytes(HEADER + data if headed else data)
    found = LogFile(path)
    assert len(list(read_segment(found))) == found.records
    assert found.bytes_read + found.bytes_left == path.stat().st_size


def test_retention_deletes_the_oldest_and_keeps_the_bound(tmp_path: Path) -> None:
    wanted = records(400)
    journal = DurableJournal(tmp_path, bytes_max=6000, segment_bytes=1500)
    for record in wanted:
        journal.append(*record)
        journal.commit()
        assert sum(path.stat().st_size for path in segments(tmp_path)) <= 6000
    journal.close()
    found, _ = restored(tmp_path)
    assert journal.deleted > 0
    assert 50 < len(found) < 400
    assert found == wanted[-len(found) :]


def test_two_cores_do_not_share_a_journal(tmp_path: Path) -> None:
    first = DurableJournal(tmp_path)
    with pytest.raises(BadInput, match="in use by another core"):
        DurableJournal(tmp_path)
    first.close()
    restored(tmp_path)


def test_a_folder_that_cannot_be_used_is_refused_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(BadInput, match="name a folder"):
        DurableJournal(tmp_path / "file")


def test_a_full_disk_ends_the_journal_and_nothing_else(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    wanted = records(500)
    journal = DurableJournal(tmp_path)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4000, before[1]))
    try:
        with caplog.at_level(logging.ERROR):
            for record in wanted:
                journal.append(*record)
                journal.commit()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    journal.close()
    found, _ = restored(tmp_path)
    assert journal.failure == "File too large"
    assert found == wanted[: len(found)]
    assert 0 < len(found) == len(wanted) - journal.unkept
    assert len([r for r in caplog.records if "has stopped" in r.getMessage()]) == 1


_KILLED = """
import sys
from pathlib import Path
from nodes.core.durable_journal import DurableJournal
journal = DurableJournal(Path(sys.argv[1]))
for k in range(10**9):
    journal.append(b"report//KOR-1", str(k).encode())
    if k % 3 == 2:
        journal.commit()
        print(k, flush=True)
"""


def test_a_killed_process_loses_nothing_that_it_committed(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", _KILLED, str(tmp_path)], stdout=subprocess.PIPE, env=os.environ, text=True
    )
    assert process.stdout is not None
    said = [int(process.stdout.readline()) for _ in range(2000)]
    process.send_signal(signal.SIGKILL)
    said += [int(line) for line in process.stdout.read().splitlines() if line]
    process.wait()
    found, journal = restored(tmp_path)
    assert [int(record.body) for record in found][: said[-1]] == list(range(said[-1]))
    assert len(found) > said[-1]
    assert all("cut" in str(fault) for fault in journal.summary()["damaged"])  # type: ignore[attr-defined]
