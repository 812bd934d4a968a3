"""What a report tells of where it was listened and nothing heard, and of areas that are searched.

A look is one sensor's, at one moment; it says how probable it was to hear a contact at each place, and that
none was heard but those that are told. Source: Koopman, *Search and Screening*, 1946 (glimpses); Urick,
*Principles of Underwater Sound*, 1983, ch. 12 (the transition curve of signal excess).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from fusion.arrays import Bools, Float, Ints
from triwatch.v1 import track_pb2

LOOKS_MAX = 4096
AREAS_MAX = 64
TIME_NS_MAX = 2**62
PROBABILITY_MAX = 0.95
"""Of a look: to have heard nothing proves nothing outright."""
RANGE_M_MAX = 1.0e6
STEEPNESS_MAX = 16
HALF_M = (100.0, 100_000.0)
"""Half the extent of an area, at least and at most."""
_POSITION_M_MAX = 1.0e8
_CENTRE_M_MIN = 1.0e6


class ReportedLooks(NamedTuple):
    """m looks."""

    time_ns: Ints
    position: Float
    """(m, 3) of the sensor, ECEF m."""
    source: Float
    """(m, 3) where its sound was sent, zeros where it only listened."""
    probability: Float
    """(m,) to have heard a contact beside the sensor;"""
    range_m: Float
    """half of it at this range,"""
    steepness: Ints
    """falling with this power of the range."""
    blind_m: Float
    """(m,) nearer than this nothing is heard."""
    sector_deg: Float
    """(m, 2) from, clockwise to, from north; alike: all round."""

    def rows(self, pick: Bools) -> ReportedLooks:
        """Some of them."""
        picked: list[Any] = [column[pick] for column in self]
        return ReportedLooks(*picked)


class ReportedAreas(NamedTuple):
    """a areas that are searched for a contact of which nothing has been heard yet."""

    number: Ints
    """The node's own."""
    time_ns: Ints
    """From when the search counts,"""
    until_ns: Ints
    """and until when."""
    centre: Float
    """(a, 3) ECEF m."""
    half_m: Float
    """(a, 2) half the extent to the east and to the north."""
    prior: Float
    """(a,) probability that a contact is in it at ``time_ns``."""

    def rows(self, pick: Bools) -> ReportedAreas:
        """Some of them."""
        picked: list[Any] = [column[pick] for column in self]
        return ReportedAreas(*picked)


class ReportedSearch(NamedTuple):
    """What a report tells for the search."""

    looks: ReportedLooks
    areas: ReportedAreas

    def __bool__(self) -> bool:
        return bool(len(self.looks.time_ns) or len(self.areas.time_ns))

    @property
    def times_ns(self) -> list[int]:
        """The moments that it tells of."""
        return sorted({*self.looks.time_ns.tolist(), *self.areas.time_ns.tolist()})

    def at(self, time_ns: int) -> ReportedSearch:
        """What it tells of one moment."""
        if not self:
            return self
        return ReportedSearch(
            self.looks.rows(self.looks.time_ns == time_ns), self.areas.rows(self.areas.time_ns == time_ns)
        )


_LOOKS = {
    "look_time_ns": 1,
    "look_position": 3,
    "look_source": 3,
    "look_probability": 1,
    "look_range": 1,
    "look_steepness": 1,
    "look_blind": 1,
    "look_sector": 2,
}
_AREAS = {
    "area_number": 1,
    "area_time_ns": 1,
    "area_until_ns": 1,
    "area_centre": 3,
    "area_half": 2,
    "area_prior": 1,
}
_MAY_BE_ABSENT = frozenset({"look_source", "look_blind", "look_sector"})
_WHOLE = frozenset({"look_time_ns", "look_steepness", "area_number", "area_time_ns", "area_until_ns"})


def _nothing() -> ReportedSearch:
    whole, one = np.zeros(0, np.int64), np.zeros(0)
    two, three = np.zeros((0, 2)), np.zeros((0, 3))
    return ReportedSearch(
        ReportedLooks(whole, three, three, one, one, whole, one, two),
        ReportedAreas(whole, whole, whole, three, two, one),
    )


NOTHING_REPORTED = _nothing()


def reported_search(batch: track_pb2.TrackBatch) -> ReportedSearch:
    """What a report tells for the search. Raises ValueError, which says what rule it breaks."""
    if not any(len(getattr(batch, name)) for name in (*_LOOKS, *_AREAS)):
        return NOTHING_REPORTED
    looks = ReportedLooks(*_columns(batch, _LOOKS, len(batch.look_time_ns), LOOKS_MAX))
    areas = ReportedAreas(*_columns(batch, _AREAS, len(batch.area_number), AREAS_MAX))
    _check_looks(looks)
    _check_areas(areas)
    return ReportedSearch(looks, areas)


def _columns(batch: track_pb2.TrackBatch, widths: dict[str, int], m: int, most: int) -> list[Any]:
    if m > most:
        raise ValueError(f"{m} rows of {next(iter(widths))}; the limit is {most}")
    columns = []
    for name, width in widths.items():
        values = getattr(batch, name)
        kind = np.int64 if name in _WHOLE else np.float64
        if not len(values) and name in _MAY_BE_ABSENT:
            column = np.zeros(m * width, kind)
        elif len(values) != m * width:
            raise ValueError(f"column {name} has {len(values)} values, expected {m * width}")
        else:
            # what is past 2^63 turns negative, and is refused as such
            column = np.asarray(values).astype(kind) if m else np.zeros(0, kind)
        if not np.isfinite(column).all():
            raise ValueError(f"{name} must be finite")
        columns.append(column.reshape(m, width) if width > 1 else column)
    return columns


def _within(name: str, values: Float | Ints, low: float, high: float) -> None:
    wrong = ~((values >= low) & (values <= high))
    if wrong.any():
        raise ValueError(f"{name} must be {low:g} to {high:g}, not {values[wrong][0]:g}")


def _time(name: str, values: Ints) -> None:
    if ((values < 1) | (values > TIME_NS_MAX)).any():
        raise ValueError(f"{name} must be 1 to 2^62 ns UTC")


def _place(name: str, positions: Float) -> None:
    far = np.abs(positions).max(axis=1, initial=0.0)
    if (far > _POSITION_M_MAX).any() or (far < _CENTRE_M_MIN).any():
        raise ValueError(f"{name} must be within {_POSITION_M_MAX:g} m and not near the Earth's centre")


def _check_looks(looks: ReportedLooks) -> None:
    _time("look_time_ns", looks.time_ns)
    _place("look_position", looks.position)
    _place("look_source", looks.source[looks.source.any(axis=1)])
    _within("look_probability", looks.probability, 0.0, PROBABILITY_MAX)
    _within("look_range", looks.range_m, 1.0, RANGE_M_MAX)
    _within("look_steepness", looks.steepness, 1, STEEPNESS_MAX)
    _within("look_blind", looks.blind_m, 0.0, RANGE_M_MAX)
    _within("look_sector", looks.sector_deg, 0.0, 360.0)


def _check_areas(areas: ReportedAreas) -> None:
    _time("area_time_ns", areas.time_ns)
    _time("area_until_ns", areas.until_ns)
    if (areas.until_ns <= areas.time_ns).any():
        raise ValueError("area_until_ns must be later than area_time_ns")
    if (areas.number < 1).any() or len(np.unique(areas.number)) < len(areas.number):
        raise ValueError("area_number must be at least 1 and stand once in a report")
    _place("area_centre", areas.centre)
    _within("area_half", areas.half_m, *HALF_M)
    _within("area_prior", areas.prior, 0.0, 1.0)
