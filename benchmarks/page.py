"""The picture page in headless Chromium: ``python -m benchmarks.page [--minutes M]``.

A thousand tracks that all move once a second, with trails and labels, drawn in software. Reported: time
until the page shows them, bytes transferred for the page, time a frame while the camera turns, and the
growth of the page's and the server's memory over ten minutes of picture, played ten times as fast.
"""

from __future__ import annotations

import argparse
import json
import statistics
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from playwright.sync_api import CDPSession, Page

from browser import PROGRAM, chromium, ready, wait
from fusion.physics.geodesy import enu_axes, geodetic2ecef
from nodes.control import clock
from nodes.page.comparison import ReportLog
from nodes.page.events import EventLog
from nodes.page.scene import Scene
from nodes.page.server import Server
from nodes.page.trails import Trails
from triwatch.v1 import page_pb2, picture_pb2

TRACKS = 1000
START_NS = 1719446400 * 10**9
S = 10**9


class Traffic:
    """A thousand aircraft that circle over the theatre, as one nation's live picture."""

    def __init__(self) -> None:
        rng = np.random.default_rng(7)
        self._lat_deg = rng.uniform(28, 42, TRACKS)
        self._lon_deg = rng.uniform(122, 142, TRACKS)
        self._alt_m = rng.uniform(1e3, 12e3, TRACKS)
        self._radius_deg = rng.uniform(0.1, 0.6, TRACKS)
        self._phase = rng.uniform(0, 2 * np.pi, TRACKS)
        self._identity = rng.choice([1, 3, 4, 4, 4], TRACKS).tolist()
        self._sequence = 0
        self.trails: dict[str, Trails] = {}
        self.scene = Scene(self.trails, EventLog())
        self.lock = threading.Lock()
        self.speed = 1.0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        for _ in range(60):  # there is a minute of trails from the start
            self._step()

    def start(self) -> None:
        """Publish once a second, ``speed`` times as fast."""
        self._thread.start()

    def stop(self) -> None:
        """Publish no more."""
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.wait(1.0 / self.speed):
            with self.lock:
                self._step()

    def _step(self) -> None:
        self._sequence += 1
        t_s = float(self._sequence)
        rate = 200.0 / (self._radius_deg * 111_200.0)
        angle = self._phase + rate * t_s
        lat = self._lat_deg + self._radius_deg * np.sin(angle)
        lon = self._lon_deg + self._radius_deg * np.cos(angle)
        position = geodetic2ecef(lat, lon, self._alt_m)
        axes = enu_axes(lat, lon)
        velocity = 200.0 * (np.cos(angle)[:, None] * axes[:, 1] - np.sin(angle)[:, None] * axes[:, 0])
        state = np.concatenate([position, velocity], axis=1)
        covariance = np.zeros((TRACKS, 21))
        covariance[:, [0, 2, 5]] = 50.0**2
        covariance[:, [9, 14, 20]] = 1.0
        now_ns = START_NS + self._sequence * S
        update = picture_pb2.PictureUpdate(
            nation="USA",
            incarnation=1,
            sequence=self._sequence,
            kind=picture_pb2.PICTURE_KIND_SNAPSHOT if t_s == 1 else picture_pb2.PICTURE_KIND_DELTA,
            time_ns=now_ns,
            input_digest=f"{self._sequence:064x}",
            picture_digest=f"{self._sequence:064x}",
            node_id=["USA-1", "JPN-1", "KOR-1"],
            number=list(range(1, TRACKS + 1)),
            track_time_ns=[now_ns] * TRACKS,
            state=state.ravel().tolist(),
            covariance=covariance.ravel().tolist(),
            environment=[1] * TRACKS,
            identity=self._identity,
            status=[2] * TRACKS,
            contributor_count=[3] * TRACKS,
            contributors=[0, 1, 2] * TRACKS,
            contributor_time_ns=[now_ns] * (3 * TRACKS),
            mode_probability=[1.0, 0.0, 0.0, 0.0] * TRACKS,
            quality=[12] * TRACKS,
        )
        self.scene.picture("USA", update)


