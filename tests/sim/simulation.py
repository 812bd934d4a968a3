"""One run: a coalition of three cores and five nodes, what goes wrong, and whether all is well (`checks`)."""

from __future__ import annotations

import argparse
import logging
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import faults as nemesis
import members
import pytest
from checks import (
    Acknowledged,
    Outcome,
    check_end,
    check_final,
    check_restored,
    check_warnings,
    note,
    running,
)
from faults import END_S, SILENT_S, Fault, Scene
from members import NATIONS, NODES
from world import World

from nodes.core import checkpoint, ingest, late
from nodes.core.process import CoreProcess
from nodes.link import endpoint, receiver, topics

PARTS_S = (0.06, 0.1, 0.2, 1.0)
"""Of each second, when it is looked whether what is called final is held: reports come as it begins."""
_MEMORY = Path("/dev/shm") if Path("/dev/shm").is_dir() else None


@contextmanager
def _disk() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="triwatch-sim-", dir=_MEMORY))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _quiet() -> Iterator[None]:
    """Errors alone are logged. Loggers remember what is enabled; `logging.disable` makes them forget."""
    logging.disable(logging.ERROR)
    try:
        yield
    finally:
        logging.disable(logging.NOTSET)


def simulate(seed: int, faults: Sequence[Fault] | None = None) -> Outcome:
    """Run one seed; with ``faults`` in place of those that it draws."""
    world = World(seed)
    drawn = nemesis.draw(world) if faults is None else list(faults)
    outcome = Outcome(seed, drawn, counts=world.counts)
    with _disk() as disk, world.ruling(), _quiet(), pytest.MonkeyPatch.context() as patch:
        members.prepare(patch, world)
        world.orders = members.begin_orders(world)
        scene = Scene(world, {}, left=set(), disk=disk)
        journalled = disk if world.random_for("journal").random() < 0.5 else None
        acknowledged: Acknowledged = {}
        _count_ways(patch, world)
        _look_at_starts(patch, scene, outcome, acknowledged)
        for nation in NATIONS:
            world.host(f"core-{nation}", members.core(journalled)).start()
        for name in NODES:
            world.host(name, members.node(scene.lives, disk)).start()
        for fault in drawn:
            apply = nemesis.KINDS[fault.kind][0]
            world.at(fault.at_s, lambda apply=apply, fault=fault: apply(scene, fault))
        second = 0.0
        while second < END_S and not outcome.wrong:
            second += 1.0
            if second == SILENT_S:
                for life in scene.lives.values():
                    life.ends_ns = life.time_ns
            for part_s in PARTS_S:
                world.run(second - 1.0 + part_s)
                check_final(scene, outcome)
            if journalled is not None:
                note(world, acknowledged)
        if not outcome.wrong:
            check_end(scene, outcome, acknowledged)
            check_warnings(world, outcome)
        _count_repairs(world)
        outcome.trace = _trace(world)
        for host in world.hosts.values():
            host.kill()
    return outcome


def _look_at_starts(
    patch: pytest.MonkeyPatch, scene: Scene, outcome: Outcome, acknowledged: Acknowledged
) -> None:
    """Check what a core has of its journal before it hears anybody."""
    restore = CoreProcess._restore

    def restored(self: CoreProcess) -> None:
        restore(self)
        check_restored(scene, outcome, acknowledged, self)

    patch.setattr(CoreProcess, "_restore", restored)


