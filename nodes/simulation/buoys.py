"""Fields of buoys: which sensors a pattern of drops puts into the water, and when.

A field says what each buoy carries, as sensors' tables without a place, and where and when the buoys fall.
Each buoy becomes sensors of its node with one station: from its drop to the end of its life.
"""

from __future__ import annotations

import math
from typing import Annotated, Any, Final

import msgspec
import numpy as np

from fusion.constants import OPERATION, Chosen
from fusion.physics.geodesy import ecef2geodetic, enu_axes, geodetic2ecef
from nodes.errors import BadInput
from nodes.simulation.check import check_sensor
from nodes.simulation.explain import explain
from nodes.simulation.spec import BuoyField, SensorSpec

_NEEDED: Final[dict[str, tuple[str, ...]]] = {
    "grid": ("rows", "columns", "spacing_km"),
    "line": ("count", "spacing_km"),
    "circle": ("count", "radius_km"),
    "placed": ("places", "radius_km"),
}
"""The keys of each pattern; the others say nothing of it."""
_GIVEN_BY_FIELD: Final = ("lat_deg", "lon_deg", "stations", "track")
BUOYS_MAX: Final[Annotated[int, Chosen("1", "buoys of one field", OPERATION)]] = 64


def buoys(field: BuoyField, key: str, raw: dict[str, Any]) -> list[SensorSpec]:
    """The sensors of a field's buoys, one buoy after the other. ``raw`` is the file that ``key`` stands in.

    Raises BadInput, beginning with the key, for a field that cannot be dropped or a sensor that is none.
    """
    found: list[SensorSpec] = []
    for number, (lat_deg, lon_deg) in enumerate(places(field, key)):
        from_s = field.drop_s + number * field.every_s
        station = [from_s, from_s + field.life_s, lat_deg, lon_deg]
        for i, table in enumerate(field.sensors):
            where = f"{key}.sensors[{i}]"
            found.append(_sensor(table, station, where, raw))
            if not number:
                check_sensor(found[-1], where)
    return found


def places(field: BuoyField, key: str) -> list[tuple[float, float]]:
    """Latitude and longitude deg of each buoy, in the order in which they fall. Raises BadInput."""
    _check_keys(field, key)
    if field.pattern == "placed":
        for i, place in enumerate(field.places):
            away_km = _away_km(field, place)
            if away_km > field.radius_km:
                raise BadInput(
                    f"{key}.places[{i}]: the buoy is {away_km:.1f} km from the field's centre, outside its "
                    f"radius_km of {field.radius_km:g}"
                )
        return list(field.places)
    origin = geodetic2ecef(field.lat_deg, field.lon_deg, 0.0)
    east, north, _ = enu_axes(field.lat_deg, field.lon_deg)
    lat, lon, _ = ecef2geodetic(origin + 1e3 * (_pattern_km(field) @ np.stack([east, north])))
    return [(round(float(a), 6), round(float(b), 6)) for a, b in zip(lat, lon, strict=True)]


def _pattern_km(field: BuoyField) -> np.ndarray[Any, np.dtype[np.float64]]:
    """(n, 2) east and north of the centre."""
    turn = math.radians(field.bearing_deg)
    along, right = (
        np.array([math.sin(turn), math.cos(turn)]),
        np.array([math.cos(turn), -math.sin(turn)]),
    )
    if field.pattern == "circle":
        at = turn + 2.0 * math.pi * np.arange(field.count) / field.count
        return field.radius_km * np.stack([np.sin(at), np.cos(at)], axis=1)
    rows, columns = (field.count, 1) if field.pattern == "line" else (field.rows, field.columns)
    ahead = field.spacing_km * (np.arange(rows) - 0.5 * (rows - 1))
    aside = field.spacing_km * (np.arange(columns) - 0.5 * (columns - 1))
    # there and back, column by column, as an aircraft flies it
    steps = [(a, s) for i, s in enumerate(aside) for a in (ahead if i % 2 == 0 else ahead[::-1])]
    return np.array([a * along + s * right for a, s in steps])


def _away_km(field: BuoyField, place: tuple[float, float]) -> float:
    apart = geodetic2ecef(*place, 0.0) - geodetic2ecef(field.lat_deg, field.lon_deg, 0.0)
    return 1e-3 * float(np.linalg.norm(apart))


def _check_keys(field: BuoyField, key: str) -> None:
    needed = _NEEDED[field.pattern]
    for name in sorted({one for names in _NEEDED.values() for one in names}):
        value = getattr(field, name)
        if name in needed and not value:
            raise BadInput(f"{key}.{name}: missing; a field of pattern {field.pattern} needs it")
        if name not in needed and value:
            raise BadInput(f"{key}.{name}: a field of pattern {field.pattern} has none; leave it out")
    count = max(field.rows * field.columns, field.count, len(field.places))
    if count > BUOYS_MAX:
        raise BadInput(f"{key}: {count} buoys; the limit is {BUOYS_MAX}")


def _sensor(table: dict[str, Any], station: list[float], where: str, raw: dict[str, Any]) -> SensorSpec:
    for name in _GIVEN_BY_FIELD:
        if name in table:
            raise BadInput(f"{where}.{name}: unknown key; the field says where and when its buoys are")
    if table.get("kind") not in ("sonar", "multistatic"):
        raise BadInput(f"{where}.kind: expected one of sonar, multistatic, got {table.get('kind')!r}")
    whole = table | {"lat_deg": station[2], "lon_deg": station[3], "stations": [station]}
    try:
        sensor: SensorSpec = msgspec.convert(whole, SensorSpec)
        return sensor
    except msgspec.ValidationError as error:
        what, _, at = str(error).partition(" - at `$")
        raise BadInput(explain(f"{what} - at `$.{where}{at.rstrip('`')}`", raw)) from None
