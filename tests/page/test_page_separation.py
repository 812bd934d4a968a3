"""Bodies that come off a missile: each one's separation is called that, at desktop and at phone size."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from browser import PROGRAM, ready, state, wait
from film import film
from nodes.page.recorded import RecordedSource
from nodes.page.server import Server
from nodes.recording import Recording
from triwatch.v1 import page_pb2

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(PROGRAM is None, reason="no chromium here (apt-get install chromium)"),
]
SCENARIO = """\
[scenario]
name = "separation"
start = 2025-05-08T09:00:00Z
duration_s = 170.0
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
  range_km = 900.0
  period_s = 1.0
  pd = 0.95
  sigma_range_m = 20.0
  sigma_azimuth_mrad = 0.4
  sigma_elevation_mrad = 0.4

[[objects]]
id = "M1"
kind = "ballistic"
launch_s = 5.0
launch_lat_deg = 57.6
launch_lon_deg = 19.6
azimuth_deg = 225.0
apogee_km = 120.0
range_km = 350.0
burn_s = 50.0
separates_s = 70.0
vehicles = 2
"""
SEEN_S = 165
SIZES = {"desktop": (1280, 800), "phone": (390, 844)}


def test_each_separation_is_called_that(tmp_path: Path, browser: Browser, built: None) -> None:
    scenario, path = tmp_path / "separation.toml", tmp_path / "separation.mcap"
    scenario.write_text(SCENARIO)
    film(path, str(scenario), SEEN_S)
    source = RecordedSource(Recording(path), "separation")
    source.read()
    events = source.events()[1]
    apart = {e.track: e.text for e in events if e.kind == page_pb2.EVENT_KIND_SEPARATION}
    launched = {e.track for e in events if e.kind == page_pb2.EVENT_KIND_LAUNCH}
    assert len(apart) >= 1
    assert len(launched) == 1, "what came off was not launched"
    assert not launched & set(apart)
    assert all(" separated from T" in text for text in apart.values())
    server = Server(source)
    server.start()
    try:
        for width, height in SIZES.values():
            page = browser.new_page(viewport={"width": width, "height": height})
            ready(page, server.url, f"t=2025-05-08T09:02:{SEEN_S - 120 - 1:02d}.000Z&paused=1")
            wait(page, f"store.warnings.length > {len(apart)}", 60)
            cards = page.locator(".warning")
            expect(cards.filter(has_text="Separated")).to_have_count(len(apart))
            said = [text for text in cards.all_inner_texts() if "Separated" in text]
            assert len(said) == len(apart), cards.all_inner_texts()
            for text in said:
                assert "Launched" not in text
            expect(cards.filter(has_text="Launched")).to_have_count(1)
            assert state(page, "store.events.length") >= len(apart)
            page.close()
    finally:
        server.stop()
