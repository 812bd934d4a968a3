"""FINAL against its definition, worked out anew from everything that was ever said."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

import pytest

from fusion.finality import FOREVER_NS, WATERMARKS_MAX, Finality, Stream
from fusion.report.report import ReportKey
from triwatch.v1 import status_pb2

NODES = ("A", "B", "C")
STREAMS = ("", "JPN-USA")


@dataclass
class Told:
    """All that was ever said of one stream of one life."""

    from_ns: int
    held: set[int] = field(default_factory=set)
    marks: list[tuple[int, int, int]] = field(default_factory=list)
    """(last sequence, watermark, time of saying), as they came."""
    ends: list[int] = field(default_factory=list)

    @property
    def whole(self) -> int:
        """Every number up to this is held."""
        n = 0
        while n + 1 in self.held:
            n += 1
        return n

    @property
    def low_watermark_ns(self) -> int:
        """The greatest watermark up to which nothing lacks."""
        return max([self.from_ns, *(ns for last, ns, _ in self.marks if last <= self.whole)])

    @property
    def holds_back(self) -> bool:
        """Whether its end is unknown, or something up to it lacks."""
        return not self.ends or any(n not in self.held for n in range(1, min(self.ends) + 1))

    @property
    def missing(self) -> int:
        """How many reports lack up to its end, or up to the newest word where the end is not known."""
        if self.ends:
            upto = min(self.ends)
        else:
            newest = max((said for *_, said in self.marks), default=0)
            upto = next((last for last, _, said in reversed(self.marks) if said == newest), 0)
            upto = max([upto, *self.held])
        return len(set(range(1, upto + 1)) - self.held)


class Definition:
    """Finality as the contract has it."""

    def __init__(self) -> None:
        self.expected: dict[str, tuple[tuple[str, ...], int]] = {}
        self.lives: dict[str, dict[int, dict[str, Told]]] = {}
        self.gone: dict[str, int] = {}

    def stream(self, node: str, incarnation: int, name: str) -> Told:
        streams, from_ns = self.expected.get(node, ((), 0))
        lives = self.lives.setdefault(node, {})
        life = lives.setdefault(incarnation, {s: Told(from_ns) for s in streams})
        return life.setdefault(name, Told(from_ns))

    def punctuate(self, status: status_pb2.NodeStatus) -> None:
        node, now = status.node_id, status.incarnation
        leaving = status.state == status_pb2.NODE_STATE_LEAVING
        for mark in status.punctuation:
            told = self.stream(node, now, mark.stream)
            told.marks.append((mark.last_sequence, min(mark.low_watermark_ns, FOREVER_NS), status.time_ns))
            if leaving:
                told.ends.append(mark.last_sequence)
            if status.previous_incarnation:
                named = {e.incarnation: e.last_sequence for e in status.earlier}
                named[status.previous_incarnation] = status.previous_last_sequence
                named |= {k: 0 for k in self.lives[node] if min(named) < k < now and k not in named}
                for life, last in named.items():
                    if life < now:
                        self.stream(node, life, mark.stream).ends.append(last)
        if leaving and not status.punctuation:
            self.gone[node] = max(self.gone.get(node, -1), now)

    def final_ns(self) -> int:
        each = []
        for node in {*self.lives, *self.expected, *self.gone}:
            lives, gone = self.lives.get(node, {}), self.gone.get(node, -1)
            if not lives and gone < 0:
                each.append(self.expected[node][1])
                continue
            each.append(
                min(
                    (
                        told.low_watermark_ns
                        for life, streams in lives.items()
                        for told in streams.values()
                        if life > gone and told.holds_back
                    ),
                    default=FOREVER_NS,
                )
            )
        return min(each, default=0)


def heartbeat(dice: random.Random) -> status_pb2.NodeStatus:
    """Something that a node might say, or might not."""
    status = status_pb2.NodeStatus(
        node_id=dice.choice(NODES),
        incarnation=dice.randint(1, 4),
        time_ns=dice.randint(1, 6),
        state=dice.choices([status_pb2.NODE_STATE_ALIVE, status_pb2.NODE_STATE_LEAVING], [5, 1])[0],
    )
    for name in dice.sample(STREAMS, dice.choices([0, 1, 2], [1, 4, 3])[0]):
        watermark = FOREVER_NS + 5 if dice.random() < 0.02 else dice.randint(0, 40)
        status.punctuation.add(stream=name, last_sequence=dice.randint(0, 5), low_watermark_ns=watermark)
    if dice.random() < 0.5 and status.incarnation > 1:
        status.previous_incarnation = dice.randint(1, status.incarnation)
        status.previous_last_sequence = dice.randint(0, 4)
        for life in dice.sample(range(1, status.incarnation + 1), dice.randint(0, status.incarnation - 1)):
            status.earlier.add(incarnation=life, last_sequence=dice.randint(0, 4))
    return status


def live(seed: int) -> None:
    """A long disorderly life of a coalition: after each event time is FINAL as by definition."""
    dice = random.Random(seed)
    expected = {n: dice.sample(STREAMS, dice.randint(0, 2)) for n in NODES if dice.random() < 0.4}
    finality, definition = Finality(expected), Definition()
    definition.expected = {n: (tuple(s), 0) for n, s in expected.items()}
    for n in NODES:
        if dice.random() < 0.3:
            streams, from_ns = dice.sample(STREAMS, dice.randint(0, 2)), dice.randint(0, 20)
            finality.expect(n, streams, from_ns)
            definition.expected[n] = (tuple(streams), from_ns)
    for _ in range(dice.randint(3, 60)):
        node, life, name = dice.choice(NODES), dice.randint(1, 4), dice.choice(STREAMS)
        match dice.choices(["take", "status", "settle", "void"], [8, 5, 1, 0.2])[0]:
            case "take":
                sequence = dice.randint(1, 5)
                told = definition.stream(node, life, name)
                new = finality.take(ReportKey(node, life, name, sequence))
                assert new == (sequence not in told.held)
                told.held.add(sequence)
            case "status":
                status = heartbeat(dice)
                finality.punctuate(status)
                definition.punctuate(status)
            case "settle":
                last = dice.randint(0, 5)
                told = definition.stream(node, life, name)
                told.ends.append(last)
                assert finality.settle(node, life, name, last) == any(n > last for n in told.held)
            case "void":
                finality.void(node, life)
                definition.stream(node, life, name)
                finality.stream(node, life, name)
                finality.void(node, life)
                for told in definition.lives[node][life].values():
                    told.ends.append(0)
        assert finality.final_ns() == definition.final_ns()
        told_all = [
            t for lives in definition.lives.values() for life in lives.values() for t in life.values()
        ]
        assert finality.missing == sum(told.missing for told in told_all)


@pytest.mark.parametrize("first", range(0, 400, 100))
def test_final_is_what_its_definition_says(first: int) -> None:
    for seed in range(first, first + 100):
        live(seed)


def test_what_waits_of_a_stream_is_bounded_and_final_goes_on() -> None:
    """Of too many watermarks the last but one goes: the first to be reached and the last remain."""
    stream = Stream()
    for k in range(1, WATERMARKS_MAX + 10):
        stream.punctuate(k, 10 * k, k)
        assert len(stream.watermarks) == min(k, WATERMARKS_MAX)
    assert stream.watermarks[0] == (1, 10)
    assert stream.watermarks[-1] == (WATERMARKS_MAX + 9, 10 * (WATERMARKS_MAX + 9))
    for k in range(1, WATERMARKS_MAX + 10):
        stream.take(k)
    assert stream.low_watermark_ns == 10 * (WATERMARKS_MAX + 9)
    assert stream.watermarks == []


def test_an_absurd_number_does_not_stay() -> None:
    """How many lack is by the newest word, not by the largest; words of one time count as they come."""
    stream = Stream()
    for last, said, lacks in ((9, 1, 9), (4, 2, 4), (7, 1, 4), (5, 2, 5)):
        stream.punctuate(last, 0, said)
        assert stream.missing == lacks
