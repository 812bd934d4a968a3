"""A report on its way into the fold: checked, keyed and cut into events.

A report is keyed (node, incarnation, stream, sequence) and its rows may be valid at different moments;
an `Event` is the rows of one report that are valid at one moment, and the fold's unit of order.
"""

from __future__ import annotations

import hashlib
from typing import Any, NamedTuple

import numpy as np
from google.protobuf.message import DecodeError
from numba import njit
from numpy.typing import NDArray

from fusion.linalg import positive_definite
from fusion.physics.geodesy import Float
from fusion.report.decode import ORDER, read
from fusion.report.reported_tracklets import Carried, read_carried
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


class Event(NamedTuple):
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
    carried: Carried


class Report(NamedTuple):
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
    columns, checks = _read(batch, payload, n, where)
    integers, moments = _held(columns, checks, where)
    call_sign = tuple(batch.call_sign) or ("",) * n
    if len(call_sign) != n:
        raise ReportError(f"{where}: column call_sign has {len(call_sign)} values, expected {n}")
    try:
        carried = read_carried(batch, n)
    except ValueError as error:
        raise ReportError(f"{where}: {error}") from None
    events = []
    for moment in moments:
        event_key = EventKey(moment, key.node_id, key.incarnation, key.sequence, key.stream)
        if len(moments) == 1:
            events.append(_event(event_key, columns, integers, call_sign, carried))
        else:
            pick = np.flatnonzero(columns["valid_time_ns"] == moment)
            some = {name: values.reshape(n, -1)[pick].ravel() for name, values in columns.items()}
            signs = tuple(call_sign[row] for row in pick.tolist())
            events.append(_event(event_key, some, integers[:, pick], signs, carried.rows(pick)))
    content = batch.SerializeToString(deterministic=True) if payload is None else payload
    digest = hashlib.sha256(content).digest()
    return Report(key, digest, tuple(events), n, moments[-1] if moments else 0)


class _Column(NamedTuple):
    """A column of numbers as protobuf gives it."""

    width: int
    absent: NDArray[Any] | None
    """What stands for it where it may be empty."""


_ABSENT = {kind: np.zeros(TRACKS_MAX, kind) for kind in ("f8", "u4", "i4")}
_COLUMNS = {
    "local_number": _Column(1, None),
    "valid_time_ns": _Column(1, None),
    "state": _Column(6, None),
    "covariance": _Column(21, None),
    "environment": _Column(1, None),
    "status": _Column(1, None),
    "process_noise": _Column(1, _ABSENT["f8"]),
    "identity": _Column(1, _ABSENT["i4"]),
    "identity_confidence": _Column(1, _ABSENT["f8"]),
    "motion_model": _Column(1, _ABSENT["i4"]),
    "quality": _Column(1, _ABSENT["u4"]),
    "parent_local_number": _Column(1, _ABSENT["u4"]),
}
_EMPTY = {"local_number": "u4", "valid_time_ns": "u8", "state": "f8", "covariance": "f8"}


def _columns(batch: track_pb2.TrackBatch, n: int, where: str) -> dict[str, NDArray[Any]]:
    """Every column of numbers as a flat array of n rows, defaults filled in."""
    columns: dict[str, NDArray[Any]] = {}
    for name, (width, absent) in _COLUMNS.items():
        values = getattr(batch, name)
        count = len(values)
        if count == 0 and absent is not None:
            columns[name] = absent[:n]
        elif count == 0 == n:
            columns[name] = np.zeros(0, _EMPTY.get(name, "i4"))
        elif count != n * width:
            raise ReportError(f"{where}: column {name} has {count} values, expected {n * width}")
        else:
            columns[name] = np.asarray(values)
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
    "covariance must be positive definite",
)
_INDEFINITE = len(_RULES) - 1
_ENVIRONMENT_MAX = max(track_pb2.Environment.values())
_STATUS_MAX = max(track_pb2.TrackStatus.values())
_IDENTITY_MAX = max(track_pb2.Identity.values())
_MOTION_MAX = max(track_pb2.MotionModel.values())
"""The highest value known; what a later version adds is taken as 0."""


@njit(cache=True)
def _first_broken_rule(time_ns, state, covariance, q, confidence, local, quality):
    """(row, index into _RULES) of the first row that breaks one, or (-1, -1)."""
    for r in range(len(time_ns)):
        moment = np.int64(time_ns[r])  # past 2^63 turns negative, and is refused as such
        if moment < 1 or moment > TIME_NS_MAX:
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
    definite = np.empty(len(time_ns), np.bool_)
    positive_definite(covariance, definite)
    for r in range(len(time_ns)):
        if not definite[r]:
            return r, _INDEFINITE
    return -1, -1


