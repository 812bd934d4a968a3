"""Writes the byte vectors beside this file: python tests/vectors/make.py

Run it only after a deliberate change of the contract, and read the difference before committing it:
a vector that changes is a wire that changes. NAME.hex holds the bytes; NAME.json the message's name,
what the case is about, and the content in protobuf's JSON mapping (proto field names, enums as
numbers) or, under refused/, the topic it came under and the reason a receiver must refuse it for.
"""

from __future__ import annotations

import json
from pathlib import Path

from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message

from broken import foreign, refused
from messages import VALID
from triwatch.v1 import track_pb2

HERE = Path(__file__).parent


def content(message: Message) -> dict[str, object]:
    """What a reader must find, in protobuf's JSON mapping."""
    return MessageToDict(message, preserving_proto_field_name=True, use_integers_for_enums=True)


def write(name: str, data: bytes, **about: object) -> None:
    """NAME.hex, 32 bytes a line, and NAME.json."""
    path = HERE / name
    path.parent.mkdir(exist_ok=True)
    lines = [data[i : i + 32].hex() for i in range(0, len(data), 32)]
    path.with_suffix(".hex").write_text("\n".join(lines) + "\n", encoding="ascii")
    text = json.dumps(about, indent=1, ensure_ascii=False)
    path.with_suffix(".json").write_text(text + "\n", encoding="utf-8")


def main() -> None:
    for name, about, message in VALID:
        data = message.SerializeToString(deterministic=True)
        write(f"valid/{name}", data, message=message.DESCRIPTOR.name, about=about, content=content(message))
    for name, about, kind, data in foreign():
        message = getattr(track_pb2, kind).FromString(data)
        write(f"foreign/{name}", data, message=kind, about=about, content=content(message))
    for name, reason, about, topic, data in refused():
        write(f"refused/{name}", data, topic=topic, about=about, reason=reason)


if __name__ == "__main__":
    main()
