"""How long a body had more than one warning at once."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from nodes.scoring.warnings import warned_twice_s
from triwatch.v1 import picture_pb2, warning_pb2

ALERT, UPDATE = warning_pb2.WARNING_STATUS_ALERT, warning_pb2.WARNING_STATUS_UPDATE
CANCELLED, ALL_CLEAR = warning_pb2.WARNING_STATUS_CANCEL, warning_pb2.WARNING_STATUS_ALL_CLEAR
Instants = list[tuple[int, Mapping[int, str]]]


def said(track: int, at_s: float, status: warning_pb2.WarningStatus) -> warning_pb2.MissileWarning:
    flight = picture_pb2.Flight(track=track)
    return warning_pb2.MissileWarning(status=status, time_ns=round(at_s * 1e9), flight=flight)


def instants(until_s: int, of: Mapping[int, str]) -> Instants:
    return [(t_s * 10**9, of) for t_s in range(until_s + 1)]


ONE_AFTER_THE_OTHER = [said(1, 0, ALERT), said(1, 20, CANCELLED), said(2, 20, ALERT), said(2, 60, ALL_CLEAR)]
OVERLAPPING = [said(1, 0, ALERT), said(2, 8, ALERT), said(1, 15, UPDATE), said(1, 20, CANCELLED)]
THREE_AT_ONCE = [
    said(1, 0, ALERT),
    said(2, 5, ALERT),
    said(3, 6, ALERT),
    said(2, 9, CANCELLED),
    said(3, 9, CANCELLED),
]
AGAIN = [*OVERLAPPING, said(1, 30, ALERT), said(2, 33, ALL_CLEAR), said(1, 40, ALL_CLEAR)]
NEVER_ENDED = [said(1, 0, ALERT), said(2, 48, ALERT)]


@pytest.mark.parametrize(
    ("messages", "twice"),
    [
        (ONE_AFTER_THE_OTHER, {}),
        (OVERLAPPING, {"T0": 12.0}),
        (THREE_AT_ONCE, {"T0": 4.0}),
        (AGAIN, {"T0": 15.0}),
        (NEVER_ENDED, {"T0": 12.0}),
        ([], {}),
    ],
)
def test_of_one_nation(messages: list[warning_pb2.MissileWarning], twice: dict[str, float]) -> None:
    shown = {"USA": instants(60, {1: "T0", 2: "T0", 3: "T0"})}
    assert warned_twice_s({"USA": messages}, shown) == pytest.approx(twice)
    assert warned_twice_s({"USA": messages[::-1]}, shown) == pytest.approx(twice), "said in whichever order"


def test_what_a_track_stands_for_at_the_time_counts() -> None:
    """Two tracks of a missile part when it does."""
    parting = [*instants(14, {1: "T0", 2: "T0"}), (15 * 10**9, {1: "T0", 2: "T0-V1"}), (20 * 10**9, {})]
    assert warned_twice_s({"USA": OVERLAPPING}, {"USA": parting}) == pytest.approx({"T0": 7.0})
    assert warned_twice_s({"USA": OVERLAPPING}, {"USA": instants(60, {1: "T0-V1", 2: "T0-V2"})}) == {}
    assert warned_twice_s({"USA": OVERLAPPING}, {"USA": instants(60, {1: "T0"})}) == {}, "of nothing"


def test_each_nation_by_itself_and_the_worst_counts() -> None:
    shown = {nation: instants(60, {1: "T0", 2: "T0"}) for nation in ("JPN", "KOR", "USA")}
    both = {"JPN": ONE_AFTER_THE_OTHER, "USA": OVERLAPPING}
    assert warned_twice_s(both, shown) == pytest.approx({"T0": 12.0})
    assert warned_twice_s({"USA": OVERLAPPING[:1], "JPN": OVERLAPPING[1:2]}, shown) == {}
