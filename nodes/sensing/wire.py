"""Scans to the contract's DetectionScan, and back with every check that a sensor's declaration allows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Final

import numpy as np

from fusion.constants import JUDGED, Chosen
from fusion.physics.geodesy import Float
from nodes.sensing.replies import TransponderReply
from nodes.sensing.scan import Scan
from nodes.sensing.sensors import Kind, Sensor, declared_sigma
from triwatch.v1 import sensing_pb2, track_pb2

KINDS: dict[Kind, track_pb2.SensorKind] = {
    "radar": track_pb2.SENSOR_KIND_RADAR,
    "infrared": track_pb2.SENSOR_KIND_INFRARED,
    "sonar": track_pb2.SENSOR_KIND_SONAR,
}
QUANTITIES: dict[Kind, int] = {"radar": 3, "infrared": 2, "sonar": 1}
SQUARE: Final[
    Annotated[float, Chosen("1", "how far axes may be from unit length and right angles", JUDGED)]
] = 1e-6
FARTHEST_M = 1e8
"""Of a sensor from the Earth's centre: the contract's bound for positions."""
TIME_NS_MAX = 2**62
CALL_SIGN_MAX = 64
ANGLE_MAX_RAD: Final[
    Annotated[float, Chosen("rad", "more than a full turn and its noise: beyond it are degrees", JUDGED)]
] = 10.0
SIGMA_FACTOR: Final[
    Annotated[
        float,
        Chosen(
            "1",
            "how far a scan's sigma may be from the declared one, either way: beyond it the units are wrong",
            JUDGED,
        ),
    ]
] = 100.0
_NONE = np.empty((0, 1))
_IDENTITIES = frozenset(track_pb2.Identity.values())


def to_message(scan: Scan, node_id: str, incarnation: int, sequence: int) -> sensing_pb2.DetectionScan:
    """A scan as it is recorded and sent."""
    message = sensing_pb2.DetectionScan(
        node_id=node_id,
        sensor=scan.sensor,
        kind=KINDS[scan.kind],
        time_ns=scan.time_ns,
        position=scan.position_m.tolist(),
        axes=scan.axes.ravel().tolist(),
        sigma=scan.sigma.tolist(),
        measurement=scan.measurement.ravel().tolist(),
        incarnation=incarnation,
        sequence=sequence,
    )
    if scan.replies is not None:
        message.replies.SetInParent()
        message.replies.call_sign.extend(scan.replies.call_sign)
        message.replies.identity.extend(scan.replies.identity)
        message.replies.position.extend(scan.replies.position_m.ravel().tolist())
    return message


def from_message(message: sensing_pb2.DetectionScan, sensors: Sequence[Sensor]) -> Scan:
    """The scan that a message tells of one of the node's ``sensors``.

    Raises ValueError, saying what was expected, where no such sensor can have made it.
    """
    if message.sensor >= len(sensors):
        raise ValueError(f"sensor {message.sensor}: the node has {len(sensors)}, counted from 0")
    kind = sensors[message.sensor].kind
    if message.kind != KINDS[kind]:
        raise ValueError(f"kind {message.kind}: sensor {message.sensor} is declared as {kind}, {KINDS[kind]}")
    if not 0 < message.time_ns < TIME_NS_MAX:
        raise ValueError(f"time_ns {message.time_ns}: expected UTC nanoseconds")
    k = QUANTITIES[kind]
    axes = _numbers("axes", message.axes, 9).reshape(3, 3)
    position = _numbers("position", message.position, 3)
    sigma = _numbers("sigma", message.sigma, k)
    if np.abs(axes @ axes.T - np.eye(3)).max() > SQUARE:
        raise ValueError("axes: expected three unit vectors at right angles, row by row")
    if np.abs(position).max() > FARTHEST_M:
        raise ValueError(f"position: expected ECEF metres, at most {FARTHEST_M:g}")
    declared = declared_sigma(sensors[message.sensor])
    if not ((sigma * SIGMA_FACTOR >= declared) & (sigma <= declared * SIGMA_FACTOR)).all():
        raise ValueError(f"sigma: expected {declared.tolist()} within a factor of {SIGMA_FACTOR:g}")
    if len(message.measurement) % k:
        raise ValueError(f"measurement: expected {k} numbers a detection, got {len(message.measurement)}")
    measurement = _numbers("measurement", message.measurement, len(message.measurement)).reshape(-1, k)
    ranges, angles = (measurement[:, :1], measurement[:, 1:]) if kind == "radar" else (_NONE, measurement)
    if not ((ranges > 0.0) & (ranges <= FARTHEST_M)).all():
        raise ValueError(f"measurement: expected ranges of more than 0 m, at most {FARTHEST_M:g}")
    if not (np.abs(angles) <= ANGLE_MAX_RAD).all():
        raise ValueError("measurement: expected angles in radians")
    return Scan(
        time_ns=message.time_ns,
        sensor=message.sensor,
        kind=kind,
        position_m=position,
        axes=axes,
        sigma=sigma,
        measurement=measurement,
        replies=_replies(message.replies) if message.HasField("replies") else None,
    )


def _replies(message: sensing_pb2.TransponderReplies) -> TransponderReply:
    n = len(message.identity)
    if len(message.call_sign) != n:
        raise ValueError(f"replies: {n} identities and {len(message.call_sign)} call signs")
    if any(len(sign) > CALL_SIGN_MAX for sign in message.call_sign):
        raise ValueError(f"replies.call_sign: expected at most {CALL_SIGN_MAX} characters")
    position = _numbers("replies.position", message.position, 3 * n).reshape(n, 3)
    if not (np.abs(position) <= FARTHEST_M).all():
        raise ValueError(f"replies.position: expected ECEF metres, at most {FARTHEST_M:g}")
    return TransponderReply(
        call_sign=tuple(message.call_sign),
        identity=tuple(identity if identity in _IDENTITIES else 0 for identity in message.identity),
        position_m=position,
    )


def _numbers(name: str, values: Any, count: int) -> Float:
    numbers = np.array(values, dtype=np.float64)
    if len(numbers) != count:
        raise ValueError(f"{name}: expected {count} numbers, got {len(numbers)}")
    if not np.isfinite(numbers).all():
        raise ValueError(f"{name}: expected finite numbers")
    return numbers
