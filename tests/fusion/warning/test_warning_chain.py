"""Whole scenarios: who is warned, how soon, of what, and that it ends.

The counts over a hundred seeds are `benchmarks/warning_seeds.py`'s; here one seed of each.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from benchmarks import impact, warning_honesty, warning_seeds
from fusion.physics.geodesy import great_circle_range_m
from fusion.warning.flight_row import CANCEL
from nodes.simulation.truth import World
from separation import WITHIN_S, resolvable_s, separated_s
from triwatch.v1 import picture_pb2
from warning_chain import ENDED, Lived, live, scenario

pytestmark = pytest.mark.slow


def test_with_infrared_watching_a_launch_is_warned_of_within_20_s_and_placed_within_3_km() -> None:
    one = scenario("medium_range")
    world = World(one)
    lived = live(one, 200.0, world)
    truth = world.flights()[0]
    assert lived.first_s("M1") - lived.first_infrared_s["M1"] <= 20.0
    (warning_id,) = lived.said
    # the alert comes first; the launch point is told once its ellipse says something
    told = [
        warning.flight.launch for _, warning in lived.said[warning_id] if warning.flight.HasField("launch")
    ]
    assert lived.said[warning_id][10][1].flight.HasField("launch")
    first, last = told[0], lived.last(warning_id).flight.launch
    for launch in (first, last):
        off = great_circle_range_m(launch.lat_deg, launch.lon_deg, truth.launch_lat_deg, truth.launch_lon_deg)
        assert off < 3_000.0


def test_a_minute_after_burnout_the_impact_is_known_almost_as_well_as_it_can_be() -> None:
    """The Monte Carlo of the lofted flight, through the whole chain; its 200 seeds are the benchmark's."""
    rows = {row["after_burnout_s"]: row for row in impact.measure(seeds=12, until_s=60, pd=1.0)}
    assert [row["predicted"] for row in rows.values()] == [12, 12, 12]
    assert rows[60]["not_yet_known"] == 0
    assert rows[60]["ratio"] <= 1.3
    # of 12 draws at 95 %, fewer than 9 come up less than once in a hundred times
    assert rows[60]["inside_95"] >= 9 / 12
    # while the engine may still burn, the prediction says so and is wide
    assert rows[10]["not_yet_known"] == 12
    assert rows[10]["median_semi_major_m"] > 500e3


@pytest.mark.parametrize(
    "seed",
    [
        pytest.param(20088, id="braked"),
        pytest.param(20121, id="lightest of forty", marks=pytest.mark.long),
    ],
)
def test_what_is_claimed_of_a_light_vehicle_holds(seed: int) -> None:
    """The air brakes it before its brake is seen: the fold took what falls for a fall in vacuum, and claims
    were up to 25 of their own sigmas off."""
    told = warning_honesty.live(warning_honesty.draw(seed))
    assert sum(claims["seconds"] for claims in told["claims"].values()) > 250
    assert [claims["over five sigmas"] for claims in told["claims"].values()] == [0, 0, 0]


PULL_UP = """[scenario]
name = "pull_up"
start = 2024-06-27T00:00:00Z
duration_s = 735.0
[[objects]]
id = "M1"
kind = "ballistic"
launch_s = 5.0
launch_lat_deg = 39.9
launch_lon_deg = 125.2
azimuth_deg = 100.0
apogee_km = 300.0
range_km = 700.0
burn_s = 140.0
pull_up_g = 15.0
"""


def test_a_reentry_vehicle_that_pulls_up_widens_the_ellipse_instead_of_lying(tmp_path: Path) -> None:
    """From when its lift is seen to the end, a long level glide, the ellipse reaches the true impact."""
    file = tmp_path / "pull_up.toml"
    file.write_text(PULL_UP + "".join(impact.NODE.format(*s, 0.0, 0.95) for s in impact.STATIONS))
    one = scenario(str(file))
    world = World(one)
    lived = live(one, None, world)
    (truth,) = world.flights()
    (warning_id,) = lived.said
    turned = [(t, w.flight) for t, w in lived.said[warning_id] if w.flight.manoeuvring]
    assert turned[0][0] < truth.impact_s - 100.0
    for t, flight in turned:
        assert flight.phase == picture_pb2.FLIGHT_PHASE_REENTRY, t
        point = flight.impact
        away = great_circle_range_m(point.lat_deg, point.lon_deg, truth.impact_lat_deg, truth.impact_lon_deg)
        assert away < point.ellipse_95_major_m, t


def test_an_early_failure_leaves_nobody_under_an_alert() -> None:
    lived = live(scenario("early_failure"))
    assert lived.of("M1") or lived.said
    assert all(lived.last(w).status in ENDED for w in lived.said)
    assert CANCEL in {lived.last(w).status for w in lived.said}


def test_a_salvo_of_twelve_is_twelve_warnings() -> None:
    one = scenario("salvo")
    world = World(one)
    lived = live(one, 220.0, world)
    missiles = {f.object_id for f in world.flights()}
    assert len(missiles) == 12
    assert {m for m in missiles if np.isfinite(lived.first_s(m))} == missiles


def test_a_track_is_of_two_missiles_where_another_feeds_it_for_longer_than_a_moment() -> None:
    """How the salvo is judged: a second's vote for each object whose detections feed a track."""
    one = scenario("salvo")
    world = World(one)

    def wrong(**seconds: int) -> float:
        return float(
            warning_seeds.salvo(Lived(fed={1: Counter(seconds)}), world, one)["tracks of two missiles"]
        )

    assert wrong(M1=100) == 0
    assert wrong(M1=100, M2=5) == 0
    assert wrong(M1=100, M2=6) == 1
    assert wrong(M2=8, M1=8) == 1


def test_what_parts_is_tracked_and_warned_of_piece_by_piece() -> None:
    """Each piece has a track of its own, a child of the missile's, soon after radars can tell all apart."""
    one = scenario("multiple_warheads")
    world = World(one)
    lived = live(one, 300.0, world)
    (missile,) = one.objects
    parts_s = missile.launch_s + missile.separates_s
    assert separated_s(lived, world, parts_s) <= resolvable_s(one, world, parts_s, 300.0) + WITHIN_S
    for body in world.flights():
        assert lived.warned_in_the_end(body.object_id), body.object_id


def test_real_air_traffic_raises_no_warning(shared_data) -> None:
    assert live(scenario("air_traffic"), 240.0).said == {}
