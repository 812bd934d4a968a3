"""What exists is believed of who signed it: what one says of others locks nobody out, each has a budget."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import link_kit
from link_kit import ALL, START_NS, batch, endpoint
from nodes.link import limits, topics
from nodes.link.endpoint import LinkEndpoint
from nodes.link.errors import Reason
from nodes.link.hints import ASKED_MAX, Held
from nodes.link.repairs import Repairs
from triwatch.v1 import status_pb2

KOR_1 = topics.parse(topics.report(ALL, "KOR-1").encode())
ABSURD = limits.SEQUENCE_MAX


@pytest.fixture
def japan(tmp_path: Path) -> Iterator[LinkEndpoint]:
    """A core that hears everybody, one message at a time."""
    with endpoint(tmp_path, "core-JPN", "core", prefixes=["report/", "status/", "corestatus/"]) as made:
        yield made


def taken(core: LinkEndpoint, topic: str, body: bytes, now_s: float = 0.0) -> int:
    """Messages that come of one."""
    return len(list(core.receiver.restore(topic.encode(), body, now_s)))


def reported(core: LinkEndpoint, incarnation: int) -> int:
    report = batch("KOR-1")
    report.incarnation = incarnation
    return taken(core, KOR_1.text, link_kit.body(report))


def status(
    core: LinkEndpoint, incarnation: int, last: int, previous: tuple[int, int] = (0, 0), at_s: int = 0
) -> None:
    said = status_pb2.NodeStatus(
        node_id="KOR-1",
        nation="KOR",
        incarnation=incarnation,
        state=status_pb2.NODE_STATE_ALIVE,
        time_ns=START_NS + at_s * 10**9,
        previous_incarnation=previous[0],
        previous_last_sequence=previous[1],
    )
    said.punctuation.add(stream=ALL, last_sequence=last, low_watermark_ns=START_NS)
    body = link_kit.seal(topics.STATUS, said.SerializeToString(), "KOR-1")
    assert taken(core, topics.status(ALL, "KOR-1"), body) == 1


def holdings(core: LinkEndpoint, *held: tuple[str, int, int], now_s: float = 0.0) -> int:
    """What Korea's core says that it holds: node, incarnation and last sequence. Its size in bytes."""
    said = status_pb2.CoreStatus(nation="KOR", incarnation=1)
    for node_id, incarnation, last in held:
        said.holding.add(node_id=node_id, incarnation=incarnation, stream=ALL, last_sequence=last)
    body = link_kit.seal(topics.CORE_STATUS, said.SerializeToString(), "core-KOR")
    assert taken(core, topics.core_status("KOR", ALL), body, now_s) == 1
    return len(body)


def test_one_message_about_others_locks_nobody_out(japan: LinkEndpoint) -> None:
    size = holdings(japan, *(("KOR-1", n, 1) for n in range(1, 1000)))
    for k in range(1, 6):
        size += holdings(japan, *(("KOR-1", 1000 * k + n, 1) for n in range(1, 1000)))
    assert size > 57_000
    assert reported(japan, 10_000) == 1
    assert not japan.rejections.by_reason
    assert japan.receiver.missing == 0, "nobody who could sign for it has said that there is anything"


def test_as_many_honest_starts_as_there_may_be_lock_nobody_out(japan: LinkEndpoint) -> None:
    """Each says how the one before it ended; what of them has ended and is held takes no room."""
    starts = limits.STREAMS_MAX + 10
    repairs = japan.receiver.repairs
    for n in range(1, starts):
        repairs.note(KOR_1, n, 1, 0.0)
        repairs.end(KOR_1, n, 1, 0.0)
    status(japan, starts, 0, previous=(starts - 1, 1))
    assert reported(japan, starts) == 1
    assert not japan.rejections.by_reason
    assert len(list(repairs.streams())) <= limits.STARTS_MAX
    assert not repairs.note(KOR_1, 1, 1, 0.0), "what came before comes again"


def test_a_node_has_a_budget_of_its_own(japan: LinkEndpoint) -> None:
    """One that starts without end and says of none how it ended is refused; its neighbours are not."""
    for n in range(1, limits.STARTS_OPEN_MAX + 1):
        japan.receiver.repairs.note(KOR_1, n, 2, 0.0)
    assert reported(japan, limits.STARTS_OPEN_MAX + 1) == 0
    assert japan.rejections.by_reason == {Reason.LIMIT: 1}
    assert taken(japan, topics.report(ALL, "KOR-2"), link_kit.body(batch("KOR-2"))) == 1


def test_the_newest_word_of_a_node_counts(japan: LinkEndpoint) -> None:
    assert reported(japan, 1) == 1
    status(japan, 1, ABSURD, at_s=1)
    assert japan.receiver.missing > 10**15
    status(japan, 1, 2, at_s=2)
    status(japan, 1, ABSURD, at_s=1)
    assert japan.receiver.missing == 1


