"""One moment of the picture as GeoJSON: tracks, and of each warning the launch and where it is expected.

Source: RFC 7946. A ring goes counter-clockwise (3.1.6), and what crosses the antimeridian is cut (3.1.9). An
ellipse around a pole is one ring that goes up to the pole along the antimeridian and back.
"""

from __future__ import annotations

from typing import Any

from nodes.gateways.ellipse import outline
from nodes.gateways.moments import Moment, TrackRecord, iso
from nodes.gateways.rounding import bearing, rounded
from triwatch.v1 import picture_pb2, warning_pb2


def collection(moment: Moment, nation: str) -> dict[str, Any]:
    """A FeatureCollection."""
    features = [_track(track) for track in moment.tracks]
    for warning in moment.warnings:
        features += _warning(warning)
    about = {"nation": nation, "time": iso(moment.time_ns), "exercise": True}
    return {"type": "FeatureCollection", "properties": about, "features": features}


def _track(t: TrackRecord) -> dict[str, Any]:
    properties = {
        "kind": "track",
        "number": t.number,
        "time": iso(t.time_ns),
        "call_sign": t.call_sign,
        "environment": t.environment,
        "identity": t.identity,
        "status": t.status,
        "speed_mps": rounded(t.speed_mps, 2),
        "course_deg": bearing(t.course_deg, 2),
        "climb_mps": rounded(t.climb_mps, 2),
        "sigma_m": rounded(t.sigma_m, 1),
        "quality": t.quality,
        "parent": t.parent or None,
        "contributors": list(t.contributors),
    }
    place = [rounded(t.lon_deg, 6), rounded(t.lat_deg, 6), rounded(t.alt_m, 1)]
    return _feature(f"track-{t.number}", {"type": "Point", "coordinates": place}, properties)


def _warning(warning: warning_pb2.MissileWarning) -> list[dict[str, Any]]:
    """While it is not known where it comes down, nothing is drawn of that."""
    flight, name = warning.flight, warning.warning_id
    about = {"warning": name, "track": flight.track, "threatened": list(warning.threatened)}
    found = []
    if flight.HasField("launch"):
        found.append(_ground(f"launch-{name}", flight.launch, about | {"kind": "launch"}))
    if flight.HasField("impact"):
        impact = about | {"kind": "impact"}
        found.append(_ground(f"impact-{name}", flight.impact, impact))
        area = {"type": "MultiPolygon", "coordinates": _polygons(outline(flight.impact))}
        found.append(_feature(f"area-{name}", area, impact | {"kind": "impact 95 % ellipse"}))
    return found


def _ground(name: str, point: picture_pb2.GroundPoint, about: dict[str, Any]) -> dict[str, Any]:
    properties = about | {
        "time": iso(point.time_ns),
        "time_sigma_s": rounded(point.time_sigma_s, 1),
        "ellipse_95_major_m": round(point.ellipse_95_major_m),
        "ellipse_95_minor_m": round(point.ellipse_95_minor_m),
        "ellipse_orientation_deg": bearing(point.ellipse_orientation_deg, 1, 180.0),
    }
    place = [rounded(point.lon_deg, 6), rounded(point.lat_deg, 6)]
    return _feature(name, {"type": "Point", "coordinates": place}, properties)


def _feature(name: str, geometry: dict[str, Any], properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "Feature", "id": name, "geometry": geometry, "properties": properties}


def _polygons(corners: list[tuple[float, float]]) -> list[list[list[list[float]]]]:
    """The coordinates of a MultiPolygon from (latitude, longitude) corners in clockwise order."""
    ring = [(lon, lat) for lat, lon in reversed(corners)]
    for k in range(1, len(ring)):
        # without jumps: longitudes may go past 180 for now
        turns = round((ring[k][0] - ring[k - 1][0]) / 360.0)
        ring[k] = (ring[k][0] - 360.0 * turns, ring[k][1])
    whole_turns = round((ring[-1][0] - ring[0][0]) / 360.0)
    if whole_turns:
        return [_rounded(_around_a_pole(ring, float(whole_turns)))]
    low, high = min(lon for lon, _ in ring), max(lon for lon, _ in ring)
    if high > 180.0:
        parts = [_cut(ring, 180.0, 1.0), [(lon - 360.0, lat) for lon, lat in _cut(ring, 180.0, -1.0)]]
    elif low < -180.0:
        parts = [_cut(ring, -180.0, -1.0), [(lon + 360.0, lat) for lon, lat in _cut(ring, -180.0, 1.0)]]
    else:
        parts = [ring]
    return [_rounded(part) for part in parts]


def _rounded(ring: list[tuple[float, float]]) -> list[list[list[float]]]:
    """The coordinates of a polygon with one ring, which is closed."""
    return [[[rounded(lon, 6), rounded(lat, 6)] for lon, lat in [*ring, ring[0]]]]


def _around_a_pole(ring: list[tuple[float, float]], east: float) -> list[tuple[float, float]]:
    """A ring once around, eastward (``east`` 1: around the north pole) or westward (-1: the south)."""
    plain = sorted((((lon + 180.0) % 360.0 - 180.0, lat) for lon, lat in ring), reverse=east < 0.0)
    (lon0, lat0), (lon1, lat1) = plain[0], plain[-1]
    share = (180.0 - abs(lon1)) / (360.0 - abs(lon1 - lon0))
    cut = lat1 + (lat0 - lat1) * share
    seam, pole = 180.0 * east, 90.0 * east
    return [(-seam, cut), *plain, (seam, cut), (seam, pole), (-seam, pole)]


def _cut(ring: list[tuple[float, float]], at: float, side: float) -> list[tuple[float, float]]:
    """The part of a ring below a meridian, or above where ``side`` is -1 (Sutherland and Hodgman 1974)."""
    kept: list[tuple[float, float]] = []
    for (lon0, lat0), (lon1, lat1) in zip([ring[-1], *ring[:-1]], ring, strict=True):
        if (lon0 - at) * (lon1 - at) < 0.0:
            kept.append((at, lat0 + (lat1 - lat0) * (at - lon0) / (lon1 - lon0)))
        if (lon1 - at) * side <= 0.0:
            kept.append((lon1, lat1))
    return kept
