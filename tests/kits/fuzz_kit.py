"""Bytes near to good ones, for the fuzzers of tests/fuzz: what hypothesis draws in the suite.

A fuzzer is a file with SAMPLES, good inputs, and ``holds``, which takes any bytes and raises where the file's
invariant does not hold. `make fuzz` gives the same to atheris, which follows the code's branches.
"""

from __future__ import annotations

import atexit
import shutil
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

_EDGES = (b"", b"\0", b"\xff", b"\x7f", b"\x80", b"\xff" * 8, b"\xff" * 10, b"\0" * 8, b"\n")


@st.composite
def near(draw: st.DrawFn, samples: Sequence[bytes]) -> bytes:
    """A sample with a few places changed, cut out, doubled or filled with something else; or any bytes."""
    if draw(st.integers(0, 9)) == 0:
        return draw(st.binary(max_size=300))
    data = bytearray(draw(st.sampled_from(samples)))
    for _ in range(draw(st.integers(1, 4))):
        at, size = draw(st.integers(0, len(data))), draw(st.integers(0, 12))
        kind = draw(st.sampled_from(("bit", "byte", "cut", "end", "double", "edge", "other", "insert")))
        if kind == "bit" and at < len(data):
            data[at] ^= 1 << draw(st.integers(0, 7))
        elif kind == "byte" and at < len(data):
            data[at] = draw(st.integers(0, 255))
        elif kind == "cut":
            del data[at : at + size]
        elif kind == "end":
            del data[at:]
        elif kind == "double":
            data[at:at] = data[at : at + size]
        elif kind == "edge":
            data[at : at + size] = draw(st.sampled_from(_EDGES))
        elif kind == "other":
            other = draw(st.sampled_from(samples))
            begin = draw(st.integers(0, len(other)))
            data[at : at + size] = other[begin : begin + size]
        else:
            data[at:at] = draw(st.binary(max_size=12))
    return bytes(data)


def fuzzed(
    holds: Callable[[bytes], None], samples: Sequence[bytes], examples: int = 300
) -> Callable[[], None]:
    """A test that gives a fuzzer's ``holds`` so many inputs."""

    @settings(max_examples=examples, deadline=None, suppress_health_check=list(HealthCheck))
    @given(data=near(samples))
    def test(data: bytes) -> None:
        holds(data)

    return test


def new_folder() -> Path:
    """A folder for files to be read, deleted when this process ends."""
    folder = Path(tempfile.mkdtemp(prefix="triwatch-fuzz-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def unchanged_bytes(data: bytes, sample: bytes) -> int:
    """How many bytes at the beginning are those of the sample."""
    for k, (one, other) in enumerate(zip(data, sample, strict=False)):
        if one != other:
            return k
    return min(len(data), len(sample))


def check_one_line(refusal: Exception) -> None:
    """What a person is told fits on a line."""
    assert str(refusal)
    assert "\n" not in str(refusal)
