"""Every start of a process has a number of its own."""

import subprocess
import sys
from pathlib import Path

import pytest

from nodes import coalition
from nodes.errors import BadInput

_START = (
    "import sys; from pathlib import Path; from nodes import coalition; sys.stdin.read();"
    "print(coalition.next_incarnation(Path(sys.argv[1]), 'KOR', 'KOR-1'))"
)


def test_starts_are_counted_beside_the_keys(tmp_path: Path) -> None:
    assert [coalition.next_incarnation(tmp_path, "KOR", "KOR-1") for _ in range(3)] == [1, 2, 3]
    assert coalition.next_incarnation(tmp_path, "KOR", "KOR-2") == 1
    assert (tmp_path / "keys" / "KOR").stat().st_mode & 0o77 == 0


def test_a_count_that_is_none_is_said(tmp_path: Path) -> None:
    coalition.next_incarnation(tmp_path, "KOR", "KOR-1")
    (tmp_path / "keys" / "KOR" / "KOR-1.starts").write_text("x")
    with pytest.raises(BadInput, match="KOR-1"):
        coalition.next_incarnation(tmp_path, "KOR", "KOR-1")


@pytest.mark.processes
def test_ten_starts_at_once_have_ten_numbers(tmp_path: Path) -> None:
    """They wait for a byte, all with their imports done, and then count."""
    command = [sys.executable, "-c", _START, str(tmp_path)]
    starts = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(10)
    ]
    for start in starts:
        assert start.stdin is not None
        start.stdin.close()
    numbers = []
    for start in starts:
        assert start.stdout is not None
        numbers.append(int(start.stdout.read()))
        start.wait()
        start.stdout.close()
    assert sorted(numbers) == list(range(1, 11))
