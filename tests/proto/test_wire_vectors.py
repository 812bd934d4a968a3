"""The wire, byte by byte: vectors any implementation can be held against, read by two readers.

The bindings and `wire_reader` (typed in by hand from proto/README.md) must both find in each vector
what its JSON says.
"""

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from google.protobuf import json_format
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import DecodeError, Message

import wire_reader
from nodes.link import codec
from nodes.link.errors import WireError
from triwatch.v1 import (
    envelope_pb2,
    exercise_pb2,
    picture_pb2,
    request_pb2,
    sensing_pb2,
    status_pb2,
    track_pb2,
    warning_pb2,
)

VECTORS = Path(__file__).parents[1] / "vectors"
MODULES = (
    envelope_pb2,
    exercise_pb2,
    picture_pb2,
    request_pb2,
    sensing_pb2,
    status_pb2,
    track_pb2,
    warning_pb2,
)
ON_THE_WIRE = {name: d for m in MODULES for name, d in m.DESCRIPTOR.message_types_by_name.items()}
KINDS = {
    FieldDescriptor.TYPE_STRING: "string",
    FieldDescriptor.TYPE_BYTES: "bytes",
    FieldDescriptor.TYPE_DOUBLE: "double",
    FieldDescriptor.TYPE_FLOAT: "float",
    FieldDescriptor.TYPE_FIXED64: "fixed64",
    FieldDescriptor.TYPE_BOOL: "bool",
    FieldDescriptor.TYPE_UINT32: "varint",
    FieldDescriptor.TYPE_UINT64: "varint",
    FieldDescriptor.TYPE_INT64: "varint",
    FieldDescriptor.TYPE_ENUM: "varint",
}
MEND = "If the contract was changed on purpose: python tests/vectors/make.py, and read the difference."


def names(folder: str) -> list[str]:
    return [f"{folder}/{path.stem}" for path in sorted((VECTORS / folder).glob("*.hex"))]


def load(name: str) -> tuple[bytes, dict[str, Any]]:
    data = bytes.fromhex((VECTORS / f"{name}.hex").read_text(encoding="ascii"))
    return data, json.loads((VECTORS / f"{name}.json").read_text(encoding="utf-8"))


def message_class(name: str) -> type[Message]:
    return next(getattr(m, name) for m in MODULES if name in m.DESCRIPTOR.message_types_by_name)


def plain(name: str, content: dict[str, Any]) -> dict[str, Any]:
    """The JSON mapping's strings as the values they stand for: 64-bit integers, doubles, bytes."""
    kinds = dict(wire_reader.TABLES[name].values())

    def value(kind: str, item: Any) -> Any:
        if kind in wire_reader.TABLES:
            return plain(kind, item)
        if kind == "bytes":
            return base64.b64decode(item)
        return {"varint": int, "fixed64": int, "double": float}.get(kind, lambda same: same)(item)

    return {
        field: [value(kinds[field][:-1], i) for i in item]
        if kinds[field].endswith("*")
        else value(kinds[field], item)
        for field, item in content.items()
    }


@pytest.mark.parametrize("name", names("valid") + names("foreign"))
def test_the_bindings_read_it(name: str) -> None:
    data, expected = load(name)
    message = message_class(expected["message"]).FromString(data)
    found = json_format.MessageToDict(message, preserving_proto_field_name=True, use_integers_for_enums=True)
    assert found == expected["content"], MEND


@pytest.mark.parametrize("name", names("valid") + names("foreign"))
def test_a_reader_that_shares_no_code_finds_the_same(name: str) -> None:
    data, expected = load(name)
    found = wire_reader.read(expected["message"], data)
    found.pop(wire_reader.UNKNOWN, None)
    assert found == plain(expected["message"], expected["content"]), MEND


@pytest.mark.parametrize("name", names("valid"))
def test_the_bindings_write_it(name: str) -> None:
    data, expected = load(name)
    message = json_format.ParseDict(expected["content"], message_class(expected["message"])())
    assert message.SerializeToString(deterministic=True) == data, MEND


