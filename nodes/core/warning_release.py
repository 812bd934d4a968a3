"""To whom a warning may be released: to whoever may have every report behind it."""

from __future__ import annotations

from collections.abc import Iterable

from nodes.link import topics
from nodes.sensor_node.report import CLASSIFICATION, POLICY
from triwatch.v1 import track_pb2


def released_to(stream: str, members: Iterable[str]) -> list[str]:
    """The nations of a release group, every member's being that of ``members``: USA first, then A to Z."""
    return sorted(topics.nations_of(stream) or members, key=lambda code: (code != "USA", code))


def label(nations: Iterable[str]) -> track_pb2.Label:
    """The confidentiality label of something released to these nations."""
    return track_pb2.Label(policy=POLICY, classification=CLASSIFICATION, releasable_to=list(nations))
