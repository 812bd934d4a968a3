"""What a browser is shown: the protocol that a live exercise and a recording share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from nodes.page.comparison import ReportLog
from nodes.page.scene import Scene
from nodes.page.trails import Trails
from triwatch.v1 import page_pb2


class Player(Protocol):
    """One browser's place in time."""

    @property
    def scene(self) -> Scene:
        """The moment."""

    @property
    def log(self) -> ReportLog:
        """What the nodes said until then, and perhaps later."""

    def obey(self, request: page_pb2.PageRequest) -> bool:
        """Play, pause, go elsewhere; True where the scene is now another one and must be sent whole."""

    def clock(self, nation: str) -> page_pb2.PageClock:
        """Go on to now; the time shown."""

    def trails(self, nation: str) -> Trails | None:
        """Where the tracks of a nation's picture were."""


class Source(Protocol):
    """An exercise that can be looked at."""

    def describe(self) -> page_pb2.PageSource:
        """What there is to see."""

    def events(self) -> tuple[int, Sequence[page_pb2.Event]]:
        """A version that grows, and all that happened."""

    def player(self) -> Player:
        """A place in time for one more browser."""
