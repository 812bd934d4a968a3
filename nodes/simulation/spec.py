"""What a scenario file says, as typed records. ``loader`` reads and checks; nothing here computes.

Keys carry their unit last. Every position and performance figure in a scenario is a representative
invention; none describes a real system.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

import numpy as np
from msgspec import Meta, Struct

from nodes.names import Name, Trigraph, in_order
from nodes.sensing.sensors import (
    Altitude,
    Bearing,
    Infrared,
    Latitude,
    Longitude,
    Multistatic,
    NotNegative,
    Period,
    Positive,
    Probability,
    Radar,
    Sensor,
    Sonar,
    Stations,
)

LONGEST_S = 86_400.0

BuoyCount = Annotated[int, Meta(ge=0, le=64)]
HalfExtent = Annotated[float, Meta(ge=0.1, le=100.0)]
Bias = Annotated[float, Meta(ge=-1e5, le=1e5)]
Decibel = Annotated[float, Meta(ge=-60.0, le=60.0)]
Turned = Annotated[float, Meta(ge=-100.0, le=100.0)]
Aside = Annotated[float, Meta(ge=-1e4, le=1e4)]
Track = tuple[tuple[float, Latitude, Longitude], ...]
"""Where a moving platform is: t_s, lat_deg, lon_deg."""

EnvironmentName = Literal["AIR", "SURFACE", "SUBSURFACE", "SPACE"]
Turns = Literal["airliner", "fighter", "ship", "submarine", "spacecraft"]
TRACKERS = ("ekf", "ukf", "imm", "filterpy-ekf", "filterpy-ukf", "filterpy-imm")
"""Our own national trackers: on compiled filters, or on the same ones of filterpy."""
IdentityName = Literal["PENDING", "UNKNOWN", "ASSUMED_FRIEND", "FRIEND", "NEUTRAL", "SUSPECT", "HOSTILE"]


class _Record(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    """A table of the file: unknown keys are refused."""


class RadarSpec(Radar, frozen=True, tag_field="kind", tag="radar"):
    """A radar and what only the world knows of it."""

    bias_range_m: Bias = 0.0
    bias_azimuth_mrad: Bias = 0.0
    bias_elevation_mrad: Bias = 0.0
    bias_course: tuple[tuple[float, Bias, Bias, Bias], ...] = ()
    """How these change: t_s, and what is added to range m, azimuth and elevation mrad; straight between."""
    track: Track = ()
    phase_s: NotNegative | None = None

    @property
    def declared(self) -> Radar:
        """What its owner knows."""
        return Radar(**{name: getattr(self, name) for name in Radar.__struct_fields__})


class InfraredSpec(Infrared, frozen=True, tag_field="kind", tag="infrared"):
    """An infrared sensor and what only the world knows of it."""

    bias_azimuth_mrad: Bias = 0.0
    bias_elevation_mrad: Bias = 0.0
    bias_course: tuple[tuple[float, Bias, Bias], ...] = ()
    """How these change: t_s, and what is added to azimuth and elevation mrad; straight between."""
    bias_roll_mrad: Turned = 0.0
    bias_pitch_mrad: Turned = 0.0
    """How far its line of sight is turned about north and east where it is; its yaw is its azimuth."""
    track: Track = ()
    phase_s: NotNegative | None = None

    @property
    def declared(self) -> Infrared:
        """What its owner knows."""
        return Infrared(**{name: getattr(self, name) for name in Infrared.__struct_fields__})


class SonarSpec(Sonar, frozen=True, tag_field="kind", tag="sonar"):
    """A sonar and what only the world knows of it."""

    bias_azimuth_mrad: Bias = 0.0
    bias_course: tuple[tuple[float, Bias], ...] = ()
    """How it changes: t_s, and what is added to azimuth mrad; straight between."""
    track: Track = ()
    phase_s: NotNegative | None = None

    @property
    def declared(self) -> Sonar:
        """What its owner knows."""
        return Sonar(**{name: getattr(self, name) for name in Sonar.__struct_fields__})


class MultistaticSpec(Multistatic, frozen=True, tag_field="kind", tag="multistatic"):
    """A multistatic sonar and what only the world knows of it."""

    source: str = ""
    """Whose pings it hears echoes of, a source's id; its own where none is named."""
    bias_range_m: Bias = 0.0
    bias_azimuth_mrad: Bias = 0.0
    bias_course: tuple[tuple[float, Bias, Bias], ...] = ()
    """How these change: t_s, and what is added to an echo's way m and azimuth mrad; straight between."""
    track: Track = ()
    phase_s: NotNegative | None = None
    """When it pings first; of a named source, that says when."""

    @property
    def declared(self) -> Multistatic:
        """What its owner knows."""
        return Multistatic(**{name: getattr(self, name) for name in Multistatic.__struct_fields__})


