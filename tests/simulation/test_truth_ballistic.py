"""The physics of ballistic truth against formulas and integrations that share no code with it."""

import csv
from itertools import pairwise
from pathlib import Path

import numpy as np
import pymap3d
import pytest
from pymap3d.vincenty import vdist
from scipy.integrate import solve_ivp

from nodes.errors import BadInput
from nodes.simulation.atmosphere import density_kgpm3
from nodes.simulation.ballistic import Body, fly_missile
from nodes.simulation.fly import fly
from nodes.simulation.ground import bearing_rad, ground_range_m
from nodes.simulation.knots import Bundle
from nodes.simulation.spec import Ballistic
from nodes.simulation.trajectory import fall, knots_s
from nodes.simulation.vacuum import vacuum_flight

MU, J2, RE, OMEGA = 3.986004418e14, 1.08262668e-3, 6378137.0, 7.292115e-5
NO_DRAG = 1e15


def missile(**changes: object) -> Ballistic:
    asked = {
        "id": "M1",
        "launch_s": 0.0,
        "launch_lat_deg": 39.2,
        "launch_lon_deg": 125.7,
        "azimuth_deg": 80.0,
        "apogee_km": 700.0,
        "range_km": 900.0,
        "burn_s": 140.0,
    }
    return Ballistic(**(asked | changes))  # type: ignore[arg-type]


def heights_m(body: Body) -> np.ndarray:
    return np.asarray(pymap3d.ecef2geodetic(*body.path.state[:, :3].T)[2])


def potential(position: np.ndarray) -> float:
    """Gravity potential with J2 by its Legendre form, m²/s²; negative far below zero."""
    r = float(np.linalg.norm(position))
    sine = position[2] / r
    return -MU / r * (1.0 - J2 * (RE / r) ** 2 * (3.0 * sine**2 - 1.0) / 2.0)


# --- against authority


def test_published_flights(shared_data: Path) -> None:
    """Each published lofted flight: time within 5 %, apogee and range within 1 %."""
    with (shared_data / "flights.csv").open(encoding="utf-8") as lines:
        flights = list(csv.DictReader(lines))
    assert len(flights) >= 5
    for published in flights:
        for azimuth in (65.0, 90.0):
            flown = fly(float(published["apogee_km"]), float(published["range_km"]), azimuth_deg=azimuth)
            name = published["name"]
            assert flown["flight_time_s"] == pytest.approx(float(published["flight_time_s"]), rel=0.05), name
            assert flown["apogee_km"] == pytest.approx(float(published["apogee_km"]), rel=0.01), name
            assert flown["range_km"] == pytest.approx(float(published["range_km"]), rel=0.01), name


@pytest.mark.parametrize(
    ("geopotential_km", "published"),
    [
        (0.0, 1.2250),
        (11.0, 0.36392),
        (20.0, 0.088035),
        (32.0, 0.013225),
        (47.0, 1.4275e-3),
        (71.0, 6.4211e-5),
    ],
)
def test_air_density_of_the_standard_atmosphere(geopotential_km: float, published: float) -> None:
    # U.S. Standard Atmosphere 1976: densities at the bases of its layers
    geometric_m = 6356.766e3 * geopotential_km / (6356.766 - geopotential_km)
    assert density_kgpm3(geometric_m) == pytest.approx(published, rel=0.02)


def test_there_is_no_air_in_space_and_none_below_the_sea() -> None:
    assert density_kgpm3(150_000.0) == 0.0
    assert density_kgpm3(-500.0) == density_kgpm3(0.0)


# --- against other formulations


@pytest.mark.parametrize(
    ("apogee_km", "range_km"), [(100.0, 400.0), (1000.0, 700.0), (6000.0, 1000.0), (1300.0, 9000.0)]
)
def test_vacuum_flight_is_the_two_body_flight(apogee_km: float, range_km: float) -> None:
    """Thrown from a sphere with the speed and lean found, the ellipse has the asked height and width."""
    found = vacuum_flight(apogee_km * 1e3, range_km * 1e3)
    radius = 6_371_008.8

    def rate(_t: float, s: np.ndarray) -> np.ndarray:
        return np.concatenate([s[2:], -MU * s[:2] / np.hypot(*s[:2]) ** 3])

    def ground(_t: float, s: np.ndarray) -> float:
        return float(np.hypot(*s[:2]) - radius)

    ground.terminal, ground.direction = True, -1  # type: ignore[attr-defined]
    lean = found.lean_rad
    start = [0.0, radius, found.speed_mps * np.sin(lean), found.speed_mps * np.cos(lean)]
    flown = solve_ivp(rate, (0.0, 20_000.0), start, rtol=1e-10, atol=1e-3, events=ground, max_step=5.0)
    assert np.hypot(*flown.y[:2]).max() - radius == pytest.approx(apogee_km * 1e3, rel=1e-4)
    assert radius * np.arctan2(flown.y[0, -1], flown.y[1, -1]) == pytest.approx(range_km * 1e3, rel=1e-5)
    assert flown.t[-1] == pytest.approx(found.flight_time_s, rel=1e-5)


