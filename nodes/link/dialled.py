"""The lines that this process dials to one core: one, and while that is silent others beside it.

A line that is silent may be broken, or only slow: where packets are lost TCP doubles its wait from one try to
the next, and for some seconds nothing comes. Whoever gives it up for that begins anew, four ways to and fro,
on the same bad way. So another is dialled beside it, and the first that is heard is kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Final

from fusion.constants import OPERATION, Chosen
from nodes.link.lines import Line, Way

ANSWER_S: Final[
    Annotated[
        float,
        Chosen(
            "s",
            "what a core that is dialled has for its first word before it is dialled once more: a handshake "
            "is four ways to and fro",
            OPERATION,
        ),
    ]
] = 10.0
BESIDE_MAX: Final[
    Annotated[
        int,
        Chosen(
            "1",
            "lines to one core at a time, so that each has four times as long as ANSWER_S to be heard: over "
            "0.6 s each way with a third of the packets lost a handshake takes half a minute",
            OPERATION,
        ),
    ]
] = 4


class Dialled:
    """The lines to one core, the oldest first."""

    def __init__(self) -> None:
        self.lines: list[Line] = []

    def heard(self, now_s: float) -> Line | None:
        """The line to use: of those that were heard lately the one that was last."""
        alive = [line for line in self.lines if line.alive(now_s)]
        return max(alive, key=lambda line: line.received_s or 0.0, default=None)

    def settle(self, ways: Sequence[Way], now_s: float) -> tuple[list[Line], Way | None]:
        """The lines to hang up on, and the way to dial now, if one is to be dialled; ``ways`` are those by
        which the core may be reached, best first."""
        gone = [line for line in self.lines if line.way not in ways]
        left = [line for line in self.lines if line.way in ways]
        used = self.heard(now_s)
        if used in left:
            return [line for line in self.lines if line is not used], None
        if not ways or (left and left[-1].received_s is None and now_s - left[-1].began_s <= ANSWER_S):
            return gone, None
        last = ways.index(left[-1].way) if left and left[-1].way is not None else -1
        return gone + left[: max(0, len(left) + 1 - BESIDE_MAX)], ways[(last + 1) % len(ways)]
