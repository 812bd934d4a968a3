"""WGS-84 conversions against pymap3d, published points and identities."""

import numpy as np
import pymap3d
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fusion.physics import geodesy as g

EDGES = [
    (0.0, 0.0, 0.0),
    (0.0, 180.0, 0.0),
    (0.0, -179.999999, 10.0),
    (90.0, 0.0, 0.0),
    (-90.0, 0.0, 1000.0),
    (89.9999999, 77.0, 5.0),
    (-45.0, -90.0, -11_000.0),
    (45.0, 90.0, 35_786_000.0),
    (39.2, 125.7, 0.0),
    (1e-9, 1e-9, 1e-3),
]
REFERENCE = (36.7, 127.5, 100.0)

latitudes = st.floats(-90.0, 90.0)
longitudes = st.floats(-180.0, 180.0)
heights = st.floats(-11_000.0, 4e7)


def metres_apart(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.max(np.linalg.norm(np.asarray(a) - np.asarray(b), axis=-1)))


def test_the_ellipsoid_is_wgs84() -> None:
    # NGA.STND.0036, table 3.1 and 3.3
    assert g.WGS84_A_M == 6378137.0
    assert pytest.approx(298.257223563, abs=1e-12) == 1.0 / g.WGS84_F
    assert pytest.approx(6356752.3142, abs=5e-5) == g.WGS84_B_M
    assert pytest.approx(6.694379990141e-3, abs=1e-15) == g.WGS84_E2


@pytest.mark.parametrize(
    ("place", "ecef"),
    [
        # the axes' ends are the semi-axes of NGA.STND.0036
        ((0.0, 0.0, 0.0), (6378137.0, 0.0, 0.0)),
        ((0.0, 90.0, 0.0), (0.0, 6378137.0, 0.0)),
        ((90.0, 0.0, 0.0), (0.0, 0.0, 6356752.3142)),
        ((-90.0, 0.0, 0.0), (0.0, 0.0, -6356752.3142)),
        # Hofmann-Wellenhof, Lichtenegger and Collins, GPS Theory and Practice: the worked example
        ((47.0, 15.0, 2000.0), (4210520.621, 1128205.600, 4643227.495)),
    ],
)
def test_published_points(place: tuple[float, ...], ecef: tuple[float, ...]) -> None:
    assert metres_apart(g.geodetic2ecef(*place), np.array(ecef)) < 0.01
    lat, lon, alt = g.ecef2geodetic(ecef)
    assert lat == pytest.approx(place[0], abs=1e-7)
    assert alt == pytest.approx(place[2], abs=0.01)
    if abs(place[0]) < 90.0:
        assert lon == pytest.approx(place[1], abs=1e-7)


@pytest.mark.parametrize("place", EDGES)
def test_edges_against_pymap3d(place: tuple[float, float, float]) -> None:
    expected = np.array(pymap3d.geodetic2ecef(*place))
    assert metres_apart(g.geodetic2ecef(*place), expected) < 1e-6
    lat, lon, alt = g.ecef2geodetic(expected)
    # compared as points: at a pole the longitude means nothing
    assert metres_apart(g.geodetic2ecef(lat, lon, alt), expected) < 1e-6
    assert alt == pytest.approx(place[2], abs=1e-6)
    assert lat == pytest.approx(place[0], abs=1e-10)


@given(latitudes, longitudes, heights)
def test_there_and_back(lat: float, lon: float, alt: float) -> None:
    ecef = g.geodetic2ecef(lat, lon, alt)
    assert metres_apart(ecef, np.array(pymap3d.geodetic2ecef(lat, lon, alt))) < 1e-6
    back = g.ecef2geodetic(ecef)
    assert back[0] == pytest.approx(lat, abs=1e-10)
    assert back[2] == pytest.approx(alt, abs=1e-6)
    assert -180.0 <= back[1] <= 180.0


@given(latitudes, longitudes, st.floats(-10_000.0, 2e6))
def test_local_frames_agree_with_pymap3d(lat: float, lon: float, alt: float) -> None:
    ecef = g.geodetic2ecef(lat, lon, alt)
    enu = g.ecef2enu(ecef, *REFERENCE)
    assert metres_apart(enu, np.array(pymap3d.ecef2enu(*ecef, *REFERENCE))) < 1e-5
    assert metres_apart(g.enu2ecef(enu, *REFERENCE), ecef) < 1e-6
    az, el, r = g.ecef2aer(ecef, *REFERENCE)
    expected_az, expected_el, expected_r = pymap3d.ecef2aer(*ecef, *REFERENCE)
    assert r == pytest.approx(expected_r, abs=1e-5)
    if r > 1.0:
        assert el == pytest.approx(expected_el, abs=1e-6)
        turn = (az - expected_az + 180.0) % 360.0 - 180.0
        assert abs(turn) * np.cos(np.radians(el)) == pytest.approx(0.0, abs=1e-6)
    assert metres_apart(g.aer2ecef(az, el, r, *REFERENCE), ecef) < 1e-5


