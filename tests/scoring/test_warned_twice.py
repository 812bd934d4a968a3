"""How long a body had more than one warning at once."""

from __future__ import annotations

import pytest

from nodes.scoring.warnings import warned_twice_s
from triwatch.v1 import picture_pb2, warning_pb2

ALERT, UPDATE = warning_pb2.WARNING_STATUS_ALERT, warning_pb2.WARNING_STATUS_UPDATE
CANCELLED, ALL_CLEAR = warning_pb2.WARNING_STATUS_CANCEL, warning_pb2.WARNING_STATUS_ALL_CLEAR


def said(track: int, at_s: float, status: warning_pb2.WarningStatus) -> warning_pb2.MissileWarning:
    flight = picture_pb2.Flight(track=track)
    return warning_pb2.MissileWarning(status=status, time_ns=round(at_s * 1e9), flight=flight)


ONE_AFTER_THE_OTHER = [said(1, 0, ALERT), said(1, 20, CANCELLED), said(2, 20, ALERT), said(2, 60, ALL_CLEAR)]
OVERLAPPING = [said(1, 0, ALERT), said(2, 8, ALERT), said(1, 15, UPDATE), said(1, 20, CANCELLED)]
THREE_AT_ONCE = [said(1, 0, ALERT), said(2, 5, ALERT), said(3, 6, ALERT), said(2, 9, CANCELLED)]
AGAIN = [*OVERLAPPING, said(1, 30, ALERT), said(2, 33, ALL_CLEAR), said(1, 40, ALL_CLEAR)]


@pytest.mark.parametrize(
    ("messages", "twice_s"),
    [(ONE_AFTER_THE_OTHER, 0.0), (OVERLAPPING, 12.0), (THREE_AT_ONCE, 4.0), (AGAIN, 15.0)],
)
def test_of_one_nation(messages: list[warning_pb2.MissileWarning], twice_s: float) -> None:
    of = {"USA": {1: "T0", 2: "T0", 3: "T0"}}
    assert warned_twice_s({"USA": messages}, of) == {"T0": pytest.approx(twice_s)}
    assert warned_twice_s({"USA": messages[::-1]}, of) == {"T0": pytest.approx(twice_s)}, "late ones count"


def test_each_body_and_each_nation_by_itself_and_the_worst_counts() -> None:
    two_bodies = {"USA": {1: "T0-V1", 2: "T0-V2"}}
    assert warned_twice_s({"USA": OVERLAPPING}, two_bodies) == {"T0-V1": 0.0, "T0-V2": 0.0}
    of = {nation: {1: "T0", 2: "T0"} for nation in ("JPN", "USA")}
    both = {"JPN": ONE_AFTER_THE_OTHER, "USA": OVERLAPPING}
    assert warned_twice_s(both, of) == {"T0": pytest.approx(12.0)}
    assert warned_twice_s({"USA": OVERLAPPING[:1], "JPN": OVERLAPPING[1:2]}, of) == {"T0": 0.0}


def test_what_is_no_body_and_what_was_never_said_to_end() -> None:
    assert warned_twice_s({"USA": OVERLAPPING}, {}) == {}
    assert warned_twice_s({"USA": []}, {"USA": {1: "T0"}}) == {}
    still = [said(1, 0, ALERT), said(2, 8, ALERT), said(2, 30, UPDATE)]
    assert warned_twice_s({"USA": still}, {"USA": {1: "T0", 2: "T0"}}) == {"T0": pytest.approx(22.0)}
