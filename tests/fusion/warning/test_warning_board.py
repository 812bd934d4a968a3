"""Flights and warnings: alert, update, cancel and all clear, from pictures of known truth."""

from __future__ import annotations

import numpy as np
import pytest

from fusion.physics.geodesy import geodetic2ecef, great_circle_range_m
from fusion.warning.areas import Nations
from fusion.warning.flight_row import ALERT, ALL_CLEAR, CANCEL, THREATENED, UPDATE
from nodes.coalition.outlines import nations
from nodes.simulation.ballistic import Body
from triwatch.v1 import picture_pb2, track_pb2, warning_pb2
from warning_kit import LAUNCH, START_NS, Board, Tracks, at, flight

MEMBERS = ("USA", "JPN", "KOR")
SEEN_S = 45.0


def board() -> Board:
    return Board(nations(MEMBERS))


def run(
    board: Board,
    bodies: dict[int, Body],
    until_s: float,
    from_s: float = SEEN_S,
    tracks: Tracks | None = None,
    every_s: float = 1.0,
    **more: object,
) -> list[warning_pb2.MissileWarning]:
    """Pictures, one a second, of bodies that all launched at 0 s, each while it flies."""
    tracks, said = tracks or Tracks(), []
    for t in np.arange(from_s, until_s, every_s):
        alive = {n: at(b, t) for n, b in bodies.items() if b.path.time_s[0] <= t <= b.impact_s}
        burning = frozenset(n for n, b in bodies.items() if t < b.burnout_s)
        said += board.step(tracks.update(float(t), alive, burning, **more))  # type: ignore[arg-type]
    return said


def statuses(said: list[warning_pb2.MissileWarning], warning_id: str | None = None) -> list[int]:
    """Successive different statuses."""
    out: list[int] = []
    for w in said:
        if warning_id in (None, w.warning_id) and (not out or out[-1] != w.status):
            out.append(w.status)
    return out


def test_one_missile_is_alerted_updated_and_cleared() -> None:
    body = flight(300.0, 700.0, 140.0)[0]
    said = run(board(), {7: body}, body.impact_s + 20.0)
    assert statuses(said) == [ALERT, UPDATE, ALL_CLEAR]
    assert [w.revision for w in said] == list(range(1, len(said) + 1))
    assert {w.warning_id for w in said} == {"M7"}
    first, last = said[0], said[-1]
    assert first.time_ns <= START_NS + (SEEN_S + 6.0) * 1e9
    assert first.flight.phase == picture_pb2.FLIGHT_PHASE_BOOST
    launch = first.flight.launch
    assert great_circle_range_m(launch.lat_deg, launch.lon_deg, *LAUNCH) < 3_000.0
    assert launch.time_ns == pytest.approx(START_NS, abs=20e9)
    assert last.flight.phase == picture_pb2.FLIGHT_PHASE_ENDED
    assert last.time_ns >= START_NS + body.impact_s * 1e9
    assert list(last.threatened) == []


def test_after_burnout_the_prediction_is_close_and_the_phases_follow() -> None:
    body = flight(300.0, 700.0, 140.0)[0]
    said = run(board(), {7: body}, body.impact_s)
    late = [w for w in said if w.time_ns > START_NS + (body.burnout_s + 40.0) * 1e9]
    for w in late:
        d = great_circle_range_m(
            w.flight.impact.lat_deg, w.flight.impact.lon_deg, body.impact_lat_deg, body.impact_lon_deg
        )
        assert d < 2.0 * w.flight.impact.ellipse_95_major_m
        assert w.flight.impact.ellipse_95_major_m < 25e3
    phases = list(dict.fromkeys(w.flight.phase for w in said))
    assert phases == [
        picture_pb2.FLIGHT_PHASE_BOOST,
        picture_pb2.FLIGHT_PHASE_FREE_FLIGHT,
        picture_pb2.FLIGHT_PHASE_REENTRY,
    ]


