"""The search map's problem solved by other means: an exact filter on cells of 200 m, and contacts that move.

The filter keeps 96 velocities, each on a grid that moves with it, so that to hold a course needs no
arithmetic at all; what is heard is evaluated where the cells then are. It shares no line with
`fusion.search`, takes the same contract (section 5 of proto/README.md) and the same tour of the contact.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from scipy.ndimage import map_coordinates, shift

from fusion.arrays import Float
from fusion.physics.geodesy import enu_axes, geodetic2ecef
from fusion.report.reported_looks import ReportedLooks

LAT_DEG, LON_DEG = 36.0, 131.0
CENTRE = geodetic2ecef(LAT_DEG, LON_DEG, 0.0)
AXES = enu_axes(LAT_DEG, LON_DEG)
NS = 1_000_000_000
FINE_M, FINE = 50.0, 4


@dataclass(frozen=True)
class Looks:
    """m receivers (m, 2) east, north m that listen at one moment, for a source's echo or for themselves."""

    receivers: Float
    source: Float | None
    probability: float = 0.6
    range_m: float = 2_200.0
    steepness: int = 4
    blind_m: float = 300.0

    def silent(self, x: Float) -> Float:
        """Probability that none hears a contact at places (..., 2)."""
        out = np.ones(x.shape[:-1])
        for receiver in self.receivers:
            r = np.hypot(*np.moveaxis(x - receiver, -1, 0))
            heard = np.ones(r.shape, bool)
            if self.source is not None:
                other = np.hypot(*np.moveaxis(x - self.source, -1, 0))
                heard = (r + other - np.hypot(*(receiver - self.source))) / 2.0 >= self.blind_m
                r = np.sqrt(r * other)
            out *= 1.0 - heard * self.probability / (1.0 + (r / self.range_m) ** self.steepness)
        return out

    def reported(self, time_ns: int) -> ReportedLooks:
        """As a report tells them."""
        m = len(self.receivers)
        source = np.zeros((m, 3)) if self.source is None else np.tile(ecef(self.source), (m, 1))
        return ReportedLooks(
            time_ns=np.full(m, time_ns),
            position=np.stack([ecef(one) for one in self.receivers]),
            source=source,
            probability=np.full(m, self.probability),
            range_m=np.full(m, self.range_m),
            steepness=np.full(m, self.steepness),
            blind_m=np.full(m, 0.0 if self.source is None else self.blind_m),
            sector_deg=np.zeros((m, 2)),
        )


def ecef(place: Float) -> Float:
    """A place (2,) east, north m, level at the centre."""
    return np.asarray(CENTRE + np.array([*place, 0.0]) @ AXES)


def field_of_buoys(spacing_m: float = 4_000.0) -> tuple[Float, tuple[Float, Float]]:
    """Sixteen buoys (16, 2) in a square, and two sources within it."""
    line = (np.arange(4) - 1.5) * spacing_m
    buoys = np.stack(np.meshgrid(line, line), -1).reshape(16, 2)
    return buoys, (np.array([-0.75 * spacing_m, 100.0]), np.array([0.75 * spacing_m, 600.0]))


class ExactGrid:
    """Cells of ``cell_m`` over a square, so many speeds and courses."""

    def __init__(
        self,
        half_m: float,
        speed_mps: float,
        leg_s: float,
        cell_m: float = 200.0,
        parts: tuple[int, int] = (4, 24),
    ) -> None:
        speeds, courses = parts
        self.cell_m, self.leg_s = cell_m, leg_s
        n = round(2.0 * half_m / cell_m)
        self.middles = (np.arange(n) - (n - 1) / 2.0) * cell_m
        self.places = np.stack(np.meshgrid(self.middles, self.middles), -1)
        ring = np.repeat(np.arange(speeds), courses)
        speed = speed_mps * (ring + 0.5) / speeds
        turn = 2.0 * np.pi * (np.tile(np.arange(courses), speeds) + 0.25 * (ring % 2)) / courses
        self.velocity = np.stack([speed * np.sin(turn), speed * np.cos(turn)], -1)
        self.offset = np.zeros_like(self.velocity)
        self.exists = 1.0
        reach = half_m + 9_000.0
        self._fine = np.arange(self.middles[0] - 9_000.0, reach, FINE_M)
        self._known: dict[int, Float] = {}

    def begin(self, density: Float, exists: float = 1.0) -> None:
        """From a density over the cells, whatever its sum."""
        self.mass = np.tile(density / density.sum() / len(self.velocity), (len(self.velocity), 1, 1))
        self.exists = exists

    def move(self, dt_s: float) -> None:
        """Hold course, or change it."""
        self.offset += self.velocity * dt_s
        share = 1.0 - np.exp(-dt_s / self.leg_s)
        pool = share * self.density() / len(self.mass)
        for k, offset in enumerate(self.offset):
            self.mass[k] = (1.0 - share) * self.mass[k] + self._shifted(pool, -offset)

    def hear_nothing(self, looks: Looks) -> None:
        """Bayes, at the places of the cells to the nearest 50 m."""
        silent, n = self._silent(looks), len(self.middles)
        for k, offset in enumerate(self.offset):
            east, north = np.rint((self.middles[0] + offset - self._fine[0]) / FINE_M).astype(int)
            rows, columns = slice(north, north + n * FINE, FINE), slice(east, east + n * FINE, FINE)
            self.mass[k] *= silent[rows, columns]
        left = float(self.mass.sum())
        self.mass /= left
        self.exists = self.exists * left / (1.0 - self.exists + self.exists * left)

    def _silent(self, looks: Looks) -> Float:
        if id(looks) not in self._known:
            self._known[id(looks)] = looks.silent(np.stack(np.meshgrid(self._fine, self._fine), -1))
        return self._known[id(looks)]

    def density(self) -> Float:
        """(n, n)."""
        return np.asarray(sum(self._shifted(m, o) for m, o in zip(self.mass, self.offset, strict=True)))

    def _shifted(self, mass: Float, offset: Float) -> Float:
        return np.asarray(shift(mass, offset[::-1] / self.cell_m, order=1, mode="constant", prefilter=False))


def at_cells(density: Float, cell_m: float, middles: Float, exact: ExactGrid) -> Float:
    """A map's masses at the exact filter's cells, linearly between its own."""
    place = (exact.middles - middles[0]) / cell_m
    rows, columns = np.meshgrid(place, place, indexing="ij")
    share = (exact.cell_m / cell_m) ** 2
    return np.asarray(map_coordinates(density, [rows, columns], order=1, mode="constant") * share)


def total_variation(one: Float, other: Float) -> float:
    """Half the sum of differences, what lies past the edge of one or the other with it."""
    return 0.5 * float(np.abs(one - other).sum() + abs(one.sum() - other.sum()))


class Contact:
    """A contact on its random tour."""

    def __init__(self, place: Float, speed_mps: float, leg_s: float, rng: Generator) -> None:
        self.place, self._bound, self._leg_s, self._rng = place.copy(), speed_mps, leg_s, rng
        self._turn()

    def _turn(self) -> None:
        speed, turn = self._bound * self._rng.random(), 2.0 * np.pi * self._rng.random()
        self.velocity = speed * np.array([np.sin(turn), np.cos(turn)])
        self._left_s = self._rng.exponential(self._leg_s)

    def move(self, dt_s: float) -> None:
        """On for so long."""
        while dt_s > 0.0:
            step = min(dt_s, self._left_s)
            self.place += step * self.velocity
            dt_s -= step
            self._left_s -= step
            if self._left_s <= 0.0:
                self._turn()
