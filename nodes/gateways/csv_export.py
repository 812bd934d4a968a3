"""The picture as comma-separated values (RFC 4180): a row for every track at every moment.

docs/exports.md describes every column; a test holds it to ``COLUMNS``.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from typing import TextIO

from nodes.gateways.moments import Moment, TrackRecord, iso
from nodes.gateways.rounding import bearing, rounded

_AXES = ("x", "y", "z", "vx", "vy", "vz")
_UNITS = ("m2", "m2ps", "m2ps2")
"""Of a covariance's entries, by how many of the two are velocities."""
STATE = ("x_m", "y_m", "z_m", "vx_mps", "vy_mps", "vz_mps")
COVARIANCE = tuple(
    f"cov_{a}_{b}_{_UNITS[(i > 2) + (j > 2)]}"
    for i, a in enumerate(_AXES)
    for j, b in enumerate(_AXES[: i + 1])
)
COLUMNS = (
    "time",
    "picture_time",
    "number",
    "call_sign",
    "environment",
    "identity",
    "status",
    "lat_deg",
    "lon_deg",
    "alt_m",
    "speed_mps",
    "course_deg",
    "climb_mps",
    "sigma_m",
    "quality",
    "parent",
    "contributors",
    *STATE,
    *COVARIANCE,
)
"""``time`` is the track's own, ``picture_time`` that of the moment; contributors are set apart by blanks."""


def write_csv(moments: Iterable[Moment], file: TextIO) -> int:
    """Write a header and the rows; returns how many."""
    out = csv.writer(file)
    out.writerow(COLUMNS)
    written = 0
    for moment in moments:
        out.writerows(_row(moment, track) for track in moment.tracks)
        written += len(moment.tracks)
    return written


def _row(moment: Moment, t: TrackRecord) -> tuple[object, ...]:
    return (
        iso(t.time_ns),
        iso(moment.time_ns),
        t.number,
        t.call_sign,
        t.environment,
        t.identity,
        t.status,
        f"{rounded(t.lat_deg, 6):.6f}",
        f"{rounded(t.lon_deg, 6):.6f}",
        f"{rounded(t.alt_m, 1):.1f}",
        f"{rounded(t.speed_mps, 2):.2f}",
        f"{bearing(t.course_deg, 2):.2f}",
        f"{rounded(t.climb_mps, 2):.2f}",
        f"{rounded(t.sigma_m, 1):.1f}",
        t.quality,
        t.parent or "",
        " ".join(t.contributors),
        *(f"{rounded(value, 3):.3f}" for value in t.state.tolist()),
        *(repr(value + 0.0) for value in t.covariance.tolist()),
    )
