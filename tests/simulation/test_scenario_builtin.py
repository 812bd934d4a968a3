"""The built-in scenarios: each loads, flies, is seen, and shows what its one line promises."""

from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from fusion.physics.geodesy import ecef2geodetic
from nodes.simulation.loader import builtin, load
from nodes.simulation.members import member_of
from nodes.simulation.sensors import SimulatedSensor
from nodes.simulation.spec import Ballistic, RadarSpec, Scenario
from nodes.simulation.truth import World

NAMES = [scenario.name for scenario in builtin()]
EXPECTED = {
    "freedom_edge",
    "air_traffic",
    "shipping",
    "lofted_icbm",
    "medium_range",
    "overflight",
    "multiple_warheads",
    "early_failure",
    "salvo",
    "accession",
    "bilateral_only",
    "crossing",
}


@pytest.fixture(autouse=True)
def without_recordings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The built-in scenarios must run where nobody has the recordings."""
    monkeypatch.setenv("TRIWATCH_DATA", str(tmp_path))


@dataclass(frozen=True)
class Played:
    """A scenario as its sensors see it, sampled: one scan of each in about every ten seconds."""

    scenario: Scenario
    world: World
    seen: dict[str, dict[str, list[float]]]
    """Times of detections, s, by object and nation."""
    detections_per_s: float


@cache
def played(name: str) -> Played:
    scenario = load(name)
    world = World(scenario)
    seen: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    per_s = 0.0
    for node in scenario.nodes:
        for i, spec in enumerate(node.sensors):
            sensor = SimulatedSensor(spec, i, node.id, scenario)
            times = list(sensor.times_s(node.joins_s, min(scenario.duration_s, node.leaves_s or np.inf)))
            times = times[:: max(1, round(10.0 / spec.period_s))]
            counts = []
            for t in times:
                scan = sensor.scan(t, world.at(t))
                counts.append(len(scan.origin))
                for object_id in scan.origin:
                    seen[object_id][node.nation].append(t)
            per_s += float(np.mean(counts)) / spec.period_s
    return Played(scenario, world, seen, per_s)


def test_all_that_were_promised_are_there() -> None:
    assert set(NAMES) >= EXPECTED
    for scenario in builtin():
        assert 10 < len(scenario.description) <= 130
        assert "\n" not in scenario.description
        assert Path(scenario.file).stem == scenario.name
        assert len(scenario.members) >= 3
        text = Path(scenario.file).read_text(encoding="utf-8")
        assert text.startswith("# Positions and performance are representative inventions")


@pytest.mark.parametrize("name", NAMES)
def test_what_happens_is_seen(name: str) -> None:
    play = played(name)
    asked = [thing for thing in play.scenario.objects if isinstance(thing, Ballistic)]
    assert len(play.world.flights()) >= len(asked)
    for flight in play.world.flights():
        assert flight.impact_s < play.scenario.duration_s - 5.0, flight.object_id
        by_nation = play.seen[flight.object_id]
        assert len(by_nation) >= 2, flight.object_id
        if not flight.parent_object_id:
            assert min(min(t) for t in by_nation.values()) < flight.launch_s + 90.0, "soon after launch"
            assert max(max(t) for t in by_nation.values()) > flight.impact_s - 110.0, (
                "and until shortly before impact"
            )
    living = {
        object_id
        for t in np.arange(15.0, play.scenario.duration_s, 60.0)
        for object_id in play.world.at(float(t)).object_id
    }
    assert living - set(play.seen) == set()
    # the trackers are budgeted for a hundred detections a second over all nodes
    assert play.detections_per_s < 100.0


def test_freedom_edge_has_its_cast() -> None:
    play = played("freedom_edge")
    scenario, world, times = play.scenario, play.world, play.seen
    assert scenario.duration_s == 1200.0
    assert scenario.members == ("USA", "JPN", "KOR")
    assert len(scenario.nodes) >= 5
    assert {node.nation: node.tracker for node in scenario.nodes} == {
        "KOR": "ekf",
        "JPN": "ukf",
        "USA": "imm",
    }
    names = {sign for t in (0.0, 600.0) for sign in world.at(t).call_sign}
    # the published participants of June 2024
    assert names >= {
        "JS Ise",
        "JS Atago",
        "P-1",
        "ROKS Seoae Ryu Seong-ryong",
        "ROKS Kang Gam-chan",
        "P-3",
        "Lynx",
        "KF-16",
        "USS Theodore Roosevelt",
        "USS Halsey",
        "USS Daniel Inouye",
        "P-8",
        "F/A-18",
        "E-2D",
        "MH-60",
    }
    leaving = [node for node in scenario.nodes if node.leaves_s is not None]
    assert [node.nation for node in leaving] == ["USA"]
    assert set(times["SUB-1"]) == {"KOR", "USA"}, "heard by a ship's sonar and by the P-8's buoys"
    traffic = [object_id for object_id in times if object_id.startswith("traffic/")]
    assert len(traffic) == 78
    apogees = sorted(o.apogee_km for o in scenario.objects if isinstance(o, Ballistic))
    assert apogees[0] < 500.0
    assert 1000.0 <= apogees[-1] <= 2111.0


def test_air_traffic_is_overlapped_by_three_unbiased_nations() -> None:
    play = played("air_traffic")
    scenario, times = play.scenario, play.seen
    for node in scenario.nodes:
        for spec in node.sensors:
            assert isinstance(spec, RadarSpec)
            assert (spec.bias_range_m, spec.bias_azimuth_mrad) == (0.0, 0.0)
    aircraft = [name for name in times if name]
    assert len(aircraft) == 78
    for name in aircraft:
        seen = [len(times[name][nation]) for nation in scenario.members]
        assert min(seen) > 0.7 * max(seen) - 5


def test_accession_brings_a_nation_later() -> None:
    play = played("accession")
    scenario, times = play.scenario, play.seen
    (late,) = (node for node in scenario.nodes if node.joins_s > 0.0)
    (accession,) = scenario.accessions
    assert accession.nation == late.nation
    assert accession.joins_s <= late.joins_s < late.leaves_s < accession.leaves_s < scenario.duration_s
    assert late.nation not in {node.nation for node in scenario.nodes if node is not late}
    first = min(t for by_nation in times.values() for t in by_nation.get(late.nation, [np.inf]))
    assert late.joins_s <= first < late.joins_s + 25.0


def test_bilateral_only_keeps_two_nations_apart() -> None:
    scenario = load("bilateral_only")
    kept = {node.nation: node.releasable_to for node in scenario.nodes if node.releasable_to}
    assert kept == {"KOR": ("USA", "KOR"), "JPN": ("USA", "JPN")}
    (split,) = (node for node in scenario.nodes if node.releases)
    assert member_of(scenario, split).streams == ("", "KOR-USA"), "some to one partner only"


def test_salvo_launches_twelve_within_a_minute_from_nearby() -> None:
    flights = World(load("salvo")).flights()
    assert len(flights) == 12
    assert np.ptp([f.launch_s for f in flights]) <= 60.0
    assert np.ptp([f.launch_lat_deg for f in flights]) < 0.5
    assert np.ptp([f.launch_lon_deg for f in flights]) < 0.5


def test_both_readings_of_one_launch() -> None:
    asked = [load(name).objects[0] for name in ("multiple_warheads", "early_failure")]
    for field in ("launch_lat_deg", "launch_lon_deg", "azimuth_deg", "apogee_km", "range_km", "burn_s"):
        assert getattr(asked[0], field) == getattr(asked[1], field)
    released = [f.object_id for f in World(load("multiple_warheads")).flights()]
    assert released == ["M1", "M1-V1", "M1-V2", "M1-V3", "M1-D1"]


def test_crossing_pairs_come_within_three_hundred_metres() -> None:
    world = World(load("crossing"))
    least: dict[str, float] = defaultdict(lambda: np.inf)
    for t in np.arange(0.0, 600.0, 1.0):
        now = world.at(float(t))
        place = dict(zip(now.object_id, now.state[:, :3], strict=True))
        for name in place:
            if name.endswith("-1") and name[:-1] + "2" in place:
                least[name[:-2]] = min(
                    least[name[:-2]], float(np.linalg.norm(place[name] - place[name[:-1] + "2"]))
                )
    assert len(least) == 5
    for pair, metres in least.items():
        assert 100.0 < metres < 320.0, pair


def test_overflight_passes_over_japan_in_space() -> None:
    world = World(load("overflight"))
    (flight,) = world.flights()
    over = []
    for t in np.arange(flight.launch_s, flight.impact_s, 5.0):
        lat, lon, alt = ecef2geodetic(world.at(float(t)).state[0, :3])
        if 139.5 < lon < 142.0:
            over.append((float(lat), float(alt)))
    assert over
    for lat, alt in over:
        assert 38.0 < lat < 44.0
        assert alt > 100_000.0
    assert flight.impact_lon_deg > 150.0
