"""The sensors that a report declares, and which of them each row's tracklet came from.

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


class ReportedSensors(NamedTuple):
    """The k sensors of a report of n rows."""

    kind: Ints
    """(k,) values of SensorKind; what a later version adds is 0."""
    position: Float
    """(k, 3) ECEF m when the rows are valid."""
    row: Ints
    """(n,) the sensor of each row's tracklet, from 0; `NO_SENSOR` where it is not one alone."""

    def rows(self, pick: NDArray[np.intp]) -> ReportedSensors:
        """Those of some rows."""
        return self._replace(row=self.row[pick])


def none_reported(n: int) -> ReportedSensors:
    """Of a report of ``n`` rows that declares none."""
    return ReportedSensors(np.zeros(0, np.int64), np.zeros((0, 3)), np.full(n, NO_SENSOR))


def reported_sensors(batch: track_pb2.TrackBatch, n: int) -> ReportedSensors:
    """What a report of ``n`` rows declares. Raises ValueError, which says what rule it breaks."""
    k, positions, rows = len(batch.sensor_kind), len(batch.sensor_position), len(batch.tracklet_sensor)
    if not k and not positions and not rows:
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
    return ReportedSensors(kind, position, row)
