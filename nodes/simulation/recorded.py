"""Recorded traffic: irregular, jittering positions made into smooth paths.

An object's place on the Earth is the ellipsoid's normal there, a vector without a pole or a meridian where
it would jump, and its height. Both are smoothed by a cubic smoothing spline, which is the posterior mean of a
white-acceleration model: with sigma the jitter of the positions and q the model's spectral density, its only
parameter is sigma^2 / q. Rows that the rows around them cannot have reached, and rows far off the spline,
are mistaken and left out. Through a long gap an object goes along a great circle. It exists from its first
row to its last.

Source: Wahba, *Spline Models for Observational Data*, 1990, section 1.5; of the normal as a place,
Gade, *A Non-singular Horizontal Position Representation*, Journal of Navigation 63, 2010.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import make_smoothing_spline
from scipy.ndimage import maximum_filter1d

from fusion.constants import MODELLED, Chosen
from fusion.physics.geodesy import Float, geodetic2ecef
from nodes.errors import BadInput
from nodes.simulation.knots import Trajectory, sampled
from nodes.simulation.spec import Recorded
from nodes.simulation.traffic_file import LATEST_S, Rows, read_rows
from nodes.simulation.waypoints import Leg, normal, place

_SMOOTHING_S3: Final[
    Annotated[
        dict[str, float], Chosen("s³", "weight of smoothness against the rows, by environment", MODELLED)
    ]
] = {"AIR": 20.0**2 / 5.0, "SURFACE": 10.0**2 / 0.01, "SUBSURFACE": 10.0**2 / 0.01, "SPACE": 1.0}
_FASTEST_MPS: Final[
    Annotated[
        dict[str, tuple[float, float]],
        Chosen("m/s", "fastest that is believed, along and upwards, by environment", MODELLED),
    ]
] = {"AIR": (350.0, 60.0), "SURFACE": (40.0, 1.0), "SUBSURFACE": (40.0, 5.0), "SPACE": (1e4, 1e4)}
_JITTER_M: Final[Annotated[float, Chosen("m", "scatter of rows that is smoothed away", MODELLED)]] = 150.0
_MISTAKEN_M: Final[
    Annotated[float, Chosen("m", "a row this far from its neighbours' path is a mistake", MODELLED)]
] = 250.0
_GAP_S: Final[
    Annotated[float, Chosen("s", "a longer gap between rows parts an object's path ...", MODELLED)]
] = 60.0
_BRIDGE_S: Final[Annotated[float, Chosen("s", "... which goes on for so long on either side", MODELLED)]] = (
    30.0
)
_STEP_S: Final[Annotated[float, Chosen("s", "step at which a path is written", MODELLED)]] = 5.0
_TOGETHER: Final[Annotated[int, Chosen("1", "rows judged together", MODELLED)]] = 7
_APART_S: Final[
    Annotated[
        float,
        Chosen(
            "s",
            "A row closer in time than this to the row kept before it says nothing new about the motion",
            MODELLED,
        ),
    ]
] = 0.5
_ENOUGH: Final[
    Annotated[
        int, Chosen("1", "the spline needs as many rows; an object with fewer moves straight on", MODELLED)
    ]
] = 5
_EARTH_M = 6_371_000.0
"""Makes normals as long as metres, so that one scale does for normals and heights."""


class Traffic(NamedTuple):
    """What a file holds."""

    paths: dict[str, Trajectory]
    """By object_id."""
    remarks: tuple[str, ...]
    """What of the file is not used and why, a line each."""


def find_recording(name: str, folder: Path) -> Path | None:
    """The file: absolute, in ``folder``, or under $TRIWATCH_DATA (without it, ``../shared/data`` beside
    the repository); None where it is nowhere."""
    data = os.environ.get("TRIWATCH_DATA") or Path(__file__).parents[3] / "shared" / "data"
    for place_of in (folder, Path(data)):
        if (place_of / name).is_file():
            return place_of / name
    return None


def recorded_traffic(
    spec: Recorded, file: Path, scenario_start_ns: int, until_s: float = LATEST_S
) -> Traffic:
    """One path for each object of the file of which at least two rows are believed, as far as it lies between
    the scenario's start and ``until_s``: more or less of it changes nothing within.

    Raises BadInput where the file cannot be used, or no object of it has a path.
    """
    rows = read_rows(file, scenario_start_ns, spec.start_s)
    paths, mistaken, short, absent = {}, 0, [], 0
    for k, object_id in sorted(enumerate(rows.object_id), key=lambda named: named[1]):
        table = _thinned(_of_object(rows, k))
        believed = _believed(table, np.array(_FASTEST_MPS[spec.environment]))
        mistaken += int((~believed).sum())
        table = table[believed]
        if len(table) < 2:
            short.append(object_id)
            continue
        path, left_out = _smooth(table, _SMOOTHING_S3[spec.environment], until_s)
        mistaken += left_out
        if path is None:
            absent += 1
        else:
            paths[object_id] = path
    if len(short) == len(rows.object_id):
        raise BadInput(
            f"file: {file}: no object has two rows that one {spec.environment} object can have had"
        )
    remarks = _remarks(file, rows, mistaken, short)
    if absent and not paths:
        remarks.append(
            f"{file}: none of its objects is there in the {until_s:g} s of the exercise; see start_s"
        )
    return Traffic(paths, tuple(remarks))


def _remarks(file: Path, rows: Rows, mistaken: int, short: list[str]) -> list[str]:
    left_out = [rows.astray] if rows.astray else []
    if mistaken:
        left_out.append(f"{mistaken} where the object cannot have been")
    said = [f"{file}: of {rows.total} rows are left out: {'; '.join(left_out)}"] if left_out else []
    if short:
        named = ", ".join(short[:5]) + (", ..." if len(short) > 5 else "")
        said.append(
            f"{file}: of {len(rows.object_id)} objects {len(short)} left out, with too few rows: {named}"
        )
    return said


def _of_object(rows: Rows, k: int) -> Float:
    """Its rows (m, 4) in the order of time; of one time, in the order of the file."""
    table = rows.table[rows.owner == k]
    ordered: Float = table[np.argsort(table[:, 0], kind="stable")]
    return ordered


def _thinned(table: Float) -> Float:
    """The first row, each that is _APART_S after the one kept before it, and the last."""
    if not len(table):
        return table
    kept = [0]
    for k, time_s in enumerate(table[:, 0].tolist()):
        if time_s - table[kept[-1], 0] >= _APART_S:
            kept.append(k)
    if len(kept) > 1:
        kept[-1] = len(table) - 1  # nothing between them was kept: it is the last within _APART_S
    return table[kept]


def _smooth(table: Float, smoothing_s3: float, until_s: float) -> tuple[Trajectory | None, int]:
    """The trajectory through rows (k, 4) of time s, latitude deg, longitude deg, height m, None where it
    has no part in the exercise; and how many of the rows it does not follow."""
    kept, curve = table, _fit(table, smoothing_s3)
    while len(kept) > _ENOUGH:
        off_m = np.linalg.norm(curve(kept[:, 0]) - _normal_height(kept), axis=1)
        # of rows that stand together the worst alone goes: it draws the curve away from the others
        mistaken = (off_m >= _MISTAKEN_M) & (off_m == maximum_filter1d(off_m, _TOGETHER))
        if not mistaken.any():
            break
        kept = kept[~mistaken]
        curve = _fit(kept, smoothing_s3)

    def position(t_s: Float) -> Float:
        found = curve(t_s)
        return place(found[:, :3], found[:, 3])

    first, last = kept[0, 0], kept[-1, 0]
    knots = np.linspace(first, last, 2 + int((last - first) / _STEP_S))
    # the last knot before the exercise and the first one after it are of it, too
    begin, end = np.searchsorted(knots, 0.0, "right") - 1, np.searchsorted(knots, until_s) + 1
    knots = knots[max(0, begin) : end]
    return sampled(position, knots) if len(knots) > 1 else None, len(table) - len(kept)


def _normal_height(table: Float) -> Float:
    """(k, 4) the normal, an Earth's radius long, and the height m of rows."""
    return np.column_stack([_EARTH_M * normal(table[:, 1], table[:, 2]), table[:, 3]])


