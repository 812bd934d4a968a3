"""One moment of the picture as GeoJSON: tracks, where those under water may be, what is searched, and of each
warning the launch and where it is expected.

Source: RFC 7946. A ring goes counter-clockwise (3.1.6), and what crosses the antimeridian is cut (3.1.9). An
ellipse around a pole is one ring that goes up to the pole along the antimeridian and back.
"""

from __future__ import annotations

from typing import Any

from fusion.search.told import REGION
from fusion.update.region import MOST
from nodes.gateways.ellipse import outline
from nodes.gateways.moments import Moment, TrackRecord, iso
from nodes.gateways.rounding import bearing, rounded
from nodes.gateways.under_water import Ring, bearings, region, rims, searched
from triwatch.v1 import picture_pb2, warning_pb2


def collection(moment: Moment, nation: str) -> dict[str, Any]:
    """A FeatureCollection."""
    features = [_track(track) for track in moment.tracks]
    for track in moment.tracks:
        features += _under_water(track)
    features += [_search(one) for one in moment.searches]
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


def _under_water(t: TrackRecord) -> list[dict[str, Any]]:
    """Where a track under water may be, and the lines of bearing that it is known by alone."""
    where, found = region(t), []
    about = {"track": t.number, "call_sign": t.call_sign}
    if where is not None:
        area = {"kind": "where it may be", "time": iso(t.time_ns), "probability": MOST}
        known = {"area_m2": round(where.area_m2(MOST)), "fix": where.fix}
        parts = [polygon for rings in rims(where) for polygon in _polygons(*rings)]
        geometry = {"type": "MultiPolygon", "coordinates": parts}
        found.append(_feature(f"region-{t.number}", geometry, about | area | known))
    for line in bearings(t, where):
        properties = about | {
            "kind": "line of bearing",
            "time": iso(line.time_ns),
            "node": line.node_id,
            "contact": line.contact,
            "bearing_deg": bearing(line.bearing_deg, 2),
            "sigma_deg": rounded(line.sigma_deg, 2),
        }
        places = [[rounded(lon, 6), rounded(lat, 6)] for lon, lat in line.ends]
        drawn = {"type": "LineString", "coordinates": places}
        found.append(_feature(f"bearing-{line.node_id}-{line.contact}", drawn, properties))
    return found


def _search(one: picture_pb2.SearchMap) -> dict[str, Any]:
    """Where a contact that nobody hears may be."""
    properties = {
        "kind": "where a lost contact may be" if one.track else "where something is searched for",
        "track": one.track or None,
        "time": iso(one.time_ns),
        "since": iso(one.since_ns),
        "probability": REGION,
        "area_m2": round(one.region_m2),
        "exists": rounded(one.exists, 3),
        "looks": one.looks,
    }
    parts = [polygon for ring in searched(one) for polygon in _polygons(ring)]
    name = f"search-{one.track}" if one.track else f"search-{one.node_id}-{one.area}"
    return _feature(name, {"type": "MultiPolygon", "coordinates": parts}, properties)


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
        rim = [(lon, lat) for lat, lon in reversed(outline(flight.impact))]
        area = {"type": "MultiPolygon", "coordinates": _polygons(rim)}
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


def _polygons(rim: Ring, *holes: Ring) -> list[list[list[list[float]]]]:
    """The coordinates of a MultiPolygon from (longitude, latitude) corners, the rim counter-clockwise."""
    rings = [_unbroken(ring, rim[0][0]) for ring in (rim, *holes)]
    whole_turns = round((rings[0][-1][0] - rings[0][0][0]) / 360.0)
    if whole_turns:
        return [_rounded([_around_a_pole(rings[0], float(whole_turns))])]
    low, high = min(lon for lon, _ in rings[0]), max(lon for lon, _ in rings[0])
    if high > 180.0:
        parts = [[_cut(r, 180.0, 1.0) for r in rings], [_moved(_cut(r, 180.0, -1.0), -360.0) for r in rings]]
    elif low < -180.0:
        parts = [[_cut(r, -180.0, -1.0) for r in rings], [_moved(_cut(r, -180.0, 1.0), 360.0) for r in rings]]
    else:
        parts = [rings]
    kept = [[ring for ring in part if ring] for part in parts]
    return [_rounded(part) for part in kept if part]


def _unbroken(ring: Ring, near: float) -> Ring:
    """Without jumps: longitudes may go past 180 for now, the first is that within half a turn of another."""
    found, before = [], near
    for lon, lat in ring:
        before = lon - 360.0 * round((lon - before) / 360.0)
        found.append((before, lat))
    return found


def _moved(ring: Ring, by: float) -> Ring:
    return [(lon + by, lat) for lon, lat in ring]


def _rounded(rings: list[Ring]) -> list[list[list[float]]]:
    """The coordinates of a polygon, whose rings are closed."""
    return [[[rounded(lon, 6), rounded(lat, 6)] for lon, lat in [*ring, ring[0]]] for ring in rings]


def _around_a_pole(ring: Ring, east: float) -> Ring:
    """A ring once around, eastward (``east`` 1: around the north pole) or westward (-1: the south)."""
    plain = sorted((((lon + 180.0) % 360.0 - 180.0, lat) for lon, lat in ring), reverse=east < 0.0)
    (lon0, lat0), (lon1, lat1) = plain[0], plain[-1]
    share = (180.0 - abs(lon1)) / (360.0 - abs(lon1 - lon0))
    cut = lat1 + (lat0 - lat1) * share
    seam, pole = 180.0 * east, 90.0 * east
    return [(-seam, cut), *plain, (seam, cut), (seam, pole), (-seam, pole)]


def _cut(ring: Ring, at: float, side: float) -> Ring:
    """The part of a ring below a meridian, or above where ``side`` is -1 (Sutherland and Hodgman 1974)."""
    kept: Ring = []
    for (lon0, lat0), (lon1, lat1) in zip([ring[-1], *ring[:-1]], ring, strict=True):
        if (lon0 - at) * (lon1 - at) < 0.0:
            kept.append((at, lat0 + (lat1 - lat0) * (at - lon0) / (lon1 - lon0)))
        if (lon1 - at) * side <= 0.0:
            kept.append((lon1, lat1))
    return kept
