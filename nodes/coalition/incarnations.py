"""Counts the starts of each process, so that a number is never used twice."""

from __future__ import annotations

from pathlib import Path

from nodes.errors import BadInput
from nodes.link.directory import write_whole


def next_incarnation(root: Path, process_id: str) -> int:
    """One more than at this process's last start, and never again. Raises BadInput."""
    file = root / "incarnations" / process_id
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        incarnation = (int(file.read_text(encoding="ascii")) if file.exists() else 0) + 1
        write_whole(file, f"{incarnation}\n".encode(), durable=True)
    except (OSError, ValueError) as error:
        raise BadInput(f"{file}: cannot count this start: {error}") from None
    return incarnation
