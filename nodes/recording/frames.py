"""The frames of an MCAP file and the messages of its chunks, every checksum verified.

Source: the MCAP format specification, https://mcap.dev/spec. The library's readers either need the
index at the end, which a killed writer never wrote, or do not say where the good part ends; hence
this one, which walks the frames in order and knows its place at every moment.
"""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterator
from typing import Annotated, Any, Final, NamedTuple

import lz4.frame
import zstandard
from mcap.data_stream import ReadDataStream
from mcap.exceptions import McapError
from mcap.opcode import Opcode
from mcap.records import Channel, Chunk, DataEnd, Schema

from fusion.constants import OPERATION, Chosen

MAGIC = b"\x89MCAP0\r\n"
CHUNK_BYTES_MAX: Final[
    Annotated[
        int,
        Chosen(
            "bytes", "largest chunk that is unpacked: a damaged length must not ask for all memory", OPERATION
        ),
    ]
] = 256 * 1024 * 1024

_FRAME = struct.Struct("<BQ")
_MESSAGE = struct.Struct("<BQHIQQ")
_MESSAGE_INDEX = struct.Struct("<HI")
RECORDS = frozenset((Opcode.SCHEMA, Opcode.CHANNEL, Opcode.MESSAGE))
"""What chunks are made of; in a file without chunks it stands by itself."""
_SUMMARY = frozenset(
    (
        Opcode.SCHEMA,
        Opcode.CHANNEL,
        Opcode.STATISTICS,
        Opcode.CHUNK_INDEX,
        Opcode.ATTACHMENT_INDEX,
        Opcode.METADATA_INDEX,
        Opcode.SUMMARY_OFFSET,
    )
)
_PRIVATE = 0x80


class Damaged(ValueError):
    """The file cannot be trusted from here on; the text says why."""


class Frame(NamedTuple):
    """One record of the file's top level: its kind, where it starts and ends, and its content."""

    opcode: int
    start: int
    end: int
    content: memoryview


def frames(file: memoryview) -> Iterator[Frame]:
    """The data section's frames in order, up to and with DATA_END, then the footer.

    Each comes in a place that the format allows: an opcode spoilt by a flipped bit must not make a chunk
    vanish. Schemas, channels and messages outside of chunks have no checksum but the file's, so they
    come only where the file has its DATA_END and that checksum, if it was made, is right. At DATA_END
    the checksum of the whole section is compared. Raises Damaged where the file stops, or stops making
    sense.
    """
    position, after_chunk, ended = len(MAGIC), False, False
    whole: bool | None = None
    crc = zlib.crc32(file[:position])
    while True:
        if len(file) - position < _FRAME.size:
            raise Damaged(
                "it stops between two frames" if position == len(file) else "it stops inside a frame"
            )
        opcode, length = _FRAME.unpack_from(file, position)
        start, body = position, position + _FRAME.size
        if length > len(file) - body:
            raise Damaged("it stops inside a frame, or a frame's length is damaged")
        position = body + length
        if opcode in RECORDS and not ended and whole is None:
            whole = _is_whole(file)
        loose = bool(whole) and start > len(MAGIC)
        _check_place(opcode, first=start == len(MAGIC), after_chunk=after_chunk, ended=ended, loose=loose)
        frame = Frame(opcode, start, position, file[body:position])
        if opcode == Opcode.MESSAGE_INDEX:
            _check_message_index(frame.content)  # else one flipped bit turns a chunk into one
        if opcode == Opcode.DATA_END:
            expected = parse(DataEnd, frame.content).data_section_crc
            if expected not in (0, crc):
                raise Damaged("the checksum of the whole is wrong though that of every chunk is right")
            ended = True
        crc = zlib.crc32(file[start:position], crc)
        after_chunk = opcode == Opcode.CHUNK or (after_chunk and opcode == Opcode.MESSAGE_INDEX)
        yield frame
        if opcode == Opcode.FOOTER:
            if bytes(file[position:]) != MAGIC:
                raise Damaged("it does not end as an MCAP file ends")
            return


def _is_whole(file: memoryview) -> bool:
    """Whether the data section has its end, and the checksum that stands there (0: none was made)."""
    position = len(MAGIC)
    while len(file) - position >= _FRAME.size:
        opcode, length = _FRAME.unpack_from(file, position)
        body = position + _FRAME.size
        if opcode == Opcode.DATA_END and length <= len(file) - body:
            expected = parse(DataEnd, file[body : body + length]).data_section_crc
            return expected in (0, zlib.crc32(file[:position]))
        position = body + length
    return False


