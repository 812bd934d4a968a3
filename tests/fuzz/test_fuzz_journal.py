"""Any bytes of a journal give whole records, all of them up to the first change, and account for the rest."""

from __future__ import annotations

from fuzz_kit import fuzzed, new_folder, unchanged_bytes
from nodes.core.journal_files import HEADER, Record, pack, read_segment
from nodes.framed_log import LogFile

_FOLDER = new_folder()
_RECORDS = [Record(f"report//KOR-{k}".encode(), bytes(range(5 * k))) for k in range(1, 6)]
_PACKED = [pack(*record) for record in _RECORDS]
SAMPLES = [HEADER + b"".join(_PACKED), HEADER]


def holds(data: bytes) -> None:
    path = _FOLDER / "000000000001.journal"
    path.write_bytes(data)
    found = LogFile(path)
    read = list(read_segment(found))
    assert found.records == len(read)
    assert found.bytes_read + found.bytes_left == len(data)
    assert bool(found.fault) == bool(found.bytes_left) or not data.startswith(HEADER)
    if data.startswith(HEADER):
        assert HEADER + b"".join(pack(*record) for record in read) == data[: found.bytes_read]
    unchanged, end = unchanged_bytes(data, SAMPLES[0]), len(HEADER)
    for k, packed in enumerate(_PACKED):
        end += len(packed)
        if end <= unchanged:
            assert read[k] == _RECORDS[k]


def test_samples_are_read() -> None:
    holds(SAMPLES[0])
    assert list(read_segment(LogFile(_FOLDER / "000000000001.journal"))) == _RECORDS


test_holds = fuzzed(holds, SAMPLES)
