"""Scores of whole recordings: made by hand so that every figure is known, and of a real exercise."""

from __future__ import annotations

import io
import json
import random
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from exercise_kit import envelope, record
from fusion.physics.geodesy import geodetic2ecef
from nodes.cli import main
from nodes.errors import BadInput
from nodes.recording import Recording, Writer
from nodes.recording.tables import DetectionColumns
from nodes.scoring.recording import score_recording
from nodes.scoring.scorecard import print_scorecard
from nodes.simulation.loader import load
from triwatch.v1 import envelope_pb2, exercise_pb2, picture_pb2, sensing_pb2, track_pb2, warning_pb2

T0 = 1_719_446_400_000_000_000
AIR, SPACE = track_pb2.ENVIRONMENT_AIR, track_pb2.ENVIRONMENT_SPACE
FRIEND = track_pb2.IDENTITY_FRIEND
COVARIANCE = np.array([1e4, 0, 1e4, 0, 0, 1e4, 0, 0, 0, 25, 0, 0, 0, 0, 25, 0, 0, 0, 0, 0, 25], dtype=float)


def ns(t_s: float) -> int:
    return T0 + round(t_s * 1e9)


def state(j: int, t_s: float) -> np.ndarray:
    """Object j flies straight, 20 km from its neighbours."""
    start = geodetic2ecef(33.0, 127.0 + 0.2 * j, 9000.0)
    velocity = np.array([120.0, 80.0 + j, 60.0])
    return np.concatenate([start + velocity * t_s, velocity])


class Painter:
    """A recording of objects 0 to ``objects`` - 1 over ``seconds`` s, painted channel by channel."""

    def __init__(self, path: Path, objects: int = 4, seconds: int = 40) -> None:
        self.path, self.objects, self.seconds = path, objects, seconds
        self.writer = Writer(path)

    def truth(self, environment: int = AIR) -> None:
        for t in range(self.seconds + 1):
            self.writer.truth(
                exercise_pb2.TruthStates(
                    time_ns=ns(t),
                    object_id=[f"T{j}" for j in range(self.objects)],
                    state=np.concatenate([state(j, t) for j in range(self.objects)]),
                    environment=[environment] * self.objects,
                    identity=[FRIEND] * self.objects,
                ),
                ns(t),
            )

    def detections(self, seen: Callable[[int, int], bool] = lambda j, t: True) -> None:
        """A perfect radar looks once a second at the objects that are ``seen`` (object, second)."""
        origin, axes = geodetic2ecef(33.5, 126.0, 0.0), np.eye(3)
        for t in range(self.seconds + 1):
            mine = [j for j in range(self.objects) if seen(j, t)]
            measured = []
            for j in mine:
                e, n, u = axes @ (state(j, t)[:3] - origin)
                ground = np.hypot(e, n)
                measured += [np.hypot(ground, u), np.arctan2(e, n), np.arctan2(u, ground)]
            scan = sensing_pb2.DetectionScan(
                node_id="USA-1",
                kind=track_pb2.SENSOR_KIND_RADAR,
                time_ns=ns(t),
                position=origin,
                axes=axes.ravel(),
                sigma=[30.0, 1e-3, 1e-3],
                measurement=[*measured, 1e5, 0.3, 0.1],
            )
            origins = exercise_pb2.ScanOrigins(
                node_id="USA-1", time_ns=ns(t), object_id=[*(f"T{j}" for j in mine), ""]
            )
            self.writer.detections("USA-1", scan, ns(t))
            self.writer.origins("USA-1", origins, ns(t))

    def pictures(
        self,
        nation: str = "USA",
        shows: Callable[[int, int], bool] = lambda j, t: True,
        number: Callable[[int, int], int] = lambda j, t: 100 + j,
        offset: Sequence[float] = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0),
        age_s: float = 0.0,
        seconds: range | None = None,
        deltas: bool = False,
    ) -> None:
        """One update a second, of the true states ``age_s`` before, displaced by ``offset``."""
        before: set[int] = set()
        for t in seconds or range(self.seconds + 1):
            mine = [j for j in range(self.objects) if shows(j, t)]
            numbers = [number(j, t) for j in mine]
            update = picture_pb2.PictureUpdate(
                nation=nation,
                incarnation=1,
                sequence=t + 1,
                kind=picture_pb2.PICTURE_KIND_DELTA if deltas else picture_pb2.PICTURE_KIND_SNAPSHOT,
                time_ns=ns(t),
                input_digest=f"in{t}",
                picture_digest=f"out{t}",
                number=numbers,
                track_time_ns=[ns(t - age_s)] * len(mine),
                state=np.concatenate([state(j, t - age_s) + np.array(offset) for j in mine] or [np.zeros(0)]),
                covariance=np.tile(COVARIANCE, len(mine)),
                environment=[AIR] * len(mine),
                identity=[FRIEND] * len(mine),
                removed=sorted(before - set(numbers)) if deltas else [],
            )
            before = set(numbers)
            self.writer.picture(nation, update.SerializeToString(), ns(t), ns(t))

    def reports(
        self, node: str, nation: str, offset_m: float, sigma_m: float, sees: Sequence[int] | None = None
    ) -> None:
        """A node reports every object that it ``sees``, displaced, each second."""
        mine = list(range(self.objects) if sees is None else sees)
        covariance = COVARIANCE.copy()
        covariance[[0, 2, 5]] = sigma_m**2
        for t in range(self.seconds + 1):
            shifted = [state(j, t) + np.array([offset_m, 0, 0, 0, 0, 0]) for j in mine]
            batch = track_pb2.TrackBatch(
                node_id=node,
                nation=nation,
                incarnation=1,
                sequence=t + 1,
                local_number=[j + 1 for j in mine],
                valid_time_ns=[ns(t)] * len(mine),
                state=np.concatenate(shifted),
                covariance=np.tile(covariance, len(mine)),
                environment=[AIR] * len(mine),
                status=[track_pb2.TRACK_STATUS_MAINTAINING] * len(mine),
            )
            self.writer.report(node, envelope(batch), ns(t), ns(t))

    def score(self) -> dict:
        self.writer.close()
        return score_recording(self.path)


