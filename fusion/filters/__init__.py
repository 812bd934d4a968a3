"""The shared track's filter: one interface, two engines.

`compiled` (numba, fixed order, the picture's own) and `reference` (filterpy objects, for comparison).
Both work on rows of the track table: `predict` carries every mode of a row to a moment, `fuse` folds in
what the reports tell. The modes and their noise are here, shared by both.
"""

from __future__ import annotations

from typing import Protocol

from fusion.arrays import Float, Ints
from fusion.contract import SPACE, SURFACE
from fusion.kernel import kernel
from fusion.report.tracklet import Tracklets
from fusion.table.arrays import Arrays
from fusion.table.records import CRUISE, MODES, SECOND, Track

Q_CRUISE_MIN, Q_CRUISE_MAX = 1e-4, 100.0
Q_CRUISE_UNKNOWN = 10.0
"""Assumed where no node declares any: too much costs little, too little makes a track sure of itself."""
Q_FREE_FLIGHT_MAX = 1.0
Q_MANOEUVRE_SPACE = 50.0
Q_BOOST = 2500.0
Q_SWERVE, Q_SWERVE_SURFACE = 1.0, 0.02
"""White-acceleration densities of the modes, m²/s³."""

# of the modes CRUISE, SECOND and MANOEUVRE: mean stay, s, and share of a fresh track's probability
_STAY_S = (500.0, 500.0, 5.0)
_STAY_SPACE_S = (300.0, 40.0, 5.0)
_FRESH = (0.9, 0.05, 0.05)
_FRESH_SPACE = (0.4, 0.4, 0.2)


@kernel
def mode_noise(environment: int, mode: int, q: float) -> float:
    """White-acceleration density m²/s³ of a mode, for a track whose nodes declare ``q``.

    Elsewhere than in space SECOND is straight motion with a tenth of the noise declared: who must follow
    turns declares more than level flight has.
    """
    if q == 0.0:
        q = Q_CRUISE_UNKNOWN
    if environment == SPACE:
        if mode == CRUISE:
            return min(max(q, Q_CRUISE_MIN), Q_FREE_FLIGHT_MAX)
        return Q_BOOST if mode == SECOND else Q_MANOEUVRE_SPACE
    q = min(max(q, Q_CRUISE_MIN), Q_CRUISE_MAX)
    if mode == SECOND:
        return 0.1 * q
    if mode == CRUISE:
        return q
    return 25.0 * q + (Q_SWERVE_SURFACE if environment == SURFACE else Q_SWERVE)


@kernel
def stay_probability(environment: int, mode: int, dt_s: float) -> float:
    """Probability of being in the same mode ``dt_s`` later, 1 / (1 + dt / mean stay)."""
    stay_s = _STAY_SPACE_S[mode] if environment == SPACE else _STAY_S[mode]
    return 1.0 / (1.0 + dt_s / stay_s)


@kernel
def fresh_probability(environment: int, mode: int) -> float:
    """Mode probabilities of a track about whose motion nothing is known yet."""
    return _FRESH_SPACE[mode] if environment == SPACE else _FRESH[mode]


@kernel
def fresh_modes(track: Track) -> None:
    """Give every mode of a track's environment the track's combined estimate."""
    track.ballistic = 1 if track.environment == SPACE else 0
    for m in range(MODES):
        track.mode_probability[m] = fresh_probability(track.environment, m)
        for i in range(6):
            track.mode_state[m, i] = track.state[i]
        for i in range(21):
            track.mode_covariance[m, i] = track.covariance[i]


class Filter(Protocol):
    """What an engine offers. Rows of `fusion.table.records.NONE` are passed over; the caller has journalled
    the others."""

    def predict(self, a: Arrays, rows: Ints, time_ns: int) -> None:
        """Carry all modes of the track rows (n,) to ``time_ns``, mixing them on the way."""

    def fuse(self, a: Arrays, rows: Ints, origin: Float, tracklets: Tracklets) -> None:
        """Fold a tracklet each, about the states ``origin`` (n, 6), into the rows (n,)."""