def _count_ways(patch: pytest.MonkeyPatch, world: World) -> None:
    """Count what mends things as it happens."""
    review, signed_anew, replied = ingest.review, endpoint.signed_anew, receiver.Receiver._replied
    resume = checkpoint.Checkpoints.resume

    def resumed(self: checkpoint.Checkpoints, now_s: float) -> int:
        first = resume(self, now_s)
        world.counts["from a checkpoint"] += first > 0
        return first

    def reviewed(*arguments: Any) -> None:
        world.count("judged anew")
        review(*arguments)

    def signed(*arguments: Any) -> Iterator[Any]:
        for one in signed_anew(*arguments):
            world.count("signed anew")
            yield one

    def answered(self: receiver.Receiver, name: str, reply: Any, now_s: float) -> Iterator[Any]:
        for one in replied(self, name, reply, now_s):
            if one.topic.kind == topics.REPORT and name.startswith("core-"):
                world.count("repaired by another")
            yield one

    wait = late.LateReports.wait

    def waited(self: late.LateReports, *arguments: Any) -> bool:
        waits = wait(self, *arguments)
        world.counts["late and waited"] += waits
        return waits

    patch.setattr(late.LateReports, "wait", waited)
    patch.setattr(checkpoint.Checkpoints, "resume", resumed)
    patch.setattr(ingest, "review", reviewed)
    patch.setattr(endpoint, "signed_anew", signed)
    patch.setattr(receiver.Receiver, "_replied", answered)


def _count_repairs(world: World) -> None:
    """By which ways reports came to be held."""
    for core in running(world).values():
        world.counts["repaired"] += core.endpoint.receiver.repairs.requested
        world.counts["again"] += core.endpoint.receiver.duplicates
        journal = core.summary().get("journal")
        if isinstance(journal, dict):
            world.counts["from the journal"] += journal["restored"]
        world.counts["convicted"] += len(core.ingest.evidence.convicted)


def _trace(world: World) -> str:
    parts = [
        f"{n} {c.views.shared.picture.digest()} {c.views.shared.published}" for n, c in running(world).items()
    ]
    return "; ".join([*parts, repr(sorted(world.counts.items()))])


def code() -> str:
    """Which code it is that runs: a seed says nothing without it."""
    folder = Path(__file__).parent
    asked = ["git", "-C", str(folder), "describe", "--always", "--dirty", "--abbrev=12", "--exclude=*"]
    try:
        return subprocess.run(asked, capture_output=True, check=True, text=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return "an unknown commit"


def failure(outcome: Outcome) -> str:
    """What to print of a run in which not all was well: enough to repeat it."""
    said = f"seed {outcome.seed} at {code()}: {'; '.join(outcome.wrong)}"
    more = [] if outcome.fewest else ["(fewer may do: time was up)"]
    return "\n    ".join([said, *map(str, outcome.faults), *more])


SHRINK_S = 100.0
"""So long a failing seed is run with fewer faults, well within the time that a test has."""


def shrunk(outcome: Outcome, within_s: float = SHRINK_S) -> Outcome:
    """A failing run's seed with as few of its faults as still fail: delta debugging, by halves, then by
    quarters, down to single faults."""
    ends_s = time.monotonic() + within_s
    parts = 2
    while outcome.wrong and outcome.faults:
        size = -(-len(outcome.faults) // parts)
        for k in range(0, len(outcome.faults), size):
            if time.monotonic() > ends_s:
                outcome.fewest = False
                return outcome
            tried = simulate(outcome.seed, outcome.faults[:k] + outcome.faults[k + size :])
            if tried.wrong:
                outcome, parts = tried, max(2, parts - 1)
                break
        else:
            if size == 1:
                return outcome
            parts = min(2 * parts, len(outcome.faults))
    return outcome


def main() -> None:
    """Run seeds and print what was not well."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("first", type=int)
    parser.add_argument("last", type=int, nargs="?")
    arguments = parser.parse_args()
    seeds = range(arguments.first, (arguments.last or arguments.first) + 1)
    counts: Counter[str] = Counter()
    failed = 0
    for seed in seeds:
        outcome = simulate(seed)
        counts += outcome.counts
        if outcome.wrong:
            failed += 1
            print(failure(shrunk(outcome)), flush=True)
        if seed % 50 == 49:
            print(f"seeds up to {seed}: {failed} failed", file=sys.stderr, flush=True)
    print(f"{failed} of {len(seeds)} seeds failed at {code()}; what came up:")
    for name, count in sorted(counts.items()):
        print(f"  {name}: {count}")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
