"""A report on its way into the fold: parsed once, checked once, hashed once, and cut into events.

A report is keyed (node, incarnation, stream, sequence) and its rows may be valid at different moments;
an `Event` is what it tells of one moment, and the fold's unit of order.
"""

from __future__ import annotations

import hashlib
from typing import Any, NamedTuple

import numpy as np
from google.protobuf.message import DecodeError
from numpy.typing import NDArray

from fusion.arrays import Bytes, Float, Ints, Words
from fusion.kernel import kernel
from fusion.report.check import RULES, Checks, check, standing_twice
from fusion.report.decode import ORDER, Columns, read
from fusion.report.reported_lines import NO_LINES, Lines, reported_lines
from fusion.report.reported_looks import NOTHING_REPORTED, ReportedSearch, reported_search
from fusion.report.reported_sensors import ReportedSensors, none_reported, reported_sensors
from fusion.report.reported_tracklets import NONE_CARRIED, Carried
from triwatch.v1 import track_pb2

TRACKS_MAX = 20_000
SEQUENCE_MAX = 2**53 - 1
"""Exact in every language's numbers."""
INCARNATION_MAX = 2**63 - 1
NODE_ID_MAX = 64


class ReportError(ValueError):
    """A report that breaks the contract; the message says which rule, where, and what was found."""


class NoReport(ReportError):
    """Bytes that are no TrackBatch at all."""


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
    """What one report tells of one moment: n rows, lines of bearing, and what was listened."""

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
    sensors: ReportedSensors
    search: ReportedSearch
    lines: Lines


class Fault(NamedTuple):
    """What is wrong with the content of a report: it takes its number, and nothing else of it is used."""

    text: str
    finite: bool
    """Whether every number in it is one."""


class Report(NamedTuple):
    """A report as it is: made by `from_bytes` alone, from the very bytes that its node signed."""

    key: ReportKey
    nation: str
    payload: bytes
    digest: bytes
    """SHA-256 of the payload: what the report is."""
    events: tuple[Event, ...]
    """In the order of time; none where nothing is told, or there is a fault."""
    times_ns: tuple[int, ...]
    """The moments that it tells of, ascending; those of a faulty report are what it claims."""
    fault: Fault | None
    batch: track_pb2.TrackBatch
    """All of it as protobuf reads it."""

    @staticmethod
    def from_bytes(payload: bytes) -> Report:
        """Parse, check and hash a report.

        Raises:
            NoReport: the bytes are no TrackBatch.
            ReportError: its key is out of range: it cannot even take its number.
        """
        batch = track_pb2.TrackBatch()
        try:
            batch.ParseFromString(payload)
        except DecodeError as error:
            raise NoReport(f"{len(payload)} bytes are no TrackBatch: {error}") from error
        key = ReportKey(batch.node_id, batch.incarnation, batch.stream, batch.sequence)
        where = f"report {key.node_id or '?'}/{key.incarnation}/{key.sequence}"
        if not 0 < len(key.node_id) <= NODE_ID_MAX:
            raise ReportError(f"{where}: node_id must have 1 to {NODE_ID_MAX} characters")
        if key.incarnation > INCARNATION_MAX or not 0 < key.sequence <= SEQUENCE_MAX:
            raise ReportError(f"{where}: sequence must be 1 to 2^53-1, incarnation below 2^63")
        fault = None
        try:
            events, times_ns = _events(key, batch, payload)
        except _BrokenRule as broken:
            events, times_ns = (), moments_ns(batch)
            fault = Fault(f"{where}: {broken}", _all_finite(batch))
        digest = hashlib.sha256(payload).digest()
        return Report(key, batch.nation, payload, digest, events, times_ns, fault, batch)

    @property
    def judged_ns(self) -> tuple[int, ...]:
        """The times at which the policy has to admit it: those that it tells of, or of sending."""
        return self.times_ns or (self.batch.sent_time_ns,)

    @property
    def signed_ns(self) -> int:
        """The time at which its key has to count: the newest that it tells of; where none is, of sending."""
        return self.judged_ns[-1]

    @property
    def rows(self) -> int:
        """How many tracks and lines of bearing it tells of."""
        return len(self.batch.local_number) + len(self.batch.line_contact)

    @property
    def newest_ns(self) -> int:
        """The last moment that it tells of; 0 where nothing is told."""
        return self.times_ns[-1] if self.times_ns else 0


