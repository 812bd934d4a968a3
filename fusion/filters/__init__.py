"""The shared track's filter: one interface, two engines.

`compiled` (numba, fixed order, the picture's own) and `reference` (filterpy objects, for comparison).
Both work on rows of the track table: `predict` carries every mode of a row to a moment, `fuse` folds in
what the reports tell. The modes and their noise are here, shared by both.
"""

from __future__ import annotations

from typing import Annotated, NamedTuple, Protocol

from fusion.arrays import Float, Ints
from fusion.constants import JUDGED, Chosen, constants
from fusion.contract import SPACE, SURFACE
from fusion.kernel import kernel
from fusion.physics.reentry import LIGHTEST_KGPM2, VEHICLE_KGPM2, brake_m2ps3
from fusion.report.tracklet import Tracklets
from fusion.table.arrays import Arrays
from fusion.table.records import CRUISE, MODES, SECOND, Track


@constants
class Noise(NamedTuple):
    """White-acceleration densities of the modes."""

    declared_min_m2ps3: Annotated[
        float, Chosen("m²/s³", "what a node declares, at least: below it a filter stops listening", JUDGED)
    ] = 1e-4
    declared_max_m2ps3: Annotated[
        float, Chosen("m²/s³", "what a node declares, at most; a 3 g turn is covered", JUDGED)
    ] = 100.0
    undeclared_m2ps3: Annotated[
        float,
        Chosen(
            "m²/s³", "where none is declared: too much costs little, too little makes a track sure", JUDGED
        ),
    ] = 10.0
    free_flight_max_m2ps3: Annotated[
        float,
        Chosen(
            "m²/s³",
            "free flight above the air knows its forces: what is declared counts no further; in it from the "
            "brake of a vehicle to that of the lightest",
            JUDGED,
        ),
    ] = 1.0
    space_manoeuvre_m2ps3: Annotated[float, Chosen("m²/s³", "MANOEUVRE in space", JUDGED)] = 50.0
    boost_m2ps3: Annotated[
        float, Chosen("m²/s³", "SECOND in space: an engine of some 50 m/s² for a second", JUDGED)
    ] = 2500.0
    quiet_share: Annotated[
        float,
        Chosen("1", "SECOND elsewhere, of what is declared: who must follow turns declares more", JUDGED),
    ] = 0.1
    turn_factor: Annotated[float, Chosen("1", "MANOEUVRE elsewhere, times what is declared", JUDGED)] = 25.0
    swerve_m2ps3: Annotated[float, Chosen("m²/s³", "and this on top of it", JUDGED)] = 1.0
    ship_swerve_hz: Annotated[
        float,
        Chosen(
            "1/s",
            "and this times the speed squared instead for ships: what lies still does not turn",
            "turns of 0.02 rad/s (IMO MSC.137(76), see nodes/tracking/motion_models.py) for 10 s",
        ),
    ] = 0.004
    ship_mps: Annotated[
        float, Chosen("m/s", "speed of a ship, at most: 58 kn; what is faster turns as that does", JUDGED)
    ] = 30.0


@constants
class ModeChanges(NamedTuple):
    """How modes follow each other; tuples are of CRUISE, SECOND, MANOEUVRE."""

    stay_s: Annotated[tuple[float, float, float], Chosen("s", "mean stay in a mode", JUDGED)] = (
        500.0,
        500.0,
        5.0,
    )
    ship_stay_s: Annotated[
        tuple[float, float, float],
        Chosen("s", "mean stay of ships: some minutes straight, then a turn of half a minute", JUDGED),
    ] = (200.0, 200.0, 20.0)
    space_stay_s: Annotated[
        tuple[float, float, float], Chosen("s", "mean stay in space: stages burn some 40 to 60 s", JUDGED)
    ] = (300.0, 40.0, 5.0)
    fresh: Annotated[tuple[float, float, float], Chosen("1", "probabilities of a new track", JUDGED)] = (
        0.9,
        0.05,
        0.05,
    )
    space_fresh: Annotated[
        tuple[float, float, float], Chosen("1", "probabilities of a new track in space", JUDGED)
    ] = (0.4, 0.4, 0.2)
    probability_min: Annotated[
        float,
        Chosen("1", "a mode keeps at least this, so that it can come back", "anything far below 1; judged"),
    ] = 1e-12


NOISE = Noise()
MODE_CHANGES = ModeChanges()


@kernel
def mode_noise(environment: int, mode: int, q: float, state: Float) -> float:
    """White-acceleration density m²/s³ of a mode at ``state`` (6,), for a track whose nodes declare ``q``.

    Elsewhere than in space SECOND is straight motion with a tenth of the noise declared: who must follow
    turns declares more than level flight has.
    """
    if q == 0.0:
        q = NOISE.undeclared_m2ps3
    if environment == SPACE:
        if mode == CRUISE:
            least = max(NOISE.declared_min_m2ps3, brake_m2ps3(state, VEHICLE_KGPM2))
            most = max(NOISE.free_flight_max_m2ps3, brake_m2ps3(state, LIGHTEST_KGPM2))
            return min(max(q, least), most)
        return NOISE.boost_m2ps3 if mode == SECOND else NOISE.space_manoeuvre_m2ps3
    q = min(max(q, NOISE.declared_min_m2ps3), NOISE.declared_max_m2ps3)
    if mode == SECOND:
        return NOISE.quiet_share * q
    if mode == CRUISE:
        return q
    if environment != SURFACE:
        return NOISE.turn_factor * q + NOISE.swerve_m2ps3
    speed2 = 0.0
    for k in range(len(state) // 2, len(state)):
        speed2 += state[k] * state[k]
    return NOISE.turn_factor * q + NOISE.ship_swerve_hz * min(speed2, NOISE.ship_mps * NOISE.ship_mps)


@kernel
def stay_probability(environment: int, mode: int, dt_s: float) -> float:
    """Probability of being in the same mode ``dt_s`` later, 1 / (1 + dt / mean stay)."""
    stay_s = MODE_CHANGES.stay_s[mode]
    if environment == SPACE:
        stay_s = MODE_CHANGES.space_stay_s[mode]
    elif environment == SURFACE:
        stay_s = MODE_CHANGES.ship_stay_s[mode]
    return 1.0 / (1.0 + dt_s / stay_s)


@kernel
def fresh_probability(environment: int, mode: int) -> float:
    """Mode probabilities of a track about whose motion nothing is known yet."""
    return MODE_CHANGES.space_fresh[mode] if environment == SPACE else MODE_CHANGES.fresh[mode]


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
