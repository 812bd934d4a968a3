"""Lines of bearing in a report: read, checked and cut into events."""

from __future__ import annotations

import numpy as np
import pytest

from fusion import Picture
from fusion.report.report import Report, ReportError
from fusion_oracle.reports import report
from triwatch.v1 import track_pb2

SECOND_NS = 1_000_000_000
PLACE = [-3.2e6, 4.2e6, 3.6e6]


def batch(rows: int = 1) -> track_pb2.TrackBatch:
    """One report of so many rows, and three lines of two contacts: one with the rows, two before them."""
    states = np.tile([-3.1e6, 4.2e6, 3.6e6, 100.0, 0.0, 0.0], (rows, 1))
    states[:, 0] += 5e4 * np.arange(rows)
    made = report("KOR-1", 1, 1.0, states)
    now_ns = made.valid_time_ns[0] if rows else made.sent_time_ns or 60 * SECOND_NS
    made.line_contact.extend([9, 9, 10])
    made.line_time_ns.extend([now_ns - 2 * SECOND_NS, now_ns, now_ns - 2 * SECOND_NS])
    made.line_position.extend(3 * PLACE)
    made.line_bearing.extend([0.5, 0.51, -1.0])
    made.line_sigma.extend([0.02, 0.02, 0.05])
    return made


def parsed(made: track_pb2.TrackBatch) -> Report:
    return Report.from_bytes(made.SerializeToString())


def test_lines_stand_in_the_events_of_their_moments() -> None:
    made = batch()
    before, now = parsed(made).events
    assert before.lines.contact.tolist() == [9, 10]
    assert len(before.local_number) == 0
    assert now.lines.contact.tolist() == [9]
    assert len(now.local_number) == 1
    assert parsed(made).times_ns == (made.valid_time_ns[0] - 2 * SECOND_NS, made.valid_time_ns[0])


def test_what_is_left_out_has_its_default() -> None:
    line = parsed(batch()).events[0].lines
    assert line.environment.tolist() == [0, 0]
    assert line.sound_mps.tolist() == line.reach_m.tolist() == [0.0, 0.0]


def test_a_report_of_lines_alone_is_valid_when_they_are() -> None:
    made = batch(rows=0)
    found = parsed(made)
    assert found.rows == 3
    assert found.newest_ns == max(made.line_time_ns)


def test_a_report_without_lines_has_none() -> None:
    made = batch()
    for name in ("contact", "time_ns", "position", "bearing", "sigma"):
        made.ClearField(f"line_{name}")
    assert len(parsed(made).events[0].lines.contact) == 0


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda b: b.line_position.pop(), "line_position has 8 values, expected 9"),
        (lambda b: b.ClearField("line_position"), "line_position has 0 values, expected 9"),
        (lambda b: b.line_position.__setitem__(slice(3, 6), [0.0] * 3), "line 1 (contact 9): line_position"),
        (lambda b: b.line_sigma.__setitem__(2, 0.0), "line 2 (contact 10): line_sigma must be"),
        (lambda b: b.line_sigma.__setitem__(0, float("nan")), "line_sigma must be"),
        (lambda b: b.line_bearing.__setitem__(0, 90.0), "line_bearing must be within 10 rad"),
        (lambda b: b.line_contact.__setitem__(0, 0), "line_contact must be 1"),
        (lambda b: b.line_time_ns.__setitem__(0, 0), "line_time_ns must be"),
        (lambda b: b.line_sound_speed.extend([1500.0, 1.5, 1500.0]), "line_sound_speed must be 0 or 100"),
        (lambda b: b.line_reach.append(2e4), "line_reach has 1 values, expected 3"),
        (lambda b: b.line_contact.__setitem__(2, 9), "two lines from one place at one time"),
    ],
)
def test_what_breaks_a_rule_is_one_counted_rejection(change: object, said: str) -> None:
    made = batch()
    change(made)  # type: ignore[operator]
    fault = parsed(made).fault
    assert fault is not None
    assert said in fault.text
    picture = Picture()
    with pytest.raises(ReportError):
        picture.fold(made)
    assert (picture.counts.rejected, picture.counts.folded) == (1, 0)
