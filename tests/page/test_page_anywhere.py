"""What a colleague elsewhere needs: the exercise in sight, the same view by its address, plain words."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from browser import PROGRAM, ready, state, wait
from nodes.page.recorded import RecordedSource
from nodes.page.server import Server
from triwatch.v1 import page_pb2

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(PROGRAM is None, reason="no chromium here (apt-get install chromium)"),
]
SIZES = {"desktop": (1280, 800), "phone": (390, 844)}
Open = Callable[..., Page]


@pytest.fixture(params=SIZES)
def open_page(request: pytest.FixtureRequest, browser: Browser, server: Server) -> Iterator[Open]:
    """Opens the page at desktop and at phone size; at the end it raised no error."""
    width, height = SIZES[request.param]
    pages: list[Page] = []
    errors: list[str] = []

    def opened(view: str = "") -> Page:
        page = browser.new_page(viewport={"width": width, "height": height}, color_scheme="dark")
        pages.append(page)
        page.on("pageerror", lambda error: errors.append(str(error)))
        ready(page, server.url, view)
        return page

    yield opened
    for page in pages:
        page.close()
    assert errors == []


def _start_ms(source: RecordedSource) -> float:
    return source.describe().start_ns / 1e6


def _at(source: RecordedSource, second: float) -> str:
    """An address's words for a moment, paused."""
    moment = datetime.fromtimestamp(_start_ms(source) / 1e3 + second, UTC)
    return f"t={moment:%Y-%m-%dT%H:%M:%S}.000Z&paused=1"


def _there(page: Page, source: RecordedSource, second: float) -> None:
    wait(page, f"Math.abs(store.now - {_start_ms(source) + second * 1e3}) < 300 && store.tracks.size > 0")


def test_a_recording_opens_at_its_first_event_with_a_hint_of_speed(
    open_page: Open, source: RecordedSource
) -> None:
    page = open_page()
    first_ms = source.events()[1][0].time_ns / 1e6
    wait(page, f"Math.abs(window.triwatch.playback.openedAt - {first_ms}) < 1 && store.now >= {first_ms}")
    hint = page.locator("#hint")
    expect(hint).to_contain_text("Opened at the first event")
    # its time may be over before a slow machine has found that the button holds still
    hint.locator("button", has_text="Play × 10").dispatch_event("click")
    expect(page.get_by_label("Speed")).to_have_value("10")
    expect(hint).to_be_hidden()


def test_the_whole_exercise_is_in_sight_and_fit_all_brings_it_back(
    open_page: Open, source: RecordedSource
) -> None:
    """Every track's symbol lies where no panel covers the globe."""
    page = open_page(_at(source, 118))
    _there(page, source, 118)
    covered = """[...document.querySelectorAll('#bar, #foot, #tabs, .panel')]
        .filter(e => e.offsetParent !== null || getComputedStyle(e).position === 'fixed')
        .map(e => e.getBoundingClientRect()).filter(r => r.width)"""
    free = f"""(globe.draw(), globe.screened.length) === store.tracks.size && globe.screened.every(s =>
        s.x > 0 && s.x < innerWidth && {covered}.every(
            r => s.x < r.left || s.x > r.right || s.y < r.top || s.y > r.bottom))"""
    wait(page, free, 10)
    page.evaluate("document.activeElement.blur()")
    for _ in range(30):
        page.keyboard.press("+")
    page.locator("#globe").focus()
    for _ in range(12):
        page.keyboard.press("+")
    assert not state(page, free)
    assert not state(page, "store.view.whole")
    page.keyboard.press("0")
    wait(page, free, 10)


def test_views_are_named_after_the_members(open_page: Open, source: RecordedSource) -> None:
    """Each brings its member's own sensors into sight."""
    page = open_page(_at(source, 60))
    _there(page, source, 60)
    phone = page.viewport_size is not None and page.viewport_size["width"] < 761
    page.get_by_text("More" if phone else "Views", exact=True).click()
    for name in ("Japan", "South Korea", "United States"):
        expect(page.get_by_role("button", name=re.compile(f"^{name}")).locator("visible=true")).to_have_count(
            1
        )
    page.get_by_role("button", name=re.compile("^South Korea")).locator("visible=true").click()
    wait(page, "!store.view.whole")
    seen = state(
        page,
        """store.coalition.node.filter(n => n.nation === 'KOR').flatMap(n => n.sensor)
        .filter(s => s.position.length === 3 && Math.hypot(...s.position) < 6.5e6)
        .map(s => globe.project(s.position) !== undefined)""",
    )
    assert seen
    assert all(seen)


