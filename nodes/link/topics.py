"""Topics of the live streams, and the request and recording names made from them.

What is released to several nations names them: ``report/<stream>/<node>``, ``status/<stream>/<node>``,
``corestatus/<stream>/<nation>``, ``warning/<stream>/<nation>``. A nation's own: ``picture/<nation>``,
``national/<nation>``; the exercise control's: ``detections/<node>``, ``origins/<node>``. A subscription is a
prefix, so what is heard is compared with the whole topic again.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from nodes.link.errors import Reason, WireError
from nodes.names import EVERY_MEMBER, NODE_PATTERN, TRIGRAPH_PATTERN

REPORT, STATUS, CORE_STATUS, WARNING = "report", "status", "corestatus", "warning"
PICTURE, NATIONAL, DETECTIONS, ORIGINS = "picture", "national", "detections", "origins"
STREAMED = (REPORT, STATUS, CORE_STATUS, WARNING)
"""Kinds whose topic names the nations that may read it."""

_STREAM = rf"(?P<stream>(?:{TRIGRAPH_PATTERN}(?:-{TRIGRAPH_PATTERN})*)?)"
_TOPIC = re.compile(
    rf"(?:(?P<by_node>report|status)/{_STREAM}/(?P<node>{NODE_PATTERN})"
    rf"|(?P<by_core>corestatus|warning)/{_STREAM.replace('stream', 'group')}/(?P<core>{TRIGRAPH_PATTERN})"
    rf"|(?P<own>picture|national)/(?P<nation>{TRIGRAPH_PATTERN})"
    rf"|(?P<shown>detections|origins)/(?P<sensing>{NODE_PATTERN}))"
)


class Topic(NamedTuple):
    """A topic taken apart."""

    kind: str
    source: str
    """Node id, or nation of a core."""
    stream: str
    """Release group; empty where the topic names none, or every member."""
    text: str


def report(stream: str, node_id: str) -> str:
    """Where a node publishes the reports of one release group."""
    return f"{REPORT}/{stream}/{node_id}"


def status(stream: str, node_id: str) -> str:
    """Where a node publishes its heartbeats for one release group."""
    return f"{STATUS}/{stream}/{node_id}"


def picture(nation: str) -> str:
    """Where a nation's core publishes the shared picture."""
    return f"{PICTURE}/{nation}"


def national(nation: str) -> str:
    """Where a nation's core publishes its own fuller picture."""
    return f"{NATIONAL}/{nation}"


def core_status(nation: str, stream: str = EVERY_MEMBER) -> str:
    """Where a nation's core publishes its heartbeats for one release group."""
    return f"{CORE_STATUS}/{stream}/{nation}"


def warning(nation: str, stream: str = EVERY_MEMBER) -> str:
    """Where a nation's core publishes missile warnings for one release group."""
    return f"{WARNING}/{stream}/{nation}"


def detections(node_id: str) -> str:
    """Where a node shows the exercise its raw detections."""
    return f"{DETECTIONS}/{node_id}"


def origins(node_id: str) -> str:
    """Where a simulated node shows the exercise what its detections came from."""
    return f"{ORIGINS}/{node_id}"


@lru_cache(maxsize=4096)
def told_of(heartbeats: Topic) -> Topic:
    """Of which reports a node's heartbeats tell how far they go."""
    return parse(report(heartbeats.stream, heartbeats.source).encode())


@lru_cache(maxsize=4096)
def parse(topic: bytes) -> Topic:
    """Take a topic apart. Raises WireError where it is none."""
    text = topic[:200].decode("ascii", "backslashreplace")
    found = _TOPIC.fullmatch(text)
    if found is None or len(topic) > 200:
        raise WireError(Reason.TOPIC, f"no such topic: {text}")
    if found["by_node"]:
        return Topic(found["by_node"], found["node"], found["stream"], text)
    if found["by_core"]:
        return Topic(found["by_core"], found["core"], found["group"], text)
    if found["own"]:
        return Topic(found["own"], found["nation"], "", text)
    return Topic(found["shown"], found["sensing"], "", text)
