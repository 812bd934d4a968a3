"""One run: a coalition of three cores and five nodes, what goes wrong, and whether all is well at the end.

Well is:

- every core holds the same reports, believes the same nodes and shows the same picture of them;
- cores warn of the same in the same bytes, but for whose word it is;
- nobody calls final what it does not hold, of nodes to which nothing has happened;
- no number is missing anywhere, and every report of a node that is still there is held by every core;
- what a core had acknowledged before it was killed it holds again;
- nothing that an honest node sent was refused;
- time is FINAL up to a few seconds ago, unless a node is gone without a word;
- what a core keeps of streams and gaps has not grown beyond what there is.
"""

from __future__ import annotations

import argparse
import logging
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import faults as nemesis
import members
import pytest
from faults import END_S, SILENT_S, Fault, Scene
from members import NATIONS, NODES, STREAM
from world import START_NS, World

from fusion.update.newest_warnings import NewestWarnings
from nodes.core import checkpoint, ingest
from nodes.link import endpoint, receiver, topics
from nodes.link.errors import Reason
from triwatch.v1 import warning_pb2

FINAL_WITHIN_S = 3.0
PARTS_S = (0.06, 0.1, 0.2, 1.0)
"""Of each second, when it is looked whether what is called final is held: reports come as it begins."""
GAPS = 20
"""Separate gaps in one stream that there may be in the end."""
EXPECTED: dict[str, tuple[Reason, ...]] = {
    "rotate": (Reason.REVOKED, Reason.UNKNOWN_KEY),
    "stolen key": (Reason.REVOKED, Reason.UNKNOWN_KEY, Reason.EQUIVOCATION, Reason.CONTRADICTION),
    "let go": (Reason.REVOKED, Reason.MEMBERSHIP, Reason.STRANGER),
    "join": (Reason.UNKNOWN_KEY, Reason.MEMBERSHIP, Reason.REVOKED, Reason.STRANGER),
    "dead": (Reason.FENCED,),
    "lost disk": (Reason.FENCED,),
    "two stories": (Reason.EQUIVOCATION,),
    "behind watermark": (Reason.CONTRADICTION,),
    "absurd watermark": (Reason.CONTRADICTION,),
}
"""By kind of fault, why something may be refused."""
REFUSED_AGAIN = 4
"""A report that is refused may come so often: live, twice over, from a neighbour, from the journal."""
_MEMORY = Path("/dev/shm") if Path("/dev/shm").is_dir() else None


@dataclass(slots=True)
class Outcome:
    """What came of a run."""

    seed: int
    faults: list[Fault]
    wrong: list[str] = field(default_factory=list)
    """What was not well; empty where all was."""
    counts: Counter[str] = field(default_factory=Counter)
    trace: str = ""
    """Digests along the way: equal for equal runs."""


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
        _count_ways(patch, world)
        world.orders = members.begin_orders(world)
        scene = Scene(world, {}, left=set(), disk=disk)
        journalled = disk if world.random_for("journal").random() < 0.5 else None
        acknowledged: dict[tuple[str, str, int], int] = {}
        for nation in NATIONS:
            world.host(f"core-{nation}", members.core(journalled)).start()
        for name in NODES:
            world.host(name, members.node(scene.lives, disk)).start()
        for fault in drawn:
            apply = nemesis.KINDS[fault.kind][0]
            world.at(fault.at_s, lambda apply=apply, fault=fault: apply(scene, fault))
        second = 0.0
        while second < END_S:
            second += 1.0
            if second == SILENT_S:
                for life in scene.lives.values():
                    life.ends_ns = life.time_ns
            for part_s in PARTS_S:
                world.run(second - 1.0 + part_s)
                if not outcome.wrong:
                    _check_final(scene, outcome)
            if journalled is not None:
                _note(world, acknowledged)
        _check(scene, outcome, acknowledged)
        _check_warnings(world, outcome)
        _count_repairs(world)
        outcome.trace = _trace(world)
        for host in world.hosts.values():
            host.kill()
    return outcome


