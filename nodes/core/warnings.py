"""What a core warns of: the words that its picture calls for, released to those who may have them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from fusion import Picture
from fusion.warning.news import WarningNews
from fusion.warning.warm import warm_warning
from nodes.coalition import Policy
from nodes.coalition.outlines import nations
from nodes.labels import label_of
from nodes.names import EVERY_MEMBER, in_order, nations_of
from triwatch.v1 import warning_pb2


class Groups(Protocol):
    """To whom the warnings of a picture with restricted reports may go."""

    def of_warning(self, warning: warning_pb2.MissileWarning) -> str:
        """The release group of all that is behind a warning; empty for every member."""


class Warner:
    """Turns one picture of a core into missile warnings.

    `incarnation` is the core's; `policy` gives the policy in force at a scenario time; `offer` is called with
    every word said. With `groups` the picture is the nation's own: of what it warns, that is left out which
    the shared picture supports as well, and the rest is released to the group that may have all its reports.
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
        self._offer = offer
        self._news = WarningNews(lambda time_ns: nations(tuple(policy(time_ns).nations)))
        warm_warning()

    def news(self, picture: Picture, time_ns: int = 0) -> list[warning_pb2.MissileWarning]:
        """What the picture warns of and has not been said; the nodes' time has come to ``time_ns``."""
        return [word for word in self._news.of(picture, time_ns) if self._release(word)]

    def _release(self, word: warning_pb2.MissileWarning) -> bool:
        """Address a word; False where it is for nobody."""
        stream = EVERY_MEMBER
        if self._groups is not None:
            stream = self._groups.of_warning(word)
            if stream == EVERY_MEMBER:
                return False
            word.restricted = True
        word.nation, word.incarnation, word.exercise = self._nation, self._incarnation, True
        members = self._policy(word.time_ns).nations
        word.released_to.extend(in_order(nations_of(stream) or members))
        word.label.CopyFrom(label_of(word.released_to))
        if self._offer is not None:
            self._offer(word)
        return True
