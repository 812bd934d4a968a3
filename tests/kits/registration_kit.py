"""A scene of straight targets under sensors with known biases: what their nodes would tell, and the bound.

Measurements are made by the geodesy's own functions, and what a bias does to a state is taken by differences:
nothing is shared with the estimator but what a bias means.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, fields, replace

import numpy as np
from scipy.spatial.transform import Rotation

from fusion.arrays import Float, Ints
from fusion.contract import RADAR
from fusion.physics.geodesy import aer2ecef, ecef2aer, enu_axes, geodetic2ecef
from fusion.registration.bias import moved
from fusion.registration.elimination import Layout, Parts
from fusion.registration.estimate import Registration, SensorName, next_window, nothing_known, with_sensor
from fusion.registration.kinds import (
    AZIMUTH,
    BIASES,
    CLOCK,
    EAST,
    ELEVATION,
    HEADING,
    NORTH,
    PITCH,
    RANGE,
    ROLL,
)
from fusion.registration.window import gather, window_of
from fusion.table.records import PART

START_NS = 1_719_446_400_000_000_000
SITES = ((33.3, 126.9, 9_000.0), (31.8, 127.4, 9_000.0), (32.3, 125.3, 9_000.0))
"""Of the scenario `misaligned`: latitude, longitude deg, height m."""
SIGMA = np.array([30.0, 1e-3, 1e-3])
STEP = np.array([10.0, 1e-5, 1e-5, 1.0, 1e-5, 10.0, 10.0, 1e-5, 1e-5])
_LOWER = np.tril_indices(6)


BLIND_M = 1e9
"""Sigma of a range that is not measured."""


@dataclass(frozen=True)
class Site:
    """A sensor and what it is off by; ``bias`` (9,) in the order of `fusion.registration.kinds`."""

    node_id: str
    lat_deg: float
    lon_deg: float
    alt_m: float
    bias: Float = field(default_factory=lambda: np.zeros(BIASES))
    kind: int = RADAR
    may: tuple[tuple[int, float], ...] = ()
    """What is declared of it beside the first four, each with its sigma."""
    number: int = 0
    """In its node."""
    platform: int = 0

    @property
    def name(self) -> SensorName:
        """As the fold calls it."""
        return SensorName(self.node_id, self.number, self.kind, self.platform, self.may)

    @property
    def sigma(self) -> Float:
        """(3,) of what it measures."""
        return SIGMA if self.kind == RADAR else np.array([BLIND_M, *SIGMA[1:]])

    @property
    def place(self) -> Float:
        """(3,) ECEF m where it takes itself to be."""
        off = self.believed(self.bias)
        return geodetic2ecef(off.lat_deg, off.lon_deg, off.alt_m)

    def believed(self, bias: Float) -> Site:
        """Where it takes itself to be, and levels itself."""
        step = 1e-4
        north_m, east_m = (
            float(np.linalg.norm(geodetic2ecef(*a, self.alt_m) - geodetic2ecef(*b, self.alt_m))) / (2 * step)
            for a, b in (
                ((self.lat_deg + step, self.lon_deg), (self.lat_deg - step, self.lon_deg)),
                ((self.lat_deg, self.lon_deg + step), (self.lat_deg, self.lon_deg - step)),
            )
        )
        lat, lon = self.lat_deg + bias[NORTH] / north_m, self.lon_deg + bias[EAST] / east_m
        return replace(self, lat_deg=lat, lon_deg=lon, bias=np.zeros(BIASES))

    def measured(self, position: Float) -> Float:
        """(n, 3) range, azimuth, elevation of positions (n, 3), without error."""
        azimuth, elevation, slant = ecef2aer(position, self.lat_deg, self.lon_deg, self.alt_m)
        return np.stack([slant, np.radians(azimuth), np.radians(elevation)], axis=-1)

    def told(self, position: Float, bias: Float) -> Float:
        """(n, 3) the same with a constant error: what its owner reads."""
        found = self.measured(position)
        away = np.cos(found[..., 2])
        seen = np.stack(
            [np.sin(found[..., 1]) * away, np.cos(found[..., 1]) * away, np.sin(found[..., 2])], -1
        )
        seen = Rotation.from_rotvec([bias[PITCH], bias[ROLL], 0.0]).apply(seen)
        azimuth = np.arctan2(seen[..., 0], seen[..., 1]) + bias[AZIMUTH] + bias[HEADING]
        elevation = np.arctan2(seen[..., 2], np.hypot(seen[..., 0], seen[..., 1])) + bias[ELEVATION]
        return np.stack([found[..., 0] + bias[RANGE], azimuth, elevation], axis=-1)

    def place_of(self, measured: Float) -> Float:
        """(n, 3) ECEF m where measurements (n, 3) are of."""
        return np.asarray(
            aer2ecef(
                np.degrees(measured[..., 1]),
                np.degrees(measured[..., 2]),
                measured[..., 0],
                self.lat_deg,
                self.lon_deg,
                self.alt_m,
            )
        )

    def taken_for(self, position: Float, bias: Float) -> Float:
        """(n, 3) where it takes targets at positions (n, 3) to be."""
        return self.believed(bias).place_of(self.told(position, bias))

    def slope(self, position: Float) -> Float:
        """(n, 3, 3) derivative of what is measured by positions (n, 3), by differences."""
        steps = 10.0 * np.eye(3)
        columns = [(self.measured(position + step) - self.measured(position - step)) / 20.0 for step in steps]
        return np.stack(columns, axis=-1)

    def shift(self, position: Float, velocity: Float, kinds: Iterable[int] = range(BIASES)) -> Float:
        """(n, 3, k) by how much one unit of each of some kinds of bias moves a position, by differences."""
        columns = []
        for bias in kinds:
            step = np.zeros(BIASES)
            step[bias] = STEP[bias]
            ahead, behind = self.taken_for(position, step), self.taken_for(position, -step)
            columns.append(-velocity if bias == CLOCK else (ahead - behind) / (2.0 * STEP[bias]))
        return np.stack(columns, axis=-1)


@dataclass(frozen=True)
class Looks:
    """Every detection of a scene, in the order of the time it is dated; n rows."""

    time_s: Float
    """As the node's clock dates it."""
    sensor: Ints
    target: Ints
    state: Float
    """(n, 6) what the node takes the target for: about it the detection is linearised."""
    information: Float
    """(n, 21)."""
    vector: Float
    """(n, 6)."""
    truth: Float
    """(n, 6) the target's state when it was seen."""