@pytest.fixture
def paint(tmp_path: Path) -> Painter:
    return Painter(tmp_path / "painted.mcap")


def test_a_perfect_picture_scores_perfectly(paint: Painter) -> None:
    paint.truth()
    paint.detections()
    for nation in ("USA", "JPN"):
        paint.pictures(nation)
    paint.reports("USA-1", "USA", 50.0, 40.0)
    score = paint.score()["score"]
    siap = score["siap"]
    assert siap["completeness"] == siap["ambiguity"] == siap["continuity"] == siap["commonality"] == 1.0
    assert siap["spuriousness"] == siap["rate_of_track_number_change_per_s"] == 0.0
    assert siap["id_correctness"] == 1.0
    assert siap["positional_accuracy_m"] == pytest.approx(0.0, abs=1e-6)
    assert score["gospa_m"] == pytest.approx(0.0, abs=1e-6)
    assert score["mean_objects_in_view"] == 4.0
    assert score["rmse_m"]["shared"] == pytest.approx(0.0, abs=1e-6)
    assert score["rmse_m"]["best_single_nation"] == pytest.approx(50.0)
    assert 0.0 <= score["rmse_m"]["centralised"] < 20.0  # the detections were exact, the first guess was not
    assert {name: row["objects"] for name, row in score["by_environment"].items()} == {
        "AIR": 4,
        "SPACE": 0,
        "SURFACE": 0,
        "SUBSURFACE": 0,
    }
    assert score["by_environment"]["AIR"]["siap"] == siap
    assert score["by_environment"]["SPACE"]["siap"]["completeness"] is None


def test_errors_come_out_as_they_were_put_in(paint: Painter) -> None:
    paint.truth()
    paint.detections()
    paint.pictures(offset=(30.0, 40.0, 0.0, 3.0, 4.0, 0.0))
    score = paint.score()["score"]
    assert score["siap"]["positional_accuracy_m"] == pytest.approx(50.0)
    assert score["siap"]["velocity_accuracy_mps"] == pytest.approx(5.0)
    assert score["gospa_m"] == pytest.approx(100.0)  # sqrt(4 objects x 50²)
    assert score["anees"] == pytest.approx((900 / 1e4 + 1600 / 1e4 + 9 / 25 + 16 / 25) / 6)


