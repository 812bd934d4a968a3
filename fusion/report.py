"""A report on its way into the fold: checked, keyed and cut into events.

A report is keyed (node, incarnation, stream, sequence) and its rows may be valid at different moments;
an `Event` is the rows of one report that are valid at one moment, and the fold's unit of order.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from google.protobuf.message import DecodeError
from numba import njit
from numpy.typing import NDArray

from fusion.geodesy import Float
from fusion.linalg import positive_definite
from triwatch.v1 import track_pb2

Ints = NDArray[np.int64]

TRACKS_MAX = 20_000
TIME_NS_MAX = 2**62
POSITION_M_MAX = 1.0e8
SPEED_MPS_MAX = 2.0e4
CENTRE_M_MIN = 1.0e6
QUALITY_MAX = 15
PROCESS_NOISE_MAX = 1.0e6
VARIANCE_MIN = 1.0e-9
VARIANCE_MAX = 1.0e16


class ReportError(ValueError):
    """A report that breaks the contract; the message says which rule, where, and what was found."""


class ReportKey(NamedTuple):
    """What makes two reports the same report."""

    node_id: str
    incarnation: int
    stream: str
    sequence: int


class EventKey(NamedTuple):
    """Canonical order of the fold, known from the report alone."""

    valid_time_ns: int
    node_id: str
    incarnation: int
    sequence: int
    stream: str


@dataclass(frozen=True, slots=True)
class Event:
    """The n rows of one report that are valid at one moment."""

    key: EventKey
    local_number: Ints
    state: Float
    """(n, 6) ECEF m, m/s."""
    covariance: Float
    """(n, 21) lower triangles by rows."""
    environment: Ints
    status: Ints
    process_noise: Float
    """(n,) m²/s³, 0 = unknown."""
    identity: Ints
    confidence: Float
    motion: Ints
    parent: Ints
    call_sign: tuple[str, ...]
    """(n,) or empty."""


@dataclass(frozen=True, slots=True)
class Report:
    """A checked report."""

    key: ReportKey
    digest: bytes
    """SHA-256 of its content."""
    events: tuple[Event, ...]
    rows: int
    newest_ns: int


def check_report(batch: track_pb2.TrackBatch, payload: bytes | None = None) -> Report:
    """Check a batch against the contract and cut it into events.

    ``payload`` is the batch as it came over the wire, whose exact bytes are what the report *is*; without
    it the batch's deterministic encoding stands in.

    Raises:
        ReportError: a rule of ``proto/README.md`` is broken; nothing of the batch may be used.
    """
    if not isinstance(batch, track_pb2.TrackBatch):
        raise ReportError(f"expected a triwatch.v1.TrackBatch, got {type(batch).__name__}")
    key = ReportKey(batch.node_id, batch.incarnation, batch.stream, batch.sequence)
    where = f"report {key.node_id or '?'}/{key.incarnation}/{key.sequence}"
    if not key.node_id or len(key.node_id) > 64:
        raise ReportError(f"{where}: node_id must have 1 to 64 characters")
    if key.incarnation >= 2**63 or not 0 < key.sequence < 2**63:
        raise ReportError(f"{where}: sequence must be 1 to 2^63-1, incarnation below 2^63")
    n = len(batch.local_number)
    if n > TRACKS_MAX:
        raise ReportError(f"{where}: {n} tracks; the limit is {TRACKS_MAX}")
    columns = _columns(batch, n, where)
    _check_values(columns, where)
    time_ns = columns["valid_time_ns"].astype(np.int64)
    moments = [int(t) for t in np.unique(time_ns)]
    events = []
    for moment in moments:
        c = columns
        if len(moments) > 1:
            pick = np.flatnonzero(time_ns == moment)
            c = {name: values[pick] for name, values in columns.items()}
        events.append(
            Event(
                key=EventKey(moment, key.node_id, key.incarnation, key.sequence, key.stream),
                local_number=c["local_number"].astype(np.int64),
                state=np.ascontiguousarray(c["state"], dtype=float),
                covariance=np.ascontiguousarray(c["covariance"], dtype=float),
                environment=_known(c, "environment"),
                status=_known(c, "status"),
                process_noise=c["process_noise"].astype(float),
                identity=_known(c, "identity"),
                confidence=c["identity_confidence"].astype(float),
                motion=_known(c, "motion_model"),
                parent=c["parent_local_number"].astype(np.int64),
                call_sign=tuple(c["call_sign"].tolist()),
            )
        )
    content = batch.SerializeToString(deterministic=True) if payload is None else payload
    digest = hashlib.sha256(content).digest()
    return Report(key, digest, tuple(events), n, moments[-1] if moments else 0)


def _known(columns: dict[str, NDArray[Any]], name: str) -> Ints:
    """An enum's column, values of later versions as 0."""
    values: Ints = columns[name].astype(np.int64)
    return np.where((values >= 0) & (values <= _ENUM_MAX[name]), values, 0)


