"""The confidentiality label of what an exercise's processes send: STANAG 4774's elements."""

from __future__ import annotations

from collections.abc import Iterable

from nodes.names import in_order
from triwatch.v1 import track_pb2

POLICY = "TRIWATCH EXERCISE"
CLASSIFICATION = "UNCLASSIFIED"


def label_of(nations: Iterable[str]) -> track_pb2.Label:
    """The label of something released to these nations; to every member, where there are none."""
    return track_pb2.Label(policy=POLICY, classification=CLASSIFICATION, releasable_to=in_order(nations))
