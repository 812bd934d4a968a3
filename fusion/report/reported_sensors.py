"""The sensors that a report declares, what they may be off by, and which of them each row's tracklet is of.

The place of a sensor stands in the report, not in a heartbeat: what the fold depends on is the set of
reports, and a heartbeat may be lost.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from fusion.arrays import Float, Ints
from triwatch.v1 import track_pb2

SENSORS_MAX = 64
"""A report may declare so many."""
NO_SENSOR = -1
_POSITION_M_MAX = 1.0e8
_CENTRE_M_MIN = 1.0e6
_KINDS = frozenset(track_pb2.SensorKind.values())
_BIAS_KINDS = frozenset(track_pb2.BiasKind.values()) - {track_pb2.BIAS_KIND_UNSPECIFIED}
_SIGMA_MAX = 1.0e6


class ReportedSensors(NamedTuple):
    """The k sensors of a report of n rows."""

    kind: Ints
    """(k,) values of SensorKind; what a later version adds is 0."""
    position: Float
    """(k, 3) ECEF m when the rows are valid."""
    row: Ints
    """(n,) the sensor of each row's tracklet, from 0; `NO_SENSOR` where it is not one alone."""
    platform: tuple[int, ...] = ()
    """k, or none where no platform is told: sensors of one number other than 0 are on one platform."""
    may: tuple[tuple[tuple[int, float], ...], ...] = ()
    """k, or none where nothing is told: the kinds (`fusion.registration.kinds`), rising, that a sensor may be
    off in, each with its sigma."""

    def rows(self, pick: NDArray[np.intp]) -> ReportedSensors:
        """Those of some rows."""
        return self._replace(row=self.row[pick])


_NO_KINDS: Ints = np.zeros(0, np.int64)
_NO_PLACES: Float = np.zeros((0, 3))


def none_reported(n: int) -> ReportedSensors:
    """Of a report of ``n`` rows that declares none."""
    return ReportedSensors(_NO_KINDS, _NO_PLACES, np.full(n, NO_SENSOR))


def reported_sensors(batch: track_pb2.TrackBatch, n: int) -> ReportedSensors:
    """What a report of ``n`` rows declares. Raises ValueError, which says what rule it breaks."""
    k, positions, rows = len(batch.sensor_kind), len(batch.sensor_position), len(batch.tracklet_sensor)
    if not k and not positions and not rows and not batch.sensor_platform and not batch.bias_sensor:
        return none_reported(n)
    if k > SENSORS_MAX:
        raise ValueError(f"{k} sensors; the limit is {SENSORS_MAX}")
    if positions != 3 * k:
        raise ValueError(f"column sensor_position has {positions} values, expected {3 * k}")
    if rows not in (0, n):
        raise ValueError(f"column tracklet_sensor has {rows} values, expected {n}")
    position = np.array(batch.sensor_position, np.float64).reshape(k, 3)
    far = np.abs(position).max(axis=1, initial=0.0)
    if not np.isfinite(position).all() or (far > _POSITION_M_MAX).any() or (far < _CENTRE_M_MIN).any():
        raise ValueError(
            f"sensor_position must be finite, within {_POSITION_M_MAX:g} m and not near the Earth's centre"
        )
    row = np.asarray(batch.tracklet_sensor).astype(np.int64) - 1 if rows else np.full(n, NO_SENSOR)
    if (row >= k).any():
        raise ValueError(f"tracklet_sensor names sensor {int(row.max()) + 1} of {k}")
    kind = np.array([one if one in _KINDS else 0 for one in batch.sensor_kind], np.int64)
    if len(batch.sensor_platform) not in (0, k):
        raise ValueError(f"column sensor_platform has {len(batch.sensor_platform)} values, expected {k}")
    return ReportedSensors(kind, position, row, tuple(batch.sensor_platform), _may(batch, k))


def _may(batch: track_pb2.TrackBatch, k: int) -> tuple[tuple[tuple[int, float], ...], ...]:
    """By sensor what it may be off by."""
    sensor, kind, sigma = batch.bias_sensor, batch.bias_kind, batch.bias_sigma
    if not len(sensor) == len(kind) == len(sigma):
        raise ValueError(
            f"columns bias_sensor, bias_kind and bias_sigma have {len(sensor)}, {len(kind)} and {len(sigma)} "
            "values, expected as many in each"
        )
    if any(not 1 <= one <= k for one in sensor):
        raise ValueError(f"bias_sensor names a sensor other than 1 to {k}")
    if not all(0.0 < one <= _SIGMA_MAX for one in sigma):
        raise ValueError(f"bias_sigma must be more than 0 and at most {_SIGMA_MAX:g}")
    if len(set(zip(sensor, kind, strict=True))) < len(sensor):
        raise ValueError("bias_kind stands twice for one sensor")
    told: list[list[tuple[int, float]]] = [[] for _ in range(k)] if sensor else []
    for one, what, size in sorted(zip(sensor, kind, sigma, strict=True)):
        if what in _BIAS_KINDS:
            told[one - 1].append((what - 1, size))
    return tuple(tuple(one) for one in told)
