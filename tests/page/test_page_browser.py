"""The page in a real browser: what a person does, and what must then be seen."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from browser import PROGRAM, ready, state, wait
from film import LOST_NODE
from nodes.page.recorded import RecordedSource
from nodes.page.server import Server
from triwatch.v1 import page_pb2

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(PROGRAM is None, reason="no chromium here (apt-get install chromium)"),
]
DESKTOP = (1280, 800)
PHONE = (390, 844)
Open = Callable[..., Page]


@pytest.fixture
def opened(browser: Browser, server: Server) -> Iterator[Open]:
    """Opens the page; at the end there was no error, and no request to anywhere else."""
    pages: list[Page] = []
    wrong: list[str] = []

    def watch(page: Page) -> None:
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("console", lambda m: m.type == "error" and wrong.append(m.text))
        page.on("request", lambda r: _elsewhere(r.url) and wrong.append(r.url))

    def open_page(view: str = "", size: tuple[int, int] = DESKTOP, scheme: str = "dark") -> Page:
        page = browser.new_page(viewport={"width": size[0], "height": size[1]}, color_scheme=scheme)
        pages.append(page)
        watch(page)
        ready(page, server.url, view)
        return page

    yield open_page
    for page in pages:
        page.close()
    lost = re.compile("WebSocket connection to 'ws://127.0.0.1:.* failed")
    assert [w for w in wrong if not lost.match(w)] == []


def _elsewhere(url: str) -> bool:
    address = urlsplit(url)
    return address.scheme not in ("data", "blob") and address.hostname != "127.0.0.1"


def go(page: Page, source: RecordedSource, second: float) -> None:
    """Pause and scrub to a second of the recording with the slider, as a hand would."""
    page.evaluate("window.triwatch.playback.playing && window.triwatch.playback.toggle()")
    described = source.describe()
    share = second * 1e9 / (described.end_ns - described.start_ns)
    page.locator("#scrub").evaluate(
        "(e, v) => { e.value = v; e.dispatchEvent(new Event('input')); }", str(1000 * share)
    )
    seconds = described.start_ns / 1e9 + second
    wait(page, f"Math.abs(store.now / 1000 - {seconds}) < 0.3 && store.tracks.size > 0")


def click_track(page: Page, name: str) -> None:
    """Click a symbol on the globe."""
    page.evaluate("window.triwatch.globe.draw()")
    spot = state(page, f"globe.screened.filter(s => s.track.callSign === {name!r}).map(s => [s.x, s.y])[0]")
    assert isinstance(spot, list)
    page.mouse.click(spot[0], spot[1])


def test_open_and_see_every_track(opened: Open, source: RecordedSource) -> None:
    page = opened()
    go(page, source, 60)
    shown = state(page, "store.tracks.size")
    assert isinstance(shown, int)
    assert shown >= 20
    expect(page.locator("#track-count")).to_have_text(str(shown))
    expect(page).to_have_title(re.compile(f"^{shown} · "))
    wait(page, f"(globe.draw(), globe.screened.length) === {shown}")


def test_click_a_symbol_and_read_its_details(opened: Open, source: RecordedSource) -> None:
    page = opened("at=32.3,127.2,0,420,0,0")
    go(page, source, 60)
    click_track(page, "JS Ise")
    details = page.locator("#details")
    expect(details.locator("h2")).to_have_text("JS Ise")
    for text in ("Friend", "Warship", "Who contributes", "USA-CSG", "95 % within"):
        expect(details).to_contain_text(text)
    page.keyboard.press("Escape")
    expect(details).to_be_hidden()


def test_follow_isolate_and_choose_several(opened: Open, source: RecordedSource) -> None:
    page = opened("at=32.3,127.2,0,900,0,0")
    go(page, source, 60)
    page.locator("tr.row", has_text="P-1").click()
    page.keyboard.press("f")
    wait(page, "store.view.follow !== ''")
    lat, lon = state(page, "[store.view.camera.lat, store.view.camera.lon]")
    assert (lat, lon) == pytest.approx((33.0, 128.3), abs=0.3)
    page.locator("tr.row", has_text="P-8").click(modifiers=["Shift"])
    expect(page.locator("#details h2")).to_have_text("2 tracks")
    page.keyboard.press("i")
    expect(page.locator("#track-count")).to_contain_text("2 of ")
    assert state(page, "globe.screened.length") == 2


def test_filter_hides_from_globe_and_table_alike(opened: Open, source: RecordedSource) -> None:
    page = opened()
    go(page, source, 60)
    page.keyboard.press("/")
    page.keyboard.type("F/A-18")
    expect(page.locator("tr.row")).to_have_count(2)
    wait(page, "(globe.draw(), globe.screened.length) === 2")
    page.locator("#find").fill("")
    page.get_by_label("Environment").select_option("3")
    wait(page, "globe.screened.length > 3 && globe.screened.every(s => s.track.environment === 3)")
    page.get_by_role("button", name="Show all").click()
    expect(page.locator("#track-count")).to_have_text(str(state(page, "store.tracks.size")))


def test_what_is_typed_at_once_after_the_slash_is_not_lost(opened: Open, source: RecordedSource) -> None:
    """Also where the table of tracks is hidden, and with no frame drawn between the two keys."""
    page = opened("panels=warnings")
    go(page, source, 60)
    focused = page.evaluate(
        """(document.body.dispatchEvent(new KeyboardEvent('keydown', {key: '/', bubbles: true})),
        document.activeElement.id)"""
    )
    assert focused == "find"
    page.keyboard.type("F/A-18")
    expect(page.locator("tr.row")).to_have_count(2)


def test_escape_clears_the_filter_as_well_as_the_field(opened: Open, source: RecordedSource) -> None:
    page = opened()
    go(page, source, 60)
    every = str(state(page, "store.tracks.size"))
    page.keyboard.press("/")
    page.keyboard.type("F/A-18")
    expect(page.locator("tr.row")).to_have_count(2)
    page.keyboard.press("Escape")
    expect(page.locator("#find")).to_have_value("")
    expect(page.locator("#track-count")).to_have_text(every)
    page.get_by_label("Environment").select_option("3")
    page.locator("tr.row").first.click()
    page.keyboard.press("Escape")
    expect(page.locator("#details")).to_be_hidden()
    expect(page.locator("#track-count")).to_contain_text(" of ")
    page.keyboard.press("Escape")
    expect(page.locator("#track-count")).to_have_text(every)


def test_a_press_counts_however_often_the_picture_changes_under_it(
    opened: Open, source: RecordedSource
) -> None:
    """A press that takes half a second while the recording plays on, on a row, a warning and an event."""
    page = opened()
    go(page, source, 115)
    page.evaluate("window.triwatch.playback.setSpeed(2)")
    page.keyboard.press(" ")

    from_s = source.describe().start_ns / 1e9 + 115

    def press(target: Locator) -> None:
        page.evaluate(f"window.triwatch.playback.seek({from_s * 1e3})")
        wait(page, f"Math.abs(store.now / 1000 - {from_s}) < 5")
        box = target.bounding_box()
        assert box is not None
        page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 10)
        page.mouse.down()
        wait(page, f"store.now > {state(page, 'store.now')} + 1200")
        page.mouse.up()

    press(page.locator("tr.row", has_text="JS Ise"))
    expect(page.locator("#details h2")).to_have_text("JS Ise")
    press(page.locator(".warning"))
    expect(page.locator("#details h2")).not_to_have_text("JS Ise")


def test_a_press_counts_though_the_table_is_drawn_anew_under_it(opened: Open, source: RecordedSource) -> None:
    """Rows that came into sight by scrolling are drawn a frame later, which may be within the press."""
    page = opened(size=(1280, 480))
    go(page, source, 60)
    rows = page.locator(".rows")
    track = page.locator("tr.row").nth(12).get_attribute("data-track")
    row = page.locator(f'tr[data-track="{track}"]')
    name = row.locator("td").first.inner_text()
    rows.evaluate(
        """e => {
            e.addEventListener('scroll', s => s.stopImmediatePropagation(), {capture: true, once: true});
            e.scrollTop = 28 * 10;
        }"""
    )
    page.wait_for_timeout(200)
    box = row.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 10)
    page.mouse.down()
    rows.dispatch_event("scroll")
    page.mouse.up()
    expect(page.locator("#details h2")).to_have_text(name)


def test_a_press_counts_though_its_row_is_to_change_places(opened: Open, source: RecordedSource) -> None:
    page = opened()
    go(page, source, 60)
    # where it lies still: measured by hand, it may have moved by the time of the press
    page.locator("tr.row", has_text="JS Ise").hover()
    page.mouse.down()
    page.evaluate("window.triwatch.store.setView({sort: '-name'})")
    wait(page, "store.view.sort === '-name'")
    page.mouse.up()
    expect(page.locator("#details h2")).to_have_text("JS Ise")
    expect(page.locator("th[aria-sort=descending]")).to_have_text(re.compile("Track"))


def test_an_unseen_page_goes_on_counting(opened: Open, source: RecordedSource) -> None:
    """A page in another tab has no animation frames; its title, its sound and its words do without."""
    page = opened()
    go(page, source, 60)
    shown = state(page, "store.tracks.size")
    page.evaluate(
        """Object.defineProperty(document, 'hidden', {value: true});
        window.requestAnimationFrame = () => 0;
        document.dispatchEvent(new Event('visibilitychange'));
        window.triwatch.store.tracks = new Map();
        window.triwatch.store.changed('tracks')"""
    )
    assert shown
    expect(page).to_have_title(re.compile("^0 · "))


def test_sorting_and_the_table_by_keyboard(opened: Open, source: RecordedSource) -> None:
    page = opened()
    go(page, source, 120)
    page.get_by_role("button", name="Height").click()
    page.get_by_role("button", name="Height").click()
    expect(page.locator("th[aria-sort=descending]")).to_have_text("Height")
    first = page.locator("tr.row").first
    expect(first).to_contain_text("km")
    first.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator("tr.row[aria-selected=true]")).to_have_attribute("aria-rowindex", "3")


def test_scrub_to_the_launch_and_read_the_countdown(opened: Open, source: RecordedSource) -> None:
    page = opened()
    expect(page.locator("#scrub")).to_be_visible()
    page.evaluate("window.triwatch.playback.toggle()")
    page.get_by_text("Events", exact=True).click()
    page.locator("[data-event=LAUNCH]").click()
    launch = next(e for e in source.events()[1] if e.kind == page_pb2.EVENT_KIND_LAUNCH)
    wait(page, f"Math.abs(store.now - {launch.time_ns / 1e6}) < 300 && store.tracks.size > 0")
    go(page, source, 125)
    card = page.locator(".warning").first
    expect(card.locator(".countdown")).to_have_text(re.compile(r"^\d\d:\d\d$"))
    minutes, seconds = card.locator(".countdown").inner_text().split(":")
    impact = state(page, "Number(store.warnings[0].flight.impact.timeNs / 1000000n) - store.now")
    assert isinstance(impact, int | float)
    assert int(minutes) * 60 + int(seconds) == pytest.approx(impact / 1000, abs=1.5)
    for word in ("Under it", "Impact", "95 % within", "Launched"):
        expect(card).to_contain_text(word)
    before = card.locator(".countdown").inner_text()
    page.keyboard.press(" ")
    expect(card.locator(".countdown")).not_to_have_text(before)


def test_jump_from_event_to_event_by_key(opened: Open, source: RecordedSource) -> None:
    page = opened()
    go(page, source, 20)
    for event in source.events()[1][:3]:
        if event.time_ns > (state(page, "store.now") + 500) * 1e6:  # type: ignore[operator]
            page.keyboard.press(">")
            wait(page, f"Math.abs(store.now - {event.time_ns / 1e6}) < 300")
    page.keyboard.press("<")
    wait(page, f"store.now < {source.events()[1][-1].time_ns / 1e6} - 300")


def test_switch_nation_and_compare(opened: Open, source: RecordedSource) -> None:
    page = opened()
    go(page, source, 60)
    page.get_by_role("radio", name="KOR").click()
    wait(page, "store.picture.nation === 'KOR' && store.tracks.size > 0")
    expect(page.get_by_role("radio", name="KOR")).to_have_attribute("aria-checked", "true")
    expect(page.locator(".agree")).to_contain_text("All pictures agree")
    expect(page.locator(".agree")).to_contain_text("100 % of tracks common")
    page.locator("#compare").select_option(label="without United States")
    expect(page.locator("#comparison")).to_contain_text("would be missing")
    assert state(page, "store.comparison.lost.size") in range(1, 20)
    lost = state(page, "[...store.comparison.lost].every(id => store.tracks.get(id).contributors"
                       ".every(c => c.node.startsWith('USA')))")  # fmt: skip
    assert lost, "only what the United States alone saw is lost"


def test_the_silent_node_is_seen_to_be_silent(opened: Open, source: RecordedSource) -> None:
    page = opened()
    go(page, source, 60)
    node = page.locator(f"[data-node={LOST_NODE}]")
    expect(node).to_contain_text("alive")
    go(page, source, 128)
    expect(node).to_contain_text("gone")


def test_reload_finds_the_same_view(opened: Open, source: RecordedSource) -> None:
    page = opened()
    go(page, source, 60)
    page.keyboard.press("4")
    wait(page, "!store.view.whole")
    page.keyboard.press("e")
    page.get_by_role("radio", name="JPN").click()
    page.locator("tr.row", has_text="E-2D").click()
    page.get_by_label("Colouring").select_option("altitude")
    wait(page, "location.hash.includes('colour=altitude')")
    camera = "(({lat, lon, distance, tilt}) => [lat, lon, distance, tilt])(store.view.camera)"
    rest = "[store.view.nation, [...store.view.selected], store.view.colour, [...store.view.layers].sort()]"
    before, seen_from = state(page, rest), state(page, camera)
    page.reload()
    page.wait_for_selector("html[data-ready]")
    wait(page, "store.source !== undefined")
    assert state(page, rest) == before
    assert state(page, camera) == pytest.approx(seen_from, abs=0.1)
    wait(page, "store.trails.get([...store.view.selected][0]).length > 10")


def test_lose_the_server_and_get_it_back(browser: Browser, source: RecordedSource, built: None) -> None:
    first = Server(source)
    first.start()
    page = browser.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    ready(page, first.url)
    go(page, source, 60)
    first.stop()
    expect(page.locator("#banner")).to_contain_text("server was stopped")
    expect(page.locator("#health")).to_have_text("Page stopped")
    assert state(page, "store.tracks.size") > 0, "what was known stays"  # type: ignore[operator]
    again = Server(source, port=first.port)
    again.start()
    try:
        expect(page.locator("#banner")).to_be_empty()
        start_s = source.describe().start_ns / 1e9
        wait(page, f"Math.abs(store.now / 1000 - {start_s + 60}) < 5")
    finally:
        page.close()
        again.stop()
    assert errors == []


def test_exports(opened: Open, source: RecordedSource) -> None:
    page = opened()
    go(page, source, 125)
    with page.expect_download() as geojson:
        page.keyboard.press("g")
    data = json.loads(Path(geojson.value.path()).read_text())
    points = [f for f in data["features"] if f["geometry"]["type"] == "Point"]
    assert len(points) == state(page, "globe.screened.length")
    ise = next(f for f in points if f["properties"]["name"] == "JS Ise")
    assert ise["geometry"]["coordinates"][:2] == pytest.approx([127.9, 32.5], abs=0.05)
    kinds = {f["properties"]["kind"] for f in data["features"] if f["geometry"]["type"] == "Polygon"}
    assert kinds == {"launch", "impact"}
    with page.expect_download() as image:
        page.keyboard.press("s")
    assert Path(image.value.path()).read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"
    assert image.value.suggested_filename.startswith("triwatch-USA-2024-06-27T")


def test_everything_has_a_name_and_the_help_lists_every_key(opened: Open) -> None:
    page = opened()
    page.keyboard.press("?")
    expect(page.locator("#help")).to_be_visible()
    assert page.locator("#help dt").count() > 30
    page.keyboard.press("Escape")
    expect(page.locator("#help")).to_be_hidden()
    nameless = page.evaluate(
        """[...document.querySelectorAll('button, select, input, summary, [role=img]')]
        .filter(e => !(e.textContent.trim() || e.getAttribute('aria-label') || e.labels?.length))
        .map(e => e.outerHTML)"""
    )
    assert nameless == []


def test_on_a_phone_one_panel_at_a_time(opened: Open, source: RecordedSource) -> None:
    page = opened(size=PHONE)
    go(page, source, 125)
    tabs = page.get_by_role("navigation", name="Panels")
    expect(page.locator(".warnings")).to_be_visible()
    expect(page.locator(".tracks")).to_be_hidden()
    tabs.get_by_role("button", name="Tracks").click()
    expect(page.locator(".tracks")).to_be_visible()
    expect(page.locator(".warnings")).to_be_hidden()
    tabs.get_by_role("button", name="Globe").click()
    expect(page.locator(".panel:visible")).to_have_count(0)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]
    outside = page.evaluate(
        """[...document.querySelectorAll('#bar > *, #foot > *, #tabs > *')].filter(e => {
          const r = e.getBoundingClientRect(); return r.width && (r.right > innerWidth + 1 || r.left < -1);
        }).map(e => e.outerHTML.slice(0, 80))"""
    )
    assert outside == []


def test_what_sensors_are_off_by_and_how_true_nodes_are(opened: Open, source: RecordedSource) -> None:
    page = opened()
    go(page, source, 110.0)
    table = page.locator("table[aria-label=Sensors]")
    first = table.locator("tbody", has_text="Range").first
    expect(first.locator("tr")).to_have_count(5)
    expect(first).to_contain_text("± ")
    expect(first.locator("svg polyline.course")).to_have_count(4)
    expect(page.locator("table[aria-label=Nodes] td.word").first).to_have_text(re.compile("as declared|–"))
