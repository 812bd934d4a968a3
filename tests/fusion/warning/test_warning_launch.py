"""Launch point and time, from simulated ascents of a physics of their own."""

from __future__ import annotations

import numpy as np
import pytest

from fusion.physics.geodesy import ecef2enu, geodetic2ecef, great_circle_range_m
from fusion.warning.launch import Anchor, Launch, estimate_launch
from warning_kit import LAUNCH, at, flight

FLIGHTS = [(2111.5, 787.0), (200.0, 600.0), (800.0, 2000.0), (5768.5, 989.0)]
SIGMA = np.repeat([100.0, 15.0], 3)


def miss(launch: Launch) -> np.ndarray:
    """East and north m from the true launch point."""
    return ecef2enu(geodetic2ecef(launch.point.lat_deg, launch.point.lon_deg, 0.0), *LAUNCH, 0.0)[:2]


def seen(apogee_km: float, range_km: float, times_s: tuple[float, ...], seed: int) -> list[Anchor]:
    rng = np.random.default_rng(seed)
    body = flight(apogee_km, range_km)[0]
    return [
        Anchor(t - times_s[0], at(body, t) + SIGMA * rng.standard_normal(6), np.diag(SIGMA**2))
        for t in times_s
    ]


@pytest.mark.parametrize(("apogee_km", "range_km"), FLIGHTS)
@pytest.mark.parametrize("first_s", [20.0, 40.0, 60.0])
def test_a_missile_seen_early_gives_its_launch_away(
    apogee_km: float, range_km: float, first_s: float
) -> None:
    inside, early = [], []
    for seed in range(20):
        launch = estimate_launch(seen(apogee_km, range_km, (first_s,), seed), burning=True)
        assert launch is not None
        d = miss(launch)
        assert np.hypot(*d) < 3_000.0
        inside.append(d @ np.linalg.solve(launch.point.covariance_m2, d) < 5.991)
        early.append((launch.point.after_s + first_s) / launch.point.time_sigma_s)
    assert np.mean(inside) >= 0.8
    assert np.mean(np.abs(early) < 2.5) >= 0.85


@pytest.mark.parametrize(("apogee_km", "range_km"), FLIGHTS)
def test_several_states_together_time_the_launch(apogee_km: float, range_km: float) -> None:
    one = estimate_launch(seen(apogee_km, range_km, (40.0,), 3), burning=True)
    many = estimate_launch(seen(apogee_km, range_km, (40.0, 55.0, 70.0, 85.0), 3), burning=True)
    assert one is not None
    assert many is not None
    assert many.point.time_sigma_s < one.point.time_sigma_s
    assert many.point.after_s == pytest.approx(-40.0, abs=6.0)


@pytest.mark.parametrize(("apogee_km", "range_km"), FLIGHTS)
def test_a_missile_first_seen_falling_is_known_to_be_less_well_known(
    apogee_km: float, range_km: float
) -> None:
    body = flight(apogee_km, range_km)[0]
    launch = estimate_launch(seen(apogee_km, range_km, (body.burnout_s + 60.0,), 5), burning=False)
    assert launch is not None
    d = miss(launch)
    assert d @ np.linalg.solve(launch.point.covariance_m2, d) < 9.21
    assert launch.point.ellipse_95_m[0] > 10e3
    assert launch.thrust_mps2 == 0.0
    assert great_circle_range_m(launch.point.lat_deg, launch.point.lon_deg, *LAUNCH) < 60e3


def test_thrust_is_that_of_the_engine() -> None:
    body = flight(2111.5, 787.0)[0]
    launch = estimate_launch(seen(2111.5, 787.0, (60.0, 80.0, 100.0), 2), burning=True)
    assert launch is not None
    gained = np.linalg.norm(at(body, 101.0)[3:] - at(body, 100.0)[3:])
    assert launch.thrust_mps2 == pytest.approx(gained + 9.0, rel=0.25)


def test_a_covariance_of_nothing_is_refused() -> None:
    assert (
        estimate_launch([Anchor(0.0, at(flight(200.0, 600.0)[0], 40.0), np.full((6, 6), np.nan))], True)
        is None
    )


@pytest.mark.parametrize("burning", [True, False])
def test_a_state_that_no_rocket_has_is_no_error(burning: bool) -> None:
    dice = np.random.default_rng(11)
    for _ in range(40):
        state = (
            dice.normal(size=6)
            * 10.0 ** np.r_[np.full(3, dice.uniform(5, 8)), np.full(3, dice.uniform(1, 5))]
        )
        spread = dice.normal(size=(6, 6)) * 10.0 ** dice.uniform(-4, 7, 6)[:, None]
        found = estimate_launch([Anchor(0.0, state, spread @ spread.T)], burning)
        assert found is None or np.isfinite(found.point.covariance_m2).all()
