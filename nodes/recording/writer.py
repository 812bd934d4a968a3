"""Writes a recording: MCAP with protobuf schemas, zstd chunks of 64 KiB and every checksum.

A killed writer loses what its last, unfinished chunk held and nothing else: chunks go to the file
unbuffered, each a frame of its own.
"""

from __future__ import annotations

import io
import json
import os
import zlib
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Annotated, Any, Final, Self

from mcap.writer import CompressionType
from mcap.writer import Writer as McapWriter
from mcap_protobuf.schema import register_schema

from fusion.constants import OPERATION, Chosen
from nodes.errors import BadInput
from nodes.recording import channels
from nodes.recording.channels import Channel
from triwatch.v1 import exercise_pb2, sensing_pb2

CHUNK_BYTES: Final[Annotated[int, Chosen("bytes", "bytes gathered before a chunk is written", OPERATION)]] = (
    64 * 1024
)


class Writer:
    """Writes one recording; not for several threads at once.

    Messages given as bytes are written as they are, never parsed. Times are ns UTC: ``log_time_ns`` is
    the scenario's time when the message was recorded, ``publish_time_ns`` the scenario's time when it
    was sent. Readers order by the place in the file, which is the order of the calls.

    ``new``: never replace a file. Raises FileExistsError then; BadInput where the file cannot be made;
    OSError, naming the file, where the disk gives out later: what was written until then can still be read.
    """

    def __init__(self, path: str | os.PathLike[str], new: bool = False) -> None:
        self.path = Path(path)
        try:
            self._file = _Unbuffered(self.path, "xb" if new else "wb")
        except OSError as error:
            if new and isinstance(error, FileExistsError):
                raise
            raise BadInput(
                f"cannot record to {self.path}: {error.strerror or error}; name a writable file"
            ) from None
        self._mcap = McapWriter(
            self._file,
            chunk_size=CHUNK_BYTES,
            compression=CompressionType.ZSTD,
            enable_crcs=True,
            enable_data_crcs=True,
        )
        self._closed = False
        self._guarded(partial(self._mcap.start, profile="triwatch"))
        self._schema_id: dict[str, int] = {}
        self._channel_id: dict[str, int] = {}
        self._sequence: dict[int, int] = {}

    def write(
        self, channel: Channel, source: str, data: bytes, log_time_ns: int, publish_time_ns: int
    ) -> None:
        """One message of any kind of channel, ``source`` being the node or nation, or empty.

        ``data`` is written as it is; nothing checks that it is what the channel says.
        """
        topic = f"{channel.prefix}/{source}" if source else channel.prefix
        channel_id = self._channel_id.get(topic) or self._register(channel, topic)
        sequence = self._sequence[channel_id] = self._sequence[channel_id] + 1
        self._guarded(
            partial(self._mcap.add_message, channel_id, log_time_ns, data, publish_time_ns, sequence)
        )

    def report(self, node_id: str, envelope: bytes, log_time_ns: int, publish_time_ns: int) -> None:
        """A node's report as received: an Envelope whose payload is a TrackBatch."""
        self.write(channels.REPORTS, node_id, envelope, log_time_ns, publish_time_ns)

    def status(self, node_id: str, envelope: bytes, log_time_ns: int, publish_time_ns: int) -> None:
        """A node's heartbeat as received: an Envelope whose payload is a NodeStatus."""
        self.write(channels.STATUS, node_id, envelope, log_time_ns, publish_time_ns)

    def picture(self, nation: str, update: bytes, log_time_ns: int, publish_time_ns: int) -> None:
        """A PictureUpdate as a nation's core published it."""
        self.write(channels.PICTURE, nation, update, log_time_ns, publish_time_ns)

    def national(self, nation: str, update: bytes, log_time_ns: int, publish_time_ns: int) -> None:
        """A PictureUpdate of a nation's own fuller picture, as its core published it."""
        self.write(channels.NATIONAL, nation, update, log_time_ns, publish_time_ns)

    def warning(self, nation: str, envelope: bytes, log_time_ns: int, publish_time_ns: int) -> None:
        """A core's warning as published: an Envelope whose payload is a MissileWarning."""
        self.write(channels.WARNINGS, nation, envelope, log_time_ns, publish_time_ns)

    def truth(self, states: exercise_pb2.TruthStates, time_ns: int) -> None:
        """True states of one moment."""
        self.write(channels.TRUTH, "", states.SerializeToString(), time_ns, time_ns)

    def flights(self, flights: exercise_pb2.TruthFlights, time_ns: int) -> None:
        """Launch and impact of every ballistic object, once a recording."""
        self.write(channels.FLIGHTS, "", flights.SerializeToString(), time_ns, time_ns)

    def detections(self, node_id: str, scan: sensing_pb2.DetectionScan, time_ns: int) -> None:
        """One look of one sensor."""
        self.write(channels.DETECTIONS, node_id, scan.SerializeToString(), time_ns, time_ns)

    def origins(self, node_id: str, origins: exercise_pb2.ScanOrigins, time_ns: int) -> None:
        """What the detections of one look came from, where it is simulated."""
        self.write(channels.ORIGINS, node_id, origins.SerializeToString(), time_ns, time_ns)

    def metadata(self, values: dict[str, Any]) -> None:
        """Facts about the recording, any JSON values by name; a later value of a name replaces the former.

        MCAP protects metadata with no checksum of their own, so one is written beside them.
        """
        encoded = {key: json.dumps(value, sort_keys=True) for key, value in values.items()}
        encoded["crc32"] = str(metadata_crc(encoded))
        self._guarded(partial(self._mcap.add_metadata, channels.METADATA_NAME, encoded))

    def flush(self) -> None:
        """Ends the chunk in progress, so that nothing written until now is lost with the process."""
        self._guarded(self._mcap.flush)

    def close(self) -> None:
        """Ends the file with its index. Calling it again does nothing."""
        if not self._closed:
            self._guarded(self._mcap.finish)
            self._closed = True
            self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _register(self, channel: Channel, topic: str) -> int:
        name = channel.message.DESCRIPTOR.full_name
        if name not in self._schema_id:
            self._schema_id[name] = register_schema(self._mcap, channel.message)
        channel_id = int(self._mcap.register_channel(topic, "protobuf", self._schema_id[name]))
        self._channel_id[topic] = channel_id
        self._sequence[channel_id] = 0
        return channel_id

    def _guarded(self, write: Callable[[], object]) -> None:
        if self._closed:
            raise ValueError(f"the recording {self.path} is closed")
        try:
            write()
        except OSError as error:
            # The frame is torn: anything after it could not be read, so this is the recording's end.
            self._closed = True
            self._file.close()
            raise OSError(error.errno, f"recording failed: {error.strerror}", str(self.path)) from error


def metadata_crc(encoded: dict[str, str]) -> int:
    """CRC-32 of a metadata record's entries in the order of their keys, less the entry ``crc32``."""
    entries = sorted((key, value) for key, value in encoded.items() if key != "crc32")
    return zlib.crc32(json.dumps(entries).encode())


class _Unbuffered:
    """A file that passes every write on at once and whole."""

    def __init__(self, path: Path, mode: str) -> None:
        self._raw = io.FileIO(path, mode)

    def write(self, data: bytes) -> int:
        rest = memoryview(data)
        while rest:
            rest = rest[self._raw.write(rest) :]
        return len(data)

    def tell(self) -> int:
        return self._raw.tell()

    def flush(self) -> None:
        return None

    def close(self) -> None:
        self._raw.close()
