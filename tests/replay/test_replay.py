"""A recording folded again gives the digests that the cores had, and says where it does not."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from exercise_kit import envelope, record
from nodes.cli import main
from nodes.errors import BadInput
from nodes.recording import Recording, Writer
from nodes.recording.channels import PICTURE, REPORTS, STATUS
from nodes.replay.refold import Refold
from nodes.replay.replay import replay_recording
from nodes.simulation.loader import load
from nodes.testing.replayed import Replayed
from triwatch.v1 import picture_pb2, track_pb2

SECONDS = 40
Replay = Callable[[Path], Replayed]


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The start of a built-in scenario: three nations, one node each."""
    path = tmp_path_factory.mktemp("replay") / "crossing.mcap"
    record(path, load("crossing"), SECONDS)
    return path


def triwatch(*arguments: object) -> Result:
    """The command as a person calls it."""
    return CliRunner().invoke(main, [str(a) for a in arguments])


def rewrite(old: Path, new: Path, change: Any) -> None:
    """Copy a recording message by message; ``change`` gives each message's new bytes."""
    source = Recording(old)
    with Writer(new) as writer:
        writer.metadata(source.metadata())
        for message in source.messages(REPORTS, STATUS, PICTURE):
            writer.write(message.channel, message.source, change(message), message.log_time_ns, 0)


def test_the_same_file_gives_the_recorded_digests_every_time(recording: Path) -> None:
    first = replay_recording(recording, scored=False)
    again = replay_recording(recording, scored=False)
    assert [p["verdict"] for p in first["pictures"]] == ["equal"] * 3
    assert len({p["picture_digest"] for p in first["pictures"]}) == 1
    assert first["pictures"] == again["pictures"]
    assert first["reports"]["folded"] == first["reports"]["published"] > 40
    assert first["reports"]["rejected"] == first["reports"]["missing"] == 0
    assert [p["nation"] for p in first["pictures"]] == ["JPN", "KOR", "USA"]
    assert all(p["tracks"] > 3 for p in first["pictures"])


def test_the_order_in_the_file_does_not_matter(replay: Replay, recording: Path, tmp_path: Path) -> None:
    """Reports shuffled: the last of each node still comes, so FINAL is reached as well."""
    messages = list(Recording(recording).messages(REPORTS))
    random.Random(1).shuffle(messages)
    with Writer(tmp_path / "shuffled.mcap") as writer:
        for message in messages:
            writer.report(message.source, message.data, message.log_time_ns, message.publish_time_ns)
    assert replay(tmp_path / "shuffled.mcap").digest() == replay(recording).digest()
    shuffled = Refold(Recording(tmp_path / "shuffled.mcap"))
    shuffled.run()
    assert shuffled.nations["USA"].verdict == "not recorded"


def test_speed_changes_how_long_it_takes_and_nothing_else(recording: Path) -> None:
    paced = replay_recording(recording, speed=100.0, scored=False)
    assert paced["wall_s"] >= SECONDS / 100.0 * 0.9
    assert paced["pictures"] == replay_recording(recording, scored=False)["pictures"]


def test_an_altered_picture_is_found_out_with_its_first_update(recording: Path, tmp_path: Path) -> None:
    def change(message: Any) -> bytes:
        if message.channel is not PICTURE or message.source != "KOR":
            return bytes(message.data)
        update = picture_pb2.PictureUpdate.FromString(message.data)
        if update.sequence >= 20:
            update.picture_digest = "0" * 32
        return bytes(update.SerializeToString())

    rewrite(recording, tmp_path / "altered.mcap", change)
    result = replay_recording(tmp_path / "altered.mcap", scored=False)
    by_nation = {p["nation"]: p for p in result["pictures"]}
    assert by_nation["JPN"]["verdict"] == by_nation["USA"]["verdict"] == "equal"
    assert by_nation["KOR"]["verdict"] == "different"
    assert by_nation["KOR"]["updates"]["first_sequence"] == 20
    assert by_nation["KOR"]["furthest_m"] == 0.0
    said = triwatch("replay", tmp_path / "altered.mcap")
    assert said.exit_code == 1
    assert "NOT what its core had" in said.stdout


def test_a_core_that_held_fewer_reports_is_told_from_one_that_erred(tmp_path: Path) -> None:
    scenario = load("crossing")
    blind = {"JPN": frozenset([scenario.nodes[0].id])}
    record(tmp_path / "blind.mcap", scenario, 15, detections=False, truth=False, blind=blind)
    result = replay_recording(tmp_path / "blind.mcap", scored=False)
    verdict = {p["nation"]: p["verdict"] for p in result["pictures"]}
    assert verdict == {"JPN": "other reports", "KOR": "equal", "USA": "equal"}
    assert triwatch("replay", tmp_path / "blind.mcap").exit_code == 0


@pytest.mark.slow
def test_the_engine_on_filterpy_agrees_to_a_physical_tolerance(recording: Path) -> None:
    result = replay_recording(recording, engine="reference", scored=False)
    assert {p["verdict"] for p in result["pictures"]} == {"equal within tolerance"}
    assert all(p["furthest_m"] < 0.01 for p in result["pictures"])


