"""The picture as PictureUpdate messages: the whole of it, or what changed since the last."""

from __future__ import annotations

import numpy as np

from fusion.physics.geodesy import Float
from fusion.table.digest import changed_rows
from fusion.table.tracks import LINEAGE, Arrays, Ints, Records, Table
from fusion.update.encode import QUALITY_M2, encode
from triwatch.v1 import picture_pb2

_POSITION = (0, 2, 5)


def track_quality(covariance: Float) -> Ints:
    """Track quality 0 to 15 from packed covariances (n, 21), as ``proto/README.md`` has it.

    15 is a position known to 10 m (root of the mean variance over the three axes), one less for every
    doubling of that.
    """
    variance = covariance[:, _POSITION].sum(axis=1) / 3.0
    doublings: Ints = np.searchsorted(QUALITY_M2, variance, side="left").astype(np.int64)
    return len(QUALITY_M2) - doublings


def fill_columns(
    update: picture_pb2.PictureUpdate, a: Arrays, rows: Ints, nodes: list[str], text: dict[int, str]
) -> None:
    """The columns of an update from rows of the track table; ``text`` are the call signs by key."""
    if len(rows):
        columns, named = encode(a, rows, len(nodes))
        update.MergeFromString(columns.tobytes())
        update.node_id.extend([nodes[k] for k in named.tolist()])
        keys = a.tracks["call_sign"][rows]
        update.call_sign.extend([text[key] for key in keys.tolist()] if keys.any() else [""] * len(rows))


class Feed:
    """What a follower of the picture has been told so far, and what of it is no longer so."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._number = np.zeros(0, np.int64)  # of the track last told that lay in each row, 0 = none
        self._digest = np.zeros((0, 2), np.uint64)
        self._untold: Records = np.zeros(0, LINEAGE)
        self._followed = False

    def changed(self) -> tuple[Ints, list[int]]:
        """Rows whose track differs from what was last told, by ascending number, and the numbers that are
        gone, ascending; then all is told."""
        a, touched = self._table.arrays, self._table.take_touched()
        self._make_room(len(a.tracks))
        settled, news = changed_rows(a.tracks, a.numbers, touched, self._number, self._digest)
        if settled:
            return news, []
        number, digest = a.numbers[touched], a.tracks["digest"][touched]
        told, told_digest = self._number[touched], self._digest[touched]
        fresh = (number != told) | (digest != told_digest).any(axis=1)
        gone: list[int] = []
        left = (told != 0) & (number != told)
        if left.any():
            # a rollback may have put a track into another row: that alone is no news
            moved = {
                k: tuple(d) for k, d in zip(told[left].tolist(), told_digest[left].tolist(), strict=True)
            }
            gone = sorted(moved.keys() - set(number.tolist()))
            for k in np.flatnonzero(number != told).tolist():
                fresh[k] = moved.get(int(number[k])) != tuple(digest[k].tolist())
        self._number[touched], self._digest[touched] = number, digest
        rows = touched[fresh & (number != 0)]
        return rows[np.argsort(a.numbers[rows])], gone

    def new_lineage(self) -> Records:
        """Lineage records not told yet; what a rollback rewrote is told again."""
        new = self._table.take_lineage()
        if len(self._untold):
            new = np.concatenate([self._untold, new])
            self._untold = new[:0]
        self._followed = True
        return new

    def keep_lineage(self) -> None:
        """Set aside what is not told yet, before the table lets go of it."""
        if self._followed:
            self._untold = self.new_lineage()

    def _make_room(self, rows: int) -> None:
        short = rows - len(self._number)
        if short > 0:
            self._number = np.append(self._number, np.zeros(short, np.int64))
            self._digest = np.append(self._digest, np.zeros((short, 2), np.uint64), axis=0)


def fill_lineage(update: picture_pb2.PictureUpdate, records: Records, nodes: list[str]) -> None:
    """Lineage records into an update."""
    for event, time_ns, track, other, node, local_number in records.tolist():
        update.lineage.add(
            event=event,
            time_ns=time_ns,
            track=track,
            other=other,
            node_id=nodes[node] if node >= 0 else "",
            local_number=local_number,
        )
