"""A recording's picture, moment by moment, as the records that files for others are made of."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

from fusion import contract
from fusion.physics.geodesy import Float, ecef2geodetic, enu_axes
from fusion.update.newest_warnings import NewestWarnings
from fusion.update.picture_table import PictureTable
from nodes.recording import Recording
from nodes.recording.pictures import NS, pictures
from nodes.recording.warnings import recorded_warnings
from triwatch.v1 import picture_pb2, track_pb2, warning_pb2

OPEN = (warning_pb2.WARNING_STATUS_ALERT, warning_pb2.WARNING_STATUS_UPDATE)


@dataclass(frozen=True, slots=True)
class TrackRecord:
    """One track of the picture at its own time."""

    number: int
    time_ns: int
    environment: str
    identity: str
    status: str
    call_sign: str
    parent: int
    quality: int
    contributors: tuple[str, ...]
    position_m: Float
    """(3,) ECEF."""
    lat_deg: float
    lon_deg: float
    alt_m: float
    """Above the WGS-84 ellipsoid."""
    speed_mps: float
    """Over the ground, as are course and climb."""
    course_deg: float
    """Clockwise from true north."""
    climb_mps: float
    sigma_m: float
    """Standard deviation of the position, the root of the mean variance over the three axes."""
    state: Float
    """(6,) ECEF m, m/s."""
    covariance: Float
    """(21,) of the state, lower triangle by rows."""
    heard: picture_pb2.HeardTarget | None = None
    """Where it may be, of what only lines of bearing tell of."""


@dataclass(frozen=True, slots=True)
class Moment:
    """One nation's picture at a time, and the warnings that stood then."""

    time_ns: int
    tracks: tuple[TrackRecord, ...]
    """By number."""
    warnings: tuple[warning_pb2.MissileWarning, ...]
    """Open ones, by name."""
    searches: tuple[picture_pb2.SearchMap, ...] = ()
    """Where contacts that nobody hears may be."""


def moments(recording: Recording, nation: str, every_s: float = 1.0) -> Iterator[Moment]:
    """The picture that a nation's core published, at most once every so many seconds of its time, and
    once more at its end.

    The warnings of a moment are those given until its time; at the end, all. A picture into which nothing was
    ever reported has one moment without tracks, when it was last recorded.
    Raises BadInput where the recording holds no picture of that nation.
    """
    standing = NewestWarnings()
    warnings = deque(recorded_warnings(recording).get(nation, ()))
    for table, time_ns, last in pictures(recording, nation, every_s):
        while warnings and (last or warnings[0].time_ns <= time_ns):
            standing.take(warnings.popleft())
        still = (standing[name] for name in sorted(standing))
        told = tuple(w for w in still if w.status in OPEN)
        yield Moment(time_ns, tuple(_tracks(table)), told, tuple(table.search.map))


def iso(time_ns: int) -> str:
    """UTC in ISO 8601 to the millisecond."""
    seconds, rest = divmod(time_ns, NS)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{rest // 10**6:03d}Z"


def _tracks(table: PictureTable) -> Iterator[TrackRecord]:
    rows = table.rows[np.argsort(table.rows["number"])]
    if not len(rows):
        return
    lat, lon, alt = ecef2geodetic(rows["state"][:, :3])
    velocity = np.einsum("nij,nj->ni", enu_axes(lat, lon), rows["state"][:, 3:])
    sigma_m = np.sqrt(rows["covariance"][:, (0, 2, 5)].mean(axis=1))
    for i, row in enumerate(rows):
        east, north, up = velocity[i]
        yield TrackRecord(
            number=int(row["number"]),
            time_ns=int(row["track_time_ns"]),
            environment=contract.word(track_pb2.Environment, int(row["environment"])),
            identity=contract.word(track_pb2.Identity, int(row["identity"])),
            status=contract.word(track_pb2.TrackStatus, int(row["status"])),
            call_sign=table.text(row["call_sign"]),
            parent=int(row["parent"]),
            quality=int(row["quality"]),
            contributors=table.contributors_of(row),
            position_m=row["state"][:3].copy(),
            lat_deg=float(lat[i]),
            lon_deg=float(lon[i]),
            alt_m=float(alt[i]),
            speed_mps=float(np.hypot(east, north)),
            course_deg=float(np.degrees(np.arctan2(east, north)) % 360.0),
            climb_mps=float(up),
            sigma_m=float(sigma_m[i]),
            state=row["state"].copy(),
            covariance=row["covariance"].copy(),
            heard=table.heard.get(int(row["number"])),
        )
