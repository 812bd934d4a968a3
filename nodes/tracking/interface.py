"""What every national tracker does: scans and transponder replies in, tracks and tracklets out.

A tracker is made from what its node declares of the sensors (`nodes.sensing.sensors`), in the order of
``Scan.sensor``. It knows no simulation, no wire and no clock: the same calls give the same reports, to
the byte.
"""

from __future__ import annotations

from typing import Protocol

from nodes.sensing.replies import TransponderReply
from nodes.sensing.scan import Scan
from nodes.tracking.columns import TrackColumns


class ScanTracker(Protocol):
    """One node's tracker. Times are UTC ns and never go back from one call to the next."""

    def process(self, scan: Scan) -> None:
        """Take one scan: also one without detections, which says that nothing was seen."""

    def identify(self, time_ns: int, replies: TransponderReply) -> None:
        """Take what cooperative platforms said of themselves at ``time_ns``, after the scan of that time."""

    def report(self, time_ns: int) -> TrackColumns:
        """All confirmed tracks at ``time_ns``, by number, as columns.

        Each row has the track's own number (from 1, never used again), its state and covariance at
        ``time_ns``, and the tracklet: what the detections since the last report that had the row tell of
        that state (``tracklet_information``, ``tracklet_vector``). A track that is given up is reported
        once more, as TERMINATED. A row that is left out for a while has not ended.
        """
