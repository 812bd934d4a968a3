"""Whose detections feed a track, by the true origins that scans carry for scoring."""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from collections.abc import Sequence

import numpy as np

from fusion import Picture
from fusion.filters import ENVIRONMENT_SPACE
from fusion.geodesy import Float
from nodes.national.environment import Kinematics
from nodes.national.measurement import Look
from nodes.national.node import NationalNode
from nodes.national.track import Track
from nodes.scenario.scan import Scan

RECENT_NS = 10 * 10**9
SHARE = 1 / 3
"""Of a track's recent detections, those of an object that count: one alone may have gone astray."""


class Origins:
    """Listens to trackers of ``nodes`` of one stream each: which detection each track was updated with."""

    def __init__(self, nodes: Sequence[NationalNode]) -> None:
        self._nodes = nodes
        self._fed: defaultdict[Track, deque[tuple[int, str]]] = defaultdict(lambda: deque(maxlen=20))
        for node in nodes:
            self._listen(node)

    def _listen(self, node: NationalNode) -> None:
        tracker = node.tracker
        update = tracker._update

        def heard(track: Track, scan: Scan, look: Look, z: Float, k: Kinematics, row: int) -> None:
            update(track, scan, look, z, k, row)
            (found,) = np.flatnonzero((scan.measurement == z).all(axis=1))[:1]
            self._fed[track].append((scan.time_ns, scan.object_id[found]))

        tracker._update = heard

    def national(self, now_ns: int) -> dict[tuple[str, int], set[str]]:
        """By node and number of each confirmed track: whose detections it took in the last 10 s.

        Empty for a track that had none, which tells nothing of any object.
        """
        found = {}
        for node in self._nodes:
            for track in node.tracker.tracks:
                votes = Counter(o for at, o in self._fed[track] if now_ns - at <= RECENT_NS)
                if track.confirmed:
                    of = {o for o, n in votes.items() if n >= SHARE * votes.total()}
                    found[node.spec.id, track.number] = of
        return found

    def shared(self, picture: Picture, now_ns: int) -> dict[int, set[str]]:
        """By number of each shared track in space: the origins of the national tracks that contribute."""
        national = self.national(now_ns)
        a, names = picture._table.arrays, picture._names.nodes  # the picture tells nodes, not their numbers
        found = {}
        for row in picture._table.live_rows().tolist():
            track = a.tracks[row]
            if track["environment"] == ENVIRONMENT_SPACE:
                sources = a.sources[track["contributor"][: track["contributor_count"]]]
                pairs = zip(sources["node"].tolist(), sources["local_number"].tolist(), strict=True)
                of = [(names[node], number) for node, number in pairs]
                found[int(track["number"])] = set().union(*(national.get(pair, ()) for pair in of))
        return found
