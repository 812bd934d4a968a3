"""Trajectories as knots: times, ECEF positions and velocities, cubic in between.

A cubic through two positions and two velocities is what a body does between them under the least
acceleration, and the mean of a white-acceleration model given both ends.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from fusion.geodesy import Float


@dataclass(frozen=True, slots=True)
class Path:
    """One body's way through time."""

    time_s: Float
    """(k,) increasing, k >= 2."""
    state: Float
    """(k, 6) ECEF m, m/s."""


class Bundle:
    """Many paths, evaluated together at one time."""

    def __init__(self, paths: Sequence[Path]) -> None:
        counts = [len(p.time_s) for p in paths]
        self.first_s = np.array([p.time_s[0] for p in paths])
        self.last_s = np.array([p.time_s[-1] for p in paths])
        self._start = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
        self._time_s = np.concatenate([p.time_s for p in paths]) if paths else np.zeros(0)
        self._state = np.concatenate([p.state for p in paths]) if paths else np.zeros((0, 6))

    def at(self, t_s: float) -> tuple[np.ndarray, Float]:
        """Indices (n,) of the paths that exist at ``t_s`` and their states (n, 6) ECEF m, m/s."""
        alive = np.flatnonzero((self.first_s <= t_s) & (t_s <= self.last_s))
        knot = np.array([self._knot(int(i), t_s) for i in alive], dtype=np.int64)
        if not len(knot):
            return alive, np.zeros((0, 6))
        return alive, _hermite(
            t_s, self._time_s[knot], self._time_s[knot + 1], self._state[knot], self._state[knot + 1]
        )

    def _knot(self, path: int, t_s: float) -> int:
        """The knot before ``t_s``; the last but one at the very end."""
        a, b = self._start[path], self._start[path + 1]
        return int(min(a + np.searchsorted(self._time_s[a:b], t_s, side="right") - 1, b - 2))


def _hermite(t_s: float, t0_s: Float, t1_s: Float, s0: Float, s1: Float) -> Float:
    """The cubic through two states (n, 6) at ``t_s``: states (n, 6).

    Source: the cubic Hermite basis, e.g. Press et al., *Numerical Recipes*, 2007, section 3.3 in value form.
    """
    h = (t1_s - t0_s)[:, None]
    u = (t_s - t0_s)[:, None] / h
    p0, v0, p1, v1 = s0[:, :3], s0[:, 3:], s1[:, :3], s1[:, 3:]
    rise = p1 - p0
    position = p0 + u * (u * (3.0 - 2.0 * u) * rise + h * (1.0 - u) * ((1.0 - u) * v0 - u * v1))
    velocity = 6.0 * u * (1.0 - u) * rise / h + (1.0 - u) * (1.0 - 3.0 * u) * v0 + u * (3.0 * u - 2.0) * v1
    return np.concatenate([position, velocity], axis=1)
