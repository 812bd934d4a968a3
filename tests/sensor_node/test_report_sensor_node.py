"""Reports as they leave a node: the contract's columns, checked."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from fusion import Report
from fusion.report.reported_sensors import NO_SENSOR
from fusion.update.publish import track_quality
from nodes.sensing.sensors import Radar
from nodes.sensor_node.report import to_batch
from nodes.tracking.columns import TrackColumns
from triwatch.v1 import track_pb2

STREAM = "JPN-KOR-USA"


def columns(n: int = 3) -> TrackColumns:
    """Random tracks with positive definite covariances."""
    rng = np.random.default_rng(1)
    root = rng.standard_normal((n, 6, 6))
    return TrackColumns(
        time_ns=1_719_446_400 * 10**9,
        number=np.arange(1, n + 1),
        state=rng.standard_normal((n, 6)) * [6e6, 6e6, 6e6, 300.0, 300.0, 300.0],
        covariance=root @ root.transpose(0, 2, 1) + np.eye(6),
        environment=np.array([1, 2, 3][:n]),
        status=np.array([2, 3, 4][:n]),
        process_noise=np.array([1.0, 0.001, 0.02][:n]),
        motion_model=np.array([1, 2, 1][:n]),
        identity=np.array([1, 6, 3][:n]),
        identity_confidence=np.array([0.5, 0.9, 0.8][:n]),
        parent=np.array([0, 1, 0][:n]),
        tracklet_information=root @ root.transpose(0, 2, 1) * 1e-4,
        tracklet_vector=rng.standard_normal((n, 6)) * 1e-3,
        tracklet_told=np.array([True, False, True][:n]),
        tracklet_sensor=np.array([1, NO_SENSOR, 0][:n]),
        call_sign=("", "", "TR")[:n],
    )


def batch_of(c: TrackColumns) -> track_pb2.TrackBatch:
    return to_batch(c, "KOR-1", "KOR", 3, 17, STREAM)


def test_every_column_arrives() -> None:
    c = columns()
    batch = track_pb2.TrackBatch.FromString(batch_of(c).SerializeToString())
    assert (batch.node_id, batch.nation, batch.incarnation, batch.sequence) == ("KOR-1", "KOR", 3, 17)
    assert list(batch.local_number) == c.number.tolist()
    assert list(batch.valid_time_ns) == [c.time_ns] * 3
    assert np.array_equal(np.reshape(batch.state, (3, 6)), c.state)
    assert list(batch.environment) == c.environment.tolist()
    assert list(batch.status) == c.status.tolist()
    assert list(batch.process_noise) == c.process_noise.tolist()
    assert list(batch.motion_model) == c.motion_model.tolist()
    assert list(batch.identity) == c.identity.tolist()
    assert list(batch.call_sign) == list(c.call_sign)
    assert list(batch.parent_local_number) == c.parent.tolist()
    assert np.array_equal(np.reshape(batch.tracklet_vector, (3, 6)), c.tracklet_vector)
    lower = np.tril_indices(6)
    told = c.tracklet_information[:, lower[0], lower[1]]
    assert np.array_equal(np.reshape(batch.tracklet_information, (3, 21)), told)
    assert list(batch.tracklet_told) == c.tracklet_told.tolist()
    assert batch.exercise


def test_a_report_says_where_each_sensor_stands_and_whose_a_row_is() -> None:
    stands = [np.array([-3.2e6, 4.2e6, 3.6e6]), np.array([-3.3e6, 4.1e6, 3.6e6])]
    radar = Radar(
        lat_deg=0, lon_deg=0, range_km=1, period_s=1, sigma_range_m=1, sigma_azimuth_mrad=1,
        sigma_elevation_mrad=1,
    )  # fmt: skip
    batch = to_batch(columns(), "KOR-1", "KOR", 3, 17, STREAM, [(radar, stands[0]), (radar, stands[1])])
    assert list(batch.sensor_kind) == [track_pb2.SENSOR_KIND_RADAR] * 2
    assert np.array_equal(np.reshape(batch.sensor_position, (2, 3)), stands)
    assert list(batch.tracklet_sensor) == [2, 0, 1]


def test_covariance_is_the_lower_triangle_by_rows() -> None:
    c = columns()
    packed = np.reshape(batch_of(c).covariance, (3, 21))
    for row in range(3):
        k = 0
        for i in range(6):
            for j in range(i + 1):
                assert packed[row, k] == c.covariance[row, i, j]
                k += 1


def test_the_fold_accepts_it() -> None:
    report = Report.from_bytes(batch_of(columns()).SerializeToString())
    assert report.rows == 3
    assert report.key.stream == "JPN-KOR-USA"


def test_label_and_stream_name_the_nations() -> None:
    batch = batch_of(columns())
    assert batch.stream == "JPN-KOR-USA"
    assert list(batch.label.releasable_to) == ["USA", "JPN", "KOR"]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda c: c.state.__setitem__((1, 0), np.nan),
        lambda c: c.state.__setitem__((1, 2), np.inf),
        lambda c: c.state.__setitem__((1, 1), 2e8),
        lambda c: c.state.__setitem__((1, 4), -3e4),
        lambda c: c.covariance.__setitem__((1, 0, 0), np.nan),
        lambda c: c.covariance.__setitem__(1, -np.eye(6)),
        lambda c: c.covariance.__setitem__(1, np.ones((6, 6))),
    ],
)
def test_an_unfit_row_is_refused_by_name(spoil: object) -> None:
    c = columns()
    spoil(c)
    with pytest.raises(ValueError, match=r"KOR-1: tracks \[2\]"):
        batch_of(c)


def test_more_noise_than_can_be_told_costs_no_report() -> None:
    """A UKF whose track had run away assumed 1.9e6 m2/s3 (drawn air theatre 1006): its node's whole report
    was refused for it."""
    batch = batch_of(replace(columns(), process_noise=np.array([0.0, 1.9e6, 2.0])))
    assert list(batch.process_noise) == [0.0, 1e6, 2.0]
    assert Report.from_bytes(batch.SerializeToString()).fault is None


def test_quality_falls_by_one_for_every_doubling() -> None:
    sigma_m = np.array([1.0, 10.0, 10.1, 20.0, 40.0, 163_840.0, 1e6])
    packed = np.eye(6)[np.tril_indices(6)] * sigma_m[:, None] ** 2
    assert track_quality(packed).tolist() == [15, 15, 14, 14, 13, 1, 0]


def test_columns_that_say_nothing_are_left_out() -> None:
    c = replace(columns(), call_sign=("", "", ""), parent=np.zeros(3, dtype=np.int64))
    batch = batch_of(c)
    assert len(batch.call_sign) == len(batch.parent_local_number) == 0
