"""Any bytes are a Report whose columns are protobuf's to the bit, or a ReportError."""

from __future__ import annotations

import pytest

from column_oracle import same
from fusion.report.report import NoReport, Report, ReportError
from fuzz_kit import fuzzed
from messages import full_batch, minimal_batch
from triwatch.v1 import track_pb2

SAMPLES = [minimal_batch().SerializeToString(), full_batch().SerializeToString()]


def holds(data: bytes) -> None:
    try:
        report = Report.from_bytes(data)
    except NoReport:
        return
    except ReportError:
        report = None
    same(data, len(track_pb2.TrackBatch.FromString(data).local_number))
    if report is not None:
        assert report.payload == data
        assert report.fault is None or not report.events
        assert sorted(set(report.times_ns)) == list(report.times_ns)
        rows = sum(len(event.local_number) + len(event.lines.contact) for event in report.events)
        assert report.fault is not None or rows == report.rows


def test_samples_are_reports() -> None:
    assert all(Report.from_bytes(sample).fault is None for sample in SAMPLES)


test_holds = pytest.mark.slow(fuzzed(holds, SAMPLES, 1000))
