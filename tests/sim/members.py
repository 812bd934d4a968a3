"""The members of a simulated coalition: the product's node and core processes, on virtual hosts."""

from __future__ import annotations

import atexit
import functools
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import once
import orders
from orders import Orders, SimulatedTrust, first_rings
from world import START_NS, Host, Registry, Running, VirtualTimeSource, World

import warning_kit
from nodes import coalition
from nodes.coalition import Member, Policy
from nodes.coalition.chain import load
from nodes.coalition.keys import Ring, new_ring, ring_file
from nodes.core import late
from nodes.core import process as core_process
from nodes.core.durable_journal import DurableJournal
from nodes.core.process import CoreProcess
from nodes.core.warnings import Warner
from nodes.link.endpoint import LinkEndpoint, nobody
from nodes.sensor_node import process as node_process
from nodes.sensor_node.process import NodeProcess
from nodes.sensor_node.report_log import ReportLog
from triwatch.v1 import status_pb2, track_pb2

NATIONS = ("JPN", "KOR", "USA")
NODES = ("JPN-1", "KOR-1", "KOR-2", "KOR-9", "USA-1")
JOINS = "JPN-2"
"""A node that is no member at first."""
SEES_MISSILES = ("JPN-1", "KOR-1")
PERIOD_NS = 1_000_000_000
AHEAD_NS = 1_000_000_000
"""So long before its first report a node that starts again announces itself."""
SEGMENT_BYTES = 32 << 10
"""Of cores' journals: so small that they have checkpoints to start from."""
MISSILES = 0.4
"""Runs with a missile: warnings take time."""
STREAM = ""
"""Released to every member."""

Spoil = Callable[[track_pb2.TrackBatch], track_pb2.TrackBatch | None]
"""What a faulty node makes of its report before it signs it."""
Lie = Callable[[status_pb2.NodeStatus], None]
"""What a lying node makes of its heartbeat before it signs it."""


