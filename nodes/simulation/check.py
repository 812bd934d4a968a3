"""What the types cannot say: a scenario's parts against each other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from itertools import pairwise

import numpy as np

from fusion.physics.geodesy import geodetic2ecef
from nodes.errors import BadInput
from nodes.plugins import is_named
from nodes.simulation.nations import is_nation
from nodes.simulation.spec import (
    LONGEST_S,
    TRACKERS,
    Accession,
    Ballistic,
    InfraredSpec,
    MultistaticSpec,
    Node,
    ObjectSpec,
    PingSource,
    RadarSpec,
    Recorded,
    Scenario,
    SensorSpec,
    SonarSpec,
    Waypoints,
)
from nodes.simulation.waypoints import HABITAT

MIN_RANGE_KM, MAX_RANGE_KM = 1.0, 19_000.0
MIN_APOGEE_KM, MAX_APOGEE_KM = 5.0, 20_000.0
MAX_SEPARATION_MPS, MAX_PULL_UP_G = 1_000.0, 100.0
EARLIEST, LATEST = datetime(1971, 1, 1, tzinfo=UTC), datetime(2116, 1, 1, tzinfo=UTC)
"""When an exercise may start: times on the wire are 1 to 2^62 ns since 1970."""
FAR_S = 10 * LONGEST_S
"""So far from the scenario's start may its parts lie; what is longer is a mistaken unit or a whole date."""
FASTEST_MPS = 20_000.0
"""Of anything on the wire."""


def check(scenario: Scenario) -> None:
    """Raise BadInput, with file and key, for the first inconsistency."""
    try:
        _check_start(scenario.start_ns)
        _unique((n.id for n in scenario.nodes), "nodes", "id")
        _unique((o.id for o in scenario.objects), "objects", "id")
        _unique((s.id for s in scenario.sources), "sources", "id")
        for i, source in enumerate(scenario.sources):
            _check_times([row[0] for row in source.track], f"sources[{i}].track")
            _check_stations(source, f"sources[{i}]")
            _check_silences(source.silent_s, f"sources[{i}].silent_s")
        for i, node in enumerate(scenario.nodes):
            _check_node(node, f"nodes[{i}]", scenario.duration_s)
            for k, sensor in enumerate(node.sensors):
                if isinstance(sensor, MultistaticSpec) and sensor.source:
                    known = {source.id: source for source in scenario.sources}
                    _check_source(sensor, f"nodes[{i}].sensors[{k}]", known)
        for i, thing in enumerate(scenario.objects):
            _check_object(thing, f"objects[{i}]")
        _unique((a.nation for a in scenario.accessions), "accessions", "nation")
        for i, accession in enumerate(scenario.accessions):
            _check_accession(accession, f"accessions[{i}]", scenario)
    except BadInput as error:
        raise BadInput(f"{scenario.file}: {error}") from None


def _check_start(start_ns: int) -> None:
    if not _ns(EARLIEST) <= start_ns < _ns(LATEST):
        year = int(1970 + start_ns / (365.2425 * 86_400e9))
        raise BadInput(
            f"scenario.start: expected from {EARLIEST:%Y-%m-%d} to before {LATEST:%Y-%m-%d}, for the wire "
            f"has no other times, got the year {year}"
        )


def _ns(moment: datetime) -> int:
    return round(moment.timestamp()) * 10**9


