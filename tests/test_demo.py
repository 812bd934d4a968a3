"""The demo as a user starts it: real processes, clean life and death."""

import os
import signal
import tempfile
from pathlib import Path

import pytest
from click.testing import CliRunner

from demo_kit import NATIONS, Run, alive, command_line, scenario, wait_for
from nodes.cli import main

pytestmark = pytest.mark.processes


def digests(result: dict, which: str) -> set[str]:
    return {picture[which] for picture in result["pictures"]}


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("demo")
    run = Run(
        folder, "--scenario", str(scenario(folder)), "--speed", "max", "--record", str(folder / "kept.mcap")
    )
    run.exit_code = run.end()  # type: ignore[attr-defined]
    return run


def test_it_ends_by_itself_and_all_agree(finished: Run) -> None:
    assert finished.exit_code == 0, finished.said  # type: ignore[attr-defined]
    result = finished.result()
    assert [p["nation"] for p in result["pictures"]] == ["USA", "JPN", "KOR"]
    assert len(digests(result, "input_digest")) == len(digests(result, "picture_digest")) == 1
    assert {p["tracks"] for p in result["pictures"]} == {4}
    counts = result["reports"]
    assert counts["published"] == counts["folded"] > 100
    assert counts["duplicate"] == counts["rejected"] == counts["missing"] == 0
    assert result["disagreements"] == 0


def test_its_result_has_every_key(finished: Run) -> None:
    result = finished.result()
    assert {"scenario", "seed", "duration_s", "speed", "processes", "reports", "score", "warnings"} <= set(
        result
    )
    assert set(result["latency_ms"]["report_to_picture"]) == {"p50", "p99", "p999", "max"}
    assert result["latency_ms"]["report_to_picture"]["p50"] > 0.0
    processes = {(p["role"], p["id"], p["nation"]) for p in result["processes"]}
    assert processes == {("core", f"core-{n}", n) for n in NATIONS} | {("node", f"{n}-1", n) for n in NATIONS}
    assert result["score"]["siap"]["completeness"] > 0.8
    assert result["score"]["rmse_m"]["centralised"] > 0.0


@pytest.mark.slow
def test_every_core_warns_of_a_launch(tmp_path: Path) -> None:
    """And how far apart they did is told: between nothing and the whole run."""
    run = Run(tmp_path, "--scenario", "medium_range", "--duration", "110", "--speed", "max")
    assert run.end() == 0, run.said
    result = run.result()
    (warning,) = result["warnings"]
    assert warning["nations"] == ["JPN", "KOR", "USA"]
    apart = result["latency_ms"]["first_warning_core_to_core"]
    assert 0.0 < apart["p50"] <= apart["max"] < 120e3  # within the life of the run
    assert "From the first core's warning of a missile to the last one's" in run.said


def test_it_leaves_the_recording_and_nothing_else(finished: Run, tmp_path: Path) -> None:
    assert finished.leftovers() == []
    assert (finished.json.parent / "kept.mcap").stat().st_size > 10_000
    assert not any(alive(p["pid"]) for p in finished.result()["processes"])


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_clean(tmp_path: Path, number: signal.Signals) -> None:
    kept = tmp_path / "kept.mcap"
    small = scenario(tmp_path, 600.0, nations=("KOR",))
    run = Run(tmp_path, "--scenario", str(small), "--speed", "1", "--record", str(kept))
    run.read_until("running")
    children = run.children
    assert len(children) == 2
    run.process.send_signal(number)
    assert run.end(within_s=20.0) == 128 + number
    assert not any(alive(pid) for pid in children)
    assert run.leftovers() == []
    assert kept.read_bytes()[-8:] == b"\x89MCAP0\r\n", "the recording is not whole"


def test_no_orphans_when_the_launcher_is_killed(tmp_path: Path) -> None:
    small = scenario(tmp_path, 600.0, nations=("JPN", "KOR"))
    run = Run(tmp_path, "--scenario", str(small), "--speed", "1")
    run.read_until("running")
    children = run.children
    assert len(children) == 4
    run.process.kill()
    run.end(within_s=20.0)
    wait_for(lambda: not any(alive(pid) for pid in children))
    assert run.leftovers() == []


