"""Campaigns as people run them: to a report, through kills and failures, refused where they cannot run."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import signal
import sys
import time
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner, Result

import demo_kit
from campaign_kit import campaign, lines, start
from nodes.campaign.campaign import Campaign
from nodes.campaign.case import scenario_of
from nodes.campaign.code_version import code_version
from nodes.campaign.run_case import Work, run_case
from nodes.campaign.workers import run_local
from nodes.cli import main

TWO_ARMS = """
[[arms]]
name = "three nodes"
[[arms]]
name = "two nodes"
without = ["KOR-1"]
"""
BROKEN = """
[[factors]]
name = "tracker"
key = "nodes.KOR-1.leaves_s"
levels = [2.0]
"""


def triwatch(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["campaign", *map(str, arguments)])


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A finished campaign of two arms and a factor."""
    folder = tmp_path_factory.mktemp("campaign")
    factor = '[[factors]]\nname = "pd"\nkey = "nodes.*.sensors.*.pd"\nlevels = [0.6, 0.9]\n'
    path = campaign(folder, "seeds = 3", TWO_ARMS + factor)
    done = triwatch(path, "--workers", "2", "--json", folder / "said.json")
    assert done.exit_code == 0, done.output
    return path, folder / "study"


class TestStudy:
    """What a finished campaign leaves."""

    def test_the_table_has_a_row_a_run_with_units(self, study: tuple[Path, Path]) -> None:
        table = pq.read_table(study[1] / "runs.parquet")
        assert table.num_rows == 12
        runs = table.select(["arm", "point", "seed"]).to_pylist()
        assert runs == sorted(runs, key=lambda r: (r["arm"] != "three nodes", r["point"], r["seed"]))
        assert table.column("factor.pd").to_pylist() == [0.6] * 3 + [0.9] * 3 + [0.6] * 3 + [0.9] * 3
        assert table.schema.field("rmse_m.shared").metadata == {b"unit": b"m"}
        assert table.schema.metadata[b"code"] == Campaign(study[0]).code.encode()
        assert len(set(table.column("input_digest").to_pylist())) == 12
        assert not any("wall" in name for name in table.column_names)

    def test_a_row_is_what_the_run_gives_alone(self, study: tuple[Path, Path]) -> None:
        planned = Campaign(study[0])
        row = run_case(planned._work(planned.cases[5], planned.keys[5]))
        kept = {r["key"]: r for r in pq.read_table(study[1] / "runs.parquet").to_pylist()}[row.key]
        assert row.figures == {name: kept[name] for name in row.figures}
        assert kept["picture_digest"] == row.picture_digest != ""

    def test_the_report_says_the_same_in_json_and_html(self, study: tuple[Path, Path]) -> None:
        report = json.loads((study[1] / "report.json").read_text())
        assert report == json.loads((study[0].parent / "said.json").read_text())
        assert report["runs"] == {"planned": 12, "done": 12, "failed": 0}
        figure = report["figures"]["rmse_m.shared"]
        assert [arm["n"] for arm in figure["arms"]] == [6, 6]
        assert figure["paired"][0]["arm"] == "two nodes"
        assert figure["tornado"][0]["factor"] == "pd"
        table = pq.read_table(study[1] / "runs.parquet").to_pylist()
        mine = [r["rmse_m.shared"] for r in table if r["arm"] == "two nodes"]
        assert figure["arms"][1]["mean"] == pytest.approx(np.mean(mine))
        page = (study[1] / "report.html").read_text(encoding="utf-8")
        assert page.count("<svg") >= 4
        assert "two nodes" in page
        assert not re.search(r'(src|href)="(https?:)?//', page)
        assert "<script" not in page
        assert str(study[1].parent) not in page

    def test_once_more_runs_nothing(self, study: tuple[Path, Path]) -> None:
        before = {p.name: p.read_bytes() for p in study[1].iterdir()}
        assert triwatch(study[0], "--workers", "1").exit_code == 0
        assert {p.name: p.read_bytes() for p in study[1].iterdir()} == before

    def test_one_run_is_repeated_by_its_key(self, study: tuple[Path, Path], tmp_path: Path) -> None:
        row = pq.read_table(study[1] / "runs.parquet").to_pylist()[0]
        arguments = (study[0], "--repeat", row["key"][:12], "--record", tmp_path / "x.mcap", "--json", "-")
        done = triwatch(*arguments)
        assert done.exit_code == 0
        result = json.loads(done.stdout)
        assert result["pictures"][0]["picture_digest"] == row["picture_digest"]
        assert (tmp_path / "x.mcap").exists()
        assert triwatch(study[0], "--repeat", "none").exit_code == 2