SensorSpec = RadarSpec | InfraredSpec | SonarSpec | MultistaticSpec


class PingSource(_Record, frozen=True):
    """A ship, buoy or dipping sonar that pings, for whoever listens."""

    id: Name
    lat_deg: Latitude
    lon_deg: Longitude
    period_s: Period
    """From one ping to the next."""
    alt_m: Altitude = 0.0
    phase_s: NotNegative = 0.0
    """When the first is."""
    track: Track = ()
    stations: Stations = ()
    """When and where it is in the water; none: always."""
    silent_s: tuple[tuple[NotNegative, Positive], ...] = ()
    """From when until when it does not ping."""


class ReleaseRule(_Record, frozen=True):
    """Which of a node's tracks go to other nations than the rest."""

    environments: Annotated[tuple[EnvironmentName, ...], Meta(min_length=1)]
    releasable_to: tuple[Trigraph, ...] | None = None
    """Nations that may have these tracks; None: every member."""


class Accession(_Record, frozen=True):
    """A nation that is a member for a part of the exercise only."""

    nation: Trigraph
    joins_s: Positive
    leaves_s: Positive | None = None


class SearchArea(_Record, frozen=True):
    """An area that a node searches for a contact under water of which nobody has heard yet."""

    lat_deg: Latitude
    lon_deg: Longitude
    """Of its centre."""
    half_east_km: HalfExtent
    half_north_km: HalfExtent
    until_s: Positive
    from_s: NotNegative = 0.0
    prior: Probability = 0.5
    """How probable it is that a contact is in it at first."""


class BuoyField(_Record, frozen=True):
    """Buoys that a node's aircraft drops, all alike: each becomes sensors of the node."""

    pattern: Literal["grid", "line", "circle", "placed"]
    lat_deg: Latitude
    lon_deg: Longitude
    """Of its centre."""
    life_s: Positive
    """How long each buoy works once it is in the water."""
    sensors: Annotated[tuple[dict[str, Any], ...], Meta(min_length=1)]
    """What each buoy carries: sensors' tables without a place."""
    rows: BuoyCount = 0
    columns: BuoyCount = 0
    """Of a grid."""
    count: BuoyCount = 0
    """Of a line or a circle."""
    spacing_km: NotNegative = 0.0
    """From one buoy of a line or a grid to the next."""
    radius_km: NotNegative = 0.0
    """Of a circle; of the field where the buoys' places are given."""
    bearing_deg: Bearing = 0.0
    """Of a line, of a grid's columns, and of a circle's first buoy from the centre."""
    places: tuple[tuple[Latitude, Longitude], ...] = ()
    """Of each buoy, where they are given."""
    drop_s: NotNegative = 0.0
    """When the first is dropped."""
    every_s: NotNegative = 0.0
    """From one drop to the next."""


class PlatformSpec(_Record, frozen=True):
    """What only the world knows of a platform: sensors with its number, from 1 on, are off by it alike."""

    bias_heading_mrad: Turned = 0.0
    bias_east_m: Aside = 0.0
    bias_north_m: Aside = 0.0
    """Where it takes itself to be, less where it is."""
    bias_course: tuple[tuple[float, Turned, Aside, Aside], ...] = ()
    """How these change: t_s, and what is added to heading mrad, east and north m; straight between."""

    def off(self, t_s: float) -> tuple[float, float, float]:
        """Heading rad, east and north m at a true time."""
        added = [0.0, 0.0, 0.0]
        if self.bias_course:
            times_s, *columns = zip(*self.bias_course, strict=True)
            added = [float(np.interp(t_s, times_s, column)) for column in columns]
        heading_mrad = self.bias_heading_mrad + added[0]
        return 1e-3 * heading_mrad, self.bias_east_m + added[1], self.bias_north_m + added[2]


