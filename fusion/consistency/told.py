"""What is known of how true nodes' words have been, as a picture tells it."""

from __future__ import annotations

from fusion.consistency.estimate import Consistency
from triwatch.v1 import picture_pb2, track_pb2


def words_told(known: Consistency) -> list[picture_pb2.NodeConsistency]:
    """One message a node and environment of which anything is known, in their order."""
    factor = known.factor()
    return [
        picture_pb2.NodeConsistency(
            node_id=known.words[k].node_id,
            environment=track_pb2.Environment.ValueType(known.words[k].environment),
            factor=factor[k],
            normalised_error=known.mean[k],
            samples=int(known.samples[k]),
            expected=int(known.expected[k]),
            unconfirmed=int(known.unconfirmed[k]),
            alone=bool(known.alone[k]),
        )
        for k in sorted(range(len(known.words)), key=lambda k: known.words[k])
        if known.samples[k] or known.expected[k]
    ]
