"""Recorded traffic: irregular, jittering positions made into smooth paths.

Each object's latitude, longitude and height are smoothed by a cubic smoothing spline, which is the
posterior mean of a white-acceleration model: with sigma the jitter of the positions and q the model's
spectral density, its only parameter is sigma^2 / q. Rows that the rows around them cannot have reached,
and rows far off the spline, are mistaken and left out. Through a long gap an object moves straight on.
It exists from its first row to its last.

Source: Wahba, *Spline Models for Observational Data*, 1990, section 1.5.
"""

from __future__ import annotations

import csv
import math
import os
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import make_smoothing_spline

from fusion.physics.geodesy import Float, geodetic2ecef
from nodes.errors import BadInput
from nodes.simulation.knots import Trajectory, sampled
from nodes.simulation.spec import Recorded

COLUMNS = ("time_s", "object_id", "lat_deg", "lon_deg", "alt_m")
_SMOOTHING_S3 = {"AIR": 20.0**2 / 5.0, "SURFACE": 10.0**2 / 0.01, "SUBSURFACE": 10.0**2 / 0.01, "SPACE": 1.0}
_FASTEST_MPS = {"AIR": (350.0, 60.0), "SURFACE": (40.0, 1.0), "SUBSURFACE": (40.0, 5.0), "SPACE": (1e4, 1e4)}
_JITTER_M, _MISTAKEN_M = 150.0, 250.0
_GAP_S, _BRIDGE_S = 60.0, 30.0
_STEP_S = 5.0
_APART_S = 0.5
"""Rows closer in time than this to the one before say nothing about speed."""
_ENOUGH = 5
"""The spline needs as many rows; an object with fewer moves straight on."""


def find_recording(name: str, folder: Path) -> Path | None:
    """The file: absolute, in ``folder``, or under $TRIWATCH_DATA (without it, ``../shared/data`` beside
    the repository); None where it is nowhere."""
    data = os.environ.get("TRIWATCH_DATA") or Path(__file__).parents[3] / "shared" / "data"
    for place in (folder, Path(data)):
        if (place / name).is_file():
            return place / name
    return None


def recorded_paths(spec: Recorded, file: Path) -> dict[str, Trajectory]:
    """One path for each object of the file that has at least two rows, by object_id. Raises BadInput."""
    rows = _read(file)
    paths = {}
    for object_id in sorted(rows):
        table = np.array(sorted(rows[object_id]))
        table = table[np.concatenate([[True], np.diff(table[:, 0]) >= _APART_S])]
        table = table[_believed(table, np.array(_FASTEST_MPS[spec.environment]))]
        if len(table) >= 2:
            table[:, 0] += spec.start_s
            table[:, 2] = np.unwrap(table[:, 2], period=360.0)
            paths[object_id] = _smooth(table, _SMOOTHING_S3[spec.environment])
    return paths


def _read(file: Path) -> dict[str, list[tuple[float, ...]]]:
    """Rows of time s, latitude deg, longitude deg, height m by object_id."""
    rows: dict[str, list[tuple[float, ...]]] = {}
    try:
        with file.open(encoding="utf-8", newline="") as lines:
            reader = csv.DictReader(lines)
            if tuple(reader.fieldnames or ()) != COLUMNS:
                raise BadInput(f"file: {file}: line 1: expected the columns {','.join(COLUMNS)}")
            for row in reader:
                rows.setdefault(row["object_id"], []).append(
                    _place(row, f"file: {file}: line {reader.line_num}")
                )
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise BadInput(f"file: {file}: cannot be read as CSV in UTF-8: {error}") from None
    return rows


def _place(row: dict[str, str], where: str) -> tuple[float, ...]:
    """Time s, latitude deg, longitude deg, height m of one line."""
    try:
        values = tuple(float(row[c]) for c in ("time_s", "lat_deg", "lon_deg", "alt_m"))
    except (TypeError, ValueError):
        raise BadInput(f"{where}: expected numbers") from None
    if not all(map(math.isfinite, values)) or abs(values[1]) > 90.0 or abs(values[2]) > 360.0:
        raise BadInput(f"{where}: expected a time and a place on the Earth")
    return values


def _smooth(table: Float, smoothing_s3: float) -> Trajectory:
    """The trajectory through rows (k, 4) of time s, latitude deg, longitude deg, height m."""
    kept, curve = table, _fit(table, smoothing_s3)
    while len(kept) > _ENOUGH:
        off_m = np.linalg.norm((curve(kept[:, 0]) - kept[:, 1:]) * _metres(kept), axis=1)
        if off_m.max() < _MISTAKEN_M:
            break
        kept = np.delete(kept, off_m.argmax(), axis=0)
        curve = _fit(kept, smoothing_s3)

    def position(t_s: Float) -> Float:
        place = curve(t_s)
        return geodetic2ecef(place[:, 0], place[:, 1], place[:, 2])

    first, last = kept[0, 0], kept[-1, 0]
    return sampled(position, np.linspace(first, last, 2 + int((last - first) / _STEP_S)))


def _metres(table: Float) -> Float:
    """(3,) metres in a degree of latitude, a degree of longitude and a metre of height."""
    degree_m = 111_195.0
    return np.array([degree_m, degree_m * np.cos(np.radians(table[:, 1].mean())), 1.0])


def _bridged(table: Float) -> Float:
    """The rows, with rows on the straight line added in long gaps, where a spline would swing out."""
    ahead = [
        np.linspace(a, b, 2 + int((b - a) / _BRIDGE_S))[1:-1]
        for a, b in pairwise(table[:, 0])
        if b - a > _GAP_S
    ]
    time_s = np.sort(np.concatenate([table[:, 0], *ahead]))
    return np.stack([time_s, *(np.interp(time_s, table[:, 0], column) for column in table[:, 1:].T)], axis=1)


def _believed(table: Float, fastest_mps: Float) -> NDArray[np.bool_]:
    """(k,) which rows can be reached, at ``fastest_mps`` (level, up or down) and with some jitter, from
    at least half of the up to six rows around them."""
    place = table[:, 1:] * _metres(table)
    agree, asked = np.zeros(len(table)), np.zeros(len(table))
    for apart in (1, 2, 3):
        gap_s = table[apart:, 0] - table[:-apart, 0]
        move = np.abs(place[apart:] - place[:-apart])
        level, climb = np.hypot(move[:, 0], move[:, 1]), move[:, 2]
        near = (level < fastest_mps[0] * gap_s + _JITTER_M) & (climb < fastest_mps[1] * gap_s + _JITTER_M)
        agree[apart:] += near
        agree[:-apart] += near
        asked[apart:] += 1.0
        asked[:-apart] += 1.0
    believed: NDArray[np.bool_] = 2.0 * agree >= asked
    return believed


def _fit(table: Float, smoothing_s3: float) -> Callable[[Float], Float]:
    """Times (k,) to latitude deg, longitude deg, height m (k, 3)."""
    if len(table) < _ENOUGH:
        constant, slope = np.polynomial.polynomial.polyfit(table[:, 0], table[:, 1:], 1)
        return lambda t_s: constant + t_s[:, None] * slope
    full = _bridged(table)
    spline: Callable[[Float], Float] = make_smoothing_spline(full[:, 0], full[:, 1:], lam=smoothing_s3)
    return spline
