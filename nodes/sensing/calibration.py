"""A nation's own calibration: what the coalition found its sensors to be off is taken out of their scans.

What was found stands in the ``registration`` of a scorecard's JSON. Only what was significant is taken out. A
picture that follows then finds the sensors to have jumped, and to be off by nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from fusion.physics.geodesy import Float, ecef2geodetic, enu2ecef, enu_axes, geodetic2ecef
from fusion.registration.kinds import BASE, KINDS
from nodes.errors import BadInput
from nodes.sensing.scan import Scan
from nodes.sensing.sensors import Kind, Sensor
from nodes.sensing.source import ScanSource
from nodes.sensing.turned import turned

_MEASURED: dict[Kind, tuple[str, ...]] = {
    "radar": ("range_m", "azimuth_rad", "elevation_rad"),
    "infrared": ("azimuth_rad", "elevation_rad"),
    "sonar": ("azimuth_rad",),
    "multistatic": ("range_m", "azimuth_rad"),
}
_DECLARED = tuple(kind.name for kind in KINDS[BASE:])


@dataclass(frozen=True, slots=True)
class Calibration:
    """What one node takes out of its scans."""

    clock_ns: int
    """By how much its clock is fast."""
    offset: tuple[Float, ...]
    """By sensor (k,): what each measured quantity is too large by,"""
    heading: tuple[float, ...]
    """how far its platform's heading is, clockwise, rad,"""
    aside: tuple[Float, ...]
    """(2,) how far to the east and north of where it is it takes itself to be, m, and"""
    turned: tuple[Float, ...]
    """(2,) how far its line of sight is turned about the north and the east there, rad."""


def read_calibration(path: Path, node_id: str, sensors: Sequence[Sensor]) -> Calibration:
    """The calibration of a node in the JSON that ``demo``, ``replay`` and ``score`` write.

    Raises BadInput where the file is none, or tells nothing of the node.
    """
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        rows = [row for row in found["registration"] if row["node"] == node_id]
        used = {int(row["sensor"]) - 1: _biases(row["bias"]) for row in rows if row["used"]}
    except OSError as error:
        raise BadInput(f"{path}: {error.strerror}") from None
    except (ValueError, KeyError, TypeError, AttributeError):
        raise BadInput(
            f"{path}: no result with `registration`; give the JSON of triwatch score, replay or demo"
        ) from None
    if not rows:
        raise BadInput(f"{path}: tells of no sensor of {node_id}; it has to have shared targets with others")
    if any(number not in range(len(sensors)) for number in used):
        raise BadInput(f"{path}: {node_id} has {len(sensors)} sensors, it tells of {1 + max(used)}")
    clock_s = next((biases["clock_s"] for _, biases in sorted(used.items())), 0.0)
    none = dict.fromkeys((*_MEASURED["radar"], *_DECLARED), 0.0)
    biases = [used.get(number, none) for number in range(len(sensors))]
    return Calibration(
        round(clock_s * 1e9),
        tuple(
            np.array([one[name] for name in _MEASURED[sensor.kind]])
            for sensor, one in zip(sensors, biases, strict=True)
        ),
        tuple(one["heading_rad"] for one in biases),
        tuple(np.array([one["east_m"], one["north_m"]]) for one in biases),
        tuple(np.array([one["roll_rad"], one["pitch_rad"]]) for one in biases),
    )


def _biases(row: dict[str, Any]) -> dict[str, float]:
    values = {name: float(row[name]) for name in (*_MEASURED["radar"], "clock_s")}
    values |= {name: float(row.get(name, 0.0)) for name in _DECLARED}
    if not np.isfinite(list(values.values())).all():
        raise ValueError("not finite")
    return values


class CalibratedScans:
    """A ScanSource: another's scans, calibrated."""

    def __init__(self, source: ScanSource, calibration: Calibration) -> None:
        self._source = source
        self._calibration = calibration

    def known_ns(self, until_ns: int) -> int:
        """See `ScanSource`."""
        fast_ns = self._calibration.clock_ns
        return self._source.known_ns(until_ns + fast_ns) - fast_ns

    def scans(self, until_ns: int) -> Iterator[Scan]:
        """See `ScanSource`."""
        fast_ns = self._calibration.clock_ns
        for scan in self._source.scans(until_ns + fast_ns):
            known, sensor = self._calibration, scan.sensor
            measurement, offset = scan.measurement.copy(), known.offset[sensor]
            measurement[:, : len(offset)] -= offset
            azimuth = 1 if scan.kind in ("radar", "multistatic") else 0
            if known.turned[sensor].any() and scan.kind in ("radar", "infrared"):
                measurement[:, azimuth:] = turned(measurement[:, azimuth:], *-known.turned[sensor])
            axis_rad = scan.axis_rad
            if axis_rad is None:
                measurement[:, azimuth] -= known.heading[sensor]
            else:
                axis_rad = (axis_rad - known.heading[sensor]) % (2.0 * np.pi)
            measurement[:, azimuth] %= 2.0 * np.pi
            position, axes = scan.position_m, scan.axes
            if known.aside[sensor].any():
                lat, lon, alt = (float(one) for one in ecef2geodetic(position))
                position = enu2ecef([*-known.aside[sensor], 0.0], lat, lon, alt)
                lat, lon, _ = (float(one) for one in ecef2geodetic(position))
                position, axes = geodetic2ecef(lat, lon, alt), enu_axes(lat, lon)
            yield replace(
                scan,
                time_ns=scan.time_ns - fast_ns,
                measurement=measurement,
                position_m=position,
                axes=axes,
                axis_rad=axis_rad,
            )