def test_two_at_once_do_not_meet(tmp_path: Path) -> None:
    longer, shorter = (scenario(tmp_path, t, nations=("JPN",), name=n) for t, n in ((40.0, "a"), (20.0, "b")))
    first = Run(tmp_path / "a", "--scenario", str(longer), "--speed", "max")
    second = Run(tmp_path / "b", "--scenario", str(shorter), "--speed", "max")
    assert (first.end(), second.end()) == (0, 0), first.said + second.said
    results = first.result(), second.result()
    assert [r["scenario"] for r in results] == ["a", "b"]
    assert results[0]["reports"]["published"] > results[1]["reports"]["published"] > 0
    assert not digests(results[0], "input_digest") & digests(results[1], "input_digest")


def test_a_killed_node_stops_nobody_else(tmp_path: Path) -> None:
    run = Run(tmp_path, "--scenario", str(scenario(tmp_path, 150.0, nations=("JPN", "KOR"))), "--speed", "15")
    run.read_until("running")
    (victim,) = (pid for pid in run.children if "JPN-1" in command_line(pid))
    run.read_until("running")
    os.kill(victim, signal.SIGKILL)
    assert run.end() == 0, run.said
    assert "JPN-1 is gone: killed by SIGKILL" in run.said
    result = run.result()
    assert len(digests(result, "picture_digest")) == 1
    assert result["reports"]["missing"] == 0
    assert {p["id"]: p["exit_code"] for p in result["processes"]}["JPN-1"] == -signal.SIGKILL


def test_a_killed_core_fails_the_demo_and_stops_nobody_else(tmp_path: Path) -> None:
    run = Run(tmp_path, "--scenario", str(scenario(tmp_path, 60.0)), "--speed", "20")
    run.read_until("running")
    (victim,) = (pid for pid in run.children if "core" in command_line(pid) and "KOR" in command_line(pid))
    os.kill(victim, signal.SIGKILL)
    assert run.end() == 1, run.said
    assert "core-KOR is gone" in run.said
    pictures = {p["nation"]: p["picture_digest"] for p in run.result()["pictures"]}
    assert pictures["USA"] == pictures["JPN"] != pictures["KOR"]


def test_under_a_hub_and_at_another_pace_the_bytes_are_the_same(finished: Run, tmp_path: Path) -> None:
    run = Run(tmp_path, "--scenario", str(scenario(tmp_path)), "--speed", "20", "--topology", "hub")
    assert run.end() == 0, run.said
    result, before = run.result(), finished.result()
    assert result["topology"] == "hub"
    for which in ("input_digest", "picture_digest"):
        assert digests(result, which) == digests(before, which)


def test_a_node_that_leaves_and_one_that_keeps_to_itself(tmp_path: Path) -> None:
    extra = 'leaves_s = 30.0\nreleasable_to = ["USA"]'
    run = Run(tmp_path, "--scenario", str(scenario(tmp_path, extra=extra)), "--speed", "max")
    assert run.end() == 0, run.said
    inputs = {p["nation"]: p["input_digest"] for p in run.result()["pictures"]}
    assert inputs["USA"] == inputs["JPN"] != inputs["KOR"]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--scenario", "absent"], "absent: no such scenario"),
        (["--speed", "0"], "positive number"),
        (["--speed", "fast"], "'max'"),
        (["--duration", "-1"], "duration"),
        (["--topology", "ring"], "topology"),
        (["--record", "/no/such/folder/x.mcap"], "cannot record to /no/such/folder/x.mcap"),
        (["--bogus"], "--bogus"),
    ],
)
def test_bad_usage_is_one_clear_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], told: str
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    ran = CliRunner().invoke(main, ["demo", *arguments])
    assert ran.exit_code == 2
    assert ran.stderr.startswith("triwatch: ")
    assert ran.stderr.count("\n") == 1
    assert told in ran.stderr
    assert list(tmp_path.iterdir()) == []
