"""A process's place on the net: what it publishes, what it is asked, whom it hears."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterable
from typing import Literal

import zmq

from nodes import clock
from nodes.link import limits, topics
from nodes.link.directory import Directory, Endpoint
from nodes.link.journal import Journal
from nodes.link.publisher import Publisher
from nodes.link.receiver import Receiver
from nodes.link.rejections import Rejections
from nodes.link.requests import RequestService
from nodes.link.sockets import LOOPBACK, new_context

LOOK_S = 0.2
"""How often the coalition directory is looked at."""

Role = Literal["node", "core"]


Choose = Callable[[dict[str, Endpoint]], dict[str, Endpoint]]
"""Of the live processes of the directory, those to be connected to."""


def everybody(endpoints: dict[str, Endpoint]) -> dict[str, Endpoint]:
    """Connect to all."""
    return endpoints


class Listener:
    """Hears others and is heard by nobody: a recorder, a gateway, a page."""

    def __init__(self, directory: Directory, prefixes: Iterable[str], choose: Choose = everybody) -> None:
        self.directory = directory
        self.rejections = Rejections()
        self._context = new_context()
        self._poller = zmq.Poller()
        self.receiver = Receiver(self._context, self._poller, self.rejections, prefixes)
        self._choose = choose
        self._look_s = 0.0

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
        self._poller.poll(math.ceil(timeout_s * 1e3))

    def look(self, now_s: float) -> None:
        """Now and then, look who is there."""
        if now_s >= self._look_s:
            self._look_s = now_s + LOOK_S
            self.receiver.follow(self._choose(self.others()))

    def others(self) -> dict[str, Endpoint]:
        """Every live process but this one."""
        return self.directory.endpoints()

    def close(self) -> None:
        """Close every socket."""
        self.receiver.close()
        self._context.term()


class Station(Listener):
    """A node or a core: bound, registered, heard.

    A core keeps the reports of all nodes in ``publisher.journals`` and the last heartbeats in
    ``publisher.latest``, from where its neighbours have them again.
    """

    def __init__(
        self,
        directory: Directory,
        process_id: str,
        role: Role,
        nation: str,
        *,
        prefixes: Iterable[str] = (),
        choose: Choose = everybody,
        host: str = LOOPBACK,
    ) -> None:
        super().__init__(directory, prefixes, choose)
        self.id = process_id
        self.publisher = Publisher(self._context, host, self.rejections)
        if role == "core":
            self.publisher.journals[topics.REPORT] = Journal(limits.ARCHIVE_BYTES_MAX)
        self.requests = RequestService(
            self._context, host, self.publisher.journals, self.publisher.latest, self.rejections
        )
        self.requests.nation = nation
        for socket in (self.publisher.socket, self.requests.socket):
            self._poller.register(socket, zmq.POLLIN)
        self.endpoint = Endpoint(
            id=process_id,
            role=role,
            nation=nation,
            pid=os.getpid(),
            pub=self.publisher.endpoint,
            request=self.requests.endpoint,
        )

    def register(self) -> None:
        """Tell the others that this process can be reached."""
        self.directory.register(self.endpoint)

    def serve(self) -> None:
        """Grant subscriptions and answer requests that have come."""
        self.publisher.serve()
        self.requests.serve()

    def others(self) -> dict[str, Endpoint]:
        return {name: e for name, e in super().others().items() if name != self.id}

    def close(self, in_a_hurry: bool = False) -> None:
        """Withdraw, send what is queued, unless there is a hurry, close."""
        self.directory.withdraw(self.endpoint)
        self.publisher.close(in_a_hurry)
        self.requests.close()
        super().close()
