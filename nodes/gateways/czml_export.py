"""A nation's picture through time as CZML, which Cesium plays.

Source: the CZML guide of AnalyticalGraphicsInc/czml-writer. Positions are Earth-fixed and carried straight
between moments; an ellipse's rotation is counter-clockwise from north.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Annotated, Any, Final

from fusion.constants import OPERATION, Chosen
from nodes.gateways.czml_under_water import UnderWater
from nodes.gateways.ellipse import LEAST_M
from nodes.gateways.moments import Moment, TrackRecord, iso
from triwatch.v1 import picture_pb2, warning_pb2

Packet = dict[str, Any]

TRAIL_S: Final[Annotated[int, Chosen("s", "length of a trail", OPERATION)]] = 120
COLOURS = {
    "FRIEND": [128, 224, 255, 255],
    "ASSUMED_FRIEND": [128, 224, 255, 255],
    "NEUTRAL": [170, 255, 170, 255],
    "SUSPECT": [255, 229, 153, 255],
    "HOSTILE": [255, 128, 128, 255],
}
UNKNOWN_COLOUR = [255, 255, 128, 255]
"""Light forms of MIL-STD-2525D's, which are for dark grounds."""
AREA_COLOUR = [255, 128, 128, 70]


@dataclass(slots=True)
class _Life:
    """What one track did."""

    last: TrackRecord
    start_ns: int
    end_ns: int
    samples: list[float] = field(default_factory=list)
    """Seconds since the start, then ECEF metres, again and again."""


@dataclass(slots=True)
class _Told:
    """What was said of one warning: the flight from each moment on, and when it stood no more."""

    since: list[tuple[int, picture_pb2.Flight]] = field(default_factory=list)
    threatened: list[str] = field(default_factory=list)
    end_ns: int = 0


def document(moments: Iterable[Moment], nation: str) -> list[Packet]:
    """The packets; the first describes the document. ``moments`` must not be empty."""
    lives: dict[int, _Life] = {}
    told: dict[str, _Told] = {}
    under_water = UnderWater()
    start_ns = end_ns = 0
    for moment in moments:
        start_ns, end_ns = start_ns or moment.time_ns, moment.time_ns
        for track in moment.tracks:
            _live(lives, track, start_ns, end_ns)
            if track.environment == "SUBSURFACE":
                under_water.take(track, COLOURS.get(track.identity, UNKNOWN_COLOUR), end_ns)
        for warning in moment.warnings:
            _tell(told, warning, end_ns)
    clock = {"interval": _interval(start_ns, end_ns), "currentTime": iso(start_ns), "multiplier": 10}
    about = {"id": "document", "name": f"EXERCISE picture of {nation}", "version": "1.0", "clock": clock}
    tracks = [_track(number, life, start_ns) for number, life in sorted(lives.items())]
    return [
        about,
        *tracks,
        *under_water.packets(),
        *(p for name, said in sorted(told.items()) for p in _warning(name, said)),
    ]


def _live(lives: dict[int, _Life], track: TrackRecord, start_ns: int, now_ns: int) -> None:
    life = lives.setdefault(track.number, _Life(track, now_ns, now_ns))
    since_s = (track.time_ns - start_ns) * 1e-9
    if not life.samples or since_s > life.samples[-4]:
        life.samples += [round(since_s, 3), *(round(float(x), 1) for x in track.position_m)]
    life.last, life.end_ns = track, now_ns


def _tell(told: dict[str, _Told], warning: warning_pb2.MissileWarning, now_ns: int) -> None:
    said = told.setdefault(warning.warning_id, _Told())
    flight = picture_pb2.Flight.FromString(warning.flight.SerializeToString())
    if not said.since or said.since[-1][1] != flight:
        said.since.append((now_ns, flight))
    said.threatened, said.end_ns = list(warning.threatened), now_ns


def _track(number: int, life: _Life, start_ns: int) -> Packet:
    t = life.last
    colour = COLOURS.get(t.identity, UNKNOWN_COLOUR)
    paint = {"rgba": colour}
    return {
        "id": f"track-{number}",
        "name": t.call_sign or str(number),
        "availability": _interval(life.start_ns, life.end_ns),
        "properties": {
            "environment": t.environment,
            "identity": t.identity,
            "parent": t.parent,
            "contributors": " ".join(t.contributors),
        },
        "position": {
            "epoch": iso(start_ns),
            "referenceFrame": "FIXED",
            "interpolationAlgorithm": "LINEAR",
            "forwardExtrapolationType": "HOLD",
            "backwardExtrapolationType": "HOLD",
            "cartesian": life.samples,
        },
        "point": {"pixelSize": 6, "color": paint},
        "label": {
            "text": t.call_sign or str(number),
            "font": "12px sans-serif",
            "fillColor": paint,
            "horizontalOrigin": "LEFT",
            "pixelOffset": {"cartesian2": [8, 0]},
        },
        "path": {
            "leadTime": 0,
            "trailTime": TRAIL_S,
            "width": 1,
            "material": {"solidColor": {"color": paint}},
        },
    }


def _warning(name: str, said: _Told) -> list[Packet]:
    """The launch, and the impact's ellipse from when it is known."""
    packets: list[Packet] = []
    last = said.since[-1][1]
    if last.HasField("launch"):
        packets.append(
            {
                "id": f"launch-{name}",
                "name": f"Launch of {name}",
                "availability": _interval(said.since[0][0], said.end_ns),
                "position": {"cartographicDegrees": [last.launch.lon_deg, last.launch.lat_deg, 0]},
                "point": {"pixelSize": 8, "color": {"rgba": COLOURS["HOSTILE"]}},
            }
        )
    ends = [*(since_ns for since_ns, _ in said.since[1:]), said.end_ns]
    falls = [
        (since_ns, end_ns, flight.impact)
        for (since_ns, flight), end_ns in zip(said.since, ends, strict=True)
        if flight.HasField("impact") and end_ns > since_ns
    ]
    if falls:
        packets.append(_area(name, falls, " ".join(said.threatened)))
    return packets


def _area(name: str, falls: list[tuple[int, int, picture_pb2.GroundPoint]], threatened: str) -> Packet:
    """The impact's ellipse; each of ``falls`` is from when, until when, and where."""

    def values(what: str, of: Callable[[picture_pb2.GroundPoint], Any]) -> list[Packet]:
        return [{"interval": _interval(a, b), what: of(point)} for a, b, point in falls]

    return {
        "id": f"impact-{name}",
        "name": f"Expected impact of {name}",
        "availability": _interval(falls[0][0], falls[-1][1]),
        "properties": {"threatened": threatened},
        "position": values("cartographicDegrees", lambda p: [p.lon_deg, p.lat_deg, 0]),
        "ellipse": {
            "semiMajorAxis": values("number", lambda p: max(p.ellipse_95_major_m, LEAST_M)),
            "semiMinorAxis": values("number", lambda p: max(p.ellipse_95_minor_m, LEAST_M)),
            "rotation": values("number", lambda p: -math.radians(p.ellipse_orientation_deg)),
            "material": {"solidColor": {"color": {"rgba": AREA_COLOUR}}},
            "height": 0,
        },
    }


def _interval(start_ns: int, end_ns: int) -> str:
    return f"{iso(start_ns)}/{iso(end_ns)}"
