"""What a report declares of its sensors: read, checked, and never the reason that an old report changes."""

from __future__ import annotations

import numpy as np
import pytest

from fusion.report.report import Report
from fusion_oracle.reports import report
from triwatch.v1 import track_pb2


def batch(n: int = 2) -> track_pb2.TrackBatch:
    states = np.tile([-3.1e6, 4.2e6, 3.6e6, 100.0, 0.0, 0.0], (n, 1))
    states[:, 0] += 5e4 * np.arange(n)
    return report("KOR-1", 1, 1.0, states)


def declared(n: int, rows: list[int]) -> track_pb2.TrackBatch:
    made = batch(n)
    made.sensor_kind.extend([track_pb2.SENSOR_KIND_RADAR, track_pb2.SENSOR_KIND_INFRARED])
    made.sensor_position.extend([-3.2e6, 4.2e6, 3.6e6, -3.3e6, 4.1e6, 3.6e6])
    made.tracklet_sensor.extend(rows)
    return made


def parsed(made: track_pb2.TrackBatch) -> Report:
    return Report.from_bytes(made.SerializeToString())


def test_each_row_has_the_sensor_that_it_names() -> None:
    (event,) = parsed(declared(3, [2, 0, 1])).events
    assert event.sensors.row.tolist() == [1, -1, 0]
    assert event.sensors.kind.tolist() == [1, 2]
    assert event.sensors.position[1].tolist() == [-3.3e6, 4.1e6, 3.6e6]


def test_rows_of_several_moments_keep_their_sensors() -> None:
    made = declared(3, [2, 0, 1])
    made.valid_time_ns[1] += 1_000_000_000
    first, second = parsed(made).events
    assert first.sensors.row.tolist() == [1, 0]
    assert second.sensors.row.tolist() == [-1]
    assert len(second.sensors.kind) == 2


def test_a_report_that_declares_nothing_has_no_sensor() -> None:
    (event,) = parsed(batch()).events
    assert len(event.sensors.kind) == 0
    assert event.sensors.row.tolist() == [-1, -1]


def test_a_kind_of_a_later_version_is_none_known() -> None:
    made = declared(1, [1])
    made.sensor_kind[0] = 9  # type: ignore[call-overload]
    assert parsed(made).events[0].sensors.kind.tolist() == [0, 2]


def test_what_sensors_may_be_off_by_stands_by_sensor_and_kind() -> None:
    made = declared(1, [1])
    made.sensor_platform.extend([7, 7])
    made.bias_sensor.extend([2, 1, 2])
    made.bias_kind.extend([6, 5, 5])
    made.bias_sigma.extend([100.0, 1e-3, 2e-3])
    (event,) = parsed(made).events
    assert event.sensors.platform == (7, 7)
    assert event.sensors.may == (((4, 1e-3),), ((4, 2e-3), (5, 100.0)))
    made.bias_kind[0] = 99  # type: ignore[call-overload]  # of a later version
    assert parsed(made).events[0].sensors.may == (((4, 1e-3),), ((4, 2e-3),))


def off(batch: track_pb2.TrackBatch, sensor: int, kind: int, sigma: float) -> None:
    batch.bias_sensor.append(sensor)
    batch.bias_kind.append(kind)  # type: ignore[arg-type]
    batch.bias_sigma.append(sigma)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda b: b.sensor_position.append(0.0), "sensor_position has 7 values, expected 6"),
        (lambda b: b.tracklet_sensor.append(1), "tracklet_sensor has 3 values, expected 2"),
        (lambda b: b.tracklet_sensor.__setitem__(0, 3), "names sensor 3 of 2"),
        (lambda b: b.sensor_position.__setitem__(0, float("nan")), "must be finite"),
        (lambda b: b.sensor_position.__setitem__(slice(0, 3), [1.0, 2.0, 3.0]), "Earth's centre"),
        (lambda b: b.sensor_kind.extend([1] * 70), "72 sensors; the limit is 64"),
        (lambda b: b.sensor_platform.append(1), "sensor_platform has 1 values, expected 2"),
        (lambda b: b.bias_sensor.append(1), "1, 0 and 0 values"),
        (lambda b: off(b, 3, 5, 1.0), "other than 1 to 2"),
        (lambda b: off(b, 0, 5, 1.0), "other than 1 to 2"),
        (lambda b: off(b, 1, 5, 0.0), "more than 0"),
        (lambda b: off(b, 1, 5, float("nan")), "more than 0"),
        (lambda b: [off(b, 1, 5, sigma) for sigma in (1.0, 2.0)], "twice for one sensor"),
    ],
)
def test_what_breaks_a_rule_is_said(change: object, said: str) -> None:
    made = declared(2, [1, 2])
    change(made)  # type: ignore[operator]
    fault = parsed(made).fault
    assert fault is not None
    assert said in fault.text
