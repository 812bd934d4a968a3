"""Whom a core hears: everybody in a mesh; under a hub the hub alone, while it is there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Final

from fusion.constants import OPERATION, Chosen
from nodes.coalition import core_id
from nodes.link import topics
from nodes.link.directory import EndpointRecord
from nodes.link.trust import Peer
from nodes.names import nations_of

HUB_LOST_S: Final[
    Annotated[
        float,
        Chosen(
            "s",
            "wall time without a word of the hub after which a core receives from the others directly",
            OPERATION,
        ),
    ]
] = 3.0


class Topology:
    """The choice of one nation's core. ``hub`` is the nation that relays everything; None: a mesh.

    What the hub's nation itself may not read never touches it: that is heard of its originator.
    """

    def __init__(self, nation: str, hub: str | None) -> None:
        self._nation = nation
        self._hub = hub
        self._since_s: float | None = None
        """When the hub was first looked for."""
        self._lost = False
        self._beside: dict[tuple[str, str], frozenset[str]] = {}

    @property
    def hub(self) -> str:
        """The nation whose core relays everything; empty in a mesh."""
        return self._hub or ""

    @property
    def relays(self) -> bool:
        """Whether this core is the hub."""
        return self._hub == self._nation

    def choose(
        self,
        endpoints: dict[str, EndpointRecord],
        wanted: Iterable[str],
        received_s: Mapping[str, float],
        now_s: float,
    ) -> dict[str, EndpointRecord]:
        """Whom to receive from of those that are there.

        ``wanted`` are the topics that this core receives, ``received_s`` tells when each nation's core last
        spoke. A hub that stays silent for HUB_LOST_S counts as lost: all are heard as in a mesh until it
        speaks again.
        """
        if self._hub is None or self.relays:
            return endpoints
        if self._since_s is None:
            self._since_s = now_s
        self._lost = now_s - max(self._since_s, received_s.get(self._hub, 0.0)) > HUB_LOST_S
        if self._lost:
            return endpoints
        self._beside = _beside(wanted, self._hub)
        hub = core_id(self._hub)
        return {i: e for i, e in endpoints.items() if i == hub or self._beside_of(e)}

    def only(self, endpoint: EndpointRecord | Peer) -> frozenset[str] | None:
        """What to receive of a process; None: everything."""
        if self._hub is None or self.relays or self._lost or endpoint.id == core_id(self._hub):
            return None
        return self._beside_of(endpoint)

    def _beside_of(self, endpoint: EndpointRecord | Peer) -> frozenset[str]:
        source = endpoint.id if endpoint.role == "node" else endpoint.nation
        return self._beside.get((endpoint.role, source), frozenset())


def _beside(wanted: Iterable[str], hub: str) -> dict[tuple[str, str], frozenset[str]]:
    """By role and source: the topics that the hub may not have."""
    found: dict[tuple[str, str], set[str]] = {}
    for text in wanted:
        topic = topics.parse(text.encode())
        if topic.stream and hub not in nations_of(topic.stream):
            role = "node" if topic.kind in (topics.REPORT, topics.STATUS) else "core"
            found.setdefault((role, topic.source), set()).add(text)
    return {key: frozenset(texts) for key, texts in found.items()}