def _check_node(node: Node, key: str, duration_s: float) -> None:
    if not is_nation(node.nation):
        raise BadInput(f"{key}.nation: {node.nation} is not an ISO 3166-1 alpha-3 country code")
    if node.tracker not in TRACKERS and not is_named(node.tracker):
        known = ", ".join(TRACKERS)
        raise BadInput(
            f"{key}.tracker: {node.tracker!r} cannot be used; expected one of {known},"
            " or package.module:factory"
        )
    _check_release(node.releasable_to, f"{key}.releasable_to")
    for i, rule in enumerate(node.releases):
        _unique(rule.environments, f"{key}.releases[{i}].environments", "")
        _check_release(rule.releasable_to, f"{key}.releases[{i}].releasable_to")
    leaves_s = duration_s if node.leaves_s is None else node.leaves_s
    if node.joins_s >= leaves_s:
        raise BadInput(
            f"{key}.joins_s: expected less than {leaves_s:g} s, when the node leaves, got {node.joins_s:g}"
        )
    for i, area in enumerate(node.areas):
        if area.until_s <= area.from_s:
            raise BadInput(
                f"{key}.areas[{i}].until_s: expected later than from_s, {area.from_s:g}, got {area.until_s:g}"
            )
    _check_silences(node.silent_s, f"{key}.silent_s")
    _check_times([row[0] for row in node.clock_course], f"{key}.clock_course")
    for i, (before, after) in enumerate(pairwise(node.clock_course), 1):
        if after[1] - before[1] <= before[0] - after[0]:
            raise BadInput(f"{key}.clock_course[{i}]: its clock would run backwards")
    if not node.sensors:
        raise BadInput(f"{key}.sensors: expected at least one, or a field of buoys")
    for i, platform in enumerate(node.platforms):
        _check_times([row[0] for row in platform.bias_course], f"{key}.platforms[{i}].bias_course")
        if i + 1 not in [sensor.platform for sensor in node.sensors]:
            raise BadInput(f"{key}.platforms[{i}]: no sensor has platform = {i + 1}, so nothing is off by it")
    for i, sensor in enumerate(node.sensors):
        check_sensor(sensor, f"{key}.sensors[{i}]")


def check_sensor(sensor: SensorSpec, where: str) -> None:
    """Raise BadInput, beginning with the key, for what no sensor can be."""
    _check_times([row[0] for row in sensor.track], f"{where}.track")
    _check_times([row[0] for row in sensor.bias_course], f"{where}.bias_course")
    _check_sector(sensor, where)
    if isinstance(sensor, RadarSpec | InfraredSpec) and sensor.min_elevation_deg >= sensor.max_elevation_deg:
        raise BadInput(f"{where}.min_elevation_deg: expected less than max_elevation_deg")
    if not isinstance(sensor, InfraredSpec) and sensor.min_range_km >= sensor.range_km:
        raise BadInput(f"{where}.min_range_km: expected less than range_km")
    if isinstance(sensor, RadarSpec) and sensor.min_target_alt_m >= sensor.max_target_alt_m:
        raise BadInput(f"{where}.min_target_alt_m: expected less than max_target_alt_m")
    if isinstance(sensor, RadarSpec) and (sensor.resolution_range_m > 0.0) != (
        sensor.resolution_angle_mrad > 0.0
    ):
        raise BadInput(f"{where}.resolution_range_m: expected together with resolution_angle_mrad")
    if isinstance(sensor, SonarSpec | MultistaticSpec):
        _check_hearing(sensor, where)
    if isinstance(sensor, MultistaticSpec):
        _check_echoes(sensor, where)
    if isinstance(sensor, SonarSpec) and sensor.array == "towed":
        if len({row[1:] for row in sensor.track}) < 2:
            raise BadInput(f"{where}.array: towed, and it does not move; expected a track")
        if sensor.azimuth_limits_deg is not None:
            raise BadInput(f"{where}.azimuth_limits_deg: a towed array hears all around; leave them out")


def _check_echoes(sensor: MultistaticSpec, where: str) -> None:
    if sensor.sigma_doppler_hz is not None and sensor.frequency_hz is None:
        raise BadInput(f"{where}.frequency_hz: missing; without it sigma_doppler_hz says nothing of a speed")
    if sensor.period_s < sensor.listens_s:
        raise BadInput(
            f"{where}.period_s: expected at least {sensor.listens_s:.1f} s, in which the last echo within "
            f"range_km comes, got {sensor.period_s:g}"
        )
    if sensor.source and sensor.phase_s is not None:
        raise BadInput(f"{where}.phase_s: its source says when it pings; leave it out")


def _check_source(sensor: MultistaticSpec, where: str, sources: Mapping[str, PingSource]) -> None:
    if sensor.source not in sources:
        known = ", ".join(sources) or "none; there is no [[sources]]"
        raise BadInput(f"{where}.source: {sensor.source} is no source; expected one of {known}")
    period_s = sources[sensor.source].period_s
    if sensor.period_s != period_s:
        raise BadInput(
            f"{where}.period_s: expected that of its source, {period_s:g}, got {sensor.period_s:g}"
        )


