"""The newest state of one nation's picture, column by column, and what changed in it since when.

Every change gets a new version; a browser that was sent version v is owed ``since(v)`` and nothing else,
however many updates came in between.
"""

from __future__ import annotations

import copy
from collections import deque
from typing import Any

import numpy as np
from numpy.typing import NDArray

from triwatch.v1 import picture_pb2

Array = NDArray[Any]

# Columns with one value a track, and how many values the wide ones have.
_NARROW: dict[str, Any] = {
    "track_time_ns": np.uint64,
    "environment": np.int64,
    "identity": np.int64,
    "identity_confidence": np.float64,
    "identity_conflict": np.bool_,
    "status": np.int64,
    "contributor_count": np.int64,
    "call_sign": object,
    "parent": np.int64,
    "birth_time_ns": np.uint64,
    "quality": np.int64,
    "process_noise": np.float64,
}
_WIDE = {"state": 6, "covariance": 21, "mode_probability": 4}
# Columns with contributor_count values a track.
_RAGGED: dict[str, Any] = {"contributors": np.int64, "contributor_time_ns": np.uint64}
_REMOVED_KEPT = 4096


class Rows:
    """One picture. Arrays are replaced, never written to, so that ``copy`` shares them."""

    def __init__(self) -> None:
        self.version = 0
        self.number: Array = np.empty(0, np.int64)
        self.node_id: list[str] = []
        self.finality = picture_pb2.FINALITY_UNSPECIFIED
        self.time_ns = 0
        self.final_time_ns = 0
        self.input_digest = ""
        self.picture_digest = ""
        self.incarnation = 0
        self.sequence = 0
        self.gap = False
        """Whether an update is missing: a removal may have been in it. A snapshot mends it."""
        self._changed: Array = np.empty(0, np.int64)
        self._columns: dict[str, Array] = {name: np.empty(0, kind) for name, kind in _NARROW.items()}
        self._columns |= {name: np.empty((0, width)) for name, width in _WIDE.items()}
        self._ragged: dict[str, Array] = {name: np.empty(0, kind) for name, kind in _RAGGED.items()}
        self._flight: dict[int, picture_pb2.Flight] = {}
        self._removed: deque[tuple[int, int]] = deque(maxlen=_REMOVED_KEPT)
        self._forgotten = 0

    def copy(self) -> Rows:
        """An independent picture that shares the arrays."""
        twin = copy.copy(self)
        twin._columns, twin._ragged = dict(self._columns), dict(self._ragged)
        twin.node_id, twin._flight = list(self.node_id), dict(self._flight)
        twin._removed = self._removed.copy()
        return twin

    def position(self) -> Array:
        """(n, 3) ECEF m of every track."""
        return self._columns["state"][:, :3]

    @property
    def track_time_ns(self) -> Array:
        """(n,) what each state is valid at."""
        return self._columns["track_time_ns"]

    @property
    def flight(self) -> dict[int, picture_pb2.Flight]:
        """Flights by track number."""
        return self._flight

    def apply(self, update: picture_pb2.PictureUpdate) -> bool:
        """Take an update in; False where it is older than what is held, comes again, or is malformed."""
        known = (self.incarnation, self.sequence)
        key = (update.incarnation, update.sequence)
        snapshot = update.kind == picture_pb2.PICTURE_KIND_SNAPSHOT
        mends = snapshot and self.gap and key == known
        if (known >= key > (0, 0) and not mends) or not _fits(update):
            return False
        follows = key == (self.incarnation, self.sequence + 1)
        self.gap = not snapshot and (self.gap or not follows)
        self.version += 1
        if snapshot:
            gone = np.setdiff1d(self.number, np.asarray(update.number, np.int64))
            self._keep(np.zeros(len(self.number), bool))
        else:
            gone = np.intersect1d(self.number, np.asarray(update.removed, np.int64))
        self._remove(gone)
        self._put(update)
        for flight in update.flight:
            self._flight[flight.track] = flight
        self.incarnation, self.sequence = key
        self.finality, self.time_ns = update.finality, update.time_ns
        self.final_time_ns = update.final_time_ns
        self.input_digest, self.picture_digest = update.input_digest, update.picture_digest
        return True

    def _remove(self, gone: Array) -> None:
        if gone.size:
            self._keep(~np.isin(self.number, gone))
        for number in gone.tolist():
            self._flight.pop(number, None)
            if len(self._removed) == _REMOVED_KEPT:
                self._forgotten = self._removed[0][0]
            self._removed.append((self.version, number))

    def _keep(self, mask: Array) -> None:
        flat = np.repeat(mask, self._columns["contributor_count"])
        self._ragged = {name: column[flat] for name, column in self._ragged.items()}
        self._columns = {name: column[mask] for name, column in self._columns.items()}
        self.number, self._changed = self.number[mask], self._changed[mask]

    def _put(self, update: picture_pb2.PictureUpdate) -> None:
        """Rows that are new replace those of the same number, at the end."""
        number = np.asarray(update.number, np.int64)
        n = len(number)
        if not n:
            return
        self._keep(~np.isin(self.number, number))
        self.number = np.concatenate([self.number, number])
        self._changed = np.concatenate([self._changed, np.full(n, self.version)])
        for name, kind in _NARROW.items():
            self._columns[name] = np.concatenate([self._columns[name], _column(update, name, kind, n)])
        for name, width in _WIDE.items():
            new = _column(update, name, np.float64, n * width).reshape(n, width)
            self._columns[name] = np.concatenate([self._columns[name], new])
        index = np.array([self._node(name) for name in update.node_id], np.int64)
        pointed = np.asarray(update.contributors, np.int64)
        known = pointed if not pointed.size else index[pointed]
        self._ragged["contributors"] = np.concatenate([self._ragged["contributors"], known])
        times = _column(update, "contributor_time_ns", np.uint64, len(pointed))
        self._ragged["contributor_time_ns"] = np.concatenate([self._ragged["contributor_time_ns"], times])

    def _node(self, name: str) -> int:
        if name not in self.node_id:
            self.node_id.append(name)
        return self.node_id.index(name)

    def since(self, version: int) -> picture_pb2.PictureUpdate:
        """What a browser that holds ``version`` lacks: a delta, or a snapshot where it holds nothing."""
        delta = version > 0 and version >= self._forgotten
        mask = self._changed > version if delta else np.ones(len(self.number), bool)
        update = picture_pb2.PictureUpdate(
            kind=picture_pb2.PICTURE_KIND_DELTA if delta else picture_pb2.PICTURE_KIND_SNAPSHOT,
            finality=self.finality,
            time_ns=self.time_ns,
            final_time_ns=self.final_time_ns,
            input_digest=self.input_digest,
            picture_digest=self.picture_digest,
            node_id=self.node_id,
            number=self.number[mask].tolist(),
        )
        for name in (*_NARROW, *_WIDE):
            getattr(update, name).extend(self._columns[name][mask].ravel().tolist())
        flat = np.repeat(mask, self._columns["contributor_count"])
        for name, column in self._ragged.items():
            getattr(update, name).extend(column[flat].tolist())
        update.flight.extend(self._flight[n] for n in update.number if n in self._flight)
        if delta:
            here = set(self.number.tolist())
            update.removed.extend(sorted({n for v, n in self._removed if v > version and n not in here}))
        return update


def _fits(update: picture_pb2.PictureUpdate) -> bool:
    """Whether the columns that everything hangs on fit each other."""
    n = len(update.number)
    wide = len(update.state) == 6 * n and len(update.covariance) == 21 * n
    count, pointed = sum(update.contributor_count), update.contributors
    counted = len(update.contributor_count) in (0, n) and count == len(pointed)
    return wide and counted and max(pointed, default=-1) < len(update.node_id)


def _column(update: picture_pb2.PictureUpdate, name: str, kind: Any, n: int) -> Array:
    """A column of the update as an array of ``n`` values; zeros where it was left out."""
    values = getattr(update, name)
    if len(values) == n:
        return np.array(values, kind)
    return np.full(n, "", object) if kind is object else np.zeros(n, kind)
