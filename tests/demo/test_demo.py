"""The demo as a user starts it: real processes, clean life and death."""

import os
import signal
import tempfile
import urllib.request
from pathlib import Path

import pytest
from click.testing import CliRunner

from demo_kit import NATIONS, Run, alive, command_line, scenario, wait_for
from nodes.cli import main
from nodes.core.topology import HUB_LOST_S
from nodes.page.build import is_built

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


def test_a_signal_while_kernels_are_loaded_ends_it_before_anything_is_started(tmp_path: Path) -> None:
    """Where nothing is compiled yet that takes minutes."""
    run = Run(tmp_path, "--scenario", str(scenario(tmp_path, 60.0, nations=("KOR",))), "--speed", "max")
    run.read_until("as fast as possible")
    run.process.send_signal(signal.SIGINT)
    assert run.end(within_s=20.0) == 128 + signal.SIGINT
    assert "running" not in run.said
    assert run.leftovers() == []


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


@pytest.mark.skipif(not is_built(), reason="the page is not built")
@pytest.mark.parametrize("word", ["Picture page", "running", "ended"])
def test_a_launcher_killed_with_the_page_up_leaves_no_keys(tmp_path: Path, word: str) -> None:
    """Before the first process of the exercise is there, while all are, and while the last leave."""
    small = scenario(tmp_path, 600.0 if word == "running" else 10.0, nations=("KOR",))
    run = Run(tmp_path, "--scenario", str(small), "--speed", "1" if word == "running" else "max", "--page")
    run.read_until(word)
    run.process.kill()
    run.end(within_s=20.0)
    wait_for(lambda: run.leftovers() == [], 20.0)


@pytest.mark.skipif(not is_built(), reason="the page is not built")
def test_the_page_stays_after_the_end_until_interrupted(tmp_path: Path) -> None:
    small = scenario(tmp_path, 10.0, nations=("KOR",))
    run = Run(tmp_path, "--scenario", str(small), "--speed", "max", "--page", "--keep-page", "--seed", "99")
    run.read_until("stays until Ctrl-C")
    url = run.said.rpartition("stays until Ctrl-C")[2].split()[0]
    with urllib.request.urlopen(url, timeout=10.0) as answer:
        assert b"<title>" in answer.read()
    run.process.send_signal(signal.SIGINT)
    assert run.end(within_s=20.0) == 0, run.said
    assert run.result()["seed"] == 99
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
    assert run.end() == 1, run.said
    assert "JPN-1 is gone: killed by SIGKILL" in run.said
    assert "triwatch: JPN-1 did not live to the end: killed by SIGKILL" in run.said
    result = run.result()
    assert len(digests(result, "picture_digest")) == 1
    assert result["reports"]["missing"] == 0
    assert {p["id"]: p["exit_code"] for p in result["processes"]}["JPN-1"] == -signal.SIGKILL


def test_a_killed_core_fails_the_demo_and_stops_nobody_else(tmp_path: Path) -> None:
    run = Run(tmp_path, "--scenario", str(scenario(tmp_path, 200.0)), "--speed", "20")
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
    result = run.result()
    assert len(digests(result, "input_digest")) == len(digests(result, "picture_digest")) == 1
    own = {p["nation"]: p["input_digest"] for p in result["national_pictures"]}
    assert set(own) == {"USA", "JPN"}, "Korea holds nothing that not all hold"
    assert own["USA"] == own["JPN"] not in digests(result, "input_digest")
    folded = {nation: counts["folded"] for nation, counts in result["reports_by_nation"].items()}
    assert folded["USA"] == folded["JPN"] > folded["KOR"]


def test_the_loss_of_the_hub_stops_the_pictures_for_the_stated_wait(tmp_path: Path) -> None:
    small = scenario(tmp_path, 60.0)
    run = Run(
        tmp_path, "--scenario", str(small), "--speed", "10", "--topology", "hub", "--lose", "core-USA@15"
    )
    assert run.end() == 0, run.said
    result = run.result()
    (lost,) = result["lost"]
    assert (lost["id"], lost["at_s"], lost["direct_after_s"]) == ("core-USA", 15.0, HUB_LOST_S)
    assert set(lost["picture_still_s"]) == {"JPN", "KOR"}
    assert min(lost["picture_still_s"].values()) > 0.0
    assert [p["nation"] for p in result["pictures"]] == ["JPN", "KOR"]
    assert len(digests(result, "input_digest")) == len(digests(result, "picture_digest")) == 1
    assert result["reports"]["missing"] == 0
    folded = {nation: counts["folded"] for nation, counts in result["reports_by_nation"].items()}
    assert folded["JPN"] == folded["KOR"] == result["reports"]["published"] > folded["USA"]


def test_what_the_hub_may_not_have_goes_past_it(tmp_path: Path) -> None:
    """A report for Japan and Korea alone is heard of its node, though all else comes through Washington."""
    small = scenario(tmp_path, 40.0, extra='releasable_to = ["KOR"]')
    run = Run(tmp_path, "--scenario", str(small), "--speed", "max", "--topology", "hub")
    assert run.end() == 0, run.said
    result = run.result()
    own = {p["nation"]: p["input_digest"] for p in result["national_pictures"]}
    assert set(own) == {"JPN", "KOR"}
    assert own["JPN"] == own["KOR"]
    folded = {nation: counts["folded"] for nation, counts in result["reports_by_nation"].items()}
    assert folded["JPN"] == folded["KOR"] == result["reports"]["published"] > folded["USA"]
    assert result["reports"]["duplicate"] == result["reports"]["missing"] == 0
    assert len(digests(result, "picture_digest")) == 1


def test_a_nation_joins_publishes_and_leaves_while_the_others_run_on(tmp_path: Path) -> None:
    small = scenario(tmp_path, 60.0, nations=("USA", "JPN", "KOR"), extra="joins_s = 20.0\nleaves_s = 40.0")
    text = small.read_text() + '\n[[accessions]]\nnation = "JPN"\njoins_s = 20.0\nleaves_s = 45.0\n'
    small.write_text(text)
    run = Run(tmp_path, "--scenario", str(small), "--speed", "max")
    assert run.end() == 0, run.said
    result = run.result()
    (accession,) = result["accessions"]
    assert accession["nation"] == "JPN"
    assert accession["joined"]["at_s"] == 20.0
    assert accession["left"]["at_s"] == 45.0
    assert accession["joined"]["agreed"]
    assert accession["left"]["agreed"]
    assert result["policy_version"] == 3
    assert [p["nation"] for p in result["pictures"]] == ["USA", "KOR"]
    assert len(digests(result, "input_digest")) == len(digests(result, "picture_digest")) == 1
    assert len([p for p in result["processes"] if p["role"] == "core"]) == 3, "nobody was started twice"
    counts = result["reports_by_nation"]
    assert counts["USA"]["folded"] == counts["KOR"]["folded"] == result["reports"]["published"]
    assert 0 < counts["JPN"]["folded"] < counts["USA"]["folded"]
    assert all(c["rejected"] == c["missing"] == 0 for c in counts.values())


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--scenario", "absent"], "absent: no such scenario"),
        (["--speed", "0"], "positive number"),
        (["--speed", "fast"], "'max'"),
        (["--duration", "-1"], "duration"),
        (["--topology", "ring"], "topology"),
        (["--lose", "core-USA"], "core-USA@120"),
        (["--lose", "core-XYZ@3"], "core-XYZ is none of"),
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