class Node(_Record, frozen=True):
    """One national sensor node: one process."""

    id: Name
    nation: Trigraph
    sensors: tuple[SensorSpec, ...] = ()
    """At least one, or a field of buoys."""
    platforms: tuple[PlatformSpec, ...] = ()
    report_period_s: Period = 1.0
    releasable_to: tuple[Trigraph, ...] | None = None
    """Nations that may have its reports; None: every member."""
    releases: tuple[ReleaseRule, ...] = ()
    """Exceptions to that, the first that fits a track."""
    joins_s: NotNegative = 0.0
    leaves_s: Positive | None = None
    silent_s: tuple[tuple[NotNegative, Positive], ...] = ()
    """From when until when it neither looks nor says anything."""
    delay_s: Annotated[float, Meta(ge=0.0, le=600.0)] = 0.0
    """How much later than it is made all that it says arrives."""
    bias_clock_s: Annotated[float, Meta(ge=-60.0, le=60.0)] = 0.0
    """By how much its clock is fast, which nobody but the world knows."""
    clock_course: tuple[tuple[float, Annotated[float, Meta(ge=-60.0, le=60.0)]], ...] = ()
    """How that changes: t_s, and what is added, s; straight between."""
    declares_sensors: bool = True
    """Whether its reports say where its sensors stand: from that the coalition tells what they are off."""
    declares_sensors_to: tuple[Trigraph, ...] | None = None
    """Nations that may know of it what its sensors are off: it declares them in streams that go to no other;
    None: in all."""
    tells_looks: bool = False
    """Whether its reports say where its sonars listened and heard nothing: for the search map."""
    areas: tuple[SearchArea, ...] = ()
    """What it searches."""
    fields: tuple[BuoyField, ...] = ()
    """What its aircraft drops; none in a checked scenario, whose buoys are among the sensors."""
    tells_lines: bool = False
    """Whether what only sonars hear is told by lines of bearing, not by its tracker's guess of the range."""
    tracker: str = "ekf"
    """Its filters, one of `TRACKERS`; or a tracker of somebody's own, as ``package.module:factory``."""

    def clock_off_s(self, t_s: float) -> float:
        """By how much its clock is fast at a true time."""
        if not self.clock_course:
            return self.bias_clock_s
        times_s, added_s = zip(*self.clock_course, strict=True)
        return self.bias_clock_s + float(np.interp(t_s, times_s, added_s))

    def platform(self, number: int) -> PlatformSpec:
        """What a platform is off by, from 1 on; of number 0, and of one of which nothing is said, nothing."""
        return self.platforms[number - 1] if 0 < number <= len(self.platforms) else PlatformSpec()

    def silent(self, t_s: float) -> bool:
        """Whether it is silent at that time of its clock."""
        return any(start <= t_s < end for start, end in self.silent_s)

    @property
    def declared(self) -> tuple[Sensor, ...]:
        """Its sensors as their owner knows them."""
        return tuple(sensor.declared for sensor in self.sensors)


class Ballistic(_Record, frozen=True, tag_field="kind", tag="ballistic"):
    """A missile on a powered ascent, free flight and re-entry."""

    id: Name
    launch_s: float
    launch_lat_deg: Latitude
    launch_lon_deg: Longitude
    azimuth_deg: Bearing
    """Of the impact point, seen from the launch point."""
    apogee_km: Positive
    range_km: Positive
    burn_s: Positive | None = None
    identity: IdentityName = "HOSTILE"
    separates_s: Positive | None = None
    vehicles: Annotated[int, Meta(ge=0, le=64)] = 0
    decoys: Annotated[int, Meta(ge=0, le=64)] = 0
    separation_mps: Positive = 10.0
    fails_s: Positive | None = None
    fragments: Annotated[int, Meta(ge=0, le=64)] = 0
    pull_up_g: NotNegative = 0.0
    ballistic_kgpm2: Annotated[float, Meta(ge=100.0, le=100_000.0)] = 6_000.0
    """Mass over drag coefficient times area of each reentry vehicle."""