def test_how_a_start_ended_counts_whatever_it_had_said(japan: LinkEndpoint) -> None:
    """A node says an absurd number and is killed before its next word; its next start says how it ended."""
    assert reported(japan, 1) == 1
    status(japan, 1, ABSURD, at_s=1)
    status(japan, 2, 0, previous=(1, 3), at_s=2)
    assert japan.receiver.missing == 2
    status(japan, 1, ABSURD, at_s=1)
    assert japan.receiver.missing == 2


def test_a_core_that_claims_too_much_is_asked_for_it_itself(japan: LinkEndpoint) -> None:
    assert reported(japan, 1) == 1
    now_s, asked = 0.0, []
    for _ in range(200):
        holdings(japan, ("KOR-1", 1, ABSURD), *(("USA-1", n, ABSURD) for n in range(1, 900)), now_s=now_s)
        asked += japan.receiver.repairs.due(now_s, lambda topic: ["KOR-1", "KOR", "core-USA"])
        now_s += 0.1
    assert japan.receiver.missing == 0
    assert {wanted.provider for wanted in asked} == {"KOR"}
    assert len(asked) <= 8 * ASKED_MAX


def test_what_a_neighbour_alone_knows_of_is_asked_for_until_it_comes() -> None:
    """A node died before its last word was heard; the core that holds its last reports is out of reach at
    first."""
    repairs, now_s, asked = Repairs(), 0.0, []
    repairs.note(KOR_1, 1, 1, now_s)
    while now_s < 60.0:
        repairs.hints.receive("core-KOR", ALL, [Held(KOR_1, 1, 3)], now_s)
        asked += repairs.due(now_s, lambda topic: ["KOR-1", "core-KOR", "core-USA"])
        now_s += 0.5
    assert {wanted.provider for wanted in asked} == {"core-KOR"}
    assert all(wanted.ranges == [(2, 3)] for wanted in asked)
    assert 14 <= len(asked) <= 20
    assert repairs.note(KOR_1, 1, 2, now_s)
    repairs.answered(KOR_1, 1, 1, now_s)
    assert [wanted.ranges for wanted in repairs.due(now_s, lambda topic: ["core-KOR"])] == [[(3, 3)]]
    assert repairs.note(KOR_1, 1, 3, now_s)
    assert not repairs.due(now_s + 9.0, lambda topic: ["core-KOR"])
    assert repairs.missing == 0


@pytest.mark.parametrize("fenced_first", [True, False])
def test_what_is_behind_a_fence_is_not_missed(fenced_first: bool) -> None:
    """A node said that it goes up to 20 and is dead; the members let it count up to 6."""
    repairs = Repairs()
    if fenced_first:
        repairs.fence(KOR_1, 1, 6, 0.0)
    for sequence in (1, 2, 3, 9):
        repairs.note(KOR_1, 1, sequence, 0.0)
    repairs.announce(KOR_1, 1, 20, 0.0)
    if not fenced_first:
        assert repairs.missing == 16
        repairs.fence(KOR_1, 1, 6, 0.0)
    assert repairs.missing == 3
    assert [one.ranges for one in repairs.due(10.0, lambda _: ["core-USA"])] == [[(4, 6)]]
    for sequence in (4, 5, 6):
        repairs.note(KOR_1, 1, sequence, 10.0)
    assert repairs.missing == 0
    assert repairs.next_due_s() is None


def test_over_a_slow_way_neighbours_are_not_asked_anew_for_each_word_of_theirs() -> None:
    """A node is not heard itself; two cores hold its reports, one each second, and an answer of either takes
    8 s: a word a second is no reason to ask each second."""
    repairs, coming = Repairs(), list[tuple[float, int]]()
    for tenth in range(1, 1200):
        now_s = tenth / 10
        for core in ("core-KOR", "core-JPN"):
            if tenth % 5 == 0:
                repairs.hints.receive(core, ALL, [Held(KOR_1, 1, tenth // 10)], now_s)
        for wanted in repairs.due(now_s, lambda topic: ["KOR-1", "core-KOR", "core-JPN"], lambda _: 9.0):
            coming.append((now_s + 8.0, wanted.ranges[-1][1]))
        while coming and coming[0][0] <= now_s:
            last = coming.pop(0)[1]
            brought = sum(repairs.note(KOR_1, 1, n, now_s) for n in range(1, last + 1))
            repairs.answered(KOR_1, 1, brought, now_s)
    assert repairs.numbers(KOR_1.text, 1).complete_to >= 119 - 9
    assert repairs.requested <= 2 * 119 / 8 + 10
