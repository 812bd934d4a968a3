"""The pytest plugin: a recording or a table of tracks in one's own test."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas
import pytest

import demo_kit
from exercise_kit import record
from nodes.errors import BadInput
from nodes.lab import run
from nodes.recording import Recording
from nodes.replay.refold import Refold
from nodes.simulation.loader import load
from nodes.testing.golden import Differs, Golden
from nodes.testing.replayed import Replayed

pytest_plugins = ["pytester"]
Replay = Callable[[str | Path], Replayed]


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("plugin")
    run(demo_kit.scenario(folder, 30.0), record=folder / "x.mcap")
    return folder / "x.mcap"


@pytest.fixture(scope="module")
def table(recording: Path) -> Path:
    """The recording's reports as somebody's table."""
    rows = []
    for _, report in Replayed(recording)._contents.steps:
        batch = getattr(report, "batch", None)
        for i in range(0 if batch is None else len(batch.local_number)):
            x = batch.state[6 * i : 6 * i + 6]
            columns = dict(zip(("x_m", "y_m", "z_m", "vx_mps", "vy_mps", "vz_mps"), x, strict=True))
            made = {"node_id": batch.node_id, "nation": batch.nation, "number": batch.local_number[i]}
            sigma = {"sigma_m": 60.0, "sigma_mps": 10.0}
            rows.append({**made, "time_ns": batch.valid_time_ns[i], **columns, **sigma})
    pandas.DataFrame(rows).to_csv(recording.parent / "tracks.csv", index=False)
    return recording.parent / "tracks.csv"


def test_the_end_is_what_a_replay_gives(replay: Replay, recording: Path) -> None:
    refold = Refold(Recording(recording))
    refold.run()
    assert replay(recording).digest() == refold.nations["USA"].picture.digest()
    assert replay(recording).score["siap"]["completeness"] > 0.9
    assert list(replay(recording).scores.index) == ["AIR"]


def test_a_time_is_a_time_however_it_is_told_and_whatever_was_asked_before(
    replay: Replay, recording: Path
) -> None:
    picture = replay(recording)
    late, early = picture.at(20.0), picture.at(10.0)
    assert early.digest() != late.digest()
    assert picture.at(early.time_ns).digest() == early.digest()
    when = datetime.fromtimestamp(picture.start_ns * 1e-9, UTC) + timedelta(seconds=20)
    assert picture.at(when).digest() == late.digest()
    with pytest.raises(BadInput, match="needs a time zone"):
        picture.at(datetime(2024, 6, 27))


def test_arrays_and_frames_are_the_tracks_at_that_time(replay: Replay, recording: Path) -> None:
    moment = replay(recording).at(20.25)
    assert moment.state.shape == (4, 6)
    assert moment.covariance.shape == (4, 6, 6)
    assert moment.tracks["number"].tolist() == moment.number.tolist()
    assert moment.tracks[["x_m", "y_m", "z_m"]].to_numpy() == pytest.approx(moment.state[:, :3])
    assert moment.tracks["speed_mps"].between(150.0, 400.0).all()
    assert moment.warnings.empty
    before = replay(recording).at(20.0)
    moved = np.linalg.norm(moment.state[:, :3] - before.state[:, :3], axis=1)
    assert moved == pytest.approx(0.25 * np.linalg.norm(before.state[:, 3:], axis=1), rel=0.05)


@pytest.mark.slow
def test_missiles_are_warned_of_as_they_were(replay: Replay, tmp_path: Path) -> None:
    done = run("early_failure", set={"scenario.duration_s": 160.0}, record=tmp_path / "x.mcap")
    warnings = replay(tmp_path / "x.mcap").warnings
    assert len(warnings) == len(done.result["warnings"]) > 0
    told = {w["track"]: w["launch_time_ns"] for w in done.result["warnings"]}
    assert dict(zip(warnings["track"].astype(str), warnings["launch_time_ns"], strict=True)) == told


def test_a_table_of_tracks_is_folded(replay: Replay, table: Path) -> None:
    picture = replay(table)
    assert len(picture.tracks) == 4
    assert {tuple(sorted(by)) for by in picture.tracks["contributors"]} == {("JPN-1", "KOR-1", "USA-1")}
    assert picture.score is None
    assert len(picture.at(25.0).tracks) == 4
    pandas.read_csv(table).sample(frac=1.0, random_state=1).to_parquet(table.with_suffix(".parquet"))
    assert replay(table.with_suffix(".parquet")).digest() == picture.digest()


def test_geodetic_columns_are_the_same_place(replay: Replay, table: Path, tmp_path: Path) -> None:
    from fusion.physics.geodesy import ecef2geodetic, enu_axes

    frame = pandas.read_csv(table)
    lat, lon, alt = ecef2geodetic(frame[["x_m", "y_m", "z_m"]].to_numpy())
    velocity = frame[["vx_mps", "vy_mps", "vz_mps"]].to_numpy()
    east, north, up = np.einsum("nij,nj->in", enu_axes(lat, lon), velocity)
    told = frame[["node_id", "nation", "number", "sigma_m", "sigma_mps"]].assign(
        time=pandas.to_datetime(frame["time_ns"], utc=True).dt.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        lat_deg=lat,
        lon_deg=lon,
        alt_m=alt,
        speed_mps=np.hypot(east, north),
        course_deg=np.degrees(np.arctan2(east, north)),
        climb_mps=up,
    )
    told.to_csv(tmp_path / "geodetic.csv", index=False)
    one, other = replay(tmp_path / "geodetic.csv").end, replay(table).end
    assert one.state == pytest.approx(other.state, abs=1e-3)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"sigma_m": 0.0}, "sigma_m: row 1: expected more than 0"),
        ({"number": "x"}, "number: row 1: expected a number, got 'x'"),
        ({"environment": "MOON"}, "environment: row 1: 'MOON' is none of"),
        ({"time_ns": None}, "time: missing"),
        ({"x_m": None}, "lat_deg: missing; expected lat_deg, lon_deg, alt_m or x_m"),
        ({"node_id": None}, "node_id: missing"),
        ({"vx_mps": 1e9}, "rows 1"),
    ],
)
def test_a_table_that_cannot_be_used_is_one_line(
    table: Path, tmp_path: Path, change: dict, said: str
) -> None:
    frame = pandas.read_csv(table).head(3)
    for name, value in change.items():
        frame = frame.drop(columns=name) if value is None else frame.assign(**{name: value})
    frame.to_csv(tmp_path / "bad.csv", index=False)
    with pytest.raises(BadInput, match=r"bad.csv: ") as caught:
        Replayed(tmp_path / "bad.csv")
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


class TestGolden:
    """Pictures kept in files."""

    def test_it_says_what_differs_and_how_to_accept_it(self, recording: Path, tmp_path: Path) -> None:
        picture = Replayed(recording, Golden(tmp_path, test="test_x.py::test_y"))
        with pytest.raises(Differs, match=r"does not exist yet; .*--triwatch-accept test_x.py::test_y"):
            picture.at(20.0).assert_golden("a.json")
        Replayed(recording, Golden(tmp_path, accept=True)).at(20.0).assert_golden("a.json")
        picture.at(20.0).assert_golden("a.json")
        with pytest.raises(Differs) as caught:
            picture.at(21.0).assert_golden("a.json")
        said = str(caught.value)
        assert "+1.000 s from the kept one's" in said
        assert "other reports were folded" in said
        assert "m away, its velocity" in said
        kept = json.loads((tmp_path / "a.json").read_text())
        gone = kept["tracks"].pop()
        kept["picture_digest"], kept["tracks"][0]["identity"] = "", "HOSTILE"
        (tmp_path / "a.json").write_text(json.dumps(kept))
        with pytest.raises(Differs, match=f"track {gone['number']} is new") as caught:
            picture.at(20.0).assert_golden("a.json")
        assert "kept HOSTILE" in str(caught.value)

    def test_a_distance_may_be_allowed(self, recording: Path, tmp_path: Path) -> None:
        Replayed(recording, Golden(tmp_path, accept=True)).at(20.0).assert_golden("a.json")
        kept = json.loads((tmp_path / "a.json").read_text())
        kept["tracks"][0]["state"][0] += 3.0
        kept["picture_digest"] = "another"
        (tmp_path / "a.json").write_text(json.dumps(kept))
        picture = Replayed(recording, Golden(tmp_path))
        picture.at(20.0).assert_golden("a.json", within_m=5.0)
        with pytest.raises(Differs, match="lies 3 m away"):
            picture.at(20.0).assert_golden("a.json", within_m=1.0)


def test_in_somebodys_own_tests(pytester: pytest.Pytester, recording: Path) -> None:
    """The fixture, the message and the option, as pytest shows them."""
    (pytester.path / "x.mcap").write_bytes(recording.read_bytes())
    pytester.makepyfile(
        test_mine="""
        def test_mine(replay):
            picture = replay("x.mcap").at(20.0)
            assert len(picture.tracks) == 4
            picture.assert_golden("at_20_s.json")

        def test_none(replay):
            replay("nothing.mcap")
        """
    )
    options = () if _installed() else ("-p", "nodes.testing.plugin")
    first = pytester.runpytest_subprocess(*options)
    first.assert_outcomes(failed=2)
    first.stdout.fnmatch_lines(["*pytest --triwatch-accept test_mine.py::test_mine*"])
    first.stdout.fnmatch_lines(["*cannot read *nothing.mcap*"])
    accepted = pytester.runpytest_subprocess(*options, "--triwatch-accept", "-k", "not none")
    accepted.stdout.fnmatch_lines(["triwatch: accepted *at_20_s.json"])
    pytester.runpytest_subprocess(*options, "-k", "not none").assert_outcomes(passed=1)


def _installed() -> bool:
    from importlib.metadata import entry_points

    return any(point.name == "triwatch" for point in entry_points(group="pytest11"))


def test_what_admission_refuses_is_not_folded(replay: Replay, tmp_path: Path) -> None:
    scenario = load("crossing")
    record(tmp_path / "x.mcap", scenario, 15, detections=False, truth=False)
    assert len(replay(tmp_path / "x.mcap").tracks) > 0
