"""Missile warnings against the true flights: which missile each warned of, how soon and how well."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from fusion import contract
from fusion.physics.geodesy import ecef2enu, geodetic2ecef
from triwatch.v1 import warning_pb2

_STANDING = (warning_pb2.WARNING_STATUS_ALERT, warning_pb2.WARNING_STATUS_UPDATE)


def score_warnings(
    warnings: Mapping[str, Sequence[Any]], flights: Sequence[Any], object_of: Mapping[str, Mapping[int, str]]
) -> list[dict[str, Any]]:
    """One entry a warned track, in the order of first warning; all nations' warnings of a track together.

    ``warnings`` are MissileWarnings by nation, ``flights`` TruthFlights, ``object_of`` says for each nation
    which object a track number stood for. Errors are those of the last revision that still warned (a
    cancellation or an all-clear estimates nothing), of the nation that warned first; None without truth.
    Of the impact, those of the last that knew it, and how many of all that knew it had the true one in their
    95 % ellipse; None where it was never known.
    """
    flight_of = {flight.object_id: flight for flight in flights}
    tracks: dict[int, list[tuple[str, Any]]] = {}
    for nation, messages in warnings.items():
        for message in messages:
            tracks.setdefault(message.flight.track, []).append((nation, message))
    entries = [
        _entry(track, said, _flight(track, said, flight_of, object_of)) for track, said in tracks.items()
    ]
    return sorted(entries, key=lambda entry: (entry["first_warning_time_ns"], entry["track"]))


def warned_twice_s(
    warnings: Mapping[str, Sequence[Any]],
    objects_of: Mapping[str, Iterable[tuple[int, Mapping[int, str]]]],
) -> dict[str, float]:
    """For how long each body had more than one standing warning at once, seconds, at the worst nation.

    A warning stands from its first alert or update to its cancellation or all-clear. ``objects_of`` has of
    each nation the instants of the score, UTC ns, with the object that each track number stood for then; an
    instant counts until the next. Bodies that were never warned of twice are left out.
    """
    worst_s: dict[str, float] = {}
    for nation, instants in objects_of.items():
        coming = sorted(warnings.get(nation, ()), key=lambda message: message.time_ns)[::-1]
        standing: set[int] = set()
        twice: set[str] = set()
        twice_s: defaultdict[str, float] = defaultdict(float)
        before_ns = 0
        for time_ns, object_of in instants:
            for body in twice:
                twice_s[body] += (time_ns - before_ns) * 1e-9
            while coming and coming[-1].time_ns <= time_ns:
                message = coming.pop()
                (standing.add if message.status in _STANDING else standing.discard)(message.flight.track)
            warned = Counter(object_of[track] for track in standing if track in object_of)
            twice = {body for body, count in warned.items() if count > 1}
            before_ns = time_ns
        for body, seconds in twice_s.items():
            worst_s[body] = max(worst_s.get(body, 0.0), seconds)
    return worst_s


def _flight(
    track: int,
    said: Sequence[tuple[str, Any]],
    flight_of: Mapping[str, Any],
    object_of: Mapping[str, Mapping[int, str]],
) -> Any:
    """The true flight behind a track, by what the track stood for in any of the pictures."""
    for nation, _ in said:
        found = flight_of.get(object_of.get(nation, {}).get(track, ""))
        if found is not None:
            return found
    return None


def _entry(track: int, said: Sequence[tuple[str, Any]], truth: Any) -> dict[str, Any]:
    first_nation, first = min(said, key=lambda item: item[1].time_ns)
    own = [message for nation, message in said if nation == first_nation]
    standing = [message for message in own if message.status in _STANDING] or own
    last = standing[-1]
    placed = [message.flight.launch for message in standing if message.flight.HasField("launch")]
    launch = placed[-1] if placed else None
    known = [message.flight.impact for message in standing if message.flight.HasField("impact")]
    impact = known[-1] if known else None
    true_launch = (truth.launch_lat_deg, truth.launch_lon_deg) if truth else None
    true_impact = (truth.impact_lat_deg, truth.impact_lon_deg) if truth else None
    return {
        "track": str(track),
        "warning_id": last.warning_id,
        "status": contract.word(warning_pb2.WarningStatus, own[-1].status),
        "revisions": len({message.revision for message in own}),
        "nations": sorted({nation for nation, _ in said}),
        "object_id": truth.object_id if truth else None,
        "launch_time_ns": launch.time_ns if launch else None,
        "launch_lat_deg": launch.lat_deg if launch else None,
        "launch_lon_deg": launch.lon_deg if launch else None,
        "launch_error_m": _distance_m(launch, true_launch) if launch else None,
        "first_warning_time_ns": first.time_ns,
        "first_warning_after_launch_s": (first.time_ns - truth.launch_time_ns) * 1e-9 if truth else None,
        "impact_time_ns": impact.time_ns if impact else None,
        "impact_lat_deg": impact.lat_deg if impact else None,
        "impact_lon_deg": impact.lon_deg if impact else None,
        "impact_error_m": _distance_m(impact, true_impact) if impact else None,
        "impact_inside_95": _inside(impact, true_impact) if impact else None,
        "impacts_told": len(known) if truth else None,
        "impacts_told_inside_95": sum(bool(_inside(one, true_impact)) for one in known) if truth else None,
        "impact_time_error_s": (impact.time_ns - truth.impact_time_ns) * 1e-9 if truth and impact else None,
        "first_impact_error_m": _distance_m(known[0], true_impact) if known else None,
        "impact_ellipse_95_m": [impact.ellipse_95_major_m, impact.ellipse_95_minor_m] if impact else None,
        "warned_before_impact_s": (truth.impact_time_ns - first.time_ns) * 1e-9 if truth else None,
        "released_to": sorted({nation for message in own for nation in message.released_to}),
        "threatened": list(last.threatened),
    }


def _distance_m(point: Any, true_deg: tuple[float, float] | None) -> float | None:
    """Straight distance between an estimated and a true point on the ellipsoid."""
    if true_deg is None:
        return None
    estimate = geodetic2ecef(point.lat_deg, point.lon_deg, 0.0)
    return float(np.linalg.norm(estimate - geodetic2ecef(*true_deg, 0.0)))


def _inside(point: Any, true_deg: tuple[float, float] | None) -> bool | None:
    """Whether a true point lies in the 95 % ellipse of an estimated one."""
    if true_deg is None:
        return None
    east, north, _ = ecef2enu(geodetic2ecef(*true_deg, 0.0), point.lat_deg, point.lon_deg, 0.0)
    bearing = np.radians(point.ellipse_orientation_deg)
    along = east * np.sin(bearing) + north * np.cos(bearing)
    across = east * np.cos(bearing) - north * np.sin(bearing)
    return bool(np.hypot(along / point.ellipse_95_major_m, across / point.ellipse_95_minor_m) <= 1.0)
