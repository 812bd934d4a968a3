"""When a core learned of a version of the policy changes nothing of what counts."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

import link_kit
from core_kit import QuietCore
from nodes import coalition
from nodes.coalition import Coalition, Credentials, Member, Policy
from nodes.coalition.keys import load_ring
from nodes.link import codec, topics
from triwatch.v1 import status_pb2

NATIONS = ("JPN", "KOR")
NODES = (Member(id="JPN-1", nation="JPN"), Member(id="KOR-1", nation="KOR"))
ROTATED_S = 5.0
Said = tuple[str, bytes]


def ns(at_s: float) -> int:
    return link_kit.START_NS + round(at_s * 1e9)


class Node:
    """A node that signs with the keys of the policy as it knows it."""

    def __init__(self, root: Path, node_id: str) -> None:
        self.root, self.id = root, node_id
        self.incarnation, self.previous = 1, (0, 0)
        self.refresh()

    def refresh(self) -> None:
        self._sign = Credentials(coalition.load(self.root), load_ring(self.root, self.id[:3], self.id)).sign

    def report(self, sequence: int, at_s: float, x_m: float = 6.4e6) -> Said:
        batch = link_kit.batch(self.id, 1, stream="", x_m=x_m)
        batch.sequence, batch.incarnation = sequence, self.incarnation
        batch.valid_time_ns[0] = batch.sent_time_ns = ns(at_s)
        return self.said(topics.REPORT, batch.SerializeToString(), at_s)

    def status(self, last: int, at_s: float, leaving: bool = False) -> Said:
        status = status_pb2.NodeStatus(
            node_id=self.id,
            nation=self.id[:3],
            incarnation=self.incarnation,
            state="NODE_STATE_LEAVING" if leaving else "NODE_STATE_ALIVE",
            time_ns=ns(at_s),
            previous_incarnation=self.previous[0],
            previous_last_sequence=self.previous[1],
        )
        status.punctuation.add(last_sequence=last, low_watermark_ns=ns(at_s))
        return self.said(topics.STATUS, status.SerializeToString(), at_s)

    def seconds(self, first: int, last: int) -> list[Said]:
        """A report and a heartbeat a second."""
        return [said for n in range(first, last + 1) for said in (self.report(n, n), self.status(n, n))]

    def said(self, kind: str, payload: bytes, at_s: float) -> Said:
        return f"{kind}//{self.id}", codec.seal(kind, payload, self._sign, ns(at_s))


def core(root: Path, nation: str, known: Coalition | None = None) -> QuietCore:
    ring = load_ring(root, nation, f"core-{nation}")
    return QuietCore(nation, Credentials(known or coalition.load(root), ring))


def heard(core: QuietCore, said: list[Said]) -> QuietCore:
    for topic, body in said:
        core.deliver(topic, body)
    return core


def judgement(core: QuietCore) -> tuple[object, ...]:
    """What must be the same at every core."""
    picture = core.views.shared.picture
    counts = picture.counts
    return core.digests(), core.ingest.evidence.convicted, picture.final_time_ns, counts.missing


@pytest.fixture
def root(tmp_path: Path) -> Path:
    coalition.found(tmp_path, Policy(nations=NATIONS, nodes=NODES))
    return tmp_path


def rotated(root: Path) -> tuple[Node, Node, Node, QuietCore]:
    """A node before it learns of its new key, and after; another one; a core that has not learned either."""
    before, other = Node(root, "KOR-1"), Node(root, "JPN-1")
    late = core(root, "JPN")
    coalition.rotate(root, "KOR-1", ns(ROTATED_S))
    return before, Node(root, "KOR-1"), other, late


def test_what_is_signed_anew_counts_wherever_it_comes(root: Path) -> None:
    """The node learns of its new key at 8 s: what it said from 5 s on it says again, under the new one. A
    core that had taken the first for good drops it and takes the second."""
    before, after, other, late = rotated(root)
    old = [*other.seconds(1, 12), *before.seconds(1, 8)]
    anew = after.seconds(5, 12)
    early = heard(core(root, "KOR"), [*old, *anew])
    assert early.views.shared.picture.final_time_ns == ns(12)
    heard(late, old)
    late.follow()
    assert judgement(late) != judgement(early)  # it holds less now
    heard(late, anew)
    assert judgement(late) == judgement(early)


def test_what_a_revoked_key_signs_proves_nothing(root: Path) -> None:
    """Whoever has the old key can neither take a number from the node nor have it convicted."""
    before, after, other, late = rotated(root)
    honest = [*other.seconds(1, 12), *before.seconds(1, 4), *after.seconds(5, 12)]
    forged = [before.report(9, 9, x_m=6.6e6), before.report(10, 8.5), before.status(99, 11.5)]
    alone = heard(core(root, "KOR"), honest)
    for seed in range(4):
        said = [*honest, *forged]
        random.Random(seed).shuffle(said)
        early = heard(core(root, "KOR"), said)
        assert judgement(early) == judgement(alone)
        late = core(root, "JPN", Coalition(coalition.load(root).chain[:1], root))
        heard(late, said)
        late.follow()
        heard(late, said)
        assert judgement(late) == judgement(alone)


def test_a_node_let_go_counts_to_the_same_report_everywhere(root: Path) -> None:
    leaver, other = Node(root, "KOR-1"), Node(root, "JPN-1")
    late = core(root, "JPN")
    said = [*other.seconds(1, 12), *leaver.seconds(1, 9)]
    heard(late, said)
    coalition.remove(root, nodes=["KOR-1"], effective_ns=ns(5.0))
    late.follow()
    early = heard(core(root, "KOR"), said)
    assert early.views.shared.picture.counts.folded == 12 + 4
    assert judgement(late)[:2] == judgement(early)[:2]


def test_a_report_across_the_change_of_keys_counts(root: Path) -> None:
    """It is judged by its newest row: it would count under no key otherwise, and FINAL wait for ever."""
    _, after, _, _ = rotated(root)
    batch = link_kit.batch("KOR-1", 1, stream="")
    two = type(batch)()
    two.CopyFrom(batch)
    two.valid_time_ns[:] = [ns(4.5), ns(5.5)]
    two.local_number[:] = [1, 2]
    for column in ("state", "covariance", "environment", "status", "process_noise"):
        getattr(two, column).extend(list(getattr(batch, column)))
    said = after.said(topics.REPORT, two.SerializeToString(), 5.5)
    held = heard(core(root, "JPN"), [said])
    assert held.views.shared.picture.counts.folded == 1, held.rejections.by_reason


def test_a_false_nation_takes_its_number(root: Path) -> None:
    node, other = Node(root, "KOR-1"), Node(root, "JPN-1")
    batch = link_kit.batch("KOR-1", 1, stream="")
    batch.nation = "JPN"
    said = [node.said(topics.REPORT, batch.SerializeToString(), 1.0), node.report(2, 2), node.status(2, 3)]
    held = heard(core(root, "JPN"), [*said, *other.seconds(1, 9)])
    assert held.views.shared.picture.counts.missing == 0
    assert held.views.shared.picture.final_time_ns == ns(3)


def test_a_node_let_go_is_not_waited_for_though_another_has_left(root: Path) -> None:
    """Who has said goodbye, or is dead and fenced off, comes no further: time goes on without its word."""
    coalition.add(root, nodes=[Member(id="KOR-2", nation="KOR")])
    gone, left, other = Node(root, "KOR-1"), Node(root, "KOR-2"), Node(root, "JPN-1")
    late = core(root, "JPN")
    goodbye = left.status(3, 3, leaving=True)
    heard(late, [*other.seconds(1, 20), *left.seconds(1, 3), goodbye, *gone.seconds(1, 12)])
    coalition.remove(root, nodes=["KOR-1"], effective_ns=ns(8.0))
    late.follow()
    assert late.views.shared.picture.counts.folded == 20 + 3 + 7
    late.ingest.tend()
    assert late.views.shared.picture.final_time_ns == ns(20)
    assert not late.repairs.missing


def test_who_lies_has_named_how_it_ended_before(root: Path) -> None:
    """Of a start that is convicted nothing counts, and FINAL does not wait for those that it came after."""
    node, other = Node(root, "KOR-1"), Node(root, "JPN-1")
    held = heard(core(root, "JPN"), [*other.seconds(1, 9), *node.seconds(1, 4)])
    node.incarnation, node.previous = 2, (1, 4)
    heard(held, [*node.seconds(5, 7), node.report(5, 5, x_m=6.6e6), *node.seconds(8, 9)])
    assert [start.incarnation for start in held.ingest.evidence.convicted] == [2]
    assert held.views.shared.picture.counts.folded == 9 + 4
    assert held.views.shared.picture.final_time_ns == ns(9)


def test_the_last_word_that_counts_is_found_again(root: Path) -> None:
    """A node claims far too much once and takes it back; then it is let go, from before some core knew. An
    old heartbeat that comes only then is still old."""
    gone, other = Node(root, "KOR-1"), Node(root, "JPN-1")
    late = core(root, "JPN")
    absurd = gone.status(2**53 - 1, 4.5)
    heard(late, [*other.seconds(1, 20), *gone.seconds(1, 12)])
    coalition.remove(root, nodes=["KOR-1"], effective_ns=ns(8.0))
    late.follow()
    heard(late, [absurd])
    late.ingest.tend()
    assert not late.repairs.missing
    assert late.views.shared.picture.final_time_ns == ns(20)
