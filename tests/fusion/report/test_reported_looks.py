"""What a report tells of where it listened: read, checked, in events of its own moments."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from fusion.picture import Picture
from fusion.report.report import Report
from fusion_oracle.reports import report
from triwatch.v1 import track_pb2

PLACE = [-3.1e6, 4.2e6, 3.6e6]


def listened(n: int, ages_s: list[float]) -> track_pb2.TrackBatch:
    """A report of ``n`` rows and of looks so long before it."""
    states = np.tile([*PLACE, 10.0, 0.0, 0.0], (n, 1))
    states[:, 0] += 5e4 * np.arange(n)
    made = report("KOR-1", 1, 100.0, states)
    now_ns = int(report("KOR-1", 1, 100.0, np.array([[*PLACE, 10.0, 0.0, 0.0]])).valid_time_ns[0])
    for age_s in ages_s:
        made.look_time_ns.append(now_ns - int(age_s * 1e9))
        made.look_position.extend(PLACE)
        made.look_probability.append(0.5)
        made.look_range.append(4_000.0)
        made.look_steepness.append(4)
    return made


def area(made: track_pb2.TrackBatch) -> None:
    made.area_number.append(3)
    made.area_time_ns.append(made.look_time_ns[0])
    made.area_until_ns.append(made.look_time_ns[0] + 3_600_000_000_000)
    made.area_centre.extend(PLACE)
    made.area_half.extend([10_000.0, 5_000.0])
    made.area_prior.append(0.5)


def parsed(made: track_pb2.TrackBatch) -> Report:
    return Report.from_bytes(made.SerializeToString())


def test_looks_are_events_of_their_own_moments() -> None:
    made = listened(2, [3.0, 0.0, 3.0])
    told = parsed(made)
    assert told.times_ns == (made.look_time_ns[0], made.look_time_ns[1])
    early, late = told.events
    assert (len(early.local_number), len(early.search.looks.time_ns)) == (0, 2)
    assert (len(late.local_number), len(late.search.looks.time_ns)) == (2, 1)


def test_absent_columns_are_their_defaults() -> None:
    (event,) = parsed(listened(0, [0.0])).events
    looks = event.search.looks
    assert not looks.source.any()
    assert not looks.blind_m.any()
    assert not looks.sector_deg.any()
    assert looks.steepness.tolist() == [4]


def test_a_report_that_tells_of_nothing_has_no_event() -> None:
    assert parsed(listened(0, [])).events == ()


def test_time_passes_by_looks_alone() -> None:
    """A node that sees nothing any more lets a track of before end, as another's reports would."""
    picture = Picture()
    picture.fold(listened(1, []))
    assert picture.live == 1
    later = listened(0, [0.0])
    later.sequence = 2
    later.look_time_ns[0] += 300_000_000_000
    picture.fold(later)
    assert picture.live == 0
    assert picture.time_ns == later.look_time_ns[0]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda b: b.look_position.pop(), "look_position has 5 values, expected 6"),
        (lambda b: b.look_source.append(1.0), "look_source has 1 values, expected 6"),
        (lambda b: b.look_probability.__setitem__(0, 1.0), "look_probability must be 0 to 0.95, not 1"),
        (lambda b: b.look_probability.__setitem__(0, float("nan")), "look_probability must be finite"),
        (lambda b: b.look_range.__setitem__(1, 0.0), "look_range must be 1 to 1e+06, not 0"),
        (lambda b: b.look_steepness.__setitem__(1, 17), "look_steepness must be 1 to 16, not 17"),
        (lambda b: b.look_sector.extend([0.0, 400.0, 0.0, 0.0]), "look_sector must be 0 to 360, not 400"),
        (lambda b: b.look_source.extend([1.0] * 6), "look_source must be within"),
        (lambda b: b.look_time_ns.__setitem__(0, 2**63 + 1), "look_time_ns must be"),
        (lambda b: b.area_prior.append(0.5), "area_prior has 2 values, expected 1"),
        (lambda b: b.area_half.__setitem__(0, 10.0), "area_half must be 100 to 100000, not 10"),
        (lambda b: b.area_until_ns.__setitem__(0, b.area_time_ns[0]), "area_until_ns must be later"),
        (lambda b: b.area_number.__setitem__(0, 0), "area_number must be at least 1"),
    ],
)
def test_what_breaks_a_rule_is_said(change: Callable[[track_pb2.TrackBatch], None], said: str) -> None:
    made = listened(1, [1.0, 0.0])
    area(made)
    assert parsed(made).fault is None
    change(made)
    fault = parsed(made).fault
    assert fault is not None
    assert said in fault.text
