"""Scans to the contract's DetectionScan, and back with every check that a sensor's declaration allows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Final

import numpy as np

from fusion.constants import JUDGED, Chosen
from fusion.physics.geodesy import Float
from nodes.sensing.replies import TransponderReply
from nodes.sensing.scan import Ping, Scan
from nodes.sensing.sensors import Kind, Multistatic, Sensor, Sonar, declared_sigma
from triwatch.v1 import sensing_pb2, track_pb2

KINDS: dict[Kind, track_pb2.SensorKind] = {
    "radar": track_pb2.SENSOR_KIND_RADAR,
    "infrared": track_pb2.SENSOR_KIND_INFRARED,
    "sonar": track_pb2.SENSOR_KIND_SONAR,
    "multistatic": track_pb2.SENSOR_KIND_MULTISTATIC,
}
_RANGED = ("radar", "multistatic")
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
RATE_MAX_MPS: Final[
    Annotated[float, Chosen("m/s", "faster no echo's way grows: two hulls at 50 kn each, twice", JUDGED)]
] = 100.0
LONGEST_ECHO_NS: Final[
    Annotated[int, Chosen("ns", "longer nobody waits for an echo: there and back over 1,000 km", JUDGED)]
] = 1_500 * 10**9
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
    if scan.axis_rad is not None:
        message.axis_bearing = scan.axis_rad
    if scan.ping is not None:
        message.ping_time_ns = scan.ping.time_ns
        message.ping_position.extend(scan.ping.position_m.tolist())
    if scan.detection_sigma is not None:
        message.detection_sigma.extend(scan.detection_sigma.ravel().tolist())
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
    declared = declared_sigma(sensors[message.sensor])
    k = len(declared)
    axes = _numbers("axes", message.axes, 9).reshape(3, 3)
    position = _numbers("position", message.position, 3)
    sigma = _numbers("sigma", message.sigma, k)
    if np.abs(axes @ axes.T - np.eye(3)).max() > SQUARE:
        raise ValueError("axes: expected three unit vectors at right angles, row by row")
    if np.abs(position).max() > FARTHEST_M:
        raise ValueError(f"position: expected ECEF metres, at most {FARTHEST_M:g}")
    _within("sigma", sigma, declared)
    if len(message.measurement) % k:
        raise ValueError(f"measurement: expected {k} numbers a detection, got {len(message.measurement)}")
    measurement = _numbers("measurement", message.measurement, len(message.measurement)).reshape(-1, k)
    ranges, angles = (measurement[:, :1], measurement[:, 1:]) if kind in _RANGED else (_NONE, measurement)
    if kind == "multistatic":
        angles, rates = angles[:, :1], angles[:, 1:]
        if not (np.abs(rates) <= RATE_MAX_MPS).all():
            raise ValueError(f"measurement: expected ways that grow by at most {RATE_MAX_MPS:g} m/s")
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
        detection_sigma=_each_sigma(message, measurement, declared),
        axis_rad=_axis(message, sensors[message.sensor]),
        ping=_ping(message, sensors[message.sensor]),
    )


def _axis(message: sensing_pb2.DetectionScan, sensor: Sensor) -> float | None:
    """Where a towed array points; None of any other sensor."""
    towed = isinstance(sensor, Sonar) and sensor.array == "towed"
    if towed != message.HasField("axis_bearing"):
        raise ValueError("axis_bearing: expected of a towed array, and of nothing else")
    if not towed:
        return None
    (axis,) = _numbers("axis_bearing", [message.axis_bearing], 1)
    if abs(axis) > ANGLE_MAX_RAD:
        raise ValueError("axis_bearing: expected an angle in radians")
    return float(axis)


def _ping(message: sensing_pb2.DetectionScan, sensor: Sensor) -> Ping | None:
    """What a multistatic scan's echoes are of; None of any other sensor."""
    if not isinstance(sensor, Multistatic):
        if message.ping_position or message.ping_time_ns:
            raise ValueError("ping_position: expected of a multistatic sensor, and of nothing else")
        return None
    position = _numbers("ping_position", message.ping_position, 3)
    if np.abs(position).max() > FARTHEST_M:
        raise ValueError(f"ping_position: expected ECEF metres, at most {FARTHEST_M:g}")
    if not 0 <= message.time_ns - message.ping_time_ns <= LONGEST_ECHO_NS:
        raise ValueError(f"ping_time_ns: expected up to {LONGEST_ECHO_NS / 1e9:g} s before time_ns")
    return Ping(message.ping_time_ns, position, sensor.sound_mps)


def _each_sigma(message: sensing_pb2.DetectionScan, measurement: Float, declared: Float) -> Float | None:
    """(m, k) of each detection, None where the scan tells none."""
    if not message.detection_sigma:
        return None
    sigma = _numbers("detection_sigma", message.detection_sigma, measurement.size).reshape(measurement.shape)
    _within("detection_sigma", sigma, declared)
    return sigma


def _within(name: str, sigma: Float, declared: Float) -> None:
    if not ((sigma * SIGMA_FACTOR >= declared) & (sigma <= declared * SIGMA_FACTOR)).all():
        raise ValueError(f"{name}: expected {declared.tolist()} within a factor of {SIGMA_FACTOR:g}")


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