# column: (width, default where it may be empty)
_COLUMNS: dict[str, tuple[int, float | str | None]] = {
    "local_number": (1, None),
    "valid_time_ns": (1, None),
    "state": (6, None),
    "covariance": (21, None),
    "environment": (1, None),
    "status": (1, None),
    "process_noise": (1, 0.0),
    "identity": (1, 0),
    "identity_confidence": (1, 0.0),
    "motion_model": (1, 0),
    "quality": (1, 0),
    "parent_local_number": (1, 0),
    "call_sign": (1, ""),
}


def _columns(batch: track_pb2.TrackBatch, n: int, where: str) -> dict[str, NDArray[Any]]:
    """Every column as an array of n rows, defaults filled in."""
    columns: dict[str, NDArray[Any]] = {}
    for name, (width, default) in _COLUMNS.items():
        values = getattr(batch, name)
        if default is not None and len(values) == 0:
            columns[name] = np.full(n, default)
        elif len(values) != n * width:
            raise ReportError(f"{where}: column {name} has {len(values)} values, expected {n * width}")
        else:
            array = np.array(list(values), object) if name == "call_sign" else np.asarray(values)
            columns[name] = array.reshape(n, width) if width > 1 else array
    return columns


_RULES = (
    "valid_time_ns must be 1 to 2^62 ns UTC",
    "state must be finite",
    f"position beyond {POSITION_M_MAX:g} m",
    f"velocity beyond {SPEED_MPS_MAX:g} m/s",
    "position within 1,000 km of the Earth's centre",
    "covariance must be finite",
    f"variances must be at least {VARIANCE_MIN:g}",
    f"variances must be at most {VARIANCE_MAX:g}",
    "process_noise must be 0 to 1e6 m2/s3",
    "identity_confidence must be 0 to 1",
    "local_number must be at least 1",
    "quality must be 0 to 15",
)
_ENUM_MAX = {
    "environment": max(track_pb2.Environment.values()),
    "status": max(track_pb2.TrackStatus.values()),
    "identity": max(track_pb2.Identity.values()),
    "motion_model": max(track_pb2.MotionModel.values()),
}
"""The highest value known; what a later version adds is taken as 0."""


@njit(cache=True)
def _first_broken_rule(time_ns, state, covariance, q, confidence, local, quality):
    """(row, index into _RULES) of the first row that breaks one, or (-1, -1)."""
    for r in range(len(time_ns)):
        if time_ns[r] < 1 or time_ns[r] > TIME_NS_MAX:
            return r, 0
        near = True
        for i in range(6):
            value = state[r, i]
            if not np.isfinite(value):
                return r, 1
            if i < 3 and abs(value) > POSITION_M_MAX:
                return r, 2
            if i >= 3 and abs(value) > SPEED_MPS_MAX:
                return r, 3
            near = near and (i >= 3 or abs(value) < CENTRE_M_MIN)
        if near:
            return r, 4
        for k in range(21):
            if not np.isfinite(covariance[r, k]):
                return r, 5
        for i in range(6):
            variance = covariance[r, i * (i + 3) // 2]
            if variance < VARIANCE_MIN:
                return r, 6
            if variance > VARIANCE_MAX:
                return r, 7
        if not (q[r] >= 0.0 and q[r] <= PROCESS_NOISE_MAX):
            return r, 8
        if not (confidence[r] >= 0.0 and confidence[r] <= 1.0):
            return r, 9
        if local[r] < 1:
            return r, 10
        if quality[r] > QUALITY_MAX:
            return r, 11
    return -1, -1


def _check_values(columns: dict[str, NDArray[Any]], where: str) -> None:
    """Hold every row against the contract's ranges."""
    local, covariance = columns["local_number"], columns["covariance"]
    time_ns = columns["valid_time_ns"].astype(np.int64)  # past 2^63 turns negative, and is refused as such
    row, rule = _first_broken_rule(
        time_ns,
        columns["state"],
        covariance,
        columns["process_noise"].astype(float),
        columns["identity_confidence"].astype(float),
        local.astype(np.int64),
        columns["quality"].astype(np.int64),
    )
    broken = _RULES[rule] if row >= 0 else ""
    if row < 0:
        definite = np.empty(len(local), np.bool_)
        positive_definite(covariance, definite)
        if not definite.all():
            row, broken = int(np.flatnonzero(~definite)[0]), "covariance must be positive definite"
    if row < 0 and not (np.diff(local.astype(np.int64)) > 0).all():
        order = np.lexsort((local, time_ns))
        twice = (np.diff(time_ns[order]) == 0) & (np.diff(local[order].astype(np.int64)) == 0)
        if twice.any():
            row, broken = int(order[1:][twice][0]), "the local number stands twice at one time"
    if row >= 0:
        raise ReportError(f"{where}: row {row} (local number {int(local[row])}): {broken}")


def parse_report(payload: bytes) -> track_pb2.TrackBatch:
    """A TrackBatch from its wire bytes.

    Raises:
        ReportError: the bytes are no TrackBatch.
    """
    try:
        batch = track_pb2.TrackBatch()
        batch.ParseFromString(payload)
        return batch
    except DecodeError as error:
        raise ReportError(f"{len(payload)} bytes are no TrackBatch: {error}") from error
