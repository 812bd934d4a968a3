"""Days of a coalition, drawn: a policy, how it changes, and what its nodes say, some of it of no use."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

import link_kit
from nodes import coalition
from nodes.coalition import Credentials, Member
from nodes.coalition.keys import load_ring
from nodes.errors import BadInput
from nodes.link import codec, topics
from triwatch.v1 import status_pb2

NATIONS = ("JPN", "KOR", "USA")
NODES = ("JPN-1", "KOR-1", "KOR-2", "USA-1")
STREAMS = ("", "JPN", "KOR", "USA", "JPN-KOR", "JPN-USA", "KOR-USA", "JPN-KOR-USA")
SECOND_NS = 10**9

Change = Callable[[Path], Any]


def groups(nation: str) -> st.SearchStrategy[tuple[str, ...]]:
    """Release groups that a node of a nation may have."""
    return st.sampled_from([tuple(s.split("-")) if s else () for s in STREAMS if not s or nation in s])


@st.composite
def members(draw: st.DrawFn, node_id: str) -> Member:
    first, *others = draw(st.lists(groups(node_id[:3]), min_size=1, max_size=3, unique=True))
    return Member(id=node_id, nation=node_id[:3], releasable_to=first, groups=tuple(others))


@st.composite
def changes(draw: st.DrawFn) -> Change:
    """What members do to their policy, from some second on."""
    at_ns = link_kit.START_NS + draw(st.integers(2, 9)) * SECOND_NS
    kind = draw(st.sampled_from(["add", "remove", "rotate"]))
    node_id = draw(st.sampled_from(NODES[:3]))
    if kind == "add":
        newcomer = draw(members("KOR-9"))
        return lambda root: coalition.add(root, nodes=[newcomer], effective_ns=at_ns)
    if kind == "remove":
        return lambda root: coalition.remove(root, nodes=[node_id], effective_ns=at_ns)
    return lambda root: coalition.rotate(root, node_id, at_ns)


Said = tuple[str, str, Any]
"""Kind of topic, stream and message."""


@st.composite
def sources(draw: st.DrawFn, nodes: tuple[Member, ...]) -> tuple[str, str]:
    """A node and mostly one of its streams."""
    node_id, own = draw(st.sampled_from([*((n.id, n.streams) for n in nodes), ("KOR-9", STREAMS)]))
    return node_id, draw(st.sampled_from([*own, *own, *own, *STREAMS] if own != STREAMS else STREAMS))


@st.composite
def reports(draw: st.DrawFn, nodes: tuple[Member, ...]) -> Said:
    """Few numbers, so that some are used twice with another content; some of no use, some without a row."""
    node_id, stream = draw(sources(nodes))
    report = link_kit.batch(node_id, draw(st.integers(1, 11)), stream=stream)
    report.sequence = draw(st.integers(1, 4))
    report.incarnation = draw(st.sampled_from([1, 1, 1, 2]))
    report.state[0] = draw(st.sampled_from([6.4e6, 6.4e6, 6.4e6, 6.5e6]))
    kind = draw(st.sampled_from(["good", "good", "good", "empty", "of no use"]))
    if kind == "empty":
        for column in ("local_number", "valid_time_ns", "state", "covariance", "environment", "status"):
            report.ClearField(column)  # type: ignore[arg-type]
        report.ClearField("process_noise")
    elif kind == "of no use":
        report.covariance[0] = -1.0
    return topics.REPORT, stream, report


@st.composite
def heartbeats(draw: st.DrawFn, nodes: tuple[Member, ...]) -> Said:
    node_id, stream = draw(sources(nodes))
    status = status_pb2.NodeStatus(
        node_id=node_id,
        nation=node_id[:3],
        incarnation=draw(st.integers(1, 2)),
        state=draw(st.sampled_from([1, 1, 1, 2])),  # type: ignore[arg-type]
        time_ns=link_kit.START_NS + draw(st.integers(1, 11)) * SECOND_NS,
    )
    status.punctuation.add(
        stream=stream,
        last_sequence=draw(st.integers(0, 6)),
        low_watermark_ns=link_kit.START_NS + draw(st.sampled_from([0, 0, 0, 1, 2, 5])) * SECOND_NS,
    )
    if status.incarnation == 2:
        status.previous_incarnation, status.previous_last_sequence = 1, draw(st.integers(0, 4))
    return topics.STATUS, stream, status


def sealed(root: Path, said: list[Said]) -> list[tuple[str, bytes]]:
    """Topic and body of each message, signed by its node with the key for its time."""
    held = coalition.load(root)
    signers: dict[str, Credentials] = {}
    out = []
    for kind, stream, message in said:
        node_id = message.node_id
        if node_id not in signers:
            try:
                signers[node_id] = Credentials(held, load_ring(root, node_id[:3], node_id))
            except BadInput:  # no such node in any version of this policy
                continue
        time_ns = message.time_ns if kind == topics.STATUS else message.sent_time_ns
        body = codec.seal(kind, message.SerializeToString(), signers[node_id].sign, time_ns)
        out.append((f"{kind}/{stream}/{node_id}", body))
    return out


@st.composite
def days(draw: st.DrawFn) -> tuple[tuple[Member, ...], list[Said]]:
    """The nodes of a policy, and what they say."""
    nodes = draw(st.tuples(*(members(node_id) for node_id in NODES)))
    word = st.one_of(reports(nodes), reports(nodes), heartbeats(nodes))
    return nodes, draw(st.lists(word, min_size=20, max_size=60))
