"""What nodes say of straight targets who err by other than they declare: independently, unbiased."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from fusion.arrays import Float
from fusion.contract import AIR, MAINTAINING
from registration_kit import START_NS, sites, targets
from triwatch.v1 import track_pb2

NS = 1_000_000_000
PERIOD_S = 2
SIGMA = np.array([60.0, 60.0, 60.0, 3.0, 3.0, 3.0])
RADARS = sites(*np.zeros((3, 4)))


def reports(
    errors: Sequence[Float],
    until_s: int,
    seed: int = 0,
    count: int = 12,
    shift_m: Mapping[int, float] | None = None,
    declared: bool = False,
    true_from_s: int = 10_000,
    even: bool = False,
    invented: tuple[int, int] = (-1, 0),
) -> list[track_pb2.TrackBatch]:
    """What nodes say of straight targets, each time anew.

    ``errors``: by how many times what it declares each node errs, until ``true_from_s``; ``shift_m``: by how
    much it moves all northwards; ``even``: every error is as large as the mean, so that none surprises;
    ``invented``: a node, and how many targets more it tells of that are none.
    """
    rng = np.random.default_rng(seed)
    start, speed = targets(rng, count)
    # the targets that are none come last, and nobody else tells of them
    count += invented[1]
    nothing, course = targets(np.random.default_rng([seed, 1]), invented[1])
    start, speed = np.concatenate([start, nothing]), np.concatenate([speed, course])
    triangle, information = np.zeros((count, 21)), np.zeros((count, 21))
    places = [k * (k + 3) // 2 for k in range(6)]
    triangle[:, places], information[:, places] = SIGMA**2, 1.0 / SIGMA**2
    made = []
    for second in range(0, until_s, PERIOD_S):
        for node, times in enumerate(errors):
            at_s = second + 0.1 * node
            state = np.concatenate([start + at_s * speed, speed], axis=1)
            error = rng.standard_normal((count, 6))
            if even:
                error *= np.sqrt(6.0) / np.linalg.norm(error, axis=1, keepdims=True)
            state += (times if second < true_from_s else 1.0) * SIGMA * error
            state[:, 2] += (shift_m or {}).get(node, 0.0)
            batch = track_pb2.TrackBatch(
                node_id=f"N{node}",
                nation="USA",
                incarnation=1,
                sequence=second // PERIOD_S + 1,
                local_number=range(1, count + 1),
                valid_time_ns=[START_NS + round(at_s * NS)] * count,
                state=state.ravel().tolist(),
                covariance=triangle.ravel().tolist(),
                environment=[AIR] * count,
                status=[MAINTAINING] * count,
                process_noise=[1e-3] * count,
                tracklet_information=information.ravel().tolist(),
                tracklet_vector=[0.0] * (6 * count),
                tracklet_told=[True] * count,
            )
            if declared:
                batch.sensor_kind.append(track_pb2.SENSOR_KIND_RADAR)
                batch.sensor_position.extend(RADARS[node].place.tolist())
                batch.tracklet_sensor.extend([1] * count)
            honest = invented[1] > 0 and node != invented[0]
            made.append(first_rows(batch, count - invented[1]) if honest else batch)
    return made


def first_rows(batch: track_pb2.TrackBatch, n: int) -> track_pb2.TrackBatch:
    """A report of its first ``n`` rows alone."""
    rows, kept = len(batch.local_number), track_pb2.TrackBatch()
    kept.CopyFrom(batch)
    for field, values in batch.ListFields():
        whole_rows = field.name not in ("sensor_kind", "sensor_position") and field.is_repeated
        if whole_rows and len(values) % rows == 0:
            del getattr(kept, field.name)[n * (len(values) // rows) :]
    return kept