def test_while_it_burns_the_ellipse_is_wide_and_holds_the_impact() -> None:
    for apogee_km, range_km in ((300.0, 700.0), (2111.5, 787.0), (800.0, 2000.0), (5768.5, 989.0)):
        body = flight(apogee_km, range_km)[0]
        said = run(board(), {7: body}, body.burnout_s, every_s=4.0)
        assert said
        for w in said:
            point = w.flight.reach
            assert w.flight.phase == picture_pb2.FLIGHT_PHASE_BOOST
            assert not w.flight.HasField("impact")
            away = great_circle_range_m(
                point.lat_deg, point.lon_deg, body.impact_lat_deg, body.impact_lon_deg
            )
            assert point.ellipse_95_major_m > max(away, 100e3)


def test_those_under_the_ellipse_are_named() -> None:
    body = flight(300.0, 700.0, 140.0)[0]  # comes down in the south of Japan
    said = run(board(), {7: body}, body.impact_s)
    area = said[-1].flight.impact
    assert list(said[-1].threatened) == nations(MEMBERS).under(
        area.lat_deg,
        area.lon_deg,
        THREATENED * area.ellipse_95_major_m,
        THREATENED * area.ellipse_95_minor_m,
        area.ellipse_orientation_deg,
    )


def test_an_early_failure_is_warned_of_and_cancelled() -> None:
    bodies = flight(700.0, 900.0, 82.0, burn_s=140.0, fails_s=75.0)
    said = run(board(), {7: bodies[0]}, bodies[0].impact_s + 60.0)
    assert statuses(said) == [ALERT, UPDATE, CANCEL]
    assert "failed" in said[-1].reason
    assert said[-1].time_ns < START_NS + (75.0 + 30.0) * 1e9
    assert list(said[-1].threatened) == []


def test_a_missile_lost_while_it_burns_is_cleared_when_whatever_it_did_has_come_down() -> None:
    body = flight(300.0, 700.0)[0]
    b, tracks = board(), Tracks()
    said = run(b, {7: body}, 60.0, tracks=tracks)
    said += b.step(tracks.update(60.0, {}, removed=(7,)))
    last = said[-1]
    for t in range(61, 4000, 10):
        said += b.step(tracks.update(float(t), {}))
    assert statuses(said) == [ALERT, UPDATE, ALL_CLEAR]
    assert said[-1].time_ns > START_NS + body.impact_s * 1e9
    assert last.threatened, "until then those within its reach stay warned"


def test_a_second_stage_after_a_cancellation_goes_on() -> None:
    b, tracks = board(), Tracks()
    failed = flight(700.0, 900.0, 82.0, burn_s=140.0, fails_s=75.0)[0]
    said = run(b, {7: failed}, 100.0, tracks=tracks)
    assert statuses(said) == [ALERT, UPDATE, CANCEL]
    whole = flight(700.0, 900.0, 82.0, burn_s=140.0)[0]
    again = run(b, {7: whole}, 120.0, from_s=101.0, tracks=tracks)
    assert statuses(again) == [UPDATE]
    assert again[0].revision > said[-1].revision
    assert again[0].threatened


def test_vehicles_that_part_are_each_warned_of_with_their_launch() -> None:
    bodies = flight(700.0, 900.0, 100.0, separates_s=220.0, vehicles=3, decoys=1, separation_mps=40.0)
    numbered = dict(enumerate(bodies, start=1))
    said = run(board(), numbered, 300.0, from_s=60.0, parents={n: 1 for n in numbered if n > 1})
    assert {w.warning_id for w in said} == {f"M{n}" for n in numbered}
    for number in numbered:
        last = [w for w in said if w.warning_id == f"M{number}"][-1]
        assert last.status == UPDATE
        assert last.flight.launch.lat_deg == said[-1].flight.launch.lat_deg, "one launch"


