"""What is told of a missile, and in which order, in whatever order its word arrives."""

from __future__ import annotations

import itertools

import pytest

from nodes.page.events import EventLog
from nodes.page.scene import Scene
from nodes.wording import clock_time, count, delay, place, span, together, track_name
from triwatch.v1 import page_pb2, picture_pb2, warning_pb2

S = 10**9
START = 1_719_446_400  # 2024-06-27T00:00:00Z
MISSILE, WARHEAD = 502_700_012, 502_700_013
BOOST, FREE = picture_pb2.FLIGHT_PHASE_BOOST, picture_pb2.FLIGHT_PHASE_FREE_FLIGHT


def ns(second: int) -> int:
    return (START + second) * S


def flight(track: int, phase: picture_pb2.FlightPhase) -> picture_pb2.Flight:
    made = picture_pb2.Flight(track=track, phase=phase)
    made.launch.lat_deg, made.launch.lon_deg, made.launch.time_ns = 39.2, 125.7, ns(30)
    area = made.reach if phase == BOOST else made.impact
    area.lat_deg, area.lon_deg, area.time_ns = 40.1, 135.9, ns(600)
    return made


def update(second: int, *flights: picture_pb2.Flight, split: bool = False) -> picture_pb2.PictureUpdate:
    made = picture_pb2.PictureUpdate(
        incarnation=1,
        sequence=second,
        kind=picture_pb2.PICTURE_KIND_SNAPSHOT,
        time_ns=ns(second),
        input_digest=f"in{second}",
        picture_digest=f"out{second}",
        flight=flights,
    )
    if split:
        made.lineage.add(
            event=picture_pb2.LINEAGE_EVENT_SPLIT, track=WARHEAD, other=MISSILE, time_ns=ns(second)
        )
    return made


def warning(
    second: int,
    of: picture_pb2.Flight,
    status: int = warning_pb2.WARNING_STATUS_UPDATE,
    threatened: tuple[str, ...] = (),
    reason: str = "",
) -> warning_pb2.MissileWarning:
    return warning_pb2.MissileWarning(
        warning_id=f"M{of.track}",
        status=status,
        revision=second,
        time_ns=ns(second),
        flight=of,
        threatened=threatened,
        reason=reason,
    )


def told(events: EventLog) -> list[tuple[str, int, str]]:
    return [
        (page_pb2.EventKind.Name(e.kind).removeprefix("EVENT_KIND_"), e.time_ns // S - START, e.text)
        for e in events.events
    ]


STORY = [
    ("picture", update(60, flight(MISSILE, BOOST))),
    ("warning", warning(60, flight(MISSILE, BOOST), threatened=("JPN", "KOR", "USA"))),
    ("warning", warning(70, flight(MISSILE, BOOST), threatened=("JPN", "KOR"))),
    ("warning", warning(100, flight(MISSILE, FREE), threatened=("JPN",))),
    ("warning", warning(610, flight(MISSILE, FREE), warning_pb2.WARNING_STATUS_ALL_CLEAR)),
]


def play(parts: list[tuple[str, object]]) -> EventLog:
    events = EventLog()
    scene = Scene(events=events)
    for nation in ("JPN", "KOR"):
        for kind, message in parts:
            getattr(scene, kind)(nation, message)
    return events


def test_launch_warning_and_impact_are_told_in_order_and_no_impact_while_the_engine_burns() -> None:
    assert told(play(STORY)) == [
        ("LAUNCH", 60, "Missile T5027-12 launched about 00:00:30Z near 39.2° N, 125.7° E"),
        (
            "WARNING",
            60,
            "Warning of missile T5027-12: impact not yet known; could still reach JPN, KOR and USA",
        ),
        ("WARNING", 100, "T5027-12: impact near 40.1° N, 135.9° E at 00:10:00Z, JPN under it"),
        ("IMPACT", 600, "T5027-12 came down near 40.1° N, 135.9° E, as far as can be told"),
    ]


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_the_order_holds_in_whatever_order_the_word_comes(order: tuple[int, ...]) -> None:
    first = [STORY[0], STORY[1], ("picture", update(62, flight(MISSILE, BOOST)))]
    kinds = [kind for kind, _, _ in told(play([*(first[i] for i in order), *STORY[2:]]))]
    assert kinds == ["LAUNCH", "WARNING", "WARNING", "IMPACT"]


def test_a_warhead_separates_and_is_not_launched_again() -> None:
    late = flight(WARHEAD, FREE)
    events = play(
        [
            *STORY[:2],
            ("picture", update(230, flight(MISSILE, FREE), split=True)),
            ("picture", update(240, flight(MISSILE, FREE), late)),
            ("warning", warning(240, late)),
        ]
    )
    assert [(kind, text) for kind, second, text in told(events) if second > 200] == [
        ("SEPARATION", "T5027-13 separated from T5027-12"),
        (
            "WARNING",
            "Warning of missile T5027-13: impact near 40.1° N, 135.9° E at 00:10:00Z, nobody under it",
        ),
    ]
    assert sum(kind == "LAUNCH" for kind, _, _ in told(events)) == 1


def test_a_cancelled_warning_is_told_and_so_is_one_that_opens_again() -> None:
    of = flight(MISSILE, FREE)
    events = play(
        [
            ("warning", warning(100, of, warning_pb2.WARNING_STATUS_ALERT)),
            ("warning", warning(110, of, warning_pb2.WARNING_STATUS_CANCEL, reason="failed early")),
            ("warning", warning(120, of, warning_pb2.WARNING_STATUS_ALERT)),
        ]
    )
    texts = [text for _, _, text in told(events)]
    assert texts[1] == "Warning of T5027-12 cancelled: failed early"
    assert [text.startswith("Warning of missile T5027-12: impact") for text in texts] == [True, False, True]


def test_names_places_and_times_as_people_write_them() -> None:
    assert [delay(ms) for ms in (3.42, 99.94, 285.0, 999.4, 6274.7)] == [
        "3.4 ms",
        "99.9 ms",
        "285 ms",
        "999 ms",
        "6.3 s",
    ]
    assert [track_name(n) for n in (502_700_012, 7)] == ["T5027-12", "T7"]
    assert place(-33.86, 151.21) == "33.9° S, 151.2° E"
    assert clock_time(ns(63) + 999_999_999) == "00:01:03Z"
    assert [span(s) for s in (0.2, 12, 59.6, 185, 3729, -75)] == [
        "0 s",
        "12 s",
        "1:00",
        "3:05",
        "1:02:09",
        "−1:15",
    ]
    assert [together(w) for w in ([], ["a"], ["a", "b"], ["a", "b", "c"])] == [
        "",
        "a",
        "a and b",
        "a, b and c",
    ]
    assert [count(n, "track") for n in (1, 1200)] == ["1 track", "1,200 tracks"]
