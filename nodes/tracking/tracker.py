"""One nation's tracker: scans in, track columns out.

Tracks are held by `held_tracks`, brought up to each scan by `scan_update`, told of and given up by
`track_report`.
"""

from __future__ import annotations

from collections.abc import Sequence

from nodes.sensing.replies import TransponderReply
from nodes.sensing.scan import Scan
from nodes.sensing.sensors import Sensor
from nodes.tracking.columns import TrackColumns
from nodes.tracking.environment import SPACE, SUBSURFACE, SURFACE, kinematics
from nodes.tracking.filters import FILTERPY_KINDS, KINDS
from nodes.tracking.held_tracks import HeldTracks
from nodes.tracking.identity import assign_replies, believed
from nodes.tracking.scan_likelihood import predicted
from nodes.tracking.scan_update import ScanUpdate
from nodes.tracking.track import Track
from nodes.tracking.track_report import TrackReport


class NationalTracker:
    """All tracks of one node.

    ``kind`` is one of ``filters.KINDS`` or ``FILTERPY_KINDS``; ``sensors`` are the node's own, in the order
    of ``Scan.sensor``; ``tells_lines``: what only sonars hear is told by its bearings. Raises ValueError for
    another kind.
    """

    def __init__(self, node_id: str, kind: str, sensors: Sequence[Sensor], tells_lines: bool = False) -> None:
        if kind not in KINDS + FILTERPY_KINDS:
            known = ", ".join(KINDS + FILTERPY_KINDS)
            raise ValueError(f"{node_id}: tracker {kind!r}: expected one of {known}")
        self.node_id = node_id
        self._held = HeldTracks(kind, sensors)
        self._update = ScanUpdate(self._held)
        self._report = TrackReport(self._held, tells_lines)

    @property
    def sensors(self) -> Sequence[Sensor]:
        """Those it was made with."""
        return self._held.sensors

    @property
    def tracks(self) -> Sequence[Track]:
        """Those held, candidates too."""
        return self._held.tracks

    def process(self, scan: Scan) -> None:
        """Take one scan, not earlier than any before it."""
        self._update.process(scan)

    def identify(self, time_ns: int, replies: TransponderReply) -> None:
        """Take what cooperative platforms answered at ``time_ns``."""
        tracks = [t for t in self.tracks if t.confirmed and t.environment != SPACE]
        state, covariance = predicted(tracks, time_ns)
        assign_replies(tracks, state, covariance, replies)
        k = kinematics(state, covariance)
        for row, track in enumerate(tracks):
            if track.environment == SUBSURFACE and believed(track):
                self._held.change(track, SURFACE, k, row)  # what is under water does not answer

    def report(self, time_ns: int) -> TrackColumns:
        """All confirmed tracks at ``time_ns``, not earlier than any scan taken; drops what is lost."""
        return self._report.make(time_ns)
