"""Tables of tracks as reports: CSV or Parquet, one row a track and moment.

| column | |
|---|---|
| `node_id` | which node says so; its rows of one moment are one report |
| `number` | the node's own number of the track, from 1 |
| `time` or `time_ns` | ISO 8601 with a time zone; or UTC ns since 1970 |
| `lat_deg`, `lon_deg`, `alt_m` or `x_m`, `y_m`, `z_m` | WGS-84, or ECEF |
| `speed_mps`, `course_deg`, `climb_mps` or `vx_mps`, `vy_mps`, `vz_mps` | over the ground, or ECEF |
| `sigma_m`, `sigma_mps` | standard deviation of position and velocity, a axis |
| `nation` | optional: ISO 3166-1 alpha-3 |
| `environment` | optional: AIR (where absent), SPACE, SURFACE, SUBSURFACE, LAND |
| `identity`, `call_sign` | optional |
| `ended` | optional: 1 where the node gives the track up with this row |
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from fusion import Report
from fusion.arrays import Float, Ints
from fusion.contract import word
from fusion.physics.geodesy import enu_axes, geodetic2ecef
from nodes.errors import BadInput
from triwatch.v1 import track_pb2

if TYPE_CHECKING:
    import pandas

SUFFIXES = (".csv", ".parquet")
_PLACE = (("lat_deg", "lon_deg", "alt_m"), ("x_m", "y_m", "z_m"))
_MOTION = (("speed_mps", "course_deg", "climb_mps"), ("vx_mps", "vy_mps", "vz_mps"))
_SIGMA = ("sigma_m", "sigma_mps")
_LOWER = np.tril_indices(6)


def read_reports(path: Path) -> list[Report]:
    """The reports of a table, by time and node. Raises BadInput with the file, the column and the row."""
    table = _read(path)
    try:
        return _reports(table)
    except ValueError as error:
        raise BadInput(f"{path}: {error}") from None


def _read(path: Path) -> pandas.DataFrame:
    try:
        import pandas
    except ImportError:
        raise BadInput(
            "tables of tracks need pandas; install it with: pip install 'triwatch[pytest]'"
        ) from None
    try:
        words = {"node_id": str, "nation": str, "call_sign": str}
        table: pandas.DataFrame = (
            pandas.read_csv(path, dtype=words, keep_default_na=False)
            if path.suffix.lower() == ".csv"
            else pandas.read_parquet(path)
        )
    except (OSError, ValueError, ImportError) as error:
        said = " ".join(str(error).split())
        raise BadInput(f"{path}: cannot be read as {path.suffix[1:].upper()}: {said}") from None
    if table.empty:
        raise BadInput(f"{path}: holds no row")
    return table


def _reports(table: pandas.DataFrame) -> list[Report]:
    time_ns = _times(table)
    state, covariance = _states(table), _covariances(table)
    number = _whole(table, "number")
    node = _words(table, "node_id", None)
    nation, call_sign = _words(table, "nation", ""), _words(table, "call_sign", "")
    environment = _enum(table, "environment", track_pb2.Environment, "AIR")
    identity = _enum(table, "identity", track_pb2.Identity, word(track_pb2.Identity, 0))
    ended = _numbers(table, "ended") != 0.0 if "ended" in table else np.zeros(len(table), np.bool_)
    status = np.where(ended, track_pb2.TRACK_STATUS_TERMINATED, track_pb2.TRACK_STATUS_MAINTAINING)
    groups: dict[tuple[int, str], list[int]] = {}
    for i, key in enumerate(zip(time_ns.tolist(), node, strict=True)):
        groups.setdefault(key, []).append(i)
    sequence: dict[str, int] = {}
    reports = []
    for (moment_ns, node_id), rows in sorted(groups.items()):
        sequence[node_id] = sequence.get(node_id, 0) + 1
        batch = track_pb2.TrackBatch(
            node_id=node_id,
            nation=nation[rows[0]],
            incarnation=1,
            sequence=sequence[node_id],
            sent_time_ns=moment_ns,
            exercise=True,
            local_number=number[rows].tolist(),
            valid_time_ns=[moment_ns] * len(rows),
            state=state[rows].ravel().tolist(),
            covariance=covariance[rows].ravel().tolist(),
            environment=environment[rows].tolist(),
            status=status[rows].tolist(),
            identity=identity[rows].tolist(),
            call_sign=[call_sign[i] for i in rows] if any(call_sign[i] for i in rows) else (),
        )
        report = Report.from_bytes(batch.SerializeToString(deterministic=True))
        if report.fault is not None:
            raise ValueError(f"rows {', '.join(str(i + 1) for i in rows[:5])}: {report.fault.text}")
        reports.append(report)
    return reports


def _times(table: pandas.DataFrame) -> Ints:
    if "time_ns" in table:
        return _whole(table, "time_ns")
    if "time" not in table:
        raise ValueError("time: missing; name the column time (ISO 8601) or time_ns")
    import pandas

    try:
        found = pandas.to_datetime(table["time"], utc=True, format="ISO8601")
    except (ValueError, TypeError) as error:
        raise ValueError(f"time: expected ISO 8601 with a time zone: {error}") from None
    times: Ints = found.dt.tz_localize(None).to_numpy().astype("datetime64[ns]").astype(np.int64)
    return times


def _states(table: pandas.DataFrame) -> Float:
    place = _choice(table, _PLACE)
    motion = _choice(table, _MOTION)
    columns = [_numbers(table, name) for name in (*place, *motion)]
    lat, lon = (columns[0], columns[1]) if place == _PLACE[0] else (None, None)
    position = np.stack(columns[:3], axis=1)
    if lat is not None and lon is not None:
        if (np.abs(lat) > 90.0).any():
            raise ValueError(f"lat_deg: row {int(np.argmax(np.abs(lat) > 90.0)) + 1}: expected -90 to 90")
        position = geodetic2ecef(lat, lon, columns[2])
    velocity = np.stack(columns[3:], axis=1)
    if motion == _MOTION[0]:
        if lat is None or lon is None:
            raise ValueError(
                "speed_mps: over the ground it goes with lat_deg, lon_deg, alt_m; give vx_mps, vy_mps, vz_mps"
            )
        speed, course, climb = columns[3:]
        course = np.radians(course)
        local = np.stack([speed * np.sin(course), speed * np.cos(course), climb], axis=1)
        velocity = np.einsum("nij,ni->nj", enu_axes(lat, lon), local)
    return np.concatenate([position, velocity], axis=1)


def _covariances(table: pandas.DataFrame) -> Float:
    sigma = [_numbers(table, name) for name in _SIGMA]
    for name, values in zip(_SIGMA, sigma, strict=True):
        if not (values > 0.0).all():
            raise ValueError(f"{name}: row {int(np.argmin(values > 0.0)) + 1}: expected more than 0")
    full = np.zeros((len(table), 6, 6))
    for axis in range(6):
        full[:, axis, axis] = sigma[axis // 3] ** 2
    return full[:, _LOWER[0], _LOWER[1]]


def _choice(table: pandas.DataFrame, ways: tuple[tuple[str, ...], ...]) -> tuple[str, ...]:
    for way in ways:
        if all(name in table for name in way):
            return way
    raise ValueError(f"{ways[0][0]}: missing; expected {', '.join(ways[0])} or {', '.join(ways[1])}")


def _numbers(table: pandas.DataFrame, name: str) -> Float:
    import pandas

    if name not in table:
        raise ValueError(f"{name}: missing; the column is required")
    found: Any = pandas.to_numeric(table[name], errors="coerce").to_numpy(dtype=float)
    bad = ~np.isfinite(found)
    if bad.any():
        row = int(np.argmax(bad))
        raise ValueError(f"{name}: row {row + 1}: expected a number, got {table[name].iloc[row]!r}")
    numbers: Float = found
    return numbers


def _whole(table: pandas.DataFrame, name: str) -> Ints:
    _numbers(table, name)
    try:
        return np.array([int(value) for value in table[name]], dtype=np.int64)
    except (ValueError, OverflowError) as error:
        raise ValueError(f"{name}: expected whole numbers: {error}") from None


def _words(table: pandas.DataFrame, name: str, default: str | None) -> list[str]:
    if name in table:
        return ["" if value is None or value != value else str(value) for value in table[name]]
    if default is None:
        raise ValueError(f"{name}: missing; the column is required")
    return [default] * len(table)


def _enum(table: pandas.DataFrame, name: str, enum: Any, default: str) -> Ints:
    known = {word(enum, number): number for number in enum.values()}
    found = [told or default for told in _words(table, name, default)]
    for row, told in enumerate(found):
        if told not in known:
            raise ValueError(f"{name}: row {row + 1}: {told!r} is none of {', '.join(known)}")
    return np.array([known[told] for told in found], dtype=np.int64)
