"""The one reader of picture updates: takes them as they come, and holds the picture that they tell.

    table = PictureTable()
    table.take(update)          # bytes or message, in any order, any number of times
    table.rows["state"]         # (n, 6), and every other column of `ROW`
    table.missing               # what it waits for

The picture is that of the newest update before which none is missing: `UpdateOrder` has the rule.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from fusion.update.decode import Update, read_update
from fusion.update.order import UpdateOrder
from fusion.update.track_rows import Ints, Records, TrackRows
from triwatch.v1 import picture_pb2


class PictureTable:
    """One core's picture as its updates tell it."""

    def __init__(self) -> None:
        self.revision = 0
        """Grows with every update that applies; each row has that of when it was last told."""
        self.nation = ""
        self.time_ns = self.final_time_ns = 0
        self.finality = int(picture_pb2.FINALITY_UNSPECIFIED)
        self.input_digest = self.picture_digest = ""
        self.flight: dict[int, picture_pb2.Flight] = {}
        """By track number: of what is or was a missile."""
        self.heard: dict[int, picture_pb2.HeardTarget] = {}
        """By track number: of what only lines of bearing tell of."""
        self.search = picture_pb2.SearchMaps()
        """Of all that is searched; never changed but replaced."""
        self.told_of_search = 0
        """At which revision that was last told."""
        self.sensor_bias: list[picture_pb2.SensorBias] = []
        """By how much each sensor is found to be off."""
        self.node_consistency: list[picture_pb2.NodeConsistency] = []
        """How true each node's word has been."""
        self.told_of_nodes = 0
        """The revision at which either was last told."""
        self.node_id: list[str] = []
        """Names that `contributors` points into."""
        self._order = UpdateOrder()
        self._incarnation = 0
        self._tracks = TrackRows()
        self._node: dict[str, int] = {}
        self._texts: list[str] = [""]
        self._text: dict[str, int] = {"": 0}
        self._by: Ints = np.zeros(0, np.int64)
        self._by_time_ns: Ints = np.zeros(0, np.int64)
        self._told = 0
        """Of the contributors' places so many are written; those of rows told anew since are not used."""

    def take(self, update: bytes | picture_pb2.PictureUpdate) -> list[Update]:
        """Take an update in; those that then applied, in their order: none while one before it is missing.

        Raises:
            UpdateError: it breaks the contract; the picture is as before.
        """
        due = self.receive(update)
        for one in due:
            self.apply(one)
        return due

    def receive(self, update: bytes | picture_pb2.PictureUpdate) -> list[Update]:
        """The first half of `take`, for who has to look between two updates: each must be given to `apply`
        in turn. Raises UpdateError."""
        return self._order.take(read_update(update))

    def apply(self, update: Update) -> list[int]:
        """Write an update whose turn has come; the numbers of the tracks that are gone."""
        self.revision += 1
        begins = update.snapshot or update.incarnation != self._incarnation
        self._incarnation = update.incarnation
        if begins:
            gone: list[int] = np.setdiff1d(self._tracks.rows["number"], update.rows["number"]).tolist()
            self._tracks.clear()
            self._told = 0
        else:
            gone = self._tracks.remove(update.removed.tolist())
        self._put(update)
        for number in gone:
            self.flight.pop(number, None)
        for number in [n for n in self.heard if n in gone or n in update.rows["number"]]:
            del self.heard[number]
        self.heard.update((one.track, one) for one in update.heard)
        for flight in update.flight:
            self.flight[flight.track] = flight
        if update.sensor_bias or update.node_consistency or begins:
            self.told_of_nodes = self.revision
        if update.search is not None or begins:
            self.search, self.told_of_search = update.search or picture_pb2.SearchMaps(), self.revision
        if update.sensor_bias or begins:
            self.sensor_bias = list(update.sensor_bias)
        if update.node_consistency or begins:
            self.node_consistency = list(update.node_consistency)
        self.nation = update.nation
        self.time_ns, self.final_time_ns, self.finality = (
            update.time_ns,
            update.final_time_ns,
            update.finality,
        )
        self.input_digest, self.picture_digest = update.input_digest, update.picture_digest
        return gone

    @property
    def at(self) -> tuple[int, int]:
        """Incarnation and sequence of the newest update that applied; zeros before the first."""
        return self._order.at

    @property
    def missing(self) -> list[tuple[int, int]]:
        """Sequences, as ranges with both ends, that the picture waits for while later updates are here."""
        return self._order.missing

    @property
    def never_told(self) -> int:
        """How many updates the picture has been had without: those it waits for, and those it went past."""
        return self._order.passed_over + sum(high - low + 1 for low, high in self._order.missing)

    @property
    def complete(self) -> bool:
        """Whether nothing has been passed over: else a track may be gone or newer than is known."""
        return self._order.complete

    @property
    def rows(self) -> Records:
        """(n,) the tracks as records of `ROW`, in no order: a view, good until the next update."""
        return self._tracks.rows

    def __len__(self) -> int:
        return len(self._tracks)

    def __contains__(self, number: int) -> bool:
        return number in self._tracks

    def text(self, index: int) -> str:
        """The call sign or release group that a row points to."""
        return self._texts[index]

    def contributors(self, rows: Records) -> tuple[Ints, Ints]:
        """Of these rows of `rows`, row after row: indices into `node_id`, and the newest times used, (m,)."""
        count = rows["contributor_count"]
        place = np.repeat(rows["contributor_first"] - (np.cumsum(count) - count), count)
        place += np.arange(len(place))
        return self._by[place], self._by_time_ns[place]

    def contributors_of(self, row: np.void) -> tuple[str, ...]:
        """The names of the nodes that contribute to a track."""
        first, count = int(row["contributor_first"]), int(row["contributor_count"])
        return tuple(self.node_id[k] for k in self._by[first : first + count].tolist())

    def copy(self) -> PictureTable:
        """An independent picture."""
        twin = copy.copy(self)
        twin._order, twin._tracks = self._order.copy(), self._tracks.copy()
        twin.sensor_bias = list(self.sensor_bias)
        twin.node_consistency = list(self.node_consistency)
        twin.flight, twin.heard = dict(self.flight), dict(self.heard)
        twin.node_id, twin._node = list(self.node_id), dict(self._node)
        twin._texts, twin._text = list(self._texts), dict(self._text)
        twin._by, twin._by_time_ns = self._by[: self._told].copy(), self._by_time_ns[: self._told].copy()
        return twin

    def _put(self, update: Update) -> None:
        if not len(update.rows):
            return
        rows = update.rows.copy()
        rows["revision"] = self.revision
        rows["call_sign"] = self._interned(update.call_sign)[rows["call_sign"]]
        rows["stream"] = self._interned(update.stream)[rows["stream"]]
        rows["contributor_first"] += self._room(len(update.contributors))
        first, end = self._told, self._told + len(update.contributors)
        nodes = np.array([self._node_of(name) for name in update.node_id], np.int64)
        self._by[first:end] = nodes[update.contributors] if len(nodes) else 0
        self._by_time_ns[first:end] = update.contributor_time_ns
        self._told = end
        self._tracks.put(rows)

    def _room(self, more: int) -> int:
        """Where so many more contributors are to be written; where there is no room, what is no longer
        pointed to goes first."""
        if self._told + more > len(self._by):
            held = self._tracks.rows
            by, times = self.contributors(held)
            count = held["contributor_count"]
            held["contributor_first"] = np.cumsum(count) - count
            self._told = len(by)
            size = 2 * (self._told + more) + 64
            self._by, self._by_time_ns = _grown(by, size), _grown(times, size)
        return self._told

    def _node_of(self, name: str) -> int:
        index = self._node.setdefault(name, len(self.node_id))
        if index == len(self.node_id):
            self.node_id.append(name)
        return index

    def _interned(self, texts: Iterable[str]) -> Ints:
        found = []
        for text in texts:
            index = self._text.setdefault(text, len(self._texts))
            if index == len(self._texts):
                self._texts.append(text)
            found.append(index)
        return np.array(found, np.int64)


def _grown(values: Ints, size: int) -> NDArray[np.int64]:
    grown = np.zeros(size, np.int64)
    grown[: len(values)] = values
    return grown
