"""Track columns into the contract's TrackBatch, checked before they leave the node."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from fusion.physics.geodesy import Float
from fusion.report.check import PROCESS_NOISE_MAX
from fusion.report.reported_sensors import NO_SENSOR, SENSORS_MAX
from fusion.update.publish import track_quality
from nodes.labels import label_of
from nodes.names import nations_of
from nodes.sensing.sensors import Sensor
from nodes.sensing.wire import KINDS
from nodes.tracking.columns import TrackColumns, reportable
from triwatch.v1 import track_pb2

_LOWER = np.tril_indices(6)


def to_batch(
    columns: TrackColumns,
    node_id: str,
    nation: str,
    incarnation: int,
    sequence: int,
    stream: str,
    sensors: Sequence[tuple[Sensor, Float]] = (),
) -> track_pb2.TrackBatch:
    """One report to a release group; ``sensors`` are the node's, and where each stands (3,) ECEF m.

    Raises ValueError where a row is not fit to leave the node.
    """
    good = reportable(columns.state, columns.covariance)
    if not good.all():
        bad = columns.number[~good].tolist()
        raise ValueError(f"{node_id}: tracks {bad}: state or covariance not finite, definite and in range")
    n = len(columns)
    sensors = sensors[:SENSORS_MAX]
    sensor = np.where(columns.tracklet_sensor < len(sensors), columns.tracklet_sensor, NO_SENSOR)
    lines = columns.lines
    packed = columns.covariance[:, _LOWER[0], _LOWER[1]]
    biases = [
        (number, kind, sigma)
        for number, (one, _) in enumerate(sensors, 1)
        if one.misalignment is not None
        for kind, sigma in one.misalignment.told()
    ]
    return track_pb2.TrackBatch(
        node_id=node_id,
        nation=nation,
        incarnation=incarnation,
        sequence=sequence,
        stream=stream,
        sent_time_ns=columns.time_ns,
        label=label_of(nations_of(stream)),
        exercise=True,
        local_number=columns.number.tolist(),
        valid_time_ns=[columns.time_ns] * n,
        state=columns.state.ravel().tolist(),
        covariance=packed.ravel().tolist(),
        environment=columns.environment.tolist(),
        status=columns.status.tolist(),
        # a filter may assume more than the contract can tell: what turns that fast is anywhere
        process_noise=np.minimum(columns.process_noise, PROCESS_NOISE_MAX).tolist(),
        identity=columns.identity.tolist(),
        identity_confidence=columns.identity_confidence.tolist(),
        motion_model=columns.motion_model.tolist(),
        call_sign=columns.call_sign if any(columns.call_sign) else (),
        quality=track_quality(packed).tolist(),
        tracklet_information=columns.tracklet_information[:, _LOWER[0], _LOWER[1]].ravel().tolist(),
        tracklet_vector=columns.tracklet_vector.ravel().tolist(),
        tracklet_told=columns.tracklet_told.tolist(),
        sensor_kind=[KINDS[sensor.kind] for sensor, _ in sensors],
        sensor_position=[value for _, position in sensors for value in position.tolist()],
        tracklet_sensor=(sensor + 1).tolist() if sensors else (),
        sensor_platform=[one.platform for one, _ in sensors]
        if any(one.platform for one, _ in sensors)
        else (),
        bias_sensor=[number for number, _, _ in biases],
        bias_kind=[track_pb2.BiasKind.ValueType(kind) for _, kind, _ in biases],
        bias_sigma=[sigma for _, _, sigma in biases],
        parent_local_number=columns.parent.tolist() if columns.parent.any() else (),
        line_contact=lines.number.tolist(),
        line_time_ns=lines.time_ns.tolist(),
        line_position=lines.position_m.ravel().tolist(),
        line_bearing=lines.bearing_rad.tolist(),
        line_sigma=lines.sigma_rad.tolist(),
        line_environment=lines.environment.tolist(),
        line_sound_speed=lines.sound_mps.tolist(),
        line_reach=lines.reach_m.tolist(),
    )