def _check_stations(thing: SonarSpec | MultistaticSpec | PingSource, where: str) -> None:
    if thing.stations and thing.track:
        raise BadInput(f"{where}.stations: what is let into the water stays in its place; leave out track")
    for i, (from_s, until_s, _, _) in enumerate(thing.stations):
        if until_s <= from_s:
            raise BadInput(f"{where}.stations[{i}][1]: expected later than {from_s:g}, got {until_s:g}")
        if i and from_s < thing.stations[i - 1][1]:
            raise BadInput(
                f"{where}.stations[{i}][0]: it is still at the place before, until "
                f"{thing.stations[i - 1][1]:g} s"
            )


def _check_silences(silent_s: tuple[tuple[float, float], ...], key: str) -> None:
    for i, (start_s, end_s) in enumerate(silent_s):
        if start_s >= end_s or (i and start_s < silent_s[i - 1][1]):
            raise BadInput(
                f"{key}[{i}]: expected a start and a later end, after the silence before, got "
                f"{start_s:g} and {end_s:g}"
            )


def _check_hearing(sensor: SonarSpec | MultistaticSpec, where: str) -> None:
    for name, rows in (("range_curve", sensor.range_curve), ("own_noise", sensor.own_noise)):
        for i, (before, after) in enumerate(pairwise(rows), 1):
            if after[0] <= before[0]:
                raise BadInput(f"{where}.{name}[{i}][0]: must increase, got {after[0]:g} after {before[0]:g}")
    if sensor.range_curve and not any(share > 0.0 for _, share in sensor.range_curve):
        raise BadInput(f"{where}.range_curve: nothing would ever be heard; expected a share above 0")
    far = sensor.sigma_far_mrad if isinstance(sensor, SonarSpec) else None
    if far is not None and far < sensor.sigma_azimuth_mrad:
        raise BadInput(f"{where}.sigma_far_mrad: expected at least sigma_azimuth_mrad")
    _check_stations(sensor, where)


def _check_sector(sensor: SensorSpec, where: str) -> None:
    if sensor.azimuth_limits_deg is None:
        return
    start, end = sensor.azimuth_limits_deg
    if not 0.0 < abs(end - start) <= 360.0:
        raise BadInput(
            f"{where}.azimuth_limits_deg: expected two bearings up to one turn apart, got {start:g} and "
            f"{end:g}; leave them out for the full circle"
        )


def _check_release(nations: tuple[str, ...] | None, key: str) -> None:
    if nations is None:
        return
    for code in nations:
        if not is_nation(code):
            raise BadInput(f"{key}: {code} is not an ISO 3166-1 alpha-3 country code")
    if not nations:
        raise BadInput(f"{key}: expected at least one nation; leave it out for every member")
    _unique(nations, key, "")


def _check_accession(accession: Accession, key: str, scenario: Scenario) -> None:
    nation, leaves_s = accession.nation, accession.leaves_s or scenario.duration_s
    if accession.joins_s >= leaves_s:
        raise BadInput(f"{key}.joins_s: expected less than {leaves_s:g} s, when it leaves")
    mine = [node for node in scenario.nodes if node.nation == nation]
    if not mine or len(mine) == len(scenario.nodes):
        raise BadInput(f"{key}.nation: expected the nation of some node, and not of all, got {nation}")
    for node in mine:
        if node.joins_s < accession.joins_s or (node.leaves_s or scenario.duration_s) > leaves_s:
            raise BadInput(
                f"{key}: node {node.id} is there from {node.joins_s:g} s, when {nation} is not a member"
                if node.joins_s < accession.joins_s
                else f"{key}: node {node.id} is there after {leaves_s:g} s, when {nation} is not a member"
            )
    for node in scenario.nodes:
        for nations in (node.releasable_to, *(rule.releasable_to for rule in node.releases)):
            if nation in (nations or ()):
                raise BadInput(
                    f"{key}.nation: {nation} is no member at first, and node {node.id} names it; "
                    "leave releasable_to out for every member"
                )


