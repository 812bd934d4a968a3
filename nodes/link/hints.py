"""What neighbours say that others have published: a hint where to ask, and nothing that anybody signed for.

Each neighbour's newest word is kept and no older one, so each has the room of one message; and it is asked of
that neighbour, so that false hints burden who gives them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain
from typing import Annotated, Final, NamedTuple

from fusion.constants import OPERATION, Chosen
from nodes.link.topics import Topic

FIRST_WAIT_S: Final[
    Annotated[
        float, Chosen("s", "what a neighbour has and this process has not may be on its way", OPERATION)
    ]
] = 0.25
RETRY_S: Final[
    Annotated[float, Chosen("s", "first wait before a hint is asked for again; it doubles", OPERATION)]
] = 0.25
RETRY_MAX_S: Final[
    Annotated[float, Chosen("s", "longest wait before a hint is asked for again", OPERATION)]
] = 4.0
ASKED_MAX: Final[
    Annotated[int, Chosen("1", "streams that one neighbour is asked for at a time", OPERATION)]
] = 16


class Held(NamedTuple):
    """A stream up to its highest number, as a neighbour says that it holds it."""

    topic: Topic
    incarnation: int
    last: int


@dataclass(slots=True)
class _Asked:
    """The last question about one stream on a neighbour's word."""

    last: int
    """Up to this number."""
    until_s: float
    """So long no other neighbour is asked."""


@dataclass(slots=True)
class _Word:
    """What one neighbour said last of the streams of one release group."""

    held: list[Held] = field(default_factory=list)
    """Of that what is not known here."""
    due_s: float | None = None
    attempt: int = 0
    begin: int = 0
    """Whose turn is next."""


class Hints:
    """The hints of every neighbour; ``known`` gives the highest number known of a topic and incarnation."""

    def __init__(self, known: Callable[[Topic, int], int]) -> None:
        self._known = known
        self._words: dict[tuple[str, str], _Word] = {}
        self._asked: dict[tuple[str, int], _Asked] = {}
        self.gaps = 0
        """Runs of missing numbers that only a neighbour told of, and that were asked for."""

    def receive(self, by: str, stream: str, held: Iterable[Held], now_s: float) -> None:
        """Process ``by`` says what it holds of the streams of a release group, in place of what it said."""
        word = self._words.setdefault((by, stream), _Word())
        unknown = [one for one in held if one.last > self._known(one.topic, one.incarnation)]
        if unknown == word.held:
            return
        word.held, word.begin = unknown, 0
        named = {(one.topic.text, one.incarnation) for w in self._words.values() for one in w.held}
        self._asked = {key: asked for key, asked in self._asked.items() if key in named}
        if not unknown:
            word.due_s = None
        elif (
            word.due_s is None
        ):  # else it was asked, and is asked for the rest when its answer came or is late
            word.due_s, word.attempt = now_s + FIRST_WAIT_S, 0

    def due(self, now_s: float, late_s: Callable[[str], float]) -> Iterator[tuple[str, Held, int]]:
        """Whom to ask now for what, above which number; ``late_s`` as `Repairs.due` has it."""
        for (by, _), word in self._words.items():
            if word.due_s is None or word.due_s > now_s:
                continue
            turn = chain(word.held[word.begin :], word.held[: word.begin])
            lacking = [one for one in turn if one.last > self._known(one.topic, one.incarnation)]
            open_s = [self._open_s(one) for one in lacking]
            asked = [one for one, at_s in zip(lacking, open_s, strict=True) if at_s <= now_s][:ASKED_MAX]
            word.begin = word.held.index(asked[-1]) + 1 if asked else 0
            if not asked:
                word.due_s = min(open_s, default=None)
                continue
            first_s = max(RETRY_S, late_s(by))
            wait_s = min(first_s * 2.0**word.attempt, max(RETRY_MAX_S, first_s))
            word.due_s = now_s + wait_s
            word.attempt += 1
            for one in asked:
                known = self._known(one.topic, one.incarnation)
                before = self._asked.get((one.topic.text, one.incarnation))
                self.gaps += before is None or before.last <= known
                # a neighbour that answers never, or late, holds the others back so long and no longer
                until_s = now_s + min(wait_s, RETRY_MAX_S)
                self._asked[one.topic.text, one.incarnation] = _Asked(one.last, until_s)
                yield by, one, known

    def answered(self, topic: Topic, incarnation: int, now_s: float) -> None:
        """A request brought something: go on at once."""
        if asked := self._asked.get((topic.text, incarnation)):
            asked.until_s = now_s
        for word in self._words.values():
            if any((one.topic, one.incarnation) == (topic, incarnation) for one in word.held):
                word.due_s, word.attempt = now_s, 0

    def begin_anew(self, by: str, now_s: float) -> None:
        """What this neighbour was asked for may be lost: ask again at once."""
        for (name, _), word in self._words.items():
            if name == by and word.due_s is not None:
                word.due_s, word.attempt = now_s, 0

    def _open_s(self, one: Held) -> float:
        """From when on somebody may be asked for a stream."""
        asked = self._asked.get((one.topic.text, one.incarnation))
        return asked.until_s if asked else 0.0

    def next_due_s(self) -> float | None:
        """When `due` will have something; None where there is no hint."""
        return min((word.due_s for word in self._words.values() if word.due_s is not None), default=None)
