"""What a core warns of: its board fed with its own picture updates, the revisions made fit to send."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from fusion import Picture
from fusion.warning.board import Board
from fusion.warning.warm import warm_warning
from nodes.coalition import Policy
from nodes.gateways.cap_feed import CapFeed
from nodes.warning.outlines import nations
from nodes.warning.release import label, released_to
from triwatch.v1 import picture_pb2, warning_pb2


class Assessor:
    """Turns one core's picture updates into missile warnings; give it to the core as its `assess`.

    Every update has to come, once and in order. `policy` gives the policy in force; with `cap` the
    nation's CAP feed is written there. Raises BadInput where it cannot be.
    """

    def __init__(self, nation: str, policy: Callable[[], Policy], cap: Path | None = None) -> None:
        self._nation = nation
        self._policy = policy
        self._members = policy().nations
        self.board = Board(nations(tuple(self._members)))
        self._feed = CapFeed(cap, nation) if cap is not None else None
        self._newest = picture_pb2.PictureUpdate()
        warm_warning()

    def __call__(
        self, picture: Picture, update: picture_pb2.PictureUpdate
    ) -> Iterable[warning_pb2.MissileWarning]:
        """The warnings that one update of the picture calls for."""
        return self._step(update)

    def pass_time(self, time_ns: int) -> Iterable[warning_pb2.MissileWarning]:
        """The warnings that end because the nodes' time has come to ``time_ns`` without a word of the
        missile: after the impact nobody sees it any more."""
        if time_ns <= self._newest.time_ns:
            return ()
        later = picture_pb2.PictureUpdate(
            kind=picture_pb2.PICTURE_KIND_DELTA, time_ns=time_ns, incarnation=self._newest.incarnation
        )
        return self._step(later)

    def _step(self, update: picture_pb2.PictureUpdate) -> list[warning_pb2.MissileWarning]:
        if update.time_ns >= self._newest.time_ns:
            self._newest = picture_pb2.PictureUpdate(time_ns=update.time_ns, incarnation=update.incarnation)
        policy = self._policy()
        if policy.nations != self._members:
            self._members = policy.nations
            self.board.watch_over(nations(tuple(self._members)))
        revised = self.board.step(update)
        for warning in revised:
            warning.nation, warning.incarnation = self._nation, update.incarnation
            warning.exercise = True
            warning.released_to.extend(released_to(policy, warning.node_id))
            warning.label.CopyFrom(label(warning.released_to))
            if self._feed is not None:
                self._feed.offer(warning)
        return revised
