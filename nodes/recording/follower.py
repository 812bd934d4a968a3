"""Tables of tracks that change through a recording, copied at every scoring instant."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from fusion.physics.geodesy import Float
from fusion.score.extrapolate import carry
from fusion.score.tables import Bools, Ints, Shown
from triwatch.v1 import picture_pb2

_LOWER = np.tril_indices(6)
_PACKED = 21
STALE_NS = 30 * 10**9
"""A node's track that was not reported for so long is gone, though no one said so."""
SILENT_NS = 10 * 10**9
"""A core that published nothing for so long takes no part."""


@dataclass(slots=True)
class _Emitted:
    """Columns of rows emitted instant by instant."""

    instant: list[Ints] = field(default_factory=list)
    number: list[Ints] = field(default_factory=list)
    values: list[Float] = field(default_factory=list)
    labels: list[Ints] = field(default_factory=list)


class Follower:
    """A changing table of tracks, followed through a recording and copied at every scoring instant.

    The copy at instant t is the table after the last update whose time is not later than t: what was
    valid then, with every report that had arrived. How much later it arrived is the latency's business.
    """

    def __init__(self, instant_ns: Ints, stale_ns: int | None = None) -> None:
        self._instant_ns = instant_ns
        self._stale_ns = stale_ns
        self._slot: dict[int, int] = {}
        self._free: list[int] = []
        self._values = np.zeros((256, 6 + _PACKED + 1))
        self._labels = np.zeros((256, 3), np.int64)  # time, environment, identity
        self._next = 0
        self._incarnation = 0
        self._out = _Emitted()
        self.taking_part: Bools = np.zeros(len(instant_ns), np.bool_)

    def __len__(self) -> int:
        return len(self._slot)

    def advance(self, time_ns: int) -> None:
        """An update of ``time_ns`` is about to be applied: copy the table at every instant before."""
        while self._next < len(self._instant_ns) and self._instant_ns[self._next] < time_ns:
            self._emit(self._next)
            self._next += 1

    def take_update(self, update: Any) -> None:
        """Apply a PictureUpdate. Raises ValueError where its columns do not fit each other."""
        rows = columns(update, update.track_time_ns)
        number = np.asarray(update.number, dtype=np.int64)
        if len(number) != len(rows[0]) or len(set(update.number)) < len(number):
            raise ValueError("columns do not fit")
        if update.kind == picture_pb2.PICTURE_KIND_SNAPSHOT or update.incarnation != self._incarnation:
            self.clear()
            self._incarnation = update.incarnation
        self.remove(update.removed)
        self.apply(number, *rows)

    def states(self) -> dict[int, Float]:
        """The states (6,) now held, by track number."""
        return {number: self._values[slot, :6].copy() for number, slot in self._slot.items()}

    def clear(self) -> None:
        """A snapshot follows: forget everything."""
        self._slot.clear()
        self._free.clear()

    def apply(self, number: Ints, time_ns: Ints, environment: Ints, identity: Ints, values: Float) -> None:
        """New rows of these tracks; ``values`` (n, 28) state, packed covariance, process noise."""
        slots = [self._place(one) for one in number.tolist()]
        self._values[slots] = values
        self._labels[slots] = np.stack([time_ns, environment, identity], axis=1)

    def remove(self, number: Iterable[int]) -> None:
        """These tracks are gone."""
        for one in number:
            slot = self._slot.pop(one, None)
            if slot is not None:
                self._free.append(slot)

    def shown(self, heard_ns: Ints) -> Shown:
        """Every instant's rows, carried to the instant; ``heard_ns`` are the times of all updates.

        Instants before the first update and long after the last show nothing.
        """
        self.advance(2**62)
        out = self._out
        if len(heard_ns):
            first, last = int(heard_ns.min()), int(heard_ns.max()) + SILENT_NS
            self.taking_part = (self._instant_ns >= first) & (self._instant_ns <= last)
        instant = np.concatenate([*out.instant, np.zeros(0, np.int64)])
        labels = np.concatenate([*out.labels, np.zeros((0, 3), np.int64)])
        keep = self.taking_part[instant]
        if self._stale_ns is not None:
            keep &= self._instant_ns[instant] - labels[:, 0] <= self._stale_ns
        instant, labels = instant[keep], labels[keep]
        number = np.concatenate([*out.number, np.zeros(0, np.int64)])[keep]
        values = np.concatenate([*out.values, np.zeros((0, 28))])[keep]
        covariance = np.empty((len(number), 6, 6))
        covariance[:, _LOWER[0], _LOWER[1]] = values[:, 6:27]
        covariance[:, _LOWER[1], _LOWER[0]] = values[:, 6:27]
        state = np.ascontiguousarray(values[:, :6])
        dt_s = (self._instant_ns[instant] - labels[:, 0]) * 1e-9
        carry(labels[:, 1], state, covariance, np.ascontiguousarray(values[:, 27]), dt_s)
        return Shown(instant, number, state, covariance, labels[:, 1], labels[:, 2])

    def _place(self, number: int) -> int:
        slot = self._slot.get(number)
        if slot is None:
            slot = self._free.pop() if self._free else len(self._slot)
            if slot == len(self._values):
                self._values = np.concatenate([self._values, np.zeros_like(self._values)])
                self._labels = np.concatenate([self._labels, np.zeros_like(self._labels)])
            self._slot[number] = slot
        return slot

    def _emit(self, k: int) -> None:
        slots = np.fromiter(self._slot.values(), np.int64, len(self._slot))
        self._out.instant.append(np.full(len(slots), k))
        self._out.number.append(np.fromiter(self._slot, np.int64, len(self._slot)))
        self._out.values.append(self._values[slots])
        self._out.labels.append(self._labels[slots])


def columns(message: Any, time_ns: Any) -> tuple[Ints, Ints, Ints, Float]:
    """Times, environments, identities (n,) and values (n, 28) of a TrackBatch's or PictureUpdate's rows.

    Raises ValueError where the columns do not fit each other or hold what is no number.
    """
    times = np.asarray(time_ns).astype(np.int64)
    n = len(times)
    values = np.zeros((n, 28))
    values[:, :6] = np.asarray(message.state, dtype=float).reshape(n, 6)
    values[:, 6:27] = np.asarray(message.covariance, dtype=float).reshape(n, _PACKED)
    noise = np.asarray(message.process_noise, dtype=float)
    if len(noise):
        values[:, 27] = noise
    identity = (
        np.asarray(message.identity, dtype=np.int64) if len(message.identity) else np.zeros(n, np.int64)
    )
    environment = np.asarray(message.environment, dtype=np.int64)
    if not np.isfinite(values).all() or len(identity) != n or len(environment) != n:
        raise ValueError("columns do not fit")
    return times, environment, np.where((identity < 0) | (identity > 6), 0, identity), values
