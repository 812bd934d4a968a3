"""A node's own ships are no contacts, and a sonar of one ship is not that of the next."""

from __future__ import annotations

import msgspec
import numpy as np

from national_kit import RADAR, START_NS, hydrophone, place, scan, straight
from nodes.tracking.environment import SUBSURFACE, SURFACE
from nodes.tracking.tracker import NationalTracker

MAST = msgspec.structs.replace(RADAR, lat_deg=32.62, lon_deg=126.48, alt_m=25.0, period_s=10.0)
EARS = hydrophone(32.54, 126.42), hydrophone(32.62, 126.48)
CARRIER = place(32.54, 126.42, 0.0, 0.0, 0.0)
"""The ship that has the first of these, which the mast of another sees."""
BOAT = place(32.45, 126.45, -80.0, 2.0, 1.0)


def listened(tells_lines: bool, ears: int, seconds: int = 240) -> NationalTracker:
    """A mast that sees a ship each 10 s, and sonars that hear a boat in between."""
    tracker = NationalTracker("KOR-1", "ukf", (MAST, *EARS[:ears]), tells_lines)
    rng = np.random.default_rng(3)
    for t in range(0, seconds, 10):
        tracker.process(scan(MAST, t, [straight(CARRIER, t)], rng, sensor=0, detected=1.0))
        for sensor in range(1, 1 + ears):
            at_s = t + 2.0 * sensor
            told = scan(EARS[sensor - 1], at_s, [straight(BOAT, at_s)], rng, sensor=sensor, detected=1.0)
            tracker.process(told)
        tracker.report(START_NS + round(1e9 * (t + 8.0)))
    return tracker


def test_a_ship_takes_nothing_that_its_own_sonar_hears() -> None:
    """Seen from aboard, the ship is in every direction, and every wedge begins at it."""
    tracks = [t for t in listened(tells_lines=False, ears=1).tracks if t.confirmed]
    (ship,) = [t for t in tracks if t.environment == SURFACE]
    (boat,) = [t for t in tracks if t.environment == SUBSURFACE]
    assert ship.sensors == {0}
    assert boat.hits == 24


def test_where_lines_are_told_each_sonar_has_contacts_of_its_own() -> None:
    tracker = listened(tells_lines=True, ears=2)
    below = [t for t in tracker.tracks if t.confirmed and t.environment == SUBSURFACE]
    assert sorted(t.sensors for t in below) == [{1}, {2}]
    told = listened(tells_lines=False, ears=2)
    assert [t.sensors for t in told.tracks if t.confirmed and t.environment == SUBSURFACE] == [{1, 2}]
