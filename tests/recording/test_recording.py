"""Recordings: written as received, read by anyone, read as far as they can be trusted."""

import os
import struct
import subprocess
import sys
from pathlib import Path

import mcap.writer
import pytest
from mcap.reader import make_reader

from nodes.errors import BadInput
from nodes.recording import Recorded, Recording, Writer, frames
from nodes.recording.channels import ALL, PICTURE, REPORTS
from triwatch.v1 import (
    envelope_pb2,
    exercise_pb2,
    picture_pb2,
    sensing_pb2,
    status_pb2,
    track_pb2,
    warning_pb2,
)

T0 = 1_719_446_400_000_000_000


def batch(node: str, sequence: int) -> bytes:
    """An envelope's bytes with one report of one track."""
    report = track_pb2.TrackBatch(
        node_id=node,
        nation=node[:3],
        incarnation=1,
        sequence=sequence,
        local_number=[7],
        valid_time_ns=[T0 + sequence * 10**9],
        state=[6.4e6, 0.0, 0.0, 0.0, 250.0, float(sequence)],
        covariance=[1.0] * 21,
        environment=[track_pb2.ENVIRONMENT_AIR],
        status=[track_pb2.TRACK_STATUS_MAINTAINING],
    )
    return envelope_pb2.Envelope(
        key_id="k1", signature=b"\x01" * 64, payload=report.SerializeToString()
    ).SerializeToString()


def write_all_kinds(path: Path) -> list[tuple[str, str, bytes]]:
    """One file with every kind of channel; what each message was, in order."""
    status = envelope_pb2.Envelope(payload=status_pb2.NodeStatus(node_id="USA-1").SerializeToString())
    warning = envelope_pb2.Envelope(payload=warning_pb2.MissileWarning(nation="JPN").SerializeToString())
    update = picture_pb2.PictureUpdate(nation="JPN", sequence=1, picture_digest="d1", number=[100001])
    truth = exercise_pb2.TruthStates(time_ns=T0, object_id=["F1"], state=[1.0, 2, 3, 4, 5, 6])
    flights = exercise_pb2.TruthFlights(flight=[exercise_pb2.TruthFlight(object_id="M1")])
    scan = sensing_pb2.DetectionScan(node_id="USA-1", measurement=[1.0, 2.0, 3.0])
    origins = exercise_pb2.ScanOrigins(node_id="USA-1", object_id=["F1"])
    with Writer(path) as writer:
        writer.metadata({"scenario": "example", "seed": 7})
        writer.report("USA-1", batch("USA-1", 1), T0, T0)
        writer.status("USA-1", status.SerializeToString(), T0 + 1, T0)
        writer.picture("JPN", update.SerializeToString(), T0 + 2, T0)
        writer.warning("JPN", warning.SerializeToString(), T0 + 3, T0)
        writer.truth(truth, T0 + 4)
        writer.flights(flights, T0 + 5)
        writer.detections("USA-1", scan, T0 + 6)
        writer.origins("USA-1", origins, T0 + 7)
        writer.metadata({"pictures": {"JPN": "d1"}, "seed": 8})
    return [
        ("/reports", "USA-1", batch("USA-1", 1)),
        ("/status", "USA-1", status.SerializeToString()),
        ("/picture", "JPN", update.SerializeToString()),
        ("/warnings", "JPN", warning.SerializeToString()),
        ("/truth", "", truth.SerializeToString()),
        ("/truth/flights", "", flights.SerializeToString()),
        ("/detections", "USA-1", scan.SerializeToString()),
        ("/origins", "USA-1", origins.SerializeToString()),
    ]


def test_every_kind_comes_back_byte_for_byte_in_order(tmp_path: Path) -> None:
    path = tmp_path / "all.mcap"
    written = write_all_kinds(path)
    recording = Recording(path)
    assert [(m.channel.prefix, m.source, m.data) for m in recording] == written
    assert recording.damage is None
    assert [m.log_time_ns for m in recording] == [T0 + i for i in range(8)]
    assert [m.data for m in recording.messages(PICTURE, REPORTS)] == [written[0][2], written[2][2]]
    assert recording.metadata() == {"scenario": "example", "seed": 8, "pictures": {"JPN": "d1"}}


