"""What nations, nodes and release groups are called, and in which order: the contract's sections 1 and 3.

A release group is the nations that may have something; as a stream it is named by their trigraphs, sorted
and joined by '-'. The group of every member, whoever that is at the time, names none.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

from msgspec import Meta

NODE_PATTERN = r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}"
TRIGRAPH_PATTERN = r"[A-Z]{3}"

Name = Annotated[str, Meta(pattern=f"^{NODE_PATTERN}$")]
Trigraph = Annotated[str, Meta(pattern=f"^{TRIGRAPH_PATTERN}$")]

EVERY_MEMBER = ""
"""The stream of every member."""


def in_order(nations: Iterable[str]) -> tuple[str, ...]:
    """Each nation once, as labels and people list them: USA first, then A to Z."""
    return tuple(sorted(set(nations), key=lambda code: (code != "USA", code)))


def group_of(nation: str, releasable_to: Iterable[str] | None, members: Iterable[str]) -> tuple[str, ...]:
    """The release group, sorted, of what ``nation`` releases to others and always to itself; none: every
    member. ``releasable_to`` None is to all of ``members``."""
    members = set(members)
    group = {nation, *(members if releasable_to is None else releasable_to)}
    return () if group >= members else tuple(sorted(group))


def stream_of(nations: Iterable[str]) -> str:
    """The name of the release group of these nations; of none: every member."""
    return "-".join(sorted(nations))


def nations_of(stream: str) -> tuple[str, ...]:
    """The nations that a stream names; none for the stream of every member."""
    return tuple(stream.split("-")) if stream else ()
