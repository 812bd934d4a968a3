"""What of a picture is to be told, the whole of it or what changed since the last time: as bytes, as columns.

The bytes are written once. What else is made of the same tracks, such as warnings, is made of the columns.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from fusion.arrays import Float, Ints, Records
from fusion.table.arrays import Arrays
from fusion.table.digest import changed_rows
from fusion.table.records import LINEAGE, LineageRecord
from fusion.table.tracks import Table, shown_modes
from fusion.update.decode import Update
from fusion.update.encode import QUALITY_M2, encode
from fusion.update.track_rows import rows_of
from triwatch.v1 import picture_pb2

_POSITION = (0, 2, 5)
_NO_CALL_SIGN = picture_pb2.PictureUpdate(call_sign=[""]).SerializeToString()


def track_quality(covariance: Float) -> Ints:
    """Track quality 0 to 15 from packed covariances (n, 21), as ``proto/README.md`` has it.

    15 is a position known to 10 m (root of the mean variance over the three axes), one less for every
    doubling of that.
    """
    variance = covariance[:, _POSITION].sum(axis=1) / 3.0
    doublings: Ints = np.searchsorted(QUALITY_M2, variance, side="left").astype(np.int64)
    return len(QUALITY_M2) - doublings


@dataclass(frozen=True, slots=True)
class Changes:
    """What is to be told of a picture: good until the picture takes in or forgets anything."""

    snapshot: bool
    """Whether that is every track."""
    time_ns: int
    final_time_ns: int
    input_digest: str
    picture_digest: str
    removed: Sequence[int]
    """Numbers that are gone, ascending."""
    lineage: Sequence[picture_pb2.Lineage]
    flights: Sequence[picture_pb2.Flight]
    """Of tracks that are or were missiles."""
    heard: Sequence[picture_pb2.HeardTarget]
    """Of those of the rows that only lines of bearing tell of."""
    search: picture_pb2.SearchMaps | None
    """Of all that is searched; None where nothing new is known of it."""
    biases: Sequence[picture_pb2.SensorBias]
    """Of every sensor; none where nothing new is known of them."""
    words: Sequence[picture_pb2.NodeConsistency]
    """Of every node and environment; none where nothing new is known of them."""
    _arrays: Arrays
    _rows: Ints
    """Rows of the table, by ascending number."""
    _nodes: list[str]
    _texts: dict[int, str]

    @property
    def number(self) -> Ints:
        """(n,) of the tracks told, ascending."""
        return self._arrays.numbers[self._rows]

    @property
    def environment(self) -> Ints:
        """(n,)."""
        values: Ints = self._arrays.tracks["environment"][self._rows]
        return values

    @property
    def finality(self) -> picture_pb2.Finality:
        """FINAL where no later report can change any of it."""
        if 0 < self.time_ns <= self.final_time_ns:
            return picture_pb2.FINALITY_FINAL
        return picture_pb2.FINALITY_PROVISIONAL

    def encode(self, streams: Sequence[str] = (), **head: Any) -> bytes:
        """The bytes of a PictureUpdate; ``head`` are the fields that its core knows: nation, incarnation,
        sequence, sent_time_ns."""
        a, n = self._arrays, len(self._rows)
        columns, nodes = b"", []
        call_signs: Sequence[str] = ()
        if n:
            encoded, named = encode(a.tracks, a.words, a.sources, self._rows, len(self._nodes))
            columns, nodes = encoded.tobytes(), [self._nodes[k] for k in named.tolist()]
            keys = a.tracks["call_sign"][self._rows]
            if np.count_nonzero(keys):
                call_signs = [self._texts[key] for key in keys.tolist()]
            else:
                columns += _NO_CALL_SIGN * n
        first: bytes = picture_pb2.PictureUpdate(
            kind=picture_pb2.PICTURE_KIND_SNAPSHOT if self.snapshot else picture_pb2.PICTURE_KIND_DELTA,
            finality=self.finality,
            time_ns=self.time_ns,
            final_time_ns=self.final_time_ns,
            input_digest=self.input_digest,
            picture_digest=self.picture_digest,
            node_id=nodes,
            **head,
        ).SerializeToString()
        if not (
            self.removed
            or self.lineage
            or self.flights
            or self.heard
            or self.biases
            or self.words
            or self.search is not None
            or call_signs
            or any(streams)
        ):
            return first + columns
        # fields may come in any order, and encodings one behind the other are one message
        rest: bytes = picture_pb2.PictureUpdate(
            call_sign=call_signs,
            stream=streams if any(streams) else (),
            removed=self.removed,
            lineage=self.lineage,
            flight=self.flights,
            heard=self.heard,
            search=self.search,
            sensor_bias=self.biases,
            node_consistency=self.words,
        ).SerializeToString()
        return first + columns + rest

    def columns(self, pick: Ints | None = None) -> Update:
        """The tracks told, or the m of them at these indices, as a reader has them, who gets no call signs
        and no flights."""
        picked = self._rows if pick is None else self._rows[pick]
        rows, by, times = _no_columns()
        if len(picked):
            rows, by, times = self._columns(picked)
        return Update(
            nation="",
            incarnation=0,
            sequence=0,
            snapshot=self.snapshot,
            finality=self.finality,
            time_ns=self.time_ns,
            final_time_ns=self.final_time_ns,
            input_digest=self.input_digest,
            picture_digest=self.picture_digest,
            rows=rows,
            call_sign=("",),
            stream=("",),
            node_id=self._nodes,
            contributors=by,
            contributor_time_ns=times,
            removed=np.array(self.removed, np.int64),
            lineage=self.lineage,
            flight=(),
            heard=(),
            search=None,
            sensor_bias=(),
            node_consistency=(),
        )

    def _columns(self, picked: Ints) -> tuple[NDArray[np.void], Ints, Ints]:
        """Of these rows of the table, (n,) of `ROW`; their contributors' nodes and times, (m,)."""
        t = self._arrays.tracks[picked]
        count = t["contributor_count"]
        sources = self._arrays.sources[
            t["contributor"][np.arange(t["contributor"].shape[1]) < count[:, None]]
        ]
        rows = rows_of(
            len(t),
            **{name: t[name] for name in _SAME_NAME},
            track_time_ns=t["time_ns"],
            birth_time_ns=t["birth_ns"],
            identity_conflict=t["conflict"],
            identity_confidence=t["confidence"],
            process_noise=t["q"],
            mode_probability=shown_modes(t),
            quality=track_quality(t["covariance"]),
            contributor_first=np.cumsum(count) - count,
        )
        return rows, sources["node"], sources["time_ns"]


