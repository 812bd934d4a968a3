"""What a process published under a key that did not count any more, signed with the one that did."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from nodes.link import codec, topics
from nodes.link.errors import WireError
from nodes.link.journal import Journal
from nodes.link.trust import Trust


class Signed(NamedTuple):
    """A message under its number."""

    topic: str
    incarnation: int
    sequence: int
    body: bytes


def signed_anew(journal: Journal, trust: Trust) -> Iterator[Signed]:
    """Of a process's own messages, reports or warnings, those whose signature does not count by the policy as
    it is known now, each signed again, the payload as it was; none where there is no better key."""
    for text, incarnation, sequence, kept in list(journal.all()):
        topic = topics.parse(text.encode())
        try:
            codec.judge_anew(topic, kept.body, trust)
        except WireError:
            body = codec.sealed_anew(topic.kind, kept.body, trust.sign)
            if body is not None:
                yield Signed(text, incarnation, sequence, body)
