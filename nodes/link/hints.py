"""What neighbours say that others have published: a hint where to ask, and nothing that anybody signed for.

Each neighbour's newest word is kept and no older one, so each has the room of one message; and it is asked of
that neighbour, so that false hints burden who gives them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain, islice
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

    def receive(self, by: str, stream: str, held: Iterable[Held], now_s: float) -> None:
        """Process ``by`` says what it holds of the streams of a release group, in place of what it said."""
        word = self._words.setdefault((by, stream), _Word())
        unknown = [one for one in held if one.last > self._known(one.topic, one.incarnation)]
        if unknown != word.held:
            word.held, word.attempt, word.begin = unknown, 0, 0
            due_s = now_s + FIRST_WAIT_S
            word.due_s = min(word.due_s or due_s, due_s) if unknown else None

    def due(self, now_s: float, late_s: Callable[[str], float]) -> Iterator[tuple[str, Held, int]]:
        """Whom to ask now for what, above which number; ``late_s`` as `Repairs.due` has it."""
        for (by, _), word in self._words.items():
            if word.due_s is None or word.due_s > now_s:
                continue
            turn = chain(word.held[word.begin :], word.held[: word.begin])
            lacking = (one for one in turn if one.last > self._known(one.topic, one.incarnation))
            asked = list(islice(lacking, ASKED_MAX))
            word.begin = word.held.index(asked[-1]) + 1 if asked else 0
            first_s = max(RETRY_S, late_s(by))
            wait_s = min(first_s * 2.0**word.attempt, max(RETRY_MAX_S, first_s))
            word.due_s = now_s + wait_s if asked else None
            word.attempt += 1
            for one in asked:
                yield by, one, self._known(one.topic, one.incarnation)

    def answered(self, topic: Topic, incarnation: int, now_s: float) -> None:
        """A request brought something: go on at once."""
        for word in self._words.values():
            if any((one.topic, one.incarnation) == (topic, incarnation) for one in word.held):
                word.due_s, word.attempt = now_s, 0

    def next_due_s(self) -> float | None:
        """When `due` will have something; None where there is no hint."""
        return min((word.due_s for word in self._words.values() if word.due_s is not None), default=None)
