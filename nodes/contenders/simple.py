"""Two fusions from the textbook, to be compared with: the naive sum and covariance intersection.

Both hold every node's newest estimate of each of its tracks, carry it to the time asked for by constant
velocity, pair the nodes' tracks by position (least sum of squared normalised distances in a gate of 99.9 %)
and fuse what is paired. ``naive``: as if the estimates were independent, P^-1 = sum of P_i^-1, which counts
common information twice. ``covariance_intersection``: P^-1 = sum of w_i P_i^-1 with weights by the inverse of
the traces (Niehsen 2002, fast covariance intersection), consistent whatever the correlation.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Final

import numpy as np
from scipy.optimize import linear_sum_assignment

from fusion.arrays import Float
from fusion.constants import JUDGED, Chosen
from nodes.contenders.protocol import FusedTracks, NodeReport

GATE: Final[
    Annotated[
        float,
        Chosen(
            "1",
            "squared distance within which two tracks may be one",
            "chi-square, 99.9 %, 3 degrees of freedom",
        ),
    ]
] = 16.27
STALE_NS: Final[
    Annotated[int, Chosen("ns", "a track that was not reported for so long is dropped", JUDGED)]
] = 30 * 10**9
DENSITY: Final[Annotated[float, Chosen("m²/s³", "white acceleration where a node tells none", JUDGED)]] = 1.0
Weights = Callable[[Float], Float]
Name = tuple[str, int]


@dataclass(slots=True)
class _Told:
    """What a node told last of one of its tracks."""

    time_ns: int
    state: Float
    covariance: Float
    density: float


class Paired:
    """A fusion by pairing the nodes' newest estimates; ``weights`` (n,) of n covariances (n, 6, 6)."""

    def __init__(self, weights: Weights) -> None:
        self._weights = weights
        self._told: dict[Name, _Told] = {}
        self._number: dict[Name, int] = {}
        self._last = 0

    def fold(self, report: NodeReport) -> None:
        for i, number in enumerate(report.number.tolist()):
            name = (report.node_id, number)
            if report.ended[i]:
                self._told.pop(name, None)
                self._number.pop(name, None)
                continue
            density = float(report.process_noise[i]) or DENSITY
            told = _Told(int(report.valid_time_ns[i]), report.state[i], report.covariance[i], density)
            if name not in self._told or self._told[name].time_ns <= told.time_ns:
                self._told[name] = told

    def tracks(self, time_ns: int) -> FusedTracks:
        groups: list[list[tuple[Name, Float, Float]]] = []
        for node in sorted({name[0] for name in self._told}):
            own = [
                (name, *carried(told, time_ns))
                for name, told in sorted(self._told.items())
                if name[0] == node and time_ns - told.time_ns <= STALE_NS
            ]
            self._join(groups, own)
        fused = [self._fuse(group) for group in groups]
        n = len(groups)
        numbers = self._numbered([[name for name, _, _ in group] for group in groups])
        return FusedTracks(
            np.array(numbers, dtype=np.int64),
            np.array([state for state, _ in fused]).reshape(n, 6),
            np.array([covariance for _, covariance in fused]).reshape(n, 6, 6),
        )

    def _join(
        self, groups: list[list[tuple[Name, Float, Float]]], own: list[tuple[Name, Float, Float]]
    ) -> None:
        """Each of a node's tracks into the group that it belongs to, or into one of its own."""
        cost = np.full((len(own), len(groups)), GATE)
        for i, (_, state, covariance) in enumerate(own):
            for j, group in enumerate(groups):
                away = state[:3] - group[0][1][:3]
                spread = covariance[:3, :3] + group[0][2][:3, :3]
                cost[i, j] = min(GATE, float(away @ np.linalg.solve(spread, away)))
        rows, columns = linear_sum_assignment(cost)
        place = {int(i): int(j) for i, j in zip(rows, columns, strict=True) if cost[i, j] < GATE}
        for i, one in enumerate(own):
            if i in place:
                groups[place[i]].append(one)
            else:
                groups.append([one])

    def _fuse(self, group: list[tuple[Name, Float, Float]]) -> tuple[Float, Float]:
        covariance = np.array([p for _, _, p in group])
        information = self._weights(covariance)[:, None, None] * np.linalg.inv(covariance)
        fused = np.linalg.inv(information.sum(axis=0))
        vector = np.einsum("nij,nj->i", information, np.array([x for _, x, _ in group]))
        return fused @ vector, (fused + fused.T) / 2.0

    def _numbered(self, groups: list[list[Name]]) -> list[int]:
        """A group keeps the oldest number that one of its tracks had, unless another group has it."""
        taken: set[int] = set()
        numbers = []
        for group in groups:
            had = sorted({self._number[name] for name in group if name in self._number} - taken)
            if not had:
                self._last += 1
                had = [self._last]
            taken.add(had[0])
            numbers.append(had[0])
            for name in group:
                self._number[name] = had[0]
        return numbers


def carried(told: _Told, time_ns: int) -> tuple[Float, Float]:
    """State and covariance after constant velocity with white acceleration."""
    dt = (time_ns - told.time_ns) * 1e-9
    f = np.eye(6)
    f[:3, 3:] = dt * np.eye(3)
    block = told.density * np.array([[abs(dt) ** 3 / 3, dt * abs(dt) / 2], [dt * abs(dt) / 2, abs(dt)]])
    return f @ told.state, f @ told.covariance @ f.T + np.kron(block, np.eye(3))


def naive() -> Paired:
    """The naive sum."""
    return Paired(lambda covariance: np.ones(len(covariance)))


def covariance_intersection() -> Paired:
    """Fast covariance intersection."""

    def weights(covariance: Float) -> Float:
        certain = 1.0 / np.trace(covariance, axis1=1, axis2=2)
        weighted: Float = certain / certain.sum()
        return weighted

    return Paired(weights)
