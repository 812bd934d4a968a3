"""Tables of tracks that change through a recording, copied at every scoring instant."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Final, Protocol

import numpy as np

from fusion.arrays import Bools, Float, Ints
from fusion.constants import OPERATION, Chosen
from fusion.physics.extrapolate import carry
from fusion.score.tables import Shown
from fusion.update.track_rows import Records

_LOWER = np.tril_indices(6)
STALE_NS: Final[
    Annotated[
        int,
        Chosen(
            "ns", "A node's track that was not reported for so long is gone, though no one said so", OPERATION
        ),
    ]
] = 30 * 10**9
SILENT_NS: Final[
    Annotated[int, Chosen("ns", "A core that published nothing for so long takes no part", OPERATION)]
] = 10 * 10**9


class Table(Protocol):
    """What changes: a core's picture, a node's tracks."""

    @property
    def rows(self) -> Records:
        """(n,) of `fusion.update.track_rows.ROW`."""


@dataclass(slots=True)
class _Copied:
    """Columns of rows copied instant by instant."""

    instant: list[Ints] = field(default_factory=list)
    labels: list[Ints] = field(default_factory=list)
    """(n, 4) number, time, environment, identity."""
    values: list[Float] = field(default_factory=list)
    """(n, 28) state, packed covariance, process noise."""


class Follower:
    """A changing table of tracks, copied at every scoring instant.

    The copy at instant t is the table after the last change whose time is not later than t: what was
    valid then, with every report that had arrived. How much later it arrived is the latency's business.
    """

    def __init__(self, table: Table, instant_ns: Ints, stale_ns: int | None = None) -> None:
        self._table = table
        self._instant_ns = instant_ns
        self._stale_ns = stale_ns
        self._next = 0
        self._copied = _Copied()
        self._first_ns = self._newest_ns = 0
        self.taking_part: Bools = np.zeros(len(instant_ns), np.bool_)

    def advance(self, time_ns: int) -> None:
        """A change of ``time_ns`` is about to be made: copy the table at every instant before.

        A core's first updates may have time 0, for nothing has been reported: they do not count as heard.
        """
        self._newest_ns = max(self._newest_ns, time_ns)
        self._first_ns = self._first_ns or self._newest_ns
        while self._next < len(self._instant_ns) and self._instant_ns[self._next] < self._newest_ns:
            self._copy(self._next)
            self._next += 1

    def shown(self) -> Shown:
        """Every instant's rows, carried to the instant.

        Instants before the first update and long after the last show nothing.
        """
        newest_ns = self._newest_ns
        self.advance(2**62)
        if self._first_ns and newest_ns:
            after = self._instant_ns >= self._first_ns
            self.taking_part = after & (self._instant_ns <= newest_ns + SILENT_NS)
        out = self._copied
        instant = np.concatenate([*out.instant, np.zeros(0, np.int64)])
        labels = np.concatenate([*out.labels, np.zeros((0, 4), np.int64)])
        keep = self.taking_part[instant]
        if self._stale_ns is not None:
            keep &= self._instant_ns[instant] - labels[:, 1] <= self._stale_ns
        instant, labels = instant[keep], labels[keep]
        values = np.concatenate([*out.values, np.zeros((0, 28))])[keep]
        covariance = np.empty((len(instant), 6, 6))
        covariance[:, _LOWER[0], _LOWER[1]] = values[:, 6:27]
        covariance[:, _LOWER[1], _LOWER[0]] = values[:, 6:27]
        state = np.ascontiguousarray(values[:, :6])
        number, time_ns, environment, identity = labels.T.copy()
        dt_s = (self._instant_ns[instant] - time_ns) * 1e-9
        carry(environment, state, covariance, np.ascontiguousarray(values[:, 27]), dt_s)
        return Shown(instant, number, state, covariance, environment, identity)

    def _copy(self, k: int) -> None:
        rows = self._table.rows
        labels = [rows[name] for name in ("number", "track_time_ns", "environment", "identity")]
        self._copied.instant.append(np.full(len(rows), k))
        self._copied.labels.append(np.stack(labels, axis=1))
        self._copied.values.append(
            np.concatenate([rows["state"], rows["covariance"], rows["process_noise"][:, None]], axis=1)
        )
