"""The columns of numbers of a TrackBatch, read from the message's own bytes by compiled code.

Protobuf gives a column as an object of its own that numpy must ask for its buffer; a dozen of those cost
more than all the values of a small report. Here every column is found and copied in one call (protobuf
encoding specification, "Packed repeated fields"). What is not laid out as every encoder lays it out, each
column whole, packed and of the right length, is left to protobuf, which says what is wrong with it.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from triwatch.v1 import track_pb2

ORDER = (
    "local_number",
    "valid_time_ns",
    "state",
    "covariance",
    "environment",
    "status",
    "process_noise",
    "identity",
    "identity_confidence",
    "motion_model",
    "quality",
    "parent_local_number",
)
_CARRIED = ("tracklet_information", "tracklet_vector")
_COLUMNS = (*ORDER, *_CARRIED)
_WIDTH = np.array([1, 1, 6, 21, 1, 1, 1, 1, 1, 1, 1, 1])
_NEEDED = np.array([name in ORDER[:6] for name in ORDER])
_REAL = tuple(
    name
    for name in _COLUMNS
    if (field := track_pb2.TrackBatch.DESCRIPTOR.fields_by_name[name]).type == field.TYPE_DOUBLE
)
_REAL_COLUMN = np.array([_COLUMNS.index(name) for name in _REAL])
_NUMBER = np.array([track_pb2.TrackBatch.DESCRIPTOR.fields_by_name[name].number for name in _COLUMNS])
_COLUMN_OF = np.full(int(_NUMBER.max()) + 1, -1)
_COLUMN_OF[_NUMBER] = np.arange(len(_COLUMNS))
_VARINT, _EIGHT_BYTES, _LENGTH, _FOUR_BYTES = 0, 1, 2, 5
_VARINT_MAX = 10


@njit(cache=True)
def _varint(data, at, end):
    """(value, where the next field begins), or (0, -1) where there is none whole before ``end``."""
    value = np.uint64(0)
    for k in range(min(_VARINT_MAX, end - at)):
        byte = np.uint64(data[at + k])
        value |= (byte & np.uint64(127)) << np.uint64(7 * k)
        if byte < np.uint64(128):
            return np.int64(value), at + k + 1
    return np.int64(0), -1


@njit(cache=True)
def _find(data, begin, end):
    """Where each column lies; False where the message is not laid out plainly."""
    at, total = 0, len(data)
    while at < total:
        key, at = _varint(data, at, total)
        if at < 0:
            return False
        number, kind = key >> 3, key & 7
        column = _COLUMN_OF[number] if 0 < number < len(_COLUMN_OF) else -1
        if column >= 0 and (kind != _LENGTH or end[column] >= 0):
            return False
        if kind == _VARINT:
            _, at = _varint(data, at, total)
            if at < 0:
                return False
        elif kind == _EIGHT_BYTES:
            at += 8
        elif kind == _FOUR_BYTES:
            at += 4
        elif kind == _LENGTH:
            size, at = _varint(data, at, total)
            if at < 0 or size < 0 or size > total - at:
                return False
            if column >= 0:
                begin[column], end[column] = at, at + size
            at += size
        else:
            return False
    return at == total


@njit(cache=True)
def _words(data, begin, end, out):
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


@njit(cache=True)
def _varints(data, begin, end, out):
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


@njit(cache=True)
def read(data, n):
    """Whether the bytes are laid out plainly; then the columns of `ORDER`, zeros for those left out."""
    begin, end = np.full(len(_COLUMNS), -1), np.full(len(_COLUMNS), -1)
    plain = _find(data, begin, end)
    times, states, covariances = np.empty(n, np.uint64), np.empty(6 * n), np.empty(21 * n)
    local, quality, parent = np.empty(n, np.uint32), np.empty(n, np.uint32), np.empty(n, np.uint32)
    environment, status = np.empty(n, np.int32), np.empty(n, np.int32)
    identity, motion = np.empty(n, np.int32), np.empty(n, np.int32)
    noise, confidence = np.empty(n), np.empty(n)
    for c in range(len(_WIDTH)):
        if begin[c] == end[c] and not _NEEDED[c]:
            begin[c] = -1
        elif begin[c] < 0:
            plain = False
    for c in (1, 2, 3, 6, 8):
        plain = plain and (begin[c] < 0 or end[c] - begin[c] == 8 * n * _WIDTH[c])
    if plain:
        _words(data, begin[1], end[1], times)
        _words(data, begin[2], end[2], states.view(np.uint64))
        _words(data, begin[3], end[3], covariances.view(np.uint64))
        _words(data, begin[6], end[6], noise.view(np.uint64))
        _words(data, begin[8], end[8], confidence.view(np.uint64))
        plain = (
            _varints(data, begin[0], end[0], local)
            and _varints(data, begin[4], end[4], environment.view(np.uint32))
            and _varints(data, begin[5], end[5], status.view(np.uint32))
            and _varints(data, begin[7], end[7], identity.view(np.uint32))
            and _varints(data, begin[9], end[9], motion.view(np.uint32))
            and _varints(data, begin[10], end[10], quality)
            and _varints(data, begin[11], end[11], parent)
        )
    return plain, (
        local, times, states, covariances, environment, status, noise, identity, confidence, motion, quality,
        parent,
    )  # fmt: skip


@njit(cache=True)
def _not_finite(data):
    """Index into _REAL of the first column with an infinity or no number; -1 for none, -2 where the bytes are
    not laid out plainly."""
    begin, end = np.full(len(_COLUMNS), -1), np.full(len(_COLUMNS), -1)
    if not _find(data, begin, end):
        return -2
    for c in range(len(_REAL_COLUMN)):
        first, last = begin[_REAL_COLUMN[c]], end[_REAL_COLUMN[c]]
        # an exponent of ones (IEEE 754): the upper two of eight bytes, the lowest first
        for at in range(first + 7, last, 8):
            if data[at] & 127 == 127 and data[at - 1] >= 240:
                return c
    return -1


def not_finite(batch: track_pb2.TrackBatch, payload: bytes) -> str | None:
    """The first column of ``batch`` that holds an infinity or no number; ``payload`` is the batch's bytes."""
    column = _not_finite(np.frombuffer(payload, np.uint8))
    if column != -2:
        return _REAL[column] if column >= 0 else None
    return next((name for name in _REAL if not np.isfinite(np.asarray(getattr(batch, name))).all()), None)