def test_old_tracks_are_carried_to_the_moment(paint: Painter) -> None:
    """A track last updated 3 s ago on a straight path is no error."""
    paint.truth()
    paint.detections()
    paint.pictures(age_s=3.0)
    assert paint.score()["score"]["siap"]["positional_accuracy_m"] == pytest.approx(0.0, abs=1e-6)


def test_missing_extra_and_changing_tracks_count(paint: Painter) -> None:
    """Object 0 is never shown, object 1 changes its number once, object 2 exists only in the picture."""
    paint.objects = 3
    paint.truth()
    paint.detections()
    paint.objects = 4
    paint.pictures(
        shows=lambda j, t: j != 0, number=lambda j, t: 900 if j == 1 and t >= 10 else 100 + j, deltas=True
    )
    siap = paint.score()["score"]["siap"]
    assert siap["completeness"] == pytest.approx(2 / 3)
    assert siap["spuriousness"] == pytest.approx(1 / 3)
    assert siap["rate_of_track_number_change_per_s"] == pytest.approx(1 / (40 + 9 + 30))
    assert siap["continuity"] == pytest.approx((0 + 30 + 40) / 120)


def test_objects_count_only_while_seen(paint: Painter) -> None:
    """Seen from 10 to 30 s, with a gap of three seconds: shown all that time is complete, and what is shown
    of them before and after is not spurious."""
    paint.truth()
    paint.detections(lambda j, t: 10 <= t <= 30 and not 15 <= t < 18)
    paint.pictures(shows=lambda j, t: t >= 5)
    score = paint.score()["score"]
    assert score["siap"]["completeness"] == 1.0
    assert score["siap"]["spuriousness"] == 0.0
    assert score["siap"]["continuity"] == 1.0


@pytest.mark.parametrize("first", ["scan", "origins"])
def test_scans_and_origins_are_joined_in_either_order(first: str) -> None:
    scan = sensing_pb2.DetectionScan(
        node_id="N",
        incarnation=1,
        time_ns=ns(1),
        kind=track_pb2.SENSOR_KIND_SONAR,
        position=[0.0, 0.0, 6.4e6],
        axes=np.eye(3).ravel(),
        sigma=[0.01],
        measurement=[0.1, 0.2, 0.3],
    )
    origins = exercise_pb2.ScanOrigins(node_id="N", incarnation=1, time_ns=ns(1), object_id=["B", "", "A"])
    restarted = exercise_pb2.ScanOrigins(node_id="N", incarnation=2, time_ns=ns(1), object_id=["A"])
    table = DetectionColumns({"A": 0, "B": 1}, {})
    table.add_origins(restarted)
    assert table.table() is None, "of no scan"
    if first == "scan":
        table.add(scan)
        table.add_origins(origins)
    else:
        table.add_origins(origins)
        table.add(scan)
    found = table.table()
    assert found is not None
    assert found.object.tolist() == [1, 0]
    assert found.measurement[:, 1].tolist() == [0.1, 0.3]
    scan.incarnation = 2
    with pytest.raises(ValueError, match="do not fit"):
        table.add(scan)


def test_without_detections_reports_say_what_is_in_view(paint: Painter) -> None:
    paint.truth()
    paint.pictures()
    paint.objects = 2
    paint.reports("USA-1", "USA", 10.0, 40.0)
    score = paint.score()["score"]
    assert score["mean_objects_in_view"] == 2.0
    assert score["siap"]["completeness"] == 1.0
    assert score["rmse_m"]["centralised"] is None
    assert score["rmse_m"]["best_single_nation"] == pytest.approx(10.0)


