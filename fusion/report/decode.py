"""The columns of numbers of a TrackBatch, read from the message's own bytes by compiled code.

Protobuf gives a column as an object of its own that numpy must ask for its buffer; fifteen of those cost
more than all the values of a small report. Here every column is found and copied in one call (protobuf
encoding specification, "Packed repeated fields"). What is not laid out as every encoder lays it out, each
column whole, packed and of the right length, is left to protobuf, which says what is wrong with it.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from fusion.arrays import Bytes, Float, Ints, Words
from fusion.kernel import kernel
from triwatch.v1 import track_pb2

Narrow = NDArray[np.uint32]
Codes = NDArray[np.int32]


class Columns(NamedTuple):
    """The columns of a report of n rows, as the contract's fields of the same names; flat."""

    local_number: Narrow
    valid_time_ns: Words
    state: Float
    """(6 n,)."""
    covariance: Float
    """(21 n,)."""
    environment: Codes
    status: Codes
    process_noise: Float
    identity: Codes
    identity_confidence: Float
    motion_model: Codes
    quality: Narrow
    parent_local_number: Narrow
    tracklet_told: Narrow
    """(n,), or of length 0 where no tracklets are carried."""
    tracklet_information: Float
    """(21 n,) or of length 0."""
    tracklet_vector: Float
    """(6 n,) or of length 0."""


ORDER = Columns._fields
_LOCAL, _TIME, _STATE, _COVARIANCE, _ENVIRONMENT, _STATUS, _NOISE = range(7)
_IDENTITY, _CONFIDENCE, _MOTION, _QUALITY, _PARENT, _TOLD, _INFORMATION, _VECTOR = range(7, 15)
_COLUMNS = len(ORDER)
_NEEDED = np.array([column <= _STATUS for column in range(_COLUMNS)])
_NUMBER = np.array([track_pb2.TrackBatch.DESCRIPTOR.fields_by_name[name].number for name in ORDER])
_COLUMN_OF = np.full(int(_NUMBER.max()) + 1, -1)
_COLUMN_OF[_NUMBER] = np.arange(_COLUMNS)
_VARINT, _EIGHT_BYTES, _LENGTH, _FOUR_BYTES = 0, 1, 2, 5
_VARINT_MAX = 10


@kernel
def _varint(data: Bytes, at: int, end: int) -> tuple[np.int64, int]:
    """(value, where the next field begins), or (0, -1) where there is none whole before ``end``."""
    value = np.uint64(0)
    for k in range(min(_VARINT_MAX, end - at)):
        byte = np.uint64(data[at + k])
        value |= (byte & np.uint64(127)) << np.uint64(7 * k)
        if byte < np.uint64(128):
            return np.int64(value), at + k + 1
    return np.int64(0), -1


@kernel
def _find(data: Bytes, begin: Ints, end: Ints) -> int:
    """Where each column lies; the highest number of a field that is there, -1 where the message is not laid
    out plainly."""
    at, total, highest = 0, len(data), 0
    while at < total:
        key, at = _varint(data, at, total)
        if at < 0:
            return -1
        number, kind = key >> 3, key & 7
        highest = max(highest, int(number))
        column = _COLUMN_OF[number] if 0 < number < len(_COLUMN_OF) else -1
        if column >= 0 and (kind != _LENGTH or end[column] >= 0):
            return -1
        if kind == _VARINT:
            _, at = _varint(data, at, total)
            if at < 0:
                return -1
        elif kind == _EIGHT_BYTES:
            at += 8
        elif kind == _FOUR_BYTES:
            at += 4
        elif kind == _LENGTH:
            size, at = _varint(data, at, total)
            if at < 0 or size < 0 or size > total - at:
                return -1
            if column >= 0:
                begin[column], end[column] = at, at + size
            at += int(size)
        else:
            return -1
    return highest if at == total else -1


@kernel
def _words(data: Bytes, begin: int, end: int, out: Words) -> None:
    """Eight bytes a value, the lowest first."""
    if begin < 0:
        out[:] = 0
        return
    at = begin
    for k in range(len(out)):
        word = np.uint64(0)
        for b in range(8):
            word |= np.uint64(data[at + b]) << np.uint64(8 * b)
        out[k] = word
        at += 8