def test_the_address_shows_a_colleague_the_same(open_page: Open, source: RecordedSource) -> None:
    page = open_page(_at(source, 90))
    _there(page, source, 90)
    page.evaluate(
        """(() => {
          const {store} = window.triwatch;
          const ship = [...store.tracks.values()].find(t => t.environment === 3).id;
          store.select([ship]);
          store.setView({filter: {...store.view.filter, environments: [3], identities: [3], text: 'JS'}});
        })()"""
    )
    wait(page, "location.hash.includes('find=JS')")
    kept = "[store.now, [...store.view.selected], store.view.filter, store.visible().map(t => t.id).sort()]"
    words = parse_qs(urlsplit(page.url).fragment)
    assert "t" in words
    assert words["paused"] == ["1"]
    colleague = open_page(urlsplit(page.url).fragment)
    _there(colleague, source, 90)
    assert state(colleague, kept) == state(page, kept)
    assert len(state(colleague, "store.visible()")) >= 1
    assert not state(colleague, "window.triwatch.playback.playing")


def test_an_address_changed_by_hand_is_followed(open_page: Open, source: RecordedSource) -> None:
    page = open_page(_at(source, 40))
    _there(page, source, 40)
    page.evaluate(f"location.hash = {_at(source, 100)!r}")
    _there(page, source, 100)


def test_launch_warning_and_impact_in_order_and_no_impact_in_boost(
    open_page: Open, source: RecordedSource
) -> None:
    warned = next(e for e in source.events()[1] if e.kind == page_pb2.EVENT_KIND_WARNING)
    second = (warned.time_ns - source.describe().start_ns) / 1e9
    page = open_page(_at(source, second + 2))
    _there(page, source, second + 2)
    card = page.locator(".warning").first
    expect(card).to_contain_text("Could still reach")
    expect(card).to_contain_text("cannot be told yet")
    expect(card).not_to_contain_text("95 % within")
    page.evaluate(f"location.hash = {_at(source, 125)!r}")
    _there(page, source, 125)
    expect(card).to_contain_text("95 % within")
    names = card.locator("dt").all_inner_texts()
    order = [names.index(n) for n in ("Launched", "Warned", "Impact")]
    assert order == sorted(order)
    times = [
        card.locator(f"dt:text-is('{n}') + dd").inner_text()[:8] for n in ("Launched", "Warned", "Impact")
    ]
    assert times == sorted(times)
    # one missile, one name: in the list, on the card, in the events
    name = re.search(r"T\d+-\d+", card.inner_text())
    assert name
    assert all(name[0] in e.text for e in source.events()[1] if e.track)


def test_the_table_is_saved_as_csv(open_page: Open, source: RecordedSource) -> None:
    page = open_page(_at(source, 60))
    _there(page, source, 60)
    page.evaluate(
        "window.triwatch.store.setView({filter: {...window.triwatch.store.view.filter, environments: [1]}})"
    )
    with page.expect_download() as download:
        page.keyboard.press("t")
    assert download.value.suggested_filename.endswith(".csv")
    rows = list(csv.DictReader(io.StringIO(Path(download.value.path()).read_text(encoding="utf-8"))))
    assert len(rows) == len(state(page, "store.visible()"))
    assert {r["environment"] for r in rows} == {"Air"}
    awacs = next(r for r in rows if r["track"] == "E-2D")
    assert 7000 < float(awacs["height_m"]) < 9000
    assert awacs["time_utc"].endswith("Z")


def test_why_alone_looks_better_is_said(open_page: Open, source: RecordedSource) -> None:
    """Where a nation alone states a smaller error for some track, the page says what that means."""
    page = open_page(_at(source, 100) + "&panels=nations,tracks&counted=USA")
    _there(page, source, 100)
    wait(page, "store.comparison !== undefined", 30)
    better = state(page, "[...store.comparison.ratio.values()].filter(r => r < 1 / 1.05).length")
    text = page.locator("#comparison")
    if better:
        expect(text).to_contain_text("would claim to be more certain")
        expect(text).to_contain_text("compares both with the truth")
    else:
        expect(text).not_to_contain_text("more certain")
    expect(text).to_contain_text(re.compile("would be missing|would still be there"))


def test_a_missing_and_a_foreign_token_say_so(browser: Browser, source: RecordedSource, built: None) -> None:
    guarded = Server(source, token="right")
    guarded.start()
    page = browser.new_page()
    try:
        bare = guarded.url.split("?")[0]
        for address, words in ((bare, "lacks the page’s token"), (f"{bare}?token=old", "not this page’s")):
            page.goto(address)
            expect(page.locator("#health")).to_have_text("No access")
            expect(page.locator("#banner")).to_contain_text(words)
        ready(page, guarded.url)
        expect(page.locator("#banner")).to_be_empty()
    finally:
        page.close()
        guarded.stop()
