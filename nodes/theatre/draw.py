"""Draws a theatre: every part by its own stream, so that one more ship leaves the missiles as they were."""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Iterator
from typing import Annotated, Any, Final

from fusion.constants import MODELLED, OPERATION, Chosen
from nodes.errors import BadInput
from nodes.simulation import loader
from nodes.simulation.spec import Scenario
from nodes.theatre.biases import with_biases, without_biases
from nodes.theatre.courses import course, moved, sine_cosine
from nodes.theatre.dice import Dice
from nodes.theatre.read import place_of, read_theatre
from nodes.theatre.spec import Launches, TheatreFile, Traffic
from nodes.theatre.write import write_scenario

BEFORE_S: Final[
    Annotated[
        float, Chosen("s", "traffic is under way so long before the start, and after the end", MODELLED)
    ]
] = 30.0
MOST: Final[
    Annotated[int, Chosen("1", "objects, sensors or nodes: more is a mistaken number", OPERATION)]
] = 2_000


def draw(kind_or_path: str, seed: int) -> str:
    """The text of a scenario file, by ``seed`` (0 to 2^63 - 1), of a kind or a file of distributions.

    The same kind and seed give the same bytes on every machine. Raises BadInput for what cannot be drawn, and
    where what was drawn is no scenario.
    """
    theatre, path = read_theatre(kind_or_path)
    if not 0 <= seed < 2**63:
        raise BadInput(f"seed: expected 0 to {2**63 - 1}, got {seed}")
    try:
        tables = _tables(theatre, seed)
    except BadInput as error:
        raise BadInput(f"{path}: {error}") from None
    text = write_scenario(tables, f"Drawn at random: triwatch theatre {theatre.theatre.name} --seed {seed}")
    _scenario(text, path, seed)
    return text


def drawn(kind_or_path: str, seed: int) -> Scenario:
    """The same as a scenario, ready to run. Raises BadInput."""
    return _scenario(draw(kind_or_path, seed), kind_or_path, seed)


def _scenario(text: str, path: str, seed: int) -> Scenario:
    return loader.checked(tomllib.loads(text), f"{path}, seed {seed}")


def _tables(theatre: TheatreFile, seed: int) -> dict[str, Any]:
    head = Dice(seed, "theatre")
    duration_s = head.take(theatre.theatre.duration_s, "theatre.duration_s")
    if not isinstance(duration_s, int | float) or duration_s <= 0.0:
        raise BadInput(f"theatre.duration_s: expected a positive number, got {duration_s!r}")
    duration_s = float(round(duration_s))
    nodes = [n for i, node in enumerate(theatre.nodes) for n in _nodes(node, i, theatre, seed, duration_s)]
    objects = [o for one in theatre.traffic for o in _traffic(one, seed, duration_s)]
    objects += [o for one in theatre.launches for o in _launches(one, seed)]
    return {
        "scenario": {
            "name": f"{theatre.theatre.name}-{seed}",
            "start": head.take(theatre.theatre.start, "theatre.start"),
            "duration_s": duration_s,
            "seed": seed,
            "description": theatre.theatre.description,
        },
        "nodes": nodes,
        "objects": objects,
    }


def _count(dice: Dice, value: Any, key: str) -> int:
    number = dice.take(value, key)
    if number is None:
        return 0
    if isinstance(number, bool) or not isinstance(number, int) or not 0 <= number <= MOST:
        raise BadInput(f"{key}: expected a whole number from 0 to {MOST}, got {number!r}")
    return number


def _number(dice: Dice, value: Any, key: str) -> float:
    number = dice.take(value, key)
    if isinstance(number, bool) or not isinstance(number, int | float):
        raise BadInput(f"{key}: expected a number, got {number!r}")
    return float(number)


def _nodes(
    raw: dict[str, Any], index: int, theatre: TheatreFile, seed: int, duration_s: float
) -> Iterator[dict[str, Any]]:
    """The nodes of one [[nodes]] table."""
    key = f"nodes[{index}]"
    prefix = raw.get("id")
    if not isinstance(prefix, str):
        raise BadInput(f"{key}.id: missing; the key is required")
    place, rest = place_of(raw, key)
    sensors = rest.pop("sensors", [])
    for number in range(1, _count(Dice(seed, f"{prefix} count"), place.count, f"{key}.count") + 1):
        name = f"{prefix}-{number}"
        dice = Dice(seed, name)
        lat, lon = (
            _number(dice, v, f"{key}.{n}")
            for n, v in (("lat_deg", place.lat_deg), ("lon_deg", place.lon_deg))
        )
        speed = _number(dice, place.speed_mps, f"{key}.speed_mps")
        way = course(
            dice,
            (0.0, lat, lon),
            duration_s,
            _number(dice, place.course_deg, f"{key}.course_deg"),
            speed,
            place.leg_s,
            place.turn_deg,
        )
        node = {**dice.take({**rest, "id": ""}, key), "id": name}
        found = list(_sensors(sensors, dice, key, way if speed > 0.0 else way[:1]))
        node["sensors"] = [sensor for sensor, _ in found]
        if theatre.theatre.biases:
            known = [keys for _, keys in found]
            extra = Dice(seed, f"{name} biases")
            yield with_biases(node, rest.keys(), known, theatre.biases, speed > 0.0, extra)
        else:
            yield without_biases(node)