def test_messages_of_a_topic(tmp_path: Path) -> None:
    path = tmp_path / "all.mcap"
    written = write_all_kinds(path)
    recording = Recording(path)
    for prefix, source, data in written:
        assert [m.data for m in recording.messages(prefix)] == [data]
        if source:
            assert [(m.channel.prefix, m.data) for m in recording.messages(f"{prefix}/{source}")] == [
                (prefix, data)
            ]
            assert list(recording.messages(f"{prefix}/{source}x")) == []
    assert len(list(recording.messages("/truth", "/picture/JPN", PICTURE))) == 2
    with pytest.raises(BadInput, match=r"/pictures: no topic of a recording; expected one of /reports,"):
        recording.messages("/pictures")


def test_bytes_that_are_no_message_are_kept_as_they_came(tmp_path: Path) -> None:
    garbage = b"\xff\x00not protobuf"
    with Writer(tmp_path / "x.mcap") as writer:
        writer.report("KOR-1", garbage, T0, T0)
    assert [m.data for m in Recording(tmp_path / "x.mcap")] == [garbage]


STRANGER = """
import sys
class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in ("fusion", "nodes", "triwatch"):
            raise ImportError("blocked: " + name)
sys.meta_path.insert(0, Blocked())
from mcap.reader import make_reader
from mcap_protobuf.decoder import DecoderFactory
with open(sys.argv[1], "rb") as file:
    reader = make_reader(file, validate_crcs=True, decoder_factories=[DecoderFactory()])
    for schema, channel, message, decoded in reader.iter_decoded_messages():
        print(channel.topic, schema.name, end=" ")
        if schema.name == "triwatch.v1.TrackBatchEnvelope":
            b = decoded.payload
            print(decoded.key_id, b.node_id, b.sequence, list(b.local_number), b.state[4], end=" ")
            print(len(decoded.signature))
        elif schema.name == "triwatch.v1.PictureUpdate":
            print(decoded.nation, list(decoded.number))
        else:
            print(len(decoded.SerializeToString()) > 0)
    for record in reader.iter_metadata():
        print(sorted(record.metadata))
"""


def test_a_stranger_reads_everything_with_the_library_alone(tmp_path: Path) -> None:
    path = tmp_path / "all.mcap"
    write_all_kinds(path)
    run = subprocess.run(
        [sys.executable, "-I", "-c", STRANGER, str(path)], capture_output=True, text=True, check=True
    )
    assert run.stdout.splitlines() == [
        "/reports/USA-1 triwatch.v1.TrackBatchEnvelope k1 USA-1 1 [7] 250.0 64",
        "/status/USA-1 triwatch.v1.NodeStatusEnvelope True",
        "/picture/JPN triwatch.v1.PictureUpdate JPN [100001]",
        "/warnings/JPN triwatch.v1.MissileWarningEnvelope True",
        "/truth triwatch.v1.TruthStates True",
        "/truth/flights triwatch.v1.TruthFlights True",
        "/detections/USA-1 triwatch.v1.DetectionScan True",
        "/origins/USA-1 triwatch.v1.ScanOrigins True",
        "['crc32', 'scenario', 'seed']",
        "['crc32', 'pictures', 'seed']",
    ]


