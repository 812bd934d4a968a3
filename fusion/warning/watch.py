"""What is known of one track that may be a missile: its flight, launch and fall."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Annotated, Final

import numpy as np

from fusion.arrays import Float
from fusion.constants import WARNED, Chosen
from fusion.dense import dot, norm, spread_along
from fusion.elementary import atan2_fixed, degrees
from fusion.physics.ground import axes_at, ground_range_m, place_of
from fusion.warning.boost import predict_burning
from fusion.warning.classify import classify, is_depressed, is_lofted
from fusion.warning.impact import Crossing, predict_fall
from fusion.warning.launch import Anchor, Launch, estimate_launch
from fusion.warning.manoeuvre import widen
from fusion.warning.phase import BOOST, BURNING_DENSITY, Flightpath, Sample, height_and_climb
from triwatch.v1 import picture_pb2

CLIMB_MPS: Final[
    Annotated[float, Chosen("m/s", "no aircraft keeps up a climb like this; every missile soon does", WARNED)]
] = 100.0
RISEN_M: Final[
    Annotated[float, Chosen("m", "what falls freely from above this height is no aircraft", WARNED)]
] = 40e3
SUSTAINED_NS: Final[
    Annotated[
        int,
        Chosen("ns", "for so long a track has to move like a rising missile before it is warned of", WARNED),
    ]
] = 2_000_000_000
FALLING_NS: Final[Annotated[int, Chosen("ns", "the same for a falling one", WARNED)]] = 5_000_000_000
LAUNCH_WINDOW_NS: Final[
    Annotated[
        int,
        Chosen(
            "ns", "a later state says nothing of the launch that an earlier one has not said better", WARNED
        ),
    ]
] = 90_000_000_000
ANCHOR_NS: Final[
    Annotated[
        int,
        Chosen(
            "ns", "so far apart, the states of a burning missile's track have little error in common", WARNED
        ),
    ]
] = 12_000_000_000
ORBITAL_MPS: Final[
    Annotated[
        float,
        Chosen(
            "m/s",
            "below this Earth-fixed speed nothing stays up",
            "the slowest low orbit, 7.4 km/s, less the turning Earth and a margin",
        ),
    ]
] = 6_500.0
MOST_SIGMAS: Final[
    Annotated[
        float,
        Chosen("1", "an engine may push by so many standard deviations more than is taken of it", WARNED),
    ]
] = 1.0
LAUNCH_KNOWN_M: Final[
    Annotated[
        float,
        Chosen("m", "a launch point is told once its 95 % ellipse reaches no further than this", WARNED),
    ]
] = 50_000.0
_GROUND_S: Final[Annotated[float, Chosen("s", "step of the search for the ground", WARNED)]] = 10.0


@dataclass(slots=True)
class Watch:
    """One track's flight as far as it is known; estimates are those of its newest state."""

    number: int
    parent: int
    path: Flightpath = field(default_factory=Flightpath)
    contributors: frozenset[str] = frozenset()
    """Every node that ever contributed."""
    current: frozenset[str] = frozenset()
    first_ns: int = 0
    rising_since_ns: int = 0
    falling_since_ns: int = 0
    anchors: tuple[Sample, ...] = ()
    launch: Launch | None = None
    launch_ns: int = 0
    impact: Crossing | None = None
    """Where it would come down if it fell freely from now on; told as such only once that is established."""
    reach: Crossing | None = None
    """Until then: where it may come down."""
    comes_down: bool = False
    """Whether the newest state, falling, is surely no orbit."""
    impact_ns: int = 0
    apogee_m: float = 0.0
    class_probability: list[float] = field(default_factory=lambda: [0.25, 0.25, 0.25, 0.25])

    def copy(self) -> Watch:
        """Another like it, to be extended."""
        return replace(self, path=replace(self.path))

    def extend(self, sample: Sample, contributors: Sequence[str]) -> None:
        """Take in the track's newest state."""
        self.first_ns = self.first_ns or sample.time_ns
        self.current = frozenset(contributors)
        self.contributors |= self.current
        self.path.extend(sample)
        self._predict(sample)
        self._back_to_launch(sample)
        self._judge(sample)

    @property
    def burning(self) -> bool:
        """Whether its engine is taken to burn."""
        return self.path.phase == BOOST

    @property
    def driven(self) -> bool:
        """Whether more than one moment has shown that an engine drives it."""
        since_ns = self.path.pushed_since_ns
        return self.burning and since_ns != 0 and self.path.last.time_ns - since_ns >= SUSTAINED_NS

    @property
    def known(self) -> bool:
        """Whether its impact can be told."""
        return self.path.established and self.impact is not None

    @property
    def area(self) -> Crossing | None:
        """Where it comes down, as far as that is known."""
        return self.impact if self.known else self.reach

    @property
    def rises(self) -> bool:
        """Whether it has behaved like a missile on its way up for long enough."""
        return bool(self.rising_since_ns) and self.path.last.time_ns - self.rising_since_ns >= SUSTAINED_NS

    @property
    def falls(self) -> bool:
        """Whether it has fallen freely from on high for long enough."""
        return bool(self.falling_since_ns) and self.path.last.time_ns - self.falling_since_ns >= FALLING_NS

    @property
    def range_m(self) -> float:
        """From the launch point to the impact point; infinite where either is unknown."""
        if self.launch is None or self.impact is None:
            return math.inf
        a, b = self.launch.point, self.impact
        return ground_range_m(a.lat_deg, a.lon_deg, b.lat_deg, b.lon_deg)

    def carry_on(self, was: Watch, falls_on: bool) -> None:
        """Take over what was known of a missile from another track; ``falls_on``: this one's newest state is
        where that one's last would have fallen to."""
        if was.launch is not None and (self.launch is None or was.launch.area_m2 < self.launch.area_m2):
            self.launch, self.launch_ns = was.launch, was.launch_ns
        self.contributors |= was.contributors
        self.first_ns = min(self.first_ns, was.first_ns)
        self.apogee_m = max(self.apogee_m, was.apogee_m) if not was.burning else self.apogee_m
        self.path.came_off = was.path.came_off
        path, now = replace(was.path), self.path.last
        if falls_on and path.established and not self.path.established:
            path.extend(now)
            if path.established:
                self.path = path
                self._predict(now)

    def may_share_launch(self, kin: Watch) -> bool:
        """Whether this track came off ``kin``, which had burnt out before, and knows less of the launch.

        Twelve missiles that rise side by side are twelve launches.
        """
        parted_ns = kin.path.quiet_since_ns
        if self.burning or kin.launch is None or parted_ns == 0 or self.first_ns < parted_ns:
            return False
        if self.launch is None:
            return True
        mine, its = self.launch.point, kin.launch.point
        if self.launch.area_m2 <= kin.launch.area_m2:
            return False
        later_s = (self.launch_ns - kin.launch_ns) * 1e-9
        sigma2 = mine.time_sigma_s * mine.time_sigma_s + its.time_sigma_s * its.time_sigma_s
        if later_s * later_s > 9.0 * sigma2:
            return False
        apart_m = ground_range_m(mine.lat_deg, mine.lon_deg, its.lat_deg, its.lon_deg)
        return apart_m < mine.ellipse_95_m[0] + its.ellipse_95_m[0]

    def flight(self) -> picture_pb2.Flight:
        """The contract's form."""
        flight = picture_pb2.Flight(
            track=self.number,
            phase=self.path.phase,
            apogee_m=self.apogee_m,
            class_probability=self.class_probability,
            manoeuvring=self.path.manoeuvring,
        )
        if self.launch is not None and self.launch.point.ellipse_95_m[0] <= LAUNCH_KNOWN_M:
            flight.launch.CopyFrom(ground_point(self.launch.point, self.launch_ns))
        if self.area is not None:
            point = flight.impact if self.known else flight.reach
            point.CopyFrom(ground_point(self.area, self.impact_ns))
        self._place(flight)
        if self.known and math.isfinite(self.range_m):
            flight.lofted = is_lofted(self.apogee_m, self.range_m)
            flight.depressed = is_depressed(self.apogee_m, self.range_m)
        return flight

    def _place(self, flight: picture_pb2.Flight) -> None:
        state = self.path.last.state
        axes = axes_at(state[:3])
        flight.lat_deg, flight.lon_deg, flight.alt_m = place_of(state[:3])
        heading = atan2_fixed(dot(axes[0], state[3:]), dot(axes[1], state[3:]))
        flight.heading_deg = degrees(heading) % 360.0
        flight.speed_mps = norm(state[3:])

    def _predict(self, sample: Sample) -> None:
        height, climb = height_and_climb(sample.state)
        if not self.path.established:
            burnt_s = (sample.time_ns - (self.launch_ns or self.first_ns)) * 1e-9
            engine, most = self.path.engine_mps2(), self.path.engine_mps2(MOST_SIGMAS)
            burning = predict_burning(sample.state, sample.spread, engine, most, max(0.0, burnt_s))
            if burning is not None:
                self.reach = burning.reach
                self.class_probability = burning.class_probability
        if self.burning:
            if burning is None:
                return
            self.impact, apogee_m = burning.reach, burning.apogee_m
        else:
            fall = predict_fall(
                sample.state, sample.spread, self.path.ballistic_kgpm2, self.path.ballistic_log_sigma
            )
            self.comes_down = fall is not None and self._surely_comes_down(sample)
            if fall is None:
                return
            self.impact, apogee_m = fall.impact, fall.apogee_m
            if self.path.manoeuvring:
                self.impact = widen(fall.impact, sample.state)
            if self.path.established and height > 0.5 * RISEN_M and not self.path.manoeuvring:
                self.class_probability = classify(sample.state, sample.covariance)
        self.apogee_m = apogee_m if climb > 0.0 else max(self.apogee_m, apogee_m)
        if self.area is not None:
            self.impact_ns = sample.time_ns + round(self.area.after_s * 1e9)

    def _surely_comes_down(self, sample: Sample) -> bool:
        """Whether it is no orbit, even if it were faster by some of its standard deviations."""
        speed = norm(sample.state[3:])
        if speed < ORBITAL_MPS or self.falls:
            return True
        faster = np.array(sample.state)
        faster[3:] *= 1.0 + 3.0 * math.sqrt(_trace(sample.covariance[3:, 3:])) / speed
        return predict_fall(faster, sample.covariance, ballistic_log_sigma=0.0) is not None

    def _back_to_launch(self, sample: Sample) -> None:
        """Keep the best launch point of any one state, and the best launch time of several together.

        One early state says best where a missile rose; only the gain of speed between states says when.
        """
        seen_burning = self.launch is not None and self.launch.thrust_mps2 > 0.0
        if sample.time_ns - self.first_ns > LAUNCH_WINDOW_NS or (seen_burning and not self.burning):
            return
        # the burning engine is seen before its thrust can be measured
        rising = self.burning or height_and_climb(sample.state)[0] < RISEN_M
        found = estimate_launch([Anchor(0.0, sample.state, sample.covariance)], rising)
        if found is None:
            return
        if self.launch is None or (rising and not seen_burning) or found.area_m2 < self.launch.area_m2:
            sigma_s = self.launch.point.time_sigma_s if self.launch is not None else math.inf
            self.launch = found
            self._time_launch(found, sample.time_ns, math.inf if rising and not seen_burning else sigma_s)
        if self.burning:
            self._anchor(sample)

    def _anchor(self, sample: Sample) -> None:
        """Remember a state of the ascent now and then, and time the launch by all of them."""
        if self.anchors and sample.time_ns - self.anchors[-1].time_ns < ANCHOR_NS:
            return
        self.anchors = (*self.anchors, sample)
        first = self.anchors[0].time_ns
        states = [Anchor((a.time_ns - first) * 1e-9, a.state, a.covariance) for a in self.anchors]
        together = estimate_launch(states, True) if len(states) > 1 else None
        if together is not None and self.launch is not None:
            self._time_launch(together, first, self.launch.point.time_sigma_s)

    def _time_launch(self, found: Launch, time_ns: int, sigma_s: float) -> None:
        """Take the launch time from an estimate where it is better known than to ``sigma_s``."""
        if self.launch is None:
            return
        better = found.point.time_sigma_s < sigma_s
        if better:
            self.launch_ns = time_ns + round(found.point.after_s * 1e9)
            sigma_s = found.point.time_sigma_s
        self.launch = replace(self.launch, point=replace(self.launch.point, time_sigma_s=sigma_s))

    def _judge(self, sample: Sample) -> None:
        height, climb = height_and_climb(sample.state)
        up = sample.state[:3] / norm(sample.state[:3])
        height_sigma = math.sqrt(spread_along(sample.covariance[:3, :3], up))
        climb_sigma = math.sqrt(spread_along(sample.covariance[3:, 3:], up))
        speed = norm(sample.state[3:])
        speed_sigma = math.sqrt(_trace(sample.covariance[3:, 3:]))
        # where its trackers themselves hold it to burn, less has to be seen
        sure = 2.0 if sample.process_noise > BURNING_DENSITY else 3.0
        rises = climb - sure * climb_sigma > CLIMB_MPS or (
            self.path.boosted and self.burning and climb - 2.0 * climb_sigma > 0.0
        )
        falls = (
            not self.burning
            and height - 3.0 * height_sigma > RISEN_M
            and speed > 4.0 * speed_sigma
            and self.comes_down
            and self.impact is not None
            and self.impact.after_s > _GROUND_S
        )
        self.rising_since_ns = (self.rising_since_ns or sample.time_ns) if rises else 0
        self.falling_since_ns = (self.falling_since_ns or sample.time_ns) if falls else 0


def _trace(p: Float) -> float:
    return max(0.0, float(p[0, 0] + p[1, 1] + p[2, 2]))


def ground_point(point: Crossing, time_ns: int) -> picture_pb2.GroundPoint:
    """A crossing in the contract's form."""
    major, minor, bearing = point.ellipse_95_m
    return picture_pb2.GroundPoint(
        lat_deg=point.lat_deg,
        lon_deg=point.lon_deg,
        time_ns=max(0, time_ns),
        time_sigma_s=point.time_sigma_s,
        ellipse_95_major_m=major,
        ellipse_95_minor_m=minor,
        ellipse_orientation_deg=bearing,
    )
