"""Whether a report counts follows from what is signed, whatever a core had let go of when it came."""

from __future__ import annotations

import random
from collections.abc import Iterable
from pathlib import Path

import pytest

import fusion.retention
import link_kit
from core_kit import QuietCore
from nodes import coalition
from nodes.coalition import Credentials, Member, Policy
from nodes.coalition.keys import load_ring
from nodes.link import codec, topics
from nodes.link.errors import Reason
from triwatch.v1 import status_pb2, track_pb2

NATIONS = ("JPN", "KOR")
NODES = (Member(id="JPN-1", nation="JPN"), Member(id="KOR-1", nation="KOR"))
Said = tuple[str, bytes]


@pytest.fixture(autouse=True)
def let_go_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is FINAL is let go of with every heartbeat."""
    monkeypatch.setattr(fusion.retention, "FORGET_EVERY_EVENTS", 1)


class Wire:
    """What two nodes sign."""

    def __init__(self, root: Path) -> None:
        self.root = root
        coalition.found(root, Policy(nations=NATIONS, nodes=NODES))
        held = coalition.load(root)
        self._signers = {n.id: Credentials(held, load_ring(root, n.nation, n.id)) for n in NODES}

    def core(self, nation: str) -> QuietCore:
        return QuietCore(nation, coalition.of_process(self.root, f"core-{nation}", nation))

    def report(self, node_id: str, sequence: int, at_s: float, incarnation: int = 1) -> Said:
        batch: track_pb2.TrackBatch = link_kit.batch(node_id, 1, stream="")
        batch.sequence, batch.incarnation = sequence, incarnation
        batch.valid_time_ns[0] = batch.sent_time_ns = ns(at_s)
        return self.said(topics.REPORT, node_id, batch, ns(at_s))

    def status(
        self,
        node_id: str,
        last: int,
        at_s: float,
        incarnation: int = 1,
        previous: tuple[int, int] = (0, 0),
        leaving: bool = False,
    ) -> Said:
        status = status_pb2.NodeStatus(
            node_id=node_id,
            nation=node_id[:3],
            incarnation=incarnation,
            state=status_pb2.NODE_STATE_LEAVING if leaving else status_pb2.NODE_STATE_ALIVE,
            time_ns=ns(at_s),
            previous_incarnation=previous[0],
            previous_last_sequence=previous[1],
        )
        status.punctuation.add(last_sequence=last, low_watermark_ns=ns(at_s))
        return self.said(topics.STATUS, node_id, status, ns(at_s))

    def said(self, kind: str, node_id: str, message: object, time_ns: int) -> Said:
        payload = message.SerializeToString()  # type: ignore[attr-defined]
        return f"{kind}//{node_id}", codec.seal(kind, payload, self._signers[node_id].sign, time_ns)


@pytest.fixture
def wire(tmp_path: Path) -> Wire:
    return Wire(tmp_path)


def ns(at_s: float) -> int:
    return link_kit.START_NS + round(at_s * 1e9)


def heard(core: QuietCore, said: Iterable[Said]) -> QuietCore:
    for topic, body in said:
        core.deliver(topic, body)
    return core


def honest(wire: Wire, node_id: str, seconds: range) -> list[Said]:
    """A report and a heartbeat a second."""
    return [
        one
        for n, at_s in enumerate(seconds, 1)
        for one in (wire.report(node_id, n, at_s), wire.status(node_id, n, at_s))
    ]


def test_what_comes_behind_final_counts_all_the_same(wire: Wire) -> None:
    """A node said goodbye, time went on without it, and it comes back with a clock that is behind: one core
    hears it in time, the other long after what is FINAL was let go of."""
    steady = honest(wire, "JPN-1", range(1, 40))
    left = [*honest(wire, "KOR-1", range(1, 6)), wire.status("KOR-1", 5, 6, leaving=True)]
    back = [wire.report("KOR-1", 1, 20.5, incarnation=2), wire.report("KOR-1", 2, 21.5, incarnation=2)]
    back.append(wire.status("KOR-1", 2, 21.5, incarnation=2, previous=(1, 5)))
    early = heard(wire.core("JPN"), [*left, *back, *steady])
    late = heard(wire.core("KOR"), [*left, *steady])
    assert late.views.shared.picture.final_time_ns == ns(39)
    heard(late, back)
    assert late.digests() == early.digests()
    assert late.views.shared.picture.counts.rejected == 0
    assert not late.rejections.by_reason


def test_what_comes_too_late_for_what_is_kept_hides_no_conviction(wire: Wire) -> None:
    """A core that has not kept everything passes a late report over; a picture that is to be made anew for
    another reason is made anew all the same."""
    core = heard(wire.core("JPN"), [*honest(wire, "JPN-1", range(1, 9)), *honest(wire, "KOR-1", range(1, 9))])
    core.ingest.archive.resume({}, whole=False)
    shared, late = core.views.shared.admission, wire.report("JPN-1", 1, 2.0, incarnation=2)
    report = codec.decode(topics.parse(late[0].encode()), late[1], core.trust).report
    assert report is not None
    shared.stale = True
    core.views.fold(report, anew=False)
    assert shared.stale
    shared.stale = False
    heard(core, [late])
    assert core.rejections.by_reason[Reason.LIMIT] == 1
    assert not shared.stale
    assert shared.picture.counts.folded == 16


def test_a_report_behind_its_own_watermark_counts_nowhere(wire: Wire) -> None:
    """Whether the report or the heartbeat comes first; so does all else of that start, and nothing else."""
    truth = honest(wire, "JPN-1", range(1, 10))
    lie = [*honest(wire, "KOR-1", range(1, 6)), wire.report("KOR-1", 6, 4.5)]
    cores = []
    for seed in range(6):
        said = [*truth, *lie]
        random.Random(seed).shuffle(said)
        cores.append(heard(wire.core("JPN"), said))
    alone = heard(wire.core("JPN"), truth)
    for core in cores:
        assert core.digests() == alone.digests()
        assert core.rejections.by_reason[Reason.CONTRADICTION] == 1
        assert core.views.shared.picture.final_time_ns == ns(9)  # it is not waited for


def test_the_proof_of_a_contradiction_spreads(wire: Wire) -> None:
    """Who has seen the report alone, and later heartbeats that do not contradict it, learns of it."""
    lie = wire.report("KOR-1", 3, 1.5)
    whole = [*honest(wire, "KOR-1", range(1, 3)), lie]
    one = heard(wire.core("JPN"), [*honest(wire, "JPN-1", range(1, 9)), *whole])
    partial = [m for m in whole if not m[0].startswith(topics.STATUS)]
    other = heard(wire.core("KOR"), [*honest(wire, "JPN-1", range(1, 9)), *partial])
    heard(other, [wire.status("KOR-1", 3, 5)])
    assert other.digests() != one.digests()
    one.ingest.remind()
    heard(other, one.shown)
    assert other.digests() == one.digests()
    assert any(topic.startswith(topics.STATUS) for topic, _ in other.shown)  # it passes it on


def test_a_report_of_no_use_leaves_no_hole(wire: Wire) -> None:
    said = honest(wire, "JPN-1", range(1, 10))
    batch = link_kit.batch("KOR-1", 1, stream="")
    batch.covariance[0] = -1.0
    batch.sequence = 1
    broken = wire.said(topics.REPORT, "KOR-1", batch, ns(1))
    rest = [wire.report("KOR-1", 2, 8), wire.status("KOR-1", 2, 8)]
    core = heard(wire.core("JPN"), [*said, broken, *rest])
    assert core.views.shared.picture.final_time_ns == ns(8)
    assert core.views.shared.picture.counts.missing == 0


def test_a_dead_node_does_not_let_the_others_grow(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    """FINAL stands where it was last heard; the history is bounded, and what then comes late still counts."""
    monkeypatch.setattr(fusion.retention, "HISTORY_ROWS_MAX", 40)
    dead = honest(wire, "KOR-1", range(1, 6))
    steady = honest(wire, "JPN-1", range(1, 300))
    core = heard(wire.core("JPN"), [*dead[:6], *steady])
    assert core.views.shared.picture.final_time_ns == ns(3)
    assert core.views.shared.picture.kept <= 42
    heard(core, dead)
    assert core.digests() == heard(wire.core("KOR"), [*steady, *dead]).digests()


def test_a_fence_ends_what_is_dead(wire: Wire) -> None:
    """By an order of the members nothing after a number counts, whoever holds more, and FINAL goes on."""
    dead = honest(wire, "KOR-1", range(1, 6))
    steady = honest(wire, "JPN-1", range(1, 20))
    more = heard(wire.core("JPN"), [*dead, *steady])
    less = heard(wire.core("KOR"), [*dead[:6], wire.status("KOR-1", 5, 5), *steady])
    assert less.views.shared.picture.final_time_ns == ns(3)
    assert more.digests() != less.digests()
    coalition.fence(wire.root, "KOR-1", {"": {1: 3}})
    for core in (more, less):
        core.follow()
    assert more.digests() == less.digests()
    for core in (more, less):
        assert core.views.shared.picture.final_time_ns == ns(19)
    heard(less, dead)  # what is behind the fence, and comes all the same
    assert more.digests() == less.digests()
    again = [wire.report("KOR-1", 1, 25, incarnation=2), wire.status("KOR-1", 1, 25, incarnation=2)]
    for core in (more, less):
        heard(core, again)
    assert more.digests() == less.digests()
    assert more.views.shared.picture.final_time_ns == ns(19)
