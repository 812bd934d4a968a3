"""No eight lines of the product stand twice."""

from __future__ import annotations

import re
from pathlib import Path

RUN = 8
_THIN = re.compile(r"[\W_]*|#.*|(from|import)\b.*|\"\"\"(.*\"\"\")?")
"""Lines that do not count: punctuation, comments, imports, a bare docstring's quotes."""


def repeats(repo: Path) -> list[str]:
    """Both places of every run of eight lines that stands twice; blank and thin lines do not count."""
    first: dict[tuple[str, ...], str] = {}
    found = []
    for path in sorted(p for room in ("fusion", "nodes") for p in (repo / room).rglob("*.py")):
        numbered = enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        lines = [(number, line.strip()) for number, line in numbered if not _THIN.fullmatch(line.strip())]
        for i in range(len(lines) - RUN + 1):
            run = tuple(line for _, line in lines[i : i + RUN])
            here = f"{path.relative_to(repo)}:{lines[i][0]}"
            if first.setdefault(run, here) != here:
                found.append(f"{here} repeats {first[run]}")
    return found


def test_no_eight_lines_stand_twice(repo: Path) -> None:
    assert repeats(repo) == []


def test_the_search_finds_what_stands_twice(tmp_path: Path) -> None:
    body = "\n".join(f"    value_{k} = {k}\n    # why" for k in range(RUN))
    for room in ("fusion", "nodes"):
        (tmp_path / room).mkdir()
        (tmp_path / room / "one.py").write_text(f"import {room}\ndef {room}():\n{body}\n", encoding="utf-8")
    assert repeats(tmp_path) == ["nodes/one.py:3 repeats fusion/one.py:3"]
