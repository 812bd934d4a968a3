"""Where a node's scans come from: a simulated world, a recording, a real sensor."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from nodes.sensing.scan import Scan


class ScanSource(Protocol):
    """Feeds one sensor node. The node asks again and again, for ever later times (UTC ns).

    A node lives up to the time that the source knows, reports included, and no further: a source that
    waits for a late scan delays its node, one that knows too early would lose that scan.
    """

    def known_ns(self, until_ns: int) -> int:
        """How far, at most to ``until_ns``, every scan is there; never less than it once said."""

    def scans(self, until_ns: int) -> Iterator[Scan]:
        """The scans not given yet, up to and including ``until_ns``, which is known: in the order of time,
        those of one time in the order of their sensors."""