@pytest.mark.slow
@pytest.mark.processes
def test_killed_at_random_moments_and_resumed_it_gives_the_same_table(tmp_path: Path) -> None:
    """`python -m benchmarks.campaign` does it with a thousand runs."""
    path = campaign(tmp_path, "seeds = 5", TWO_ARMS)
    whole = start(path, tmp_path / "whole", "--workers", "2")
    rng = np.random.default_rng(11)
    assert whole.wait(240) == 0
    for done in sorted(rng.choice(np.arange(1, 9), 2, replace=False).tolist()):
        killed = start(path, tmp_path / "killed", "--workers", "2")
        demo_kit.wait_for(lambda n=done: lines(tmp_path / "killed") >= n)
        workers = demo_kit.children(killed.pid)
        os.kill(killed.pid, signal.SIGKILL)
        killed.wait()
        demo_kit.wait_for(lambda left=workers: not any(map(demo_kit.alive, left)), 20.0)
    assert lines(tmp_path / "killed") < 10
    assert start(path, tmp_path / "killed", "--workers", "2").wait(240) == 0
    tables = [(tmp_path / name / "runs.parquet").read_bytes() for name in ("whole", "killed")]
    assert tables[0] == tables[1]
    assert lines(tmp_path / "killed") == 10


@pytest.mark.slow
@pytest.mark.processes
def test_a_worker_that_is_killed_costs_a_second_try(tmp_path: Path) -> None:
    path = campaign(tmp_path, "seeds = 4")
    running = start(path, tmp_path / "out", "--workers", "1")
    demo_kit.wait_for(lambda: lines(tmp_path / "out") >= 1)
    (worker,) = demo_kit.children(running.pid)
    os.kill(worker, signal.SIGKILL)
    assert running.wait(240) == 0
    assert lines(tmp_path / "out") == 4


@pytest.mark.slow
@pytest.mark.processes
def test_what_takes_too_long_fails_and_the_rest_goes_on(tmp_path: Path) -> None:
    planned = Campaign(campaign(tmp_path, "seeds = 2"))
    works = [*planned.missing({})]
    slow = Work(
        works[0].key, works[0].case, works[0].raw | {"scenario": works[0].raw["scenario"]}, works[0].file
    )
    began_s = time.monotonic()
    assert [row.status for row in run_local([works[1]], 1, timeout_s=240.0)] == ["done"]
    # a run that goes well, its process's start with it, by the pace of this machine now
    enough_s = max(25.0, round(4.0 * (time.monotonic() - began_s)))
    slow.case.set["scenario.duration_s"] = 80_000.0
    rows = {row.key: row for row in run_local([slow, works[1]], 1, timeout_s=enough_s)}
    assert rows[slow.key].said == f"took longer than {enough_s:g} s (campaign.timeout_s)"
    assert rows[works[1].key].status == "done"


def test_a_run_that_fails_is_a_row_that_says_how_to_repeat_it(tmp_path: Path) -> None:
    """Half of the seeds draw a scenario that cannot be: whatever the reason, the others go on."""
    path = campaign(tmp_path, "seeds = 2", '[[arms]]\nname = "a"\nset = { "nodes.KOR-1.joins_s" = 1.0 }\n')
    planned = Campaign(path)
    work = planned._work(planned.cases[0], planned.keys[0])
    work.case.set["nodes.KOR-9.joins_s"] = 1.0
    row = run_case(work)
    assert row.status == "failed"
    assert row.said.startswith("set nodes.KOR-9.joins_s: KOR-9 names none of")
    document = _report(planned, row)
    assert document["failures"][0]["repeat"] == f"triwatch campaign {path} --repeat {row.key}"
    assert document["runs"] == {"planned": 2, "done": 0, "failed": 1}


def _report(planned: Campaign, *rows: object) -> dict:
    from nodes.campaign.page import page
    from nodes.campaign.report import report

    document = report(planned.results({r.key: r for r in rows}), planned.about(), planned.command)
    assert "names none of" in page(document)
    return document


