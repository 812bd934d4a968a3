"""A node's own ships are no contacts."""

from __future__ import annotations

import msgspec
import numpy as np

from national_kit import RADAR, START_NS, hydrophone, place, scan, straight
from nodes.tracking.environment import SUBSURFACE, SURFACE
from nodes.tracking.tracker import NationalTracker

MAST = msgspec.structs.replace(RADAR, lat_deg=32.62, lon_deg=126.48, alt_m=25.0, period_s=10.0)
EARS = hydrophone(32.54, 126.42)
CARRIER = place(32.54, 126.42, 0.0, 0.0, 0.0)
"""The ship that has it, which the mast of another sees."""
BOAT = place(32.45, 126.45, -80.0, 2.0, 1.0)


def listened(seconds: int = 240) -> NationalTracker:
    """A mast that sees a ship each 10 s, and that ship's sonar, which hears a boat in between."""
    tracker = NationalTracker("KOR-1", "ukf", (MAST, EARS))
    rng = np.random.default_rng(3)
    for t in range(0, seconds, 10):
        tracker.process(scan(MAST, t, [straight(CARRIER, t)], rng, sensor=0, detected=1.0))
        tracker.process(scan(EARS, t + 2.0, [straight(BOAT, t + 2.0)], rng, sensor=1, detected=1.0))
        tracker.report(START_NS + round(1e9 * (t + 8.0)))
    return tracker


def test_a_ship_takes_nothing_that_its_own_sonar_hears() -> None:
    """Seen from aboard, the ship is in every direction, and every wedge begins at it."""
    tracks = [t for t in listened().tracks if t.confirmed]
    (ship,) = [t for t in tracks if t.environment == SURFACE]
    (boat,) = [t for t in tracks if t.environment == SUBSURFACE]
    assert ship.sensors == {0}
    assert boat.hits == 24