def test_chunks_are_small_and_compressed_and_the_order_is_the_writers(tmp_path: Path) -> None:
    from mcap.reader import make_reader

    path = tmp_path / "long.mcap"
    with Writer(path) as writer:
        for i in range(3000):
            writer.report("USA-1", batch("USA-1", i + 1), T0 - i, T0)  # log times backwards
    with path.open("rb") as file:
        summary = make_reader(file).get_summary()
    assert summary is not None
    chunks = summary.chunk_indexes
    assert {chunk.compression for chunk in chunks} == {"zstd"}
    assert max(chunk.uncompressed_size for chunk in chunks) < 64 * 1024 + 1024
    assert [m.log_time_ns for m in Recording(path)] == [T0 - i for i in range(3000)]


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, list[Recorded], list[int]]:
    """A small file of three chunks: its bytes, its messages, and how many each chunk's end makes."""
    path = tmp_path_factory.mktemp("small") / "small.mcap"
    with Writer(path) as writer:
        writer.metadata({"scenario": "small"})
        ends = []
        for chunk in range(3):
            for i in range(4):
                states = exercise_pb2.TruthStates(time_ns=T0 + chunk * 4 + i, object_id=["F1"])
                writer.truth(states, T0 + chunk * 4 + i)
            writer.flush()
            ends.append(path.stat().st_size)
    return path.read_bytes(), list(Recording(path)), ends


def test_a_file_cut_anywhere_gives_its_whole_chunks_and_says_so(
    tmp_path: Path, small: tuple[bytes, list[Recorded], list[int]]
) -> None:
    whole, messages, _ = small
    path = tmp_path / "cut.mcap"
    seen = set()
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        if length < 8:
            with pytest.raises(BadInput):
                Recording(path)
            continue
        recording = Recording(path)
        read = list(recording)
        assert read == messages[: len(read)]
        assert recording.damage is not None
        assert recording.damage.good_bytes + recording.damage.lost_bytes == length
        assert recording.damage.last_time_ns == (read[-1].log_time_ns if read else None)
        assert recording.metadata() in ({}, {"scenario": "small"})
        assert "\n" not in str(recording.damage)
        seen.add(len(read))
    assert seen == {0, 4, 8, 12}


def test_a_killed_writer_loses_its_unfinished_chunk_only(
    small: tuple[bytes, list[Recorded], list[int]], tmp_path: Path
) -> None:
    whole, messages, ends = small
    for chunk, end in enumerate(ends):
        (tmp_path / "killed.mcap").write_bytes(whole[:end])
        recording = Recording(tmp_path / "killed.mcap")
        assert list(recording) == messages[: 4 * (chunk + 1)]
        assert recording.damage is not None
        assert recording.damage.lost_bytes == 0
        assert "between two frames" in str(recording.damage)


@pytest.mark.parametrize("bit", range(8))
def test_a_flipped_bit_anywhere_gives_a_verified_prefix(
    tmp_path: Path, small: tuple[bytes, list[Recorded], list[int]], bit: int
) -> None:
    whole, messages, _ = small
    path = tmp_path / "flipped.mcap"
    unnoticed = []
    for offset in range(bit, len(whole), 8):  # over all eight bits: every byte once
        spoilt = bytearray(whole)
        spoilt[offset] ^= 1 << bit
        path.write_bytes(spoilt)
        try:
            recording = Recording(path)
        except BadInput:
            assert offset < 8
            continue
        read = list(recording)
        assert read == messages[: len(read)]
        assert recording.metadata() in ({}, {"scenario": "small"})
        if recording.damage is None:
            assert read == messages
            unnoticed.append(offset)
    # Only the index after the data, which nothing here reads, may be wrong without a word.
    data_end = len(whole) - len(summary_of(whole))
    assert all(offset >= data_end for offset in unnoticed)


def summary_of(whole: bytes) -> bytes:
    """The bytes after the DATA_END record, found by the footer's own pointer."""
    start = int.from_bytes(whole[-8 - 20 : -8 - 12], "little")
    return whole[start:]


@pytest.mark.parametrize(
    ("make", "word"),
    [
        (lambda p: None, "No such file"),
        (lambda p: p.mkdir(), "directory"),
        (lambda p: p.write_bytes(b""), "empty"),
        (lambda p: p.write_bytes(b"time_s,lat\n1,2\n"), "not an MCAP"),
        (lambda p: p.write_bytes(b"\x89MCA"), "not an MCAP"),
        (lambda p: os.mkfifo(p), "regular file"),
    ],
)
def test_what_is_no_recording_is_refused_in_one_line(tmp_path: Path, make: object, word: str) -> None:
    path = tmp_path / "x.mcap"
    make(path)  # type: ignore[operator]
    with pytest.raises(BadInput, match=word) as caught:
        Recording(path)
    assert "\n" not in str(caught.value)
    assert str(path) in str(caught.value)


