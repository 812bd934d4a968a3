"""What goes wrong in a simulated run: each seed a random subset of the faults, at random moments."""

from __future__ import annotations

import errno
import random
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import liars
from members import JOINS, NATIONS, NODES, STREAM, Life, newcomer, node
from world import Host, World

from nodes.admission import LEAVING
from nodes.coalition import Member
from nodes.coalition.keys import ring_file
from nodes.core.journal_files import segments
from nodes.link import topics
from triwatch.v1 import track_pb2

CALM_S = 40.0
"""From here on nothing more goes wrong: by the end all has to be well."""
SILENT_S = 56.0
"""Nodes report nothing later, so that at the end nothing is under way."""
END_S = 60.0


class Fault(NamedTuple):
    """One thing that goes wrong."""

    at_s: float
    kind: str
    target: str
    for_s: float
    amount: float

    def __str__(self) -> str:
        return f"{self.at_s:.1f} s {self.kind} {self.target} for {self.for_s:.1f} s, {self.amount:.2f}"


@dataclass(slots=True)
class Scene:
    """What faults act on."""

    world: World
    lives: dict[str, Life]
    left: set[str]
    """Nodes that left for good."""
    disk: Path
    """Of all machines."""
    let_go: set[str] = field(default_factory=set)
    """Nodes that the members have let go."""
    false: set[str] = field(default_factory=set)
    """Nodes that have lied."""

    def later(self, after_s: float, do: Callable[[], None]) -> None:
        self.world.at(self.world.now + after_s, do)

    def once(
        self, fault: Fault, spoil: Callable[[track_pb2.TrackBatch], track_pb2.TrackBatch | None]
    ) -> None:
        """Let a node's next report be another one."""
        life = self.lives[fault.target]

        def first(batch: track_pb2.TrackBatch) -> track_pb2.TrackBatch | None:
            life.spoil = None
            self.world.count(fault.kind)
            return spoil(batch)

        life.spoil = first


def _link(name: str, unit: float) -> Callable[[Scene, Fault], None]:
    def apply(scene: Scene, fault: Fault) -> None:
        link = scene.world.link
        before = getattr(link, name)
        if name in ("delay_s", "jitter_s"):
            scene.world.count("delayed")
        setattr(link, name, unit * fault.amount)
        scene.later(fault.for_s, lambda: setattr(link, name, before))

    return apply


def _cut(scene: Scene, cuts: set[tuple[str, str]], for_s: float) -> None:
    fresh = cuts - scene.world.cuts
    scene.world.count("cut")
    scene.world.cuts |= fresh
    scene.later(for_s, lambda: scene.world.heal(fresh))


def partition(scene: Scene, fault: Fault) -> None:
    """Two halves that do not reach each other."""
    names = sorted(scene.world.hosts)
    side = {name for name in names if random.Random(f"{fault} {name}").random() < 0.5}
    _cut(scene, {(a, b) for a in names for b in names if (a in side) != (b in side)}, fault.for_s)


def one_way(scene: Scene, fault: Fault) -> None:
    """One host is heard by nobody, and hears all."""
    _cut(scene, {(fault.target, name) for name in scene.world.hosts if name != fault.target}, fault.for_s)


def kill(scene: Scene, fault: Fault) -> None:
    """SIGKILL, and a start after a while."""
    host = scene.world.hosts[fault.target]
    if host.running is None:
        return
    host.kill()
    scene.later(fault.for_s, lambda: _again(scene, host))


def restart(scene: Scene, fault: Fault) -> None:
    """SIGTERM, and a start as soon as it has left."""
    host = scene.world.hosts[fault.target]
    host.paused = False
    host.stop()
    scene.world.count("restarted")
    scene.later(1.5, lambda: _again(scene, host))


def leave(scene: Scene, fault: Fault) -> None:
    """A node leaves in good order and does not come back; one that is down just then cannot."""
    host = scene.world.hosts[fault.target]
    if host.running is None:
        return
    host.paused = False
    host.stop()
    scene.left.add(fault.target)
    scene.world.count("left")
    scene.world.at(CALM_S + 2.0, lambda: _fence_if_unheard(scene, fault.target))


