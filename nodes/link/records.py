"""Where the cores of other machines are reached: as they signed it, and as this machine's operator says.

Source: proto/README.md, section 2, "Between machines".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from google.protobuf.message import DecodeError

from nodes.errors import BadInput
from nodes.link import limits, topics
from nodes.link.errors import Reason, WireError
from nodes.link.trust import Trust
from triwatch.v1 import envelope_pb2, trunk_pb2

DOMAIN = b"triwatch.v1.EndpointRecord\x00"
"""What a record's signature covers before the payload."""
_CORE = "core-"
_NATION = re.compile(r"[A-Z]{3}")
_ADDRESS = re.compile(r"tcp://([0-9A-Za-z.-]+|\[[0-9A-Fa-f:]+\]):([0-9]{1,5})")
_ANYWHERE = ("0.0.0.0", "[::]")


class Addresses(NamedTuple):
    """What this machine's operator says of the lines to others."""

    listen: str = ""
    """Where this core's trunk is bound; empty: nowhere."""
    advertise: str = ""
    """Where others reach it; empty: the same."""
    peers: Mapping[str, str] = {}
    """By core's id, where it is reached."""


def address(text: str, where: str) -> str:
    """``HOST:PORT`` as ZeroMQ writes it. Raises BadInput."""
    full = text if text.startswith("tcp://") else f"tcp://{text}"
    found = _ADDRESS.fullmatch(full)
    if found is None or not 1 <= int(found[2]) <= 65535 or len(full) > limits.ADDRESS_MAX:
        raise BadInput(f"{where} {text}: expected HOST:PORT, such as 10.0.0.2:7400 or [fd00::2]:7400")
    return full


def addresses(listen: str = "", advertise: str = "", peers: tuple[str, ...] = ()) -> Addresses:
    """From ``HOST:PORT`` and ``NATION=HOST:PORT`` as a person writes them. Raises BadInput."""
    bound = address(listen, "--listen") if listen else ""
    told = address(advertise, "--advertise") if advertise else bound
    if told and not advertise and told.removeprefix("tcp://").rpartition(":")[0] in _ANYWHERE:
        raise BadInput(
            f"--listen {listen}: nobody can dial that; say where others do with --advertise HOST:PORT"
        )
    known = {}
    for peer in peers:
        nation, given, reached = peer.partition("=")
        if not given or not _NATION.fullmatch(nation):
            raise BadInput(f"--peer {peer}: expected NATION=HOST:PORT, such as KOR=10.0.0.2:7400")
        known[_CORE + nation] = address(reached, f"--peer {nation}=")
    return Addresses(bound, told, known)


class Records:
    """Of each core of another machine where it is reached."""

    def __init__(self, trust: Trust, said: Mapping[str, str]) -> None:
        self._trust = trust
        self._said = dict(said)
        self._signed: dict[str, tuple[trunk_pb2.EndpointRecord, bytes]] = {}

    def sign(self, core_id: str, incarnation: int, reached: str) -> None:
        """Make and hold this process's own record."""
        record = trunk_pb2.EndpointRecord(
            id=core_id, nation=core_id.removeprefix(_CORE), incarnation=incarnation, address=reached
        )
        payload = record.SerializeToString()
        envelope = envelope_pb2.Envelope(payload=payload)
        envelope.key_id, envelope.signature = self._trust.sign(DOMAIN + payload, self._trust.time_ns)
        self._signed[core_id] = (record, envelope.SerializeToString())

    def take(self, body: bytes) -> bool:
        """Believe a signed record that somebody passed on; whether it is news. Raises WireError."""
        if len(body) > limits.RECORD_BYTES_MAX:
            raise WireError(Reason.OVERSIZE, f"an endpoint record of {len(body)} bytes")
        envelope, record = envelope_pb2.Envelope(), trunk_pb2.EndpointRecord()
        try:
            envelope.ParseFromString(body)
            record.ParseFromString(envelope.payload)
        except DecodeError:
            raise WireError(Reason.ENVELOPE, f"{len(body)} bytes that are no endpoint record") from None
        if not _NATION.fullmatch(record.nation) or record.id != _CORE + record.nation:
            raise WireError(
                Reason.MISMATCH, f"an endpoint record of {record.id[:64]!a} of {record.nation[:3]!a}"
            )
        # a core's word about itself, like its heartbeat: the key decides, and no time is asked
        topic = topics.parse(topics.core_status(record.nation).encode())
        self._trust.verify(topic, envelope.key_id, envelope.signature, DOMAIN + envelope.payload)
        if _ADDRESS.fullmatch(record.address) is None or len(record.address) > limits.ADDRESS_MAX:
            raise WireError(Reason.CONTENT, f"an endpoint record with the address {record.address[:40]!a}")
        held = self._signed.get(record.id)
        if held is not None and record.incarnation <= held[0].incarnation:
            return False
        if held is None and len(self._signed) >= limits.RECORDS_MAX:
            raise WireError(Reason.LIMIT, f"more than {limits.RECORDS_MAX} endpoint records")
        self._signed[record.id] = (record, body)
        return True

    def reached(self, core_id: str) -> tuple[str, ...]:
        """Where a core may be reached: first where this machine's operator says."""
        signed = self._signed.get(core_id)
        found = (self._said.get(core_id, ""), signed[0].address if signed else "")
        return tuple(dict.fromkeys(a for a in found if a))

    def cores(self) -> frozenset[str]:
        """The cores that something is known of, by id."""
        return frozenset((*self._said, *self._signed))

    def to_pass_on(self) -> list[bytes]:
        """Every signed record held, as it came."""
        return [body for _, body in self._signed.values()]
