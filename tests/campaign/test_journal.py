"""Rows are kept the moment they are there, and a torn end costs itself alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from nodes.campaign.journal import FILE, Journal
from nodes.campaign.run_case import Row
from nodes.errors import BadInput


def row(i: int, **more: object) -> Row:
    return Row(key=f"{i:020d}", status="done", figures={"anees": 1.0 / (1 + i)}, **more)  # type: ignore[arg-type]


def test_rows_are_there_again(tmp_path: Path) -> None:
    with Journal(tmp_path / "new" / "folder") as journal:
        for i in range(3):
            journal.add(row(i))
        journal.add(row(1, said="again"))
    with Journal(tmp_path / "new" / "folder") as journal:
        assert journal.rows == {r.key: r for r in (row(0), row(1, said="again"), row(2))}


def test_a_file_cut_anywhere_gives_the_rows_before_and_takes_more(tmp_path: Path) -> None:
    with Journal(tmp_path) as journal:
        for i in range(3):
            journal.add(row(i))
    whole = (tmp_path / FILE).read_bytes()
    ends = [i + 1 for i, byte in enumerate(whole) if byte == ord("\n")]
    for cut in range(len(whole) + 1):
        (tmp_path / FILE).write_bytes(whole[:cut])
        with Journal(tmp_path) as journal:
            before = sum(end <= cut for end in ends)
            assert len(journal.rows) == before
            journal.add(row(9))
        with Journal(tmp_path) as journal:
            assert len(journal.rows) == before + 1


def test_two_at_once_are_refused(tmp_path: Path) -> None:
    with Journal(tmp_path), pytest.raises(BadInput, match="another campaign is at work"):
        Journal(tmp_path)


def test_a_folder_that_cannot_be_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(BadInput, match="name a folder that can be written"):
        Journal(tmp_path / "file")
