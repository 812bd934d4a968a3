"""A recording is believed as far as its originators signed it, by the policy that it holds."""

from pathlib import Path

import pytest

import link_kit
import trust_kit
from link_kit import START_NS, batch
from nodes.cli.replay import EXIT_DIFFERENT, exit_code
from nodes.errors import BadInput
from nodes.link import codec, topics
from nodes.recording import Recording, Writer
from nodes.recording.channels import COALITION
from nodes.recording.recorder import Recorder
from nodes.replay.refold import Refold
from nodes.replay.replay import describe, replay_recording
from triwatch.v1 import envelope_pb2


def recorded(path: Path, *bodies: bytes) -> Path:
    """A recording of reports as a core's recorder makes it, and of whatever else somebody put into it."""
    trust = trust_kit.signer("core-USA")
    recorder = Recorder(path, trust.coalition)
    for sequence in range(1, 6):
        report = batch(sequence=sequence)
        topic = topics.parse(topics.report(report.stream, report.node_id).encode())
        recorder.take(codec.decode(topic, link_kit.body(report), trust), START_NS + sequence)
    for body in bodies:
        recorder.writer.report("KOR-1", body, START_NS, START_NS)
    recorder.close()
    return path


def test_what_was_signed_is_folded_and_nothing_else(tmp_path: Path) -> None:
    altered = envelope_pb2.Envelope.FromString(link_kit.body(batch(sequence=6)))
    altered.payload = batch(sequence=6, x_m=7e6).SerializeToString()
    foreign = link_kit.seal("report", batch(sequence=7).SerializeToString(), "JPN-1")
    unsigned = envelope_pb2.Envelope(payload=batch(sequence=8).SerializeToString())
    good = Refold(Recording(recorded(tmp_path / "good.mcap")))
    good.run()
    forged = (altered.SerializeToString(), foreign, unsigned.SerializeToString())
    path = recorded(tmp_path / "bad.mcap", *forged)
    bad = Refold(Recording(path))
    bad.run()
    assert good.signatures.summary() == {"state": "verified", "verified": 5, "refused": {}}
    assert bad.signatures.refused == {"signature": 1, "foreign key": 1, "unsigned": 1}
    assert {p.picture.digest() for p in (good.nationals["KOR"], bad.nationals["KOR"])} == {
        good.nationals["KOR"].picture.digest()
    }
    result = replay_recording(path, scored=False)
    assert exit_code(result) == EXIT_DIFFERENT
    assert any("REFUSED" in line for line in describe(result))


def test_a_recording_without_a_policy_replays_as_unsigned(tmp_path: Path) -> None:
    with Writer(tmp_path / "old.mcap") as writer:
        for sequence in range(1, 6):
            body = envelope_pb2.Envelope(payload=batch(sequence=sequence).SerializeToString())
            writer.report("KOR-1", body.SerializeToString(), START_NS + sequence, START_NS + sequence)
    result = replay_recording(tmp_path / "old.mcap", scored=False)
    assert result["signatures"] == {"state": "unsigned", "verified": 0, "refused": {}}
    assert result["reports"]["published"] == 5


def test_a_recording_whose_policy_is_not_signed_is_refused(tmp_path: Path) -> None:
    document = {"signed": trust_kit.ledger().coalition.chain[0].document.signed, "signatures": []}
    with Writer(tmp_path / "x.mcap") as writer:
        writer.metadata({COALITION: [document]})
        writer.report("KOR-1", link_kit.body(batch()), START_NS, START_NS)
    with pytest.raises(BadInput, match="not signed by"):
        Refold(Recording(tmp_path / "x.mcap"))


def test_a_recording_holds_nothing_secret(tmp_path: Path) -> None:
    path = recorded(tmp_path / "x.mcap")
    data = path.read_bytes() + repr(Recording(path).metadata()).encode()
    for secret in trust_kit.secrets(trust_kit.settle(tmp_path / "root")):
        assert secret.encode() not in data
        assert bytes.fromhex(secret) not in data