def _fence_if_unheard(scene: Scene, name: str) -> None:
    """A node that left before it learned that its key had ended said goodbye in vain, and is not there to say
    it again: for its members it is dead."""
    hosts = (host for host in scene.world.hosts.values() if host.name in CORES and host.running is not None)
    words = [host.running.process.ingest.newest_statuses().get(name) for host in hosts if host.running]
    rotated = len(scene.world.orders.ring(name).signing) > 1
    if rotated and not any(word is not None and word.state == LEAVING for word in words):
        _fence(scene, name, scene.world.incarnations[name])


def _again(scene: Scene, host: Host) -> None:
    if host.running is None and host.name not in scene.left:
        host.start()


def pause(scene: Scene, fault: Fault) -> None:
    """SIGSTOP, and SIGCONT after a while."""
    host = scene.world.hosts[fault.target]
    host.paused = True
    scene.world.count("paused")

    def go_on() -> None:
        host.paused = False
        host.wake()

    scene.later(fault.for_s, go_on)


def skew(scene: Scene, fault: Fault) -> None:
    """A machine's clock steps ahead."""
    scene.world.hosts[fault.target].skew_s += 5.0 * fault.amount
    scene.world.count("clock ahead")


def back(scene: Scene, fault: Fault) -> None:
    """A machine's clock steps back."""
    scene.world.hosts[fault.target].skew_s -= 5.0 * fault.amount
    scene.world.count("clock back")


def drift(scene: Scene, fault: Fault) -> None:
    """A machine's clock drifts."""
    steps = 20

    def step() -> None:
        scene.world.hosts[fault.target].skew_s += 4.0 * (fault.amount - 0.5) / steps
        scene.world.count("clock drifted")

    for k in range(steps):
        scene.later(fault.for_s * k / steps, step)


def crash_loop(scene: Scene, fault: Fault) -> None:
    """SIGKILL again and again, each time soon after the start."""
    host = scene.world.hosts[fault.target]
    for k in range(3):
        scene.later(1.5 * k, host.kill)
        scene.later(1.5 * k + 0.5, lambda: _again(scene, host))
    scene.world.count("crash loop")


def cut_between_two(scene: Scene, fault: Fault) -> None:
    """Japan and the United States do not reach each other; both reach Korea."""
    of = {nation: [n for n in scene.world.hosts if nation in n] for nation in ("JPN", "USA")}
    pairs = {(a, b) for a in of["JPN"] for b in of["USA"]}
    _cut(scene, pairs | {(b, a) for a, b in pairs}, fault.for_s)
    scene.world.count("cut between two")


