"""The distribution's chromium under Playwright, drawing in software."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Browser, Page, expect, sync_playwright

FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-gl=angle",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
]
PROGRAM = shutil.which("chromium")
PATIENCE_MS = 120_000
"""Software draws the globe: beside other tests a click may wait long for its turn."""
expect.set_options(timeout=PATIENCE_MS / 2)


@contextmanager
def chromium() -> Iterator[Browser]:
    """A browser that is gone when the block ends."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=PROGRAM, args=FLAGS)
        try:
            yield browser
        finally:
            browser.close()


def ready(page: Page, url: str, view: str = "", plain: bool = True) -> None:
    """Open the page without motion, ``plain`` without antialiasing, and wait until it is there."""
    page.set_default_timeout(PATIENCE_MS)
    page.emulate_media(reduced_motion="reduce")
    mark = ("&" if "?" in url else "?") if plain else ""
    page.goto(f"{url}{mark and mark + 'plain'}{view and '#' + view}")
    page.wait_for_selector("html[data-ready]", timeout=90_000)
    wait(page, "store.source !== undefined")


def state(page: Page, expression: str) -> Any:
    """Something of the page's own state; what is on the screen is drawn first."""
    draw = "globe.draw();" if "screened" in expression else ""
    return page.evaluate(
        f"(() => {{ const {{store, globe}} = window.triwatch; {draw} return {expression}; }})()"
    )


def wait(page: Page, condition: str, timeout_s: float = 60.0) -> None:
    """Until a condition on the page's state holds, and what hangs on it is written.

    Playwright's own wait_for_function evaluates strings inside the page, which its policy forbids.
    """
    for _ in range(int(timeout_s / 0.05)):
        if state(page, condition):
            # the page writes what has changed in its next frame, asked for before this one
            page.evaluate(
                "new Promise(done => (requestAnimationFrame(() => setTimeout(done)), setTimeout(done, 1000)))"
            )
            return
        page.wait_for_timeout(50)
    raise AssertionError(f"not within {timeout_s} s: {condition}")