def test_a_nation_alone_is_its_most_certain_node(paint: Painter) -> None:
    paint.truth()
    paint.detections()
    paint.pictures("USA")
    paint.pictures("KOR")
    paint.reports("USA-1", "USA", 90.0, 40.0)  # says that it is good, and is not
    paint.reports("USA-2", "USA", 10.0, 80.0)
    paint.reports("KOR-1", "KOR", 70.0, 60.0)
    assert paint.score()["score"]["rmse_m"]["best_single_nation"] == pytest.approx(70.0)


def test_what_sharing_is_worth_is_counted_object_by_object(paint: Painter) -> None:
    """Either nation sees two of three objects alone, all are shown; object 2 is shown 10 m off as are the
    others, and its nation alone has it 70 m off."""
    paint.objects = 3
    paint.truth()
    paint.detections()
    paint.pictures("USA", offset=(10.0, 0, 0, 0, 0, 0))
    paint.pictures("KOR", offset=(10.0, 0, 0, 0, 0, 0))
    paint.reports("USA-1", "USA", 5.0, 40.0, sees=[0, 1])
    paint.reports("KOR-1", "KOR", 70.0, 60.0, sees=[1, 2])
    sharing = paint.score()["score"]["by_environment"]["AIR"]["sharing"]
    assert sharing["shared"] == {"objects": 3, "completeness": 1.0}
    assert sharing["alone"] == {
        "KOR": {"objects": 2, "completeness": pytest.approx(2 / 3)},
        "USA": {"objects": 2, "completeness": pytest.approx(2 / 3)},
    }
    assert sharing["no_nation_alone"] == 1
    assert sharing["typical_error_m"] == {"shared": pytest.approx(10.0), "alone": pytest.approx(5.0)}
    assert (sharing["nearer"], sharing["compared"]) == (1, 3)


def test_different_numbers_are_not_common(paint: Painter) -> None:
    paint.truth()
    paint.detections()
    paint.pictures("USA")
    paint.pictures("JPN", number=lambda j, t: 777 if j == 0 else 100 + j)
    paint.pictures("KOR", shows=lambda j, t: j != 1)
    assert paint.score()["score"]["siap"]["commonality"] == pytest.approx(0.5)


def test_a_core_that_died_takes_no_part_after(paint: Painter) -> None:
    """Korea's core says nothing after 10 s: its picture counts 10 s longer, then no more."""
    paint.truth()
    paint.detections()
    paint.pictures("USA")
    paint.pictures("KOR", seconds=range(11))
    document = paint.score()
    assert document["score"]["siap"]["completeness"] == 1.0
    assert document["score"]["siap"]["commonality"] == 1.0
    assert [p["picture_digest"] for p in document["pictures"]] == ["out10", "out40"]


def test_without_truth_there_is_no_score(paint: Painter) -> None:
    paint.pictures()
    paint.reports("USA-1", "USA", 0.0, 40.0)
    document = paint.score()
    assert document["score"] is None
    assert document["warnings"] == []
    assert document["reports"]["published"] == 41
    assert document["pictures"][0]["tracks"] == 4


def test_no_picture_at_all_scores_nothing_shown(paint: Painter) -> None:
    paint.truth()
    paint.detections()
    score = paint.score()["score"]
    assert score["siap"]["completeness"] is None
    assert set(score["rmse_m"].values()) == {None}


def test_messages_that_are_none_are_passed_over(paint: Painter) -> None:
    paint.truth()
    paint.detections()
    paint.writer.picture("USA", b"\xff\xff", ns(0), ns(0))
    bad = picture_pb2.PictureUpdate(nation="USA", time_ns=ns(1), number=[1], state=[np.nan] * 6)
    paint.writer.picture("USA", bad.SerializeToString(), ns(0), ns(0))
    paint.writer.report("USA-1", b"\x0a\xff", ns(0), ns(0))
    paint.pictures()
    assert paint.score()["score"]["siap"]["completeness"] == 1.0


