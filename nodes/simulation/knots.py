"""Trajectories as knots: times, ECEF positions and velocities, cubic in between.

A cubic through two positions and two velocities is what a body does between them under the least
acceleration, and the mean of a white-acceleration model given both ends.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fusion.physics.geodesy import Float


@dataclass(frozen=True, slots=True)
class Trajectory:
    """One body's way through time."""

    time_s: Float
    """(k,) increasing, k >= 2."""
    state: Float
    """(k, 6) ECEF m, m/s."""


def sampled(position: Callable[[Float], Float], time_s: Float) -> Trajectory:
    """The path along ``position`` (times (k,) to ECEF (k, 3) m), with knots at ``time_s``.

    Velocities are central differences over 0.1 s, so ``position`` must hold a little beyond both ends.
    """
    velocity = (position(time_s + 0.05) - position(time_s - 0.05)) / 0.1
    return Trajectory(time_s, np.concatenate([position(time_s), velocity], axis=1))


class Bundle:
    """Many paths, evaluated together at one time."""

    def __init__(self, paths: Sequence[Trajectory]) -> None:
        counts = np.array([len(p.time_s) for p in paths], dtype=np.int64)
        self.first_s = np.array([p.time_s[0] for p in paths], dtype=float)
        self.last_s = np.array([p.time_s[-1] for p in paths], dtype=float)
        self._end = np.cumsum(counts)
        self._begin = self._end - counts
        self._time_s = np.concatenate([np.zeros(0), *(p.time_s for p in paths)])
        self._state = np.concatenate([np.zeros((0, 6)), *(p.state for p in paths)])
        # one sorted key for all knots: paths one behind the other, so that one search finds every knot
        longest_s = float(np.max(self.last_s - self.first_s, initial=0.0))
        self._offset_s = np.arange(len(paths)) * (longest_s + 1.0) - self.first_s
        self._key_s = self._time_s + np.repeat(self._offset_s, counts)

    def at(self, t_s: float) -> tuple[NDArray[np.int64], Float]:
        """Indices (n,) of the paths that exist at ``t_s`` and their states (n, 6) ECEF m, m/s."""
        alive = np.flatnonzero((self.first_s <= t_s) & (t_s <= self.last_s))
        knot = np.searchsorted(self._key_s, t_s + self._offset_s[alive], side="right") - 1
        knot = np.clip(knot, self._begin[alive], self._end[alive] - 2)
        return alive, _hermite(
            t_s, self._time_s[knot], self._time_s[knot + 1], self._state[knot], self._state[knot + 1]
        )


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
