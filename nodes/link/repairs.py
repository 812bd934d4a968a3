"""Which streams lack something, whom to ask for it, and when: decides, sends nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Annotated, Final

from fusion.constants import OPERATION, Chosen
from nodes.link import limits
from nodes.link.errors import Reason, WireError
from nodes.link.gaps import SequenceSet
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


@dataclass(slots=True)
class _Stream:
    topic: Topic
    incarnation: int
    numbers: SequenceSet = field(default_factory=SequenceSet)
    due_s: float | None = None
    """When to ask next; None where nothing is missing."""
    attempt: int = 0
    """Asked so many times in a row without getting anything."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """One request to send."""

    provider: str
    topic: Topic
    incarnation: int
    ranges: list[tuple[int, int]]


class Repairs:
    """The numbers of every stream that one receiver follows, and the asking for what is missing.

    Between two requests for the same gap the wait doubles, from RETRY_S, or from when an answer is late over
    a long way, up to RETRY_MAX_S; each goes to the next of those who may have it. Nothing is ever written
    off: a late neighbour may still bring it.
    """

    def __init__(self) -> None:
        self._streams: dict[tuple[str, int], _Stream] = {}
        self._lacking: dict[tuple[str, int], _Stream] = {}
        """Those of them in which something is missing: few, and looked at in every turn."""
        self.requested = 0
        """Requests made so far."""
        self.gaps = 0
        """Runs of missing numbers noticed so far."""

    def note(self, topic: Topic, incarnation: int, sequence: int, now_s: float) -> bool:
        """A message came; False where it is a duplicate."""
        stream = self._stream(topic, incarnation)
        self._count_gap(stream.numbers, sequence - 1)
        fresh = stream.numbers.note(sequence)
        self._schedule(stream, now_s)
        return fresh

    def discard(self, topic: Topic, incarnation: int, sequence: int, now_s: float) -> None:
        """What came under a number is of no use after all: it is missing."""
        stream = self._stream(topic, incarnation)
        stream.numbers.discard(sequence)
        self._schedule(stream, now_s)

    def announce(self, topic: Topic, incarnation: int, highest: int, now_s: float) -> None:
        """Somebody says that the stream goes up to ``highest``."""
        if not 1 <= highest <= limits.SEQUENCE_MAX or incarnation < 1:
            return
        stream = self._stream(topic, incarnation)
        if highest > stream.numbers.highest:
            self._count_gap(stream.numbers, highest)
            stream.numbers.announce(highest)
            self._schedule(stream, now_s)

    def answered(self, topic: Topic, incarnation: int, brought: int, now_s: float) -> None:
        """A reply came with ``brought`` new messages: ask for the rest at once, or the next one later."""
        stream = self._stream(topic, incarnation)
        if brought:
            stream.attempt = 0
            if stream.due_s is not None:
                stream.due_s = now_s

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
            ranges = stream.numbers.missing(limits.REPAIR_RANGES_MAX)
            wanted.append(Wanted(provider, stream.topic, stream.incarnation, ranges))
        self.requested += len(wanted)
        return wanted

    def next_due_s(self) -> float | None:
        """When ``due`` will have something; None where nothing is missing."""
        return min((s.due_s for s in self._lacking.values() if s.due_s is not None), default=None)

    def streams(self) -> Iterator[tuple[Topic, int, SequenceSet]]:
        """Every stream followed: topic, incarnation, numbers."""
        for stream in self._streams.values():
            yield stream.topic, stream.incarnation, stream.numbers

    def numbers(self, topic: str, incarnation: int) -> SequenceSet:
        """The numbers of one stream; empty where it is not followed."""
        stream = self._streams.get((topic, incarnation))
        return stream.numbers if stream else SequenceSet()

    @property
    def missing(self) -> int:
        """Messages known to exist that have not come."""
        return sum(s.numbers.missing_count for s in self._lacking.values())

    def _stream(self, topic: Topic, incarnation: int) -> _Stream:
        key = (topic.text, incarnation)
        stream = self._streams.get(key)
        if stream is None:
            if len(self._streams) >= limits.STREAMS_MAX:
                raise WireError(Reason.LIMIT, f"more than {limits.STREAMS_MAX} streams")
            stream = self._streams[key] = _Stream(topic, incarnation)
        return stream

    def _count_gap(self, numbers: SequenceSet, missing_to: int) -> None:
        """A run that grows at its end is still the same one."""
        if missing_to > numbers.highest == numbers.highest_held:
            self.gaps += 1

    def _schedule(self, stream: _Stream, now_s: float) -> None:
        key = (stream.topic.text, stream.incarnation)
        if not stream.numbers.missing_count:
            if self._lacking.pop(key, None) is not None:
                stream.due_s, stream.attempt = None, 0
        elif stream.due_s is None:
            self._lacking[key] = stream
            stream.due_s = now_s + FIRST_WAIT_S