def test_arrays_are_the_scalars_side_by_side() -> None:
    lat, lon, alt = np.array(EDGES).T
    together = g.geodetic2ecef(lat, lon, alt)
    assert together.shape == (len(EDGES), 3)
    for row, place in zip(together, EDGES, strict=True):
        assert np.array_equal(row, g.geodetic2ecef(*place))
    for axes, place in zip(g.enu_axes(lat, lon), EDGES, strict=True):
        assert np.allclose(axes, g.enu_axes(place[0], place[1]), atol=1e-15)


def test_centre_of_the_earth_gives_numbers() -> None:
    lat, lon, alt = g.ecef2geodetic(np.zeros(3))
    assert lat == pytest.approx(0.0, abs=1e-9)
    assert lon == 0.0
    assert alt == pytest.approx(-g.WGS84_A_M)


def test_across_the_antimeridian() -> None:
    west, east = g.geodetic2ecef(10.0, 179.9999, 0.0), g.geodetic2ecef(10.0, -179.9999, 0.0)
    assert metres_apart(west, east) == pytest.approx(21.9, abs=0.1)
    az, _, _ = g.ecef2aer(east, 10.0, 179.9999, 0.0)
    assert az == pytest.approx(90.0, abs=1e-3)


@given(latitudes, longitudes)
def test_local_axes_are_a_right_handed_frame(lat: float, lon: float) -> None:
    axes = g.enu_axes(lat, lon)
    assert np.allclose(axes @ axes.T, np.eye(3), atol=1e-14)
    assert np.allclose(np.cross(axes[0], axes[1]), axes[2], atol=1e-14)
    # up is the way the height grows
    rise = g.geodetic2ecef(lat, lon, 1000.0) - g.geodetic2ecef(lat, lon, 0.0)
    assert np.allclose(rise / 1000.0, axes[2], atol=1e-9)


@given(
    st.lists(st.floats(-5e7, 5e7), min_size=3, max_size=3),
    st.lists(st.floats(-1e4, 1e4), min_size=3, max_size=3),
    st.floats(0.0, 86_400.0),
)
def test_turning_frames_there_and_back(position: list[float], velocity: list[float], t_s: float) -> None:
    state = np.array([*position, *velocity])
    back = g.eci2ecef(g.ecef2eci(state, t_s), t_s)
    assert metres_apart(back[:3], state[:3]) < 1e-6
    assert metres_apart(back[3:], state[3:]) < 1e-9


def test_what_stands_on_the_ground_moves_east_in_the_inertial_frame() -> None:
    state = np.concatenate([g.geodetic2ecef(0.0, 20.0, 0.0), np.zeros(3)])
    inertial = g.ecef2eci(state, 3600.0)
    # 465.1 m/s at the equator, and 15.04 degrees further after a sidereal-rate hour
    assert np.linalg.norm(inertial[3:]) == pytest.approx(465.1, abs=0.1)
    assert np.degrees(np.arctan2(inertial[1], inertial[0])) == pytest.approx(20.0 + 15.0411, abs=1e-3)
    assert np.cross(inertial[:3], inertial[3:])[2] > 0.0


def test_velocity_of_the_turning_frame_is_the_derivative_of_its_position() -> None:
    start = np.array([7e6, 1e6, 2e6, -1000.0, 6000.0, 3000.0])

    def ecef_at(t_s: float) -> np.ndarray:
        straight = np.concatenate([start[:3] + start[3:] * t_s, start[3:]])
        return g.eci2ecef(straight, t_s)

    slope = (ecef_at(500.5)[:3] - ecef_at(499.5)[:3]) / 1.0
    assert np.allclose(slope, ecef_at(500.0)[3:], atol=1e-3)


@pytest.mark.parametrize(
    ("a", "b", "km"),
    [
        ((0.0, 0.0), (0.0, 90.0), 10007.557),  # a quarter of the mean sphere
        ((0.0, 0.0), (0.0, 180.0), 20015.114),
        ((90.0, 0.0), (-90.0, 123.0), 20015.114),
        ((10.0, 20.0), (10.0, 20.0), 0.0),
        ((0.0, 179.5), (0.0, -179.5), 111.195),
    ],
)
def test_great_circle(a: tuple[float, float], b: tuple[float, float], km: float) -> None:
    assert g.great_circle_range_m(*a, *b) / 1e3 == pytest.approx(km, abs=0.01)
