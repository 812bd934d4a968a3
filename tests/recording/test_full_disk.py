"""A disk that gives out ends a recording and nothing else; an earlier recording is never replaced."""

from __future__ import annotations

import logging
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import link_kit
import trust_kit
from demo_kit import Run, scenario
from link_kit import START_NS, batch
from nodes.errors import BadInput
from nodes.link import codec, topics
from nodes.recording import Recording
from nodes.recording.recorder import Recorder


@contextmanager
def room(bytes_max: int) -> Iterator[None]:
    """Files of this process can grow up to ``bytes_max`` and no further."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (bytes_max, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def take(recorder: Recorder, first: int, last: int) -> None:
    trust = trust_kit.signer("core-USA")
    for sequence in range(first, last + 1):
        report = batch(sequence=sequence, x_m=6.4e6 + sequence)
        topic = topics.parse(topics.report(report.stream, report.node_id).encode())
        recorder.take(codec.decode(topic, link_kit.body(report), trust), START_NS + sequence)


def test_recording_stops_and_says_so_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "x.mcap"
    recorder = Recorder(path, trust_kit.signer("core-USA").coalition)
    # what this compiles must not write its cache while files are bounded
    take(recorder, 1, 1)
    with caplog.at_level(logging.ERROR), room(100_000):
        take(recorder, 2, 1000)
        recorder.writer.metadata({"later": 1})
        recorder.close()
    stopped = [r.getMessage() for r in caplog.records if "has stopped" in r.getMessage()]
    assert len(stopped) == 1
    assert str(path) in stopped[0]
    recording = Recording(path)
    kept = sum(1 for _ in recording)
    summary = recorder.summary()
    assert summary["failure"] == "File too large"
    assert kept > 100
    # what the torn chunk held is lost without being counted; all that came after it is counted
    assert 0 < int(str(summary["unrecorded"])) <= 1001 - kept
    assert recording.summary()["state"] == "damaged"


def test_no_room_from_the_start_is_one_line(tmp_path: Path) -> None:
    with room(0), pytest.raises(BadInput, match="disk that has room"):
        Recorder(tmp_path / "x.mcap", trust_kit.signer("core-USA").coalition)


def test_started_again_it_records_beside(tmp_path: Path) -> None:
    path, coalition = tmp_path / "x.mcap", trust_kit.signer("core-USA").coalition
    for first in (1, 11, 21):
        recorder = Recorder(path, coalition, beside=True)
        take(recorder, first, first + 9)
        recorder.close()
    files = [path, tmp_path / "x.2.mcap", tmp_path / "x.3.mcap"]
    assert [sum(1 for _ in Recording(file)) for file in files] == [10, 10, 10]
    assert recorder.summary()["file"] == str(files[2])


@pytest.mark.processes
def test_a_demo_goes_on_and_ends_with_1(tmp_path: Path) -> None:
    """The launcher's files can grow no further half way through."""
    kept = tmp_path / "kept.mcap"
    run = Run(tmp_path, "--scenario", str(scenario(tmp_path)), "--speed", "20", "--record", str(kept))
    run.read_until("tracks 4/4/4")
    resource.prlimit(run.process.pid, resource.RLIMIT_FSIZE, (max(65_536, kept.stat().st_size),) * 2)
    assert run.end() == 1, run.said
    assert run.said.count("the recording stopped early: File too large") == 1, run.said
    assert "Traceback" not in run.said
    result = run.result()
    assert result["agreed"]
    assert result["reports"]["folded"] == result["reports"]["published"] > 100