def moments_ns(batch: track_pb2.TrackBatch) -> tuple[int, ...]:
    """The moments that a report tells of, as it claims, ascending: of its rows, lines, looks and
    areas."""
    return tuple(
        sorted({*batch.valid_time_ns, *batch.line_time_ns, *batch.look_time_ns, *batch.area_time_ns})
    )


class _BrokenRule(ValueError):
    """What is wrong with a report's columns."""


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
_FIELDS = track_pb2.TrackBatch.DESCRIPTOR.fields_by_name
_SENSORS_FROM, _LINES_FROM, _SEARCH_FROM = (
    _FIELDS[name].number for name in ("sensor_kind", "line_contact", "look_time_ns")
)
"""A message without a field of this number or a higher one has none of these columns."""
_ANY_FIELD = 2**29
"""Higher than any field's number."""
_REAL = tuple(
    field.name
    for field in track_pb2.TrackBatch.DESCRIPTOR.fields
    if field.is_repeated and field.type == field.TYPE_DOUBLE
)


def _all_finite(batch: track_pb2.TrackBatch) -> bool:
    return all(np.isfinite(np.asarray(getattr(batch, name))).all() for name in _REAL)


def _by_protobuf(batch: track_pb2.TrackBatch, n: int) -> dict[str, NDArray[Any]]:
    """Every column of `ORDER` as a flat array of n rows, defaults filled in. Raises _BrokenRule."""
    columns: dict[str, NDArray[Any]] = {}
    for name, (width, absent) in _COLUMNS.items():
        values = getattr(batch, name)
        count = len(values)
        if count == 0 and absent is not None:
            columns[name] = absent[:n]
        elif count == 0 == n:
            columns[name] = np.zeros(0, _EMPTY.get(name, "i4"))
        elif count != n * width:
            raise _BrokenRule(f"column {name} has {count} values, expected {n * width}")
        else:
            columns[name] = np.asarray(values)
    told, information, vector = batch.tracklet_told, batch.tracklet_information, batch.tracklet_vector
    if len(information) or len(vector):
        for name, count, width in (
            ("tracklet_information", len(information), 21),
            ("tracklet_vector", len(vector), 6),
            ("tracklet_told", len(told) or n, 1),
        ):
            if count != n * width:
                raise _BrokenRule(f"column {name} has {count} values, expected {n * width}")
        columns["tracklet_told"] = np.array(told or [1] * n, np.uint32)
    elif len(told):
        raise _BrokenRule("column tracklet_told without tracklet_information and tracklet_vector")
    else:
        columns["tracklet_told"] = np.zeros(0, np.uint32)
    columns["tracklet_information"] = np.array(information, np.float64)
    columns["tracklet_vector"] = np.array(vector, np.float64)
    return columns


@kernel
def _read_and_check(data: Bytes, n: int) -> tuple[bool, int, Words, Float, Checks]:
    """Whether the bytes are laid out plainly; of those that are, the highest number of a field that is there,
    the times, the real columns one behind the other (state, covariance, process noise, confidence, tracklet
    information and vector), and what `check` says."""
    plain, highest, c = read(data, n)
    checks = check(c) if plain else (-1, -1, True, True, np.empty((7, 0), np.int64))
    # few arrays, for every one that goes back to Python has its price
    reals = np.concatenate(
        (
            c.state,
            c.covariance,
            c.process_noise,
            c.identity_confidence,
            c.tracklet_information,
            c.tracklet_vector,
        )
    )
    return plain, highest, c.valid_time_ns, reals, checks


def _columns(
    batch: track_pb2.TrackBatch, payload: bytes, n: int
) -> tuple[int, NDArray[np.uint64], Float, Checks]:
    """The highest number of a field that may be there, the times, the real columns and what `check` says, as
    `_read_and_check`. Raises _BrokenRule."""
    if n > 0:
        plain, highest, times_ns, reals, checks = _read_and_check(np.frombuffer(payload, np.uint8), n)
        if plain:
            return highest, times_ns, reals, checks
    c = _by_protobuf(batch, n)
    reals = np.concatenate(
        [
            c[name]
            for name in (
                "state",
                "covariance",
                "process_noise",
                "identity_confidence",
                "tracklet_information",
                "tracklet_vector",
            )
        ]
    )
    return _ANY_FIELD, c["valid_time_ns"], reals, check(Columns(**{name: c[name] for name in ORDER}))


