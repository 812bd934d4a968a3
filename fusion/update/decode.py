"""A PictureUpdate as columns: parsed once, held against the contract once.

Source: proto/README.md, sections 5, 9 and 12. Everybody who follows a picture reads updates here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from google.protobuf.message import DecodeError
from numpy.typing import NDArray

from fusion import contract
from fusion.update.track_rows import ROW, Ints, Records
from triwatch.v1 import picture_pb2, track_pb2

TIME_NS_MAX = 2**62


class UpdateError(ValueError):
    """What is no PictureUpdate, or breaks the contract: nothing of it may be used."""


@dataclass(frozen=True, slots=True)
class Update:
    """What one update says, checked; n rows."""

    nation: str
    incarnation: int
    sequence: int
    snapshot: bool
    """Whether it tells every track, not only those that changed."""
    finality: int
    time_ns: int
    """Newest valid time in the picture, UTC ns; 0 before the first report."""
    final_time_ns: int
    input_digest: str
    picture_digest: str
    rows: Records
    """(n,) of `ROW`, their call signs, streams and contributors as indices into this update's."""
    call_sign: Sequence[str]
    """Texts that the rows' ``call_sign`` points into; the first is empty."""
    stream: Sequence[str]
    """Release groups that the rows' ``stream`` points into; the first is every member's."""
    node_id: Sequence[str]
    """Names that ``contributors`` points into."""
    contributors: Ints
    """(m,) row after row."""
    contributor_time_ns: Ints
    """(m,) valid time of the newest report used from each."""
    removed: Ints
    """Numbers gone since the last update."""
    lineage: Sequence[picture_pb2.Lineage]
    flight: Sequence[picture_pb2.Flight]
    heard: Sequence[picture_pb2.HeardTarget]
    """Of those of the rows that only lines of bearing tell of."""
    search: picture_pb2.SearchMaps | None
    """Of all that is searched; None where what was told of it holds."""
    sensor_bias: Sequence[picture_pb2.SensorBias]
    node_consistency: Sequence[picture_pb2.NodeConsistency]
    """Of every sensor; none where what was told of them holds."""

    @property
    def key(self) -> tuple[int, int]:
        """Incarnation and sequence: the order in which updates apply."""
        return self.incarnation, self.sequence

    def contributors_of(self, row: np.void) -> list[str]:
        """The names of the nodes that contribute to one of the rows."""
        first, count = int(row["contributor_first"]), int(row["contributor_count"])
        return [self.node_id[k] for k in self.contributors[first : first + count].tolist()]


def read_update(update: bytes | picture_pb2.PictureUpdate) -> Update:
    """An update from its bytes, or from the message parsed of them.

    Raises:
        UpdateError: it is none, or its columns do not fit each other or hold what is no number.
    """
    message = _parsed(update) if isinstance(update, bytes) else update
    where = f"update {message.nation or '?'}/{message.incarnation}/{message.sequence}"
    try:
        return _read(message)
    except ValueError as error:
        raise UpdateError(f"{where}: {error}") from None


def _parsed(data: bytes) -> picture_pb2.PictureUpdate:
    try:
        message: picture_pb2.PictureUpdate = picture_pb2.PictureUpdate.FromString(data)
    except DecodeError as error:
        raise UpdateError(f"{len(data)} bytes are no PictureUpdate: {error}") from None
    return message


_WIDTH = {"number": 1, "track_time_ns": 1, "state": 6, "covariance": 21}
"""Columns that every row has."""
_OPTIONAL = {
    "parent": 1,
    "birth_time_ns": 1,
    "quality": 1,
    "identity_conflict": 1,
    "contributor_count": 1,
    "identity_confidence": 1,
    "process_noise": 1,
    "mode_probability": 4,
}
"""Columns that may be left out; then they are zero in every row."""
_ENUMS = {
    "environment": track_pb2.Environment,
    "identity": track_pb2.Identity,
    "status": track_pb2.TrackStatus,
}
_REAL = ("state", "covariance", "identity_confidence", "process_noise", "mode_probability")
_NONE: Sequence[str] = ("",)


def _read(message: picture_pb2.PictureUpdate) -> Update:
    if not 0 <= message.time_ns < TIME_NS_MAX or not 0 <= message.final_time_ns < TIME_NS_MAX:
        raise ValueError("its time is none")
    n = len(message.number)
    rows = np.zeros(n, ROW)
    count = np.zeros(0, np.int64)
    call_sign, stream = _NONE, _NONE
    if n:
        for name, width in _WIDTH.items():
            rows[name] = _column(message, name, width, n)
        for name, width in _OPTIONAL.items():
            if len(getattr(message, name)):
                rows[name] = _column(message, name, width, n)
        for name, enum in _ENUMS.items():
            if len(getattr(message, name)):
                rows[name] = contract.known_column(enum, _column(message, name, 1, n))
        _check(rows)
        count = rows["contributor_count"]
        rows["contributor_first"] = np.cumsum(count) - count
        rows["call_sign"], call_sign = _texts(message.call_sign, n, "call_sign")
        rows["stream"], stream = _texts(message.stream, n, "stream")
    contributors = np.asarray(message.contributors, dtype=np.int64)
    times = np.asarray(message.contributor_time_ns).astype(np.int64)
    if (count < 0).any() or int(count.sum()) != len(contributors):
        raise ValueError(f"column contributors has {len(contributors)} values, its rows count {count.sum()}")
    if len(times) not in (0, len(contributors)):
        raise ValueError(f"column contributor_time_ns has {len(times)} values, expected {len(contributors)}")
    if len(contributors) and int(contributors.max()) >= len(message.node_id):
        raise ValueError(f"a contributor points past its {len(message.node_id)} nodes")
    return Update(
        nation=message.nation,
        incarnation=message.incarnation,
        sequence=message.sequence,
        snapshot=message.kind == picture_pb2.PICTURE_KIND_SNAPSHOT,
        finality=contract.known(picture_pb2.Finality, message.finality),
        time_ns=message.time_ns,
        final_time_ns=message.final_time_ns,
        input_digest=message.input_digest,
        picture_digest=message.picture_digest,
        rows=rows,
        call_sign=call_sign,
        stream=stream,
        node_id=list(message.node_id),
        contributors=contributors,
        contributor_time_ns=times if len(times) else np.zeros(len(contributors), np.int64),
        removed=np.asarray(message.removed, dtype=np.int64),
        lineage=_with_known(message.lineage, "event", picture_pb2.LineageEvent),
        flight=_with_known(message.flight, "phase", picture_pb2.FlightPhase),
        heard=_heard(message),
        search=_searches(message),
        sensor_bias=_biases(message),
        node_consistency=_words(message),
    )