class Waypoints(_Record, frozen=True, tag_field="kind", tag="waypoints"):
    """A platform that goes from point to point."""

    id: Name
    environment: EnvironmentName
    waypoints: Annotated[tuple[tuple[float, Latitude, Longitude, Altitude], ...], Meta(min_length=2)]
    turns_as: Turns | None = None
    """How sharply it can turn; None: as what is usual in its environment."""
    identity: IdentityName = "UNKNOWN"
    call_sign: Annotated[str, Meta(max_length=64)] = ""
    noise_db: Decibel = 0.0
    """How much louder it is under water than the contacts that sonars' range curves are declared for."""
    noise_course: tuple[tuple[float, Decibel], ...] = ()
    """How that changes, as when a submarine snorkels: t_s, and what is added; straight between."""
    echo_db: Decibel = 0.0
    """How much stronger its echo is than those that range curves are declared for."""

    def noise_at(self, t_s: float) -> float:
        """How loud it is at a time, dB."""
        if not self.noise_course:
            return self.noise_db
        times_s, added_db = zip(*self.noise_course, strict=True)
        return self.noise_db + float(np.interp(t_s, times_s, added_db))


class Synthetic(_Record, frozen=True):
    """Seeded invented traffic of a recording's density, in a disc, from ``start_s`` on."""

    count: Annotated[int, Meta(ge=1, le=10_000)]
    lat_deg: Latitude
    lon_deg: Longitude
    radius_km: Positive
    duration_s: Positive


class Recorded(_Record, frozen=True, tag_field="kind", tag="recorded"):
    """Real traffic from a file of positions: every object_id in it is one object."""

    id: Name
    file: Annotated[str, Meta(min_length=1)]
    environment: EnvironmentName
    start_s: float = 0.0
    identity: IdentityName = "NEUTRAL"
    synthetic: Synthetic | None = None
    """What stands in for the file where it is absent; None: a missing file is an error."""


ObjectSpec = Ballistic | Waypoints | Recorded


class Header(_Record, frozen=True):
    """The file's [scenario] table."""

    name: Name
    start: Annotated[datetime, Meta(tz=True)]
    duration_s: Annotated[float, Meta(gt=0.0, le=LONGEST_S)]
    seed: Annotated[int, Meta(ge=0, le=2**63 - 1)] = 0
    description: str = ""


class ScenarioFile(_Record, frozen=True):
    """The whole file."""

    scenario: Header
    nodes: Annotated[tuple[Node, ...], Meta(min_length=1)]
    objects: tuple[ObjectSpec, ...] = ()
    accessions: tuple[Accession, ...] = ()
    sources: tuple[PingSource, ...] = ()


class Scenario(Struct, frozen=True, kw_only=True):
    """A checked scenario, ready to run."""

    name: str
    start_ns: int
    """UTC ns of t_s = 0."""
    duration_s: float
    seed: int
    description: str
    nodes: tuple[Node, ...]
    objects: tuple[ObjectSpec, ...]
    file: str
    """The path it was read from; relative recorded files are sought beside it first."""
    accessions: tuple[Accession, ...] = ()
    sources: tuple[PingSource, ...] = ()

    @property
    def members(self) -> tuple[str, ...]:
        """Every nation that owns a node or may have a report: USA first, then alphabetical."""
        named = {n.nation for n in self.nodes}
        for node in self.nodes:
            for nations in (node.releasable_to, *(rule.releasable_to for rule in node.releases)):
                named.update(nations or ())
        return in_order(named)

    def node(self, node_id: str) -> Node:
        """The node of that id; KeyError where there is none."""
        for node in self.nodes:
            if node.id == node_id:
                return node
        raise KeyError(node_id)

    def source(self, source_id: str) -> PingSource:
        """The source of that id; KeyError where there is none."""
        return {source.id: source for source in self.sources}[source_id]

    def life_s(self, node: Node, from_s: float = 0.0) -> tuple[float, float]:
        """From when until when ``node`` is there, if it takes up no earlier than ``from_s``."""
        return max(node.joins_s, from_s), min(node.leaves_s or self.duration_s, self.duration_s)

    def time_ns(self, t_s: float) -> int:
        """Scenario seconds to UTC ns."""
        return self.start_ns + round(t_s * 1e9)
