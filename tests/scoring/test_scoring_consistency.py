"""What the scorecard says of nodes' words."""

from __future__ import annotations

from nodes.scoring.consistency import consistency, doubts, shown
from triwatch.v1 import picture_pb2

TOLD = [
    picture_pb2.NodeConsistency(node_id="A-1", environment=1, factor=1.0, normalised_error=0.8, samples=90),
    picture_pb2.NodeConsistency(
        node_id="B-1", environment=1, factor=3.25, normalised_error=2.1, samples=80, expected=9, unconfirmed=1
    ),
    picture_pb2.NodeConsistency(
        node_id="C-1", environment=3, factor=1.0, expected=12, unconfirmed=12, alone=True
    ),
]


def test_who_errs_and_who_is_alone_is_said() -> None:
    said = list(doubts(consistency(TOLD)))
    assert len(said) == 3
    assert said[0].endswith("1 counted for less than they declare")
    assert said[1].startswith("B-1 (air)")
    assert "3.2 times" in said[1]
    assert said[2].startswith("C-1 (surface) is alone with 12 of 12")


def test_a_row_says_what_was_measured_and_no_more() -> None:
    first, second, third = (shown(row) for row in consistency(TOLD))
    assert first == ["air", "0.80", "90", "declared", "-"]
    assert second == ["air", "2.10", "80", "x 3.2", "1 of 9"]
    assert third == ["surface", "-", "0", "declared", "12 of 12"]