@pytest.mark.parametrize(
    ("head", "rest", "options", "said"),
    [
        ("", '[[factors]]\nname = "x"\nkey = "nodes.KOR-9.x"\nlevels = [1]\n', [], "KOR-9 names none of"),
        ("", '[[factors]]\nname = "x"\nkey = "nodes.*.pd"\nlevels = [1]\n', [], "nodes[0].pd: unknown key"),
        ("", '[[arms]]\nname = "x"\nwithout = ["KOR-9"]\n', [], "no node KOR-9; it has USA-1"),
        ("seeds = 1000000", "", [], "1,000,000 runs, more than 100,000"),
        ('design = "coalitions"', "", ["--runs", "3"], "has 7 cases; give so many or more"),
        ("", "", ["--scheduler", "tcp://127.0.0.1:9"], "no Dask scheduler answers there"),
        ("", "", ["--scheduler", "nonsense"], "no Dask scheduler answers there"),
        ("", "", ["--workers", "2", "--scheduler", "tcp://x"], "leave it or --scheduler out"),
        ("", "", ["--record", "x.mcap"], "goes with --repeat"),
        ("", "", ["--out", "/proc/nowhere"], "name a folder that can be written"),
    ],
)
def test_what_cannot_run_is_refused_before_anything_starts(
    tmp_path: Path, head: str, rest: str, options: list[str], said: str
) -> None:
    done = triwatch(campaign(tmp_path, head, rest), *options)
    assert done.exit_code == 2
    assert said in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_coalition_holds_its_members_nodes_and_names_nobody_else(tmp_path: Path) -> None:
    path = campaign(tmp_path, 'design = "coalitions"\nseeds = 1')
    text = (tmp_path / "small.toml").read_text()
    where = 'nation = "JPN"\n'
    release = where + 'releasable_to = ["JPN", "KOR"]\n'
    (tmp_path / "small.toml").write_text(text.replace(where, release))
    planned = Campaign(path)
    members = {case.arm: scenario_of(case, planned.raw, planned.file).members for case in planned.cases}
    assert members["JPN+KOR"] == ("JPN", "KOR")
    assert members["JPN"] == ("JPN",)
    assert members["USA+JPN"] == ("USA", "JPN")
    assert len(members) == 7


def test_the_key_is_of_what_is_run_and_not_of_names(tmp_path: Path) -> None:
    arm = '[[arms]]\nname = "{}"\nset = {{ "nodes.KOR-1.leaves_s" = {} }}\n'
    keys = [
        Campaign(campaign(tmp_path / str(i), "seeds = 1", text)).keys
        for i, text in enumerate((arm.format("a", 2.0), arm.format("b", 2.0), arm.format("a", 2.5)))
    ]
    assert keys[0] == keys[1] != keys[2]
    assert Campaign(campaign(tmp_path / "0", "seeds = 1", arm.format("a", 2.0), 4.0)).keys != keys[0]


def test_the_code_is_what_is_imported_and_nothing_behind_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An older checkout further down the path, whose bindings nobody imports, makes no other key."""
    before = code_version.__wrapped__()
    (tmp_path / "triwatch").mkdir()
    (tmp_path / "triwatch" / "old.py").write_text("x = 1\n", encoding="utf-8")
    monkeypatch.setattr(sys, "path", [*sys.path, str(tmp_path)])
    assert str(tmp_path / "triwatch") in list(importlib.util.find_spec("triwatch").submodule_search_locations)
    assert code_version.__wrapped__() == before


def test_every_seed_draws_a_theatre_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "study.toml"
    arms = "".join(f'[[arms]]\nname = "{kind}"\ntheatre = "{kind}"\n' for kind in ("split", "missiles"))
    head = '[campaign]\nname = "study"\ntheatre = "split"\nseeds = 2\nset = { "scenario.duration_s" = 9.0 }\n'
    path.write_text(head + arms, encoding="utf-8")
    planned = Campaign(path)
    drawn = [scenario_of(case, planned.raw, planned.file) for case in planned.cases]
    assert len({str((scenario.nodes, scenario.objects)) for scenario in drawn}) == 4
    assert {scenario.duration_s for scenario in drawn} == {9.0}
    assert len(set(planned.keys)) == 4
