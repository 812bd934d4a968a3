"""Fusions and trackers of others, run and scored beside ours on the same reports."""

from __future__ import annotations

import itertools
import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner, Result

import demo_kit
from benchmarks.same_reports import Ours, measure, table
from campaign_kit import campaign
from nodes.cli import main
from nodes.contenders import FusedTracks, NodeReport, integer_programming
from nodes.contenders.contest import checked, contend
from nodes.errors import BadInput
from nodes.lab import run
from nodes.recording import Recording

SIMPLE = "nodes.contenders.simple"


class Raises(Ours):
    def fold(self, report: NodeReport) -> None:
        raise RuntimeError("no\nidea")


class Wrong(Ours):
    def tracks(self, time_ns: int) -> Any:
        return [1, 2, 3]


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("contenders")
    run(demo_kit.scenario(folder, 40.0), record=folder / "x.mcap")
    return folder / "x.mcap"


def triwatch(*arguments: object) -> Result:
    return CliRunner().invoke(main, list(map(str, arguments)))


def test_our_own_fusion_as_a_contender_has_our_own_score(recording: Path) -> None:
    ours = json.loads(triwatch("score", recording, "--json", "-").stdout)["score"]
    (found,) = (
        one["score"] for one in contend(Recording(recording), ["benchmarks.same_reports:Ours"]).values()
    )
    for name in ("rmse_m", "gospa_m", "anees"):
        assert found[name] == pytest.approx(ours[name], rel=1e-6), name
    assert found["siap"]["completeness"] == ours["siap"]["completeness"] > 0.9
    assert found["siap"]["ambiguity"] == ours["siap"]["ambiguity"]


def test_two_versions_of_the_fold_are_put_side_by_side(recording: Path) -> None:
    after = asdict(measure(recording))
    assert after["completeness"] > 0.9
    assert 0.5 < after["ratio"] < 2.0
    head, _, line = table({"x": after}, {"x": after | {"ambiguity": 1.5, "anees": None}})
    cells = dict(zip(head.split(" | ")[1:], line.split(" | ")[1:], strict=True))
    assert cells["ambiguity"] == f"1.5 > {after['ambiguity']:.4g}"
    assert cells["anees"] == f"{after['anees']:.4g}", "nothing before"


def test_covariance_intersection_is_cautious_and_the_naive_sum_sure_of_itself(recording: Path) -> None:
    names = [f"{SIMPLE}:covariance_intersection", f"{SIMPLE}:naive"]
    intersected, naive = (one["score"] for one in contend(Recording(recording), names).values())
    assert intersected["anees"] < naive["anees"]
    for one in (intersected, naive):
        assert one["siap"]["completeness"] > 0.9
        assert one["siap"]["ambiguity"] == pytest.approx(1.0, abs=0.05)
        assert one["rmse_m"]["shared"] < one["rmse_m"]["best_single_nation"]


def test_what_raises_or_returns_nonsense_is_said_and_the_others_go_on(recording: Path) -> None:
    names = [
        f"{__name__}:Raises",
        f"{__name__}:Wrong",
        "no_such_module:make",
        f"{__name__}:Ours",
        f"{__name__}:None_",
    ]
    found = contend(Recording(recording), names)
    assert [one["score"] is None for one in found.values()] == [True, True, True, False, True]
    said = [one["said"] for one in found.values()]
    assert said[0] == f"{__name__}:Raises: RuntimeError: no idea"
    assert "tracks() returned list, expected FusedTracks" in said[1]
    assert "cannot be imported: ModuleNotFoundError" in said[2]
    assert "has no None_ to call" in said[4]
    assert not any("\n" in line for line in said)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"state": np.zeros((2, 3))}, "shapes"),
        ({"number": np.array([1, 1])}, "each once"),
        ({"number": np.array([0, 1])}, "from 1"),
        ({"number": np.array([1.0, 2.0])}, "whole numbers"),
        ({"state": np.full((2, 6), np.nan)}, "no number or not definite"),
        ({"covariance": np.zeros((2, 6, 6))}, "not definite"),
    ],
)
def test_tracks_that_are_none_are_refused(change: dict[str, Any], said: str) -> None:
    good = {"number": np.array([1, 2]), "state": np.ones((2, 6)), "covariance": np.array([np.eye(6)] * 2)}
    assert len(checked(FusedTracks(**good)).number) == 2
    with pytest.raises(BadInput, match=said):
        checked(FusedTracks(**{**good, **change}))


def test_no_tracks_at_all_are_tracks() -> None:
    empty = FusedTracks(np.zeros(0, np.int64), np.zeros((0, 6)), np.zeros((0, 6, 6)))
    assert checked(empty).state.shape == (0, 6)


