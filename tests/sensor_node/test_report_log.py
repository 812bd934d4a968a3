"""What a node wrote down of what it published, as its next starts find it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from nodes.sensor_node import report_log
from nodes.sensor_node.report_log import Ended, ReportLog


def start(root: Path, incarnation: int) -> ReportLog:
    (root / "keys" / "KOR").mkdir(parents=True, exist_ok=True)
    return ReportLog(root, "KOR", "KOR-1", incarnation)


def live(root: Path, incarnation: int, reports: int, stream: str = "") -> ReportLog:
    """A start that publishes and then is no more: nothing is closed."""
    log = start(root, incarnation)
    for k in range(1, reports + 1):
        log.write(stream, k, 100 * incarnation + k, b"%d/%d" % (incarnation, k))
    return log


def file_of(root: Path, incarnation: int) -> Path:
    return root / "keys" / "KOR" / "KOR-1.reports" / f"{incarnation}.log"


def test_a_first_start_has_no_predecessor(tmp_path: Path) -> None:
    log = start(tmp_path, 1)
    assert log.ended == {}
    assert list(log.kept()) == []


def test_a_start_knows_how_those_before_it_ended(tmp_path: Path) -> None:
    live(tmp_path, 1, 3)
    live(tmp_path, 2, 5)
    live(tmp_path, 3, 0)  # it made no report
    log = start(tmp_path, 4)
    assert log.ended == {"": [Ended(2, 5, 205), Ended(1, 3, 103)]}
    assert [(k.incarnation, k.sequence, k.body) for k in log.kept()] == [
        *((1, k, b"1/%d" % k) for k in range(1, 4)),
        *((2, k, b"2/%d" % k) for k in range(1, 6)),
    ]


def test_after_a_lost_disk_those_since_that_made_no_report_are_named(tmp_path: Path) -> None:
    """Else time would wait for a start that was announced and killed before its first report."""
    live(tmp_path, 1, 3)
    shutil.rmtree(file_of(tmp_path, 1).parent)
    live(tmp_path, 2, 0)
    live(tmp_path, 3, 0)
    log = live(tmp_path, 4, 2)
    assert log.ended == {}
    assert log.earlier("") == [Ended(3, 0, 0), Ended(2, 0, 0)]
    assert start(tmp_path, 5).earlier("") == [Ended(4, 2, 402), Ended(3, 0, 0), Ended(2, 0, 0)]
    file_of(tmp_path, 5).write_bytes(b"")  # nobody knows what that one did
    assert start(tmp_path, 6).earlier("") == [Ended(4, 2, 402), Ended(3, 0, 0), Ended(2, 0, 0)]


def test_streams_are_apart(tmp_path: Path) -> None:
    """Of what a stream was told nothing shows in another."""
    live(tmp_path, 1, 3)
    live(tmp_path, 2, 4, stream="JPN-KOR")
    assert start(tmp_path, 3).ended == {"": [Ended(1, 3, 103)], "JPN-KOR": [Ended(2, 4, 204), Ended(1, 0, 0)]}


def test_so_many_starts_are_named_and_so_few_files_kept(tmp_path: Path) -> None:
    for incarnation in range(1, 60):
        live(tmp_path, incarnation, 1)
    log = start(tmp_path, 60)
    assert [e.incarnation for e in log.ended[""]] == list(range(59, 59 - report_log.ENDED_MAX, -1))
    assert len(list(file_of(tmp_path, 1).parent.iterdir())) <= 3


def test_a_log_cut_at_every_offset_gives_what_was_published_before_the_cut(tmp_path: Path) -> None:
    """What stands before the cut was published; a flipped byte ends the file, too."""
    sizes = [file_of(tmp_path, 1).stat().st_size for k in range(4) if live(tmp_path, 1, k)]
    file = file_of(tmp_path, 1)
    whole = file.read_bytes()
    log = start(tmp_path, 2)
    for cut in range(len(whole)):
        there = sum(size <= cut for size in sizes[1:])
        file.write_bytes(whole[:cut])
        assert [k.sequence for k in log.kept()] == list(range(1, there + 1))
        file.write_bytes(whole[:cut] + bytes([whole[cut] ^ 0xFF]) + whole[cut + 1 :])
        assert [k.sequence for k in log.kept()] == list(range(1, there + 1))


@pytest.mark.parametrize("there", range(4))
def test_a_torn_end_was_never_published(tmp_path: Path, there: int) -> None:
    """The next start says that the one before it ended with the last report that is whole."""
    sizes = [file_of(tmp_path, 1).stat().st_size for k in range(5) if live(tmp_path, 1, k)]
    with file_of(tmp_path, 1).open("r+b") as file:
        file.truncate(sizes[there + 1] - 1)
    log = start(tmp_path, 2)
    assert log.ended == ({"": [Ended(1, there, 100 + there)]} if there else {})


def test_it_stays_bounded_and_keeps_the_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report_log, "BYTES_MAX", 1000)
    live(tmp_path, 1, 500)
    log = start(tmp_path, 2)
    assert log.ended == {"": [Ended(1, 500, 600)]}
    assert [k.sequence for k in log.kept()][-1] == 500
    assert sum(f.stat().st_size for f in file_of(tmp_path, 1).parent.iterdir()) < 3000


def test_a_node_that_cannot_write_goes_on(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "keys" / "KOR").mkdir(parents=True)
    (tmp_path / "keys" / "KOR" / "KOR-1.reports").write_text("a file where the folder should be")
    log = ReportLog(tmp_path, "KOR", "KOR-1", 1)
    log.write("", 1, 1, b"x")
    assert "can no longer be written down" in caplog.text