def test_fall_agrees_with_an_inertial_integration() -> None:
    """Without air: gravity as the gradient of the potential, in a frame that does not turn."""
    position = np.array(pymap3d.geodetic2ecef(39.2, 125.7, 300_000.0))
    velocity = np.array([-3500.0, 1500.0, 4200.0])
    leg = fall(np.concatenate([position, velocity]), 0.0, NO_DRAG, 0.0, 1e-10)

    def rate(_t: float, s: np.ndarray) -> np.ndarray:
        gradient = [(potential(s[:3] + step) - potential(s[:3] - step)) / 200.0 for step in 100.0 * np.eye(3)]
        return np.concatenate([s[3:], -np.array(gradient)])

    spin = np.cross([0.0, 0.0, OMEGA], position)
    until = leg.end_s
    flown = solve_ivp(
        rate, (0.0, until), np.concatenate([position, velocity + spin]), rtol=1e-9, atol=1e-3, method="RK45"
    )
    turn = OMEGA * until
    c, s = np.cos(turn), np.sin(turn)
    there = np.array([[c, s, 0.0], [-s, c, 0.0], [0.0, 0.0, 1.0]]) @ flown.y[:3, -1]
    assert until > 300.0
    assert np.linalg.norm(there - leg.end_state[:3]) < 5.0


def test_free_flight_keeps_the_jacobi_integral() -> None:
    """v²/2 + U - omega² rho²/2 is constant in the turning frame, J2 included."""
    body = fly_missile(missile(apogee_km=2802.0, range_km=933.0, burn_s=None))[0]
    high = (heights_m(body) > 160_000.0) & (body.path.time_s > body.burnout_s)
    state = body.path.state[high]
    integral = np.array(
        [0.5 * float(s[3:] @ s[3:]) + potential(s[:3]) - 0.5 * OMEGA**2 * float(s[:2] @ s[:2]) for s in state]
    )
    assert len(integral) > 300
    assert np.ptp(integral) / abs(integral.mean()) < 1e-8


def test_what_is_thrown_up_comes_down_to_the_west() -> None:
    # 4/3 omega sqrt(8 h³ / g), e.g. Goldstein, Classical Mechanics, section 4.10, problem 21
    height = 100_000.0
    speed = np.sqrt(2.0 * 9.78 * height)
    state = np.array([RE + 1.0, 0.0, 0.0, speed, 0.0, 0.0])
    leg = fall(state, 0.0, NO_DRAG, 0.0, 1e-10)
    west = -leg.end_state[1]
    assert west == pytest.approx(4.0 / 3.0 * OMEGA * np.sqrt(8.0 * height**3 / 9.78), rel=0.06)


def test_what_flies_north_drifts_east_in_the_north() -> None:
    state = np.concatenate([pymap3d.geodetic2ecef(40.0, 0.0, 1.0), np.zeros(3)])
    north, up = (
        np.array([-np.sin(np.radians(40.0)), 0.0, np.cos(np.radians(40.0))]),
        state[:3] / np.linalg.norm(state[:3]),
    )
    # flat: the turn to the right outweighs the westward drift of the climb
    state[3:] = 2500.0 * north + 700.0 * up
    leg = fall(state, 0.0, NO_DRAG, 0.0, 1e-10)
    lon = pymap3d.ecef2geodetic(*leg.end_state[:3])[1]
    assert lon > 0.0


def test_terminal_speed() -> None:
    """A light body ends at sqrt(2 beta g / rho)."""
    state = np.concatenate([pymap3d.geodetic2ecef(30.0, 120.0, 20_000.0), np.zeros(3)])
    leg = fall(state, 0.0, 300.0, 0.0, 1e-8)
    assert np.linalg.norm(leg.end_state[3:]) == pytest.approx(np.sqrt(2.0 * 300.0 * 9.79 / 1.225), rel=0.03)


def test_peak_deceleration_of_a_steep_entry() -> None:
    """Allen and Eggers (NACA report 1381, 1958): V² sin(angle) / (2 e H), whatever the body."""
    start = np.array([RE + 120_000.0, 0.0, 0.0, -6000.0, 0.0, 0.0])
    for beta in (500.0, 2000.0):
        leg = fall(start, 0.0, beta, 0.0, 1e-9)
        time = np.arange(0.0, leg.end_s, 0.05)
        speed = np.linalg.norm(leg.at(time)[3:], axis=0)
        peak = float(np.max(-np.diff(speed) / 0.05))
        assert peak == pytest.approx(6000.0**2 / (2.0 * np.e * 6_400.0), rel=0.1)


