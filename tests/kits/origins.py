"""Whose detections feed a track, by the true origins that simulated scans have."""

from __future__ import annotations

from collections import Counter

from fusion import Picture
from fusion.contract import SPACE
from nodes.sensing.scan import Scan
from nodes.sensor_node.node import NationalNode
from nodes.tracking.columns import TrackColumns
from nodes.tracking.track import Track

RECENT_NS = 10 * 10**9
SHARE = 1 / 3
"""Of a track's recent detections, those of an object that count: one alone may have gone astray."""


class Origins:
    """Whose detections the trackers of simulated nodes, of one stream each, report.

    ``receive`` is their ``on_scan``; ``listen`` follows what they report.

    Counted are the detections that a track's filter held when the track was last reported, of the 10 s before
    that: it is this that whoever hears the reports has of it. A detection that the tracker took back before
    it reported the track again, with another reading of the scans, is in no filter and in no report.
    """

    def __init__(self) -> None:
        self._of: dict[tuple[str, int, int], tuple[str, ...]] = {}
        self._told: dict[tuple[str, int], set[str]] = {}

    def receive(self, node_id: str, scan: Scan, object_id: tuple[str, ...]) -> None:
        """What a node's scan came from."""
        self._of[node_id, scan.sensor, scan.time_ns] = object_id

    def listen(self, node: NationalNode) -> None:
        """From now on keep whose detections each reported track held."""
        tracker, name = node.tracker, node.spec.id
        report = tracker.report

        def told(time_ns: int) -> TrackColumns:
            columns = report(time_ns)
            reported = set(columns.number.tolist())
            for track in tracker.tracks:
                if track.number in reported:
                    self._told[name, track.number] = self._origins(name, track, time_ns)
            return columns

        tracker.report = told

    def _origins(self, node: str, track: Track, time_ns: int) -> set[str]:
        votes = Counter(
            self._of[node, sensor, at][detection]
            for sensor, at, detection in track.recent
            if time_ns - at <= RECENT_NS
        )
        return {o for o, n in votes.items() if n >= SHARE * votes.total()}

    def national(self) -> dict[tuple[str, int], set[str]]:
        """By node and number of each track ever reported: whose detections it held when it last was.

        Empty for a track that had none of late, which tells nothing of any object.
        """
        return self._told

    def shared(self, picture: Picture) -> dict[int, set[str]]:
        """By number of each shared track in space: the origins of the national tracks that contribute."""
        national = self.national()
        a, names = picture._table.arrays, picture._names.nodes  # the picture tells nodes, not their numbers
        found = {}
        for row in picture._table.live_rows().tolist():
            track = a.tracks[row]
            if track["environment"] == SPACE:
                sources = a.sources[track["contributor"][: track["contributor_count"]]]
                pairs = zip(sources["node"].tolist(), sources["local_number"].tolist(), strict=True)
                of = [(names[node], number) for node, number in pairs]
                found[int(track["number"])] = set().union(*(national.get(pair, ()) for pair in of))
        return found