class TestTemplates:
    """The pages' templates do what the pages say, from a folder of their own."""

    @pytest.fixture(autouse=True)
    def here(self, repo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(repo / "docs" / "templates")
        monkeypatch.setattr(sys, "path", list(sys.path))

    def test_the_fusion(self, recording: Path) -> None:
        done = triwatch("score", recording, "--contender", "my_fusion:make", "--json", "-")
        assert done.exit_code == 0
        score = json.loads(done.stdout)["contenders"]["my_fusion:make"]["score"]
        assert score["siap"]["completeness"] > 0.9
        assert 2.5 < score["siap"]["ambiguity"] <= 3.0
        assert "my_fusion:make" in triwatch("score", recording, "--contender", "my_fusion:make").stdout

    def test_the_tracker(self, recording: Path) -> None:
        scenario = recording.parent / "small.toml"
        result = run(scenario, set={"nodes.*.tracker": "my_tracker:make"}).result
        assert result["score"]["siap"]["completeness"] > 0.9
        assert result["score"]["rmse_m"]["shared"] < 150.0
        assert result["reports"]["folded"] == result["reports"]["published"]


def failing(node_id: str, sensors: object) -> Any:
    raise ZeroDivisionError("on purpose")


@pytest.mark.parametrize(
    ("tracker", "said"),
    [
        (f"{__name__}:failing", "USA-1: tracker .*failing: ZeroDivisionError: on purpose"),
        ("my_module:make", "cannot be imported"),
        ("pf", "expected one of ekf, ukf, imm, .* or package.module:factory"),
    ],
)
def test_a_tracker_that_fails_is_one_line(recording: Path, tracker: str, said: str) -> None:
    with pytest.raises(BadInput, match=said):
        run(recording.parent / "small.toml", set={"nodes.*.tracker": tracker})


@pytest.mark.slow
@pytest.mark.processes
def test_a_campaign_compares_and_a_contender_that_fails_costs_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mine.py").write_text(
        "from nodes.contenders.simple import naive\n\n\ndef fails():\n    raise ValueError('no fusion')\n"
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    path = campaign(tmp_path, 'seeds = 2\nfigures = ["rmse_m.shared", "contender.mine:naive.rmse_m.shared"]')
    done = triwatch(
        "campaign", path, "--workers", "1", "--contender", "mine:naive", "--contender", "mine:fails"
    )
    assert done.exit_code == 0, done.output
    table = pq.read_table(tmp_path / "study" / "runs.parquet").to_pydict()
    assert table["status"] == ["done", "done"]
    assert table["contender.mine:fails.said"] == ["mine:fails: ValueError: no fusion"] * 2
    assert table["contender.mine:naive.said"] == ["", ""]
    assert all(value > 0.0 for value in table["contender.mine:naive.rmse_m.shared"])


@pytest.mark.slow
@pytest.mark.parametrize("name", ["stone_soup:gnn", "stone_soup:jpda", "stone_soup:mfa", "nrl_tracker:mht"])
def test_the_trackers_of_other_libraries_are_contenders(recording: Path, name: str) -> None:
    (found,) = contend(Recording(recording), [f"nodes.contenders.{name}"]).values()
    assert found["said"] == ""
    assert found["score"]["siap"]["completeness"] > 0.8
    assert found["score"]["siap"]["ambiguity"] < 1.5


def test_the_programme_that_highs_solves_is_the_one_that_was_asked_for() -> None:
    """Against every one of the 2^n assignments, tried one by one."""
    rng = np.random.default_rng(3)
    for _ in range(20):
        cost = rng.normal(size=8)
        rows = np.vstack([np.ones(8), rng.random((2, 8)) < 0.5])
        solver = integer_programming.Solver.CreateSolver("SCIP")
        variables = [solver.BoolVar(str(i)) for i in range(8)]
        for row in rows:
            solver.Add(solver.Sum([v for v, used in zip(variables, row, strict=True) if used]) == 1)
        solver.Minimize(solver.Sum([c * v for c, v in zip(cost, variables, strict=True)]))
        tried = [np.array(bits) for bits in itertools.product((0, 1), repeat=8)]
        kept = [float(cost @ bits) for bits in tried if (rows @ bits == 1).all()]
        if not kept:
            assert solver.Solve() == solver.INFEASIBLE
            continue
        assert solver.Solve() == solver.OPTIMAL
        chosen = np.array([v.solution_value() for v in variables])
        assert cost @ chosen == pytest.approx(min(kept))
        assert set(chosen) <= {0.0, 1.0}