def test_ground_range_against_vincenty() -> None:
    for a, b in (((39.2, 125.7), (38.7, 136.4)), ((0.0, 0.0), (0.0, 60.0)), ((-30.0, 170.0), (55.0, -100.0))):
        metres, azimuth = vdist(*a, *b)
        assert ground_range_m(*a, *b) == pytest.approx(float(metres), abs=60.0)
        assert np.degrees(bearing_rad(*a, *b)) % 360.0 == pytest.approx(float(azimuth), abs=0.25)


# --- what was asked for


@pytest.mark.parametrize(
    ("lat", "lon", "azimuth", "apogee_km", "range_km"),
    [
        (39.2, 125.7, 0.0, 100.0, 400.0),
        (39.2, 125.7, 90.0, 2802.0, 933.0),
        (39.2, 125.7, 250.0, 1000.0, 3000.0),
        (0.0, 179.9, 90.0, 300.0, 1000.0),
        (-75.0, -60.0, 180.0, 1300.0, 9000.0),
        (39.2, 125.7, 20.0, 6000.0, 20.0),
    ],
)
def test_flies_to_where_it_was_asked(
    lat: float, lon: float, azimuth: float, apogee_km: float, range_km: float
) -> None:
    body = fly_missile(
        missile(
            launch_lat_deg=lat,
            launch_lon_deg=lon,
            azimuth_deg=azimuth,
            apogee_km=apogee_km,
            range_km=range_km,
            burn_s=None,
        )
    )[0]
    metres, bearing = vdist(lat, lon, body.impact_lat_deg, body.impact_lon_deg)
    assert float(metres) == pytest.approx(range_km * 1e3, rel=1e-3, abs=50.0)
    # the great circle's bearing, not the geodesic's: up to 0.2 degrees apart
    assert abs((float(bearing) - azimuth + 180.0) % 360.0 - 180.0) < 0.5
    assert heights_m(body).max() == pytest.approx(apogee_km * 1e3, rel=1e-3)
    assert heights_m(body)[-1] == pytest.approx(0.0, abs=0.1)
    assert heights_m(body)[0] == pytest.approx(0.0, abs=1e-3)


def test_powered_ascent_is_credible() -> None:
    body = fly_missile(missile(apogee_km=2802.0, range_km=933.0, burn_s=None))[0]
    time, state, height = body.path.time_s, body.path.state, heights_m(body)
    burning = time <= body.burnout_s
    gain = np.linalg.norm(np.diff(state[:, 3:], axis=0), axis=1) / np.diff(time)
    assert np.all(np.diff(height[burning]) > 0.0), "it rises from the first moment"
    assert 3.0 < gain[: int(burning.sum()) - 1].max() / 9.81 < 8.0
    early = state[np.searchsorted(time, 10.0), 3:]
    up = state[0, :3] / np.linalg.norm(state[0, :3])
    assert np.degrees(np.arccos(up @ early / np.linalg.norm(early))) < 1.0, "vertical at first"
    # dynamic pressure stays below what launchers bear
    pressure = [0.5 * density_kgpm3(h) * float(s[3:] @ s[3:]) for h, s in zip(height, state, strict=True)]
    assert max(np.array(pressure)[burning]) < 60_000.0


def test_the_path_is_smooth_and_its_velocity_is_its_slope() -> None:
    body = fly_missile(missile())[0]
    bundle = Bundle([body.path])
    for t in np.linspace(1.0, body.impact_s - 1.0, 400):
        before, after = bundle.at(t - 0.01)[1][0], bundle.at(t + 0.01)[1][0]
        slope = (after[:3] - before[:3]) / 0.02
        assert np.allclose(slope, bundle.at(t)[1][0, 3:], atol=0.2)


def test_knots_lose_nothing_of_the_integration() -> None:
    """Between its knots the cubic stays within a decimetre of the integrator, re-entry included."""
    state = np.concatenate([pymap3d.geodetic2ecef(39.0, 130.0, 400_000.0), [-500.0, -4000.0, -3000.0]])
    leg = fall(state, 0.0, 6000.0, 0.0, 1e-10)
    knots = knots_s(leg)
    from nodes.simulation.knots import Trajectory

    bundle = Bundle([Trajectory(knots, leg.at(knots).T)])
    between = np.array([(a + b) / 2.0 for a, b in pairwise(knots)])
    gaps = [np.linalg.norm(bundle.at(t)[1][0, :3] - leg.at(t)[:3]) for t in between]
    assert max(gaps) < 0.1


