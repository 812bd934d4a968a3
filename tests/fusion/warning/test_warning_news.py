"""What cores say of missiles that late reports change or take away, and what readers of that show."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import pytest

from fusion.update.newest_warnings import NewestWarnings
from fusion.warning.areas import Nations
from fusion.warning.flight_row import ALERT, ALL_CLEAR, CANCEL, STANDING, UPDATE
from fusion.warning.news import FINAL, PROVISIONAL, WarningNews
from nodes.coalition.outlines import nations
from triwatch.v1 import warning_pb2


@dataclass(frozen=True)
class Row:
    """Of a flight what `WarningNews` asks."""

    revision: int
    digest: str = "one"
    warning_id: str = "M7"
    ended: int = STANDING
    over: bool = False

    @property
    def revised_ns(self) -> int:
        return 1_000 + self.revision

    @property
    def picture_digest(self) -> str:
        return f"{self.digest} {self.revision}"

    def warning(self, _: Nations) -> warning_pb2.MissileWarning:
        return warning_pb2.MissileWarning(
            warning_id=self.warning_id,
            status=ALL_CLEAR if self.over else ALERT if self.revision == 1 else UPDATE,
            revision=self.revision,
            time_ns=self.revised_ns,
            picture_digest=self.picture_digest,
            threatened=["JPN"],
        )


@dataclass
class Sky:
    """A picture with these rows."""

    rows: list[Row] = field(default_factory=list)
    time_ns: int = 2_000
    final_time_ns: int = 0

    def missiles(self, _: int = 0) -> list[Row]:
        return self.rows

    def digest(self) -> str:
        return f"of {len(self.rows)} rows"


class Core:
    """Says what it makes of its pictures; one reader hears it."""

    def __init__(self) -> None:
        self._news = WarningNews(lambda _: nations(("USA", "JPN", "KOR")))
        self._said = 0
        self.shown = NewestWarnings()
        self.words: list[warning_pb2.MissileWarning] = []

    def look(self, *rows: Row, final_ns: int = 0) -> list[warning_pb2.MissileWarning]:
        said = self._news.of(Sky(list(rows), final_time_ns=final_ns))  # type: ignore[arg-type]
        for word in said:
            self._said += 1
            word.incarnation, word.sequence = 1, self._said
            self.shown.take(word)
        self.words += said
        return said


def test_a_missile_that_no_report_bears_out_is_taken_back_by_every_core_alike() -> None:
    """However many of its revisions a core has told: the reports that are held count none."""
    often, seldom = Core(), Core()
    for revision in range(1, 6):
        often.look(Row(revision))
    seldom.look(Row(2))
    [one], [other] = often.look(), seldom.look()
    assert (one.status, one.finality, list(one.threatened)) == (CANCEL, PROVISIONAL, [])
    assert (one.warning_id, one.revision, one.time_ns) == (other.warning_id, other.revision, other.time_ns)
    assert one.revision == 0
    assert often.shown["M7"].status == seldom.shown["M7"].status == CANCEL


def test_a_missile_that_comes_back_is_shown_though_its_revisions_are_counted_anew() -> None:
    core = Core()
    for revision in range(1, 6):
        core.look(Row(revision))
    core.look()
    core.look(Row(1, "other"))
    assert core.shown["M7"].status == ALERT


def test_what_is_over_is_said_once_and_final_of_the_picture_that_stands() -> None:
    """A late report that changes the picture and not the flight: the final word has the later digest."""
    core, over = Core(), Row(2, over=True)
    core.look(Row(1))
    assert [word.picture_digest for word in core.look(over)] == ["one 2"]
    later = replace(over, digest="another")
    assert core.look(later) == []
    (final,) = core.look(later, final_ns=5_000)
    assert (final.finality, final.revision, final.picture_digest) == (FINAL, 2, "another 2")
    assert core.look(replace(over, digest="a third"), final_ns=5_000) == []
    assert core.look(replace(later, revision=3), final_ns=5_000) == []


@pytest.mark.parametrize("order", [slice(None), slice(None, None, -1)])
def test_what_a_core_said_last_is_shown_though_late_reports_left_fewer_revisions(order: slice) -> None:
    core = Core()
    for row in (Row(1), Row(5), Row(4, "other")):
        core.look(row)
    reader = NewestWarnings()
    for word in core.words[order]:
        reader.take(word)
    assert reader["M7"].picture_digest == "other 4"


def test_of_words_in_several_streams_the_highest_revision_is_shown() -> None:
    """Each stream is numbered by itself: what is released to fewer from now on goes on from there."""
    reader = NewestWarnings()
    for revision, sequence, whom in ((3, 9, ["JPN", "USA"]), (4, 1, ["JPN"]), (2, 8, ["JPN", "USA"])):
        reader.take(
            warning_pb2.MissileWarning(
                warning_id="M7", nation="JPN", restricted=True, revision=revision, sequence=sequence,
                released_to=whom,
            )
        )  # fmt: skip
    assert reader["M7-JPN"].revision == 4