@pytest.mark.parametrize("seed", range(40))
def test_mutated_messages_never_break_a_score(paint: Painter, tmp_path: Path, seed: int) -> None:
    """Bytes flipped, cut and doubled inside messages: some figures, or none, and never an error."""
    rng = random.Random(seed)
    paint.objects, paint.seconds = 2, 6
    paint.truth()
    paint.detections()
    paint.pictures("USA")
    paint.pictures("KOR", deltas=True)
    paint.reports("USA-1", "USA", 5.0, 40.0)
    paint.writer.warning("USA", warning(100, 3.0, warning_pb2.WARNING_STATUS_ALERT, 38.0), ns(3), ns(3))
    paint.writer.close()
    with Writer(tmp_path / "mutated.mcap") as writer:
        for message in Recording(paint.path):
            data = bytearray(message.data)
            for _ in range(rng.choice([0, 0, 1, 1, 8])):
                at = rng.randrange(len(data) or 1)
                kind = rng.randrange(3)
                if kind == 0 and data:
                    data[at] ^= 1 << rng.randrange(8)
                elif kind == 1 and len(data) > 1:
                    del data[at:]
                else:
                    data[at:at] = data[at : at + 8]
            writer.write(message.channel, message.source, bytes(data), message.log_time_ns, 0)
    document = score_recording(tmp_path / "mutated.mcap")
    assert document["recording"]["unreadable_messages"] > 0
    print_scorecard(document, io.StringIO())
    json.dumps(document)


def warning(track: int, t_s: float, status: int, impact_lat_deg: float, nation: str = "USA") -> bytes:
    flight = picture_pb2.Flight(
        track=track,
        launch=picture_pb2.GroundPoint(lat_deg=39.0, lon_deg=126.0, time_ns=ns(1.5)),
        impact=picture_pb2.GroundPoint(
            lat_deg=impact_lat_deg,
            lon_deg=130.0,
            time_ns=ns(604.0),
            ellipse_95_major_m=9000.0,
            ellipse_95_minor_m=4000.0,
        ),
    )
    message = warning_pb2.MissileWarning(
        warning_id=f"w{track}",
        nation=nation,
        status=status,
        revision=round(t_s),  # it grows
        time_ns=ns(t_s),
        flight=flight,
        released_to=["JPN", "USA"],
        threatened=["JPN"],
    )
    return envelope_pb2.Envelope(payload=message.SerializeToString()).SerializeToString()


def test_warnings_are_held_against_the_flights(paint: Painter) -> None:
    """Track 100 is object T0, the missile; track 555 is nothing."""
    paint.truth(SPACE)
    paint.detections()
    paint.pictures()
    flights = [
        exercise_pb2.TruthFlight(
            object_id="T0",
            launch_time_ns=ns(0.0),
            launch_lat_deg=39.01,
            launch_lon_deg=126.0,
            impact_time_ns=ns(600.0),
            impact_lat_deg=38.0,
            impact_lon_deg=130.0,
        ),
        exercise_pb2.TruthFlight(object_id="T0-rv", launch_time_ns=ns(0.0), parent_object_id="T0"),
        exercise_pb2.TruthFlight(object_id="T1", launch_time_ns=ns(5.0)),
        exercise_pb2.TruthFlight(object_id="late", launch_time_ns=ns(4000.0)),
    ]
    paint.writer.flights(exercise_pb2.TruthFlights(flight=flights), ns(0))
    said = [
        (100, 25.0, warning_pb2.WARNING_STATUS_ALERT, 38.5),
        (100, 30.0, warning_pb2.WARNING_STATUS_UPDATE, 38.02),
        (555, 31.0, warning_pb2.WARNING_STATUS_ALERT, 38.0),
        (100, 35.0, warning_pb2.WARNING_STATUS_ALL_CLEAR, 0.0),
    ]
    for one in said:
        paint.writer.warning("USA", warning(*one), ns(one[1]), ns(one[1]))
    paint.writer.warning("JPN", warning(*said[1], nation="JPN"), ns(31), ns(31))
    document = paint.score()
    first, second = document["warnings"]
    assert first["track"] == "100"
    assert first["object_id"] == "T0"
    assert first["first_warning_after_launch_s"] == pytest.approx(25.0)
    assert first["warned_before_impact_s"] == pytest.approx(575.0)
    assert first["launch_error_m"] == pytest.approx(1110.0, rel=2e-3)  # 0.01 degrees of latitude
    assert first["impact_error_m"] == pytest.approx(2220.0, rel=2e-3)
    assert first["first_impact_error_m"] == pytest.approx(55_500.0, rel=2e-3)
    assert (first["impact_inside_95"], first["impacts_told"], first["impacts_told_inside_95"]) == (True, 2, 1)
    assert first["impact_time_error_s"] == pytest.approx(4.0)
    assert first["impact_ellipse_95_m"] == [9000.0, 4000.0]
    assert first["released_to"] == ["JPN", "USA"]
    assert first["threatened"] == ["JPN"]
    assert first["nations"] == ["JPN", "USA"]
    assert first["status"] == "ALL_CLEAR"
    assert second["object_id"] is None
    assert second["launch_error_m"] is None
    assert second["impact_inside_95"] is None
    assert document["score"]["missiles"] == {
        "launched": 2,
        "warned": 1,
        "false_warnings": 1,
        "warned_twice_s": 0.0,
    }


