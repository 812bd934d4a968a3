"""What must never be said of a missile: where it comes down before that is known, that it threatens nobody
before that is known."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from fusion.physics.geodesy import great_circle_range_m
from fusion.warning.flight_row import ALERT, UPDATE
from nodes.coalition.outlines import nations
from nodes.simulation.loader import load
from nodes.simulation.truth import World
from triwatch.v1 import picture_pb2, warning_pb2
from warning_chain import live
from warning_kit import START_NS, Board, Tracks, at, flight

MEMBERS = ("USA", "JPN", "KOR")

TWO_AIRBORNE_RADARS = """[scenario]
name = "burning"
start = 2024-06-28T01:00:00Z
duration_s = 170.0
seed = 7
[[objects]]
id = "M1"
kind = "ballistic"
launch_s = 5.0
launch_lat_deg = 47.0
launch_lon_deg = 170.0
azimuth_deg = 65.0
apogee_km = 300.0
range_km = 828.0
"""
RADAR = """[[nodes]]
id = "{0}-1"
nation = "{0}"
report_period_s = 2.0
  [[nodes.sensors]]
  kind = "radar"
  lat_deg = {1}
  lon_deg = {2}
  alt_m = 9000.0
  range_km = 2500.0
  period_s = 2.0
  pd = 0.95
  sigma_range_m = 30.0
  sigma_azimuth_mrad = 1.0
  sigma_elevation_mrad = 1.0
  false_alarms_per_scan = 0.0
  max_elevation_deg = 89.0
  min_elevation_deg = -30.0
  max_target_alt_m = 2000000.0
"""


def test_one_quiet_report_while_it_burns_is_no_free_flight(tmp_path: Path) -> None:
    """Far from the only two radars, the trackers once hold the engine to have stopped, for one report."""
    file = tmp_path / "burning.toml"
    radars = RADAR.format("USA", 50.0, -175.0) + RADAR.format("JPN", 45.0, 170.0)
    file.write_text(TWO_AIRBORNE_RADARS + radars, encoding="utf-8")
    one = load(str(file))
    world = World(one)
    (truth,) = world.flights()
    (said,) = live(one, world=world).said.values()
    burning = [w for t, w in said if t < truth.burnout_s]
    assert any(w.flight.phase == picture_pb2.FLIGHT_PHASE_FREE_FLIGHT for w in burning)
    assert not any(w.flight.HasField("impact") for w in burning)
    assert all(w.flight.HasField("reach") and w.threatened for w in burning)
    last = said[-1][1].flight
    assert last.HasField("impact")
    off = great_circle_range_m(
        last.impact.lat_deg, last.impact.lon_deg, truth.impact_lat_deg, truth.impact_lon_deg
    )
    assert off < 2.0 * last.impact.ellipse_95_major_m


@pytest.mark.parametrize("seed", range(4))
def test_no_impact_and_no_nobody_before_free_flight_is_established(seed: int) -> None:
    """Flights of every size, trackers that err in what they hold the engine to do, good and bad sight."""
    rng = np.random.default_rng([17, seed])
    for _ in range(3):
        apogee_km = float(np.exp(rng.uniform(np.log(120.0), np.log(2500.0))))
        body = flight(apogee_km, float(rng.uniform(300.0, 1500.0)), float(rng.uniform(60.0, 160.0)))[0]
        tracks = Tracks(float(rng.uniform(30.0, 200.0)), float(rng.uniform(3.0, 60.0)), seed)
        board = Board(nations(MEMBERS))
        for t in np.arange(40.0, body.burnout_s + 60.0, float(rng.choice([1.0, 2.0]))):
            held = frozenset({7} if (t < body.burnout_s) != (rng.random() < 0.15) else ())
            for said in board.step(tracks.update(float(t), {7: at(body, t)}, held)):
                _safe(said, body, t)


def _safe(said: warning_pb2.MissileWarning, body, t: float) -> None:  # type: ignore[no-untyped-def]
    assert said.status in (ALERT, UPDATE)
    of = said.flight
    assert of.HasField("impact") != of.HasField("reach")
    area = of.impact if of.HasField("impact") else of.reach
    off = great_circle_range_m(area.lat_deg, area.lon_deg, body.impact_lat_deg, body.impact_lon_deg)
    assert t >= body.burnout_s or not of.HasField("impact")
    assert off < 5.0 * area.ellipse_95_major_m / 2.448
    assert said.time_ns == START_NS + round(t * 1e9)
