"""Whether the nations' cores made the same picture of the same reports."""

from __future__ import annotations

import copy
from collections import OrderedDict

from nodes.page.rows import Rows
from triwatch.v1 import page_pb2

_KEPT = 512


class Agreement:
    """Compares pictures made of the same input; pictures of different input may well differ."""

    def __init__(self) -> None:
        self._seen: dict[str, OrderedDict[str, str]] = {}
        self.verdict = page_pb2.AGREEMENT_UNSPECIFIED
        self.time_ns = 0

    def copy(self) -> Agreement:
        """An independent one."""
        twin = copy.copy(self)
        twin._seen = {nation: seen.copy() for nation, seen in self._seen.items()}
        return twin

    def note(self, nation: str, rows: Rows) -> None:
        """A nation's picture changed."""
        seen = self._seen.setdefault(nation, OrderedDict())
        seen[rows.input_digest] = rows.picture_digest
        if len(seen) > _KEPT:
            seen.popitem(last=False)
        pictures = [other.get(rows.input_digest) for other in self._seen.values()]
        if len(pictures) < 2 or not rows.input_digest or None in pictures:
            return
        same = len(set(pictures)) == 1
        self.verdict = page_pb2.AGREEMENT_SAME if same else page_pb2.AGREEMENT_DIFFERENT
        self.time_ns = rows.time_ns