def _events(
    key: ReportKey, batch: track_pb2.TrackBatch, payload: bytes
) -> tuple[tuple[Event, ...], tuple[int, ...]]:
    """The events and their moments. Raises _BrokenRule."""
    n = len(batch.local_number)
    if n > TRACKS_MAX:
        raise _BrokenRule(f"{n} tracks; the limit is {TRACKS_MAX}")
    highest, time_column, reals, (row, rule, one_moment, ascending, integers) = _columns(batch, payload, n)
    broken = RULES[rule]
    if row < 0 and not ascending:
        row, broken = standing_twice(integers[0], time_column), "the local number stands twice at one time"
    if row >= 0:
        raise _BrokenRule(f"row {row} (local number {int(integers[0, row])}): {broken}")
    call_sign = tuple(batch.call_sign) or ("",) * n
    if len(call_sign) != n:
        raise _BrokenRule(f"column call_sign has {len(call_sign)} values, expected {n}")
    try:
        # protobuf is not asked for what is not there: thirty columns take longer than all the others
        sensors = reported_sensors(batch, n) if highest >= _SENSORS_FROM else none_reported(n)
        search = reported_search(batch) if highest >= _SEARCH_FROM else NOTHING_REPORTED
        lines = reported_lines(batch) if highest >= _LINES_FROM else NO_LINES
    except ValueError as error:
        raise _BrokenRule(str(error)) from None
    alone = not search and not len(lines.contact)
    if not n and alone:
        return (), ()
    if n and one_moment and alone:
        moment = int(time_column[0])
        return (_event(_event_key(key, moment), reals, integers, call_sign, sensors, search, lines),), (
            moment,
        )
    whole = _event(_event_key(key, 0), reals, integers, call_sign, sensors, search, lines)
    moments = sorted({*time_column.tolist(), *lines.time_ns.tolist(), *search.times_ns})
    picked = [np.flatnonzero(time_column == moment) for moment in moments]
    return (
        tuple(
            _some_rows(whole, _event_key(key, moment), pick)
            for moment, pick in zip(moments, picked, strict=True)
        ),
        tuple(moments),
    )


def _event_key(key: ReportKey, moment_ns: int) -> EventKey:
    return EventKey(moment_ns, key.node_id, key.incarnation, key.sequence, key.stream)


def _event(
    key: EventKey,
    reals: Float,
    integers: Ints,
    call_sign: tuple[str, ...],
    sensors: ReportedSensors,
    search: ReportedSearch,
    lines: Lines,
) -> Event:
    """All rows; ``reals`` and ``integers`` as `_read_and_check` gives them."""
    numbers, environment, status, identity, motion, parent, told = integers
    n = len(numbers)
    carried = NONE_CARRIED
    if len(reals) > 29 * n:
        carried = Carried(told, reals[29 * n : 50 * n].reshape(n, 21), reals[50 * n :].reshape(n, 6))
    return Event(
        key=key,
        local_number=numbers,
        state=reals[: 6 * n].reshape(n, 6),
        covariance=reals[6 * n : 27 * n].reshape(n, 21),
        environment=environment,
        status=status,
        process_noise=reals[27 * n : 28 * n],
        identity=identity,
        confidence=reals[28 * n : 29 * n],
        motion=motion,
        parent=parent,
        call_sign=call_sign,
        carried=carried,
        sensors=sensors,
        search=search,
        lines=lines,
    )


def _some_rows(whole: Event, key: EventKey, pick: NDArray[np.intp]) -> Event:
    """Those of one moment."""
    return Event(
        key=key,
        local_number=whole.local_number[pick],
        state=whole.state[pick],
        covariance=whole.covariance[pick],
        environment=whole.environment[pick],
        status=whole.status[pick],
        process_noise=whole.process_noise[pick],
        identity=whole.identity[pick],
        confidence=whole.confidence[pick],
        motion=whole.motion[pick],
        parent=whole.parent[pick],
        call_sign=tuple(whole.call_sign[row] for row in pick.tolist()),
        carried=whole.carried.rows(pick),
        sensors=whole.sensors.rows(pick),
        search=whole.search.at(key.valid_time_ns),
        lines=whole.lines.at(key.valid_time_ns),
    )
