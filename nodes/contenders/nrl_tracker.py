"""The MHT of `nrl-tracker` as a contender: ``--contender nodes.contenders.nrl_tracker:mht``.

Track-oriented hypotheses with N-scan pruning (Blackman and Popoli 1999). Every report's tracks are full-state
measurements, as for Stone Soup's trackers. It writes out every joint association of every hypothesis, 2^n of
n tracks at the least, and has no clusters: scenes of more than `MOST` tracks are refused.
"""

from __future__ import annotations

import numpy as np

from fusion.arrays import Float
from nodes.contenders.protocol import FusedTracks, NodeReport
from nodes.errors import BadInput

try:
    from pytcl.trackers.hypothesis import MHTTrack, MHTTrackStatus
    from pytcl.trackers.mht import MHTConfig, MHTTracker
except ImportError:
    raise BadInput("it needs nrl-tracker; install it with: pip install 'triwatch[reference]'") from None

MOST = 10
DENSITY = 1.0
"""Of white acceleration, m²/s³."""
DETECTED = 0.5
"""Probability that a report holds a track: most of a node's reports hold it, the other nodes' do not."""
CONFIG = MHTConfig(
    n_scan=3,
    max_hypotheses=20,
    detection_prob=DETECTED,
    clutter_density=1e-20,
    gate_probability=0.999,
    confirm_threshold=2,
    delete_threshold=40,
    new_track_weight=1e-16,
)
"""Densities in the six dimensions of m and m/s; the last before it are reports in a row without a track."""


class Mht:
    """One tracker, fed report by report."""

    def __init__(self) -> None:
        self._tracker = MHTTracker(6, 6, transition, np.eye(6), noise, np.eye(6), CONFIG)
        self._now_ns = 0
        self._number: dict[int, int] = {-1: 0}
        """Of every branch that of the track it began as; there is no other name for it."""
        self._last = 0

    def fold(self, report: NodeReport) -> None:
        """One report as one scan; one older than the newest is not used."""
        rows = np.flatnonzero(~report.ended)
        if not len(rows) or int(report.valid_time_ns[rows[0]]) < self._now_ns:
            return
        time_ns = int(report.valid_time_ns[rows[0]])
        dt_s = (time_ns - self._now_ns) * 1e-9 if self._now_ns else 0.0
        self._now_ns = time_ns
        # a scan has one covariance: the mean of its tracks'
        self._tracker.R = self._tracker.init_covariance = report.covariance[rows].mean(axis=0)
        self._tracker.process(list(report.state[rows]), dt_s)
        tree = self._tracker.hypothesis_tree
        for track in sorted(tree.tracks.values(), key=lambda t: t.id):
            if track.id not in self._number:
                self._number[track.id] = self._number.get(track.parent_id, 0) or self._next()
        most = max(len(hypothesis.track_ids) for hypothesis in tree.hypotheses)
        if most > MOST:
            raise RuntimeError(
                f"{most} tracks: nrl-tracker's MHT writes out all 2^n joint associations of n tracks"
                f" and is for {MOST} at most"
            )

    def tracks(self, time_ns: int) -> FusedTracks:
        """The confirmed tracks of the best hypothesis, predicted to the time."""
        dt_s = max(0.0, (time_ns - self._now_ns) * 1e-9)
        held = [track for track in self._tracker.tracks if track.status == MHTTrackStatus.CONFIRMED]
        held.sort(key=lambda track: self._number[track.id])
        n = len(held)
        carried = [_carried(track, dt_s) for track in held]
        return FusedTracks(
            np.array([self._number[track.id] for track in held], dtype=np.int64),
            np.array([state for state, _ in carried]).reshape(n, 6),
            np.array([covariance for _, covariance in carried]).reshape(n, 6, 6),
        )

    def _next(self) -> int:
        self._last += 1
        return self._last


def transition(dt_s: float) -> Float:
    """Constant velocity (6, 6)."""
    f = np.eye(6)
    f[:3, 3:] = dt_s * np.eye(3)
    return f


def noise(dt_s: float) -> Float:
    """White acceleration (6, 6)."""
    block = DENSITY * np.array([[dt_s**3 / 3, dt_s**2 / 2], [dt_s**2 / 2, dt_s]])
    return np.kron(block, np.eye(3)).astype(np.float64)


def _carried(track: MHTTrack, dt_s: float) -> tuple[Float, Float]:
    f = transition(dt_s)
    covariance = f @ track.covariance @ f.T + noise(dt_s)
    return f @ track.state, (covariance + covariance.T) / 2.0


def mht() -> Mht:
    """Multiple hypotheses."""
    return Mht()
