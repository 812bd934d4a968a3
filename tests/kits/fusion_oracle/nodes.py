"""Linear-Gaussian nodes: truth with white acceleration, a Kalman filter a node, and one that sees everything.

Nothing here comes from `fusion`: it is what the fold is measured against.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from fusion_oracle import freefall
from fusion_oracle import reports as r
from triwatch.v1 import track_pb2

Float = r.Float
_EYE = np.eye(3)


def transition(dt_s: float) -> Float:
    """Straight motion over ``dt_s``."""
    return np.eye(6) + np.diag([dt_s] * 3, k=3)


def noise(q: float, dt_s: float) -> Float:
    """Covariance of white acceleration of density ``q`` over ``dt_s``."""
    return q * np.block([[_EYE * dt_s**3 / 3, _EYE * dt_s**2 / 2], [_EYE * dt_s**2 / 2, _EYE * dt_s]])


class Filter:
    """A Kalman filter in six states; ``falls`` makes it one of free fall."""

    def __init__(self, x: ArrayLike, p: ArrayLike, q: float, falls: bool = False) -> None:
        self.x, self.p, self.q, self.falls = np.array(x, float), np.array(p, float), q, falls

    @classmethod
    def started(cls, z: Float, sigma_m: float, q: float, velocity: Float, falls: bool = False) -> Filter:
        """A filter begun on a first position, the velocity known to 200 m/s about ``velocity``."""
        return cls([*z, *velocity], r.diagonal(sigma_m, 200.0), q, falls)

    def predict(self, dt_s: float) -> None:
        """Carry the estimate on."""
        if self.falls:
            self.x, f = freefall.fall_with_transition(self.x, dt_s)
        else:
            f = transition(dt_s)
            self.x = f @ self.x
        self.p = f @ self.p @ f.T + noise(self.q, dt_s)

    def measure(self, z: Float, sigma_m: float) -> None:
        """Take in a position."""
        s = self.p[:3, :3] + sigma_m**2 * _EYE
        gain = np.linalg.solve(s, self.p[:3]).T
        self.x = self.x + gain @ (z - self.x[:3])
        p = self.p - gain @ self.p[:3]
        self.p = 0.5 * (p + p.T)


@dataclass(slots=True)
class Moment:
    """One instant of the run."""

    t_s: float
    truth: Float
    """(n, 6)."""
    local: list[list[Filter]]
    """Node by node, target by target."""
    central: list[Filter]
    reports: list[track_pb2.TrackBatch]
    """Of all nodes, where they report now."""


class Sky:
    """Targets in a cube of 200 km, each seen by every node each second."""

    def __init__(
        self,
        seed: int,
        targets: int = 25,
        sigma_m: Sequence[float] = (30.0, 60.0, 45.0),
        q: float = 1.0,
        period_s: int = 1,
        environment: int = r.AIR,
        declares: Callable[[int], bool] = lambda node: True,
    ) -> None:
        self.rng = np.random.default_rng(seed)
        self.sigma_m, self.q, self.period_s, self.environment = tuple(sigma_m), q, period_s, environment
        self.declares = declares
        falls = environment == r.SPACE
        self.falls = falls
        self.truth = np.zeros((targets, 6))
        centre = r.PLACE_M * (1.3 if falls else 1.0)
        self.truth[:, :3] = centre + self.rng.uniform(-1e5, 1e5, (targets, 3))
        self.truth[:, 3:] = self.rng.normal(0.0, 1500.0 if falls else 150.0, (targets, 3))
        self.root = np.linalg.cholesky(noise(q, 1.0))

    def run(self, seconds: int) -> Iterator[Moment]:
        """Second by second; the first instant is 0."""
        n = len(self.truth)
        local: list[list[Filter]] = [[] for _ in self.sigma_m]
        central: list[Filter] = []
        for t in range(seconds + 1):
            if t:
                if self.falls:
                    self.truth = freefall.fall_many(self.truth, 1.0)
                else:
                    self.truth = self.truth @ transition(1.0).T
                self.truth += (self.root @ self.rng.standard_normal((6, n))).T
            for f in [*central, *(f for filters in local for f in filters)]:
                f.predict(1.0)
            reports = []
            for k, sigma in enumerate(self.sigma_m):
                z = self.truth[:, :3] + self.rng.normal(0.0, sigma, (n, 3))
                for i in range(n):
                    guess = self.truth[i, 3:] + self.rng.normal(0.0, 100.0, 3)
                    if t:
                        local[k][i].measure(z[i], sigma)
                        central[i].measure(z[i], sigma)
                        continue
                    local[k].append(Filter.started(z[i], sigma, self.q, guess, self.falls))
                    if k == 0:
                        central.append(Filter.started(z[i], sigma, self.q, guess, self.falls))
                    else:
                        central[i].measure(z[i], sigma)
                if t % self.period_s == 0:
                    reports.append(
                        r.report(
                            f"N{k}",
                            t // self.period_s + 1,
                            t,
                            np.array([f.x for f in local[k]]),
                            np.array([f.p for f in local[k]]),
                            environment=self.environment,
                            q=self.q if self.declares(k) else 0.0,
                        )
                    )
            yield Moment(t, self.truth.copy(), local, central, reports)