def _check_object(thing: ObjectSpec, key: str) -> None:
    if isinstance(thing, Waypoints):
        _check_times([row[0] for row in thing.waypoints], f"{key}.waypoints")
        _check_speeds(thing, f"{key}.waypoints")
        _check_times([row[0] for row in thing.noise_course], f"{key}.noise_course")
        if thing.turns_as is not None and HABITAT[thing.turns_as] != thing.environment:
            fitting = ", ".join(kind for kind, where in HABITAT.items() if where == thing.environment)
            raise BadInput(
                f"{key}.turns_as: no {thing.turns_as} moves in {thing.environment}; expected one of {fitting}"
            )
    elif isinstance(thing, Recorded):
        if thing.synthetic is not None and thing.synthetic.duration_s > FAR_S:
            raise BadInput(
                f"{key}.synthetic.duration_s: expected up to {FAR_S:g} s, got {thing.synthetic.duration_s:g}"
            )
    elif isinstance(thing, Ballistic):
        try:
            check_ballistic(thing)
        except BadInput as error:
            raise BadInput(f"{key}.{error}") from None


def check_ballistic(thing: Ballistic) -> None:
    """Raise BadInput, beginning with the key, for what no flight can be."""
    if not MIN_RANGE_KM <= thing.range_km <= MAX_RANGE_KM:
        raise BadInput(f"range_km: expected {MIN_RANGE_KM:g} to {MAX_RANGE_KM:g} km, got {thing.range_km:g}")
    if not MIN_APOGEE_KM <= thing.apogee_km <= MAX_APOGEE_KM:
        raise BadInput(
            f"apogee_km: expected {MIN_APOGEE_KM:g} to {MAX_APOGEE_KM:g} km, got {thing.apogee_km:g}"
        )
    if thing.burn_s is not None and not 1.0 <= thing.burn_s <= 1_000.0:
        raise BadInput(f"burn_s: expected 1 to 1000 s, got {thing.burn_s:g}")
    for name, value, most in (
        ("launch_s", abs(thing.launch_s), FAR_S),
        ("separation_mps", thing.separation_mps, MAX_SEPARATION_MPS),
        ("pull_up_g", thing.pull_up_g, MAX_PULL_UP_G),
    ):
        if value > most:
            raise BadInput(f"{name}: expected up to {most:g}, got {getattr(thing, name):g}")
    if (thing.vehicles or thing.decoys) and thing.separates_s is None:
        raise BadInput("separates_s: missing; it says when the vehicles and decoys are released")
    if thing.separates_s is not None and not (thing.vehicles or thing.decoys):
        raise BadInput("vehicles: expected at least one vehicle or decoy to release at separates_s")
    if thing.separates_s is not None and thing.fails_s is not None:
        raise BadInput("fails_s: a missile that fails under power releases nothing; leave out separates_s")
    if thing.fragments and thing.fails_s is None:
        raise BadInput("fails_s: missing; it says when the missile breaks into fragments")


def _check_times(times_s: list[float], key: str) -> None:
    for i, time_s in enumerate(times_s):
        if abs(time_s) > FAR_S:
            raise BadInput(
                f"{key}[{i}][0]: expected {-FAR_S:g} to {FAR_S:g} s from the start, got {time_s:g}"
            )
        if i and time_s <= times_s[i - 1]:
            raise BadInput(f"{key}[{i}][0]: times must increase, got {time_s:g} after {times_s[i - 1]:g}")


def _check_speeds(thing: Waypoints, key: str) -> None:
    for i, (a, b) in enumerate(pairwise(thing.waypoints), 1):
        way_m = float(np.linalg.norm(geodetic2ecef(*b[1:]) - geodetic2ecef(*a[1:])))
        if way_m > FASTEST_MPS * (b[0] - a[0]):
            raise BadInput(
                f"{key}[{i}]: {way_m / 1e3:.0f} km in {b[0] - a[0]:g} s; nothing moves faster than "
                f"{FASTEST_MPS:g} m/s"
            )


def _unique(names: Iterable[str], key: str, field: str) -> None:
    seen: dict[str, int] = {}
    for i, name in enumerate(names):
        if name in seen:
            raise BadInput(
                f"{key}[{i}]{'.' if field else ''}{field}: {name} is already used by {key}[{seen[name]}]"
            )
        seen[name] = i
