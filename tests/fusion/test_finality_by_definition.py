"""FINAL against its definition, worked out anew from everything that was ever said."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

import pytest

from fusion import finality
from fusion.finality import FOREVER_NS, LIVES_MAX, WATERMARKS_MAX, Finality, Stream
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

    def punctuate(self, status: status_pb2.NodeStatus, believed: bool = True) -> None:
        node, now = status.node_id, status.incarnation
        leaving = believed and status.state == status_pb2.NODE_STATE_LEAVING
        for mark in status.punctuation:
            told = self.stream(node, now, mark.stream)
            if believed:
                watermark_ns = min(mark.low_watermark_ns, FOREVER_NS)
                told.marks.append((mark.last_sequence, watermark_ns, status.time_ns))
            if leaving:
                told.ends.append(mark.last_sequence)
            if status.previous_incarnation:
                earlier = {e.incarnation for e in status.earlier}
                named = {e.incarnation: e.last_sequence for e in status.earlier}
                named[status.previous_incarnation] = status.previous_last_sequence
                named |= {k: 0 for k in self.lives[node] if min(named) < k < now and k not in named}
                first = min({status.previous_incarnation, *earlier})
                for life, last in named.items():
                    if life < now:
                        self.stream(node, life, mark.stream).ends.append(last)
                if len(status.earlier) >= finality.EARLIER_MAX:
                    for life, streams in self.lives[node].items():
                        untold = streams.get(mark.stream)
                        if life < first and untold is not None and not untold.ends:
                            untold.ends.append(max(untold.held, default=0))
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
    known, definition = Finality(expected), Definition()
    definition.expected = {n: (tuple(s), 0) for n, s in expected.items()}
    for n in NODES:
        if dice.random() < 0.3:
            streams, from_ns = dice.sample(STREAMS, dice.randint(0, 2)), dice.randint(0, 20)
            known.expect(n, streams, from_ns)
            definition.expected[n] = (tuple(streams), from_ns)
    for _ in range(dice.randint(3, 60)):
        node, life, name = dice.choice(NODES), dice.randint(1, 4), dice.choice(STREAMS)
        match dice.choices(["take", "status", "succeed", "settle", "void", "leave"], [16, 9, 1, 2, 0.4, 0.1])[
            0
        ]:
            case "take":
                sequence = dice.randint(1, 5)
                told = definition.stream(node, life, name)
                new = known.take(ReportKey(node, life, name, sequence))
                assert new == (sequence not in told.held)
                told.held.add(sequence)
            case "status":
                status = heartbeat(dice)
                known.punctuate(status)
                definition.punctuate(status)
            case "succeed":
                status = heartbeat(dice)
                known.succeed(status)
                definition.punctuate(status, believed=False)
            case "leave":
                known.leave(node)
                lives = definition.lives.get(node, {})
                definition.gone[node] = max(definition.gone.get(node, -1), 0, *lives)
            case "settle":
                last = dice.randint(0, 5)
                told = definition.stream(node, life, name)
                told.ends.append(last)
                assert known.settle(node, life, name, last) == any(n > last for n in told.held)
            case "void":
                known.void(node, life)
                definition.stream(node, life, name)
                known.stream(node, life, name)
                known.void(node, life)
                for told in definition.lives[node][life].values():
                    told.ends.append(0)
        assert known.final_ns() == definition.final_ns()
        told_all = [
            t for lives in definition.lives.values() for life in lives.values() for t in life.values()
        ]
        assert known.missing == sum(told.missing for told in told_all)


@pytest.mark.parametrize("first", range(0, 400, 100))
def test_final_is_what_its_definition_says(first: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(finality, "EARLIER_MAX", 2)  # so that heartbeats have no room now and then
    for seed in range(first, first + 100):
        live(seed)


def test_a_stream_is_as_far_as_its_definition_says() -> None:
    """One stream alone, with many watermarks that wait and contradict each other."""
    for seed in range(600):
        dice = random.Random(seed)
        stream, told = Stream(), Told(0)
        for said_ns in range(dice.randint(1, 40)):
            if dice.random() < 0.4:
                sequence = dice.randint(1, 12)
                if not stream.holds(sequence):
                    stream.take(sequence)
                told.held.add(sequence)
            elif dice.random() < 0.9:
                mark = (dice.randint(0, 12), dice.randint(0, 60), dice.choice((said_ns, said_ns // 2)))
                stream.punctuate(*mark)
                told.marks.append(mark)
            else:
                last = dice.randint(0, 12)
                stream.settle(last)
                told.ends.append(last)
            assert stream.low_watermark_ns == told.low_watermark_ns
            assert (stream.contiguous, stream.missing) == (told.whole, told.missing)
            assert stream.holds_back == told.holds_back
            assert [n for n in range(14) if stream.holds(n)] == [0, *sorted(told.held)]
            assert stream.watermarks == sorted(set(stream.watermarks)), "ascending in both"
            assert sorted(ns for _, ns in stream.watermarks) == [ns for _, ns in stream.watermarks]


@pytest.mark.parametrize("owing", [(), (7,), (3, 90, 200)])
def test_of_many_lives_those_that_are_over_are_remembered_no_more(owing: tuple[int, ...]) -> None:
    """FINAL is as if all were, however many there have been, and what is owed is waited for."""
    known, definition = Finality({"A": ("",)}), Definition()
    definition.expected = {"A": (("",), 0)}
    most = 0
    for life in range(1, 6 * LIVES_MAX):
        for n in (1, 2):
            if (life, n) not in [(one, 1) for one in owing]:
                assert known.take(ReportKey("A", life, "", n))
                definition.stream("A", life, "").held.add(n)
        status = status_pb2.NodeStatus(node_id="A", incarnation=life, time_ns=life)
        status.punctuation.add(stream="", last_sequence=2, low_watermark_ns=10 * life)
        if life > 1:
            status.previous_incarnation, status.previous_last_sequence = life - 1, 2
        known.punctuate(status)
        definition.punctuate(status)
        assert known.final_ns() == definition.final_ns()
        assert known.missing == sum(one <= life for one in owing)
        records = sum(1 for _ in known.streams())
        most = max(most, records)
        assert life < 2 * LIVES_MAX or records < life, "the oldest are gone"
    assert 0 <= most - (2 * LIVES_MAX - 1) <= 2 * len(owing), "twice as many, and those that owe"
    assert records >= LIVES_MAX
    # what comes of one that is over has come before; nothing new begins with it
    before = known.final_ns()
    assert not known.take(ReportKey("A", 1, "", 9))
    assert known.settle("A", 1, "", 5), "who says that it ended earlier contradicts what was held"
    assert sum(1 for _ in known.streams()) == records
    for one in owing:
        assert known.take(ReportKey("A", one, "", 1)), "what is owed is taken when it comes"
        definition.lives["A"][one][""].held.add(1)
        assert known.final_ns() == definition.final_ns()
    assert known.missing == 0
    assert owing or known.final_ns() == before


def test_what_waits_of_a_stream_is_bounded_and_final_goes_on() -> None:
    """Of too many watermarks the last but one goes: the first to be reached and the last remain."""
    stream = Stream()
    for k in range(1, WATERMARKS_MAX + 10):
        stream.punctuate(k, 10 * k, k)
        assert len(stream.watermarks) == min(k, WATERMARKS_MAX)
    kept = [*range(1, WATERMARKS_MAX), WATERMARKS_MAX + 9]
    assert stream.watermarks == [(last, 10 * last) for last in kept]
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
