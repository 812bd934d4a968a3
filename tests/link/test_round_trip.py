"""Who is far away is given the time that its answers take, and no more than that."""

from __future__ import annotations

import pytest

from nodes.link import topics
from nodes.link.repairs import RETRY_MAX_S, RETRY_S, Repairs
from nodes.link.round_trip import RoundTrip

_TOPIC = topics.parse(b"report//KOR-1")


def test_the_estimate_is_that_of_rfc_6298() -> None:
    trip = RoundTrip()
    assert trip.late_s == 0.0
    trip.took(1.2)
    assert trip.late_s == pytest.approx(1.2 + 4 * 0.6)
    trip.took(1.6)
    assert trip.late_s == pytest.approx((1.2 + 0.4 / 8) + 4 * (0.75 * 0.6 + 0.25 * 0.4))
    for _ in range(200):
        trip.took(1.5)
    assert trip.late_s == pytest.approx(1.5, abs=1e-3)


def asked(late_s: float, until_s: float) -> list[float]:
    """When a gap is asked for that nobody fills."""
    repairs, moments = Repairs(), []
    repairs.note(_TOPIC, 1, 3, 0.0)
    for k in range(round(until_s * 100)):
        if repairs.due(k / 100, lambda _: ["KOR-1"], lambda _: late_s):
            moments.append(k / 100)
    return moments


def test_a_gap_is_asked_for_again_when_its_answer_is_late() -> None:
    near, far = asked(0.01, 20.0), asked(1.5, 20.0)
    assert near[1] - near[0] == pytest.approx(RETRY_S)
    assert far[1] - far[0] == pytest.approx(1.5)
    assert far[2] - far[1] == pytest.approx(3.0)
    for moments in (near, far):
        assert moments[-1] - moments[-2] == pytest.approx(RETRY_MAX_S)


def test_a_longer_way_than_the_longest_wait_is_waited_for() -> None:
    moments = asked(7.0, 30.0)
    assert moments[1] - moments[0] == pytest.approx(7.0)


def test_a_run_of_missing_numbers_is_one_gap() -> None:
    repairs = Repairs()
    repairs.note(_TOPIC, 1, 1, 0.0)
    assert repairs.gaps == 0
    repairs.note(_TOPIC, 1, 5, 0.0)
    repairs.announce(_TOPIC, 1, 5, 0.0)
    assert repairs.gaps == 1
    repairs.announce(_TOPIC, 1, 7, 0.0)
    repairs.announce(_TOPIC, 1, 9, 0.0)
    repairs.note(_TOPIC, 1, 12, 0.0)
    assert repairs.gaps == 2
