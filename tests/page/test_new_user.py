"""The first quarter of an hour of a new user, step by step.

A clean clone, an exercise of one's own between two European nations with a missile, the page opened and its
link handed on, the recording replayed and shown.

Screenshots of every step lie in the test's folder (``--basetemp DIR`` keeps them).
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from browser import PROGRAM, ready, state, wait
from nodes.page.server import BUNDLE

REPO = Path(__file__).resolve().parents[2]
TRIWATCH = [sys.executable, "-P", "-m", "nodes.cli"]
pytestmark = [
    pytest.mark.slow,
    pytest.mark.processes,
    pytest.mark.skipif(PROGRAM is None, reason="no chromium here (apt-get install chromium)"),
]
SIZES = {"desktop": (1280, 800), "phone": (390, 844)}

OWN = """\
[scenario]
name = "baltic"
description = "Two European nations and a missile into the sea"
start = 2025-05-08T09:00:00Z
duration_s = 150.0
seed = 4

[[nodes]]
id = "DEU-1"
nation = "DEU"
report_period_s = 1.0
  [[nodes.sensors]]
  kind = "radar"
  lat_deg = 54.4
  lon_deg = 13.4
  alt_m = 100.0
  range_km = 700.0
  period_s = 1.0
  pd = 0.95
  sigma_range_m = 30.0
  sigma_azimuth_mrad = 1.0
  sigma_elevation_mrad = 1.0

[[nodes]]
id = "POL-1"
nation = "POL"
report_period_s = 1.0
  [[nodes.sensors]]
  kind = "radar"
  lat_deg = 54.6
  lon_deg = 18.3
  alt_m = 100.0
  range_km = 700.0
  period_s = 1.0
  pd = 0.95
  sigma_range_m = 30.0
  sigma_azimuth_mrad = 1.0
  sigma_elevation_mrad = 1.0

[[objects]]
id = "M1"
kind = "ballistic"
launch_s = 10.0
launch_lat_deg = 57.6
launch_lon_deg = 19.6
azimuth_deg = 225.0
apogee_km = 80.0
range_km = 250.0
burn_s = 50.0

