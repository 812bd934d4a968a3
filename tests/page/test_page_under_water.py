"""What is under water on the page: areas, lines of bearing, listeners; in its frames and in a browser."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from browser import PROGRAM, ready, state, wait
from fusion import Picture
from heard_kit import START_NS, TWO_PLATFORMS, Course, heard
from nodes.page.feed import Feed
from nodes.page.recorded import RecordedSource
from nodes.page.server import Server
from nodes.recording import Recording
from nodes.recording.writer import Writer
from triwatch.v1 import envelope_pb2, page_pb2, status_pb2

S = 10**9
QUIET = Course(12e3, 14e3, 1.0, -1.7)


@pytest.fixture(scope="module")
def heard_film(tmp_path_factory: pytest.TempPathFactory) -> RecordedSource:
    """Two platforms hear a quiet contact for twelve minutes; one of them has a second sonar beside it."""
    path, picture = tmp_path_factory.mktemp("heard") / "film.mcap", Picture()
    with Writer(path) as out:
        for sequence, batch in enumerate(heard(1, TWO_PLATFORMS, [QUIET], 12), 1):
            now_ns = batch.line_time_ns[0]
            place = list(batch.line_position)
            sonars = [status_pb2.SensorReach(kind="sonar", position=place, range_m=40e3)]
            if batch.node_id == "JPN-1":
                beside = [place[0] + 500.0, *place[1:]]
                sonars.append(status_pb2.SensorReach(kind="sonar", position=beside, range_m=2e3))
            status = status_pb2.NodeStatus(
                node_id=batch.node_id, nation=batch.nation, incarnation=1, time_ns=now_ns, sensor=sonars,
                state=status_pb2.NODE_STATE_ALIVE,
            )  # fmt: skip
            batch.look_time_ns.append(now_ns)
            batch.look_position.extend(place)
            batch.look_probability.append(0.5)
            batch.look_range.append(4e4)
            batch.look_steepness.append(4)
            picture.fold(batch)
            update = picture.changes().encode(nation="KOR", incarnation=1, sequence=sequence)
            out.report(batch.node_id, _sealed(batch.SerializeToString()), now_ns, now_ns)
            out.status(batch.node_id, _sealed(status.SerializeToString()), now_ns, now_ns)
            out.picture("KOR", update, now_ns, now_ns)
    source = RecordedSource(Recording(path), "heard")
    source.read()
    return source


def _sealed(payload: bytes) -> bytes:
    return envelope_pb2.Envelope(payload=payload).SerializeToString()


def _go(page: Page, second: float) -> None:
    at_ms = START_NS / 1e6 + 1e3 * second
    page.evaluate(f"const p = window.triwatch.playback; p.playing = false; p.seek({at_ms}); undefined")


def test_frames_tell_where_it_may_be_until_it_is_a_place(heard_film: RecordedSource) -> None:
    feed = Feed(heard_film)

    def at(second: float) -> page_pb2.PageFrame:
        feed.obey(page_pb2.PageRequest(nation="KOR", seek_ns=START_NS + round(second * S)))
        return feed.compose()

    early, late = at(2), at(700)
    assert len(early.region) == len(early.picture.number) == 2
    assert not any(one.fix for one in early.region)
    assert [len(one.line) for one in early.picture.heard] == [1, 1]
    (place,) = late.region
    assert place.fix
    assert place.area_m2 < 0.05 * min(one.area_m2 for one in early.region)
    assert [line.node_id for line in late.picture.heard[0].line] == ["JPN-1", "KOR-1"]
    nodes = {one.node_id: one for one in late.coalition.node}
    assert (nodes["JPN-1"].looks, len(nodes["JPN-1"].sensor)) == (12, 2)
    # where its middle was while it was a wedge is no trail
    trail = {one.number: one for one in late.trail}
    found = next(second for second in range(2, 700, 2) if any(one.fix for one in at(second).region))
    assert found > 20
    assert trail[place.track].time_ns[0] >= START_NS + (found - 2) * S
    at(700)
    assert not feed.compose().region


@pytest.mark.slow
@pytest.mark.skipif(PROGRAM is None, reason="no chromium here (apt-get install chromium)")
def test_the_page_shows_an_area_its_bearings_and_who_listens(
    browser: Browser, heard_film: RecordedSource, built: None, tmp_path: Path
) -> None:
    server = Server(heard_film)
    server.start()
    page = browser.new_page(viewport={"width": 1280, "height": 800}, color_scheme="dark")
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda m: m.type == "error" and wrong.append(m.text))
    try:
        ready(page, server.url)
        _go(page, 2.5)
        tracks = "[...store.tracks.values()]"
        wait(page, f"store.tracks.size === 2 && {tracks}.every(t => t.region && !t.region.fix)")
        legend = page.locator(".legend")
        for sign in ("95 %, inner 50 %", "line of bearing", "listener"):
            expect(legend).to_contain_text(sign)
        first = state(page, "[...store.tracks.keys()][0]")
        page.locator(f'tr[data-track="{first}"]').click()
        details = page.locator("#details")
        expect(details).to_contain_text("not known: an area, not a place")
        expect(details).to_contain_text("Only heard, on bearings")
        expect(details.locator("table[aria-label='Lines of bearing'] tr")).to_have_count(1)
        assert state(page, f"{tracks}.every(t => store.trails.get(t.id).length === 0)")
        # the whole of both wedges is in sight, near enough to be looked at
        assert state(page, "store.view.camera.distance") < 250
        _go(page, 700)
        wait(page, f"{tracks}.some(t => t.region && t.region.fix && t.lines.length === 2)")
        page.screenshot(path=tmp_path / "heard.png")
    finally:
        page.close()
        server.stop()
    assert wrong == []
