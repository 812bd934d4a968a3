"""What comes into a core: reports into the picture, heartbeats into punctuation, both kept for neighbours."""

from __future__ import annotations

import logging

from fusion import Picture, ReportError
from nodes.coalition import Policy
from nodes.link import topics
from nodes.link.codec import Received
from nodes.link.errors import Reason, WireError
from nodes.link.station import Station
from triwatch.v1 import status_pb2

_log = logging.getLogger("triwatch.core")


class Intake:
    """Takes what the link received into ``picture``."""

    def __init__(self, station: Station, picture: Picture, policy: Policy, nation: str) -> None:
        self._station = station
        self._picture = picture
        self._nation = nation
        self.follow(policy)
        station.receiver.check = self._check
        self.clock_ns: list[int] = []
        """When the reports were published that no picture update has shown yet; emptied by the outlet."""
        self.fresh = 0
        """Reports that no picture update has shown yet; reset by the outlet."""
        self.heard: dict[str, status_pb2.NodeStatus] = {}
        """The last heartbeat of each node."""
        self.statuses = 0
        """Heartbeats of nodes taken in."""
        self._neighbours: dict[str, str] = {}

    def follow(self, policy: Policy) -> None:
        """Hear the nodes that ``policy`` releases to this nation."""
        self.members = {n.id: n for n in policy.released_to(self._nation)}
        self._station.receiver.listen(
            [
                *(topics.report(n.stream, n.id) for n in self.members.values()),
                *(topics.status(node_id) for node_id in self.members),
                *(topics.core_status(nation) for nation in policy.nations if nation != self._nation),
            ]
        )

    def take(self, received: Received) -> bool:
        """Take one message in; False where it is refused, which is counted."""
        try:
            if received.topic.kind == topics.REPORT:
                self._report(received)
            elif received.topic.kind == topics.STATUS:
                self._status(received)
            else:
                self._neighbour(received.message)
        except WireError as error:
            self._station.rejections(received.topic.text, error)
            return False
        return True

    def left(self) -> list[str]:
        """Nodes that said goodbye and of whose reports none is missing."""
        numbers = self._station.receiver.repairs.numbers
        return [
            node_id
            for node_id, status in self.heard.items()
            if status.state == status_pb2.NODE_STATE_LEAVING
            and all(
                numbers(topics.report(p.stream, node_id), status.incarnation).complete_to >= p.last_sequence
                for p in status.punctuation
                if topics.report(p.stream, node_id) == self._topic(node_id)
            )
        ]

    def unheard(self) -> list[str]:
        """Nodes of the policy whose heartbeat never came."""
        return [node_id for node_id in self.members if node_id not in self.heard]

    def _topic(self, node_id: str) -> str:
        return topics.report(self.members[node_id].stream, node_id)

    def _check(self, received: Received) -> None:
        """A node speaks for the nation that the policy says."""
        member = self.members.get(received.topic.source)
        if member is not None and received.message.nation != member.nation:
            raise WireError(Reason.MISMATCH, f"nation {received.message.nation!r}, by policy {member.nation}")

    def _report(self, received: Received) -> None:
        try:
            self._picture.fold(received.message, received.payload)
        except ReportError as error:
            raise WireError(Reason.CONTENT, str(error)) from None
        self.fresh += 1
        self.clock_ns += received.clock_ns[:1]
        clock_ns = received.clock_ns[0] if received.clock_ns else 0
        self._station.publisher.journals[topics.REPORT].keep(
            received.topic.text, received.incarnation, received.sequence, received.body, clock_ns
        )

    def _status(self, received: Received) -> None:
        status, known = received.message, self.heard.get(received.topic.source)
        if known is None or (status.incarnation, status.time_ns) >= (known.incarnation, known.time_ns):
            self.heard[received.topic.source] = status
            self._station.publisher.latest[received.topic.text] = received.body
        self._picture.punctuate(status)
        self.statuses += 1

    def _neighbour(self, status: status_pb2.CoreStatus) -> None:
        """Equal reports must give equal pictures; that they do not would be this program's fault."""
        if status.input_digest != self._picture.input_digest() or not status.picture_digest:
            return
        mine = self._picture.digest()
        if status.picture_digest != mine and self._neighbours.get(status.nation) != status.input_digest:
            self._neighbours[status.nation] = status.input_digest
            _log.error(
                "%s makes another picture of the same reports %s: %s, here %s",
                status.nation,
                status.input_digest,
                status.picture_digest,
                mine,
            )