def test_a_place_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "none" / "x.mcap"):
        with pytest.raises(BadInput, match="cannot record"):
            Writer(path)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_a_full_disk_is_named_and_ends_the_recording() -> None:
    with pytest.raises(OSError, match="No space left") as caught:
        Writer("/dev/full")
    assert "/dev/full" in str(caught.value)


def test_a_chunk_that_claims_too_much_memory_is_damage(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_all_kinds(tmp_path / "x.mcap")
    monkeypatch.setattr(frames, "CHUNK_BYTES_MAX", 1000)
    recording = Recording(tmp_path / "x.mcap")
    assert list(recording) == []
    assert "limit" in str(recording.damage)


def rewritten(path: Path, **options: object) -> Path:
    """The same messages, written by the library's own writer in another way."""
    made = path.with_stem("other")
    with path.open("rb") as old, made.open("wb") as new:
        writer = mcap.writer.Writer(new, **options)  # type: ignore[arg-type]
        writer.start()
        ids: dict[str, int] = {}
        for schema, channel, message in make_reader(old).iter_messages(log_time_order=False):
            assert schema is not None
            if channel.topic not in ids:
                number = writer.register_schema(schema.name, schema.encoding, schema.data)
                ids[channel.topic] = writer.register_channel(channel.topic, channel.message_encoding, number)
            writer.add_message(ids[channel.topic], message.log_time, message.data, message.publish_time)
        writer.finish()
    return made


@pytest.mark.parametrize(
    "options",
    [
        {"use_chunking": False},
        {"use_chunking": False, "enable_data_crcs": True},
        {"compression": mcap.writer.CompressionType.LZ4},
        {"compression": mcap.writer.CompressionType.LZ4, "chunk_size": 256},
        {"compression": mcap.writer.CompressionType.NONE},
    ],
)
def test_what_the_library_writes_in_another_way_is_whole(tmp_path: Path, options: dict[str, object]) -> None:
    path = tmp_path / "x.mcap"
    write_all_kinds(path)
    expected = list(Recording(path))
    found = Recording(rewritten(path, **options))
    assert list(found) == expected
    assert found.damage is None


@pytest.mark.parametrize(
    "options",
    [
        {"use_chunking": False, "enable_data_crcs": True},
        {"compression": mcap.writer.CompressionType.LZ4, "chunk_size": 256, "enable_data_crcs": True},
    ],
)
def test_a_flipped_bit_in_another_way_of_writing_is_damage(
    tmp_path: Path, options: dict[str, object]
) -> None:
    path = tmp_path / "x.mcap"
    write_all_kinds(path)
    expected = list(Recording(path))
    made = rewritten(path, **options)
    whole = made.read_bytes()
    (summary,) = struct.unpack_from("<Q", whole, len(whole) - 28)
    for at in range(200, summary, max(1, summary // 60)):
        made.write_bytes(whole[:at] + bytes([whole[at] ^ 4]) + whole[at + 1 :])
        found = Recording(made)
        messages = list(found)
        assert messages == expected[: len(messages)]
        assert found.damage is not None, at


def test_topics_of_other_programs_are_passed_over(tmp_path: Path) -> None:
    from mcap_protobuf.writer import Writer as StrangersWriter

    path = tmp_path / "other.mcap"
    with path.open("wb") as file, StrangersWriter(file) as writer:
        writer.write_message("/truth", picture_pb2.PictureUpdate(), 1, 1)  # another message on our topic
        writer.write_message("/other", exercise_pb2.TruthStates(), 2, 2)
        writer.write_message("/picture/USA", picture_pb2.PictureUpdate(nation="USA"), 4, 4)
    recording = Recording(path)
    assert [(m.channel, m.source) for m in recording] == [(PICTURE, "USA")]
    assert recording.damage is None
    assert len({channel.prefix for channel in ALL}) == len(ALL)
