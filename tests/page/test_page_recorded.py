"""A recording as a source: events, going anywhere, and the picture that some nations alone would see."""

from __future__ import annotations

from pathlib import Path

import pytest

from film import FILM_S, LOST_NODE, LOST_S
from nodes.page.feed import Feed
from nodes.page.recorded import RecordedSource
from nodes.recording import Recording
from nodes.recording.channels import PICTURE
from triwatch.v1 import page_pb2, picture_pb2

pytestmark = pytest.mark.slow
S = 10**9


def at(source: RecordedSource, second: float, nation: str = "KOR") -> tuple[Feed, page_pb2.PageFrame]:
    """A paused browser that went to a second of the recording, and the frame it gets."""
    feed = Feed(source)
    feed.obey(page_pb2.PageRequest(nation=nation, seek_ns=source.describe().start_ns + round(second * S)))
    return feed, feed.compose()


def test_the_whole_span_and_every_nation_is_there(source: RecordedSource) -> None:
    described = source.describe()
    assert list(described.nation) == ["USA", "JPN", "KOR"]
    assert (described.end_ns - described.start_ns) / S == pytest.approx(FILM_S, abs=1)
    assert not described.live


def test_launch_warning_and_lost_node_are_events_in_order(source: RecordedSource) -> None:
    _, events = source.events()
    start = source.describe().start_ns
    kinds = {e.kind: (e.time_ns - start) / S for e in reversed(events)}
    # the scenario launches at 30 s and burns on: first seen by its infrared satellites
    assert 30 < kinds[page_pb2.EVENT_KIND_LAUNCH] <= kinds[page_pb2.EVENT_KIND_WARNING] < 100
    lost = next(e for e in events if e.kind == page_pb2.EVENT_KIND_NODE_LOST)
    assert lost.node_id == LOST_NODE
    assert (lost.time_ns - start) / S == pytest.approx(LOST_S, abs=2)
    assert [e.time_ns for e in events] == sorted(e.time_ns for e in events)


def test_what_is_compared_anew_is_due_though_what_was_compared_before_ends_later(
    source: RecordedSource,
) -> None:
    """Paused: the picture of one nation is still being folded when that of another is asked for."""
    feed, frame = at(source, 60)
    request = page_pb2.PageRequest(nation="KOR", counted=["USA"])
    feed.obey(request)
    assert feed.due_comparison(frame.clock.time_ns)
    feed.begin_comparison(frame.clock.time_ns)
    request.counted[:] = ["JPN"]
    feed.obey(request)
    feed.compare("KOR", frame.clock.time_ns)
    assert feed.due_comparison(frame.clock.time_ns)


@pytest.mark.parametrize("second", [5, 61, 119.5, FILM_S])
def test_a_seek_shows_the_last_known_state(source: RecordedSource, recording: Path, second: float) -> None:
    """What is shown equals the last update recorded until then, read without the page's code."""
    until_ns = source.describe().start_ns + round(second * S)
    numbers: set[int] = set()
    digest = ""
    for message in Recording(recording).messages(PICTURE):
        if message.source == "KOR" and message.log_time_ns <= until_ns:
            update = picture_pb2.PictureUpdate.FromString(message.data)
            if update.kind == picture_pb2.PICTURE_KIND_SNAPSHOT:
                numbers.clear()
            numbers = (numbers - set(update.removed)) | set(update.number)
            digest = update.picture_digest
    _, frame = at(source, second)
    assert frame.picture.kind == picture_pb2.PICTURE_KIND_SNAPSHOT
    assert set(frame.picture.number) == numbers
    assert frame.picture.picture_digest == digest
    assert frame.clock.time_ns == until_ns
    for trail in frame.trail:
        assert trail.time_ns[-1] <= until_ns


def test_going_back_forgets_what_came_later(source: RecordedSource) -> None:
    feed, late = at(source, FILM_S)
    assert late.warnings.warning
    feed.obey(page_pb2.PageRequest(nation="KOR", seek_ns=source.describe().start_ns + 10 * S))
    early = feed.compose()
    assert early.HasField("warnings")
    assert not early.warnings.warning
    assert early.coalition.node
    assert all(n.liveness == page_pb2.LIVENESS_ALIVE for n in early.coalition.node)


def test_nations_agree_and_the_silent_node_is_shown(source: RecordedSource) -> None:
    _, frame = at(source, FILM_S)
    assert frame.coalition.agreement == page_pb2.AGREEMENT_SAME
    assert frame.coalition.commonality == 1.0
    states = {n.node_id: n.liveness for n in frame.coalition.node}
    assert states.pop(LOST_NODE) == page_pb2.LIVENESS_GONE
    assert set(states.values()) == {page_pb2.LIVENESS_ALIVE}
    assert any(s.range_m > 1e6 for n in frame.coalition.node for s in n.sensor)


def test_counting_all_nations_gives_the_shared_picture_and_counting_fewer_gives_less(
    source: RecordedSource,
) -> None:
    feed, frame = at(source, 60)
    shared = frame.picture
    everyone = page_pb2.PageRequest(nation="KOR", counted=["JPN", "KOR", "USA"])
    feed.obey(everyone)
    compared = feed.compare("KOR", frame.clock.time_ns).compared
    assert compared.picture_digest == shared.picture_digest, "the fold is a function of the reports"
    feed.obey(page_pb2.PageRequest(nation="KOR", counted=["KOR"]))
    alone = feed.compare("KOR", frame.clock.time_ns).compared
    assert 0 < len(alone.number) < len(shared.number)
    contributors = {alone.node_id[k] for k in alone.contributors}
    assert contributors
    assert all(name.startswith("KOR") for name in contributors)


def test_fewer_nations_know_less_of_where_a_missile_comes_down(source: RecordedSource) -> None:
    """The compared picture tells its flights; all nations' is what the core had said of it."""
    feed, frame = at(source, 125)
    (warning,) = frame.warnings.warning
    majors = {}
    for counted in (["JPN", "KOR", "USA"], ["KOR"]):
        feed.obey(page_pb2.PageRequest(nation="KOR", counted=counted))
        (flight,) = feed.compare("KOR", frame.clock.time_ns).compared.flight
        assert flight.phase == picture_pb2.FLIGHT_PHASE_FREE_FLIGHT
        majors[len(counted)] = flight.impact.ellipse_95_major_m
    assert majors[3] == pytest.approx(warning.flight.impact.ellipse_95_major_m, rel=0.05)
    assert majors[1] > majors[3]
