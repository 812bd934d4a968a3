"""The CAP feed's own process: it writes what it is given, and nothing that befalls it reaches the core."""

from __future__ import annotations

import io
import shutil
from pathlib import Path

import pytest

from nodes.errors import BadInput
from nodes.gateways.cap_feed import CapFeed
from nodes.gateways.cap_process import CapProcess, write_all
from triwatch.v1 import picture_pb2, warning_pb2


def warning(number: int) -> warning_pb2.MissileWarning:
    return warning_pb2.MissileWarning(
        warning_id=f"M{number}",
        nation="JPN",
        status=warning_pb2.WARNING_STATUS_ALERT,
        revision=1,
        time_ns=10**18,
        flight=picture_pb2.Flight(track=number, reach=picture_pb2.GroundPoint(ellipse_95_major_m=1e6)),
    )


def framed(*words: warning_pb2.MissileWarning) -> bytes:
    bodies = [w.SerializeToString() for w in words]
    return b"".join(len(b).to_bytes(4, "big") + b for b in bodies)


@pytest.mark.processes
def test_every_word_is_written_by_another_process(tmp_path: Path) -> None:
    process = CapProcess(tmp_path, "JPN")
    for number in range(1, 6):
        process.offer(warning(number))
    process.close(30.0)
    assert len(list((tmp_path / "JPN").glob("triwatch-*.xml"))) == 5
    assert process.dropped == 0
    process.offer(warning(6))
    assert process.dropped == 1, "a process that is gone is counted, and stops nobody"


def test_what_cannot_be_written_is_said_once_and_the_rest_goes_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    feed = CapFeed(tmp_path, "JPN")
    shutil.rmtree(tmp_path / "JPN")
    (tmp_path / "JPN").write_text("a file where the folder was")
    cut = framed(warning(3))[:-1]
    assert write_all(io.BytesIO(framed(warning(1), warning(1)) + cut), feed) >= 1
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 1
    assert "the warnings themselves go on" in said[0]


def test_a_folder_that_cannot_be_made_is_one_line_at_the_start(tmp_path: Path) -> None:
    (tmp_path / "JPN").write_text("in the way")
    with pytest.raises(BadInput, match="cannot be made"):
        CapProcess(tmp_path, "JPN")
