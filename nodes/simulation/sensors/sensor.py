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
from nodes.sensing.sensors import declared_sigma
from nodes.simulation.sensors import infrared, radar, sonar
from nodes.simulation.sensors.platform import Platform
from nodes.simulation.sensors.resolution import merge_unresolved
from nodes.simulation.sensors.view import look
from nodes.simulation.spec import RadarSpec, Scenario, SensorSpec, SonarSpec
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
    angles = slice(1, None) if spec.kind == "radar" else slice(None)
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
        self._model = {"radar": radar, "infrared": infrared, "sonar": sonar}[spec.kind]
        digest = hashlib.sha256(node_id.encode()).digest()
        self._seed = (scenario.seed, int.from_bytes(digest[:8], "big"), index)
        phase_s = spec.phase_s
        if phase_s is None:
            # the sensors of a coalition do not turn in step
            phase_s = round(float(np.random.default_rng(self._seed).random()) * spec.period_s, 3)
        self.phase_s = phase_s

    def times_s(self, from_s: float, until_s: float) -> Iterator[float]:
        """When the sensor looks, from ``from_s`` up to but not including ``until_s``."""
        number = max(0, int(np.ceil((from_s - self.phase_s) / self.spec.period_s - 1e-9)))
        while (time_s := self.phase_s + number * self.spec.period_s) < until_s:
            yield time_s
            number += 1

    def scan(self, t_s: float, snapshot: Snapshot) -> SimulatedScan:
        """What the sensor detects of the snapshot, taken at ``t_s``."""
        spec = self.spec
        number = round((t_s - self.phase_s) / spec.period_s)
        rng = np.random.Generator(np.random.PCG64((*self._seed, 1, max(0, number))))
        position, axes = self._platform.at(t_s)
        if isinstance(spec, SonarSpec):
            snapshot = sonar.as_heard(spec, snapshot, position)
        view = look(snapshot, position, axes, self._platform.alt_m)
        model, sigma = self._model, declared_sigma(spec)
        seen = np.flatnonzero(model.visible(spec, view))
        true = model.quantities(view)[seen]
        if isinstance(spec, RadarSpec) and spec.resolution_range_m > 0.0 and len(seen) > 1:
            true, kept = merge_unresolved(true, spec.resolution_range_m, spec.resolution_angle_mrad * 1e-3)
            seen = seen[kept]
        hit = rng.random(len(seen)) < spec.pd
        real = (
            true[hit]
            + bias_at(spec, model.bias(spec), t_s)
            + sigma * rng.standard_normal((int(hit.sum()), len(sigma)))
        )
        count = int(rng.poisson(spec.false_alarms_per_scan))
        false = model.false_alarms(spec, view, count, rng)
        # mixed, so that nothing can be told from the order
        order = rng.permutation(len(real) + len(false))
        measurement = np.concatenate([real, false])[order]
        origin = [*(snapshot.object_id[i] for i in seen[hit]), *[""] * len(false)]
        measurement[:, 1 if spec.kind == "radar" else 0] %= 2.0 * np.pi
        if spec.kind == "radar":
            measurement[:, 0] = np.maximum(measurement[:, 0], LEAST_RANGE_M)
        scan = Scan(
            time_ns=self._start_ns + round(t_s * 1e9),
            sensor=self.index,
            kind=spec.kind,
            position_m=position,
            axes=axes,
            sigma=sigma,
            measurement=measurement,
        )
        return SimulatedScan(scan, tuple([origin[i] for i in order]))