def _column(message: Any, name: str, width: int, n: int) -> NDArray[Any]:
    values = np.asarray(getattr(message, name))
    if len(values) != width * n:
        raise ValueError(f"column {name} has {len(values)} values, expected {width * n}")
    return values.reshape(n, width) if width > 1 else values


def _check(rows: Records) -> None:
    number, times = rows["number"], rows["track_time_ns"]
    if (number < 1).any() or len(np.unique(number)) < len(number):
        raise ValueError("its numbers are not positive and each once")
    if (times < 0).any() or (times >= TIME_NS_MAX).any():
        raise ValueError("a track's time is none")
    for name in _REAL:
        if not np.isfinite(rows[name]).all():
            raise ValueError(f"column {name} holds what is no number")


def _texts(values: Sequence[str], n: int, name: str) -> tuple[Any, Sequence[str]]:
    """Where each row's text stands in the list of all, of which the first is empty."""
    if len(values) not in (0, n):
        raise ValueError(f"column {name} has {len(values)} values, expected {n}")
    if not any(values):
        return 0, _NONE
    place = {"": 0}
    found = [place.setdefault(text, len(place)) for text in values]
    return found, list(place)


def _biases(message: picture_pb2.PictureUpdate) -> Sequence[picture_pb2.SensorBias]:
    for one in message.sensor_bias:
        values = np.array([*one.bias, *one.sigma, *one.declared_bias, *one.declared_sigma])
        if len(one.bias) != 4 or len(one.sigma) != 4 or not np.isfinite(values).all():
            raise ValueError(f"sensor_bias of {one.node_id}: expected four finite biases and sigmas")
        kinds = one.declared_kind
        if not len(kinds) == len(one.declared_bias) == len(one.declared_sigma):
            raise ValueError(
                f"sensor_bias of {one.node_id}: expected a bias and a sigma of each kind declared"
            )
    return _with_known(message.sensor_bias, "kind", track_pb2.SensorKind)


def _searches(message: picture_pb2.PictureUpdate) -> picture_pb2.SearchMaps | None:
    if not message.HasField("search"):
        return None
    for one in message.search.map:
        values = np.asarray(one.probability)
        rest = np.array([*one.centre, one.cell_m, one.outside, one.exists, one.region_m2])
        if len(values) != one.cells * one.cells or len(one.centre) != 3:
            raise ValueError(f"search of {one.track or one.node_id}: {len(values)} cells, {one.cells} a side")
        if not (np.isfinite(values).all() and np.isfinite(rest).all() and one.cell_m > 0.0):
            raise ValueError(f"search of {one.track or one.node_id} holds what is no number")
    return message.search


def _heard(message: picture_pb2.PictureUpdate) -> Sequence[picture_pb2.HeardTarget]:
    if not message.heard:
        return ()
    numbers = set(message.number)
    for one in message.heard:
        k = len(one.weight)
        if one.track not in numbers:
            raise ValueError(f"heard: it tells of no track {one.track}")
        if not k or len(one.position) != 3 * k or len(one.covariance) != 6 * k:
            raise ValueError(f"heard {one.track}: its columns do not fit its {k} weights")
        values = [*one.weight, *one.position, *one.covariance]
        for line in one.line:
            if len(line.position) != 3:
                raise ValueError(f"heard {one.track}: a line of {line.node_id} has no place")
            values += [*line.position, line.bearing, line.sigma, line.reach_m]
        if not np.isfinite(values).all() or min(one.weight) < 0.0 or not sum(one.weight) > 0.0:
            raise ValueError(f"heard {one.track} holds what is no number, or no weight")
    return list(message.heard)


def _words(message: picture_pb2.PictureUpdate) -> Sequence[picture_pb2.NodeConsistency]:
    for one in message.node_consistency:
        if not (1.0 <= one.factor < np.inf and 0.0 <= one.normalised_error < np.inf):
            raise ValueError(f"node_consistency of {one.node_id}: factor or normalised error is out of range")
    return _with_known(message.node_consistency, "environment", track_pb2.Environment)


def _with_known(messages: Sequence[Any], field: str, enum: Any) -> Sequence[Any]:
    """The messages with one enumeration's value known; one that is not becomes 0, in a copy."""
    found = list(messages)
    for k, one in enumerate(found):
        value = getattr(one, field)
        if contract.known(enum, value) != value:
            found[k] = type(one)()
            found[k].CopyFrom(one)
            setattr(found[k], field, 0)
    return found
