"""Names and source rows: what a fold refers to by integers.

Interning is naming only and is never rolled back: which row a source has depends on when it was first
heard of, and nothing is decided by it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable

import numpy as np

from fusion.arrays import Ints
from fusion.report.report import TRACKS_MAX, Event
from fusion.table.records import NONE, SOURCE
from fusion.table.tracks import Table

_NO_PARENTS: Ints = np.full(TRACKS_MAX, NONE)
_NO_SLOTS: Ints = np.zeros(0, np.int64)
_NO_TEXTS: Ints = np.zeros(TRACKS_MAX, np.int64)


def key_of(*parts: object) -> int:
    """A 63-bit key of a tuple of names and numbers; 0 is never given."""
    text = "\x00".join(str(part) for part in parts).encode()
    return int.from_bytes(hashlib.blake2b(text, digest_size=8).digest(), "big") >> 1 or 1


class Names:
    """Nodes, call signs and source rows."""

    def __init__(self) -> None:
        self.nodes: list[str] = []
        self._node: dict[str, int] = {}
        self._slot: dict[tuple[int, int], dict[int, int]] = {}
        self._free: list[int] = []  # idle in the table too: no event names them
        self._used = 0
        self.texts: dict[int, str] = {0: ""}
        self._key: dict[str, int] = {"": 0}
        self._last: dict[tuple[int, int], tuple[bytes, Ints]] = {}

    def node(self, node_id: str) -> int:
        """Index of a node's name."""
        if node_id not in self._node:
            self._node[node_id] = len(self.nodes)
            self.nodes.append(node_id)
        return self._node[node_id]

    def call_signs(self, texts: tuple[str, ...], n: int) -> Ints:
        """Keys of a column of call signs; 0 for none."""
        if not any(texts):
            return _NO_TEXTS[:n]
        for text in set(texts) - self._key.keys():
            self._key[text] = key_of("call sign", text)
            self.texts[self._key[text]] = text
        return np.array([self._key[text] for text in texts], np.int64)

    def slots(self, table: Table, event: Event) -> Ints:
        """Source rows of an event's tracks, new ones made ready in the table."""
        key = event.key
        node = self.node(key.node_id)
        group = (node, key.incarnation)
        signature = event.local_number.tobytes()
        last = self._last.get(group)
        if last is not None and last[0] == signature:
            return last[1]
        slots = self._claimed(table, event, event.local_number)
        self._last[group] = (signature, slots)
        return slots

    def line_slots(self, table: Table, event: Event) -> Ints:
        """Source rows of the contacts of an event's lines, which are numbered as its tracks."""
        contacts = event.lines.contact
        return self._claimed(table, event, contacts) if len(contacts) else _NO_SLOTS

    def _claimed(self, table: Table, event: Event, numbers: Ints) -> Ints:
        key = event.key
        node = self.node(key.node_id)
        known = self._slot.setdefault((node, key.incarnation), {})
        named = numbers.tolist()
        for local in named:
            if local not in known:
                known[local] = self._claim(table, key.node_id, node, key.incarnation, local)
        return np.fromiter(map(known.__getitem__, named), np.int64, len(named))

    def parent_slots(self, event: Event) -> Ints:
        """Source rows of the tracks that an event's tracks say they split from; `NONE` for none known."""
        if not np.count_nonzero(event.parent):
            return _NO_PARENTS[: len(event.parent)]
        known = self._slot.get((self.node(event.key.node_id), event.key.incarnation), {})
        return np.array([known.get(p, NONE) if p else NONE for p in event.parent.tolist()], np.int64)

    def _claim(self, table: Table, node_id: str, node: int, incarnation: int, local: int) -> int:
        if self._free:
            slot = self._free.pop()
        else:
            slot = self._used
            self._used += 1
        table.reserve(0, slot + 1)
        row = np.zeros(1, SOURCE)
        row["key"] = key_of(node_id, incarnation, local)
        row["node"], row["incarnation"], row["local_number"], row["track"] = node, incarnation, local, NONE
        table.arrays.sources[slot] = row[0]
        return slot

    def release(self, table: Table, held: Callable[[], Ints]) -> None:
        """Free the source rows that no track is paired with and no kept event names.

        ``held`` gives the rows named by events that may yet be folded again.
        """
        sources = table.arrays.sources[: self._used]
        idle = np.flatnonzero((sources["track"] == NONE) & (sources["seen"] == 0))
        if len(idle) == len(self._free):
            return
        for slot in np.setdiff1d(idle, np.append(held(), np.array(self._free, np.int64))).tolist():
            source = sources[slot]
            group = (int(source["node"]), int(source["incarnation"]))
            del self._slot[group][int(source["local_number"])]
            self._free.append(slot)
            self._last.pop(group, None)
