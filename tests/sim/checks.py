"""Whether all is well in a run.

Well is:

- every core holds the same reports, believes the same nodes and shows the same picture of them;
- cores warn of the same in the same bytes, but for whose word it is;
- nobody calls final what it does not hold, of nodes to which nothing has happened;
- no number is missing anywhere, and every report of a node that is still there is held by every core;
- what a core had acknowledged before it was killed it holds again, of itself, and in the end;
- nothing that an honest node sent was refused;
- time is FINAL up to a few seconds ago, unless a node is gone without a word;
- what a core keeps of streams and gaps has not grown beyond what there is.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import members
from faults import SILENT_S, Fault, Scene
from members import NATIONS, STREAM
from world import START_NS, World

from fusion.update.newest_warnings import NewestWarnings
from nodes.link import topics
from nodes.link.errors import Reason
from triwatch.v1 import warning_pb2

FINAL_WITHIN_S = 3.0
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
CHANGED = ("rotate", "stolen key")
"""What a node's old key had signed is let go of, and comes again only from a node that still has it."""
REFUSED_AGAIN = 4
"""A report that is refused may come so often: live, twice over, from a neighbour, from the journal."""


Acknowledged = dict[tuple[str, str, int], int]
"""By nation, node and start the last number up to which its core has said that it holds all."""


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
    fewest: bool = True
    """Of a run that was shrunk, whether no fault more can be left out."""


def running(world: World) -> dict[str, members.CoreProcess]:
    hosts = ((nation, world.hosts[f"core-{nation}"]) for nation in NATIONS)
    return {nation: host.running.process for nation, host in hosts if host.running is not None}


def note(world: World, acknowledged: Acknowledged) -> None:
    """What each core with a journal has said that it holds."""
    for nation, core in running(world).items():
        for topic, incarnation, numbers in core.endpoint.receiver.repairs.streams():
            if topic.kind == topics.REPORT:
                key = (nation, topic.source, incarnation)
                acknowledged[key] = max(acknowledged.get(key, 0), numbers.complete_to)


def check_restored(
    scene: Scene, outcome: Outcome, acknowledged: Acknowledged, core: members.CoreProcess
) -> None:
    """A core that starts anew holds what it had acknowledged before it hears anybody, unless its disk was
    harmed."""
    nation = core.ingest.nation
    if any(f.kind in ("torn journal", "full disk") and f.target == f"core-{nation}" for f in outcome.faults):
        return
    let_go = scene.let_go | {f.target for f in outcome.faults if f.kind in CHANGED}
    for (whose, name, incarnation), last in acknowledged.items():
        held = core.endpoint.receiver.repairs.numbers(topics.report(STREAM, name), incarnation)
        if whose == nation and name not in let_go and held.complete_to < last:
            outcome.wrong.append(f"{nation} starts with {held.complete_to} of {last} of {name}/{incarnation}")


def check_final(scene: Scene, outcome: Outcome) -> None:
    """A core that calls a time final holds all that was reported up to then by nodes to which nothing has
    happened; of others it may be mistaken: they left, came back, or speak for a time that is past."""
    troubled = {fault.target for fault in outcome.faults}
    for nation, core in running(scene.world).items():
        final_ns = core.views.shared.picture.final_time_ns
        for name in sorted(scene.lives.keys() - troubled - {members.JOINS}):
            life = scene.lives[name]
            due = min(life.sequence, 1 + (final_ns - life.began_ns) // members.PERIOD_NS)
            held = core.endpoint.receiver.repairs.numbers(topics.report(STREAM, name), life.incarnation)
            if held.complete_to < due:
                outcome.wrong.append(
                    f"{nation} calls final what it lacks: {held.complete_to} of {due} of {name}"
                )


def check_warnings(world: World, outcome: Outcome) -> None:
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


def check_end(scene: Scene, outcome: Outcome, acknowledged: Acknowledged) -> None:
    world, wrong = scene.world, outcome.wrong
    cores = running(world)
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
    changed, lost = (
        {fault.target for fault in outcome.faults if fault.kind in some}
        for some in (CHANGED, ("torn log", "lost disk", "dead"))
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
        behind_s = (_reported_ns(scene, core) - core.views.shared.picture.final_time_ns) * 1e-9
        slowest_s = max(0.0, *(-world.hosts[name].skew_s for name in scene.lives))
        if behind_s > FINAL_WITHIN_S + slowest_s:
            wrong.append(f"{nation}: FINAL is {behind_s:.1f} s behind")


def _reported_ns(scene: Scene, core: members.CoreProcess) -> int:
    """Up to when there are reports that count; where a node that counts is still there, up to the end.

    Who was convicted counts no more, nor who was let go, though he still speaks.
    """
    convicted = {(start.node_id, start.incarnation) for start in core.ingest.evidence.convicted}
    counting = {
        name: life
        for name, life in scene.lives.items()
        if (name, life.incarnation) not in convicted and name not in scene.let_go
    }
    if any(scene.world.hosts[name].running is not None for name in counting):
        return START_NS + round(SILENT_S * 1e9)
    return max((life.reported_ns for life in counting.values()), default=0)
