"""A national tracker of one's own, to begin from: radar plots averaged by nearest neighbour, one track each.

    [[nodes]]
    tracker = "my_tracker:make"

It takes radar scans alone, knows no clutter and starts a track at once. What it must do is in
`nodes.tracking.interface.ScanTracker`; scans are `nodes.sensing.scan.Scan`, in the sensor's own coordinates.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from fusion.contract import AIR, MAINTAINING, TERMINATED
from nodes.sensing.replies import TransponderReply
from nodes.sensing.scan import Scan
from nodes.sensing.sensors import Sensor
from nodes.tracking.columns import TrackColumns

GATE_M = 3_000.0
FORGET_NS = 20 * 10**9
DENSITY = 10.0
"""White acceleration, m²/s³."""


class Plot:
    """One track: a Kalman filter of constant velocity on positions."""

    def __init__(self, number: int, time_ns: int, place: np.ndarray, noise: np.ndarray) -> None:
        self.number, self.time_ns = number, time_ns
        self.x = np.concatenate([place, np.zeros(3)])
        self.p = np.zeros((6, 6))
        self.p[:3, :3], self.p[3:, 3:] = noise, 300.0**2 * np.eye(3)

    def at(self, time_ns: int) -> tuple[np.ndarray, np.ndarray]:
        """State and covariance at a time."""
        dt = (time_ns - self.time_ns) * 1e-9
        f = np.eye(6)
        f[:3, 3:] = dt * np.eye(3)
        q = DENSITY * np.array([[dt**3 / 3, dt**2 / 2], [dt**2 / 2, dt]])
        return f @ self.x, f @ self.p @ f.T + np.kron(q, np.eye(3))

    def take(self, time_ns: int, place: np.ndarray, noise: np.ndarray) -> None:
        """Update with a position (3,) and its covariance (3, 3)."""
        x, p = self.at(time_ns)
        gain = p[:, :3] @ np.linalg.inv(p[:3, :3] + noise)
        left = np.eye(6) - gain @ np.eye(3, 6)
        self.x, self.time_ns = x + gain @ (place - x[:3]), time_ns
        self.p = left @ p @ left.T + gain @ noise @ gain.T


class MyTracker:
    """Scans in, tracks out."""

    def __init__(self, node_id: str, sensors: Sequence[Sensor]) -> None:
        self._tracks: list[Plot] = []
        self._numbers = 0

    def process(self, scan: Scan) -> None:
        """Give every plot to the nearest track, or start one."""
        if scan.kind != "radar":
            return
        free = list(self._tracks)
        for measured in scan.measurement:
            place, noise = position(scan, measured)
            near = min(free, key=lambda t: np.linalg.norm(t.at(scan.time_ns)[0][:3] - place), default=None)
            if near is not None and np.linalg.norm(near.at(scan.time_ns)[0][:3] - place) < GATE_M:
                near.take(scan.time_ns, place, noise)
                free.remove(near)
            else:
                self._numbers += 1
                self._tracks.append(Plot(self._numbers, scan.time_ns, place, noise))

    def identify(self, time_ns: int, replies: TransponderReply) -> None:
        """What transponders said is not used."""

    def report(self, time_ns: int) -> TrackColumns:
        """All tracks at ``time_ns``; those forgotten once more, as TERMINATED."""
        gone = [t for t in self._tracks if time_ns - t.time_ns > FORGET_NS]
        self._tracks = [t for t in self._tracks if t not in gone]
        told = [*self._tracks, *gone]
        at = [t.at(time_ns) for t in told]
        n = len(told)
        status = [MAINTAINING] * len(self._tracks) + [TERMINATED] * len(gone)
        return TrackColumns.plain(
            time_ns=time_ns,
            number=np.array([t.number for t in told], dtype=np.int64),
            state=np.array([x for x, _ in at]).reshape(n, 6),
            covariance=np.array([p for _, p in at]).reshape(n, 6, 6),
            environment=np.full(n, AIR, dtype=np.int64),
            status=np.array(status, dtype=np.int64),
            process_noise=np.full(n, DENSITY),
        )


def position(scan: Scan, measured: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """ECEF position (3,) and covariance (3, 3) of a radar plot: range, azimuth, elevation."""
    r, azimuth, elevation = measured
    flat = np.cos(elevation)
    local = r * np.array([flat * np.sin(azimuth), flat * np.cos(azimuth), np.sin(elevation)])
    jacobian = np.stack(
        [
            local / r,
            [local[1], -local[0], 0.0],
            r * np.array([-np.sin(elevation) * np.sin(azimuth), -np.sin(elevation) * np.cos(azimuth), flat]),
        ],
        axis=1,
    )
    turned = scan.axes.T @ jacobian
    return scan.position_m + scan.axes.T @ local, turned @ np.diag(scan.sigma**2) @ turned.T


def make(node_id: str, sensors: Sequence[Sensor]) -> MyTracker:
    """The factory that the scenario names."""
    return MyTracker(node_id, sensors)
