"""The air's brake on what falls, as white acceleration."""

from __future__ import annotations

import numpy as np
import pytest

from fusion.contract import AIR, SPACE
from fusion.filters import NOISE, mode_noise
from fusion.physics.geodesy import geodetic2ecef
from fusion.physics.integrator import runge_kutta_step
from fusion.physics.reentry import LIGHTEST_KGPM2, VEHICLE_KGPM2, brake_m2ps3, reentry_acceleration
from fusion.table.records import CRUISE, SECOND


def falling(height_m: float, speed_mps: float = 2000.0, climb: float = -1.0) -> np.ndarray:
    """A state that goes straight down, or up."""
    position = geodetic2ecef(35.0, 130.0, height_m)
    return np.concatenate([position, climb * speed_mps * position / np.linalg.norm(position)])


@pytest.mark.parametrize("height_m", [70e3, 55e3, 40e3])
def test_its_noise_adds_up_to_what_it_has_done_to_the_velocity(height_m: float) -> None:
    """Of a body of that weight, from above the air: within half, where one density for the newest second
    stands for all before."""
    state, free = falling(150e3), falling(150e3)
    noise = 0.0
    while (
        float(np.linalg.norm(state[:3])) - float(np.linalg.norm(geodetic2ecef(35.0, 130.0, 0.0))) > height_m
    ):
        noise += 0.1 * brake_m2ps3(state, VEHICLE_KGPM2)
        runge_kutta_step(reentry_acceleration, state, 0.1, (VEHICLE_KGPM2,))
        runge_kutta_step(reentry_acceleration, free, 0.1, (1e12,))
    slowed = float(np.linalg.norm(free[3:]) - np.linalg.norm(state[3:]))
    assert 0.5 * slowed < noise**0.5 < 1.5 * slowed


def test_free_flight_takes_what_is_declared_as_far_as_the_air_may_brake() -> None:
    declared = 5e3
    space = mode_noise(SPACE, CRUISE, declared, falling(200e3))
    assert space == NOISE.free_flight_max_m2ps3
    assert mode_noise(SPACE, CRUISE, declared, falling(60e3, climb=1.0)) == space, "what climbs has an engine"
    assert mode_noise(SPACE, CRUISE, declared, falling(30e3)) == declared
    assert mode_noise(SPACE, CRUISE, 1e6, falling(60e3)) == brake_m2ps3(falling(60e3), LIGHTEST_KGPM2)


def test_nobody_who_declares_a_fall_in_vacuum_is_believed_in_the_air() -> None:
    assert mode_noise(SPACE, CRUISE, 1e-4, falling(200e3)) == 1e-4
    assert mode_noise(SPACE, CRUISE, 1e-4, falling(20e3)) == brake_m2ps3(falling(20e3), VEHICLE_KGPM2) > 1e3


def test_other_modes_and_environments_do_not_ask_where_it_is() -> None:
    for environment, mode in ((SPACE, SECOND), (AIR, CRUISE)):
        assert mode_noise(environment, mode, 3.0, falling(20e3)) == mode_noise(
            environment, mode, 3.0, falling(300e3)
        )
