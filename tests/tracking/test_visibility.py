"""The tracker's own model of what a sensor can see, by the textbook and beside the simulated world's."""

from __future__ import annotations

import math

import numpy as np
import pymap3d
import pytest

from nodes.sensing.measurement import Look
from nodes.sensing.sector import width_deg, within
from nodes.sensing.sensors import Infrared, Radar, Sensor, Sonar
from nodes.simulation.sensors import infrared, radar, sonar
from nodes.simulation.sensors.view import look as world_look
from nodes.simulation.spec import InfraredSpec, RadarSpec, SonarSpec
from nodes.simulation.truth import Snapshot
from nodes.tracking.visibility import over_the_ground, rim_rad, sees
from triwatch.v1.track_pb2 import ENVIRONMENT_AIR, ENVIRONMENT_SURFACE

GROUND = {"lat_deg": 36.7, "lon_deg": 127.5, "period_s": 2.0, "sigma_azimuth_mrad": 1.0}
RADAR = GROUND | {"sigma_range_m": 30.0, "sigma_elevation_mrad": 1.0, "range_km": 1_500.0}
EYE = GROUND | {"sigma_elevation_mrad": 0.03}
WORLD = {"radar": radar, "infrared": infrared, "sonar": sonar}
SPECS: dict[str, RadarSpec | InfraredSpec | SonarSpec] = {
    "radar on a hill": RadarSpec(**RADAR, alt_m=300.0),
    "radar in the air": RadarSpec(**RADAR, alt_m=9_000.0, azimuth_limits_deg=(300.0, 60.0)),
    "radar without air": RadarSpec(**RADAR, alt_m=20.0, refraction=False, max_target_alt_m=30e3),
    "narrow radar": RadarSpec(**RADAR, min_range_km=60.0, min_elevation_deg=1.0, max_elevation_deg=30.0),
    "eye in orbit": InfraredSpec(**(EYE | {"lat_deg": 0.0, "alt_m": 35_786_000.0})),
    "eye on the ground": InfraredSpec(**EYE, range_km=900.0, azimuth_limits_deg=(0.0, 360.0)),
    "hydrophone": SonarSpec(**GROUND, range_km=40.0, alt_m=-50.0, azimuth_limits_deg=(10.0, 250.0)),
}


def look(spec: Sensor) -> Look:
    """From where a declared sensor looks, by pymap3d."""
    axes = [pymap3d.enu2uvw(*unit, spec.lat_deg, spec.lon_deg) for unit in np.eye(3)]
    position = np.array(pymap3d.geodetic2ecef(spec.lat_deg, spec.lon_deg, spec.alt_m))
    return Look(0, position, np.array(axes), np.eye(3))


def places(rng: np.random.Generator, n: int, near_deg: float) -> tuple[np.ndarray, np.ndarray]:
    """Random places around the sensors, from the sea to space: ECEF (n, 3) and heights (n,)."""
    lat, lon = 36.7 + near_deg * rng.uniform(-1, 1, n), 127.5 + near_deg * rng.uniform(-1, 1, n)
    alt = 10.0 ** rng.uniform(0.0, 6.0, n)
    return np.stack(pymap3d.geodetic2ecef(lat, lon, alt), axis=-1), alt


@pytest.mark.parametrize("name", SPECS)
def test_it_agrees_with_the_world_but_for_what_grazes_an_edge(name: str) -> None:
    """Two implementations of the same physics: they may differ where a millionth decides, nowhere else."""
    spec = SPECS[name]
    n = 20_000
    position, alt = places(np.random.default_rng(20240627), n, 0.4 if spec.kind == "sonar" else 12.0)
    eye = look(spec)
    environment = ENVIRONMENT_SURFACE if spec.kind == "sonar" else ENVIRONMENT_AIR
    objects = Snapshot(
        0.0,
        ("",) * n,
        np.concatenate([position, np.zeros((n, 3))], axis=1),
        np.full(n, environment),
        np.zeros(n, np.int64),
        np.ones(n, np.bool_),
        ("",) * n,
    )
    theirs = WORLD[spec.kind].visible(spec, world_look(objects, eye.position_m, eye.axes, spec.alt_m))
    ours = sees(spec.declared, eye, position, alt)
    assert 0.01 * n < theirs.sum() < 0.99 * n, "the scene decides something"
    assert (ours != theirs).sum() <= 2e-4 * n


def test_a_radar_sees_low_targets_as_far_as_the_textbook_says() -> None:
    """4.12 km (sqrt h1 + sqrt h2) with the bending air, 3.57 without. Source: Skolnik 2001, section 8.5."""
    for earth, km in ((4.0 / 3.0, 4.12), (1.0, 3.57)):
        for own, theirs in ((20.0, 100.0), (300.0, 3_000.0), (9_000.0, 10.0)):
            horizon_km = km * (math.sqrt(own) + math.sqrt(theirs))
            for reach, seen in ((0.99, True), (1.01, False)):
                r = 1e3 * reach * horizon_km
                elevation = (theirs - own) / r - r / (2.0 * 6.371e6)
                found = over_the_ground(own, np.array([theirs]), np.array([r]), np.array([elevation]), earth)
                assert bool(found[0]) is seen, (earth, own, theirs, reach)


def test_the_earth_hides_what_is_behind_it_from_orbit() -> None:
    eye = Infrared(**(EYE | {"lat_deg": 0.0, "lon_deg": 0.0, "alt_m": 35_786_000.0}))
    # the rim lies 81.3 degrees of arc from the point below a geostationary satellite
    for lon, alt, seen in (
        (81.0, 11e3, True),
        (85.0, 11e3, False),
        (85.0, 100e3, True),
        (180.0, 400e3, False),
    ):
        place = np.array([pymap3d.geodetic2ecef(0.0, lon, alt)])
        assert bool(sees(eye, look(eye), place, np.array([alt]))[0]) is seen, (lon, alt)
    assert math.degrees(rim_rad(35_786_000.0)) == pytest.approx(-81.3, abs=0.05)
    assert rim_rad(-50.0) == 0.0


def test_a_sonar_hears_in_its_ring_and_sector() -> None:
    ears = Sonar(**GROUND, range_km=40.0, min_range_km=5.0, azimuth_limits_deg=(350.0, 20.0))
    for bearing, km, heard in ((0.0, 20.0, True), (30.0, 20.0, False), (0.0, 3.0, False), (0.0, 45.0, False)):
        lat, lon, alt = pymap3d.aer2geodetic(bearing, 0.0, 1e3 * km, 36.7, 127.5, 0.0)
        place = np.array([pymap3d.geodetic2ecef(lat, lon, alt)])
        assert bool(sees(ears, look(ears), place, np.array([alt]))[0]) is heard, (bearing, km)


def test_limits_a_whole_turn_apart_are_the_full_circle() -> None:
    assert [width_deg(w) for w in (None, (0.0, 360.0), (-180.0, 180.0))] == [360.0, 360.0, 360.0]
    assert [width_deg(w) for w in ((350.0, 20.0), (10.0, 10.0), (-90.0, 90.0))] == [30.0, 0.0, 180.0]
    assert within(np.radians([0.0, 90.0, 359.9]), (0.0, 360.0)).all()
    assert within(np.radians([355.0, 10.0, 30.0]), (350.0, 20.0)).tolist() == [True, True, False]


def test_a_radar_without_limits_looks_up_and_down() -> None:
    up = Radar(**RADAR, alt_m=0.0)
    above = np.array([pymap3d.geodetic2ecef(36.7, 127.5, 50e3)])
    assert sees(up, look(up), above, np.array([50e3])).all()