def _sensors(
    raw: list[dict[str, Any]], dice: Dice, key: str, way: list[tuple[float, float, float]]
) -> Iterator[tuple[dict[str, Any], Collection[str]]]:
    """A node's sensors, each with the keys of its table: ``count`` of each, within ``spread_km`` of the node,
    moving as it does."""
    for i, template in enumerate(raw):
        here = f"{key}.sensors[{i}]"
        spread_m = 1e3 * _number(dice, template.get("spread_km", 0.0), f"{here}.spread_km")
        rest = {name: value for name, value in template.items() if name not in ("count", "spread_km")}
        for _ in range(_count(dice, template.get("count", 1), f"{here}.count")):
            north_m, east_m = dice.between(-spread_m, spread_m), dice.between(-spread_m, spread_m)
            rows = [(t, *moved(lat, lon, north_m, east_m)) for t, lat, lon in way]
            sensor = dice.take(rest, here)
            kind = sensor.pop("kind", None)
            sensor = {"kind": kind, "lat_deg": rows[0][1], "lon_deg": rows[0][2], **sensor}
            yield {**sensor, "track": rows} if len(rows) > 1 else sensor, rest.keys()


def _traffic(one: Traffic, seed: int, duration_s: float) -> Iterator[dict[str, Any]]:
    """Groups of objects that go together."""
    key = f"traffic {one.id}"
    for group in range(1, _count(Dice(seed, f"{one.id} count"), one.count, f"{key}.count") + 1):
        dice = Dice(seed, f"{one.id}{group}")
        environment = dice.take(one.environment, f"{key}.environment")
        identity = dice.take(one.identity, f"{key}.identity")
        lat, lon = (
            _number(dice, v, f"{key}.{n}") for n, v in (("lat_deg", one.lat_deg), ("lon_deg", one.lon_deg))
        )
        alt_m = _number(dice, one.alt_m, f"{key}.alt_m")
        speed = _number(dice, one.speed_mps, f"{key}.speed_mps")
        heading = _number(dice, one.course_deg, f"{key}.course_deg")
        appears, vanishes = (
            dice.take(one.appears_s, f"{key}.appears_s"),
            dice.take(one.vanishes_s, f"{key}.vanishes_s"),
        )
        start_s = -BEFORE_S if appears is None else float(appears)
        end_s = duration_s + BEFORE_S if vanishes is None else float(vanishes)
        if not start_s < end_s:
            raise BadInput(f"{key}: expected appears_s before vanishes_s, got {start_s:g} and {end_s:g}")
        way = course(dice, (start_s, lat, lon), end_s, heading, speed, one.leg_s, one.turn_deg)
        members = _count(dice, one.members, f"{key}.members")
        spacing_m = _number(dice, one.spacing_m, f"{key}.spacing_m")
        # abreast or in echelon: to the side of the first course, up to 45 degrees back
        sine, cosine = sine_cosine(heading + dice.between(90.0, 135.0))
        for member in range(members):
            north_m, east_m = cosine * spacing_m * member, sine * spacing_m * member
            yield {
                "id": f"{one.id}{group}" if members == 1 else f"{one.id}{group}.{member + 1}",
                "kind": "waypoints",
                "environment": environment,
                "identity": identity,
                "waypoints": [(t, *moved(a, o, north_m, east_m), alt_m) for t, a, o in way],
            }


def _launches(one: Launches, seed: int) -> Iterator[dict[str, Any]]:
    """Salvos: the missiles of one are alike, launched one after the other from places near each other."""
    key = f"launches {one.id}"
    for salvo in range(1, _count(Dice(seed, f"{one.id} count"), one.count, f"{key}.count") + 1):
        dice = Dice(seed, f"{one.id}{salvo}")
        missile = dice.take(one.missile, f"{key}.missile")
        interval_s = _number(dice, one.interval_s, f"{key}.interval_s")
        size = _count(dice, one.salvo, f"{key}.salvo")
        for member in range(size):
            flown = dict(missile)
            if member:
                spread_m = 1e3 * one.spread_km
                for name in ("launch_s", "launch_lat_deg", "launch_lon_deg"):
                    if not isinstance(flown.get(name), int | float):
                        raise BadInput(f"{key}.missile.{name}: missing; the key is required")
                flown["launch_s"] = float(flown["launch_s"]) + member * interval_s
                flown["launch_lat_deg"], flown["launch_lon_deg"] = moved(
                    float(flown["launch_lat_deg"]),
                    float(flown["launch_lon_deg"]),
                    dice.between(-spread_m, spread_m),
                    dice.between(-spread_m, spread_m),
                )
            name = f"{one.id}{salvo}" if size == 1 else f"{one.id}{salvo}.{member + 1}"
            yield {"id": name, "kind": "ballistic", **flown}