class Present:
    """The traffic as a source and its own only player: everybody sees the present."""

    def __init__(self, traffic: Traffic) -> None:
        self.scene = traffic.scene
        self.log = ReportLog()
        self._trails = traffic.trails

    def describe(self) -> page_pb2.PageSource:
        """One nation, live."""
        return page_pb2.PageSource(title="Benchmark", live=True, nation=["USA"])

    def events(self) -> tuple[int, Sequence[page_pb2.Event]]:
        """Nothing happens."""
        return 0, []

    def player(self) -> Present:
        """The present."""
        return self

    def obey(self, request: page_pb2.PageRequest) -> bool:
        """The present cannot be changed."""
        return False

    def clock(self, nation: str) -> page_pb2.PageClock:
        """The time of the newest picture."""
        return page_pb2.PageClock(time_ns=self.scene.time_ns, playing=True, speed=1.0)

    def trails(self, nation: str) -> Trails | None:
        """Where the aircraft were."""
        return self._trails.get(nation)


_TURN = """seconds => new Promise(done => {
  const {store, hand} = window.triwatch;
  const gaps = [];
  const start = performance.now();
  let before = start;
  const step = now => {
    gaps.push(now - before);
    before = now;
    if (now - start > seconds * 1000) return done(gaps.slice(2));
    hand.set({...store.view.camera, heading: store.view.camera.heading + 0.7});
    requestAnimationFrame(step);
  };
  requestAnimationFrame(step);
})"""


def _heap_mb(session: CDPSession) -> float:
    session.send("HeapProfiler.collectGarbage")
    metrics = session.send("Performance.getMetrics")["metrics"]
    used: float = next(m["value"] for m in metrics if m["name"] == "JSHeapUsedSize")
    return used / 2**20


def _resident_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 / 2**20


def _loaded(page: Page, url: str) -> tuple[float, float]:
    """Seconds until the thousand tracks are drawn, and kB transferred for it less the picture itself."""
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    transferred: list[float] = []
    session.on("Network.loadingFinished", lambda e: transferred.append(e["encodedDataLength"]))
    start_s = clock.monotonic_s()
    ready(page, url)
    wait(page, f"globe.screened.length > 0 && store.tracks.size === {TRACKS}")
    return clock.monotonic_s() - start_s, sum(transferred) / 1000


def run(minutes: float = 10.0) -> dict[str, Any]:
    """The figures; ``minutes`` is how much picture time the memory is watched for."""
    traffic = Traffic()
    server = Server(Present(traffic), lock=traffic.lock)
    server.start()
    traffic.start()
    with chromium() as browser:
        # the first load of a fresh browser pays for compiling its shaders: so does a person's
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        ready_s, transfer_kb = _loaded(page, server.url)
        gaps = sorted(page.evaluate(_TURN, 10))
        session = page.context.new_cdp_session(page)
        session.send("Performance.enable")
        page.wait_for_timeout(3000)
        traffic.speed = 10.0
        page.wait_for_timeout(25_000)  # trails are as long as they get
        heap, resident = [_heap_mb(session)], [_resident_mb()]
        for _ in range(max(1, round(minutes))):
            page.wait_for_timeout(6_000)
            heap.append(_heap_mb(session))
            resident.append(_resident_mb())
    server.stop()
    traffic.stop()
    return {
        "tracks": TRACKS,
        "ready_s": round(ready_s, 2),
        "transfer_kb": round(transfer_kb, 1),
        "frame_ms": {
            "p50": round(statistics.median(gaps), 1),
            "p95": round(gaps[int(0.95 * len(gaps))], 1),
            "frames": len(gaps),
        },
        "memory_minutes": minutes,
        "page_heap_mb": [round(mb, 1) for mb in heap],
        "server_mb": [round(mb, 1) for mb in resident],
    }


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0, help="picture time to watch the memory for")
    arguments = parser.parse_args()
    if PROGRAM is None:
        raise SystemExit("no chromium here; apt-get install chromium")
    print(json.dumps(run(arguments.minutes), indent=2))


if __name__ == "__main__":
    main()