def _cores(world: World) -> dict[str, members.CoreProcess]:
    hosts = ((nation, world.hosts[f"core-{nation}"]) for nation in NATIONS)
    return {nation: host.running.process for nation, host in hosts if host.running is not None}


def _note(world: World, acknowledged: dict[tuple[str, str, int], int]) -> None:
    """What each core with a journal has said that it holds."""
    for nation, core in _cores(world).items():
        for topic, incarnation, numbers in core.endpoint.receiver.repairs.streams():
            if topic.kind == topics.REPORT:
                key = (nation, topic.source, incarnation)
                acknowledged[key] = max(acknowledged.get(key, 0), numbers.complete_to)


def _check_final(scene: Scene, outcome: Outcome) -> None:
    """A core that calls a time final holds all that was reported up to then by nodes to which nothing has
    happened; of others it may be mistaken: they left, came back, or speak for a time that is past."""
    troubled = {fault.target for fault in outcome.faults}
    for nation, core in _cores(scene.world).items():
        final_ns = core.views.shared.picture.final_time_ns
        for name in sorted(scene.lives.keys() - troubled - {members.JOINS}):
            life = scene.lives[name]
            due = min(life.sequence, 1 + (final_ns - life.began_ns) // members.PERIOD_NS)
            held = core.endpoint.receiver.repairs.numbers(topics.report(STREAM, name), life.incarnation)
            if held.complete_to < due:
                outcome.wrong.append(
                    f"{nation} calls final what it lacks: {held.complete_to} of {due} of {name}"
                )


def _check_warnings(world: World, outcome: Outcome) -> None:
    """Of one revision made of one picture every core says the same bytes; in the end the same warnings stand,
    and whoever hears a core's words in whatever order shows those.

    What one core took back another may never have said: it folded what came in a burst.
    """
    if outcome.wrong:
        return
    said: dict[tuple[str, int, str, int], set[bytes]] = {}
    standing: dict[str, dict[str, bytes]] = {}
    for nation, words in world.warnings.items():
        newest = standing[nation] = {}
        start = world.incarnations[f"core-{nation}"]
        for word in words:
            copy = type(word)()
            copy.CopyFrom(word)
            copy.nation, copy.incarnation, copy.sequence = "", 0, 0
            key = (word.warning_id, word.revision, word.picture_digest, word.finality)
            body = copy.SerializeToString(deterministic=True)
            if word.revision:
                said.setdefault(key, set()).add(body)
            world.count("warned" if word.revision else "taken back")
            if word.incarnation == start:  # it says anew whatever stands; of the rest it knows nothing
                newest[word.warning_id] = body
            if word.status == warning_pb2.WARNING_STATUS_CANCEL:
                newest.pop(word.warning_id, None)
        shown = NewestWarnings()
        for word in reversed(words):
            if word.incarnation == start:
                shown.take(word)
        open_ones = {name for name, word in shown.items() if word.status != warning_pb2.WARNING_STATUS_CANCEL}
        if open_ones != newest.keys():
            outcome.wrong.append(f"a reader of {nation} shows {sorted(open_ones)}, not {sorted(newest)}")
    unlike = [key[:2] for key, words in said.items() if len(words) > 1]
    if unlike:
        outcome.wrong.append(f"other bytes for the same warning: {unlike[:3]}")
    if any(words != standing[NATIONS[0]] for words in standing.values()):
        outcome.wrong.append(f"different warnings: { {n: sorted(words) for n, words in standing.items()} }")


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

    patch.setattr(checkpoint.Checkpoints, "resume", resumed)
    patch.setattr(ingest, "review", reviewed)
    patch.setattr(endpoint, "signed_anew", signed)
    patch.setattr(receiver.Receiver, "_replied", answered)


def _count_repairs(world: World) -> None:
    """By which ways reports came to be held."""
    for core in _cores(world).values():
        world.counts["repaired"] += core.endpoint.receiver.repairs.requested
        world.counts["again"] += core.endpoint.receiver.duplicates
        journal = core.summary().get("journal")
        if isinstance(journal, dict):
            world.counts["from the journal"] += journal["restored"]
        world.counts["convicted"] += len(core.ingest.evidence.convicted)


def _check(scene: Scene, outcome: Outcome, acknowledged: dict[tuple[str, str, int], int]) -> None:
    world, wrong = scene.world, outcome.wrong
    cores = _cores(world)
    if len(cores) < len(NATIONS):
        wrong.append(f"not every core is there at the end: {sorted(cores)}")
        return
    shown = {
        nation: (core.views.shared.picture.input_digest(), core.views.shared.picture.digest())
        for nation, core in cores.items()
    }
    if len({one[0] for one in shown.values()}) > 1:
        folded = {nation: core.views.shared.picture.counts.folded for nation, core in cores.items()}
        wrong.append(f"different reports: {folded}")
    elif len(set(shown.values())) > 1:
        wrong.append("different pictures of the same reports")
    if len({core.ingest.evidence.convicted for core in cores.values()}) > 1:
        wrong.append("different judgements of nodes")
    kinds = {fault.kind for fault in outcome.faults}
    expected = {reason for kind in kinds for reason in EXPECTED.get(kind, ())}
    starts = 3 * sum(world.incarnations.values())
    # what an old key had signed is let go of, and comes again only from a node that still has it
    changed, lost = (
        {fault.target for fault in outcome.faults if fault.kind in some}
        for some in (("rotate", "stolen key"), ("torn log", "lost disk", "dead"))
    )
    for nation, core in cores.items():
        receiver = core.endpoint.receiver
        if receiver.missing:
            wrong.append(f"{nation} misses {receiver.missing}")
        by_reason = core.endpoint.rejections.by_reason
        refused = sum(n for reason, n in by_reason.items() if reason not in expected)
        if refused > world.counts["refused"] * REFUSED_AGAIN:
            wrong.append(f"{nation} refused {dict(core.endpoint.rejections.by_reason)}")
        for name, life in scene.lives.items():
            if world.hosts[name].running is None or name in scene.let_go:
                continue
            held = receiver.repairs.numbers(topics.report(STREAM, name), life.incarnation)
            if held.complete_to < life.sequence:
                wrong.append(f"{nation} holds {held.complete_to} of {life.sequence} of {name}")
        for (whose, name, incarnation), last in acknowledged.items():
            held = receiver.repairs.numbers(topics.report(STREAM, name), incarnation)
            excused = name in scene.let_go or name in changed & lost
            if whose == nation and not excused and held.complete_to < last:
                wrong.append(f"{nation} had {last} of {name}/{incarnation} and holds {held.complete_to}")
        streams = list(receiver.repairs.streams())
        if len(streams) > starts or any(len(n.missing(1000)) > GAPS for _, _, n in streams):
            wrong.append(f"{nation} follows {len(streams)} streams of {starts // 3} starts")
        behind_s = SILENT_S - (core.views.shared.picture.final_time_ns - START_NS) * 1e-9
        slowest_s = max(0.0, *(-world.hosts[name].skew_s for name in scene.lives))
        if behind_s > FINAL_WITHIN_S + slowest_s:
            wrong.append(f"{nation}: FINAL is {behind_s:.1f} s behind")


def _trace(world: World) -> str:
    parts = [
        f"{n} {c.views.shared.picture.digest()} {c.views.shared.published}" for n, c in _cores(world).items()
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
    return "\n    ".join([said, *map(str, outcome.faults)])


def shrunk(seed: int) -> Outcome:
    """A failing seed's run with as few of its faults as still fail: delta debugging, one fault at a time."""
    outcome = simulate(seed)
    smaller = bool(outcome.wrong)
    while smaller:
        smaller = False
        for k in range(len(outcome.faults)):
            fewer = [fault for j, fault in enumerate(outcome.faults) if j != k]
            tried = simulate(seed, fewer)
            if tried.wrong:
                outcome, smaller = tried, True
                break
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
            print(failure(shrunk(seed)), flush=True)
        if seed % 50 == 49:
            print(f"seeds up to {seed}: {failed} failed", file=sys.stderr, flush=True)
    print(f"{failed} of {len(seeds)} seeds failed at {code()}; what came up:")
    for name, count in sorted(counts.items()):
        print(f"  {name}: {count}")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