def _no_columns() -> tuple[NDArray[np.void], Ints, Ints]:
    """Most updates hold nothing to warn of: that must cost nothing."""
    return rows_of(0), np.zeros(0, np.int64), np.zeros(0, np.int64)


_SAME_NAME = (
    "number",
    "environment",
    "identity",
    "status",
    "parent",
    "contributor_count",
    "state",
    "covariance",
)


class Feed:
    """What a follower of the picture has been told so far, and what of it is no longer so."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._number = np.zeros(0, np.int64)  # of the track last told that lay in each row, 0 = none
        self._digest = np.zeros((0, 2), np.uint64)
        self._untold = cast("Records[LineageRecord]", np.zeros(0, LINEAGE))
        self._followed = False
        self._left: Ints = np.zeros(0, np.int64)
        """Numbers of the changed tracks that there was no room for."""

    @property
    def untold(self) -> bool:
        """Whether the last call of `changed` left tracks for the next."""
        return bool(len(self._left))

    def changed(self, rows_max: int | None = None) -> tuple[Ints, list[int]]:
        """Rows whose track differs from what was last told, by ascending number, and the numbers that are
        gone, ascending; then all is told but the rows beyond ``rows_max``, which come with the next call."""
        rows, gone = self._changed()
        numbers = self._table.arrays.numbers
        if len(self._left):
            rows = self._table.arranged(np.union1d(np.flatnonzero(np.isin(numbers, self._left)), rows))
        told = len(rows) if rows_max is None else rows_max
        rows, self._left = rows[:told], numbers[rows[told:]]
        return rows, gone

    def _changed(self) -> tuple[Ints, list[int]]:
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

    def new_lineage(self) -> Records[LineageRecord]:
        """Lineage records not told yet; what a rollback rewrote is told again."""
        new = self._table.take_lineage()
        if len(self._untold):
            new = cast("Records[LineageRecord]", np.concatenate([self._untold, new]))
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


def lineage_of(records: Records[LineageRecord], nodes: list[str]) -> list[picture_pb2.Lineage]:
    """Lineage records in the contract's form."""
    return [
        picture_pb2.Lineage(
            event=event,
            time_ns=time_ns,
            track=track,
            other=other,
            node_id=nodes[node] if node >= 0 else "",
            local_number=local_number,
        )
        for event, time_ns, track, other, node, local_number in records.tolist()
    ]