def test_fields_of_a_later_version_survive() -> None:
    """A message from the future keeps what this version cannot read, at the end, in its order."""
    data, expected = load("foreign/track_batch_later_version")
    unknown = wire_reader.read(expected["message"], data)[wire_reader.UNKNOWN]
    assert [number for number, _ in unknown] == [101, 102]
    later = b"".join(raw for _, raw in unknown)
    rewritten = track_pb2.TrackBatch.FromString(data).SerializeToString(deterministic=True)
    assert rewritten.endswith(later)


def test_the_typed_envelope_is_the_same_bytes() -> None:
    plain_data, _ = load("valid/envelope")
    typed_data, _ = load("valid/track_batch_envelope")
    assert plain_data == typed_data


def test_every_message_has_a_vector() -> None:
    """Each message that travels alone has a vector; the others stand inside one."""
    alone = {load(name)[1]["message"] for name in names("valid")}
    inside = {f.message_type.name for d in ON_THE_WIRE.values() for f in d.fields if f.message_type}
    assert set(ON_THE_WIRE) - inside - alone - {"NodeStatusEnvelope", "MissileWarningEnvelope"} == set()


def test_every_field_has_been_set_by_a_vector() -> None:
    """A renumbered or retyped field cannot hide in a vector that leaves it out."""
    seen: set[tuple[str, str]] = set()

    def visit(name: str, content: dict[str, Any]) -> None:
        for field, item in content.items():
            seen.add((name, field))
            kind = next(k for f, k in wire_reader.TABLES[name].values() if f == field).rstrip("*")
            for part in item if isinstance(item, list) else [item]:
                if isinstance(part, dict):
                    visit(kind, part)

    for vector in names("valid"):
        _, expected = load(vector)
        visit(expected["message"], expected["content"])
    table = {
        (name, field)
        for name, rows in wire_reader.TABLES.items()
        for field, _ in rows.values()
        if not name.endswith("Envelope")
    }
    assert table - seen == set()


@pytest.mark.parametrize("name", sorted(ON_THE_WIRE))
def test_the_hand_written_table_is_the_contract(name: str) -> None:
    """Numbers, names and kinds typed in by hand agree with the .proto files."""
    if name in ("NodeStatusEnvelope", "MissileWarningEnvelope"):
        return
    contract = {
        f.number: (
            f.name,
            (f.message_type.name if f.message_type else KINDS[f.type]) + ("*" if f.is_repeated else ""),
        )
        for f in ON_THE_WIRE[name].fields
    }
    assert wire_reader.TABLES[name] == contract


@pytest.mark.parametrize("name", names("valid"))
def test_a_cut_message_is_an_error_or_a_shorter_message(name: str) -> None:
    """Whatever the length, both readers agree on whether the bytes are a message at all."""
    data, expected = load(name)
    binding = message_class(expected["message"])
    for length in range(0, len(data), max(1, len(data) // 64)):
        try:
            binding.FromString(data[:length])
            readable = True
        except DecodeError:
            readable = False
        try:
            wire_reader.read(expected["message"], data[:length])
            assert readable, f"{name} cut to {length} bytes"
        except (ValueError, IndexError):
            assert not readable, f"{name} cut to {length} bytes"


class Unsigned:
    """The vectors are about content and carry no signature: takes any."""

    def verify(self, *_: object) -> None:
        return None

    def judge(self, *_: object) -> None:
        return None


def refusal(topic: str, body: bytes) -> str | None:
    """The reason a live message is refused for; None if it counts."""
    try:
        refused = codec.from_frames([topic.encode(), body], Unsigned()).refused
    except WireError as error:
        return error.reason
    return refused.reason if refused else None


@pytest.mark.parametrize("name", names("refused"))
def test_a_message_that_breaks_a_rule_is_refused_for_its_reason(name: str) -> None:
    body, expected = load(name)
    assert refusal(expected["topic"], body) == expected["reason"]


def test_the_report_they_were_made_from_is_accepted() -> None:
    body, _ = load("valid/envelope")
    assert refusal("report/JPN-KOR-USA/KOR-1", body) is None
