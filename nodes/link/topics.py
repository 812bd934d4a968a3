"""Topics of the live streams, and the request and recording names made from them.

``report/<stream>/<node>``, ``status/<node>``, ``picture/<nation>``, ``corestatus/<nation>``,
``warning/<nation>``, and in an exercise ``detections/<node>``. A subscription is a prefix, so what is
heard is compared with the whole topic again.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

from nodes.link.errors import Reason, WireError

REPORT, STATUS, PICTURE = "report", "status", "picture"
CORE_STATUS, WARNING, DETECTIONS = "corestatus", "warning", "detections"

_NODE = r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}"
_NATION = r"[A-Z]{3}"
_TOPIC = re.compile(
    rf"(?P<report>report)/(?P<stream>(?:{_NATION}(?:-{_NATION})*)?)/(?P<reporter>{_NODE})"
    rf"|(?P<by_node>status|detections)/(?P<node>{_NODE})"
    rf"|(?P<by_nation>picture|corestatus|warning)/(?P<nation>{_NATION})"
)


class Topic(NamedTuple):
    """A topic taken apart."""

    kind: str
    source: str
    """Node id, or nation of a core."""
    stream: str
    """Release group of a report, else empty."""
    text: str


def stream_of(nations: Iterable[str]) -> str:
    """The name of the release group of these nations; of none: every member."""
    return "-".join(sorted(nations))


def report(stream: str, node_id: str) -> str:
    """Where a node publishes the reports of one release group."""
    return f"{REPORT}/{stream}/{node_id}"


def status(node_id: str) -> str:
    """Where a node publishes its heartbeats."""
    return f"{STATUS}/{node_id}"


def picture(nation: str) -> str:
    """Where a nation's core publishes its picture."""
    return f"{PICTURE}/{nation}"


def core_status(nation: str) -> str:
    """Where a nation's core publishes its heartbeats."""
    return f"{CORE_STATUS}/{nation}"


def warning(nation: str) -> str:
    """Where a nation's core publishes missile warnings."""
    return f"{WARNING}/{nation}"


def detections(node_id: str) -> str:
    """Where a node shows the exercise its raw detections."""
    return f"{DETECTIONS}/{node_id}"


@lru_cache(maxsize=4096)
def parse(topic: bytes) -> Topic:
    """Take a topic apart. Raises WireError where it is none."""
    text = topic[:200].decode("ascii", "backslashreplace")
    found = _TOPIC.fullmatch(text)
    if found is None or len(topic) > 200:
        raise WireError(Reason.TOPIC, f"no such topic: {text}")
    if found["report"]:
        return Topic(REPORT, found["reporter"], found["stream"], text)
    if found["by_node"]:
        return Topic(found["by_node"], found["node"], "", text)
    return Topic(found["by_nation"], found["nation"], "", text)


def may_read(topic: Topic, nation: str, member: bool = True) -> bool:
    """Whether a member nation may subscribe to or ask for ``topic``.

    Reports of a named stream go to the nations in it; the stream without a name to every member.
    """
    if topic.kind == REPORT and topic.stream:
        return nation in topic.stream.split("-")
    return member
