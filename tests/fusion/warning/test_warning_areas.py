"""Who lies under an ellipse: known places, and an oracle that shares no code (winding numbers, sampling)."""

from __future__ import annotations

import json
import sqlite3
import zlib
from importlib.resources import as_file, files

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pymap3d.vincenty import vreckon

from fusion.warning.areas import Nations, ring
from nodes.coalition.outlines import PACKAGE, nations

MEMBERS = ("USA", "JPN", "KOR")


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        ((37.57, 126.98, 3e3, 1e3, 0.0), ["KOR"]),  # Seoul
        ((35.68, 139.77, 3e3, 1e3, 0.0), ["JPN"]),  # Tokyo
        ((26.5, 127.95, 2e3, 2e3, 0.0), ["JPN"]),  # Okinawa
        ((33.38, 126.55, 2e3, 2e3, 0.0), ["KOR"]),  # Jeju
        ((34.4, 129.35, 2e3, 2e3, 0.0), ["JPN"]),  # Tsushima
        ((13.45, 144.78, 2e3, 2e3, 0.0), ["USA"]),  # Guam
        ((52.9, 172.9, 5e3, 5e3, 0.0), ["USA"]),  # Attu, west of the antimeridian
        ((40.6, 134.5, 30e3, 20e3, 0.0), []),  # the middle of the sea between
        ((34.4, 129.3, 60e3, 10e3, 45.0), ["JPN"]),  # along the strait
        ((34.5, 129.0, 150e3, 60e3, 135.0), ["JPN", "KOR"]),
        ((39.03, 125.75, 20e3, 20e3, 0.0), []),  # a place of no member
        ((40.0, 135.0, 5_000e3, 5_000e3, 0.0), ["JPN", "KOR", "USA"]),
    ],
)
def test_known_places(place: tuple[float, float, float, float, float], expected: list[str]) -> None:
    assert nations(MEMBERS).under(*place) == expected


def test_an_ellipse_within_a_large_country_is_found_by_going_around() -> None:
    assert nations(MEMBERS).under(39.0, -100.0, 10.0, 10.0, 0.0) == ["USA"]


def test_a_member_without_a_map_is_always_warned() -> None:
    assert nations(("KOR", "TWN")).under(0.0, -30.0, 1e3, 1e3, 0.0) == ["TWN"]
    assert nations(("KOR", "XYZ")).under(37.57, 126.98, 1e3, 1e3, 0.0) == ["KOR", "XYZ"]


def outline(code: str) -> list[np.ndarray]:
    with as_file(files(PACKAGE) / "data" / "maps.sqlite3") as path:
        row = sqlite3.connect(path).execute("SELECT payload FROM country_map WHERE alpha2 = ?", (code,))
        return [np.array(line) for line in json.loads(zlib.decompress(row.fetchone()[0]))["boundary"]]


KOREA = outline("KR")


def winds(lat: float, lon: float) -> bool:
    """Whether any ring winds around the point: the sum of turns seen from it is not zero."""
    for line in KOREA:
        d = line - np.array([lon, lat])
        turns = np.diff(np.arctan2(d[:, 1], d[:, 0]), append=np.arctan2(d[0, 1], d[0, 0]))
        if abs(np.sum((turns + np.pi) % (2 * np.pi) - np.pi)) > np.pi:
            return True
    return False


@settings(max_examples=60, deadline=None)
@given(
    lat=st.floats(33.0, 39.0),
    lon=st.floats(124.0, 132.0),
    major=st.floats(1e3, 150e3),
    ratio=st.floats(0.1, 1.0),
    bearing=st.floats(0.0, 179.9),
)
def test_where_any_sampled_point_is_on_land_the_nation_is_under(
    lat: float, lon: float, major: float, ratio: float, bearing: float
) -> None:
    korea = nations(("KOR",))
    hit = False
    for share in (0.0, 0.35, 0.7, 0.98):
        for turn in np.arange(0.0, 2 * np.pi, np.pi / 4):
            along, across = share * major * np.cos(turn), share * ratio * major * np.sin(turn)
            where = vreckon(
                lat, lon, np.hypot(along, across), bearing + np.degrees(np.arctan2(across, along))
            )
            hit = hit or winds(float(where[0]), float(where[1]))
    under = korea.under(lat, lon, major, ratio * major, bearing) == ["KOR"]
    if hit:
        assert under
    if not under:
        assert korea.under(lat, lon, 0.5 * major, 0.5 * ratio * major, bearing) == [], (
            "smaller reaches no more"
        )


def test_a_ring_knows_how_far_it_reaches() -> None:
    square = ring(np.array([10.0, 10.0, 12.0, 12.0]), np.array([20.0, 22.0, 22.0, 20.0]))
    assert np.degrees(square.reach_rad) == pytest.approx(1.4, abs=0.05)
    assert Nations({"AAA": [square]}).under(11.0, 21.0, 1.0, 1.0, 0.0) == ["AAA"]
    assert Nations({"AAA": [square]}).under(11.0, 25.0, 1.0, 1.0, 0.0) == []
