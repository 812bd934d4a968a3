"""The tracks that one node holds, their numbers, and those that have ended since its last report."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Final

import numpy as np

from fusion.constants import JUDGED, Chosen
from fusion.physics.geodesy import Float
from nodes.sensing.sensors import Radar, Sensor
from nodes.tracking.environment import SPACE, SURFACE, Kinematics
from nodes.tracking.filters import national_filter
from nodes.tracking.hypotheses import Doubts
from nodes.tracking.motion_models import Behaviour, behaviour
from nodes.tracking.sea_level import MeasuredHeight
from nodes.tracking.track import Track

FRESH_SPREAD: Final[
    Annotated[
        tuple[float, float],
        Chosen(
            "m, m/s",
            "added to a track's sigmas, m and m/s, when it turns out to be a missile: what its old "
            "model lagged",
            JUDGED,
        ),
    ]
] = (300.0, 100.0)
AFLIGHT_CLIMB_MPS: Final[
    Annotated[float, Chosen("m/s", "sigma of the climb of what turns out to be no ship", JUDGED)]
] = 150.0


class HeldTracks:
    """All tracks of one node, whose filters are of ``kind``; ``sensors`` in the order of ``Scan.sensor``."""

    def __init__(self, kind: str, sensors: Sequence[Sensor]) -> None:
        self.kind = kind
        self.sensors = tuple(sensors)
        self.tracks: list[Track] = []
        self.ended: list[Track] = []
        """Those that were reported once; they are once more."""
        self.doubts = Doubts()
        self.stands: dict[int, Float] = {}
        """(3,) ECEF m: where each sonar was when it last listened."""
        self._numbers = 0

    def fresh_number(self) -> int:
        """A number that no track ever had."""
        self._numbers += 1
        return self._numbers

    def remove(self, gone: Sequence[Track]) -> None:
        """Hold them no more; one track may be given up for several reasons: it ends once."""
        if gone:
            self.ended += [t for t in self.tracks if t.confirmed and t in gone]
            self.tracks = [t for t in self.tracks if t not in gone]

    def change(self, track: Track, environment: int, k: Kinematics, row: int) -> None:
        """Go on with a track in another environment, at ``row`` of ``k``."""
        p = track.filter.p.copy()
        if track.environment == SURFACE and track.height.information > 0.0:
            # what is known of its height and climb is of a ship's
            up = np.outer(k.up[row], k.up[row])
            p[:3, :3] += up * track.height.spread_m(float(k.altitude_m[row])) ** 2
            p[3:, 3:] += up * AFLIGHT_CLIMB_MPS**2
        if environment == SPACE:
            p += np.diag(np.repeat(np.square(FRESH_SPREAD), 3))
        track.filter = national_filter(
            self.kind, self.behaviour(track, environment, k, row), track.filter.x.copy(), p
        )
        track.environment, track.votes, track.height = environment, 0, MeasuredHeight()

    def behaviour(self, track: Track, environment: int, k: Kinematics, row: int) -> Behaviour:
        """How a track moves that is in ``environment``, at ``row`` of ``k``."""
        # two lines of sight that cross measure a range as well
        ranged = len(track.sensors) > 1 or self.by_radar(track)
        return behaviour(self.kind, environment, k, row, ranged)

    def by_radar(self, track: Track) -> bool:
        """Whether any of a track's sensors is a radar."""
        return any(isinstance(self.sensors[s], Radar) for s in track.sensors)
