"""Every reader of updates and warnings, given them late, twice or never: what it shows does not depend on
how they came, and what it lacks it does not make up."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from disorder import late_and_twice, rerecord, without
from film import FILM, film
from nodes.demo.picture_comparison import PictureComparison, most_important
from nodes.gateways.export import export
from nodes.page.feed import Feed
from nodes.page.recorded import RecordedSource
from nodes.recording import Recording
from nodes.recording.channels import PICTURE, WARNINGS
from nodes.replay.refold import Refold, compare_updates, recorded_states
from nodes.scoring.recording import score_recording
from triwatch.v1 import page_pb2, picture_pb2

pytestmark = pytest.mark.slow
FILM_S = 95
MEMBERS = ("USA", "JPN", "KOR")


@pytest.fixture(scope="module")
def straight(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An exercise with a launch and its warnings, everything recorded in order."""
    path = tmp_path_factory.mktemp("order") / "straight.mcap"
    film(path, FILM, FILM_S, step_s=1)
    assert len(list(Recording(path).messages(WARNINGS))) > 3 * len(MEMBERS)
    return path


@pytest.fixture(scope="module")
def disordered(straight: Path) -> Path:
    """The same in the order 1, 2, 3, 5, 4 ..., with repetitions."""
    return rerecord(straight, straight.with_name("disordered.mcap"), late_and_twice)


@pytest.fixture(scope="module")
def holed(straight: Path) -> Path:
    """The same without update 74 of each core; 81 is a snapshot."""
    return rerecord(straight, straight.with_name("holed.mcap"), without(74))


def scored(path: Path) -> dict[str, Any]:
    """The result, less what is of the file."""
    result = score_recording(path)
    del result["recording"]
    return result


def test_scores(straight: Path, disordered: Path) -> None:
    assert scored(disordered) == scored(straight)


def test_replay(straight: Path, disordered: Path) -> None:
    for path in (straight, disordered):
        refold = Refold(Recording(path))
        refold.run()
        assert {name: one.verdict for name, one in refold.nations.items()} == dict.fromkeys(MEMBERS, "equal")
    compared = compare_updates(Recording(disordered), "compiled", MEMBERS)
    assert all(one.differing == 0 < one.compared for one in compared.values())
    for nation in MEMBERS:
        theirs, ours = (recorded_states(Recording(path), nation) for path in (disordered, straight))
        assert theirs.keys() == ours.keys()
        assert all(np.array_equal(theirs[number], ours[number]) for number in ours)


@pytest.mark.parametrize("form", ["csv", "czml", "geojson"])
def test_exports(straight: Path, disordered: Path, form: str, tmp_path: Path) -> None:
    for path in (straight, disordered):
        export(Recording(path), form, tmp_path / path.stem, "KOR")
    assert (tmp_path / "disordered").read_bytes() == (tmp_path / "straight").read_bytes()


def test_cap(straight: Path, disordered: Path, tmp_path: Path) -> None:
    for path in (straight, disordered):
        export(Recording(path), "cap", tmp_path / path.stem)
    ours, theirs = (
        {file.relative_to(tmp_path / stem) for file in (tmp_path / stem).rglob("*.xml")}
        for stem in ("straight", "disordered")
    )
    assert theirs == ours
    assert len(ours) > 3


def page(path: Path, second: float | None = None) -> tuple[page_pb2.PageFrame, list[page_pb2.Event]]:
    """The frame of a browser that went to a second, or the end, and all that the page says happened."""
    source = RecordedSource(Recording(path), "film")
    source.read()
    feed = Feed(source)
    end_ns = source.describe().end_ns
    start_ns = source.describe().start_ns
    seek_ns = end_ns if second is None else start_ns + round(second * 1e9)
    feed.obey(page_pb2.PageRequest(nation="KOR", seek_ns=seek_ns))
    return feed.compose(), list(source.events()[1])


def sorted_rows(update: picture_pb2.PictureUpdate) -> list[tuple[Any, ...]]:
    """A picture's rows, by number."""
    state = np.array(update.state).reshape(-1, 6).tolist()
    return sorted(zip(update.number, update.track_time_ns, map(tuple, state), update.status, strict=True))


def test_page(straight: Path, disordered: Path) -> None:
    ours, happened = page(straight)
    theirs, told = page(disordered)
    assert told == happened
    assert sorted_rows(theirs.picture) == sorted_rows(ours.picture)
    assert sorted(t.SerializeToString() for t in theirs.trail) == sorted(
        t.SerializeToString() for t in ours.trail
    )
    assert theirs.picture.picture_digest == ours.picture.picture_digest
    assert theirs.coalition.agreement == page_pb2.AGREEMENT_SAME
    assert {w.warning_id: w.revision for w in theirs.warnings.warning} == {
        w.warning_id: w.revision for w in ours.warnings.warning
    }


def launcher(path: Path) -> PictureComparison:
    """What the launcher makes of a recording's messages in the order that they lie there."""
    mirror = PictureComparison(["KOR", "USA", "JPN"])
    for message in Recording(path).messages(PICTURE, WARNINGS):
        parsed = message.channel.message.FromString(message.data)
        if message.channel is PICTURE:
            mirror.take_picture(parsed)
        else:
            mirror.take_warning(parsed.payload)
    return mirror


def test_launcher(straight: Path, disordered: Path) -> None:
    ours, theirs = launcher(straight), launcher(disordered)
    assert theirs.same_now()
    assert theirs.agreement.agreed == ours.agreement.agreed > 100
    shown, meant = ([*most_important(one.pictures["KOR"], 1000)] for one in (theirs, ours))
    assert shown == meant
    assert len(meant) > 10
    assert theirs.warnings == ours.warnings


def test_what_never_came_is_said_and_the_picture_before_it_stands(
    straight: Path, holed: Path, tmp_path: Path
) -> None:
    """From update 74 to the snapshot 81 every reader keeps to update 73."""
    pictures = score_recording(holed)["pictures"]
    assert [one["missing_updates"] for one in pictures] == [1, 1, 1]
    assert [one["picture_digest"] for one in pictures] == [
        one["picture_digest"] for one in score_recording(straight)["pictures"]
    ]
    ours, _ = page(straight, 72.5)
    theirs, _ = page(holed, 78.5)
    assert sorted_rows(theirs.picture) == sorted_rows(ours.picture)
    after, _ = page(holed, 80.5)
    assert sorted_rows(after.picture) == sorted_rows(page(straight, 80.5)[0].picture)
    rows: dict[str, dict[str, list[str]]] = {}
    for path in (straight, holed):
        export(Recording(path), "csv", tmp_path / path.stem, "KOR")
        for line in (tmp_path / path.stem).read_text().splitlines()[1:]:
            rows.setdefault(path.stem, {}).setdefault(line.split(",")[1], []).append(line)
    lost = rows["straight"].keys() - rows["holed"].keys()
    assert len(lost) in (6, 7), "no moment is shown whose picture is not known"
    assert {time: lines for time, lines in rows["straight"].items() if time not in lost} == rows["holed"]
    assert json.dumps(pictures)