@pytest.mark.slow
def test_twelve_launches_are_twelve_warnings() -> None:
    spread = {n: flight(60.0 + 3 * n, 300.0 + 10.0 * n, 80.0 + 4.0 * n)[0] for n in range(1, 13)}
    said = run(board(), spread, 100.0, every_s=2.0)
    assert {w.warning_id for w in said if w.status == ALERT} == {f"M{n}" for n in spread}


def test_tracks_of_two_nations_of_one_missile_are_one_warning() -> None:
    body = flight(300.0, 700.0)[0]
    said = run(board(), {7: body, 8: body}, 90.0, nodes={7: ("KOR-1",), 8: ("JPN-1",)})
    assert {w.warning_id for w in said} == {"M7"}


def test_tracks_of_one_node_side_by_side_are_two_missiles() -> None:
    body = flight(300.0, 700.0)[0]
    said = run(board(), {7: body, 8: body}, 90.0, nodes={7: ("KOR-1",), 8: ("KOR-1", "JPN-1")})
    assert {w.warning_id for w in said} == {"M7", "M8"}


def test_a_warning_survives_a_change_of_number() -> None:
    body = flight(300.0, 700.0)[0]
    b, tracks = board(), Tracks()
    said = run(b, {7: body}, 130.0, tracks=tracks)
    said += b.step(tracks.update(130.0, {9: at(body, 130.0)}, removed=(7,)))
    said += run(b, {9: body}, body.impact_s + 10.0, from_s=131.0, tracks=tracks)
    assert {w.warning_id for w in said} == {"M7"}
    assert said[-1].flight.track == 9
    assert statuses(said) == [ALERT, UPDATE, ALL_CLEAR]


def test_merged_tracks_leave_one_warning() -> None:
    body = flight(300.0, 700.0)[0]
    b, tracks = board(), Tracks()
    said = run(b, {7: body, 8: body}, 90.0, tracks=tracks, nodes={7: ("KOR-1",), 8: ("KOR-1",)})
    merged = picture_pb2.Lineage(event=picture_pb2.LINEAGE_EVENT_MERGED, track=7, other=8)
    said += b.step(tracks.update(90.0, {7: at(body, 90.0)}, frozenset({7}), removed=(8,), lineage=(merged,)))
    assert statuses(said, "M8")[-1] == CANCEL
    assert statuses(said, "M7")[-1] == UPDATE
    assert any(w.reason == "the same missile as M7" for w in said)


@pytest.mark.parametrize("known", [True, False])
def test_what_one_node_strayed_to_is_no_second_missile(known: bool) -> None:
    """A node's track leaves the missile's and goes on alone beside it; without knowing that, it is one."""
    body = flight(300.0, 700.0)[0]
    b, tracks = board(), Tracks()
    both = {7: ("KOR-1", "USA-IR"), 9: ("USA-IR",)}
    t0 = int(body.burnout_s) + 5
    said = run(b, {7: body}, float(t0), tracks=tracks, nodes=both)
    left = picture_pb2.Lineage(event=picture_pb2.LINEAGE_EVENT_DECORRELATED, track=7, node_id="USA-IR")
    alone = picture_pb2.Lineage(event=picture_pb2.LINEAGE_EVENT_CORRELATED, track=9, node_id="USA-IR")
    for t in range(t0, t0 + 60):
        lineage = (left, alone) if known and t == t0 else ()
        away = np.array([60.0, -50.0, 40.0])
        off = at(body, float(t)) + np.concatenate([[6e3, -4e3, 5e3] + (t - t0) * away, away])
        nodes = {7: ("KOR-1",), 9: ("USA-IR",)}
        said += b.step(tracks.update(t + 0.5, {7: at(body, float(t)), 9: off}, nodes=nodes, lineage=lineage))
    assert {w.warning_id for w in said} == ({"M7"} if known else {"M7", "M9"})


