"""What goes wrong in a simulated run: each seed a random subset of the faults, at random moments."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from members import NATIONS, NODES, Life
from world import Host, World

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

    def later(self, after_s: float, do: Callable[[], None]) -> None:
        self.world.at(self.world.now + after_s, do)


def _link(name: str, unit: float) -> Callable[[Scene, Fault], None]:
    def apply(scene: Scene, fault: Fault) -> None:
        link = scene.world.link
        before = getattr(link, name)
        setattr(link, name, unit * fault.amount)
        scene.later(fault.for_s, lambda: setattr(link, name, before))

    return apply


def _cut(scene: Scene, cuts: set[tuple[str, str]], for_s: float) -> None:
    fresh = cuts - scene.world.cuts
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
    """A node leaves in good order and does not come back."""
    scene.world.hosts[fault.target].paused = False
    scene.world.hosts[fault.target].stop()
    scene.left.add(fault.target)
    scene.world.count("left")


def _again(scene: Scene, host: Host) -> None:
    if host.running is None and host.name not in scene.left:
        host.start()


def pause(scene: Scene, fault: Fault) -> None:
    """SIGSTOP, and SIGCONT after a while."""
    host = scene.world.hosts[fault.target]
    host.paused = True

    def go_on() -> None:
        host.paused = False
        host.wake()

    scene.later(fault.for_s, go_on)


def skew(scene: Scene, fault: Fault) -> None:
    """A node's clock is ahead."""
    scene.world.hosts[fault.target].skew_s += 5.0 * fault.amount


def refused(scene: Scene, fault: Fault) -> None:
    """A node signs a report whose content is of no use."""

    def spoil(batch: track_pb2.TrackBatch) -> track_pb2.TrackBatch:
        batch.covariance[0] = -1.0
        return batch

    _once(scene, fault, spoil)


def _once(
    scene: Scene, fault: Fault, spoil: Callable[[track_pb2.TrackBatch], track_pb2.TrackBatch | None]
) -> None:
    life = scene.lives[fault.target]

    def first(batch: track_pb2.TrackBatch) -> track_pb2.TrackBatch | None:
        life.spoil = None
        scene.world.count(fault.kind)
        return spoil(batch)

    life.spoil = first


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
}
"""By name: what it does, and to whom."""
LASTING = ("loss", "repeat", "reorder")
"""What a coalition lives with: it may go on to the end."""


def draw(world: World) -> list[Fault]:
    """A random subset of the kinds, some of each."""
    source = world.random_for("faults")
    chosen = [kind for kind in KINDS if source.random() < 0.4]
    faults = []
    for kind in chosen:
        for _ in range(source.randrange(1, 4)):
            at_s = source.uniform(2.0, CALM_S - 4.0)
            for_s = min(source.choice((0.5, 3.0, 8.0, 20.0)) * source.random(), CALM_S - 2.0 - at_s)
            if kind in LASTING and source.random() < 0.3:
                for_s = END_S - at_s
            target = source.choice(KINDS[kind][1])
            faults.append(Fault(round(at_s, 2), kind, target, round(for_s, 2), source.random()))
    return sorted(faults)
