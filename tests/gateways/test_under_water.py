"""What is under water in the formats of others, measured with tools that share no code with this project."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from typing import Any

import geojson
import numpy as np
import pymap3d
import pytest
from pymap3d.vincenty import vdist

from nodes.gateways.czml_export import document
from nodes.gateways.geojson_export import collection
from nodes.gateways.moments import Moment, TrackRecord
from triwatch.v1 import picture_pb2

START_NS = 1_719_446_400 * 10**9
S = 10**9
LISTENER = (35.0, 131.0)


def mixture(lon: float, bearing_deg: float, number: int = 7) -> picture_pb2.HeardTarget:
    """Four parts along a bearing from 35 N, each as wide as 0.03 rad there, and that line."""
    told = picture_pb2.HeardTarget(track=number)
    a = math.radians(bearing_deg)
    turn = np.array(pymap3d.enu2uvw(*np.eye(3), LISTENER[0], lon))  # columns: axes in ECEF
    for far_m in (6e3, 9e3, 13e3, 18e3):
        place = pymap3d.enu2ecef(far_m * math.sin(a), far_m * math.cos(a), -100.0, LISTENER[0], lon, 0.0)
        along = np.array([math.sin(a), math.cos(a), 0.0])
        across = np.array([math.cos(a), -math.sin(a), 0.0])
        level = (0.3 * far_m) ** 2 * np.outer(along, along) + (0.03 * far_m) ** 2 * np.outer(across, across)
        full = turn @ (level + 900.0 * np.diag([0, 0, 1])) @ turn.T
        told.weight.append(0.25)
        told.position.extend(place)
        told.covariance.extend(full[np.tril_indices(3)])
    told.line.add(
        node_id="KOR-1",
        contact=3,
        time_ns=START_NS,
        position=pymap3d.geodetic2ecef(LISTENER[0], lon, -20.0),
        bearing=a,
        sigma=0.03,
        reach_m=40e3,
    )
    return told


def track(told: picture_pb2.HeardTarget, time_ns: int = START_NS) -> TrackRecord:
    state = np.zeros(6)
    state[:3] = np.array(told.weight) @ np.reshape(told.position, (-1, 3))
    lat, lon, alt = pymap3d.ecef2geodetic(*state[:3])
    return TrackRecord(
        number=told.track, time_ns=time_ns, environment="SUBSURFACE", identity="UNKNOWN",
        status="MAINTAINING", call_sign="", parent=0, quality=2, contributors=("KOR-1",),
        position_m=state[:3], lat_deg=float(lat), lon_deg=float(lon), alt_m=float(alt), speed_mps=0.0,
        course_deg=0.0, climb_mps=0.0, sigma_m=3e3, state=state, covariance=np.zeros(21), heard=told,
    )  # fmt: skip


def features(moment: Moment) -> dict[str, Any]:
    found = geojson.loads(json.dumps(collection(moment, "KOR")))
    assert found.is_valid, found.errors()
    return {feature["id"]: feature for feature in found["features"]}


def area_m2(polygons: list[Any], lon: float) -> float:
    """Of rims that go counter-clockwise and holes that go clockwise."""
    total = 0.0
    for rings in polygons:
        for k, ring in enumerate(rings):
            east, north, _ = pymap3d.geodetic2enu(
                [p[1] for p in ring], [p[0] for p in ring], 0.0, LISTENER[0], lon, 0.0
            )
            signed = 0.5 * float((east[:-1] * north[1:] - east[1:] * north[:-1]).sum())
            assert (signed > 0.0) == (k == 0)
            total += signed
    return total


@pytest.mark.parametrize("lon", [131.0, 179.93])
def test_geojson_draws_the_area_and_the_bearing(lon: float) -> None:
    found = features(Moment(START_NS, (track(mixture(lon, 70.0)),), ()))
    assert list(found) == ["track-7", "region-7", "bearing-KOR-1-3"]
    region, line = found["region-7"], found["bearing-KOR-1-3"]
    polygons = region["geometry"]["coordinates"]
    assert area_m2(polygons, lon) == pytest.approx(region["properties"]["area_m2"], rel=0.03)
    assert region["properties"]["fix"] is False
    assert all(abs(p[0]) <= 180.0 for rings in polygons for ring in rings for p in ring)
    assert (len(polygons) > 1) == (lon > 179.0), "cut at the antimeridian"
    (start, end) = line["geometry"]["coordinates"]
    assert start == pytest.approx([lon, LISTENER[0]])
    far_m, azimuth = vdist(start[1], start[0], end[1], end[0])[:2]
    assert azimuth.item() == pytest.approx(70.0, abs=0.1)
    assert 18e3 < far_m.item() < 30e3
    assert line["properties"]["bearing_deg"] == pytest.approx(70.0)
    assert line["properties"]["sigma_deg"] == pytest.approx(math.degrees(0.03), abs=0.01)


def test_geojson_draws_what_is_searched() -> None:
    """The likeliest cells that hold 0.9: a row of two, and one beside; 100 m each."""
    share = np.zeros((4, 4))
    share[1, 1], share[1, 2], share[2, 0], share[3, 3] = 0.4, 0.3, 0.25, 0.05
    one = picture_pb2.SearchMap(
        track=9, time_ns=START_NS, since_ns=START_NS - 60 * S, cell_m=100.0, cells=4, exists=1.0, looks=12,
        centre=pymap3d.geodetic2ecef(*LISTENER, 0.0), probability=share.ravel(), region_m2=3e4,
    )  # fmt: skip
    area = features(Moment(START_NS, (), (), (one,)))["search-9"]
    polygons = area["geometry"]["coordinates"]
    assert len(polygons) == 2
    assert area_m2(polygons, LISTENER[1]) == pytest.approx(3e4, rel=1e-2)
    lat, lon, _ = pymap3d.enu2geodetic(0.0, -100.0, 0.0, *LISTENER, 0.0)
    assert [lon, lat] == pytest.approx(polygons[0][0][1 if len(polygons[0][0]) > 5 else 0], abs=2e-3)
    assert area["properties"]["looks"] == 12


def test_czml_plays_areas_and_bearings_while_they_stand() -> None:
    """Told anew at the third second, by rows alone from the fifth on; it is gone at the seventh."""
    first, second = mixture(131.0, 70.0), mixture(131.0, 75.0)
    moments = [Moment(START_NS + t * S, (track(first),), ()) for t in (0, 1)]
    moments += [Moment(START_NS + t * S, (track(second, START_NS + 2 * S),), ()) for t in (2, 3)]
    alone = replace(track(second, START_NS + 4 * S), heard=None, covariance=np.zeros(21))
    alone.covariance[[0, 2, 5]] = 300.0**2
    moments += [Moment(START_NS + t * S, (alone,), ()) for t in (4, 5)]
    moments.append(Moment(START_NS + 6 * S, (), ()))
    packets = {packet["id"]: packet for packet in document(moments, "KOR")}
    assert list(packets) == ["document", "track-7", "region-7-0", "bearing-KOR-1-3"]
    area, line = packets["region-7-0"], packets["bearing-KOR-1-3"]
    assert area["availability"] == "2024-06-27T00:00:00.000Z/2024-06-27T00:00:05.000Z"
    spans = [value["interval"][17:19] + value["interval"][-7:-5] for value in area["polygon"]["positions"]]
    assert spans == ["0002", "0204", "0405"]
    assert [value["boolean"] for value in line["polyline"]["show"]] == [True, True, False]
    assert len(line["polyline"]["positions"]) == 2
    assert line["polyline"]["positions"][0]["cartographicDegrees"][:2] == pytest.approx([131.0, 35.0])
    json.dumps(list(packets.values()))
