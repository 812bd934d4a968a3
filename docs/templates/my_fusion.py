"""A fusion of one's own, to begin from: the newest report of the most certain node of each track.

    triwatch score RECORDING.mcap --contender my_fusion:make

It pairs nothing: every node's track is a track of its own, so its ambiguity is the number of nodes that see
an object. A real fusion decides which tracks are of one object and fuses them.
"""

from __future__ import annotations

import numpy as np

from nodes.contenders import FusedTracks, NodeReport

FORGET_NS = 30 * 10**9


class MyFusion:
    """Reports in, tracks out: see `nodes.contenders.Fusion`."""

    def __init__(self) -> None:
        self._number: dict[tuple[str, int], int] = {}
        self._newest: dict[tuple[str, int], tuple[int, np.ndarray, np.ndarray]] = {}

    def fold(self, report: NodeReport) -> None:
        """Keep what the node told last of each of its tracks."""
        for i, number in enumerate(report.number.tolist()):
            name = (report.node_id, number)
            if report.ended[i]:
                self._newest.pop(name, None)
                continue
            self._number.setdefault(name, len(self._number) + 1)
            self._newest[name] = (int(report.valid_time_ns[i]), report.state[i], report.covariance[i])

    def tracks(self, time_ns: int) -> FusedTracks:
        """Everything heard of lately, carried to ``time_ns`` by constant velocity."""
        held = [(n, *told) for n, told in self._newest.items() if time_ns - told[0] <= FORGET_NS]
        number = np.array([self._number[name] for name, _, _, _ in held], dtype=np.int64)
        state, covariance = np.zeros((len(held), 6)), np.zeros((len(held), 6, 6))
        for i, (_, valid_ns, x, p) in enumerate(held):
            f = np.eye(6)
            f[:3, 3:] = (time_ns - valid_ns) * 1e-9 * np.eye(3)
            state[i], covariance[i] = f @ x, f @ p @ f.T
        return FusedTracks(number, state, covariance)


def make() -> MyFusion:
    """The factory that the command names."""
    return MyFusion()
