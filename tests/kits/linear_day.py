"""Two nodes whose Kalman filters are linear, written here, watch four targets far from each other."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

import link_kit
from triwatch.v1 import track_pb2

Float = NDArray[np.float64]

SECOND_NS = 1_000_000_000
SIGMA = np.array([20.0, 30.0, 20.0])
F = np.eye(6) + np.diag([1.0] * 3, k=3)
H = np.hstack([np.eye(3), np.zeros((3, 3))])
LOWER = np.tril_indices(6)
CENTRE = np.array([-3_200_000.0, 4_050_000.0, 3_700_000.0])


class LinearNode:
    """A node that reports every second, states alone: constant velocity, white acceleration ``q``."""

    def __init__(self, node_id: str, q: float, offset_ns: int, chance: np.random.Generator) -> None:
        self.node_id, self.offset_ns, self.q, self._chance = node_id, offset_ns, q, chance
        self._noise = q * np.block([[np.eye(3) / 3, np.eye(3) / 2], [np.eye(3) / 2, np.eye(3)]])
        self._tracks: list[tuple[Float, Float]] = []
        self._sequence = 0

    def report(self, step: int, targets: list[Float], blind: bool, ended: int | None) -> track_pb2.TrackBatch:
        """Of all targets; ``blind``: predicted only; ``ended``: the track that ends with this report."""
        time_ns = link_kit.START_NS + step * SECOND_NS + self.offset_ns
        age_s = step + self.offset_ns * 1e-9
        self._sequence += 1
        batch = track_pb2.TrackBatch(
            node_id=self.node_id, nation=self.node_id[:3], incarnation=2, sequence=self._sequence
        )
        batch.sent_time_ns = time_ns
        for k, target in enumerate(targets):
            at = np.concatenate([target[:3] + target[3:] * age_s, target[3:]])
            x, p = self._step(k, at, blind)
            batch.local_number.append(k + 1)
            batch.valid_time_ns.append(time_ns)
            batch.state.extend(x)
            batch.covariance.extend(p[LOWER])
            batch.environment.append(3 if k == 1 else 1)
            batch.status.append(4 if k == ended else 3 if blind else 2)
            batch.process_noise.append(self.q)
            batch.identity.append(((3, 4, 6, 2), (3, 1, 3, 5))[self.node_id == "KOR-1"][k])
            batch.identity_confidence.append(0.5 + 0.1 * k)
            batch.call_sign.append("ROK 21" if (self.node_id, k) == ("KOR-1", 0) and step > 9 else "")
        return batch

    def _step(self, k: int, at: Float, blind: bool) -> tuple[Float, Float]:
        if k == len(self._tracks):
            sigma = np.concatenate([SIGMA, [5.0, 5.0, 5.0]])
            self._tracks.append((at + sigma * self._chance.normal(size=6), np.diag(sigma**2)))
            return self._tracks[k]
        x, p = self._tracks[k]
        x, p = F @ x, F @ p @ F.T + self._noise
        if not blind:
            gain = p @ H.T @ np.linalg.inv(H @ p @ H.T + np.diag(SIGMA**2))
            x = x + gain @ (at[:3] + SIGMA * self._chance.normal(size=3) - x[:3])
            p = (np.eye(6) - gain @ H) @ p
        self._tracks[k] = (x, (p + p.T) / 2.0)
        return self._tracks[k]


def linear_day(seed: int) -> list[track_pb2.TrackBatch]:
    """80 s: the second node begins 3 s late, is blind for 4 s, silent from 40 s; one track ends at 20 s."""
    chance = np.random.default_rng(seed)
    targets = [
        np.concatenate([CENTRE + 60_000.0 * chance.normal(size=3), 150.0 * chance.normal(size=3)])
        for _ in range(4)
    ]
    japan = LinearNode("JPN-1", 1.0, 0, chance)
    korea = LinearNode("KOR-1", 0.4, 250_000_000, chance)
    reports = []
    for step in range(80):
        seen = targets if step <= 20 else targets[:3]
        reports.append(japan.report(step, seen, False, 3 if step == 20 else None))
        if 3 <= step < 40:
            reports.append(korea.report(step, targets, 12 <= step < 16, None))
    return reports