def sites(*biases: Float) -> list[Site]:
    """The radars of `misaligned` with these biases, of which those left out are 0."""
    return [
        Site(f"N{k}", *SITES[k], bias=np.pad(bias, (0, BIASES - len(bias)))) for k, bias in enumerate(biases)
    ]


def ship(bias: Float) -> list[Site]:
    """Two radars of one ship that is off by ``bias`` (9,), the second by 60 m and 1 mrad of its own, too."""
    may = ((HEADING, 5e-3), (EAST, 200.0), (NORTH, 200.0))
    first = Site("DDG", *SITES[2], bias=bias, may=may, platform=1)
    own = np.zeros(BIASES)
    own[[RANGE, AZIMUTH]] = 60.0, 1e-3
    return [first, replace(first, number=1, bias=bias + own)]


def targets(rng: np.random.Generator, count: int) -> tuple[Float, Float]:
    """Positions and velocities (n, 3) of aircraft between the radars, straight and level."""
    away, bearing = 230e3 * np.sqrt(rng.random(count)), 2.0 * np.pi * rng.random(count)
    lat = 32.5 + away * np.cos(bearing) / 111e3
    lon = 126.5 + away * np.sin(bearing) / 94e3
    position = geodetic2ecef(lat, lon, rng.uniform(8e3, 12e3, count))
    axes, heading = enu_axes(lat, lon), 2.0 * np.pi * rng.random(count)
    course = np.stack([np.sin(heading), np.cos(heading), np.zeros(count)], axis=1)
    return position, np.einsum("nij,ni->nj", axes, course) * rng.uniform(150.0, 280.0, count)[:, None]


def looks(
    rng: np.random.Generator, radars: list[Site], count: int, until_s: float, pd: float = 0.92
) -> Looks:
    """What the radars see of ``count`` straight targets, each every 4 s."""
    start, speed = targets(rng, count)
    rows = []
    for s in range(len(radars)):
        made = np.add.outer(rng.uniform(0.0, 4.0, count), np.arange(0.0, until_s, 4.0))
        made = np.where(rng.random(made.shape) < pd, made, np.inf)
        target, scan = np.nonzero(made < until_s)
        t = made[target, scan]
        position = start[target] + t[:, None] * speed[target]
        rows.append((t, np.full(len(t), s), target, position))
    time_s, sensor, target, position = (np.concatenate(column) for column in zip(*rows, strict=True))
    truth = np.concatenate([position, speed[target]], axis=1)
    dated, state = time_s.copy(), truth.copy()
    information, vector = np.zeros((len(dated), 21)), np.zeros((len(dated), 6))
    for s, radar in enumerate(radars):
        mine = np.flatnonzero(sensor == s)
        dated[mine] += radar.bias[CLOCK]
        own = radar.believed(radar.bias)
        seen = radar.told(position[mine], radar.bias) + radar.sigma * rng.standard_normal((len(mine), 3))
        # what a node's filter would say: where it saw it, a little smoothed, and a speed
        state[mine, :3] = radar.taken_for(position[mine], radar.bias)
        state[mine] += rng.standard_normal((len(mine), 6)) * np.array([60.0, 60.0, 60.0, 2.0, 2.0, 2.0])
        slope = own.slope(state[mine, :3])
        weighed = slope.transpose(0, 2, 1) / radar.sigma**2
        residual = seen - own.measured(state[mine, :3])
        residual[:, 1] = (residual[:, 1] + np.pi) % (2.0 * np.pi) - np.pi
        full = np.zeros((len(mine), 6, 6))
        full[:, :3, :3] = weighed @ slope
        information[mine] = full[:, _LOWER[0], _LOWER[1]]
        vector[mine, :3] = np.einsum("nij,nj->ni", weighed, residual)
    order = np.argsort(dated, kind="stable")
    return Looks(
        dated[order],
        sensor[order].astype(np.int64),
        target[order].astype(np.int64),
        state[order],
        information[order],
        vector[order],
        truth[order],
    )


