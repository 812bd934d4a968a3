"""What the types cannot say: a scenario's parts against each other."""

from __future__ import annotations

from collections.abc import Iterable

from nodes.errors import BadInput
from nodes.scenario.nations import is_nation
from nodes.scenario.spec import Ballistic, Node, ObjectSpec, Scenario, Sonar, Waypoints

HALF_CIRCUMFERENCE_KM = 20_003.9
"""Pole to pole along a meridian: the longest shortest way on the WGS-84 ellipsoid."""


def check(scenario: Scenario, file: str) -> None:
    """Raise BadInput, with file and key, for the first inconsistency."""
    try:
        _unique((n.id for n in scenario.nodes), "nodes", "id")
        _unique((o.id for o in scenario.objects), "objects", "id")
        for i, node in enumerate(scenario.nodes):
            _check_node(node, f"nodes[{i}]", scenario.duration_s)
        for i, thing in enumerate(scenario.objects):
            _check_object(thing, f"objects[{i}]")
    except BadInput as error:
        raise BadInput(f"{file}: {error}") from None


def _check_node(node: Node, key: str, duration_s: float) -> None:
    for name, codes in (("nation", (node.nation,)), ("releasable_to", node.releasable_to or ())):
        for code in codes:
            if not is_nation(code):
                raise BadInput(f"{key}.{name}: {code} is not an ISO 3166-1 alpha-3 country code")
    if node.releasable_to is not None:
        if not node.releasable_to:
            raise BadInput(
                f"{key}.releasable_to: expected at least one nation; leave it out for every member"
            )
        _unique(node.releasable_to, f"{key}.releasable_to", "")
    leaves_s = duration_s if node.leaves_s is None else node.leaves_s
    if node.joins_s >= leaves_s:
        raise BadInput(
            f"{key}.joins_s: expected less than {leaves_s:g} s, when the node leaves, got {node.joins_s:g}"
        )
    for i, sensor in enumerate(node.sensors):
        where = f"{key}.sensors[{i}]"
        _increasing([row[0] for row in sensor.track], f"{where}.track")
        if not isinstance(sensor, Sonar) and sensor.min_elevation_deg >= sensor.max_elevation_deg:
            raise BadInput(f"{where}.min_elevation_deg: expected less than max_elevation_deg")


def _check_object(thing: ObjectSpec, key: str) -> None:
    if isinstance(thing, Waypoints):
        _increasing([row[0] for row in thing.waypoints], f"{key}.waypoints")
    elif isinstance(thing, Ballistic):
        _check_ballistic(thing, key)


def _check_ballistic(thing: Ballistic, key: str) -> None:
    if thing.range_km >= HALF_CIRCUMFERENCE_KM:
        raise BadInput(
            f"{key}.range_km: expected less than half the Earth's circumference, {HALF_CIRCUMFERENCE_KM:g} km"
        )
    if (thing.vehicles or thing.decoys) and thing.separates_s is None:
        raise BadInput(f"{key}.separates_s: expected where vehicles or decoys are given")


def _increasing(times_s: list[float], key: str) -> None:
    for i in range(1, len(times_s)):
        if times_s[i] <= times_s[i - 1]:
            raise BadInput(f"{key}[{i}][0]: times must increase, got {times_s[i]:g} after {times_s[i - 1]:g}")


def _unique(names: Iterable[str], key: str, field: str) -> None:
    seen: dict[str, int] = {}
    for i, name in enumerate(names):
        if name in seen:
            raise BadInput(
                f"{key}[{i}]{'.' if field else ''}{field}: {name} is already used by {key}[{seen[name]}]"
            )
        seen[name] = i