@kernel
def _varints(data: Bytes, begin: int, end: int, out: Narrow) -> bool:
    """The low 32 bits of each value, as protobuf keeps them; False where there are fewer or more."""
    if begin < 0:
        out[:] = 0
        return True
    at = begin
    for k in range(len(out)):
        if at < end and data[at] < 128:
            out[k] = data[at]
            at += 1
            continue
        value, at = _varint(data, at, end)
        if at < 0:
            return False
        out[k] = np.uint32(value & 0xFFFFFFFF)
    return at == end


@kernel
def _flags(data: Bytes, begin: int, end: int, out: Narrow) -> bool:
    """A byte each, 0 or 1; False where there are fewer, more or others."""
    if end - begin != len(out):
        return False
    for k in range(len(out)):
        out[k] = data[begin + k]
        if out[k] > 1:
            return False
    return True


@kernel
def _eight_bytes_each(begin: int, end: int, n: int) -> bool:
    """Whether a column left out or of ``n`` values of eight bytes."""
    return begin < 0 or end - begin == 8 * n


@kernel
def read(data: Bytes, n: int) -> tuple[bool, int, Columns]:
    """Whether the bytes are laid out plainly; then the highest number of a field that is there, and the
    columns of `ORDER` of a report of ``n`` rows.

    Left out columns are zeros; those of the tracklets are of length 0 where there are none, and what is told
    is ones where it is left out.
    """
    begin, end = np.full(_COLUMNS, -1), np.full(_COLUMNS, -1)
    highest = _find(data, begin, end)
    plain = highest >= 0
    for c in range(_COLUMNS):
        if begin[c] == end[c] and not _NEEDED[c]:
            begin[c] = -1
        elif begin[c] < 0:
            plain = False
    carried = n if begin[_INFORMATION] >= 0 else 0
    plain = (
        plain
        and (begin[_VECTOR] >= 0) == (carried > 0)
        and (begin[_TOLD] < 0 or carried > 0)
        and _eight_bytes_each(begin[_TIME], end[_TIME], n)
        and _eight_bytes_each(begin[_STATE], end[_STATE], 6 * n)
        and _eight_bytes_each(begin[_COVARIANCE], end[_COVARIANCE], 21 * n)
        and _eight_bytes_each(begin[_NOISE], end[_NOISE], n)
        and _eight_bytes_each(begin[_CONFIDENCE], end[_CONFIDENCE], n)
        and _eight_bytes_each(begin[_INFORMATION], end[_INFORMATION], 21 * n)
        and _eight_bytes_each(begin[_VECTOR], end[_VECTOR], 6 * n)
    )
    times, states, covariances = np.empty(n, np.uint64), np.empty(6 * n), np.empty(21 * n)
    local, quality, parent = np.empty(n, np.uint32), np.empty(n, np.uint32), np.empty(n, np.uint32)
    environment, status = np.empty(n, np.int32), np.empty(n, np.int32)
    identity, motion = np.empty(n, np.int32), np.empty(n, np.int32)
    noise, confidence, told = np.empty(n), np.empty(n), np.ones(carried, np.uint32)
    information, vector = np.empty(21 * carried), np.empty(6 * carried)
    if plain:
        _words(data, begin[_TIME], end[_TIME], times)
        _words(data, begin[_STATE], end[_STATE], states.view(np.uint64))
        _words(data, begin[_COVARIANCE], end[_COVARIANCE], covariances.view(np.uint64))
        _words(data, begin[_NOISE], end[_NOISE], noise.view(np.uint64))
        _words(data, begin[_CONFIDENCE], end[_CONFIDENCE], confidence.view(np.uint64))
        _words(data, begin[_INFORMATION], end[_INFORMATION], information.view(np.uint64))
        _words(data, begin[_VECTOR], end[_VECTOR], vector.view(np.uint64))
        plain = (
            _varints(data, begin[_LOCAL], end[_LOCAL], local)
            and _varints(data, begin[_ENVIRONMENT], end[_ENVIRONMENT], environment.view(np.uint32))
            and _varints(data, begin[_STATUS], end[_STATUS], status.view(np.uint32))
            and _varints(data, begin[_IDENTITY], end[_IDENTITY], identity.view(np.uint32))
            and _varints(data, begin[_MOTION], end[_MOTION], motion.view(np.uint32))
            and _varints(data, begin[_QUALITY], end[_QUALITY], quality)
            and _varints(data, begin[_PARENT], end[_PARENT], parent)
            and (begin[_TOLD] < 0 or _flags(data, begin[_TOLD], end[_TOLD], told))
        )
    return plain, highest, Columns(
        local, times, states, covariances, environment, status, noise, identity, confidence, motion, quality,
        parent, told, information, vector,
    )  # fmt: skip
