"""A recording's picture, moment by moment, as the records that files for others are made of."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
from google.protobuf.message import DecodeError

from fusion.physics.geodesy import Float, ecef2geodetic, enu_axes
from nodes.errors import BadInput
from nodes.page.rows import Rows
from nodes.recording import Recording
from nodes.recording.channels import PICTURE, WARNINGS
from triwatch.v1 import picture_pb2, track_pb2, warning_pb2

NS = 10**9
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


@dataclass(frozen=True, slots=True)
class Moment:
    """One nation's picture at a time, and the warnings that stood then."""

    time_ns: int
    tracks: tuple[TrackRecord, ...]
    """By number."""
    warnings: tuple[warning_pb2.MissileWarning, ...]
    """Open ones, by name."""


def moments(recording: Recording, nation: str, every_s: float = 1.0) -> Iterator[Moment]:
    """The picture that a nation's core published, at most once every so many seconds of its time, and
    once more at its end.

    Raises BadInput where the recording holds no picture of that nation.
    """
    rows, standing = Rows(), dict[str, warning_pb2.MissileWarning]()
    due_ns, told_ns = 0, 0
    for message in recording.messages(PICTURE, WARNINGS):
        if message.source != nation:
            continue
        try:
            if message.channel is WARNINGS:
                warning = WARNINGS.message.FromString(message.data).payload
                standing[warning.warning_id] = warning
                continue
            update = picture_pb2.PictureUpdate.FromString(message.data)
        except DecodeError:
            continue
        if rows.time_ns >= due_ns and update.time_ns > rows.time_ns > told_ns:
            # everything of the moment held has been said
            yield _moment(rows, standing)
            told_ns, due_ns = rows.time_ns, rows.time_ns + round(every_s * NS)
        rows.apply(update)
    if not rows.time_ns:
        raise BadInput(f"{recording.path} holds no picture of {nation}{_but(recording, nation)}")
    if rows.time_ns > told_ns:
        yield _moment(rows, standing)


def nations(recording: Recording) -> list[str]:
    """Whose pictures a recording holds, by alphabet."""
    return sorted({message.source for message in recording.messages(PICTURE)})


def iso(time_ns: int) -> str:
    """UTC in ISO 8601 to the millisecond."""
    seconds, rest = divmod(time_ns, NS)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{rest // 10**6:03d}Z"


def _but(recording: Recording, nation: str) -> str:
    held = nations(recording)
    if nation in held:
        return " that can be read"
    return f"; it holds those of {', '.join(held)}" if held else "; give a recording made with --record"


def _moment(rows: Rows, standing: dict[str, warning_pb2.MissileWarning]) -> Moment:
    still = (standing[name] for name in sorted(standing))
    return Moment(rows.time_ns, tuple(_tracks(rows)), tuple(w for w in still if w.status in OPEN))


def _tracks(rows: Rows) -> Iterator[TrackRecord]:
    update = rows.since(0)
    if not update.number:
        return
    state = np.array(update.state).reshape(-1, 6)
    lat, lon, alt = ecef2geodetic(state[:, :3])
    velocity = np.einsum("nij,nj->ni", enu_axes(lat, lon), state[:, 3:])
    variance = np.array(update.covariance).reshape(-1, 21)[:, (0, 2, 5)]
    first = np.concatenate([[0], np.cumsum(np.array(update.contributor_count, dtype=np.int64))])
    for i in np.argsort(update.number).tolist():
        east, north, up = velocity[i]
        yield TrackRecord(
            number=update.number[i],
            time_ns=update.track_time_ns[i],
            environment=_word(track_pb2.Environment, "ENVIRONMENT_", update.environment[i]),
            identity=_word(track_pb2.Identity, "IDENTITY_", update.identity[i]),
            status=_word(track_pb2.TrackStatus, "TRACK_STATUS_", update.status[i]),
            call_sign=update.call_sign[i],
            parent=update.parent[i],
            quality=update.quality[i],
            contributors=tuple(update.node_id[k] for k in update.contributors[first[i] : first[i + 1]]),
            position_m=state[i, :3],
            lat_deg=float(lat[i]),
            lon_deg=float(lon[i]),
            alt_m=float(alt[i]),
            speed_mps=float(np.hypot(east, north)),
            course_deg=float(np.degrees(np.arctan2(east, north)) % 360.0),
            climb_mps=float(up),
            sigma_m=float(np.sqrt(variance[i].mean())),
        )


def _word(enum: type, prefix: str, value: int) -> str:
    name: str = enum.Name(value)  # type: ignore[attr-defined]
    return name.removeprefix(prefix)