def test_release_decides_who_folds_what(tmp_path: Path) -> None:
    """The shared picture holds what names nobody, a nation's own also the streams that name it."""

    def batch(node: str, nation: str, stream: str, x_m: float) -> track_pb2.TrackBatch:
        return track_pb2.TrackBatch(
            node_id=node,
            nation=nation,
            incarnation=1,
            sequence=1,
            stream=stream,
            local_number=[1],
            valid_time_ns=[10**18],
            state=[x_m, 0.0, 0.0, 0.0, 200.0, 0.0],
            covariance=[1e4, 0, 1e4, 0, 0, 1e4, 0, 0, 0, 100, 0, 0, 0, 0, 100, 0, 0, 0, 0, 0, 100],
            environment=[track_pb2.ENVIRONMENT_AIR],
            status=[track_pb2.TRACK_STATUS_MAINTAINING],
        )

    sent = [
        batch("KOR-1", "KOR", "KOR-USA", 6.40e6),
        batch("JPN-1", "JPN", "JPN-USA", 6.45e6),
        batch("USA-1", "USA", "", 6.50e6),
    ]
    with Writer(tmp_path / "released.mcap") as writer:
        for one in sent:
            writer.report(one.node_id, envelope(one), 10**18, 10**18)
    refold = Refold(Recording(tmp_path / "released.mcap"))
    refold.run()
    shared = {nation: one.picture.counts.folded for nation, one in refold.nations.items()}
    assert shared == {"JPN": 1, "KOR": 1, "USA": 1}
    own = {nation: one.picture.counts.folded for nation, one in refold.nationals.items()}
    assert own == {"JPN": 2, "KOR": 2, "USA": 3}


def test_what_is_no_report_is_counted_and_disturbs_nothing(recording: Path, tmp_path: Path) -> None:
    source = Recording(recording)
    with Writer(tmp_path / "dirty.mcap") as writer:
        for i, message in enumerate(source.messages(REPORTS, STATUS, PICTURE)):
            writer.write(message.channel, message.source, message.data, message.log_time_ns, 0)
            if i == 30:
                writer.report("KOR-9", b"\xff\xff no envelope", message.log_time_ns, 0)
                writer.report("KOR-9", envelope(track_pb2.TrackBatch()), message.log_time_ns, 0)
    result = replay_recording(tmp_path / "dirty.mcap", scored=False)
    assert result["reports"]["rejected"] == 2
    assert {p["verdict"] for p in result["pictures"]} == {"equal"}


def test_policy_in_the_recording_names_the_members(recording: Path, tmp_path: Path) -> None:
    nodes = [
        {"id": spec.id, "nation": spec.nation, "releasable_to": ["JPN", "KOR", "USA"]}
        for spec in load("crossing").nodes
    ]
    with Writer(tmp_path / "policy.mcap") as writer:
        writer.metadata({"policy": {"version": 1, "nations": ["JPN", "KOR", "USA", "AUS"], "nodes": nodes}})
        for message in Recording(recording).messages(REPORTS):
            writer.report(message.source, message.data, message.log_time_ns, 0)
    refold = Refold(Recording(tmp_path / "policy.mcap"))
    refold.run()
    assert list(refold.nations) == ["JPN", "KOR", "USA", "AUS"]
    assert refold.nations["JPN"].picture is refold.nations["KOR"].picture  # one fold for the same set
    with Writer(tmp_path / "bad.mcap") as writer:
        writer.metadata({"policy": {"nations": 3}})
        writer.report("KOR-1", b"", 0, 0)
    with pytest.raises(BadInput, match="policy"):
        Refold(Recording(tmp_path / "bad.mcap"))


class TestCommand:
    """``triwatch replay``."""

    def test_json_has_the_keys_that_others_call(self, recording: Path) -> None:
        run = triwatch("replay", recording, "--json", "-")
        assert run.exit_code == 0
        document = json.loads(run.stdout)
        assert {"scenario", "seed", "duration_s", "speed", "processes", "reports"} <= document.keys()
        assert {"latency_ms", "pictures", "score", "warnings"} <= document.keys()
        counts = {"published", "folded", "late", "duplicate", "rejected", "missing"}
        assert counts <= document["reports"].keys()
        picture = {"nation", "tracks", "input_digest", "picture_digest", "final_time_ns"}
        assert all(picture <= p.keys() for p in document["pictures"])
        assert document["score"]["siap"]["completeness"] > 0.5
        assert document["duration_s"] == SECONDS

    def test_words_say_equal(self, recording: Path) -> None:
        run = triwatch("replay", recording)
        assert run.exit_code == 0
        assert run.stdout.count("equal to what its core had") == 3

    def test_a_cut_file_is_folded_as_far_as_it_goes(self, recording: Path, tmp_path: Path) -> None:
        cut = tmp_path / "cut.mcap"
        cut.write_bytes(recording.read_bytes()[:200_000])
        run = triwatch("replay", cut, "--json", tmp_path / "out.json")
        assert run.exit_code == 3
        assert run.stderr.count("\n") == 1
        assert "lost" in run.stderr
        document = json.loads((tmp_path / "out.json").read_text())
        assert document["recording"]["state"] == "damaged"
        assert document["reports"]["folded"] > 0

    @pytest.mark.parametrize(
        "arguments", [["nothing.mcap"], ["x.mcap", "--speed", "0"], ["x.mcap", "--engine", "y"]]
    )
    def test_bad_usage_is_one_line_and_2(self, arguments: list[str], tmp_path: Path) -> None:
        run = triwatch("replay", tmp_path / arguments[0], *arguments[1:])
        assert run.exit_code == 2
        assert run.stderr.count("\n") == 1

    def test_a_recording_without_reports_is_refused(self, tmp_path: Path) -> None:
        with Writer(tmp_path / "none.mcap") as writer:
            writer.metadata({"scenario": "x"})
        run = triwatch("replay", tmp_path / "none.mcap")
        assert run.exit_code == 2
        assert "no report" in run.stderr
