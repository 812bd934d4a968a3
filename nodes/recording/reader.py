"""Reads a recording: its messages in the order of recording, as far as they can be trusted."""

from __future__ import annotations

import json
import mmap
import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from mcap.opcode import Opcode
from mcap.records import Channel as McapChannel
from mcap.records import Header, Metadata, Schema

from nodes.errors import BadInput
from nodes.recording import channels
from nodes.recording.channels import Channel
from nodes.recording.frames import MAGIC, RECORDS, Damaged, frames, parse, records
from nodes.recording.writer import metadata_crc

if TYPE_CHECKING:
    import pandas
    import xarray

Wanted = tuple[Channel, str | None]
"""A kind of channel, and whose; None: everyone's."""


class Recorded(NamedTuple):
    """One message of a recording."""

    channel: Channel
    source: str
    """Node id or nation, empty for the truth."""
    data: bytes
    """As recorded; ``channel.message`` is the class that reads it."""
    log_time_ns: int
    publish_time_ns: int


@dataclass(frozen=True, slots=True)
class Damage:
    """What a file could not give."""

    reason: str
    good_bytes: int
    """Everything before this offset is verified and was read."""
    lost_bytes: int
    last_time_ns: int | None
    """Log time of the last message read; None where there is none."""

    def __str__(self) -> str:
        read = "no message" if self.last_time_ns is None else f"messages up to {_utc(self.last_time_ns)}"
        return f"{self.reason}; read {read} from {self.good_bytes} good bytes, lost {self.lost_bytes} bytes"


class Recording:
    """One MCAP file, opened. Iterating gives its messages in recorded order, and can be done again.

    What the file lost is known after an iteration that went to its end: ``damage`` is None for a whole
    file. Every message given comes from a chunk whose checksum was right, or from a whole file without
    chunks, and before it nothing was
    wrong: of a damaged file that is a prefix of what was recorded.

    Raises BadInput where there is no MCAP file at all.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)
        self.damage: Damage | None = None
        self._metadata: dict[str, Any] | None = None
        self._file = _map(self.path)
        if bytes(self._file[: len(MAGIC)]) != MAGIC:
            raise BadInput(f"{self.path} is not an MCAP file; give a recording made with --record")

    def __iter__(self) -> Iterator[Recorded]:
        return self.messages()

    def messages(self, *wanted: Channel | str) -> Iterator[Recorded]:
        """The messages of the ``wanted`` channels; where none is given, of every kind known.

        A channel is one of `nodes.recording.channels`, or a topic: "/picture" is of every nation,
        "/picture/JPN" of Japan's. Raises BadInput for a topic that no recording has.
        """
        asked = [(item, None) if isinstance(item, Channel) else _wanted(item) for item in wanted]
        return self._messages(asked or [(channel, None) for channel in channels.ALL])

    def _messages(self, wanted: Sequence[Wanted]) -> Iterator[Recorded]:
        schema: dict[int, str] = {}
        channel: dict[int, tuple[Channel, str] | None] = {}
        good, last_ns, ended = 0, None, False
        try:
            for frame in frames(self._file):
                ended = ended or frame.opcode == Opcode.DATA_END
                if frame.opcode == Opcode.CHUNK or (frame.opcode in RECORDS and not ended):
                    messages: list[tuple[int, int, int, bytes]] = []
                    for record in records(frame):
                        if isinstance(record, Schema):
                            schema[record.id] = record.name
                        elif isinstance(record, McapChannel):
                            channel[record.id] = _known(record.topic, schema.get(record.schema_id), wanted)
                        elif record[0] not in channel:
                            raise Damaged("a message's channel is not declared")
                        else:
                            messages.append(record)
                    for channel_id, log_time_ns, publish_time_ns, data in messages:
                        known = channel[channel_id]
                        last_ns = log_time_ns
                        if known is not None:
                            yield Recorded(*known, data, log_time_ns, publish_time_ns)
                elif frame.opcode == Opcode.HEADER:
                    parse(Header, frame.content)
                good = frame.end
        except Damaged as error:
            self.damage = Damage(str(error), good, len(self._file) - good, last_ns)

    def tracks(self, nation: str = "", every_s: float = 1.0) -> pandas.DataFrame:
        """Every track at every moment, a row each: see `nodes.recording.pictures.track_frame`."""
        from nodes.recording.pictures import track_frame

        return track_frame(self, nation, every_s)

    def track_dataset(self, nation: str = "", every_s: float = 1.0) -> xarray.Dataset:
        """The same by time and track number: see `nodes.recording.pictures.track_dataset`."""
        from nodes.recording.pictures import track_dataset

        return track_dataset(self, nation, every_s)

    def summary(self) -> dict[str, Any]:
        """What `damage` says, for a result: "whole", "damaged" or "nothing", and what was lost."""
        damage = self.damage
        if damage is None:
            return {"file": str(self.path), "state": "whole"}
        return {
            "file": str(self.path),
            "state": "nothing" if damage.last_time_ns is None else "damaged",
            "said": f"{self.path}: {damage}",
            "good_bytes": damage.good_bytes,
            "lost_bytes": damage.lost_bytes,
            "last_time_ns": damage.last_time_ns,
        }

    def metadata(self) -> dict[str, Any]:
        """The facts written with ``Writer.metadata``, later over earlier; damaged records are left out."""
        if self._metadata is not None:
            return dict(self._metadata)
        values: dict[str, Any] = {}
        try:
            for frame in frames(self._file):
                if frame.opcode == Opcode.METADATA:
                    record = parse(Metadata, frame.content)
                    encoded = record.metadata
                    if record.name == channels.METADATA_NAME and encoded.get("crc32") == str(
                        metadata_crc(encoded)
                    ):
                        values.update({k: json.loads(v) for k, v in encoded.items() if k != "crc32"})
        except Damaged:
            pass  # whoever reads the messages learns of it from `damage`
        self._metadata = values
        return dict(values)


def _wanted(topic: str) -> Wanted:
    """What a topic asks for."""
    for channel in channels.ALL:
        if topic == channel.prefix:
            return channel, None
    for channel in channels.ALL:
        if topic.startswith(f"{channel.prefix}/"):
            return channel, topic[len(channel.prefix) + 1 :]
    known = ", ".join(channel.prefix for channel in channels.ALL)
    raise BadInput(f"{topic}: no topic of a recording; expected one of {known}, or one of them with a source")


def _known(topic: str, schema: str | None, wanted: Sequence[Wanted]) -> tuple[Channel, str] | None:
    for channel, only in wanted:
        if schema == channel.message.DESCRIPTOR.full_name:
            if topic == channel.prefix:
                return channel, ""
            if topic.startswith(f"{channel.prefix}/"):
                source = topic[len(channel.prefix) + 1 :]
                if only in (None, source):
                    return channel, source
    return None


def _map(path: Path) -> memoryview:
    try:
        status = path.stat()  # before opening: opening a pipe would wait for ever
        if stat.S_ISDIR(status.st_mode):
            raise BadInput(f"{path} is a directory; give the recording inside it")
        if not stat.S_ISREG(status.st_mode):
            raise BadInput(f"{path} is not a regular file; give a recording made with --record")
        if status.st_size == 0:
            raise BadInput(f"{path} is empty; give a recording made with --record")
        with path.open("rb") as file:
            return memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise BadInput(f"cannot read {path}: {reason}; give a recording made with --record") from None


def _utc(time_ns: int) -> str:
    """UTC in ISO 8601 to the millisecond."""
    seconds, rest_ns = divmod(time_ns, 10**9)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{rest_ns // 10**6:03d}Z"
