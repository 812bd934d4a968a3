"""The traffic that speed is measured with: targets at one density, and nodes whose filters report them.

Targets lie in sectors, each seen by the same number of nodes. A node reports a sector once a second, in one
batch or in several; who has several sectors reports one after the other, as a turning antenna sees them, and
all is spread evenly over the second. What a node reports is the output of a Kalman filter over measured
positions (30 m, once a second) that knows how its targets move, so that successive reports share their past
as real ones do. Seeded; nothing here is timed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from fusion.kernel import kernel
from fusion.linalg import pack
from fusion.physics.geodesy import Float
from fusion.physics.motion import CONSTANT_VELOCITY, FREE_FLIGHT, propagate
from triwatch.v1 import status_pb2, track_pb2

NS = 1_000_000_000
START_NS = 1_719_446_400 * NS
SECTOR = 1000
NATIONS = ("JPN", "KOR", "USA")
STREAM = ""
"""Released to every member."""
SIGMA_M = 30.0
DENSITY_Q = 1.0
"""m²/s³, what the nodes' filters assume and say."""
SPACING_M = 40_000.0
"""Between targets, on the average: a thousand share 1,260 km by 1,260 km, however many there are in all."""
EARTH_M = 6_371_000.0

Environment = Literal["AIR", "SPACE"]


@kernel
def _move(motion: int, state: Float, dt_s: float) -> None:
    p, work = np.zeros((6, 6)), np.empty((4, 6, 6))
    for r in range(len(state)):
        propagate(motion, state[r], p, 0.0, dt_s, work)


@kernel
def _filter(
    motion: int, measured: Float, state: Float, covariance: Float, dt_s: float, packed: Float
) -> None:
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
class _Look:
    """One node's filters of one sector."""

    node_id: str
    targets: slice
    phase_s: float
    """Within the second, when they are reported."""
    state: Float
    covariance: Float


@dataclass(frozen=True, slots=True)
class Sent:
    """One report, and the heartbeat that follows it."""

    payload: bytes
    rows: int
    time_ns: int
    status: status_pb2.NodeStatus


class Traffic:
    """``targets`` targets, each seen by ``seen_by`` nodes that report ``rows`` tracks a batch.

    ``sector`` targets lie in each sector; ``nodes`` share the sectors out evenly, by default each has one.
    ``nations`` own the nodes in turn.
    """

    def __init__(
        self,
        targets: int,
        seen_by: int = 4,
        rows: int = SECTOR,
        environment: Environment = "AIR",
        turning: bool = False,
        seed: int = 7,
        sector: int = SECTOR,
        nodes: int | None = None,
        nations: Sequence[str] = NATIONS,
    ) -> None:
        self._rng = np.random.default_rng(seed)
        self._motion = FREE_FLIGHT if environment == "SPACE" else CONSTANT_VELOCITY
        self._environment = track_pb2.Environment.Value(f"ENVIRONMENT_{environment}")
        self._rows = rows
        self._turning = turning
        self.truth = self._begin(targets, environment)
        """(n, 6) ECEF as of the newest report."""
        self._turn_rate = self._rng.choice([-1.0, 0.0, 1.0], targets, p=[0.1, 0.8, 0.1]) * 0.05
        self._second = 0
        self._time_s = 0.0
        self._looks = list(self._look(targets, seen_by, sector, nodes, nations))
        self.nodes = tuple(dict.fromkeys(look.node_id for look in self._looks))
        """Ids, each of which begins with its nation."""
        self._sequence = dict.fromkeys(self.nodes, 0)

    def reports(self, seconds: int) -> Iterator[Sent]:
        """Every node's reports of the next seconds, in the order of time."""
        for _ in range(seconds):
            for look in self._looks:
                yield from self._report(look)
            self._second += 1
            self._carry_to(float(self._second))

    def _report(self, look: _Look) -> Iterator[Sent]:
        self._carry_to(self._second + look.phase_s)
        truth = self.truth[look.targets]
        measured = truth[:, :3] + self._rng.normal(0.0, SIGMA_M, (len(truth), 3))
        packed = np.empty((len(truth), 21))
        _filter(self._motion, measured, look.state, look.covariance, 1.0, packed)
        time_ns = START_NS + round((self._second + look.phase_s) * NS)
        for first in range(0, len(truth), self._rows):
            part = slice(first, min(first + self._rows, len(truth)))
            n = part.stop - part.start
            sequence = self._sequence[look.node_id] = self._sequence[look.node_id] + 1
            batch = track_pb2.TrackBatch(
                node_id=look.node_id,
                nation=look.node_id[:3],
                incarnation=1,
                sequence=sequence,
                stream=STREAM,
                sent_time_ns=time_ns,
                exercise=True,
                local_number=range(look.targets.start + part.start + 1, look.targets.start + part.stop + 1),
                valid_time_ns=[time_ns] * n,
                state=look.state[part].ravel().tolist(),
                covariance=packed[part].ravel().tolist(),
                environment=[self._environment] * n,
                status=[track_pb2.TRACK_STATUS_MAINTAINING] * n,
                process_noise=[DENSITY_Q] * n,
                identity=[track_pb2.IDENTITY_UNKNOWN] * n,
                identity_confidence=[0.5] * n,
                motion_model=[track_pb2.MotionModel.ValueType(self._motion)] * n,
                quality=[12] * n,
            )
            yield Sent(batch.SerializeToString(), n, time_ns, self._word(look, time_ns, part, len(truth)))

    def _word(self, look: _Look, time_ns: int, part: slice, rows: int) -> status_pb2.NodeStatus:
        done = part.stop == rows
        status = status_pb2.NodeStatus(
            node_id=look.node_id,
            nation=look.node_id[:3],
            incarnation=1,
            state=status_pb2.NODE_STATE_ALIVE,
            time_ns=time_ns,
        )
        status.punctuation.add(
            stream=STREAM, last_sequence=self._sequence[look.node_id], low_watermark_ns=time_ns - (not done)
        )
        return status

    def _carry_to(self, time_s: float) -> None:
        """Let all targets move on."""
        dt_s = time_s - self._time_s
        if dt_s <= 0.0:
            return
        self._time_s = time_s
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

    def _look(
        self, targets: int, seen_by: int, sector: int, nodes: int | None, nations: Sequence[str]
    ) -> Iterator[_Look]:
        sectors = [slice(k, min(k + sector, targets)) for k in range(0, targets, sector)]
        total = len(sectors) * seen_by
        for k in range(total):
            # the looks at one sector are spread over the second
            which, where = divmod(k, len(sectors))
            node = (where * seen_by + which) % (nodes or total)
            targets_of = sectors[where]
            n = targets_of.stop - targets_of.start
            first = self.truth[targets_of] + self._rng.normal(size=(n, 6)) * ([SIGMA_M] * 3 + [5.0] * 3)
            _move(self._motion, first, k / total - 1.0)  # its filter's last step was a second before
            yield _Look(
                node_id=f"{nations[node % len(nations)]}-{node + 1}",
                targets=targets_of,
                phase_s=k / total,
                state=first,
                covariance=np.tile(np.diag([SIGMA_M**2] * 3 + [25.0] * 3), (n, 1, 1)),
            )
