"""One sensor of one node: a look at the world becomes a scan.

The randomness of a scan is a function of the scenario's seed, the node, the sensor and the number of
the scan alone, so that it does not matter who computes it, when, or in which order.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Annotated, Final, NamedTuple

import numpy as np

from fusion.constants import MODELLED, Chosen
from fusion.physics.geodesy import Float
from nodes.sensing.scan import Scan
from nodes.sensing.sensors import declared_sigma, in_water
from nodes.sensing.turned import turned
from nodes.simulation.sensors import multistatic, sonar
from nodes.simulation.sensors.pings import Pings
from nodes.simulation.sensors.platform import Platform
from nodes.simulation.sensors.sight import Sight, echoes, radiation, sounds
from nodes.simulation.sensors.view import look
from nodes.simulation.spec import InfraredSpec, MultistaticSpec, Scenario, SensorSpec, SonarSpec
from nodes.simulation.truth import Snapshot

LEAST_RANGE_M: Final[
    Annotated[float, Chosen("m", "A radar measures no less, whatever its errors", MODELLED)]
] = 1.0


def bias_at(spec: SensorSpec, constant: Float, t_s: float) -> Float:
    """(k,) by how much what is measured at ``t_s`` is off, m and rad; by ``constant`` (k,), m and mrad."""
    off = constant.copy()
    if spec.bias_course:
        course = np.array(spec.bias_course)
        off += [np.interp(t_s, course[:, 0], column) for column in course[:, 1:].T]
    angles = slice(1, None) if spec.kind in ("radar", "multistatic") else slice(None)
    off[angles] *= 1e-3
    return off


class SimulatedScan(NamedTuple):
    """A scan and, apart from it, what it came from."""

    scan: Scan
    origin: tuple[str, ...]
    """(m,) the object behind each detection, empty for a false alarm. For scoring only."""


class SimulatedSensor:
    """A sensor as the scenario specifies it; ``index`` counts within the node."""

    def __init__(self, spec: SensorSpec, index: int, node_id: str, scenario: Scenario) -> None:
        self.spec = spec
        self.index = index
        self._start_ns = scenario.start_ns
        self._platform = Platform(spec)
        self._carrier = scenario.node(node_id).platform(spec.platform)
        digest = hashlib.sha256(node_id.encode()).digest()
        self._seed = (scenario.seed, int.from_bytes(digest[:8], "big"), index)
        phase_s = spec.phase_s
        if phase_s is None:
            # the sensors of a coalition do not turn in step
            phase_s = round(float(np.random.default_rng(self._seed).random()) * spec.period_s, 3)
        self.phase_s = phase_s
        self._pings = Pings(spec, scenario, phase_s) if isinstance(spec, MultistaticSpec) else None
        if self._pings is not None and isinstance(spec, MultistaticSpec):
            self.phase_s = self._pings.phase_s + spec.listens_s

    def times_s(self, from_s: float, until_s: float) -> Iterator[float]:
        """When the sensor looks, from ``from_s`` up to but not including ``until_s``.

        An echo sounder has looked when the last echo of a ping may have come.
        """
        if self._pings is not None and isinstance(self.spec, MultistaticSpec):
            listens_s = self.spec.listens_s
            for ping_s in self._pings.times_s(from_s - listens_s, until_s - listens_s):
                if in_water(self.spec, ping_s) and ping_s + listens_s >= from_s:
                    yield ping_s + listens_s
            return
        number = max(0, int(np.ceil((from_s - self.phase_s) / self.spec.period_s - 1e-9)))
        while (time_s := self.phase_s + number * self.spec.period_s) < until_s:
            if in_water(self.spec, time_s):
                yield time_s
            number += 1

    def scan(self, t_s: float, snapshot: Snapshot) -> SimulatedScan:
        """What the sensor detects of the snapshot, taken at ``t_s``."""
        spec = self.spec
        number = round((t_s - self.phase_s) / spec.period_s)
        rng = np.random.Generator(np.random.PCG64((*self._seed, 1, max(0, number))))
        position, axes = self._platform.at(t_s)
        seen = self._sight(t_s, snapshot, position, axes)
        hit = rng.random(len(seen.true)) < seen.probability
        ranged = spec.kind in ("radar", "multistatic")
        azimuth, axis_rad = 1 if ranged else 0, seen.axis_rad
        heading_rad, east_m, north_m = self._carrier.off(t_s)
        off = bias_at(spec, seen.constant_bias, t_s)
        if axis_rad is None:
            off[azimuth] += heading_rad
        real = seen.true[hit]
        if isinstance(spec, InfraredSpec) and (spec.bias_roll_mrad or spec.bias_pitch_mrad):
            real = turned(real, 1e-3 * spec.bias_roll_mrad, 1e-3 * spec.bias_pitch_mrad)
        real[:, : len(off)] += off
        real += seen.sigma[hit] * rng.standard_normal(real.shape)
        count = int(rng.poisson(spec.false_alarms_per_scan))
        false = seen.false_alarms(count, rng)
        # mixed, so that nothing can be told from the order
        order = rng.permutation(len(real) + len(false))
        measurement = np.concatenate([real, false])[order]
        origin = [*(snapshot.object_id[i] for i in seen.which[hit]), *[""] * len(false)]
        measurement[:, azimuth] %= 2.0 * np.pi
        if ranged:
            measurement[:, 0] = np.maximum(measurement[:, 0], LEAST_RANGE_M)
        each = None
        if axis_rad is not None:
            measurement = sonar.off_axis(measurement, axis_rad)
            axis_rad = (axis_rad + heading_rad) % (2.0 * np.pi) if heading_rad else axis_rad
        if seen.faint is not None:
            each = np.concatenate([seen.sigma[hit], np.full((len(false), 1), seen.faint)])[order]
        if east_m or north_m:
            position, axes = self._platform.at(t_s, east_m, north_m)
        scan = Scan(
            time_ns=self._start_ns + round(t_s * 1e9),
            sensor=self.index,
            kind=spec.kind,
            position_m=position,
            axes=axes,
            sigma=declared_sigma(spec),
            measurement=measurement,
            detection_sigma=each,
            axis_rad=axis_rad,
            ping=seen.ping,
        )
        return SimulatedScan(scan, tuple([origin[i] for i in order]))

    def _sight(self, t_s: float, snapshot: Snapshot, position: Float, axes: Float) -> Sight:
        spec = self.spec
        if isinstance(spec, MultistaticSpec):
            assert self._pings is not None
            ping = self._pings.at(t_s - spec.listens_s)
            hit = multistatic.as_hit(snapshot, ping, spec.listens_s)
            view = look(hit, position, axes, self._platform.alt_m)
            return echoes(spec, view, ping, self._platform.speed_kn(t_s))
        if isinstance(spec, SonarSpec):
            heard = sonar.as_heard(spec, snapshot, position)
            view = look(heard, position, axes, self._platform.alt_m)
            axis = self._platform.course_rad(t_s) if spec.array == "towed" else None
            return sounds(spec, view, self._platform.speed_kn(t_s), axis)
        view = look(snapshot, position, axes, self._platform.alt_m)
        return radiation(spec, view)
