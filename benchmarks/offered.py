"""What a coalition sends at so many reports a second, and how long each took."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hdrh.histogram import HdrHistogram

from benchmarks.theatre import NS, START_NS, STREAM, Theatre
from benchmarks.unprotected import credentials
from nodes import coalition
from nodes.coalition import Credentials, Member, Policy
from nodes.link import codec, topics

NATIONS = ("JPN", "KOR", "USA")
SEEN_BY = 4
RAMP_S = 2
"""Births are over and everybody is connected; what is due later counts."""


def trust(root: Path, process_id: str, nation: str, keys: bool) -> Credentials:
    """What a process of the benchmark believes."""
    return credentials(root, process_id, nation, curve=keys, signatures=keys)


def theatre(load: int) -> Theatre:
    """The traffic of so many reports a second."""
    sector = 25 if load < 20_000 else 100
    return Theatre(max(1, load // SEEN_BY), SEEN_BY, rows=sector, sector=sector)


def found_coalition(root: Path, traffic: Theatre) -> None:
    """Keys and a policy for the nodes that report some traffic."""
    nodes = [Member(id=node.node_id, nation=node.node_id[:3]) for node in traffic.nodes]
    coalition.found(root, Policy(nations=NATIONS, nodes=tuple(nodes)))


def sealed(
    root: Path, traffic: Theatre, seconds: int, keys: bool
) -> list[tuple[int, list[tuple[str, bytes, int]]]]:
    """(due ns after the start, the report and the heartbeat as (topic, body, sequence)) in the order sent."""
    signer = {node.node_id: trust(root, node.node_id, node.node_id[:3], keys).sign for node in traffic.nodes}
    made = []
    for sent in traffic.reports(seconds):
        name, number = sent.status.node_id, sent.status.punctuation[0].last_sequence
        said = (
            (topics.report(STREAM, name), topics.REPORT, sent.payload, number),
            (topics.status(STREAM, name), topics.STATUS, sent.status.SerializeToString(), 0),
        )
        bodies = [
            (topic, codec.seal(kind, payload, signer[name], sent.time_ns), k)
            for topic, kind, payload, k in said
        ]
        made.append((sent.time_ns - START_NS, bodies))
    return made


def distribution(took_ns: list[int]) -> dict[str, Any]:
    """Percentiles, ms."""
    histogram = HdrHistogram(1, 600 * NS, 3)
    for one in took_ns:
        histogram.record_value(max(1, one))
    shown = {f"p{p:g} ms": histogram.get_value_at_percentile(p) * 1e-6 for p in (50.0, 99.0, 99.9)}
    found = {name: round(value, 3) for name, value in shown.items()}
    return {"got": len(took_ns), **found, "max ms": round(max(took_ns, default=0) * 1e-6, 3)}
