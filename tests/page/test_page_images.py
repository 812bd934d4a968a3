"""The images in docs/images: taken by this test where TRIWATCH_SCREENSHOTS is set, else thrown away."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from browser import PROGRAM, ready, wait
from nodes.page.recorded import RecordedSource
from nodes.page.server import Server

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(PROGRAM is None, reason="no chromium here (apt-get install chromium)"),
]
WIDE, PHONE = (1440, 900), (390, 844)
# name: size, second of the film, colour scheme, the view, keys to press
IMAGES = {
    "theatre": (WIDE, 118, "dark", "layers=labels,leaders,poles,trails,coverage&at=35.9,130,0,2150,0,38", ""),
    "arc": (WIDE, 128, "dark", "panels=warnings", "a"),
    "warning": (WIDE, 109, "light", "", "w"),
    "phone": (PHONE, 125, "dark", "", ""),
}


@pytest.mark.parametrize("name", IMAGES)
def test_image(
    name: str, browser: Browser, server: Server, source: RecordedSource, repo: Path, tmp_path: Path
) -> None:
    size, second, scheme, view, keys = IMAGES[name]
    folder = repo / "docs/images" if os.environ.get("TRIWATCH_SCREENSHOTS") else tmp_path
    folder.mkdir(parents=True, exist_ok=True)
    page = browser.new_page(viewport={"width": size[0], "height": size[1]}, color_scheme=scheme)
    # with antialiasing: this is for the eye
    ready(page, server.url, view, plain=False)
    at_ms = source.describe().start_ns / 1e6 + second * 1e3
    page.evaluate(f"const p = window.triwatch.playback; p.playing = false; p.seek({at_ms}); undefined")
    wait(page, f"Math.abs(store.now - {at_ms}) < 300 && store.warnings.length > 0")
    if keys == "w":
        page.locator(".warning").first.click()
    elif keys:
        page.keyboard.press(keys)
    page.wait_for_timeout(800)
    page.screenshot(path=folder / f"{name}.png")
    page.close()
    assert (folder / f"{name}.png").stat().st_size > 50_000
