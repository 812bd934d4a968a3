"""A replay holds the warnings recorded against those that the reports make."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner

from nodes.cli import main
from nodes.lab import run
from nodes.recording import Recording, Writer
from nodes.recording.channels import COALITION, FLIGHTS, PICTURE, REPORTS, STATUS, TRUTH, WARNINGS
from nodes.recording.signatures import Signatures
from nodes.replay.replay import replay_recording
from triwatch.v1 import envelope_pb2, picture_pb2, warning_pb2

Change = Callable[[warning_pb2.MissileWarning], bool]
"""Changes a warning; False leaves it out."""
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A missile that fails soon after its launch, until some of what was said of it is final."""
    path = tmp_path_factory.mktemp("warned") / "signed.mcap"
    run("early_failure", seed=3, set={"scenario.duration_s": 110.0}, record=path, record_detections=False)
    return path


def rewritten(recording: Path, file: Path, change: Change) -> Path:
    """The recording as cores would have signed it that say something else, the signatures left out."""
    source = Recording(recording)
    signatures = Signatures(source)
    facts = {key: value for key, value in source.metadata().items() if key != COALITION}
    assert signatures.coalition is not None
    with Writer(file) as writer:
        writer.metadata(facts | {"policy": msgspec.to_builtins(signatures.coalition.current)})
        for message in source.messages(REPORTS, STATUS, PICTURE, TRUTH, FLIGHTS, WARNINGS):
            data = message.data
            if message.channel is WARNINGS:
                word = signatures.open(message)
                if not change(word):
                    continue
                data = envelope_pb2.Envelope(payload=word.SerializeToString()).SerializeToString()
            writer.write(message.channel, message.source, data, message.log_time_ns, 0)
    return file


def compared(file: Path) -> dict[str, dict[str, Any]]:
    """By nation."""
    return {p["nation"]: p["warnings"] for p in replay_recording(file, scored=False)["pictures"]}


def triwatch(*arguments: object) -> Any:
    return CliRunner().invoke(main, [str(a) for a in arguments])


def test_a_replay_makes_the_final_warnings_again(recording: Path) -> None:
    found = compared(recording)
    assert sorted(found) == ["JPN", "KOR", "USA"]
    for one in found.values():
        assert one["compared"] > 5
        assert one["differing"] == 0
        assert not one["missing"]
    assert "final warnings made again are equal" in triwatch("replay", recording).stdout
    assert triwatch("score", recording).exit_code == 0


def test_a_core_that_says_something_else_is_found_out(recording: Path, tmp_path: Path) -> None:
    def elsewhere(word: warning_pb2.MissileWarning) -> bool:
        if word.nation == "KOR" and word.finality == picture_pb2.FINALITY_FINAL and word.revision == 5:
            word.flight.launch.lat_deg += 1e-6
        return True

    file = rewritten(recording, tmp_path / "elsewhere.mcap", elsewhere)
    found = compared(file)
    assert (found["KOR"]["differing"], found["JPN"]["differing"]) == (1, 0)
    assert "revision 5" in found["KOR"]["first"]
    said = triwatch("replay", file)
    assert said.exit_code == 1
    assert "1 of" in said.stdout
    assert "NOT what the reports make" in said.stdout
    scored = triwatch("score", file)
    assert scored.exit_code == 1
    assert "KOR: 1 of" in scored.stderr


def test_a_core_that_keeps_a_warning_back_is_found_out(recording: Path, tmp_path: Path) -> None:
    file = rewritten(recording, tmp_path / "silent.mcap", lambda word: word.nation != "JPN")
    found = compared(file)
    assert found["JPN"]["missing"]
    assert not found["KOR"]["missing"]
    assert triwatch("replay", file).exit_code == 1
