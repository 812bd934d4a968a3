"""The traffic that the speed benchmarks fold: targets at one density, and nodes whose filters report them.

Every target is seen by the same number of nodes, each node sees one sector of so many targets and reports all
of it once a second, as one batch or as several; the nodes are spread over the second. What a node reports is
the output of a Kalman filter over measured positions (30 m, once a second) that knows how its targets move,
so that successive reports share their past as real ones do. Seeded; nothing here is timed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numba import njit

from fusion.linalg import pack
from fusion.physics.geodesy import Float
from fusion.physics.motion import CONSTANT_VELOCITY, FREE_FLIGHT, propagate
from triwatch.v1 import status_pb2, track_pb2

NS = 1_000_000_000
START_NS = 1_719_446_400 * NS
SECTOR = 1000
STREAM = ""
"""Released to every member."""
SIGMA_M = 30.0
DENSITY_Q = 1.0
"""m²/s³, what the nodes' filters assume and say."""
SPACING_M = 40_000.0
"""Between targets, on the average: a thousand share 1,260 km by 1,260 km, however many there are in all."""
EARTH_M = 6_371_000.0

Environment = Literal["AIR", "SPACE"]


@njit(cache=True)
def _move(motion, state, dt_s):
    p, work = np.zeros((6, 6)), np.empty((4, 6, 6))
    for r in range(len(state)):
        propagate(motion, state[r], p, 0.0, dt_s, work)


@njit(cache=True)
def _filter(motion, measured, state, covariance, dt_s, packed):
    """One step of every target's Kalman filter with a measured position; ``packed`` (n, 21) for the wire."""
    work, s, k = np.empty((4, 6, 6)), np.empty((3, 3)), np.empty((6, 3))
    p, d = np.empty((6, 6)), np.empty(3)
    for r in range(len(state)):
        p[:] = covariance[r]
        propagate(motion, state[r], p, DENSITY_Q, dt_s, work)
        for i in range(3):
            for j in range(3):
                s[i, j] = p[i, j] + (SIGMA_M * SIGMA_M if i == j else 0.0)
            d[i] = measured[r, i] - state[r, i]
        inverse = np.linalg.inv(s)
        for i in range(6):
            for j in range(3):
                k[i, j] = p[i, 0] * inverse[0, j] + p[i, 1] * inverse[1, j] + p[i, 2] * inverse[2, j]
        for i in range(6):
            state[r, i] += k[i, 0] * d[0] + k[i, 1] * d[1] + k[i, 2] * d[2]
            for j in range(6):
                covariance[r, i, j] = p[i, j] - (k[i, 0] * p[0, j] + k[i, 1] * p[1, j] + k[i, 2] * p[2, j])
        for i in range(6):
            for j in range(i):
                covariance[r, i, j] = covariance[r, j, i]
        pack(covariance[r], packed[r])


@dataclass(slots=True)
class _Node:
    node_id: str
    targets: slice
    phase_s: float
    """Within the second, when it reports."""
    state: Float
    covariance: Float
    sequence: int = 0


@dataclass(frozen=True, slots=True)
class Sent:
    """One report, and the heartbeat that follows it."""

    payload: bytes
    rows: int
    time_ns: int
    status: status_pb2.NodeStatus


