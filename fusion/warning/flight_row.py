"""One missile's flight as a row of the table, and what such a row says."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import Annotated, Final

from fusion.constants import WARNED, Chosen
from fusion.warning.areas import Nations
from fusion.warning.watch import Watch
from triwatch.v1 import picture_pb2, warning_pb2

ALERT = warning_pb2.WARNING_STATUS_ALERT
UPDATE = warning_pb2.WARNING_STATUS_UPDATE
CANCEL = warning_pb2.WARNING_STATUS_CANCEL
ALL_CLEAR = warning_pb2.WARNING_STATUS_ALL_CLEAR
STANDING = warning_pb2.WARNING_STATUS_UNSPECIFIED
ENDED = picture_pb2.FLIGHT_PHASE_ENDED

SHORT_M: Final[
    Annotated[float, Chosen("m", "a missile that comes down nearer its launch than this ...", WARNED)]
] = 200e3
SHORT_APOGEE_M: Final[
    Annotated[float, Chosen("m", "... and flies no higher, under nobody, has failed", WARNED)]
] = 300e3
SETTLED_M: Final[
    Annotated[float, Chosen("m", "the impact is settled once its 95 % ellipse is smaller", WARNED)]
] = 100e3
QUIET_NS: Final[
    Annotated[int, Chosen("ns", "between the burns of two stages a missile coasts for less", WARNED)]
] = 8_000_000_000
THREATENED: Final[
    Annotated[
        float,
        Chosen(
            "1",
            "threatened is who lies within so many times the 95 % ellipse",
            "chi-square, 2 degrees of freedom: the 99 % ellipse",
        ),
    ]
] = 1.24
LANDED_NS: Final[
    Annotated[int, Chosen("ns", "so long after the predicted impact a missile has come down", WARNED)]
] = 3_000_000_000
_SECOND_NS = 1_000_000_000


@dataclass(frozen=True, slots=True)
class FlightRow:
    """What is known of one track that may be a missile, and how far it is warned of."""

    watch: Watch
    """Never changed: the next state makes another."""
    tracked: bool = True
    """Whether the picture still holds its track."""
    strayed_from: int = 0
    """The track that what this one began with had been held to be."""
    warning_number: int = 0
    """0 while it is not taken for a missile."""
    opened_ns: int = 0
    """When it was taken for one."""
    revision: int = 0
    revised_ns: int = 0
    ended: warning_pb2.WarningStatus = STANDING
    """CANCEL or ALL_CLEAR once it is over, whoever is under it."""
    reason: str = ""
    picture_digest: str = ""
    """Of the picture, folded up to the report that made this revision."""
    flight: picture_pb2.Flight | None = None
    """What is shown of it; None while it is no missile."""
    digest: int = 0

    @property
    def number(self) -> int:
        """Of its track."""
        return self.watch.number

    @property
    def missile(self) -> bool:
        """Whether it was ever to be warned of."""
        return self.warning_number != 0

    @property
    def open(self) -> bool:
        """Whether it still flies, as far as is known."""
        return self.missile and self.ended == STANDING

    @property
    def warning_id(self) -> str:
        """Stable over the life of one missile."""
        return f"M{self.warning_number}"

    @property
    def ends_ns(self) -> int:
        """When it has come down, to two sigmas: a whole second."""
        area = self.watch.area
        slack_ns = max(LANDED_NS, round(2e9 * area.time_sigma_s)) if area is not None else LANDED_NS
        return -(-(self.watch.impact_ns + slack_ns + 1) // _SECOND_NS) * _SECOND_NS

    @property
    def failed(self) -> bool:
        """Whether it surely comes down close to its launch."""
        watch = self.watch
        return (
            watch.known
            and watch.impact is not None
            and watch.path.last.time_ns - watch.path.quiet_since_ns
            >= (0 if watch.path.came_off else QUIET_NS)
            and watch.range_m < SHORT_M
            and watch.apogee_m < SHORT_APOGEE_M
            and watch.impact.ellipse_95_m[0] < SETTLED_M
        )

    def revised(self, time_ns: int) -> FlightRow:
        """The next revision."""
        row = replace(self, revision=self.revision + 1, revised_ns=time_ns)
        return row.shown()

    def over(self, status: warning_pb2.WarningStatus, reason: str, time_ns: int) -> FlightRow:
        """The last revision."""
        return replace(self, ended=status, reason=reason).revised(time_ns)

    def passed(self, time_ns: int) -> FlightRow:
        """As it is when it has come down by ``time_ns``."""
        if not self.open or time_ns < self.ends_ns:
            return self
        reason = "the time of impact has passed"
        if not self.watch.known:
            reason = "lost, and whatever it did it has come down"
        return self.over(ALL_CLEAR, reason, self.ends_ns)

    def shown(self) -> FlightRow:
        """With what a reader sees of it, and the digest of that."""
        flight = self.watch.flight()
        if self.ended == ALL_CLEAR:
            flight.phase = ENDED
        about = (self.warning_id, self.revision, self.revised_ns, self.ended, self.reason, *self.nodes)
        content = flight.SerializeToString(deterministic=True) + repr(about).encode()
        digest = hashlib.blake2b(content, digest_size=16, person=b"triwatch flight").digest()
        return replace(self, flight=flight, digest=int.from_bytes(digest, "big") or 1, picture_digest="")

    @property
    def nodes(self) -> list[str]:
        """Every node that ever contributed."""
        return sorted(self.watch.contributors)

    def warning(self, nations: Nations) -> warning_pb2.MissileWarning:
        """What this revision says to the people of ``nations``: nothing else goes into it."""
        watch, area = self.watch, self.watch.area
        threatened: list[str] = []
        if area is not None:
            major, minor, bearing = area.ellipse_95_m
            threatened = nations.under(
                area.lat_deg, area.lon_deg, THREATENED * major, THREATENED * minor, bearing
            )
        status, reason = self.ended, self.reason
        if status == STANDING and self.failed and not threatened:
            status = CANCEL
            reason = f"failed early: comes down {watch.range_m / 1e3:.0f} km from its launch, on nobody"
        elif status == ALL_CLEAR and watch.known and watch.range_m < SHORT_M and not threatened:
            status, reason = CANCEL, "failed: came down close to its launch, on nobody"
        elif status == STANDING:
            status = ALERT if self.revised_ns == self.opened_ns else UPDATE
        return warning_pb2.MissileWarning(
            warning_id=self.warning_id,
            status=status,
            revision=self.revision,
            time_ns=self.revised_ns,
            flight=self.flight,
            threatened=threatened if status in (ALERT, UPDATE) else [],
            reason=reason,
            node_id=self.nodes,
            picture_digest=self.picture_digest,
        )
