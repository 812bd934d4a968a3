"""The columns of a PictureUpdate, written by compiled code as the message's own bytes.

Each is a packed field: its key, its length, its values (protobuf encoding specification, "Packed repeated
fields"). To hand protobuf one Python number after the other costs more than folding the report that changed
them; bytes that are merged into a message cost little more than copying them.
"""

from __future__ import annotations

import numpy as np

from fusion.arrays import Bytes, Float, Ints, Records, word
from fusion.kernel import kernel
from fusion.table.records import CRUISE, MANOEUVRE, SECOND, TRACK, Source, Track
from fusion.table.tracks import (
    SHOWN,
    SHOWN_BOOST,
    SHOWN_CONSTANT_VELOCITY,
    SHOWN_FREE_FLIGHT,
    SHOWN_MANOEUVRE,
)
from triwatch.v1 import picture_pb2

QUALITY_M2 = np.array([100.0 * 4.0**k for k in range(15)])
"""Mean position variances up to which the quality is 15, 14, ... 1: a sigma of 10 m, and each doubling."""


def _tag(column: str) -> int:
    """The key of a packed or text field on the wire: number and wire type 2."""
    return int(picture_pb2.PictureUpdate.DESCRIPTOR.fields_by_name[column].number) << 3 | 2


def _column(column: str, field: str) -> tuple[int, int, int]:
    """(key, first word in a track's row, words) of a column that is a field of the table."""
    first, words = word(TRACK, field)
    return _tag(column), first, words


_FIXED = np.array(
    [
        _column("track_time_ns", "time_ns"),
        _column("state", "state"),
        _column("covariance", "covariance"),
        _column("identity_confidence", "confidence"),
        _column("birth_time_ns", "birth_ns"),
        _column("process_noise", "q"),
    ]
)
_VARINTS = np.array(
    [
        _column("number", "number"),
        _column("environment", "environment"),
        _column("identity", "identity"),
        _column("identity_conflict", "conflict"),
        _column("status", "status"),
        _column("contributor_count", "contributor_count"),
        _column("parent", "parent"),
    ]
)
_CONTRIBUTOR, _CONTRIBUTOR_TIME = _tag("contributors"), _tag("contributor_time_ns")
_MODE_PROBABILITY, _QUALITY = _tag("mode_probability"), _tag("quality")
_VARINT_MAX = 10


@kernel
def _varint_size(value: int) -> int:
    size = 1
    rest = np.uint64(value) >> np.uint64(7)
    while rest != np.uint64(0):
        rest >>= np.uint64(7)
        size += 1
    return size


@kernel
def _put_varint(out: Bytes, at: int, value: int) -> int:
    rest = np.uint64(value)
    while rest > np.uint64(127):
        out[at] = np.uint8(rest & np.uint64(127)) | np.uint8(128)
        rest >>= np.uint64(7)
        at += 1
    out[at] = np.uint8(rest)
    return at + 1


@kernel
def _put_word(out: Bytes, at: int, value: int) -> int:
    """Eight bytes, the lowest first."""
    rest = np.uint64(value)
    for k in range(8):
        out[at + k] = np.uint8(rest >> np.uint64(8 * k))
    return at + 8


@kernel
def _open_column(out: Bytes, at: int, tag: int, size: int) -> tuple[int, int]:
    """Write a packed column's key and length; (where its values begin, where they end)."""
    begin = _put_varint(out, _put_varint(out, at, tag), size)
    return begin, begin + size


@kernel
def _quality(p: Float) -> int:
    """`fusion.update.publish.track_quality` of one packed covariance."""
    variance = (p[0] + p[2] + p[5]) / 3.0
    doublings = 0
    while doublings < len(QUALITY_M2) and QUALITY_M2[doublings] < variance:
        doublings += 1
    return len(QUALITY_M2) - doublings


@kernel
def encode(
    tracks: Records[Track], words: Ints, sources: Records[Source], rows: Ints, nodes: int
) -> tuple[Bytes, Ints]:
    """Every column but the call signs, of at least one row of a table: (n,) uint8; and which of so many
    ``nodes`` the contributors are of, (m,): the update points into these alone.

    ``tracks``, ``words`` and ``sources`` are the table's (see `fusion.table.tracks.Arrays`).

    The columns are laid out first, then written side by side, so that a row of the table is read once.
    """
    n = len(rows)
    contributors, nodes_size = 0, 0
    place, named, names = np.full(nodes, -1), np.empty(nodes, np.int64), 0
    varint_size = np.zeros(len(_VARINTS), np.int64)
    for row in rows:
        track = tracks[row]
        contributors += track.contributor_count
        for k in range(track.contributor_count):
            node = sources[track.contributor[k]].node
            if place[node] < 0:
                place[node] = names
                named[names] = node
                names += 1
            nodes_size += _varint_size(place[node])
        for c in range(len(_VARINTS)):
            varint_size[c] += _varint_size(words[row, _VARINTS[c, 1]])
    total = nodes_size + 8 * contributors + 8 * SHOWN * n + n
    for c in range(len(_FIXED)):
        total += 8 * _FIXED[c, 2] * n
    total += varint_size.sum() + 2 * _VARINT_MAX * (len(_FIXED) + len(_VARINTS) + 4)
    out = np.empty(total, np.uint8)

    fixed, varint = np.empty(len(_FIXED), np.int64), np.empty(len(_VARINTS), np.int64)
    end = 0
    for c in range(len(_FIXED)):
        fixed[c], end = _open_column(out, end, _FIXED[c, 0], 8 * _FIXED[c, 2] * n)
    for c in range(len(_VARINTS)):
        varint[c], end = _open_column(out, end, _VARINTS[c, 0], varint_size[c])
    mode, end = _open_column(out, end, _MODE_PROBABILITY, 8 * SHOWN * n)
    quality, end = _open_column(out, end, _QUALITY, n)
    by, end = _open_column(out, end, _CONTRIBUTOR, nodes_size)
    node_time, end = _open_column(out, end, _CONTRIBUTOR_TIME, 8 * contributors)

    shown = np.empty(SHOWN)
    bits = shown.view(np.int64)
    for row in rows:
        track = tracks[row]
        for c in range(len(_FIXED)):
            for w in range(_FIXED[c, 1], _FIXED[c, 1] + _FIXED[c, 2]):
                fixed[c] = _put_word(out, fixed[c], words[row, w])
        for c in range(len(_VARINTS)):
            varint[c] = _put_varint(out, varint[c], words[row, _VARINTS[c, 1]])
        cruise, second = track.mode_probability[CRUISE], track.mode_probability[SECOND]
        shown[:] = 0.0
        shown[SHOWN_MANOEUVRE] = track.mode_probability[MANOEUVRE]
        if track.ballistic == 1:
            shown[SHOWN_FREE_FLIGHT], shown[SHOWN_BOOST] = cruise, second
        else:
            shown[SHOWN_CONSTANT_VELOCITY] = cruise + second
        for m in range(SHOWN):
            mode = _put_word(out, mode, bits[m])
        quality = _put_varint(out, quality, _quality(track.covariance))
        for k in range(track.contributor_count):
            source = sources[track.contributor[k]]
            by = _put_varint(out, by, place[source.node])
            node_time = _put_word(out, node_time, source.time_ns)
    return out[:end], named[:names]
