"""Who has been heard lately: the one rule of silence, for the launcher and for the page.

Source: proto/README.md, section 7. Liveness is for people to see; no picture depends on it.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Final

from fusion.constants import OPERATION, Chosen

HEARTBEAT_S: Final[
    Annotated[float, Chosen("s", "every process speaks at least this often, in wall time", OPERATION)]
] = 0.5
STALE_AFTER_S: Final[
    Annotated[float, Chosen("s", "wall time without a word after which a process is stale", OPERATION)]
] = 2.0
GONE_AFTER_S: Final[
    Annotated[float, Chosen("s", "wall time without a word after which a process is gone", OPERATION)]
] = 10.0
USUAL_GAPS = STALE_AFTER_S / HEARTBEAT_S
"""A silence of so many usual gaps between two words is not yet one."""


class Life(StrEnum):
    """What one process's silence, or its last word, says."""

    ALIVE = "alive"
    STALE = "stale"
    GONE = "gone"
    LEFT = "left"
    """It said goodbye."""


def life_after(silent_s: float, usual_gap_s: float = HEARTBEAT_S) -> Life:
    """What a silence says of who usually speaks so often: who speaks more seldom than the heartbeat, or is
    followed at a multiple of real time, is missed as much later."""
    beyond_s = silent_s - max(0.0, USUAL_GAPS * usual_gap_s - STALE_AFTER_S)
    if beyond_s > GONE_AFTER_S:
        return Life.GONE
    return Life.STALE if beyond_s > STALE_AFTER_S else Life.ALIVE


class Liveness:
    """The last time each process was heard."""

    def __init__(self) -> None:
        self._received_s: dict[str, float] = {}
        self._left: set[str] = set()

    def received(self, name: str, now_s: float, leaving: bool = False) -> None:
        """``name`` spoke."""
        self._received_s[name] = now_s
        (self._left.add if leaving else self._left.discard)(name)

    def age_s(self, name: str, now_s: float) -> float | None:
        """Wall seconds since ``name`` was heard; None where it never was."""
        received_s = self._received_s.get(name)
        return None if received_s is None else max(0.0, now_s - received_s)

    def state(self, name: str, now_s: float) -> Life:
        """What is known of ``name``; GONE where it was never heard."""
        if name in self._left:
            return Life.LEFT
        age_s = self.age_s(name, now_s)
        return Life.GONE if age_s is None else life_after(age_s)
