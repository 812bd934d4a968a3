"""What is under water as CZML: where each track may be and its lines of bearing, as they change."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Annotated, Any, Final

from fusion.constants import OPERATION, Chosen
from nodes.gateways.moments import TrackRecord, iso
from nodes.gateways.rounding import rounded
from nodes.gateways.under_water import Ring, bearings, region, rims

Packet = dict[str, Any]
_FILLED: Final[Annotated[int, Chosen("1", "how opaque areas are, of 255", OPERATION)]] = 60
_DRAWN: Final[Annotated[int, Chosen("1", "how opaque lines are, of 255", OPERATION)]] = 200
_PARTS_MOST: Final[
    Annotated[
        int, Chosen("1", "parts of an area that are drawn: the first, which are its largest", OPERATION)
    ]
] = 4


@dataclass(slots=True)
class _Course:
    """What one shape was from each moment on, and until when it was there."""

    track: int
    colour: list[int]
    since: list[tuple[int, list[Ring]]] = field(default_factory=list)
    """Rings: of a line its two ends."""
    end_ns: int = 0


class UnderWater:
    """Follows the tracks under water through the moments of a picture."""

    def __init__(self) -> None:
        self._areas: dict[str, _Course] = {}
        self._lines: dict[str, _Course] = {}
        self._seen: dict[int, int] = {}
        """By track number: the time of its row that was drawn last."""

    def take(self, track: TrackRecord, colour: list[int], now_ns: int) -> None:
        """A track at a moment; what stands is drawn no more than once."""
        fresh = self._seen.get(track.number) != track.time_ns
        self._seen[track.number] = track.time_ns
        if not fresh:
            for courses in (self._areas, self._lines):
                for course in courses.values():
                    if course.track == track.number and course.since[-1][1]:
                        course.end_ns = now_ns
            return
        where = region(track)
        areas = sorted(rims(where), key=lambda part: -len(part[0]))[:_PARTS_MOST] if where is not None else []
        drawn = {f"region-{track.number}-{k}": rings for k, rings in enumerate(areas)}
        _change(self._areas, track.number, colour, drawn, now_ns)
        lines = bearings(track, where)
        ends = {f"bearing-{one.node_id}-{one.contact}": [one.ends] for one in lines}
        _change(self._lines, track.number, colour, ends, now_ns)

    def packets(self) -> list[Packet]:
        """One for each shape, by name."""
        areas = [_packet(name, course, _area(course)) for name, course in sorted(self._areas.items())]
        return areas + [_packet(name, course, _line(course)) for name, course in sorted(self._lines.items())]


def _change(
    courses: dict[str, _Course], track: int, colour: list[int], shapes: dict[str, list[Ring]], now_ns: int
) -> None:
    """These shapes of a track are there from now on, and no others."""
    for name, course in courses.items():
        if course.track == track and name not in shapes and course.since[-1][1]:
            course.since.append((now_ns, []))
            course.end_ns = now_ns
    for name, rings in shapes.items():
        course = courses.setdefault(name, _Course(track, colour))
        course.track, course.end_ns = track, now_ns
        course.since.append((now_ns, rings))


def _packet(name: str, course: _Course, shape: Packet) -> Packet:
    return {
        "id": name,
        "name": f"{'Where' if 'polygon' in shape else 'A bearing of'} {course.track}",
        "availability": f"{iso(course.since[0][0])}/{iso(course.end_ns)}",
        **shape,
    }


def _area(course: _Course) -> Packet:
    polygon = {
        "show": _values(course, "boolean", lambda rings: [bool(rings)]),
        "positions": _values(course, "cartographicDegrees", lambda rings: [_corners(r) for r in rings[:1]]),
        "material": {"solidColor": {"color": {"rgba": [*course.colour[:3], _FILLED]}}},
        "height": 0,
    }
    holes = _values(
        course, "cartographicDegrees", lambda rings: [[_corners(r) for r in rings[1:]]] if rings[1:] else []
    )
    return {"polygon": polygon | ({"holes": holes} if holes else {})}


def _line(course: _Course) -> Packet:
    return {
        "polyline": {
            "show": _values(course, "boolean", lambda rings: [bool(rings)]),
            "positions": _values(course, "cartographicDegrees", lambda rings: [_corners(r) for r in rings]),
            "width": 1,
            "material": {"solidColor": {"color": {"rgba": [*course.colour[:3], _DRAWN]}}},
        }
    }


def _corners(ring: Ring) -> list[float]:
    """Longitude, latitude and height, again and again."""
    return [value for lon, lat in ring for value in (rounded(lon, 6), rounded(lat, 6), 0)]


def _values(course: _Course, what: str, of: Callable[[list[Ring]], list[Any]]) -> list[Packet]:
    """What holds from each change to the next: one value, or none."""
    ends = [*(since_ns for since_ns, _ in course.since[1:]), max(course.end_ns, course.since[-1][0])]
    return [
        {"interval": f"{iso(since_ns)}/{iso(end_ns)}", what: value}
        for (since_ns, rings), end_ns in zip(course.since, ends, strict=True)
        for value in of(rings)
    ]