# --- releases, failures, manoeuvres


def test_separation_releases_vehicles_and_decoys() -> None:
    bodies = fly_missile(missile(separates_s=190.0, vehicles=3, decoys=1, separation_mps=20.0))
    assert [b.object_id for b in bodies] == ["M1", "M1-V1", "M1-V2", "M1-V3", "M1-D1"]
    parent, *children = bodies
    assert parent.parent_object_id == ""
    at_release = Bundle([parent.path]).at(190.0)[1][0]
    for child in children:
        assert child.parent_object_id == "M1"
        assert child.path.time_s[0] == 190.0
        start = child.path.state[0]
        assert np.allclose(start[:3], at_release[:3], atol=1e-3)
        speed = np.linalg.norm(start[3:] - at_release[3:])
        assert speed == pytest.approx(30.0 if "-D" in child.object_id else 20.0, abs=1e-6)
        assert abs((start[3:] - at_release[3:]) @ at_release[3:]) < 1e-6 * np.linalg.norm(at_release[3:])
        assert child.burnout_s == parent.burnout_s == pytest.approx(140.0)
    vehicles = [b.impact_s for b in children if "-V" in b.object_id]
    decoy = next(b.impact_s for b in children if "-D" in b.object_id)
    assert decoy > max(vehicles) + 20.0, "the decoy is light: the air stops it first"


def test_the_whole_flight_is_the_same_until_the_release() -> None:
    plain = Bundle([fly_missile(missile())[0].path])
    releasing = Bundle([fly_missile(missile(separates_s=300.0, vehicles=1))[0].path])
    for t in (10.0, 139.0, 200.0, 299.0):
        assert np.allclose(plain.at(t)[1], releasing.at(t)[1], atol=1e-3)


def test_early_failure_ends_the_burn_and_breaks_the_missile_up() -> None:
    bodies = fly_missile(missile(fails_s=75.0, fragments=6))
    whole = fly_missile(missile())[0]
    assert [b.object_id for b in bodies] == ["M1", *(f"M1-F{i}" for i in range(1, 7))]
    assert bodies[0].burnout_s == 75.0
    assert bodies[0].impact_s < whole.impact_s / 2.0
    same = Bundle([whole.path]).at(74.0)[1], Bundle([bodies[0].path]).at(74.0)[1]
    assert np.allclose(*same, atol=1e-3)
    away = np.array([b.path.state[0, 3:] - bodies[0].path.state[0, 3:] for b in bodies[1:]])
    away -= away.mean(axis=0)
    # in every direction: no half space without a fragment
    assert np.linalg.eigvalsh(away.T @ away).min() > 100.0


def test_pull_up_stretches_the_flight_within_its_limit() -> None:
    flat = {"apogee_km": 150.0, "range_km": 600.0, "burn_s": None}
    plain = fly_missile(missile(**flat))[0]
    limit_g = 8.0
    pulled = fly_missile(missile(**flat, pull_up_g=limit_g))[0]
    far = [ground_range_m(39.2, 125.7, b.impact_lat_deg, b.impact_lon_deg) for b in (plain, pulled)]
    assert far[1] > far[0] + 5_000.0
    late = pulled.path.time_s > pulled.burnout_s + 5.0
    time, velocity = pulled.path.time_s[late], pulled.path.state[late, 3:]
    turn = np.diff(velocity, axis=0) / np.diff(time)[:, None]
    along = velocity[:-1] / np.linalg.norm(velocity[:-1], axis=1)[:, None]
    across = np.linalg.norm(turn - np.sum(turn * along, axis=1)[:, None] * along, axis=1)
    assert limit_g * 9.8 * 0.7 < across.max() < (limit_g + 1.5) * 9.81


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"apogee_km": 20.0, "range_km": 2000.0, "burn_s": None}, "apogee_km: 20 km is too low"),
        ({"burn_s": 900.0}, "burn_s: no flight"),
        ({"burn_s": 10.0}, "burn_s: no flight"),
        ({"separates_s": 100.0, "vehicles": 1}, "separates_s: expected between burnout at 140.0 s"),
        ({"separates_s": 5000.0, "vehicles": 1}, "separates_s: expected between burnout at 140.0 s"),
        ({"fails_s": 200.0}, "fails_s: expected less than the burn time of 140.0 s"),
    ],
)
def test_impossible_flights_are_refused(changes: dict[str, object], key: str) -> None:
    with pytest.raises(BadInput, match=f"^{key}"):
        fly_missile(missile(**changes))