@njit(cache=True)
def _known(value, highest):
    """An enum's value, one of a later version as 0."""
    return np.int64(value) if 0 <= value <= highest else np.int64(0)


@njit(cache=True)
def _check(
    local, time_ns, state, covariance, environment, status, q, identity, confidence, motion, quality, parent
):
    """Check every row and give the fold its integers.

    Returns (row, rule), the first broken rule or -1; whether all rows are of one moment; whether the local
    numbers ascend; and the columns (6, n) local number, environment, status, identity, motion, parent.
    """
    n = len(local)
    integers = np.empty((6, n), np.int64)
    row, rule = _first_broken_rule(
        time_ns, state.reshape(n, 6), covariance.reshape(n, 21), q, confidence, local, quality
    )
    one_moment, ascending = True, True
    for r in range(n):
        one_moment = one_moment and time_ns[r] == time_ns[0]
        ascending = ascending and (r == 0 or local[r] > local[r - 1])
        integers[0, r] = local[r]
        integers[1, r] = _known(environment[r], _ENVIRONMENT_MAX)
        integers[2, r] = _known(status[r], _STATUS_MAX)
        integers[3, r] = _known(identity[r], _IDENTITY_MAX)
        integers[4, r] = _known(motion[r], _MOTION_MAX)
        integers[5, r] = parent[r]
    return row, rule, one_moment, ascending, integers


@njit(cache=True)
def _read_and_check(data, n):
    """Whether the bytes are laid out plainly; of those that are, the times, the real columns one behind the
    other (state, covariance, process noise, confidence), and what `_check` says."""
    plain, c = read(data, n)
    checks = _check(*c) if plain else (-1, -1, True, True, np.empty((6, 0), np.int64))
    # few arrays, for every one that goes back to Python has its price
    return plain, c[1], np.concatenate((c[2], c[3], c[6], c[8])), checks


Checks = tuple[int, int, bool, bool, Ints]
"""What `_check` says."""


def _read(
    batch: track_pb2.TrackBatch, payload: bytes | None, n: int, where: str
) -> tuple[dict[str, NDArray[Any]], Checks]:
    """Every column of numbers as a flat array of n rows, and what `_check` says of them."""
    if payload is not None and n > 0:
        plain, times, reals, checks = _read_and_check(np.frombuffer(payload, np.uint8), n)
        if plain:
            return {
                "valid_time_ns": times,
                "state": reals[: 6 * n],
                "covariance": reals[6 * n : 27 * n],
                "process_noise": reals[27 * n : 28 * n],
                "identity_confidence": reals[28 * n :],
            }, checks
    columns = _columns(batch, n, where)
    return columns, _check(*(columns[name] for name in ORDER))


def _held(c: dict[str, NDArray[Any]], checks: Checks, where: str) -> tuple[Ints, list[int]]:
    """Hold the rows against the contract: their integers, and their moments, ascending."""
    row, rule, one_moment, ascending, integers = checks
    local, time_ns = integers[0], c["valid_time_ns"]
    broken = _RULES[rule]
    if row < 0 and not ascending:
        order = np.lexsort((local, time_ns))
        twice = (time_ns[order][1:] == time_ns[order][:-1]) & (local[order][1:] == local[order][:-1])
        if twice.any():
            row, broken = int(order[1:][twice][0]), "the local number stands twice at one time"
    if row >= 0:
        raise ReportError(f"{where}: row {row} (local number {int(local[row])}): {broken}")
    return integers, [int(t) for t in (time_ns[:1] if one_moment else np.unique(time_ns))]


def _event(
    key: EventKey, c: dict[str, NDArray[Any]], integers: Ints, call_sign: tuple[str, ...], carried: Carried
) -> Event:
    """One moment's rows; ``integers`` as `_check` gives them."""
    numbers, environment, status, identity, motion, parent = integers
    return Event(
        key=key,
        local_number=numbers,
        state=c["state"].reshape(-1, 6),
        covariance=c["covariance"].reshape(-1, 21),
        environment=environment,
        status=status,
        process_noise=c["process_noise"],
        identity=identity,
        confidence=c["identity_confidence"],
        motion=motion,
        parent=parent,
        call_sign=call_sign,
        carried=carried,
    )


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
