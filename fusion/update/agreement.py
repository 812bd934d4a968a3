"""Whether the nations' cores made the same picture of the same reports."""

from __future__ import annotations

import copy
from collections import OrderedDict
from typing import Annotated, Final

from fusion.constants import OPERATION, Chosen

INPUTS_MAX: Final[
    Annotated[
        int, Chosen("1", "sets of reports remembered for the nations that have yet to fold them", OPERATION)
    ]
] = 2000


class Agreement:
    """Compares pictures made of the same input; pictures of different input may well differ.

    The order in which the nations' updates come does not matter, nor does how often they come.
    """

    def __init__(self) -> None:
        self.agreed = 0
        """Pictures that two nations made of the same reports, and that were the same."""
        self.disagreed: list[str] = []
        """Input digests of which nations made different pictures: never, unless this program is at fault."""
        self.common: tuple[bool, int] | None = None
        """Of the newest input that every nation heard had folded: whether their pictures were the same, and
        the picture's time, UTC ns."""
        self._made: OrderedDict[str, dict[str, str]] = OrderedDict()
        self._nations: set[str] = set()

    def note(self, nation: str, input_digest: str, picture_digest: str, time_ns: int) -> None:
        """A nation's core made this picture of this input."""
        self._nations.add(nation)
        made = self._made.setdefault(input_digest, {})
        if not input_digest or made.get(nation) == picture_digest:
            return
        others = {digest for other, digest in made.items() if other != nation}
        made[nation] = picture_digest
        if others == {picture_digest}:
            self.agreed += 1
        elif others and input_digest not in self.disagreed:
            self.disagreed.append(input_digest)
        if len(self._nations) > 1 and self._nations <= made.keys():
            same = len(set(made.values())) == 1
            if self.common is None or time_ns >= self.common[1]:
                self.common = same, time_ns
        if len(self._made) > INPUTS_MAX:
            self._made.popitem(last=False)

    def dismiss(self, nation: str) -> None:
        """A nation is no longer there; nobody waits for it."""
        self._nations.discard(nation)

    def copy(self) -> Agreement:
        """An independent one."""
        twin = copy.copy(self)
        twin.disagreed, twin._nations = list(self.disagreed), set(self._nations)
        twin._made = OrderedDict((digest, dict(made)) for digest, made in self._made.items())
        return twin
