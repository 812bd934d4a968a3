"""Sonars of one node: each keeps contacts of its own, and what is told is the targets that these are of."""

from __future__ import annotations

from dataclasses import dataclass, field

import msgspec
import numpy as np

from fusion.arrays import Float
from fusion.physics.geodesy import enu_axes
from national_kit import START_NS, hydrophone, place, scan, straight
from nodes.sensing.sensors import Misalignment
from nodes.tracking.bearing_lines import sigma_rad
from nodes.tracking.columns import TrackColumns
from nodes.tracking.environment import SUBSURFACE
from nodes.tracking.tracker import NationalTracker
from triwatch.v1.track_pb2 import TRACK_STATUS_TERMINATED

WEST, EAST = hydrophone(32.54, 126.42), hydrophone(32.62, 126.52)
BOATS = (
    place(32.45, 126.55, -80.0, 2.0, 1.0),
    place(32.70, 126.40, -120.0, -1.0, 2.5),
    place(32.66, 126.62, -60.0, 1.0, -2.0),
)


@dataclass
class Heard:
    """What came of a node's looks."""

    tracker: NationalTracker
    told: list[TrackColumns] = field(default_factory=list)
    """A report after each round of looks."""

    @property
    def live(self) -> TrackColumns:
        """Of the last, what has not ended."""
        last = self.told[-1]
        return last.rows(last.status != TRACK_STATUS_TERMINATED)

    def apart(self, boats: list[Float]) -> Float:
        """(n, m) squared Mahalanobis distances in the level plane of rows and boats."""
        rows, level = self.live, enu_axes(32.5, 126.5)[:2]
        spread = level @ rows.covariance[:, :3, :3] @ level.T
        off = (rows.state[:, None, :3] - np.array(boats)[None, :, :3]) @ level.T
        return np.asarray(np.einsum("nmi,nij,nmj->nm", off, np.linalg.inv(spread), off))


def listened(
    seed: int, boats: tuple[Float, ...], rounds: int = 60, period_s: float = 10.0, tells_lines: bool = False
) -> tuple[Heard, list[Float]]:
    """Two sonars that hear boats once a period; where these are at the end."""
    ears = [msgspec.structs.replace(one, period_s=period_s) for one in (WEST, EAST)]
    heard, rng = Heard(NationalTracker("KOR-1", "ukf", ears, tells_lines)), np.random.default_rng(seed)
    for k in range(rounds):
        for sensor, one in enumerate(ears):
            at_s = period_s * k + 4.0 * sensor
            where = [straight(boat, at_s) for boat in boats]
            heard.tracker.process(scan(one, at_s, where, rng, sensor=sensor))
        end_s = period_s * k + 5.0
        heard.told.append(heard.tracker.report(START_NS + round(1e9 * end_s)))
    return heard, [straight(boat, end_s) for boat in boats]


def test_each_sonar_has_contacts_of_its_own_and_what_is_told_is_what_they_are_of() -> None:
    """Two sonars and three boats: six contacts, three rows, each where a boat is."""
    for seed in range(3):
        heard, boats = listened(seed, BOATS)
        contacts = [t for t in heard.tracker.tracks if t.confirmed]
        assert all(len(t.sensors) == 1 for t in contacts)
        assert len(contacts) == 6
        assert heard.live.environment.tolist() == [SUBSURFACE] * 3
        best = heard.apart(boats).min(axis=1)
        assert sorted(heard.apart(boats).argmin(axis=1).tolist()) == [0, 1, 2]
        assert (best < 16.0).all()


def test_a_number_that_has_ended_is_told_once_as_ended_and_never_again() -> None:
    heard, _ = listened(1, BOATS)
    ended: list[int] = []
    for columns in heard.told:
        gone = columns.number[columns.status == TRACK_STATUS_TERMINATED].tolist()
        assert not set(ended) & set(columns.number.tolist())
        ended += gone
    assert len(ended) == 3


def test_where_lines_are_told_no_row_is() -> None:
    heard, _ = listened(1, BOATS, rounds=12, tells_lines=True)
    assert not any(len(columns) for columns in heard.told)
    assert len({n for columns in heard.told for n in columns.lines.number.tolist()}) == 6


def test_contacts_of_a_sonar_that_looks_seldom_are_not_taken_for_one() -> None:
    """Their wedges meet where they begin, and no two scans are as near in time as of another sensor."""
    heard, _ = listened(2, BOATS, rounds=15, period_s=45.0)
    contacts = [t for t in heard.tracker.tracks if t.confirmed]
    assert len(contacts) == 6
    assert max(t.number for t in contacts) <= 7, "none was given up and begun anew"


def test_two_sonars_that_hardly_cross_leave_a_contact_within_its_areas() -> None:
    """Nearly in line with both, it is heard on bearings that by chance cross anywhere, or behind."""
    in_line, inside = place(32.40, 126.25, -100.0, 2.0, 1.0), []
    for seed in range(20):
        heard, boats = listened(seed, (in_line,), rounds=6)
        inside += (heard.apart(boats)[:, 0] < 5.99).tolist()
    assert len(inside) >= 20
    assert np.mean(inside) > 0.85


def test_an_error_in_common_is_not_averaged_out() -> None:
    plain = sigma_rad(WEST, 0.01**2)
    off = msgspec.structs.replace(WEST, misalignment=Misalignment(heading_mrad=5.0))
    assert plain == 0.01
    assert sigma_rad(off, 0.01**2) == np.hypot(0.01, np.sqrt(10.0) * 0.005)
