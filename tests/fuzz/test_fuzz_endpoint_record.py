"""Any bytes are a WireError, or an endpoint record that says exactly what its core signed."""

from __future__ import annotations

import trust_kit
from fuzz_kit import fuzzed
from nodes.link.errors import WireError
from nodes.link.records import Records
from triwatch.v1 import envelope_pb2

_REACHED = "tcp://10.0.0.2:7400"


def _signed(incarnation: int) -> bytes:
    own = Records(trust_kit.signer("core-KOR"), {})
    own.sign("core-KOR", incarnation, _REACHED)
    (body,) = own.to_pass_on()
    return body


SAMPLES = [_signed(1), _signed(300)]
_PAYLOADS = {envelope_pb2.Envelope.FromString(sample).payload for sample in SAMPLES}


def holds(data: bytes) -> None:
    records = Records(trust_kit.signer("core-JPN"), {})
    try:
        news = records.take(data)
    except WireError:
        assert not records.cores()
        return
    assert news
    assert envelope_pb2.Envelope.FromString(data).payload in _PAYLOADS
    assert records.reached("core-KOR") == (_REACHED,)
    assert records.to_pass_on() == [data]


def test_samples_are_believed() -> None:
    for sample in SAMPLES:
        assert Records(trust_kit.signer("core-JPN"), {}).take(sample)


test_holds = fuzzed(holds, SAMPLES)