def spliced(first: Looks, second: Looks, at_s: float) -> Looks:
    """``first`` until ``at_s``, then ``second``: of the same seed, so of the same targets."""
    early, late = first.time_s < at_s, second.time_s >= at_s
    names = [one.name for one in fields(Looks)]
    return Looks(*(np.concatenate([getattr(first, n)[early], getattr(second, n)[late]]) for n in names))


def estimated(radars: list[Site], seen: Looks, shift_m: dict[int, Float] | None = None) -> list[Registration]:
    """The estimate after each window."""
    known = nothing_known()
    for radar in radars:
        known = with_sensor(known, radar.name)
    count = int(seen.target.max()) + 1
    parts = np.zeros((count, len(radars)), PART)
    times_ns = START_NS + np.round(seen.time_s * 1e9).astype(np.int64)
    windows = np.array([window_of(time_ns) for time_ns in times_ns])
    history: list[Registration] = []
    columns, corrected, scratch = np.empty((6, BIASES)), np.empty(6), np.empty((2, 6))
    places = [radar.place for radar in radars]
    for window in np.unique(windows):
        known = next_window(known, parts_of(parts, known.window), int(window))
        history.append(known)
        for row in np.flatnonzero(windows == window):
            s, k = int(seen.sensor[row]), int(seen.target[row])
            has, used = known.layout.at[s], known.used[s]
            moved(radars[s].kind, has, places[s], seen.state[row], used, corrected, columns)
            gather(
                parts[k, s],
                s,
                times_ns[row],
                places[s],
                corrected,
                np.zeros(3),
                seen.information[row],
                seen.vector[row],
                scratch,
            )
    history.append(next_window(known, parts_of(parts, known.window), known.window + 1))
    return history[1:]


def parts_of(parts: np.ndarray, window: int) -> Parts:
    """Those of one window, target after target."""
    first, rows = [0], []
    for target in parts:
        mine = [part for part in target if part["window"] == window]
        rows += mine
        first.append(len(rows))
    n = len(rows)

    def column(name: str, *shape: int) -> Float:
        return np.array([row[name] for row in rows]).reshape(n, *shape) if n else np.zeros((0, *shape))

    return Parts(
        np.array(first),
        column("window_sensor").astype(np.int64),
        column("window_information", 21),
        column("window_vector", 6),
        column("window_state", 6),
        column("window_place", 3),
    )


def bound(radars: list[Site], seen: Looks, layout: Layout) -> Float:
    """(m, m) the Cramér-Rao bound of all biases, the targets' straight paths unknown, with the prior that
    ``layout`` has of each."""
    m = len(layout.of)
    j = np.zeros((m, m))
    for target in range(int(seen.target.max()) + 1):
        a, g, c = np.diag([1e-12] * 3 + [1e-8] * 3), np.zeros((6, m)), np.zeros((m, m))
        for s, radar in enumerate(radars):
            mine = np.flatnonzero((seen.target == target) & (seen.sensor == s))
            if not len(mine):
                continue
            t, x = seen.time_s[mine] - radar.bias[CLOCK], seen.truth[mine]
            slope = radar.slope(x[:, :3])
            y = slope.transpose(0, 2, 1) / radar.sigma**2 @ slope
            has = np.flatnonzero(layout.at[s] >= 0)
            at = layout.at[s, has]
            b = radar.shift(x[:, :3], x[:, 3:], has)
            f = np.concatenate([np.tile(np.eye(3), (len(t), 1, 1)), t[:, None, None] * np.eye(3)], axis=2)
            a += np.einsum("nji,njk,nkl->il", f, y, f)
            g[:, at] += np.einsum("nji,njk,nkl->il", f, y, b)
            c[np.ix_(at, at)] += np.einsum("nji,njk,nkl->il", b, y, b)
        j += c - g.T @ np.linalg.inv(a) @ g
    return np.asarray(np.linalg.inv(j + np.diag(1.0 / layout.sigma**2)))
