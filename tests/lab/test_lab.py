"""A whole exercise in one process: the digests of the processes, and what its result holds."""

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

import demo_kit
from nodes.cli import main
from nodes.errors import BadInput
from nodes.lab import run
from nodes.recording import Recording
from nodes.replay.replay import replay_recording
from nodes.simulation.truth import World

SCENARIOS = Path(__file__).resolve().parents[2] / "scenarios"
DIGESTS = ("nation", "tracks", "input_digest", "picture_digest")


def pictures(result: dict[str, Any], which: str = "pictures") -> list[tuple[Any, ...]]:
    return [tuple(picture[key] for key in DIGESTS) for picture in result[which]]


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return demo_kit.scenario(tmp_path_factory.mktemp("lab"), 30.0)


def test_a_run_is_scored_and_its_recording_folds_to_the_same_pictures(small: Path, tmp_path: Path) -> None:
    recording = tmp_path / "kept.mcap"
    result = run(small, record=recording).result
    assert [picture[0] for picture in pictures(result)] == list(demo_kit.NATIONS)
    assert len({picture[2:] for picture in pictures(result)}) == 1
    assert result["reports"]["published"] == result["reports"]["folded"] > 50
    assert result["score"]["siap"]["completeness"] > 0.8
    assert result["score"]["rmse_m"]["centralised"] > 0.0
    again = replay_recording(recording)
    assert again["recording"]["state"] == "whole"
    assert pictures(again) == pictures(result)
    assert not again["signatures"]["refused"]


def test_a_seed_gives_the_same_digests_and_another_one_others(small: Path) -> None:
    first, same, other = (run(small, seed=seed, record_detections=False).result for seed in (5, 5, 6))
    assert pictures(first) == pictures(same)
    assert {p[2] for p in pictures(first)}.isdisjoint({p[2] for p in pictures(other)})
    assert first["seed"] == 5


def test_who_has_left_shows_no_picture_any_more() -> None:
    changes = {
        "accessions.0.joins_s": 5.0,
        "accessions.0.leaves_s": 15.0,
        "nodes.AUS-FFH.joins_s": 5.0,
        "nodes.AUS-FFH.leaves_s": 15.0,
        "scenario.duration_s": 20.0,
    }
    result = run("accession", set=changes).result
    assert {picture[0] for picture in pictures(result)} == {"JPN", "KOR", "USA"}
    (accession,) = result["accessions"]
    assert accession["left"]["at_s"] == 15.0


def test_keys_that_are_set_take_effect(small: Path) -> None:
    whole = run(small).result
    cut = run(small, set={"nodes.KOR-1.leaves_s": 10.0, "scenario.duration_s": 20.0}).result
    assert whole["reports"]["published"] == 3 * 31  # at the start and every second, the end included
    assert cut["reports"]["published"] == 2 * 21 + 11


def test_tracks_at_a_time_are_where_the_objects_are(small: Path) -> None:
    done = run(small)
    end = done.tracks(30.0)
    assert len(end) == done.result["pictures"][0]["tracks"] > 0
    assert end["number"].is_monotonic_increasing
    truth = World(done.scenario).at(30.0).state
    apart = np.linalg.norm(end[["x_m", "y_m", "z_m"]].to_numpy()[:, None] - truth[None, :, :3], axis=2)
    assert np.median(apart.min(axis=1)) < 300.0
    assert np.all(end["age_s"].between(0.0, 30.0))
    assert set(end["environment"]) <= {"AIR", "SPACE", "SURFACE", "SUBSURFACE"}
    assert len(done.tracks(0.0)) < len(end)
    assert done.tracks(30.0, "JPN").equals(end)


def test_what_tracks_cannot_be_had_is_said_in_one_line(small: Path) -> None:
    done = run(small, set={"scenario.duration_s": 5.0})
    for arguments, says in (
        ((6.0,), "0 to 5 s"),
        ((math.nan,), "0 to 5 s"),
        ((1.0, "FRA"), "no picture of FRA"),
    ):
        with pytest.raises(BadInput, match=says):
            done.tracks(*arguments)