[[objects]]
id = "F1"
kind = "waypoints"
environment = "AIR"
identity = "FRIEND"
waypoints = [[0.0, 55.0, 14.0, 9000.0], [600.0, 55.0, 15.5, 9000.0]]
"""


def run(*arguments: str | Path, cwd: Path, code: int = 0) -> str:
    """What a command prints; it must end with ``code``."""
    done = subprocess.run(
        [*TRIWATCH, *map(str, arguments)], cwd=cwd, capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.fixture
def exercise(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """The user's own exercise, its page kept; it ends with the test."""
    (tmp_path / "baltic.toml").write_text(OWN)
    arguments = ["--scenario", "baltic.toml", "--speed", "5", "--record", "baltic.mcap", "--keep-page"]
    process = subprocess.Popen(
        [*TRIWATCH, "demo", *arguments, "--json", "result.json"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    yield process
    process.kill()
    process.wait()


def test_a_clean_clone_has_all_that_the_commands_need(tmp_path: Path) -> None:
    """What is not in the repository is missed here: everything but the installed packages comes from it."""
    if not (REPO / ".git").exists():
        pytest.skip("no repository here to clone")
    clone = tmp_path / "triwatch"
    subprocess.run(["git", "clone", "-q", "--no-hardlinks", str(REPO), str(clone)], check=True)
    environment = {**os.environ, "PYTHONPATH": f"{clone}:{clone / 'proto'}"}
    told = subprocess.run(
        [sys.executable, "-P", "-m", "nodes.cli", "scenarios", "--json", "-"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    built_in = {row["name"] for row in json.loads(told.stdout)["scenarios"]}
    assert {"freedom_edge", "medium_range"} <= built_in
    assert built_in == {path.stem for path in (clone / "scenarios").glob("*.toml")}
    planned = subprocess.run(["make", "-n", "demo"], cwd=clone, capture_output=True, text=True, check=True)
    steps = ("1 of 3", "2 of 3", "nodes.cli.warm", "3 of 3", "nodes.page.build", "triwatch demo")
    at = [planned.stdout.find(step) for step in steps]
    assert -1 not in at, dict(zip(steps, at, strict=True))
    assert at == sorted(at)


def test_from_the_first_scenario_to_a_colleagues_screen(
    exercise: subprocess.Popen[str], browser: Browser, tmp_path: Path, built: None
) -> None:
    assert BUNDLE.is_dir()
    assert "can be run: baltic, 2:30" in run("scenarios", "--check", "baltic.toml", cwd=tmp_path)
    assert exercise.stdout is not None
    said = ""
    for line in exercise.stdout:
        said += line
        if line.startswith("Picture page: "):
            break
    url = said.split()[-1]
    contexts = [
        browser.new_context(viewport={"width": w, "height": h}, color_scheme="dark")
        for w, h in SIZES.values()
    ]
    pages = [context.new_page() for context in contexts]
    errors: list[str] = []
    for page in pages:
        page.on("pageerror", lambda error: errors.append(str(error)))
        ready(page, url)
        wait(page, "store.tracks.size > 0", 90)
        wait(page, "store.warnings.length > 0", 90)
        near = "store.view.camera.distance < 4000 && Math.abs(store.view.camera.lat - 55) < 6"
        wait(page, f"{near} && Math.abs(store.view.camera.lon - 17) < 8", 10)
    _shoot(pages, tmp_path, "live")
    desktop = pages[0]
    desktop.get_by_text("Views", exact=True).click()
    for member in ("Germany", "Poland"):
        expect(desktop.get_by_role("button", name=re.compile(f"^{member}"))).to_be_visible()
    for line in exercise.stdout:
        said += line
        if "stays until Ctrl-C" in line:
            break
    for part in ("What sharing was worth", "(M1)", "All nations hold the same reports", "What next"):
        assert part in said, said
    for page in pages:
        expect(page.locator("#banner")).to_contain_text("The exercise has ended")
    _shoot(pages, tmp_path, "ended")
    exercise.send_signal(signal.SIGINT)
    assert exercise.wait(30) == 0
    for page in pages:
        expect(page.locator("#banner")).not_to_be_empty()
        page.close()
    assert json.loads((tmp_path / "result.json").read_text())["score"]["missiles"]["warned"] == 1

    told = run("replay", "baltic.mcap", cwd=tmp_path)
    assert "DIFFERENT" not in told
    assert "NOT what its core had" not in told
    _hand_on(contexts[0].new_page(), browser, tmp_path)
    for context in contexts:
        context.close()
    assert errors == []


def _hand_on(page: Page, browser: Browser, folder: Path) -> None:
    """The recording's page: a moment and a missile chosen, the link copied, opened on a colleague's phone."""
    address = folder / "page.json"
    server = subprocess.Popen(
        [*TRIWATCH, "page", "baltic.mcap", "--port", "0", "--json", str(address)],
        cwd=folder,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert server.stdout is not None
        assert server.stdout.readline().startswith("Picture page: ")
        ready(page, json.loads(address.read_text())["url"])
        page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        wait(page, "store.tracks.size > 0 && store.warnings.length > 0", 60)
        page.keyboard.press(" ")
        page.locator(".warning").first.click()
        wait(page, "store.view.selected.size === 1")
        page.evaluate(
            """(window.said = [], new MutationObserver(all => all.forEach(one =>
            one.addedNodes.forEach(node => window.said.push(node.textContent))))
            .observe(document.body, {childList: true, subtree: true}))"""
        )
        page.keyboard.press("u")
        wait(page, "window.said.some(text => text.includes('The link is copied'))")
        link = page.evaluate("navigator.clipboard.readText()")
        colleague = browser.new_page(viewport={"width": 390, "height": 844}, color_scheme="dark")
        bare, _, words = link.partition("#")
        ready(colleague, bare, words)
        wait(colleague, "store.tracks.size > 0")
        kept = "[Math.round(store.now / 1000), [...store.view.selected], [...store.tracks.keys()].sort()]"
        wanted = json.dumps(state(page, kept), separators=(",", ":"))
        wait(colleague, f"JSON.stringify({kept}) === {json.dumps(wanted)}")
        _shoot([page, colleague], folder, "handed_on")
        colleague.close()
        page.close()
    finally:
        server.kill()
        server.wait()


def _shoot(pages: list[Page], folder: Path, step: str) -> None:
    """A screenshot of each page; one that shows nothing compresses to next to nothing."""
    for page, size in zip(pages, SIZES, strict=True):
        page.wait_for_timeout(1000)
        assert len(page.screenshot(path=folder / f"{step}_{size}.png")) > 30_000
