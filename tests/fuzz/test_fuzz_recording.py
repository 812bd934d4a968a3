"""Any bytes of a recording are BadInput in one line, or messages, all of them up to the changed chunk."""

from __future__ import annotations

from fuzz_kit import check_one_line, fuzzed, new_folder, unchanged_bytes
from nodes.errors import BadInput
from nodes.recording import Recording, Writer
from triwatch.v1 import exercise_pb2

_FOLDER = new_folder()
_A_CHUNK = 3


def _written() -> tuple[bytes, list[int]]:
    """A small recording, and where each of its chunks ends."""
    path, ends = _FOLDER / "good.mcap", []
    with Writer(path) as writer:
        writer.metadata({"scenario": "small", "seed": 7})
        for k in range(4 * _A_CHUNK):
            writer.truth(exercise_pb2.TruthStates(time_ns=1 + k, object_id=["F1"]), 1 + k)
            if k % _A_CHUNK == _A_CHUNK - 1:
                writer.flush()
                ends.append(path.stat().st_size)
    return path.read_bytes(), ends


_WHOLE, _ENDS = _written()
_MESSAGES = list(Recording(_FOLDER / "good.mcap"))
SAMPLES = [_WHOLE, _WHOLE[: _ENDS[1]]]


def holds(data: bytes) -> None:
    path = _FOLDER / "fuzzed.mcap"
    path.write_bytes(data)
    try:
        recording = Recording(path)
        read = list(recording)
        recording.metadata()
    except BadInput as error:
        check_one_line(error)
        return
    damage = recording.damage
    assert damage is None or damage.good_bytes + damage.lost_bytes == len(data)
    unchanged = unchanged_bytes(data, _WHOLE)
    sure = _A_CHUNK * sum(end <= unchanged for end in _ENDS)
    assert read[:sure] == _MESSAGES[:sure]


def test_samples_are_read() -> None:
    assert len(_MESSAGES) == 4 * _A_CHUNK
    assert len(_ENDS) == 4


test_holds = fuzzed(holds, SAMPLES)