def one_by_one(scene: Scene, fault: Fault) -> None:
    """Links stop one after the other, and open again in another order."""
    names = sorted(scene.world.hosts)
    source = random.Random(str(fault))
    links = [(a, b) for a in names for b in names if a < b]
    stopped = source.sample(links, len(links) // 2)
    opens = source.sample(range(len(stopped)), len(stopped))
    for k, (a, b) in enumerate(stopped):
        stop_s = fault.for_s * 0.5 * k / len(stopped)
        open_s = fault.for_s * (0.5 + 0.5 * opens[k] / len(stopped))
        scene.later(stop_s, lambda a=a, b=b, for_s=open_s - stop_s: _cut(scene, {(a, b), (b, a)}, for_s))
    scene.world.count("one by one")


def _die(scene: Scene, fault: Fault, harm: Callable[[Host], None]) -> None:
    """A process dies, something happens to its disk, and it starts again."""
    host = scene.world.hosts[fault.target]
    if host.running is None:
        return
    host.kill()
    harm(host)
    scene.later(fault.for_s, lambda: _again(scene, host))


def _tear(file: Path, fault: Fault) -> None:
    """Cut a file's end off, or turn one bit of it, in its last kilobyte."""
    size = file.stat().st_size
    at = max(0, size - 1 - int(fault.amount * min(size - 1, 1000)))
    data = bytearray(file.read_bytes())
    if fault.amount < 0.5:
        data[at] ^= 1
        file.write_bytes(data)
    else:
        file.write_bytes(data[:at])


def torn_journal(scene: Scene, fault: Fault) -> None:
    """A core's journal ends in the middle of a record, or has a bit turned."""

    def harm(host: Host) -> None:
        files = segments(scene.disk / host.name)
        if files and files[-1].stat().st_size > 100:
            _tear(files[-1], fault)
            scene.world.count("torn journal")

    _die(scene, fault, harm)


def full_disk(scene: Scene, fault: Fault) -> None:
    """Nothing more fits on a core's disk."""
    host = scene.world.hosts[fault.target]
    journal = host.running.journal if host.running is not None else None
    if journal is None:
        return

    def full(_: bytes) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    journal._write = full
    scene.world.count("full disk")


def _log_of(scene: Scene, name: str) -> Path:
    return ring_file(scene.disk, name[:3], name).with_suffix(".reports")


def torn_log(scene: Scene, fault: Fault) -> None:
    """A node loses power, and with it the end of what it had written down."""

    def harm(host: Host) -> None:
        files = sorted(_log_of(scene, host.name).glob("*.log"), key=lambda file: int(file.stem))
        if files and files[-1].stat().st_size > 2000:
            _tear(files[-1], fault)
            scene.world.count("torn log")

    _die(scene, fault, harm)


def lost_disk(scene: Scene, fault: Fault) -> None:
    """A node loses all that it had written down, and the members fence its start off."""

    def harm(host: Host) -> None:
        shutil.rmtree(_log_of(scene, host.name), ignore_errors=True)
        scene.world.count("lost disk")
        starts = host.world.incarnations[host.name]
        scene.later(2.0, lambda: _fence(scene, host.name, starts))

    _die(scene, fault, harm)


def dead(scene: Scene, fault: Fault) -> None:
    """A node is killed and never comes back; the members fence it off."""
    host = scene.world.hosts[fault.target]
    if host.running is None:
        return
    host.kill()
    scene.left.add(fault.target)
    scene.later(2.0, lambda: _fence(scene, fault.target, scene.world.incarnations[fault.target]))


def _fence(scene: Scene, name: str, newest: int) -> None:
    """The members go on without these starts of a node: at what some core holds of each. Should every core
    that held it have lost it by the end, they say so: nobody else has it."""
    ends = _held(scene, name, newest)
    scene.world.orders.fence(name, STREAM, ends)
    scene.world.count("fenced")

    def again() -> None:
        held = _held(scene, name, newest)
        if fewer := {start: last for start, last in held.items() if last < ends[start]}:
            scene.world.orders.fence(name, STREAM, fewer)
            scene.world.count("fenced again")

    scene.world.at(CALM_S + 2.0, again)


def _held(scene: Scene, name: str, newest: int) -> dict[int, int]:
    """Up to which number some core holds each start of a node."""
    cores = [h.running.process for h in scene.world.hosts.values() if h.name in CORES and h.running]
    topic = topics.report(STREAM, name)
    held = [
        {
            incarnation: n.complete_to
            for t, incarnation, n in core.endpoint.receiver.repairs.streams()
            if t.text == topic
        }
        for core in cores
    ]
    return {k: max((h.get(k, 0) for h in held), default=0) for k in range(1, newest + 1)}


def rotate(scene: Scene, fault: Fault) -> None:
    """A node's key changes at a time that some learn of late."""
    scene.world.orders.rotate(fault.target, scene.world.now - 3.0 + 7.0 * fault.amount)
    scene.world.count("rotated")


def stolen_key(scene: Scene, fault: Fault) -> None:
    """A node's key is taken from it, since somebody else has it, who goes on using it."""
    effective_s = scene.world.now - 3.0 + 7.0 * fault.amount
    old = scene.world.orders.rotate(fault.target, effective_s)
    from_ns = scene.world.orders.newest.effective_ns
    for after_s in (0.5, 4.0):
        scene.later(
            max(0.0, effective_s - scene.world.now) + after_s,
            lambda: liars.forge(scene, fault.target, old, from_ns),
        )


def let_go(scene: Scene, fault: Fault) -> None:
    """The members go on without a node, which learns of it late."""
    scene.world.orders.let_go(fault.target, scene.world.now - 3.0 + 7.0 * fault.amount)
    scene.let_go.add(fault.target)
    scene.world.count("let go")


def join(scene: Scene, fault: Fault) -> None:
    """The members admit a node, which starts before all have learned of it."""
    if JOINS in scene.world.hosts:
        return
    host = scene.world.host(JOINS, node(scene.lives, scene.disk))
    member = Member(id=JOINS, nation=JOINS[:3])
    scene.world.orders.admit(member, newcomer(), scene.world.now - 1.0)
    scene.world.at(scene.world.orders.comes_s(JOINS), lambda: _again(scene, host))
    scene.world.count("joined")


def refused(scene: Scene, fault: Fault) -> None:
    """A node signs a report whose content is of no use."""

    def spoil(batch: track_pb2.TrackBatch) -> track_pb2.TrackBatch:
        batch.covariance[0] = -1.0
        return batch

    scene.once(fault, spoil)


CORES = tuple(f"core-{nation}" for nation in NATIONS)
KINDS: dict[str, tuple[Callable[[Scene, Fault], None], tuple[str, ...]]] = {
    "loss": (_link("loss", 0.3), ("every link",)),
    "delay": (_link("delay_s", 0.6), ("every link",)),
    "jitter": (_link("jitter_s", 0.5), ("every link",)),
    "repeat": (_link("repeat", 0.5), ("every link",)),
    "reorder": (_link("reorder", 0.5), ("every link",)),
    "partition": (partition, ("two halves",)),
    "one way": (one_way, (*CORES, *NODES)),
    "kill core": (kill, CORES),
    "restart core": (restart, CORES),
    "pause": (pause, (*CORES, *NODES)),
    "skew": (skew, NODES),
    "refused": (refused, NODES),
    "kill node": (kill, NODES),
    "restart node": (restart, NODES),
    "leave": (leave, NODES[1:2]),
    "cut between two": (cut_between_two, ("two nations",)),
    "one by one": (one_by_one, ("links",)),
    "crash loop": (crash_loop, (*CORES, *NODES)),
    "clock back": (back, (*CORES, *NODES)),
    "drift": (drift, (*CORES, *NODES)),
    "torn journal": (torn_journal, CORES),
    "full disk": (full_disk, CORES),
    "torn log": (torn_log, NODES),
    "lost disk": (lost_disk, NODES),
    "dead": (dead, NODES[3:4]),
    "rotate": (rotate, NODES[:4]),
    "stolen key": (stolen_key, NODES[:4]),
    "let go": (let_go, NODES[4:]),
    "join": (join, ("a newcomer",)),
    "two stories": (liars.two_stories, NODES),
    "behind watermark": (liars.behind_watermark, NODES),
    "absurd watermark": (liars.absurd_watermark, NODES),
    "absurd sequence": (liars.absurd_sequence, NODES),
    "false holdings": (liars.false_holdings, CORES),
    "ghost": (liars.ghost, NODES[2:3]),
}
"""By name: what it does, and to whom."""
CHOSEN = 0.2
"""So likely is each kind in a run."""
LASTING = ("loss", "repeat", "reorder")
"""What a coalition lives with: it may go on to the end."""


def draw(world: World) -> list[Fault]:
    """A random subset of the kinds, some of each."""
    source = world.random_for("faults")
    chosen = [kind for kind in KINDS if source.random() < CHOSEN]
    faults = []
    for kind in chosen:
        for _ in range(source.randrange(1, 4)):
            at_s = source.uniform(2.0, CALM_S - 4.0)
            for_s = min(source.choice((0.5, 3.0, 8.0, 20.0)) * source.uniform(0.4, 1.0), CALM_S - 2.0 - at_s)
            if kind in LASTING and source.random() < 0.3:
                for_s = END_S - at_s
            target = source.choice(KINDS[kind][1])
            faults.append(Fault(round(at_s, 2), kind, target, round(for_s, 2), source.random()))
    return sorted(faults)
