"""A virtual clock, hosts on a virtual network, and one thing after the other: the same seed, the same run."""

from __future__ import annotations

import heapq
import itertools
import random
from collections import Counter
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from virtual_zmq import Context, Pipe, Socket

from nodes import coalition
from nodes.control import clock
from nodes.control.piped_clock import TimeSource
from nodes.core.durable_journal import DurableJournal
from nodes.errors import BadInput
from nodes.link import endpoint as endpoint_module
from nodes.link.directory import EndpointRecord
from nodes.link.endpoint import LinkEndpoint

START_NS = 1_719_446_400_000_000_000
TICK_S = 0.02
"""Whatever comes within one tick is seen in the same turn, as on a busy machine."""


@dataclass(slots=True)
class Link:
    """What every connection does to what it carries."""

    delay_s: float = 0.01
    jitter_s: float = 0.02
    loss: float = 0.0
    repeat: float = 0.0
    reorder: float = 0.0


class Host:
    """One process on a machine of its own; `start` again after `kill` is another process."""

    def __init__(self, world: World, name: str, program: Callable[[Host], Running]) -> None:
        self.world, self.name = world, name
        self.starts = 0
        self.running: Running | None = None
        self.sockets: list[Socket] = []
        self.paused = False
        self.skew_s = 0.0
        """What this machine's clocks show more than the others'."""
        self._program = program
        self._due_s = float("inf")

    def start(self) -> None:
        """Start the program."""
        assert self.running is None
        self.starts += 1
        self.sockets = []
        with self.world.of(self):
            self.running = self._program(self)
        self.wake()

    def wake(self, after_s: float = 0.0) -> None:
        """Let it have a turn."""
        due_s = (int((self.world.now + after_s) / TICK_S) + 1) * TICK_S
        if due_s < self._due_s:
            self._due_s = due_s
            self.world.at(due_s, lambda: self._turn(due_s))

    def _turn(self, due_s: float) -> None:
        if due_s != self._due_s:
            return
        self._due_s = float("inf")
        if self.running is None or self.paused:
            return
        running = self.running
        with self.world.of(self):
            try:
                wait_s = next(running.turns)
            except StopIteration:
                running.close()
                self.running = None
                return
            repair_s = running.repair_due_s()
        if repair_s is not None:
            wait_s = min(wait_s, max(0.0, repair_s - self.world.now))
        self.wake(wait_s)

    def stop(self) -> None:
        """Ask it to leave in good order, as SIGTERM does."""
        if self.running is not None:
            self.running.time_source.stop = True
            self.wake()

    def kill(self) -> None:
        """End it without a word, as SIGKILL does."""
        if self.running is None:
            return
        running, self.running = self.running, None
        self.world.count("killed")
        running.die()
        for socket in self.sockets:
            socket.close()
        self.world.forget(self)


@dataclass(slots=True)
class Running:
    """A program that runs on a host."""

    turns: Generator[float, None, None] | Iterator[float]
    time_source: VirtualTimeSource
    repair_due_s: Callable[[], float | None]
    close: Callable[[], object]
    die: Callable[[], object]
    """What a killed process leaves behind on its disk."""
    process: Any
    endpoint: LinkEndpoint
    """Its place on the net."""
    journal: DurableJournal | None = None


