"""The page of a live exercise: real processes, a picture that arrives, a core that is no more."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import expect

from nodes.errors import BadInput
from nodes.page.child import PageProcess
from page.browser import PROGRAM, chromium, ready, wait

pytestmark = pytest.mark.processes


@pytest.mark.skipif(PROGRAM is None, reason="no chromium here (apt-get install chromium)")
def test_the_demo_serves_its_page_live(tmp_path: Path, built: None) -> None:
    film = Path(__file__).with_name("film.toml")
    arguments = ["--scenario", film, "--duration", "45", "--speed", "3", "--json", tmp_path / "result.json"]
    demo = subprocess.Popen(
        [sys.executable, "-m", "nodes.cli", "demo", "--page", *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert demo.stdout is not None
    try:
        url = next(line.split()[-1] for line in demo.stdout if line.startswith("Picture page: "))
        with chromium() as browser:
            page = browser.new_page()
            errors: list[str] = []
            page.on("pageerror", lambda error: errors.append(str(error)))
            ready(page, url)
            wait(page, "store.tracks.size > 10", 90)
            expect(page.locator("#health")).to_have_text("Live")
            assert page.locator("#scrub").is_hidden()
            page.get_by_role("radio", name="KOR").click()
            wait(page, "store.picture.nation === 'KOR' && store.tracks.size > 10")
            page.get_by_role("button", name="Pause").click()
            expect(page.locator("#health")).to_have_text("Paused")
            page.get_by_role("button", name="Play").click()
            wait(page, "store.coalition.agreement === 1 && store.coalition.node.length === 6")
            for line in demo.stdout:
                if line.startswith("ended"):
                    break
            expect(page.locator("#banner")).not_to_be_empty(timeout=30_000)
            assert errors == []
        demo.stdout.read()
        demo.wait(60)
        assert json.loads((tmp_path / "result.json").read_text())["pictures"]
    finally:
        demo.kill()
        demo.wait()


def test_a_page_that_cannot_be_served_says_why(tmp_path: Path, built: None) -> None:
    first = PageProcess(tmp_path)
    try:
        port = int(first.url.rstrip("/").rsplit(":", 1)[1])
        (tmp_path / "page.json").unlink()
        with pytest.raises(BadInput, match=f"{port}: .*in use.*--port"):
            PageProcess(tmp_path, port)
    finally:
        first.close()


@pytest.mark.parametrize("arguments", [[], ["a.mcap", "--coalition", "."], ["missing.mcap"], ["--host", "x"]])
def test_bad_usage_is_one_line(arguments: list[str], tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "nodes.cli", "page", *arguments],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr.startswith("triwatch: ")
    assert done.stderr.count("\n") == 1
