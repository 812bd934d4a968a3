"""A process's place on the net: what it publishes, what it is asked, whom it hears."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterable
from typing import Annotated, Final, Literal

import zmq

from fusion.constants import OPERATION, Chosen
from nodes.control import clock
from nodes.link import limits, topics
from nodes.link.directory import Directory, EndpointRecord
from nodes.link.errors import Reason, WireError
from nodes.link.journal import Journal
from nodes.link.publisher import Publisher
from nodes.link.receiver import Receiver
from nodes.link.records import Addresses
from nodes.link.rejections import Rejections
from nodes.link.requests import RequestService
from nodes.link.sign_anew import signed_anew
from nodes.link.sockets import LOOPBACK, Poller, new_context
from nodes.link.trunk import Trunk
from nodes.link.trust import Peer, Trust
from nodes.link.zap import Gate

LOOK_S: Final[Annotated[float, Chosen("s", "how often the coalition directory is looked at", OPERATION)]] = (
    0.2
)

Role = Literal["node", "core"]


Choose = Callable[[dict[str, EndpointRecord]], dict[str, EndpointRecord]]
"""Of the live processes of the directory, those to be connected to."""


def everybody(endpoints: dict[str, EndpointRecord]) -> dict[str, EndpointRecord]:
    """Connect to all."""
    return endpoints


def nobody(_: dict[str, EndpointRecord]) -> dict[str, EndpointRecord]:
    """Connect to none: only be connected to."""
    return {}


class Listener:
    """Hears others and is heard by nobody: a recorder, a gateway, a page."""

    def __init__(
        self, directory: Directory, trust: Trust, prefixes: Iterable[str], choose: Choose = everybody
    ) -> None:
        self.directory = directory
        self.trust = trust
        self.rejections = Rejections()
        self._context = new_context()
        self._poller = Poller()
        self.receiver = Receiver(self._context, self._poller, self.rejections, trust, prefixes)
        self._choose = choose
        self._look_s = 0.0
        self._impostors: set[EndpointRecord] = set()

    def wake_on(self, descriptor: int) -> None:
        """``wait`` returns too when this file descriptor can be read."""
        self._poller.register(descriptor, zmq.POLLIN)

    def forget(self, descriptor: int) -> None:
        """No longer wake on this file descriptor."""
        self._poller.unregister(descriptor)

    def wait(self, timeout_s: float) -> None:
        """Sleep until something can be read, or for ``timeout_s`` seconds."""
        due_s = self.receiver.repairs.next_due_s()
        if due_s is not None:
            timeout_s = min(timeout_s, max(0.0, due_s - clock.monotonic_s()))
        self._poller.wait(math.ceil(timeout_s * 1e3))

    def look(self, now_s: float) -> None:
        """Now and then, look who is there, and whether the policy has changed."""
        if now_s >= self._look_s:
            self._look_s = now_s + LOOK_S
            self.trust.refresh()
            self.receiver.follow(self._choose(self.others()))

    def others(self) -> dict[str, EndpointRecord]:
        """Every live process but this one that the policy knows with the key it claims."""
        return {name: e for name, e in self.directory.endpoints().items() if self._believed(e)}

    def _believed(self, endpoint: EndpointRecord) -> bool:
        if self.trust.serves(endpoint.peer, endpoint.server_key):
            self._impostors.discard(endpoint)
            return True
        if endpoint not in self._impostors:
            self._impostors.add(endpoint)
            text = f"its entry names a key that is not {endpoint.id}'s by the policy"
            self.rejections(endpoint.id, WireError(Reason.STRANGER, text))
        return False

    def close(self) -> None:
        """Close every socket."""
        self.receiver.close()
        self._context.term()


class LinkEndpoint(Listener):
    """A node or a core: bound, registered, heard. Raises BadInput where another process has its id.

    A core keeps the reports of all nodes in ``publisher.journals`` and the last heartbeats in
    ``publisher.latest``, from where its neighbours have them again.
    """

    def __init__(
        self,
        directory: Directory,
        trust: Trust,
        process_id: str,
        role: Role,
        nation: str,
        *,
        prefixes: Iterable[str] = (),
        choose: Choose = everybody,
        host: str = LOOPBACK,
        addresses: Addresses | None = None,
        incarnation: int = 0,
    ) -> None:
        directory.claim(process_id)
        super().__init__(directory, trust, prefixes, choose)
        self.id = process_id
        self._role: Role = role
        self._nation = nation
        self._gate = Gate(self._context, self._poller, host, trust, self.rejections)
        self.publisher = Publisher(self._gate, self.rejections, trust.rights)
        if role == "core":
            self.publisher.journals[topics.REPORT] = Journal(limits.ARCHIVE_BYTES_MAX)
        self.requests = RequestService(
            self._gate, self.publisher.journals, self.publisher.latest, self.rejections, trust.rights
        )
        self.trunk: Trunk | None = None
        """The lines to other machines, where ``addresses`` says of any."""
        if addresses is not None and (addresses.listen or addresses.peers):
            self.trunk = self._lay_trunk(Peer(process_id, nation, role), addresses, incarnation)
        self._keys = trust.transport
        """That the sockets were opened with."""
        self._mind_s = 0.0
        self._signed_by = 0
        """The version of the policy by which what is published is signed."""

    def _lay_trunk(self, me: Peer, addresses: Addresses, incarnation: int) -> Trunk:
        trunk = Trunk(
            self._context, self._poller, self.trust, self.rejections, self._gate, me, addresses, incarnation
        )
        self.receiver.use(trunk)
        self.publisher.elsewhere = trunk.publish
        trunk.answer = lambda request, peer: self.requests.reply_to([request], peer)
        trunk.wanted = self._wanted_of
        return trunk

    def _wanted_of(self, peer: Peer) -> Iterable[str]:
        only = self.receiver.only(peer)
        return self.receiver.prefixes if only is None else only

    @property
    def record(self) -> EndpointRecord:
        """Where this process is reached."""
        return EndpointRecord(
            id=self.id,
            role=self._role,
            nation=self._nation,
            pid=os.getpid(),
            pub=self.publisher.endpoint,
            request=self.requests.endpoint,
            curve=self._keys.public.hex() if self._keys else "",
        )

    def register(self) -> None:
        """Tell the others that this process can be reached."""
        self.directory.register(self.record)

    def serve(self) -> None:
        """Let peers in, grant subscriptions and answer requests that have come; now and then, look
        whether somebody who was let in may still be here."""
        now_s = clock.monotonic_s()
        if now_s >= self._mind_s:
            self._mind_s = now_s + LOOK_S
            self._mind()
        self._gate.serve()
        self.publisher.serve()
        self.requests.serve()
        if self.trunk is not None and self._role == "node":
            for _ in self.trunk.receive(now_s):  # a node hears nobody: it is asked
                pass

    def _mind(self) -> None:
        """libzmq cannot break one peer's connection: all are broken, and those who may come back. A new
        key of this process's own takes effect in the same way."""
        self.trust.refresh()
        self._sign_anew()
        keys = self.trust.transport
        lost = self._gate.lost()
        if self.trunk is not None:
            self.trunk.tend(clock.monotonic_s(), self.others())
            if lost:
                self.trunk.reopen()
        if lost or keys != self._keys:
            self._keys = keys
            self.publisher.reopen()
            self.requests.reopen()
            self.register()

    def _sign_anew(self) -> None:
        """Where a newer version of the policy says that a key did not count with which this process has
        published, publish that again under the key that did: nothing of it counts otherwise."""
        if self._signed_by == self.trust.version:
            return
        self._signed_by = self.trust.version
        kind = topics.REPORT if self._role == "node" else topics.WARNING
        journal = self.publisher.journals[kind]
        for topic, incarnation, sequence, body in signed_anew(journal, self.trust):
            journal.replace(topic, incarnation, sequence, [body])
            self.publisher.send([topic.encode(), body])

    def others(self) -> dict[str, EndpointRecord]:
        return {name: e for name, e in super().others().items() if name != self.id}

    def close(self, in_a_hurry: bool = False) -> None:
        """Withdraw, send what is queued, unless there is a hurry, close."""
        self.directory.withdraw(self.record)
        self.publisher.close(in_a_hurry)
        self.requests.close()
        if self.trunk is not None:
            self.trunk.close()
        self._gate.close()
        super().close()