class Theatre:
    """``targets`` targets, each seen by ``seen_by`` nodes that report ``rows`` tracks a batch."""

    def __init__(
        self,
        targets: int,
        seen_by: int = 4,
        rows: int = SECTOR,
        environment: Environment = "AIR",
        turning: bool = False,
        seed: int = 7,
        sector: int = SECTOR,
    ) -> None:
        self._rng = np.random.default_rng(seed)
        self._motion = FREE_FLIGHT if environment == "SPACE" else CONSTANT_VELOCITY
        self._environment = track_pb2.Environment.Value(f"ENVIRONMENT_{environment}")
        self._rows = rows
        self._turning = turning
        self.truth = self._begin(targets, environment)
        """(n, 6) ECEF as of the newest report."""
        self._turn_rate = self._rng.choice([-1.0, 0.0, 1.0], targets, p=[0.1, 0.8, 0.1]) * 0.05
        self._time_s = 0.0
        self.nodes = list(self._nodes(targets, seen_by, sector))

    def reports(self, seconds: int) -> Iterator[Sent]:
        """Every node's reports of the next seconds, in the order of time."""
        for _ in range(seconds):
            for node in self.nodes:
                yield from self._report(node)
            self._carry(np.floor(self._time_s) + 1.0 - self._time_s)

    def _report(self, node: _Node) -> Iterator[Sent]:
        second = np.floor(self._time_s)
        self._carry(second + node.phase_s - self._time_s)
        truth = self.truth[node.targets]
        measured = truth[:, :3] + self._rng.normal(0.0, SIGMA_M, (len(truth), 3))
        packed = np.empty((len(truth), 21))
        _filter(self._motion, measured, node.state, node.covariance, 1.0, packed)
        time_ns = START_NS + round((second + node.phase_s) * NS)
        for first in range(0, len(truth), self._rows):
            part = slice(first, min(first + self._rows, len(truth)))
            n = part.stop - part.start
            node.sequence += 1
            batch = track_pb2.TrackBatch(
                node_id=node.node_id,
                nation=node.node_id[:3],
                incarnation=1,
                sequence=node.sequence,
                stream=STREAM,
                sent_time_ns=time_ns,
                exercise=True,
                local_number=range(part.start + 1, part.stop + 1),
                valid_time_ns=[time_ns] * n,
                state=node.state[part].ravel().tolist(),
                covariance=packed[part].ravel().tolist(),
                environment=[self._environment] * n,
                status=[track_pb2.TRACK_STATUS_MAINTAINING] * n,
                process_noise=[DENSITY_Q] * n,
                identity=[track_pb2.IDENTITY_UNKNOWN] * n,
                identity_confidence=[0.5] * n,
                motion_model=[self._motion] * n,
                quality=[12] * n,
            )
            yield Sent(batch.SerializeToString(), n, time_ns, self._word(node, time_ns, part, len(truth)))

    def _word(self, node: _Node, time_ns: int, part: slice, rows: int) -> status_pb2.NodeStatus:
        done = part.stop == rows
        status = status_pb2.NodeStatus(
            node_id=node.node_id,
            nation=node.node_id[:3],
            incarnation=1,
            state=status_pb2.NODE_STATE_ALIVE,
            time_ns=time_ns,
        )
        status.punctuation.add(
            stream=STREAM, last_sequence=node.sequence, low_watermark_ns=time_ns - (not done)
        )
        return status

    def _carry(self, dt_s: float) -> None:
        """Let all targets move on."""
        if dt_s <= 0.0:
            return
        self._time_s += dt_s
        if self._turning:
            angle = self._turn_rate * dt_s
            up = self.truth[:, :3] / np.linalg.norm(self.truth[:, :3], axis=1, keepdims=True)
            v = self.truth[:, 3:]
            self.truth[:, 3:] = v * np.cos(angle)[:, None] + np.cross(up, v) * np.sin(angle)[:, None]
        _move(self._motion, self.truth, dt_s)

    def _begin(self, targets: int, environment: Environment) -> Float:
        side_m = SPACING_M * np.sqrt(targets)
        height_m = self._rng.uniform(5e3, 12e3, targets)
        speed_mps = 230.0
        if environment == "SPACE":
            height_m, speed_mps = self._rng.uniform(200e3, 800e3, targets), 3_000.0
        east, north = self._rng.uniform(-0.5 * side_m, 0.5 * side_m, (2, targets)) / EARTH_M
        lon, lat = np.radians(130.0) + east, np.radians(38.0) + north
        up = np.stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)], axis=1)
        along = np.cross(up, self._rng.normal(size=(targets, 3)))
        along /= np.linalg.norm(along, axis=1, keepdims=True)
        return np.hstack([up * (EARTH_M + height_m)[:, None], along * speed_mps])

    def _nodes(self, targets: int, seen_by: int, sector: int) -> Iterator[_Node]:
        sectors = [slice(k, min(k + sector, targets)) for k in range(0, targets, sector)]
        nations = ("JPN", "KOR", "USA")
        total = len(sectors) * seen_by
        for k in range(total):
            # the nodes of one sector are spread over the second
            which, where = divmod(k, len(sectors))
            targets_of = sectors[where]
            n = targets_of.stop - targets_of.start
            first = self.truth[targets_of] + self._rng.normal(size=(n, 6)) * ([SIGMA_M] * 3 + [5.0] * 3)
            _move(self._motion, first, k / total - 1.0)  # its filter's last step was a second before
            yield _Node(
                node_id=f"{nations[which % 3]}-{which}-{where}",
                targets=targets_of,
                phase_s=k / total,
                state=first,
                covariance=np.tile(np.diag([SIGMA_M**2] * 3 + [25.0] * 3), (n, 1, 1)),
            )
