"""Whether the warnings that a recording holds are those that its reports make."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from fusion import Picture
from fusion.finality import FOREVER_NS
from fusion.report.report import EventKey
from fusion.utc import utc_text
from fusion.warning.areas import Nations
from fusion.warning.flight_row import FlightRow
from fusion.warning.news import FINAL, OPEN
from triwatch.v1 import warning_pb2

OF_A_CORE = (
    "nation",
    "incarnation",
    "sequence",
    "exercise",
    "finality",
    "restricted",
    "released_to",
    "label",
)
"""Fields that no row says: whose a warning is, its number, when it is final, and to whom it goes."""


class Revisions:
    """Every revision of every flight that one picture made, in canonical order."""

    def __init__(self) -> None:
        self._by_event: dict[EventKey, Sequence[FlightRow]] = {}

    def clear(self) -> None:
        """Begin anew."""
        self._by_event.clear()

    def note(self, key: EventKey, rows: Sequence[FlightRow]) -> None:
        """What an event revised; as `Picture` tells it."""
        if rows:
            self._by_event[key] = rows
        else:
            self._by_event.pop(key, None)

    def rows(self) -> dict[tuple[str, int], list[FlightRow]]:
        """By warning and revision; with those that time alone brings."""
        found: dict[tuple[str, int], list[FlightRow]] = {}
        for rows in self._by_event.values():
            for row in rows:
                found.setdefault((row.warning_id, row.revision), []).append(row)
                over = row.passed(FOREVER_NS)
                if over is not row:
                    found.setdefault((over.warning_id, over.revision), []).append(over)
        return found


@dataclass(frozen=True, slots=True)
class Comparison:
    """How the warnings of one nation's core went together with those made again."""

    compared: int = 0
    """FINAL ones: a provisional warning may be of fewer reports than there are now."""
    differing: int = 0
    first: str = ""
    """Which of them is the first to differ."""
    missing: tuple[str, ...] = ()
    """Ids of warnings that stand and are final, of which the core said nothing at all."""

    @property
    def equal(self) -> bool:
        """Whether nothing was found to differ."""
        return not self.differing and not self.missing


def compare(
    said: Iterable[warning_pb2.MissileWarning],
    revisions: Revisions,
    picture: Picture,
    mapped: Callable[[int], Nations],
) -> Comparison:
    """Hold what a core said against the picture made again and its revisions; ``mapped`` gives the nations
    to be warned at a scenario time."""
    made = revisions.rows()
    names, compared = set[str](), 0
    wrong: list[warning_pb2.MissileWarning] = []
    for word in said:
        names.add(word.warning_id)
        if word.finality != FINAL:
            continue
        compared += 1
        meant = [
            row.warning(mapped(row.revised_ns)) for row in made.get((word.warning_id, word.revision), ())
        ]
        if content(word) not in {content(one) for one in meant}:
            wrong.append(word)
    standing = {
        row.warning_id for row in picture.missiles() if row.open and row.revised_ns <= picture.final_time_ns
    }
    told = {w.warning_id for w in picture.warnings(mapped) if w.status in OPEN}
    first = (
        f"{wrong[0].warning_id} revision {wrong[0].revision} of {utc_text(wrong[0].time_ns)}" if wrong else ""
    )
    return Comparison(compared, len(wrong), first, tuple(sorted((standing & told) - names)))


def content(word: warning_pb2.MissileWarning) -> bytes:
    """What of a warning its row says, in deterministic encoding."""
    bare = warning_pb2.MissileWarning()
    bare.CopyFrom(word)
    for name in OF_A_CORE:
        bare.ClearField(name)
    return bytes(bare.SerializeToString(deterministic=True))
