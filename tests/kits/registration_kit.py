"""A scene of straight targets under sensors with known biases: what their nodes would tell, and the bound.

Measurements are made by the geodesy's own functions, and what a bias does to a state is taken by differences:
nothing is shared with the estimator but what a bias means.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields

import numpy as np

from fusion.arrays import Float, Ints
from fusion.contract import RADAR
from fusion.physics.geodesy import aer2ecef, ecef2aer, enu_axes, geodetic2ecef
from fusion.registration.bias import moved
from fusion.registration.elimination import Parts
from fusion.registration.estimate import Registration, SensorName, next_window, nothing_known, with_sensor
from fusion.registration.window import gather, window_of
from fusion.table.records import PART

START_NS = 1_719_446_400_000_000_000
SITES = ((33.3, 126.9, 9_000.0), (31.8, 127.4, 9_000.0), (32.3, 125.3, 9_000.0))
"""Of the scenario `misaligned`: latitude, longitude deg, height m."""
SIGMA = np.array([30.0, 1e-3, 1e-3])
_LOWER = np.tril_indices(6)


@dataclass(frozen=True)
class Site:
    """A radar and what it is off by; ``bias`` (4,) m, rad, rad, s."""

    node_id: str
    lat_deg: float
    lon_deg: float
    alt_m: float
    bias: Float = field(default_factory=lambda: np.zeros(4))

    @property
    def place(self) -> Float:
        """(3,) ECEF m."""
        return geodetic2ecef(self.lat_deg, self.lon_deg, self.alt_m)

    def measured(self, position: Float) -> Float:
        """(n, 3) range, azimuth, elevation of positions (n, 3), without error."""
        azimuth, elevation, slant = ecef2aer(position, self.lat_deg, self.lon_deg, self.alt_m)
        return np.stack([slant, np.radians(azimuth), np.radians(elevation)], axis=-1)

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

    def slope(self, position: Float) -> Float:
        """(n, 3, 3) derivative of what is measured by positions (n, 3), by differences."""
        steps = 10.0 * np.eye(3)
        columns = [(self.measured(position + step) - self.measured(position - step)) / 20.0 for step in steps]
        return np.stack(columns, axis=-1)

    def shift(self, position: Float, velocity: Float) -> Float:
        """(n, 3, 4) by how much one unit of each bias moves a position."""
        by_measured = np.linalg.inv(self.slope(position))
        return np.concatenate([by_measured, -velocity[..., None]], axis=-1)


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
    """The radars of `misaligned` with these biases."""
    return [Site(f"N{k}", *SITES[k], bias=bias.copy()) for k, bias in enumerate(biases)]


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
        dated[mine] += radar.bias[3]
        seen = radar.measured(position[mine]) + radar.bias[:3] + SIGMA * rng.standard_normal((len(mine), 3))
        # what a node's filter would say: where it saw it, a little smoothed, and a speed
        state[mine, :3] = radar.place_of(radar.measured(position[mine]) + radar.bias[:3])
        state[mine] += rng.standard_normal((len(mine), 6)) * np.array([60.0, 60.0, 60.0, 2.0, 2.0, 2.0])
        slope = radar.slope(state[mine, :3])
        weighed = slope.transpose(0, 2, 1) / SIGMA**2
        residual = seen - radar.measured(state[mine, :3])
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
        known = with_sensor(known, SensorName(radar.node_id, 0, RADAR))
    count = int(seen.target.max()) + 1
    parts = np.zeros((count, len(radars)), PART)
    times_ns = START_NS + np.round(seen.time_s * 1e9).astype(np.int64)
    windows = np.array([window_of(time_ns) for time_ns in times_ns])
    history: list[Registration] = []
    columns, corrected, scratch = np.empty((6, 4)), np.empty(6), np.empty((2, 6))
    places = [radar.place for radar in radars]
    for window in np.unique(windows):
        known = next_window(known, parts_of(parts, known.window), int(window))
        history.append(known)
        for row in np.flatnonzero(windows == window):
            s, k = int(seen.sensor[row]), int(seen.target[row])
            moved(RADAR, places[s], seen.state[row], known.used[s], corrected, columns)
            gather(
                parts[k, s],
                s,
                times_ns[row],
                places[s],
                corrected,
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


def bound(radars: list[Site], seen: Looks, sigma: Float) -> Float:
    """(4 S, 4 S) the Cramér-Rao bound of all biases, the targets' straight paths unknown; ``sigma`` (4,) are
    the standard deviations of the prior, 0 for none."""
    m = 4 * len(radars)
    j = np.zeros((m, m))
    for target in range(int(seen.target.max()) + 1):
        a, g, c = np.diag([1e-12] * 3 + [1e-8] * 3), np.zeros((6, m)), np.zeros((m, m))
        for s, radar in enumerate(radars):
            mine = np.flatnonzero((seen.target == target) & (seen.sensor == s))
            if not len(mine):
                continue
            t, x = seen.time_s[mine] - radar.bias[3], seen.truth[mine]
            slope = radar.slope(x[:, :3])
            y = slope.transpose(0, 2, 1) / SIGMA**2 @ slope
            b = radar.shift(x[:, :3], x[:, 3:])
            f = np.concatenate([np.tile(np.eye(3), (len(t), 1, 1)), t[:, None, None] * np.eye(3)], axis=2)
            at = slice(4 * s, 4 * s + 4)
            a += np.einsum("nji,njk,nkl->il", f, y, f)
            g[:, at] += np.einsum("nji,njk,nkl->il", f, y, b)
            c[at, at] += np.einsum("nji,njk,nkl->il", b, y, b)
        j += c - g.T @ np.linalg.inv(a) @ g
    if sigma.any():
        j += np.diag(np.tile(1.0 / sigma**2, len(radars)))
    return np.asarray(np.linalg.inv(j))
