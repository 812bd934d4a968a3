"""The nations' pictures as the launcher hears them: rows to show, digests to compare."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, field

from triwatch.v1 import picture_pb2, warning_pb2

_INPUTS_MAX = 2000
_EARLY_MAX = 1000
"""Updates kept for those before them to be repaired."""


def printable(text: str) -> str:
    """What others wrote, without what a terminal would obey."""
    return "".join(c if c.isprintable() else "?" for c in text)


@dataclass(frozen=True, slots=True)
class Row:
    """One track as shown."""

    number: int
    time_ns: int
    state: tuple[float, ...]
    environment: int
    identity: int
    conflict: bool
    status: int
    call_sign: str
    contributors: tuple[str, ...]
    quality: int


@dataclass(slots=True)
class NationPicture:
    """One nation's picture."""

    nation: str
    shown: bool
    """Whether its rows are kept, not their numbers alone."""
    numbers: set[int] = field(default_factory=set)
    rows: dict[int, Row] = field(default_factory=dict)
    time_ns: int = 0
    final_time_ns: int = 0
    input_digest: str = ""
    picture_digest: str = ""
    updates: int = 0
    at: tuple[int, int] = (0, 0)
    """Incarnation and sequence of the last update taken in."""
    _early: dict[tuple[int, int], picture_pb2.PictureUpdate] = field(default_factory=dict)

    def apply(self, update: picture_pb2.PictureUpdate) -> None:
        """Take in an update when its turn comes: one that was lost and repaired comes after later ones."""
        self._early[update.incarnation, update.sequence] = update
        while (key := self._next()) is not None:
            self._take(self._early[key])
            self.at = key
            self._early = {other: early for other, early in self._early.items() if other > key}

    def _next(self) -> tuple[int, int] | None:
        """Of the updates that are there the one whose turn it is: the next, the first of a core started anew,
        or one that needs none before it."""
        incarnation, sequence = self.at
        if (incarnation, sequence + 1) in self._early:
            return incarnation, sequence + 1
        for key in sorted(self._early):
            whole = self._early[key].kind == picture_pb2.PICTURE_KIND_SNAPSHOT
            anew = key[0] > incarnation and key[1] == 1
            if key > self.at and (whole or anew or len(self._early) > _EARLY_MAX):
                return key
        return None

    def _take(self, update: picture_pb2.PictureUpdate) -> None:
        if update.kind == picture_pb2.PICTURE_KIND_SNAPSHOT:
            self.rows.clear()
            self.numbers.clear()
        self.numbers.difference_update(update.removed)
        self.numbers.update(update.number)
        if self.shown:
            self._apply_rows(update)
        self.time_ns, self.final_time_ns = update.time_ns, update.final_time_ns
        self.input_digest, self.picture_digest = update.input_digest, update.picture_digest
        self.updates += 1

    def _apply_rows(self, update: picture_pb2.PictureUpdate) -> None:
        for number in update.removed:
            self.rows.pop(number, None)
        at = 0
        for i, number in enumerate(update.number):
            count = update.contributor_count[i]
            self.rows[number] = Row(
                number=number,
                time_ns=update.track_time_ns[i],
                state=tuple(update.state[6 * i : 6 * i + 6]),
                environment=update.environment[i],
                identity=update.identity[i],
                conflict=update.identity_conflict[i],
                status=update.status[i],
                call_sign=printable(update.call_sign[i]),
                contributors=tuple(update.node_id[k] for k in update.contributors[at : at + count]),
                quality=update.quality[i],
            )
            at += count


class PictureComparison:
    """Every nation's pictures and warnings. The shared picture must be the same for all ``nations``."""

    def __init__(self, nations: Iterable[str]) -> None:
        self.pictures: dict[str, NationPicture] = {}
        """The shared picture as each nation's core makes it."""
        self.nationals: dict[str, NationPicture] = {}
        """The fuller picture of a nation that holds more than all do."""
        for nation in nations:
            self.admit(nation)
        self.shown = next(iter(self.pictures))
        """The nation whose rows are kept."""
        self.pictures[self.shown].shown = True
        self.warnings: dict[tuple[str, str], warning_pb2.MissileWarning] = {}
        """The highest revision of each, by nation and warning id."""
        self.agreed = 0
        """Pictures that two nations made of the same reports, and that were the same."""
        self.disagreed: list[str] = []
        """Input digests of which nations made different pictures: never, unless this program is at fault."""
        self._said: set[tuple[str, int]] = set()
        self._seen: OrderedDict[str, dict[str, str]] = OrderedDict()

    def admit(self, nation: str) -> None:
        """A nation joins."""
        self.pictures[nation] = NationPicture(nation, shown=False)

    def dismiss(self, nation: str) -> NationPicture:
        """A nation is no longer there; the last that it showed."""
        return self.pictures.pop(nation)

    def take_national(self, update: picture_pb2.PictureUpdate) -> None:
        """Take in an update of a nation's own picture: nobody else's need agree with it."""
        nation = update.nation
        picture = self.nationals.setdefault(nation, NationPicture(nation, nation == self.shown))
        picture.apply(update)

    def take_picture(self, update: picture_pb2.PictureUpdate) -> None:
        """Take in an update and compare it with what the others made of the same reports."""
        if update.nation not in self.pictures:
            return
        self.pictures[update.nation].apply(update)
        made = self._seen.setdefault(update.input_digest, {})
        before = {digest for nation, digest in made.items() if nation != update.nation}
        made[update.nation] = update.picture_digest
        if before == {update.picture_digest}:
            self.agreed += 1
        elif before and update.input_digest not in self.disagreed:
            self.disagreed.append(update.input_digest)
        if len(self._seen) > _INPUTS_MAX:
            self._seen.popitem(last=False)

    def take_warning(self, warning: warning_pb2.MissileWarning) -> bool:
        """Take in a warning; True where no nation has yet said as much of its missile."""
        key = (warning.nation, warning.warning_id)
        known = self.warnings.get(key)
        if known is not None and known.revision >= warning.revision:
            return False
        self.warnings[key] = warning
        said = (warning.warning_id, warning.status)
        fresh = said not in self._said
        self._said.add(said)
        return fresh

    def same_now(self) -> bool:
        """Whether all nations hold the same shared reports, and made the same of them."""
        digests = {(p.input_digest, p.picture_digest) for p in self.pictures.values()}
        return not self.disagreed and len(digests) <= 1
