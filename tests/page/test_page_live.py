"""The page of a live exercise: real processes, a picture that arrives, a core that is no more."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

import trust_kit
from browser import PROGRAM, chromium, ready, state, wait
from demo_kit import command_line, started_by
from nodes.errors import BadInput
from nodes.page.child import PageProcess
from nodes.page.recorded import RecordedSource
from nodes.page.server import Server
from nodes.recording import Recording
from nodes.simulation.loader import load

pytestmark = pytest.mark.processes


@pytest.mark.skipif(PROGRAM is None, reason="no chromium here (apt-get install chromium)")
def test_the_default_demo_serves_its_page_live_and_its_recording_plays_after_it(
    tmp_path: Path, built: None
) -> None:
    record, result = tmp_path / "demo.mcap", tmp_path / "result.json"
    arguments = ["--duration", "45", "--speed", "3", "--record", record, "--json", result]
    demo = subprocess.Popen(  # it keeps its page: a browser may be slower than the exercise
        [sys.executable, "-m", "nodes.cli", "demo", "--keep-page", *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert demo.stdout is not None
    errors: list[str] = []
    try:
        url = next(line.split()[-1] for line in demo.stdout if line.startswith("Picture page: "))
        with chromium() as browser:
            page = browser.new_page()
            page.on("pageerror", lambda error: errors.append(str(error)))
            ready(page, url)
            wait(page, "store.tracks.size > 10", 90)
            expect(page.locator("#scrub")).to_be_hidden()
            page.get_by_role("radio", name="KOR").click()
            wait(page, "store.picture.nation === 'KOR' && store.tracks.size > 10")
            nodes = len(load("freedom_edge").nodes)
            wait(page, f"store.coalition.agreement === 1 && store.coalition.node.length === {nodes}")
            for line in demo.stdout:
                if url in line:  # the last of all: where the page stays
                    break
            expect(page.locator("#banner")).not_to_be_empty()
            demo.send_signal(signal.SIGINT)
            demo.stdout.read()
            demo.wait(90)
            last = {p["nation"]: p for p in json.loads(result.read_text())["pictures"]}["KOR"]
            _play(page, record, last)
    finally:
        demo.kill()
        demo.wait()
    assert errors == []


@pytest.mark.skipif(PROGRAM is None, reason="no chromium here (apt-get install chromium)")
def test_it_pauses_and_a_killed_core_is_said_while_the_other_nations_pictures_go_on(
    tmp_path: Path, built: None
) -> None:
    arguments = ["--duration", "600", "--speed", "1", "--json", tmp_path / "result.json"]
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
            ready(page, url)
            wait(page, "store.tracks.size > 3", 90)
            expect(page.locator("#health")).to_have_text("Live")
            page.get_by_role("button", name="Pause").click()
            expect(page.locator("#health")).to_have_text("Paused")
            page.get_by_role("button", name="Play").click()
            page.get_by_role("radio", name="JPN").click()
            wait(page, "store.picture.nation === 'JPN' && store.tracks.size > 3", 60)
            (core,) = (pid for pid in started_by(demo.pid) if {"core", "JPN"} <= {*command_line(pid)})
            os.kill(core, signal.SIGKILL)
            expect(page.locator("#health")).to_have_text("Core stopped")
            expect(page.locator("#banner")).to_contain_text("The core of Japan runs no longer")
            assert state(page, "store.tracks.size") > 3
            page.get_by_role("radio", name="KOR").click()
            expect(page.locator("#health")).to_have_text("Live")
            told_ms = state(page, "store.now")
            wait(page, f"store.now > {told_ms}")
    finally:
        demo.kill()
        demo.wait()


def _play(page: Page, record: Path, last: dict[str, Any]) -> None:
    """With no live process left: the recording opens, plays, and ends on the picture that was last."""
    source = RecordedSource(Recording(record), "demo")
    source.read()
    server = Server(source)
    server.start()
    try:
        ready(page, server.url, "nation=KOR")
        page.get_by_label("Speed").select_option("60")
        wait(page, "!store.clock.playing && store.tracks.size > 0", 60)
        assert state(page, "store.picture.pictureDigest") == last["picture_digest"]
        assert state(page, "store.tracks.size") == last["tracks"]
    finally:
        server.stop()


def test_a_page_that_cannot_be_served_says_why(tmp_path: Path, built: None) -> None:
    trust_kit.settle(tmp_path)
    first = PageProcess(tmp_path)
    try:
        port = urlsplit(first.url).port
        assert port
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