class VirtualTimeSource(TimeSource):
    """Scenario time is the host's own clock."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self.wake_fd = -1

    def limit_ns(self) -> int:
        return START_NS + round((self._host.world.now + self._host.skew_s) * 1e9)

    def wake(self) -> None:
        self._host.wake()

    def acknowledge(self) -> None:
        return None


class Registry:
    """The coalition directory as a service that every host sees: who is where."""

    def __init__(self, world: World) -> None:
        self.root = Path()
        self._world = world

    def claim(self, process_id: str) -> None:
        """Be the process of this id. Raises BadInput where another is."""
        holder = self._world.claims.setdefault(process_id, self._world.current)
        if holder is not self._world.current:
            raise BadInput(f"{process_id} runs already")

    def register(self, record: EndpointRecord) -> None:
        self.claim(record.id)
        self._world.records[record.id] = record

    def withdraw(self, record: EndpointRecord) -> None:
        if self._world.records.get(record.id) == record:
            del self._world.records[record.id]
        self._world.claims.pop(record.id, None)

    def endpoints(self) -> dict[str, EndpointRecord]:
        return dict(self._world.records)


class World:
    """Everything that a run shares."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.now = 0.0
        self.link = Link()
        self.hosts: dict[str, Host] = {}
        self.bound: dict[str, Socket] = {}
        self.pipes: list[Pipe] = []
        self.claims: dict[str, Host | None] = {}
        self.records: dict[str, EndpointRecord] = {}
        self.cuts: set[tuple[str, str]] = set()
        """One-way cuts: from, to."""
        self.counts: Counter[str] = Counter()
        """How often each fault, and each way to mend one, came up."""
        self.incarnations: Counter[str] = Counter()
        self.current: Host | None = None
        self.orders: Any = None
        """The policy."""
        self.warnings: dict[str, list[Any]] = {}
        """By nation, all that its core warned of."""
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        self._numbers = itertools.count()
        self._ports = itertools.count(10_000)

    def random_for(self, name: str) -> random.Random:
        """A source of its own for everything that draws: one more draw here changes nothing there."""
        return random.Random(f"{self.seed} {name}")

    def count(self, what: str) -> None:
        """Something came up."""
        self.counts[what] += 1

    def at(self, time_s: float, do: Callable[[], None]) -> None:
        """Do something later."""
        heapq.heappush(self._events, (max(time_s, self.now), next(self._numbers), do))

    def run(self, until_s: float) -> None:
        """Let time pass."""
        while self._events and self._events[0][0] <= until_s:
            self.now, _, do = heapq.heappop(self._events)
            do()
        self.now = until_s

    def host(self, name: str, program: Callable[[Host], Running]) -> Host:
        """A new host."""
        made = self.hosts[name] = Host(self, name, program)
        return made

    @contextmanager
    def of(self, host: Host) -> Iterator[None]:
        """What happens within is done by a host."""
        before, self.current = self.current, host
        try:
            yield
        finally:
            self.current = before

    def new_address(self, socket: Socket) -> str:
        """Where a socket is bound."""
        address = f"tcp://10.0.0.1:{next(self._ports)}"
        self.bound[address] = socket
        return address

    def forget(self, host: Host) -> None:
        """A host's process is dead: its names are free."""
        for name in [name for name, holder in self.claims.items() if holder is host]:
            del self.claims[name]
            self.records.pop(name, None)

    def is_cut(self, source: Host, target: Host) -> bool:
        """Whether nothing gets through from one to the other."""
        return bool(self.cuts) and (source.name, target.name) in self.cuts

    def heal(self, cuts: set[tuple[str, str]]) -> None:
        """These cuts are over."""
        self.cuts -= cuts
        self.pipes = [pipe for pipe in self.pipes if not pipe.closed]
        for pipe in self.pipes:
            pipe.heal()

    @contextmanager
    def ruling(self) -> Iterator[None]:
        """Within, the product's clocks, sockets, directory and counts of starts are this world's."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(clock, "monotonic_s", lambda: self.now)
            patch.setattr(clock, "monotonic_ns", lambda: round(self.now * 1e9) + 1)
            patch.setattr(clock, "utc_ns", self._utc_ns)
            patch.setattr(endpoint_module, "new_context", lambda: Context(self._running()))
            patch.setattr(coalition, "next_incarnation", self._next_incarnation)
            yield

    def _running(self) -> Host:
        assert self.current is not None
        return self.current

    def _utc_ns(self) -> int:
        skew_s = self.current.skew_s if self.current else 0.0
        return START_NS + round((self.now + skew_s) * 1e9)

    def _next_incarnation(self, root: Path, nation: str, process_id: str) -> int:
        self.incarnations[process_id] += 1
        return self.incarnations[process_id]
