"""Which streams lack something, whom to ask for it, and when: decides, sends nothing.

That a message exists is believed of its publisher alone: of a message above it, of the newest heartbeat, of
what a later start says of an earlier one. What others say is a hint (`hints`).
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Annotated, Final, NamedTuple

from fusion.constants import OPERATION, Chosen
from nodes.link import limits, topics
from nodes.link.errors import Reason, WireError
from nodes.link.gaps import SequenceSet
from nodes.link.hints import Hints
from nodes.link.topics import Topic

FIRST_WAIT_S: Final[
    Annotated[float, Chosen("s", "A gap may close by itself where a stream has two ways to come", OPERATION)]
] = 0.03
RETRY_S: Final[
    Annotated[
        float, Chosen("s", "first wait for a repair before it is asked for again; it doubles", OPERATION)
    ]
] = 0.25
RETRY_MAX_S: Final[Annotated[float, Chosen("s", "longest wait between two requests", OPERATION)]] = 4.0
LAST_WORD_NS = 2**62
"""When a word is said that no other takes the place of."""


@dataclass(slots=True)
class _Stream:
    topic: Topic
    incarnation: int
    numbers: SequenceSet = field(default_factory=SequenceSet)
    said_ns: int = -1
    """When its publisher said how far it goes."""
    last: int = 0
    """What it said then."""
    end: int | None = None
    """What a later start says that it ended with: the least of that."""
    due_s: float | None = None
    """When to ask next; None where nothing is missing."""
    attempt: int = 0
    """Asked so many times in a row without getting anything."""
    asked: str = ""
    """Who was, the last time."""

    @property
    def is_over(self) -> bool:
        """Whether nothing more is to come of it; of what only its newest start is of use for, always."""
        if self.topic.kind != topics.REPORT:
            return True
        ended = (
            self.numbers.complete_to >= (self.end or 0) if self.end is not None else not self.numbers.highest
        )
        return ended and self.numbers.whole


@dataclass(frozen=True, slots=True)
class Wanted:
    """One request to send."""

    provider: str
    topic: Topic
    incarnation: int
    ranges: list[tuple[int, int]]


class RepairsState(NamedTuple):
    """What one receiver knows of every stream."""

    streams: dict[tuple[str, int], _Stream]
    starts: dict[str, list[int]]
    closed: dict[str, int]


class Repairs:
    """The numbers of every stream that one receiver follows, and the asking for what is missing.

    Between two requests for the same gap the wait doubles, from RETRY_S, or from when an answer is late over
    a long way, up to RETRY_MAX_S; each goes to the next of those who may have it. Nothing is ever written
    off: a late neighbour may still bring it.
    """

    def __init__(self) -> None:
        self._streams: dict[tuple[str, int], _Stream] = {}
        self._starts: dict[str, list[int]] = {}
        """By topic the starts followed, ascending."""
        self._closed: dict[str, int] = {}
        """By topic the start up to which those not followed are over."""
        self.hints = Hints(lambda topic, incarnation: self.numbers(topic.text, incarnation).highest)
        self._lacking: dict[tuple[str, int], _Stream] = {}
        """Those of them in which something is missing: few, and looked at in every turn."""
        self.requested = 0
        """Requests made so far."""
        self._gaps = 0

    def state(self) -> RepairsState:
        """Which numbers are known of, to `resume` from; not what is asked of whom."""
        return RepairsState(self._streams, self._starts, self._closed)

    def resume(self, state: RepairsState, now_s: float) -> None:
        """Go on from what another process knew, asking anew for what is missing."""
        self._streams, self._starts, self._closed = state
        self._lacking.clear()
        for stream in self._streams.values():
            stream.due_s, stream.attempt = None, 0
            self._schedule(stream, now_s)

    def note(self, topic: Topic, incarnation: int, sequence: int, now_s: float) -> bool:
        """A message came; False where it is a duplicate."""
        stream = self._stream(topic, incarnation)
        if stream is None:
            return False
        self._count_gap(stream.numbers, sequence - 1)
        fresh = stream.numbers.note(sequence)
        self._schedule(stream, now_s)
        return fresh

    def discard(self, topic: Topic, incarnation: int, sequence: int, now_s: float) -> None:
        """What came under a number is of no use after all: it is missing."""
        stream = self._stream(topic, incarnation)
        if stream is not None:
            stream.numbers.discard(sequence)
            self._schedule(stream, now_s)

    def announce(
        self, topic: Topic, incarnation: int, last: int, now_s: float, said_ns: int = LAST_WORD_NS
    ) -> None:
        """The publisher says at ``said_ns`` that a start's messages go up to ``last``; its newest word
        counts, so that an absurd one does no lasting harm."""
        stream = self._stream(topic, incarnation) if self._is_number(incarnation, last) else None
        if stream is not None and said_ns >= stream.said_ns:
            stream.said_ns, stream.last = said_ns, last
            self._reach(stream, now_s)

    def end(self, topic: Topic, incarnation: int, last: int, now_s: float) -> None:
        """The publisher says that a start ended with message ``last``: whatever it said of it before, which
        may have been absurd."""
        stream = self._stream(topic, incarnation) if self._is_number(incarnation, last) else None
        if stream is not None:
            stream.end = last if stream.end is None else min(stream.end, last)
            self._reach(stream, now_s)

    def fence(self, topic: Topic, incarnation: int, last: int, now_s: float) -> None:
        """Of a start nothing above ``last`` is missed any more, whatever its publisher said: it would not
        count."""
        stream = self._stream(topic, incarnation) if self._is_number(incarnation, last) else None
        if stream is not None and last < stream.numbers.limit:
            stream.numbers.limit = last
            self._schedule(stream, now_s)

    def retract(self, topic: Topic, now_s: float) -> None:
        """What the publisher was believed to have said of a topic it has not said."""
        for incarnation in self._starts.get(topic.text, ()):
            stream = self._streams[topic.text, incarnation]
            stream.said_ns, stream.last, stream.end = -1, 0, None
            self._reach(stream, now_s)

    def answered(self, topic: Topic, incarnation: int, brought: int, now_s: float) -> None:
        """A reply came with ``brought`` new messages: ask for the rest at once, or the next one later."""
        stream = self._streams.get((topic.text, incarnation))
        if brought and stream is not None:
            self.hints.answered(topic, incarnation, now_s)
            stream.attempt = 0
            if stream.due_s is not None:
                stream.due_s = now_s

    def begin_anew(self, provider: str, now_s: float) -> None:
        """What ``provider`` was asked for last may be lost: ask again at once."""
        for stream in self._lacking.values():
            if stream.asked == provider:
                stream.due_s, stream.attempt, stream.asked = now_s, 0, ""
        self.hints.begin_anew(provider, now_s)

    def due(
        self,
        now_s: float,
        providers: Callable[[Topic], list[str]],
        late_s: Callable[[str], float] = lambda _: 0.0,
    ) -> list[Wanted]:
        """The requests to send now; ``providers`` names who may have a topic's messages, best first, and
        ``late_s`` says after how long an answer of one of them is late."""
        wanted = []
        for stream in self._lacking.values():
            if stream.due_s is None or stream.due_s > now_s:
                continue
            names = providers(stream.topic)
            provider = names[stream.attempt % len(names)] if names else ""
            first_s = max(RETRY_S, late_s(provider))
            stream.due_s = now_s + min(first_s * 2.0**stream.attempt, max(RETRY_MAX_S, first_s))
            if not names:
                continue
            stream.attempt += 1
            stream.asked = provider
            ranges = stream.numbers.missing(limits.REPAIR_RANGES_MAX)
            wanted.append(Wanted(provider, stream.topic, stream.incarnation, ranges))
        for by, held, above in self.hints.due(now_s, late_s):
            names = providers(held.topic)
            if names:
                provider = by if by in names else names[self.requested % len(names)]
                wanted.append(Wanted(provider, held.topic, held.incarnation, [(above + 1, held.last)]))
        self.requested += len(wanted)
        return wanted

    def next_due_s(self) -> float | None:
        """When ``due`` will have something; None where nothing is missing."""
        due_s = [self.hints.next_due_s(), *(stream.due_s for stream in self._lacking.values())]
        return min((s for s in due_s if s is not None), default=None)

    def streams(self) -> Iterator[tuple[Topic, int, SequenceSet]]:
        """Every stream followed: topic, incarnation, numbers."""
        for stream in self._streams.values():
            yield stream.topic, stream.incarnation, stream.numbers

    def numbers(self, topic: str, incarnation: int) -> SequenceSet:
        """The numbers of one stream; empty where it is not followed."""
        stream = self._streams.get((topic, incarnation))
        return stream.numbers if stream else SequenceSet()

    def holds(self, topic: str, incarnation: int, sequence: int) -> bool:
        """Whether a message has come; of a start that is over and followed no longer all have."""
        stream = self._streams.get((topic, incarnation))
        return incarnation <= self._closed.get(topic, 0) if stream is None else stream.numbers.holds(sequence)

    @property
    def gaps(self) -> int:
        """Runs of missing numbers noticed so far, by their publisher's word or by a neighbour's."""
        return self._gaps + self.hints.gaps

    @property
    def missing(self) -> int:
        """Messages known to exist that have not come."""
        return sum(s.numbers.missing_count for s in self._lacking.values())

    def _is_number(self, incarnation: int, last: int) -> bool:
        return incarnation >= 1 and 0 <= last <= limits.SEQUENCE_MAX

    def _stream(self, topic: Topic, incarnation: int) -> _Stream | None:
        """The record of one start, begun if new; None where it is over and followed no longer. Raises
        WireError where its publisher has too many."""
        key = (topic.text, incarnation)
        stream = self._streams.get(key)
        if stream is not None or incarnation <= self._closed.get(topic.text, 0):
            return stream
        starts = self._starts.setdefault(topic.text, [])
        if len(starts) >= limits.STARTS_MAX:
            self._close(topic.text, starts)
        if len(starts) >= limits.STARTS_OPEN_MAX:
            text = f"more than {limits.STARTS_OPEN_MAX} starts that have not ended"
            raise WireError(Reason.LIMIT, text)
        insort(starts, incarnation)
        stream = self._streams[key] = _Stream(topic, incarnation)
        return stream

    def _count_gap(self, numbers: SequenceSet, missing_to: int) -> None:
        """A run that grows at its end is still the same one."""
        if missing_to > numbers.highest == numbers.highest_held:
            self._gaps += 1

    def _close(self, topic: str, starts: list[int]) -> None:
        """Follow the oldest starts no longer that are over."""
        for incarnation in starts[:-1]:
            if len(starts) < limits.STARTS_MAX:
                return
            if self._streams[topic, incarnation].is_over:
                starts.remove(incarnation)
                del self._streams[topic, incarnation]
                self._closed[topic] = max(self._closed.get(topic, 0), incarnation)

    def _reach(self, stream: _Stream, now_s: float) -> None:
        last = stream.last if stream.end is None else stream.end
        self._count_gap(stream.numbers, last)
        stream.numbers.announce(last)
        self._schedule(stream, now_s)

    def _schedule(self, stream: _Stream, now_s: float) -> None:
        key = (stream.topic.text, stream.incarnation)
        if stream.numbers.whole:
            if self._lacking.pop(key, None) is not None:
                stream.due_s, stream.attempt = None, 0
        elif stream.due_s is None:
            self._lacking[key] = stream
            stream.due_s = now_s + FIRST_WAIT_S
