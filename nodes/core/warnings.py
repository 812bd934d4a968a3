"""What a core warns of: its board fed with its own picture updates, the revisions made fit to send."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Protocol

from fusion.update.decode import Update, read_update
from fusion.update.publish import Changes
from fusion.warning.board import Board
from fusion.warning.missiles import of_interest
from fusion.warning.warm import warm_warning
from nodes.coalition import Policy
from nodes.coalition.outlines import nations
from nodes.labels import label_of
from nodes.names import EVERY_MEMBER, in_order, nations_of
from triwatch.v1 import picture_pb2, warning_pb2


class Groups(Protocol):
    """To whom the warnings of a picture with restricted reports may go."""

    def of_warning(self, warning: warning_pb2.MissileWarning) -> str:
        """The release group of all that is behind a warning; empty for every member."""


class Assessor:
    """Turns the updates of one picture of a core into missile warnings.

    Every change has to come, once and in order. `incarnation` is the core's; `policy` gives the policy in
    force at a scenario time; `offer` is called with every revision. With `groups` the picture
    is the nation's own: of what it warns, that is left out which the shared picture supports as well, and the
    rest is released to the group that may have all its reports.
    """

    def __init__(
        self,
        nation: str,
        incarnation: int,
        policy: Callable[[int], Policy],
        offer: Callable[[warning_pb2.MissileWarning], object] | None = None,
        groups: Groups | None = None,
    ) -> None:
        self._nation = nation
        self._incarnation = incarnation
        self._policy = policy
        self._groups = groups
        self._members = policy(0).nations
        self.board = Board(nations(tuple(self._members)))
        self._offer = offer
        self._newest_ns = 0
        warm_warning()

    def flights(self) -> list[picture_pb2.Flight]:
        """What is known of the missiles in the picture."""
        return self.board.flights()

    def __call__(self, changes: Changes) -> Iterable[warning_pb2.MissileWarning]:
        """The warnings that what was told of the picture calls for."""
        return self._step(of_interest(changes, self.board.watched))

    def pass_time(self, time_ns: int) -> Iterable[warning_pb2.MissileWarning]:
        """The warnings that end because the nodes' time has come to ``time_ns`` without a word of the
        missile: after the impact nobody sees it any more."""
        if time_ns <= self._newest_ns:
            return ()
        return self._step(read_update(picture_pb2.PictureUpdate(time_ns=time_ns)))

    def _step(self, update: Update) -> list[warning_pb2.MissileWarning]:
        self._newest_ns = max(self._newest_ns, update.time_ns)
        policy = self._policy(self._newest_ns)
        if policy.nations != self._members:
            self._members = policy.nations
            self.board.watch_over(nations(tuple(self._members)))
        said = []
        for warning in self.board.step(update):
            stream = EVERY_MEMBER
            if self._groups is not None:
                stream = self._groups.of_warning(warning)
                if stream == EVERY_MEMBER:
                    continue
                warning.warning_id += f"-{self._nation}"
            warning.nation, warning.incarnation = self._nation, self._incarnation
            warning.exercise = True
            warning.released_to.extend(in_order(nations_of(stream) or policy.nations))
            warning.label.CopyFrom(label_of(warning.released_to))
            if self._offer is not None:
                self._offer(warning)
            said.append(warning)
        return said
