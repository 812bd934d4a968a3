"""The nations' pictures as the launcher hears them: rows to show, digests to compare."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from fusion.update.agreement import Agreement
from fusion.update.decode import UpdateError
from fusion.update.newest_warnings import NewestWarnings
from fusion.update.picture_table import PictureTable
from fusion.update.region import fixes
from triwatch.v1 import picture_pb2, track_pb2, warning_pb2


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
    placed: bool = True
    """Whether it is known to a place; else by an area under water."""


def most_important(table: PictureTable, limit: int) -> Iterator[Row]:
    """At most so many tracks: missiles first, then what is hostile, what has a name, then by number."""
    rows = table.rows
    order = np.lexsort(
        (
            rows["number"],
            rows["call_sign"] == 0,
            rows["identity"] != track_pb2.IDENTITY_HOSTILE,
            rows["environment"] != track_pb2.ENVIRONMENT_SPACE,
        )
    )
    chosen = rows[order[:limit]]
    for row, placed in zip(chosen, fixes(chosen).tolist(), strict=True):
        yield Row(
            number=int(row["number"]),
            time_ns=int(row["track_time_ns"]),
            state=tuple(row["state"].tolist()),
            environment=int(row["environment"]),
            identity=int(row["identity"]),
            conflict=bool(row["identity_conflict"]),
            status=int(row["status"]),
            call_sign=printable(table.text(row["call_sign"])),
            contributors=table.contributors_of(row),
            quality=int(row["quality"]),
            placed=placed,
        )


class PictureComparison:
    """Every nation's pictures and warnings. The shared picture must be the same for all ``nations``."""

    def __init__(self, nations: Iterable[str]) -> None:
        self.pictures: dict[str, PictureTable] = {}
        """The shared picture as each nation's core makes it."""
        self.nationals: dict[str, PictureTable] = {}
        """The fuller picture of a nation that holds more than all do."""
        for nation in nations:
            self.admit(nation)
        self.shown = next(iter(self.pictures))
        """The nation whose rows are shown."""
        self.warnings: dict[str, NewestWarnings] = {}
        """By nation."""
        self.agreement = Agreement()
        self.refused = 0
        """Updates that break the contract."""
        self._said: set[tuple[str, int]] = set()

    def admit(self, nation: str) -> None:
        """A nation joins."""
        self.pictures[nation] = PictureTable()

    def dismiss(self, nation: str) -> PictureTable:
        """A nation is no longer there; the last that it showed."""
        self.agreement.dismiss(nation)
        return self.pictures.pop(nation)

    def take_national(self, update: picture_pb2.PictureUpdate) -> None:
        """Take in an update of a nation's own picture: nobody else's need agree with it."""
        self._take(self.nationals.setdefault(update.nation, PictureTable()), update)

    def take_picture(self, update: picture_pb2.PictureUpdate) -> None:
        """Take in an update and compare it with what the others made of the same reports."""
        if update.nation not in self.pictures:
            return
        if self._take(self.pictures[update.nation], update):
            self.agreement.note(update.nation, update.input_digest, update.picture_digest, update.time_ns)

    def take_warning(self, warning: warning_pb2.MissileWarning) -> bool:
        """Take in a warning; True where no nation has yet said as much of its missile."""
        if not self.warnings.setdefault(warning.nation, NewestWarnings()).take(warning):
            return False
        said = (warning.warning_id, warning.status)
        fresh = said not in self._said
        self._said.add(said)
        return fresh

    def _take(self, table: PictureTable, update: picture_pb2.PictureUpdate) -> bool:
        try:
            table.take(update)
        except UpdateError:
            self.refused += 1
            return False
        return True

    def same_now(self) -> bool:
        """Whether all nations hold the same shared reports, and made the same of them."""
        digests = {(p.input_digest, p.picture_digest) for p in self.pictures.values()}
        return not self.agreement.disagreed and len(digests) <= 1
