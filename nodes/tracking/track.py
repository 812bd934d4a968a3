"""One national track and what is remembered of it between scans."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import Annotated, Final

from fusion.constants import JUDGED, Chosen
from fusion.report.reported_sensors import NO_SENSOR
from nodes.tracking.bearing_lines import HeardLine
from nodes.tracking.environment import SPACE, SURFACE
from nodes.tracking.filters import NationalFilter
from nodes.tracking.position_fix import Sighting
from nodes.tracking.sea_level import MeasuredHeight
from nodes.tracking.tracklet_accumulator import News
from triwatch.v1 import track_pb2

CONFIRM_HITS: Final[Annotated[int, Chosen("1", "so many detections (M of M-of-N) ...", JUDGED)]] = 3
CONFIRM_LOOKS: Final[
    Annotated[int, Chosen("1", "... within so many opportunities (N) make a track of a candidate", JUDGED)]
] = 5
RECENT: Final[
    Annotated[int, Chosen("1", "opportunities that a track's record of detections goes back", JUDGED)]
] = 12
SEPARATING_NS: Final[
    Annotated[
        int,
        Chosen(
            "ns",
            "so long after a separation new objects are attributed to the missile, not to the first fragment",
            JUDGED,
        ),
    ]
] = 60 * 10**9


@dataclass(slots=True, eq=False)
class Track:
    """A candidate (``number`` 0) or a confirmed track; its filter stands at ``time_ns``."""

    filter: NationalFilter
    time_ns: int
    environment: int
    born_ns: int
    last_hit_ns: int
    number: int = 0
    parent: int = 0
    looks: int = 0
    hits: int = 0
    score: float = 0.0
    """While a candidate: log likelihood ratio of a target against false alarms."""
    misses: int = 0
    """Opportunities missed in a row."""
    log_missed: float = 0.0
    """Log of how likely such a run of misses is of a target that is there."""
    patience: int = 0
    """A run of how many the least reliable sensor that looked would not excuse."""
    dark: int = 0
    """Infrared looks in a row that should have shown its engine and did not."""
    sensors: set[int] = field(default_factory=set)
    """Those that ever detected it."""
    recent: deque[tuple[int, int, int]] = field(default_factory=lambda: deque(maxlen=RECENT))
    """(sensor, time, which of what the sensor showed then) of its last detections: the filter holds them."""
    lines: tuple[HeardLine, ...] = ()
    """What sonars heard of it since the last report."""
    told_ns: int = 0
    """When it was last reported, or else confirmed."""
    twin: Track | None = None
    """A candidate of the same first detection under another assumption; the one hit first lives on."""
    line: Sighting | None = None
    """The last line of sight or bearing, while a single sensor that measures no range feeds the track."""
    judged: int = 0
    votes: int = 0
    """How many judgements in a row spoke for the environment ``judged``."""
    identity: int = int(track_pb2.IDENTITY_PENDING)
    identity_confidence: float = 0.0
    call_sign: str = ""
    height: MeasuredHeight = field(default_factory=MeasuredHeight)
    """While it is taken for a ship: what its radar detections say of its height."""
    news: News = field(default_factory=News)
    """What its detections told since the last report."""
    trail: tuple[int, ...] = ()
    """Numbers of the hypotheses that it came of at its last looks, itself last."""
    claims: dict[tuple[str, int], int] = field(default_factory=dict)
    """How often each (call sign, identity) answered from this track's place."""

    @property
    def confirmed(self) -> bool:
        """Whether it has a number."""
        return self.number > 0

    @property
    def hopeless(self) -> bool:
        """Whether a candidate was missed too often, or a track too often in a row."""
        if self.confirmed:
            return self.misses >= self.patience > 0
        return self.looks - self.hits > CONFIRM_LOOKS - CONFIRM_HITS

    @property
    def told_by(self) -> int:
        """The one sensor whose detections since the last report it has, the last that detected it where there
        are none; `NO_SENSOR` where they came from several."""
        if len(self.news.sensors) > 1 or not self.recent:
            return NO_SENSOR
        return next(iter(self.news.sensors), self.recent[-1][0])

    def sheds(self, time_ns: int) -> int:
        """The number of the track that something parting from this one at ``time_ns`` came off."""
        young = self.parent > 0 and time_ns - self.born_ns < SEPARATING_NS
        return self.parent if young else self.number

    def hit(self, sensor: int, time_ns: int, detection: int) -> None:
        """Note a detection, which of its scan's it is."""
        self.looks += 1
        self.hits += 1
        self.misses = self.patience = 0
        self.log_missed = 0.0
        self.last_hit_ns = time_ns
        self.sensors.add(sensor)
        self.recent.append((sensor, time_ns, detection))

    def miss(self, patience: int, log_missed: float) -> None:
        """Note an opportunity without detection, and log of how likely that is of a target that is there."""
        self.looks += 1
        self.misses += 1
        self.log_missed += log_missed
        self.patience = max(self.patience, patience)

    def vote(self, judged: int) -> bool:
        """Note a judgement of the environment; True when enough of them call for a change.

        Space is believed at the second judgement, a ship at the fifth, an aircraft at the third.
        """
        if judged == self.environment:
            self.votes = 0
            return False
        self.votes = self.votes + 1 if judged == self.judged else 1
        self.judged = judged
        return self.votes >= (5 if judged == SURFACE else 2 if judged == SPACE else 3)
