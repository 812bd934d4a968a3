"""A missile from the pad to the ground: one track, one number, handed from nation to nation."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from fusion import Picture
from nodes.sensor_node.simulated import simulated_node
from nodes.simulation.loader import load
from nodes.simulation.truth import World
from triwatch.v1 import track_pb2

RADAR = """
[[nodes]]
id = "{id}"
nation = "{nation}"
leaves_s = {leaves_s}
  [[nodes.sensors]]
  kind = "radar"
  lat_deg = {lat_deg}
  lon_deg = {lon_deg}
  alt_m = 100.0
  range_km = {range_km}
  period_s = 1.0
  pd = 0.95
  sigma_range_m = 30.0
  sigma_azimuth_mrad = 1.0
  sigma_elevation_mrad = 1.0
"""
SCENARIO = (
    """
[scenario]
name = "handover"
start = 2024-06-27T00:00:00Z
duration_s = 760.0
seed = 3
[[objects]]
id = "M1"
kind = "ballistic"
launch_s = 10.0
launch_lat_deg = 39.2
launch_lon_deg = 125.7
azimuth_deg = 85.0
apogee_km = 350.0
range_km = 1000.0
"""
    + RADAR.format(id="KOR-1", nation="KOR", lat_deg=38.0, lon_deg=127.0, range_km=420.0, leaves_s=480.0)
    + RADAR.format(id="JPN-1", nation="JPN", lat_deg=40.0, lon_deg=138.5, range_km=800.0, leaves_s=760.0)
)


@dataclass(slots=True)
class Glance:
    """The picture at one report."""

    t_s: float
    number: list[int]
    contributors: list[list[str]]
    error_m: float
    sigma_m: float
    boost: float


@dataclass(slots=True)
class Flight:
    """The whole flight as the picture showed it."""

    glances: list[Glance]
    launch_s: float
    burnout_s: float
    impact_s: float
    events: list[int]


@pytest.fixture(scope="module", params=[1, 2])
def flight(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Flight:
    """Fly it, track it by two nations, fuse it; by two seeds."""
    file: Path = tmp_path_factory.mktemp("scenario") / "handover.toml"
    file.write_text(SCENARIO.replace("seed = 3", f"seed = {request.param}"), encoding="utf-8")
    scenario = load(str(file))
    world = World(scenario)
    reports = []
    for spec in scenario.nodes:
        node = simulated_node(scenario, spec.id, world=world)
        told = node.advance(scenario.time_ns(scenario.duration_s))
        # a report without rows changes no track
        reports += [m for m in told if isinstance(m, track_pb2.TrackBatch) and m.local_number]
    reports.sort(key=lambda b: (b.sent_time_ns, b.node_id))
    picture, glances, events = Picture(), [], []
    for batch in reports:
        picture.fold(batch)
        tracks = picture.tracks()
        events += [record.event for record in picture.delta().lineage]
        t_s = (picture.time_ns - scenario.start_ns) * 1e-9
        truth = world.at(t_s)
        error, sigma, boost = np.nan, np.nan, np.nan
        if len(tracks) and len(truth.state):
            dt = t_s - (tracks.time_ns[0] - scenario.start_ns) * 1e-9
            error = float(np.linalg.norm(tracks.state[0, :3] + dt * tracks.state[0, 3:] - truth.state[0, :3]))
            sigma = float(np.sqrt(np.trace(tracks.covariance[0, :3, :3])))
            boost = float(tracks.mode_probability[0, 3])
        glances.append(Glance(t_s, tracks.number.tolist(), tracks.contributors, error, sigma, boost))
    (fact,) = world.flights()
    return Flight(glances, fact.launch_s, fact.burnout_s, fact.impact_s, events)


def test_one_track_under_one_number(flight: Flight) -> None:
    """From first sight to the ground, through burnout, apogee and reentry, without a break."""
    aloft = [g for g in flight.glances if g.t_s <= flight.impact_s - 3.0]
    assert aloft[0].t_s < flight.burnout_s - 60.0
    assert aloft[-1].t_s > flight.impact_s - 15.0
    assert {tuple(g.number) for g in aloft} == {(aloft[0].number[0],)}


def test_it_is_handed_over(flight: Flight) -> None:
    """First one nation alone, then both, then the other alone."""
    told = ["+".join(sorted(g.contributors[0])) for g in flight.glances if g.t_s < flight.impact_s - 3.0]
    turns = [who for k, who in enumerate(told) if k == 0 or who != told[k - 1]]
    assert turns == ["KOR-1", "JPN-1+KOR-1", "JPN-1"]


def test_it_is_where_the_picture_says(flight: Flight) -> None:
    """Within four standard deviations nearly always, also while the engine burns and in the air."""
    aloft = [g for g in flight.glances if flight.burnout_s - 60.0 < g.t_s < flight.impact_s - 3.0]
    inside = np.mean([g.error_m < 4.0 * g.sigma_m for g in aloft])
    assert inside > 0.97
    free = [g.error_m for g in aloft if flight.burnout_s + 60.0 < g.t_s < flight.impact_s - 60.0]
    assert np.median(free) < 500.0


def test_the_engine_is_noticed_and_its_end(flight: Flight) -> None:
    burning = [g.boost for g in flight.glances if flight.burnout_s - 20.0 < g.t_s < flight.burnout_s]
    falling = [g.boost for g in flight.glances if flight.burnout_s + 30.0 < g.t_s < flight.impact_s - 100.0]
    assert np.median(burning) > 0.7
    assert np.median(falling) < 0.1


def test_nothing_else_is_told_of_it(flight: Flight) -> None:
    """One pairing; no split, no merge, no doubt."""
    assert set(flight.events) <= {1}


def test_it_is_gone_after_impact(flight: Flight) -> None:
    """Nobody reports it any more, so the picture stands still; nothing rises again from the ground."""
    last = flight.glances[-1]
    assert last.t_s > flight.impact_s - 5.0
    assert last.t_s < flight.impact_s + 60.0
    assert len(last.number) <= 1
