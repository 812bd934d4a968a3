"""Any body under any topic is a WireError, or a message whose very payload the topic's originator signed.

The first byte chooses the topic.
"""

from __future__ import annotations

import link_kit
import trust_kit
from fuzz_kit import fuzzed
from link_kit import ALL, START_NS, batch, seal
from nodes.link import codec, topics
from nodes.link.errors import WireError
from triwatch.v1 import envelope_pb2, picture_pb2, status_pb2, warning_pb2

_CORE = "core-USA"
_BODIES = {
    topics.report(ALL, "KOR-1"): link_kit.body(batch()),
    topics.status(ALL, "KOR-1"): link_kit.status("KOR-1", 3),
    topics.core_status("USA"): seal(
        topics.CORE_STATUS,
        status_pb2.CoreStatus(nation="USA", incarnation=1, time_ns=START_NS).SerializeToString(),
        _CORE,
    ),
    topics.picture("USA"): picture_pb2.PictureUpdate(
        nation="USA", incarnation=1, sequence=1
    ).SerializeToString(),
    topics.warning("USA", ALL): seal(
        topics.WARNING,
        warning_pb2.MissileWarning(
            nation="USA", incarnation=1, sequence=1, time_ns=START_NS
        ).SerializeToString(),
        _CORE,
    ),
}
_TOPICS = [topics.parse(text.encode()) for text in _BODIES]
_TRUST = trust_kit.signer("core-JPN")
_SIGNED = {
    (topic.kind, codec.payload_of(topic.kind, body))
    for topic, body in zip(_TOPICS, _BODIES.values(), strict=True)
    if topic.kind in codec.DOMAIN
}
SAMPLES = [bytes([k]) + body for k, body in enumerate(_BODIES.values())]


def holds(data: bytes) -> None:
    topic = _TOPICS[data[0] % len(_TOPICS) if data else 0]
    body = data[1:]
    try:
        received = codec.decode(topic, body, _TRUST)
    except WireError:
        return
    assert received.body == body
    if topic.kind in codec.DOMAIN:
        assert (topic.kind, received.payload) in _SIGNED
        assert envelope_pb2.Envelope.FromString(body).payload == received.payload


def test_samples_are_believed() -> None:
    for topic, sample in zip(_TOPICS, SAMPLES, strict=True):
        assert codec.decode(topic, sample[1:], _TRUST).topic == topic


test_holds = fuzzed(holds, SAMPLES)