def _believed(table: Float, fastest_mps: Float) -> NDArray[np.bool_]:
    """(k,) which rows can be reached, at ``fastest_mps`` (level, up or down) and with some jitter, from
    at least half of the up to six rows around them."""
    at, height = geodetic2ecef(table[:, 1], table[:, 2], table[:, 3]), table[:, 3]
    agree, asked = np.zeros(len(table)), np.zeros(len(table))
    for apart in (1, 2, 3):
        gap_s = table[apart:, 0] - table[:-apart, 0]
        climb = np.abs(height[apart:] - height[:-apart])
        level = np.sqrt(np.maximum(np.sum((at[apart:] - at[:-apart]) ** 2, axis=1) - climb**2, 0.0))
        near = (level < fastest_mps[0] * gap_s + _JITTER_M) & (climb < fastest_mps[1] * gap_s + _JITTER_M)
        agree[apart:] += near
        agree[:-apart] += near
        asked[apart:] += 1.0
        asked[:-apart] += 1.0
    believed: NDArray[np.bool_] = 2.0 * agree >= asked
    return believed


def _fit(table: Float, smoothing_s3: float) -> Callable[[Float], Float]:
    """Times (k,) to normals, an Earth's radius long, and heights m (k, 4)."""
    time_s, values = _bridged(table)
    if len(time_s) < _ENOUGH:
        middle_s = time_s.mean()
        constant, slope = np.polynomial.polynomial.polyfit(time_s - middle_s, values, 1)
        return lambda t_s: constant + (t_s - middle_s)[:, None] * slope
    spline: Callable[[Float], Float] = make_smoothing_spline(time_s, values, lam=smoothing_s3)
    return spline


def _bridged(table: Float) -> tuple[Float, Float]:
    """Times and normals with heights of the rows, and in long gaps, where a spline would swing out, of
    places along the great circle."""
    time_s, values = [table[:, 0]], [_normal_height(table)]
    for before, after in pairwise(table):
        if after[0] - before[0] > _GAP_S:
            gap_s = after[0] - before[0]
            between_s = np.linspace(before[0], after[0], 2 + int(gap_s / _BRIDGE_S))[1:-1]
            there, alt_m = Leg(before, after).at(between_s)
            time_s.append(between_s)
            values.append(np.column_stack([_EARTH_M * there, alt_m]))
    order = np.argsort(np.concatenate(time_s), kind="stable")
    return np.concatenate(time_s)[order], np.concatenate(values)[order]
