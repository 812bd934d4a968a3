"""The newest state of one nation's picture, and what changed in it since when.

Every update has its revision; a browser that was sent revision v is owed ``since(v)`` and nothing else,
however many updates came in between.
"""

from __future__ import annotations

import copy
from collections import deque
from typing import Annotated, Final

import numpy as np

from fusion.constants import OPERATION, Chosen
from fusion.update.decode import Update
from fusion.update.picture_table import PictureTable
from fusion.update.track_rows import Records
from nodes.page.regions import Regions
from triwatch.v1 import page_pb2, picture_pb2

_COLUMNS = (
    "track_time_ns",
    "state",
    "covariance",
    "environment",
    "identity",
    "identity_confidence",
    "identity_conflict",
    "status",
    "mode_probability",
    "contributor_count",
    "parent",
    "birth_time_ns",
    "quality",
    "process_noise",
)
_REMOVED_KEPT: Final[
    Annotated[int, Chosen("1", "removed tracks remembered for browsers that are behind", OPERATION)]
] = 4096


class Rows:
    """One nation's picture and the tracks that have gone from it lately."""

    def __init__(self) -> None:
        self.table = PictureTable()
        self._regions = Regions()
        self._removed: deque[tuple[int, int]] = deque(maxlen=_REMOVED_KEPT)
        self._forgotten = 0

    @property
    def version(self) -> int:
        """Of the newest state; 0 before the first update."""
        return self.table.revision

    @property
    def gap(self) -> bool:
        """Whether an update is missing, or was passed over: a snapshot mends it."""
        table = self.table
        return not table.revision or bool(table.missing) or not table.complete

    def copy(self) -> Rows:
        """An independent picture."""
        twin = copy.copy(self)
        twin.table, twin._removed = self.table.copy(), self._removed.copy()
        twin._regions = self._regions.copy()
        return twin

    def take(self, update: bytes | picture_pb2.PictureUpdate) -> list[Update]:
        """Take an update in; those that then applied. Raises UpdateError where it breaks the contract."""
        due = self.table.receive(update)
        for one in due:
            for number in self.table.apply(one):
                if len(self._removed) == _REMOVED_KEPT:
                    self._forgotten = self._removed[0][0]
                self._removed.append((self.version, number))
        return due

    def since(self, version: int) -> picture_pb2.PictureUpdate:
        """What a browser that holds ``version`` lacks: a delta, or a snapshot where it holds nothing."""
        table = self.table
        delta, rows = self._owed(version)
        contributors, contributor_time_ns = table.contributors(rows)
        update = picture_pb2.PictureUpdate(
            nation=table.nation,
            kind=picture_pb2.PICTURE_KIND_DELTA if delta else picture_pb2.PICTURE_KIND_SNAPSHOT,
            finality=picture_pb2.Finality.ValueType(table.finality),
            time_ns=table.time_ns,
            final_time_ns=table.final_time_ns,
            input_digest=table.input_digest,
            picture_digest=table.picture_digest,
            node_id=table.node_id,
            number=rows["number"].tolist(),
            contributors=contributors.tolist(),
            contributor_time_ns=contributor_time_ns.tolist(),
            call_sign=[table.text(index) for index in rows["call_sign"].tolist()],
        )
        for name in _COLUMNS:
            getattr(update, name).extend(np.ravel(rows[name]).tolist())
        update.flight.extend(table.flight[n] for n in update.number if n in table.flight)
        update.heard.extend(table.heard[n] for n in update.number if n in table.heard)
        if table.told_of_search > version if delta else table.search.map:
            update.search.CopyFrom(table.search)
        if table.told_of_nodes > version or not delta:
            update.sensor_bias.extend(table.sensor_bias)
            update.node_consistency.extend(table.node_consistency)
        if delta:
            gone = {number for v, number in self._removed if v > version and number not in table}
            update.removed.extend(sorted(gone))
        return update

    def regions(self, version: int) -> list[page_pb2.Region]:
        """Where what is under water of the rows that ``since`` tells may be."""
        return self._regions.of(self.table, self._owed(version)[1])

    def _owed(self, version: int) -> tuple[bool, Records]:
        """Whether a browser that holds ``version`` can be told by a delta, and the rows to tell."""
        rows = self.table.rows
        if version > 0 and version >= self._forgotten:
            return True, rows[rows["revision"] > version]
        return False, rows