@pytest.fixture(scope="module")
def exercise(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The start of a built-in scenario."""
    path = tmp_path_factory.mktemp("score") / "crossing.mcap"
    record(path, load("crossing"), 60)
    return path


def test_an_exercise_gives_sensible_figures(exercise: Path) -> None:
    document = score_recording(exercise)
    score = document["score"]
    assert score["siap"]["completeness"] > 0.8
    assert score["siap"]["commonality"] == 1.0
    assert score["siap"]["spuriousness"] < 0.1
    rmse = score["rmse_m"]
    assert rmse["shared"] < 1.1 * rmse["best_single_nation"]
    assert rmse["centralised"] < 1.05 * rmse["shared"]
    assert document["recording"]["state"] == "whole"


class TestCommand:
    """``triwatch score``."""

    def test_words_and_json(self, exercise: Path, tmp_path: Path) -> None:
        run = CliRunner().invoke(main, ["score", str(exercise), "--json", str(tmp_path / "s.json")])
        assert run.exit_code == 0
        assert "objects in view" in run.stdout
        assert "to the bit" in run.stdout
        assert "\x1b" not in run.stdout
        document = json.loads((tmp_path / "s.json").read_text())
        keys = {"completeness", "ambiguity", "spuriousness", "continuity", "commonality"}
        keys |= {"positional_accuracy_m", "velocity_accuracy_mps"}
        assert keys <= document["score"]["siap"].keys()
        assert {"siap", "gospa_m", "anees", "anees_interval_95", "rmse_m", "by_environment"} <= set(
            document["score"]
        )
        assert set(document["score"]["rmse_m"]) == {
            "shared",
            "best_single_nation",
            "centralised",
            "centralised_at_reports",
        }

    def test_plot_draws_a_png(self, exercise: Path, tmp_path: Path) -> None:
        pytest.importorskip(
            "matplotlib", reason="matplotlib is not installed (pip install 'triwatch[score]')"
        )
        run = CliRunner().invoke(main, ["score", str(exercise), "--plot", str(tmp_path / "s.png")])
        assert run.exit_code == 0
        assert (tmp_path / "s.png").read_bytes().startswith(b"\x89PNG")
        run = CliRunner().invoke(main, ["score", str(exercise), "--plot", str(tmp_path / "no" / "s.png")])
        assert run.exit_code == 2
        assert run.stderr.count("\n") == 1

    def test_a_damaged_file_is_scored_as_far_as_it_goes(self, exercise: Path, tmp_path: Path) -> None:
        cut = tmp_path / "cut.mcap"
        cut.write_bytes(exercise.read_bytes()[:150_000])
        run = CliRunner().invoke(main, ["score", str(cut)])
        assert run.exit_code == 3
        assert run.stderr.startswith("triwatch: ")
        assert run.stderr.count("\n") == 1
        assert "objects in view" in run.stdout

    def test_what_is_no_recording_is_refused(self, tmp_path: Path) -> None:
        run = CliRunner().invoke(main, ["score", str(tmp_path / "none.mcap")])
        assert run.exit_code == 2
        assert run.stderr.count("\n") == 1
        with pytest.raises(BadInput):
            score_recording(tmp_path)
