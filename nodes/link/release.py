"""Who may have what: judged by the reader's nation, before a byte is sent.

Release is the originator's to enforce, and again that of whoever relays or keeps a message: the same rule
decides subscriptions, repair and snapshots.
"""

from __future__ import annotations

from collections.abc import Iterable

from nodes.link import topics
from nodes.link.errors import WireError
from nodes.link.topics import Topic
from nodes.link.trust import Peer, Rights
from nodes.names import EVERY_MEMBER, nations_of, stream_of

CONTROL = "control"
"""Role of an exercise's control, which sees all."""


def may_read(topic: Topic, peer: Peer, members: Iterable[str]) -> bool:
    """Whether ``peer`` may subscribe to, or ask for, ``topic``.

    What names a stream goes to the members in it, what names every member to all of them. A nation's
    pictures are its own; the exercise control sees all. Whether there is anything under the topic plays
    no part: the answer must not tell.
    """
    if peer.role == CONTROL:
        return True
    if peer.nation not in members:
        return False
    if topic.kind in topics.STREAMED:
        return not topic.stream or peer.nation in nations_of(topic.stream)
    return topic.kind in (topics.PICTURE, topics.NATIONAL) and topic.source == peer.nation


def granted(asked: str, peer: Peer, rights: Rights) -> tuple[str, ...]:
    """What a subscription to the prefix ``asked`` comes to for ``peer``; nothing where it is refused.

    A whole topic is granted or not. Of a shorter prefix the parts are granted that the peer may read, each
    ending where the stream's name does: a prefix never brings what was not released.
    """
    if peer.role == CONTROL:
        return (asked,)
    try:
        topic = topics.parse(asked.encode(errors="replace"))
    except WireError:
        pass
    else:
        return (asked,) if may_read(topic, peer, rights.members) else ()
    if peer.nation not in rights.members:
        return ()
    parts = []
    for part in _readable(peer.nation, rights.streams):
        if part.startswith(asked):
            parts.append(part)
        elif part.endswith("/") and asked.startswith(part):
            parts.append(asked)
    return tuple(parts)


def _readable(nation: str, streams: Iterable[str]) -> list[str]:
    """Prefixes that hold exactly what ``nation`` may read."""
    mine = {EVERY_MEMBER, *(s for s in audiences(streams) if nation in nations_of(s))}
    parts = [f"{kind}/{stream}/" for kind in topics.STREAMED for stream in sorted(mine)]
    return [*parts, topics.picture(nation), topics.national(nation)]


def audiences(streams: Iterable[str]) -> frozenset[str]:
    """The streams, and those of everybody who may read several of them at once.

    What is made from two streams may be read by those who may read both.
    """
    found = {frozenset(nations_of(s)) for s in streams if s}
    while True:
        more = {a & b for a in found for b in found} - found - {frozenset()}
        if not more:
            return frozenset(stream_of(group) for group in found)
        found |= more


def both(first: str, second: str) -> str | None:
    """The stream of those who may read both; None where that is nobody."""
    if not first or not second:
        return first or second
    common = set(nations_of(first)) & set(nations_of(second))
    return stream_of(common) if common else None
