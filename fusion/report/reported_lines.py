"""Lines of bearing: what a node says of contacts of which it knows no more than where their sound comes from.

Rows of their own in a report, beside those of tracks. A line is valid when the sound arrived; what it says is
of the target when the sound left it.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from fusion.arrays import Float, Ints
from fusion.contract import ENVIRONMENTS
from triwatch.v1 import track_pb2

LINES_MAX = 20_000
"""A report may tell so many."""
_TIME_NS_MAX = 2**62
_POSITION_M_MAX = 1.0e8
_CENTRE_M_MIN = 1.0e6
_BEARING_RAD_MAX = 10.0
_SIGMA_RAD = (1e-6, 3.0)
_SOUND_MPS = (100.0, 1e4)
_REACH_M_MAX = 1e7


class Lines(NamedTuple):
    """m lines of bearing of one report."""

    time_ns: Ints
    """(m,) when the sound arrived."""
    contact: Ints
    """(m,) the node's own number of the contact, in one numbering with its tracks."""
    position: Float
    """(m, 3) where the sensor was, ECEF m."""
    bearing: Float
    """(m,) rad clockwise from north, in the plane level at the sensor."""
    sigma: Float
    """(m,) rad."""
    environment: Ints
    sound_mps: Float
    """(m,) 0: what was heard came at once."""
    reach_m: Float
    """(m,) as far as the sensor hears; 0: not said."""

    def at(self, time_ns: int) -> Lines:
        """Those of one moment."""
        pick = self.time_ns == time_ns
        return Lines(
            self.time_ns[pick],
            self.contact[pick],
            self.position[pick],
            self.bearing[pick],
            self.sigma[pick],
            self.environment[pick],
            self.sound_mps[pick],
            self.reach_m[pick],
        )


NO_LINES = Lines(
    np.zeros(0, np.int64),
    np.zeros(0, np.int64),
    np.zeros((0, 3)),
    np.zeros(0),
    np.zeros(0),
    np.zeros(0, np.int64),
    np.zeros(0),
    np.zeros(0),
)


def reported_lines(batch: track_pb2.TrackBatch) -> Lines:
    """The lines of a report, of all moments. Raises ValueError, which says what rule it breaks."""
    m = len(batch.line_contact)
    if m > LINES_MAX:
        raise ValueError(f"{m} lines of bearing; the limit is {LINES_MAX}")
    for name, width in (("line_time_ns", 1), ("line_position", 3), ("line_bearing", 1), ("line_sigma", 1)):
        count = len(getattr(batch, name))
        if count != width * m:
            raise ValueError(f"column {name} has {count} values, expected {width * m}")
    for name in ("line_environment", "line_sound_speed", "line_reach"):
        count = len(getattr(batch, name))
        if count not in (0, m):
            raise ValueError(f"column {name} has {count} values, expected {m}")
    if not m:
        return NO_LINES
    environment = np.array(batch.line_environment or [0] * m, np.int64)
    time_ns = np.array(batch.line_time_ns, np.uint64)
    lines = Lines(
        time_ns=time_ns.astype(np.int64),
        contact=np.array(batch.line_contact, np.int64),
        position=np.array(batch.line_position, np.float64).reshape(m, 3),
        bearing=np.array(batch.line_bearing, np.float64),
        sigma=np.array(batch.line_sigma, np.float64),
        environment=np.where((environment < 0) | (environment >= ENVIRONMENTS), 0, environment),
        sound_mps=np.array(batch.line_sound_speed or [0.0] * m, np.float64),
        reach_m=np.array(batch.line_reach or [0.0] * m, np.float64),
    )
    _check(time_ns, lines)
    return lines


def _check(time_ns: NDArray[np.uint64], lines: Lines) -> None:
    """Raises ValueError, which names the first line that breaks a rule."""
    far, sound = np.abs(lines.position).max(axis=1), lines.sound_mps
    # "not within" is also true of what is no number
    rules = (
        (lines.contact >= 1, "line_contact must be 1 to 2^32-1"),
        ((time_ns >= 1) & (time_ns <= _TIME_NS_MAX), "line_time_ns must be 1 to 2^62 ns UTC"),
        (
            np.isfinite(lines.position).all(axis=1) & (far <= _POSITION_M_MAX) & (far >= _CENTRE_M_MIN),
            f"line_position must be finite, within {_POSITION_M_MAX:g} m and not near the Earth's centre",
        ),
        (
            np.abs(lines.bearing) <= _BEARING_RAD_MAX,
            f"line_bearing must be within {_BEARING_RAD_MAX:g} rad",
        ),
        (
            (lines.sigma >= _SIGMA_RAD[0]) & (lines.sigma <= _SIGMA_RAD[1]),
            f"line_sigma must be {_SIGMA_RAD[0]:g} to {_SIGMA_RAD[1]:g} rad",
        ),
        (
            (sound == 0.0) | ((sound >= _SOUND_MPS[0]) & (sound <= _SOUND_MPS[1])),
            f"line_sound_speed must be 0 or {_SOUND_MPS[0]:g} to {_SOUND_MPS[1]:g} m/s",
        ),
        (
            (lines.reach_m >= 0.0) & (lines.reach_m <= _REACH_M_MAX),
            f"line_reach must be 0 to {_REACH_M_MAX:g} m",
        ),
    )  # fmt: skip
    for holds, rule in rules:
        if not holds.all():
            row = int(np.flatnonzero(~holds)[0])
            raise ValueError(f"line {row} (contact {int(lines.contact[row])}): {rule}")
    told = list(
        zip(time_ns.tolist(), lines.contact.tolist(), map(tuple, lines.position.tolist()), strict=True)
    )
    if len(set(told)) < len(told):
        raise ValueError("a contact has two lines from one place at one time")