def _check_place(opcode: int, *, first: bool, after_chunk: bool, ended: bool, loose: bool) -> None:
    if ended:
        allowed = opcode in _SUMMARY or opcode == Opcode.FOOTER or opcode >= _PRIVATE
    elif first:
        allowed = opcode == Opcode.HEADER
    elif opcode == Opcode.MESSAGE_INDEX:
        allowed = after_chunk
    else:
        allowed = (
            (loose and opcode in RECORDS)
            or opcode >= _PRIVATE
            or opcode
            in (
                Opcode.CHUNK,
                Opcode.METADATA,
                Opcode.ATTACHMENT,
                Opcode.DATA_END,
            )
        )
    if not allowed:
        raise Damaged(f"a frame of kind {opcode:#04x} stands where none may")


def _check_message_index(content: memoryview) -> None:
    """A channel id, the length of the rest, and 16 bytes an entry."""
    entries = len(content) - _MESSAGE_INDEX.size
    if entries < 0 or entries % 16 or _MESSAGE_INDEX.unpack_from(content)[1] != entries:
        raise Damaged("a message index is damaged")


def parse(kind: Any, content: memoryview) -> Any:
    """One record of the library's ``kind`` from its content; Damaged where it does not fit."""
    stream = ReadDataStream(io.BytesIO(content))
    try:
        record = kind.read(stream)
    except (McapError, struct.error, ValueError, MemoryError, OverflowError) as error:
        raise Damaged(f"a {kind.__name__} record is damaged") from error
    if stream.count != len(content):
        raise Damaged(f"a {kind.__name__} record has the wrong length")
    return record


def unpack(frame: Frame) -> bytes:
    """The records inside a chunk, decompressed and checked against its checksum."""
    chunk = parse(Chunk, frame.content)
    if chunk.uncompressed_size > CHUNK_BYTES_MAX:
        raise Damaged(f"a chunk claims {chunk.uncompressed_size} bytes, the limit is {CHUNK_BYTES_MAX}")
    try:
        data: bytes = _decompress(chunk)
    except (zstandard.ZstdError, RuntimeError) as error:  # lz4 has no error of its own
        raise Damaged("a chunk does not decompress") from error
    if len(data) != chunk.uncompressed_size:
        raise Damaged("a chunk has the wrong length")
    if chunk.uncompressed_crc and zlib.crc32(data) != chunk.uncompressed_crc:
        raise Damaged("a chunk's checksum is wrong")
    return data


def _decompress(chunk: Any) -> Any:
    if chunk.compression == "":
        return chunk.data
    if chunk.compression == "lz4":
        # one byte more than there should be: a chunk that holds more is found out without unpacking it
        return lz4.frame.LZ4FrameDecompressor().decompress(chunk.data, max_length=chunk.uncompressed_size + 1)
    if chunk.compression != "zstd":
        raise Damaged(f"a chunk is compressed with {chunk.compression!r}; zstd, lz4 or none is read")
    claimed = zstandard.get_frame_parameters(chunk.data).content_size
    if claimed not in (zstandard.CONTENTSIZE_UNKNOWN, chunk.uncompressed_size):
        raise Damaged("a chunk has the wrong length")
    return zstandard.ZstdDecompressor().decompress(chunk.data, max_output_size=chunk.uncompressed_size)


def records(frame: Frame) -> Iterator[Schema | Channel | tuple[int, int, int, bytes]]:
    """What a frame of the data section holds: see ``chunk_records``."""
    if frame.opcode == Opcode.CHUNK:
        return chunk_records(unpack(frame))
    return chunk_records(_FRAME.pack(frame.opcode, len(frame.content)) + bytes(frame.content))


def chunk_records(data: bytes) -> Iterator[Schema | Channel | tuple[int, int, int, bytes]]:
    """Schemas, channels and messages of a chunk; a message as (channel id, log time, publish time, data)."""
    position = 0
    while position < len(data):
        if len(data) - position < _FRAME.size:
            raise Damaged("a chunk stops inside a record")
        opcode, length = _FRAME.unpack_from(data, position)
        body = position + _FRAME.size
        position = body + length
        if position > len(data):
            raise Damaged("a chunk stops inside a record")
        if opcode == Opcode.MESSAGE and length >= _MESSAGE.size - _FRAME.size:
            _, _, channel_id, _, log_time_ns, publish_time_ns = _MESSAGE.unpack_from(data, body - _FRAME.size)
            yield channel_id, log_time_ns, publish_time_ns, data[body + 22 : position]
        elif opcode in (Opcode.SCHEMA, Opcode.CHANNEL):
            yield parse(Schema if opcode == Opcode.SCHEMA else Channel, memoryview(data)[body:position])
        elif opcode < _PRIVATE:
            raise Damaged(f"a record of kind {opcode:#04x} stands in a chunk")
