"""What makes an exercise a failure, whatever else went well."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from nodes.demo.result import failures


def child(process_id: str, *, alive: bool = True, code: int | None = None, **counts: int) -> Any:
    core = SimpleNamespace(counts=counts) if counts else None
    return SimpleNamespace(
        id=process_id,
        alive=alive,
        dismissed=False,
        exit_code=code,
        core=core,
        why=lambda: f"exit status {code}",
    )


def exercise(nodes: list[Any], cores: list[Any], recording: str | None = None) -> Any:
    return SimpleNamespace(
        agreed=lambda: True,
        children=SimpleNamespace(nodes=lambda: nodes, cores=lambda: cores),
        recording_failure=lambda: recording,
    )


WELL = child("core-KOR", folded=10, rejected=2)


@pytest.mark.parametrize(
    ("nodes", "cores", "recording", "said"),
    [
        ([child("KOR-1")], [WELL], None, []),
        ([child("KOR-1", alive=False, code=0)], [WELL], None, []),
        ([child("KOR-1")], [child("core-KOR", folded=0, rejected=0)], None, []),
        ([child("KOR-1")], [child("core-KOR")], None, []),
        ([child("KOR-1", alive=False, code=1)], [WELL], None, ["KOR-1 did not live to the end: exit status"]),
        ([child("KOR-1", alive=False, code=-9)], [WELL], None, ["KOR-1 did not live to the end"]),
        (
            [child("KOR-1")],
            [child("core-KOR", folded=0, rejected=40)],
            None,
            ["core-KOR refused every report"],
        ),
        ([child("KOR-1")], [WELL], "the recording stopped early", ["the recording stopped early"]),
    ],
)
def test_what_fails_an_exercise(
    nodes: list[Any], cores: list[Any], recording: str | None, said: list[str]
) -> None:
    found = failures(exercise(nodes, cores, recording))
    assert len(found) == len(said)
    assert all(text.startswith(start) for text, start in zip(found, said, strict=True))
