"""What the loss of a process did: how long each nation's picture stood still."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Any, Final

from fusion.constants import OPERATION, Chosen
from nodes.core.topology import HUB_LOST_S

WATCHED_S: Final[
    Annotated[
        float,
        Chosen(
            "s", "wall time after a loss in which a picture that stands still is put down to it", OPERATION
        ),
    ]
] = 30.0


@dataclass(frozen=True, slots=True)
class Loss:
    """A process that is to be killed at a scenario time."""

    id: str
    at_s: float


@dataclass(slots=True)
class Outage:
    """A loss that has come, and the longest time each picture then went without anything new."""

    loss: Loss
    lost_s: float
    """Monotonic wall seconds."""
    ended: str = ""
    """The nation whose picture ended with it: what is still under way of it is no pause."""
    still_s: dict[str, float] = field(default_factory=dict)


class Losses:
    """The pictures' pauses around each loss."""

    def __init__(self) -> None:
        self.outages: list[Outage] = []
        self._moved_s: dict[str, float] = {}

    def lose(self, loss: Loss, now_s: float, ended: str = "") -> None:
        """A process was killed, and with it ``ended``'s picture."""
        self.outages.append(Outage(loss, now_s, ended))

    def moved(self, nation: str, now_s: float) -> None:
        """A nation's picture showed new reports."""
        before_s = self._moved_s.get(nation, now_s)
        self._moved_s[nation] = now_s
        for outage in self.outages:
            if nation != outage.ended and outage.lost_s <= now_s < outage.lost_s + WATCHED_S:
                pause_s = now_s - before_s
                outage.still_s[nation] = max(outage.still_s.get(nation, 0.0), pause_s)

    def facts(self, hub: bool) -> list[dict[str, Any]]:
        """For the scorecard; wall seconds."""
        return [
            {
                "id": outage.loss.id,
                "at_s": outage.loss.at_s,
                "picture_still_s": outage.still_s,
                "direct_after_s": HUB_LOST_S if hub else None,
            }
            for outage in self.outages
        ]
