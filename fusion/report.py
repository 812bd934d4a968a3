"""A report on its way into the fold: checked, keyed and cut into events.

A report is keyed (node, incarnation, stream, sequence) and its rows may be valid at different moments;
an `Event` is the rows of one report that are valid at one moment, and the fold's unit of order.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from google.protobuf.message import DecodeError
from numpy.typing import NDArray

from fusion.geodesy import Float
from fusion.linalg import positive_definite
from triwatch.v1 import track_pb2

Ints = NDArray[np.int64]

TRACKS_MAX = 20_000
TIME_NS_MAX = 2**62
POSITION_M_MAX = 1.0e8
SPEED_MPS_MAX = 2.0e4
VARIANCE_MIN = 1.0e-9
VARIANCE_MAX = 1.0e16
_DIAGONAL = np.array([0, 2, 5, 9, 14, 20])


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

    def column(name: str, width: int = 1, optional: bool = False) -> NDArray[np.generic]:
        values = np.asarray(getattr(batch, name))
        if optional and len(values) == 0:
            return np.zeros(n * width, values.dtype if values.dtype != object else float)
        if len(values) != n * width:
            raise ReportError(f"{where}: column {name} has {len(values)} values, expected {n * width}")
        return values

    time_ns = column("valid_time_ns")
    local = column("local_number").astype(np.int64)
    state = column("state", 6).astype(float).reshape(n, 6)
    covariance = column("covariance", 21).astype(float).reshape(n, 21)
    q = column("process_noise", optional=True).astype(float)
    confidence = column("identity_confidence", optional=True).astype(float)
    columns = {
        name: column(name, optional=name in ("identity", "motion_model", "parent_local_number")).astype(np.int64)
        for name in ("environment", "status", "identity", "motion_model", "parent_local_number")
    }
    call_sign = tuple(batch.call_sign)
    if call_sign and len(call_sign) != n:
        raise ReportError(f"{where}: column call_sign has {len(call_sign)} values, expected {n}")

    def refuse(bad: NDArray[np.bool_], rule: str) -> None:
        if bad.any():
            row = int(np.flatnonzero(bad)[0])
            raise ReportError(f"{where}: row {row} (local number {int(local[row])}): {rule}")

    if n:
        refuse((time_ns == 0) | (time_ns > TIME_NS_MAX), "valid_time_ns must be 1 to 2^62 ns UTC")
        refuse(~np.isfinite(state).all(axis=1), "state must be finite")
        refuse((np.abs(state[:, :3]) > POSITION_M_MAX).any(axis=1), f"position beyond {POSITION_M_MAX:g} m")
        refuse((np.abs(state[:, 3:]) > SPEED_MPS_MAX).any(axis=1), f"velocity beyond {SPEED_MPS_MAX:g} m/s")
        refuse((np.abs(state[:, :3]) < 1.0e6).all(axis=1), "position within 1,000 km of the Earth's centre")
        refuse(~np.isfinite(covariance).all(axis=1), "covariance must be finite")
        diagonal = covariance[:, _DIAGONAL]
        refuse((diagonal < VARIANCE_MIN).any(axis=1), f"covariance must have variances of at least {VARIANCE_MIN:g}")
        refuse((diagonal > VARIANCE_MAX).any(axis=1), f"variance beyond {VARIANCE_MAX:g}")
        definite = np.empty(n, np.bool_)
        positive_definite(np.ascontiguousarray(covariance), definite)
        refuse(~definite, "covariance must be positive definite")
        refuse(~(np.isfinite(q) & (q >= 0.0) & (q <= 1.0e6)), "process_noise must be 0 to 1e6 m2/s3")
        refuse(~((confidence >= 0.0) & (confidence <= 1.0)), "identity_confidence must be 0 to 1")
        times = time_ns.astype(np.int64)
        order = np.lexsort((local, times))
        same = (np.diff(times[order]) == 0) & (np.diff(local[order]) == 0)
        if same.any():
            row = int(order[1:][same][0])
            raise ReportError(f"{where}: row {row}: local number {int(local[row])} stands twice at one time")
    else:
        times = np.zeros(0, np.int64)

    moments = [int(t) for t in np.unique(times)]
    events = []
    for moment in moments:
        pick = slice(None) if len(moments) == 1 else np.flatnonzero(times == moment)
        events.append(
            Event(
                key=EventKey(moment, key.node_id, key.incarnation, key.sequence, key.stream),
                local_number=local[pick],
                state=np.ascontiguousarray(state[pick]),
                covariance=np.ascontiguousarray(covariance[pick]),
                environment=columns["environment"][pick],
                status=columns["status"][pick],
                process_noise=q[pick],
                identity=columns["identity"][pick],
                confidence=confidence[pick],
                motion=columns["motion_model"][pick],
                parent=columns["parent_local_number"][pick],
                call_sign=tuple(np.array(call_sign, object)[pick]) if call_sign else (),
            )
        )
    content = batch.SerializeToString(deterministic=True) if payload is None else payload
    digest = hashlib.sha256(content).digest()
    return Report(key, digest, tuple(events), n, moments[-1] if moments else 0)


def parse_report(payload: bytes) -> track_pb2.TrackBatch:
    """A TrackBatch from its wire bytes.

    Raises:
        ReportError: the bytes are no TrackBatch.
    """
    try:
        return track_pb2.TrackBatch.FromString(payload)
    except DecodeError as error:
        raise ReportError(f"{len(payload)} bytes are no TrackBatch: {error}") from error