def test_the_recording_lives_as_long_as_the_run(small: Path) -> None:
    done = run(small, set={"scenario.duration_s": 5.0})
    path = Path(done.recording.path)
    assert path.exists()
    del done
    assert not path.exists()


def test_demo_in_process_writes_the_result(small: Path, tmp_path: Path) -> None:
    kept = tmp_path / "kept.mcap"
    arguments = ["demo", "--in-process", "--scenario", str(small), "--record", str(kept), "--json", "-"]
    done = CliRunner().invoke(main, [*arguments, "--duration", "20"])
    assert done.exit_code == 0, done.output
    result = json.loads(done.stdout)
    assert pictures(result) == pictures(run(small, set={"scenario.duration_s": 20.0}).result)
    assert {p["id"] for p in result["processes"]} >= {"core-USA", "KOR-1"}
    assert Recording(kept)


@pytest.mark.parametrize(
    "option", [["--speed", "2"], ["--topology", "hub"], ["--page"], ["--port", "8080"], ["--lose", "JPN-1@5"]]
)
def test_what_needs_processes_is_refused(small: Path, option: list[str]) -> None:
    done = CliRunner().invoke(main, ["demo", "--in-process", "--scenario", str(small), *option])
    assert done.exit_code == 2
    assert "needs processes" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


@pytest.mark.processes
@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "duration_s"),
    [
        pytest.param("crossing", 60, marks=pytest.mark.long),
        pytest.param("early_failure", 160, marks=pytest.mark.long),
        ("bilateral_only", 90),
        ("accession", 75),
    ],
)
def test_one_process_and_many_give_the_same_digests(name: str, duration_s: int, tmp_path: Path) -> None:
    """Filters of every kind, missiles and their warnings, restricted reports, a nation that joins."""
    scenario: Path | str = name
    if name == "accession":  # the fifth minute brings the nation that joins
        scenario = tmp_path / "accession.toml"
        text = (SCENARIOS / "accession.toml").read_text(encoding="utf-8")
        scenario.write_text(text.replace("joins_s = 300.0", "joins_s = 30.0"), encoding="utf-8")
    started = demo_kit.Run(
        tmp_path, "--scenario", str(scenario), "--duration", str(duration_s), "--speed", "max"
    )
    assert started.end(within_s=300.0) == 0, started.said
    many, one = started.result(), run(scenario, set={"scenario.duration_s": float(duration_s)}).result
    assert pictures(one) == pictures(many)
    # whose fuller picture the launcher hears of first is chance
    assert sorted(pictures(one, "national_pictures")) == sorted(pictures(many, "national_pictures"))
    assert one["reports"]["published"] == many["reports"]["published"] > 0
    joined = [[(a["nation"], a["version"], a["joined"]) for a in r["accessions"]] for r in (one, many)]
    assert joined[0] == joined[1]
    assert bool(joined[0]) == (name == "accession")
    assert bool(one["national_pictures"]) == (name == "bilateral_only")
    ends = [
        sorted((w["launch_time_ns"], w["impact_time_ns"], w["nations"]) for w in r["warnings"])
        for r in (one, many)
    ]
    assert ends[0] == ends[1]
    assert bool(ends[0]) == (name in {"early_failure", "bilateral_only"})


@pytest.mark.processes
def test_who_is_silent_and_whose_link_is_slow_do_not_hold_the_others_up(tmp_path: Path) -> None:
    """By more than the scenario time that processes may be ahead of each other: it stood still for good."""
    first, second = (f'id = "{name}-1"\n' for name in demo_kit.NATIONS[:2])
    text = demo_kit.scenario(tmp_path, 16.0).read_text(encoding="utf-8")
    assert first in text
    assert second in text
    text = text.replace(first, f"{first}silent_s = [[4.0, 10.0]]\n").replace(
        second, f"{second}delay_s = 5.5\n"
    )
    scenario = tmp_path / "slow.toml"
    scenario.write_text(text, encoding="utf-8")
    started = demo_kit.Run(tmp_path, "--scenario", str(scenario), "--speed", "max")
    assert started.end(within_s=120.0) == 0, started.said
    assert pictures(started.result()) == pictures(run(scenario).result)
