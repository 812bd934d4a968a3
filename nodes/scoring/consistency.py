"""How true each node's word was, by what the other nodes said of the same targets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from fusion.contract import word
from nodes.wording import count
from triwatch.v1 import picture_pb2, track_pb2


def consistency(told: Sequence[picture_pb2.NodeConsistency]) -> list[dict[str, Any]]:
    """A row a node and environment."""
    return [
        {
            "node": one.node_id,
            "environment": word(track_pb2.Environment, one.environment).lower(),
            "factor": one.factor,
            "normalised_error": one.normalised_error,
            "samples": one.samples,
            "expected": one.expected,
            "unconfirmed": one.unconfirmed,
            "alone": one.alone,
        }
        for one in told
    ]


def doubts(rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """What is to be said of the nodes, in sentences."""
    doubted = sum(row["factor"] != 1.0 for row in rows)
    yield f"Of {count(len(rows), 'node')} by environment {doubted} counted for less than they declare"
    for row in rows:
        name = f"{row['node']} ({row['environment']})"
        if row["factor"] != 1.0:
            yield f"{name} erred by more than it declares: its covariances count {row['factor']:.1f} times"
        if row["alone"]:
            yield (
                f"{name} is alone with {row['unconfirmed']} of {row['expected']} tracks that others' radars"
                " should see too: it invents them, or shifts them all"
            )


def shown(row: Mapping[str, Any]) -> list[str]:
    """The cells of its row in the table."""
    return [
        row["environment"],
        f"{row['normalised_error']:.2f}" if row["samples"] else "-",
        f"{row['samples']:,}",
        "declared" if row["factor"] == 1.0 else f"x {row['factor']:.1f}",
        f"{row['unconfirmed']} of {row['expected']}" if row["expected"] else "-",
    ]
