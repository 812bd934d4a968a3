"""What a picture warns of and has not been said yet.

The words themselves follow from the rows and the policy alone (`FlightRow.warning`); here is kept what was
said of each missile, so that every word is said once: a new revision, provisional; one that still stands when
no late report can change it any more, FINAL; that what was open is taken back, where no report bears it out
any more: as revision 0, since the reports make none.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from fusion.warning.areas import Nations
from fusion.warning.flight_row import ALERT, CANCEL, UPDATE, FlightRow
from triwatch.v1 import picture_pb2, warning_pb2

PROVISIONAL, FINAL = picture_pb2.FINALITY_PROVISIONAL, picture_pb2.FINALITY_FINAL
OPEN = (ALERT, UPDATE)


class Missiles(Protocol):
    """What is asked of a picture."""

    def missiles(self, time_ns: int = 0) -> Sequence[FlightRow]:
        """Every missile; what has come down by ``time_ns`` is over."""

    def digest(self) -> str:
        """Of the picture."""

    @property
    def time_ns(self) -> int:
        """The newest valid time of its reports."""

    @property
    def final_time_ns(self) -> int:
        """Up to where it can no longer change."""


@dataclass(slots=True)
class _Said:
    """The last word on one missile."""

    key: tuple[int, int, str]
    """Of the row as last looked at."""
    word: warning_pb2.MissileWarning
    told: bool
    """False where nobody was told, since nobody had been warned."""


class WarningNews:
    """Follows one picture; ``nations`` gives those to be warned of at a scenario time."""

    def __init__(self, nations: Callable[[int], Nations]) -> None:
        self._nations = nations
        self._said: dict[str, _Said] = {}
        self._time_ns = 0

    def of(self, picture: Missiles, time_ns: int = 0) -> list[warning_pb2.MissileWarning]:
        """The words to be said now, by track number; the nodes' time has come to ``time_ns``, whether or not
        anybody has reported since."""
        self._time_ns = max(self._time_ns, time_ns)
        found, final_ns = set[str](), picture.final_time_ns
        words: list[warning_pb2.MissileWarning] = []
        for row in picture.missiles(self._time_ns):
            found.add(row.warning_id)
            words += self._new(row)
            said = self._said[row.warning_id]
            stands = said.told and said.word.revision == row.revision
            if stands and said.word.finality == PROVISIONAL and row.revised_ns <= final_ns:
                said.word = _copy(said.word)
                said.word.finality = FINAL
                words.append(said.word)
        for warning_id in sorted(self._said.keys() - found):
            gone = self._said.pop(warning_id)
            if gone.told and gone.word.status in OPEN:
                words.append(_taken_back(gone.word, picture))
        return [_copy(word) for word in words]

    def _new(self, row: FlightRow) -> list[warning_pb2.MissileWarning]:
        """The row's word, where it is new; what is over is said once, and only of what was told."""
        key = (row.revision, int(row.ended), row.picture_digest)
        before = self._said.get(row.warning_id)
        if before is not None and before.key == key:
            return []
        word = row.warning(self._nations(row.revised_ns))
        word.finality = PROVISIONAL
        told = before is not None and before.told
        if word.status not in OPEN and (not told or before is None or before.word.status == word.status):
            # a late report may give the same revision another picture: the final word is of that one
            if before is not None and told:
                last = before.word
                again = last.revision == word.revision and last.finality == PROVISIONAL
                word = word if again else last
            self._said[row.warning_id] = _Said(key, word, told)
            return []
        self._said[row.warning_id] = _Said(key, word, True)
        return [word]


def _taken_back(last: warning_pb2.MissileWarning, picture: Missiles) -> warning_pb2.MissileWarning:
    """That a missile is none after all, with the flight that was told last."""
    word = _copy(last)
    word.status, word.reason = CANCEL, "reports that came late do not bear it out"
    word.revision, word.finality = 0, PROVISIONAL
    word.time_ns, word.picture_digest = picture.time_ns, picture.digest()
    del word.threatened[:]
    return word


def _copy(word: warning_pb2.MissileWarning) -> warning_pb2.MissileWarning:
    other = warning_pb2.MissileWarning()
    other.CopyFrom(word)
    return other