@functools.cache
def home() -> Path:
    """The simulations' coalition; nothing is written into it."""
    folder = Path(tempfile.mkdtemp(prefix="triwatch-sim-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    nodes = tuple(Member(id=name, nation=name[:3]) for name in NODES)
    coalition.found(folder, Policy(nations=NATIONS, nodes=nodes))
    return folder


@functools.cache
def _founded() -> tuple[coalition.Coalition, dict[str, Ring]]:
    return load(home()), first_rings(home())


@functools.cache
def newcomer() -> Ring:
    """The keys of the node that joins."""
    return new_ring(JOINS, JOINS[:3], "node", _founded()[0].id)


def begin_orders(world: World) -> Orders:
    """The policy as a run begins."""
    coalition, rings = _founded()
    return Orders(world, coalition.chain[0], rings)


class Life:
    """A node without sensors: it sees two aircraft, and a missile where there is one, and reports them once a
    second."""

    def __init__(self, node_id: str, incarnation: int, from_ns: int, missile: bool = False) -> None:
        self._missile = missile and node_id in SEES_MISSILES
        self.id, self.incarnation = node_id, incarnation
        self.time_ns = from_ns
        self.began_ns = from_ns
        """When its first report is valid."""
        self.sequence = 0
        self.reported_ns = from_ns - 1
        self.spoil: Spoil | None = None
        self.lie: Lie | None = None
        self.done = False
        self.ends_ns = 2**62
        """It reports nothing later; it lives on."""
        self._next_ns = from_ns

    def advance(self, until_ns: int) -> Iterator[track_pb2.TrackBatch]:
        """Report up to a time."""
        until_ns = min(until_ns, self.ends_ns)
        while self._next_ns <= until_ns:
            self.time_ns = self.reported_ns = self._next_ns
            self._next_ns += PERIOD_NS
            self.sequence += 1
            made = self.report()
            if self.spoil is not None:
                spoilt = self.spoil(made)
                if spoilt is None:
                    continue
                made = spoilt
            yield made
        self.time_ns = max(self.time_ns, until_ns)

    def statuses(self) -> list[status_pb2.NodeStatus]:
        """The heartbeat."""
        status = status_pb2.NodeStatus(
            node_id=self.id,
            nation=self.id[:3],
            incarnation=self.incarnation,
            state=status_pb2.NODE_STATE_ALIVE,
            time_ns=self.time_ns,
        )
        status.punctuation.add(stream=STREAM, last_sequence=self.sequence, low_watermark_ns=self.reported_ns)
        if self.lie is not None:
            self.lie(status)
        return [status]

    def report(self) -> track_pb2.TrackBatch:
        """What it sees now."""
        number = (*NODES, JOINS).index(self.id)
        age_s = (self.time_ns - START_NS) * 1e-9
        rows = range(2)
        offset_m = 15.0 * ((number * 7 + self.sequence * 3) % 5 - 2)
        batch = track_pb2.TrackBatch(
            node_id=self.id,
            nation=self.id[:3],
            incarnation=self.incarnation,
            sequence=self.sequence,
            stream=STREAM,
            sent_time_ns=self.time_ns,
            exercise=True,
            local_number=[row + 1 for row in rows],
            valid_time_ns=[self.time_ns for _ in rows],
            state=[
                x
                for row in rows
                for x in (6.4e6, 2e4 * row + 200.0 * age_s + offset_m, 3e4 * row, 0.0, 200.0, 0.0)
            ],
            covariance=[900.0 if c == r else 0.0 for _ in rows for r in range(6) for c in range(r + 1)],
            environment=[track_pb2.ENVIRONMENT_AIR for _ in rows],
            status=[track_pb2.TRACK_STATUS_MAINTAINING for _ in rows],
            process_noise=[1.0 for _ in rows],
        )
        if self._missile and age_s < 200.0:
            self._add_missile(batch, age_s)
        return batch

    def _add_missile(self, batch: track_pb2.TrackBatch, age_s: float) -> None:
        """The missile, launched before anybody looked."""
        state = warning_kit.at(warning_kit.flight(300.0, 700.0)[0], 60.0 + age_s)
        off_m = 30.0 * np.sin((self.sequence + len(self.id)) * np.arange(1.0, 7.0))
        off_m[3:] *= 0.05
        batch.local_number.append(3)
        batch.valid_time_ns.append(self.time_ns)
        batch.state.extend((state + off_m).tolist())
        variance = [900.0, 900.0, 900.0, 4.0, 4.0, 4.0]
        batch.covariance.extend(variance[r] if c == r else 0.0 for r in range(6) for c in range(r + 1))
        batch.environment.append(track_pb2.ENVIRONMENT_SPACE)
        batch.status.append(track_pb2.TRACK_STATUS_MAINTAINING)
        batch.process_noise.append(1.0)


def node(lives: dict[str, Life], disk: Path) -> Callable[[Host], Running]:
    """The program of a node, which keeps what it publishes in ``disk``; ``lives`` has their last lives."""

    def begin(host: Host) -> Running:
        time_source = VirtualTimeSource(host)
        incarnation = coalition.next_incarnation(Path(), host.name[:3], host.name)
        ahead_ns = 0 if incarnation == 1 else AHEAD_NS
        from_ns = -(-(time_source.limit_ns() + ahead_ns) // PERIOD_NS) * PERIOD_NS
        missile = host.world.random_for("missile").random() < MISSILES
        life = lives[host.name] = Life(host.name, incarnation, from_ns, missile)
        endpoint = LinkEndpoint(
            Registry(host.world),
            SimulatedTrust(host.world.orders, host),
            host.name,
            "node",
            host.name[:3],
            choose=nobody,  # type: ignore[arg-type]
        )
        ring_file(disk, host.name[:3], host.name).parent.mkdir(parents=True, exist_ok=True)
        log = ReportLog(disk, host.name[:3], host.name, incarnation)
        process = NodeProcess(life, endpoint, time_source, log)
        start = host.starts

        def tick() -> None:
            if host.starts == start:
                host.wake()
                host.world.at(host.world.now + PERIOD_NS * 1e-9, tick)

        tick()
        return Running(
            turns=process.turns(),
            time_source=time_source,
            repair_due_s=endpoint.receiver.repairs.next_due_s,
            close=lambda: (endpoint.close(), log.close()),
            die=lambda: (_die(endpoint), log.close()),
            process=process,
            endpoint=endpoint,
        )

    return begin


def core(disk: Path | None) -> Callable[[Host], Running]:
    """The program of a core, with a journal in ``disk`` where one is given."""

    def begin(host: Host) -> Running:
        nation = host.name.removeprefix("core-")
        time_source = VirtualTimeSource(host)
        journal = DurableJournal(disk / host.name, segment_bytes=SEGMENT_BYTES) if disk else None
        trust = SimulatedTrust(host.world.orders, host)
        told = host.world.warnings.setdefault(nation, [])

        def warner(incarnation: int, track_release: object) -> Warner:
            return Warner(nation, incarnation, trust.coalition.at, told.append)

        process = CoreProcess(home(), trust, nation, time_source, journal=journal, warner=warner)

        def die() -> None:
            _die(process.endpoint)
            if journal is not None:
                journal.close()

        return Running(
            turns=process.turns(),
            time_source=time_source,
            repair_due_s=process.endpoint.receiver.repairs.next_due_s,
            close=process.close,
            die=die,
            process=process,
            endpoint=process.endpoint,
            journal=journal,
        )

    return begin


def _die(endpoint: LinkEndpoint) -> None:
    """The system takes back what a dead process had open."""
    for journal in endpoint.publisher.journals.values():
        journal.close()


def prepare(patch: Any, world: World) -> None:
    """Cores see this world's directory, and find the kernels warm; signatures cost nothing, and missiles are
    worked out once."""
    newcomer()  # with signatures that count
    orders.prepare(patch)
    once.prepare(patch)
    patch.setattr(core_process, "Directory", lambda root: Registry(world))
    # a node sleeps until it has something to say: by hand it would look at its clock fifty times a second
    patch.setattr(node_process, "WALL_STEP_S", 1.0)
    # no work takes any time here, and nothing would ever wait
    costs = world.random_for("late reports")
    patch.setattr(late.LateReports, "cost_s", lambda *_: 0.2 * costs.random())
    patch.setattr(late, "LATE_MOMENTS", 6)
    patch.setattr(core_process, "warm_fold", lambda: None)
    patch.setattr(core_process, "warm_warning", lambda: None)