def test_aircraft_and_satellites_are_never_warned_of() -> None:
    b, tracks = board(), Tracks(sigma_m=200.0, sigma_mps=40.0)
    for t in range(300):
        plane = np.concatenate([geodetic2ecef(35.0, 128.0 + 0.0025 * t, 11e3), [-180.0, -130.0, 0.0]])
        assert b.step(tracks.update(float(t), {1: plane}, environment=track_pb2.ENVIRONMENT_AIR)) == []
        # a track that its node wrongly takes for a missile: level flight at an airliner's speed
        assert b.step(tracks.update(t + 0.25, {2: plane})) == []
        angle = np.radians(0.06) * t
        orbit = 6.9e6 * np.array([np.cos(angle), np.sin(angle), 0.0])
        speed = (7600.0 - 503.0) * np.array([-np.sin(angle), np.cos(angle), 0.0])
        assert b.step(tracks.update(t + 0.5, {3: np.concatenate([orbit, speed])})) == []


def test_a_pull_up_widens_instead_of_lying() -> None:
    body = flight(300.0, 700.0, 140.0, pull_up_g=15.0)[0]
    said = run(board(), {7: body}, body.impact_s, 250.0, Tracks(30.0, 20.0))
    turned = [w for w in said if w.flight.manoeuvring]
    assert turned
    for w in turned:
        away = great_circle_range_m(
            w.flight.impact.lat_deg, w.flight.impact.lon_deg, body.impact_lat_deg, body.impact_lon_deg
        )
        assert away < w.flight.impact.ellipse_95_major_m
    plain = flight(300.0, 700.0, 140.0)[0]
    assert not any(
        w.flight.manoeuvring for w in run(board(), {7: plain}, plain.impact_s, 250.0, Tracks(30.0, 20.0))
    )


def test_drag_is_learnt_on_reentry() -> None:
    body = flight(300.0, 700.0, 140.0)[0]  # its vehicle: 6,000 kg/m2
    b = board()
    run(b, {7: body}, body.impact_s - 4.0, body.impact_s - 150.0, Tracks(30.0, 10.0))
    path = b.row(7).watch.path
    assert path.ballistic_kgpm2 == pytest.approx(6_000.0, rel=0.15)
    assert path.ballistic_log_sigma < 0.2


def test_the_same_updates_give_the_same_warnings_and_snapshots_change_nothing() -> None:
    body = flight(300.0, 700.0)[0]
    once = run(board(), {7: body}, 200.0)
    again = run(board(), {7: body}, 200.0)
    snapshots = run(board(), {7: body}, 200.0, snapshot=True)
    assert [w.SerializeToString(deterministic=True) for w in once] == [
        w.SerializeToString(deterministic=True) for w in again
    ]
    assert once == snapshots


def test_a_revised_past_does_not_disturb() -> None:
    """A late report makes the picture speak again of moments that it had shown."""
    body = flight(300.0, 700.0)[0]
    b, tracks = board(), Tracks()
    said = run(b, {7: body}, 120.0, tracks=tracks)
    for t in (117.0, 118.0, 119.0):
        said += b.step(tracks.update(t, {7: at(body, t)}, frozenset({7} if t < body.burnout_s else ())))
    said += run(b, {7: body}, body.impact_s + 10.0, from_s=120.0, tracks=tracks)
    assert statuses(said) == [ALERT, UPDATE, ALL_CLEAR]


def test_flights_of_the_board_are_those_of_its_warnings() -> None:
    body = flight(300.0, 700.0)[0]
    b = board()
    last = run(b, {7: body}, 150.0)[-1]
    assert [row.flight for row in b.missiles()] == [last.flight]


def test_without_members_nobody_is_threatened() -> None:
    body = flight(300.0, 700.0, 140.0)[0]
    said = run(Board(Nations({})), {7: body}, 100.0)
    assert said
    assert all(not w.threatened for w in said)
