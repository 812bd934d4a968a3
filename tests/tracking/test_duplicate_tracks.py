"""Two tracks of one target: which of them stays."""

from __future__ import annotations

import numpy as np
import pytest

from national_kit import place
from nodes.tracking.duplicate_tracks import redundant
from nodes.tracking.environment import SPACE, SURFACE
from nodes.tracking.filters import national_filter
from nodes.tracking.motion_models import steady
from nodes.tracking.track import Track

SECOND_NS = 10**9


def held(number: int, environment: int, seen_s: float, sigma_m: float) -> Track:
    """A track born at 0 s whose last detection was at ``seen_s``."""
    state, p = place(31.8, 126.0, 0.0, 6.0, 4.0), np.diag([sigma_m**2] * 3 + [20.0**2] * 3)
    seen_ns = round(seen_s * SECOND_NS)
    filter = national_filter("ekf", steady("ekf", SURFACE), state, p)
    return Track(filter, seen_ns, environment, 0, seen_ns, number=number, sensors={0})


@pytest.mark.parametrize("older_first", [True, False])
@pytest.mark.parametrize(
    ("first_s", "first_m", "second_s", "second_m", "gone"),
    [
        pytest.param(40.0, 50.0, 40.0, 90.0, 2, id="both seen: the less certain one goes"),
        pytest.param(32.0, 50.0, 40.0, 90.0, 2, id="both seen of late: the same"),
        pytest.param(24.0, 50.0, 40.0, 90.0, 1, id="one long unseen goes, however sure it is"),
        pytest.param(40.0, 50.0, 24.0, 90.0, 2, id="one long unseen goes, the other way about"),
    ],
)
def test_who_was_not_seen_for_long_gives_way_to_who_was(
    first_s: float, first_m: float, second_s: float, second_m: float, gone: int, older_first: bool
) -> None:
    tracks = [held(1, SURFACE, first_s, first_m), held(2, SPACE, second_s, second_m)]
    if not older_first:
        tracks.reverse()
    state = np.stack([t.filter.x for t in tracks])
    covariance = np.stack([t.filter.p for t in tracks])
    spare = redundant(tracks, state, covariance, 40 * SECOND_NS, np.ones((2, 2), dtype=bool))
    assert [t.number for t in spare] == [gone]
