"""Nodes that fall silent, links that delay, clocks that are fast."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from nodes.errors import BadInput
from nodes.lab import run
from nodes.lab.run import prepared
from nodes.sensing.scan import Scan
from nodes.sensor_node.simulated import simulated_node
from nodes.simulation.biases import true_biases
from nodes.simulation.spec import Scenario
from nodes.simulation.truth import World

NODE = "KOR-AEW"


def lived(scenario: Scenario) -> tuple[list[tuple[int, Any]], list[tuple[int, list[Any]]]]:
    """What a node says, each with when; and its heartbeats at every second."""
    node = simulated_node(scenario, NODE)
    said, words = [], []
    for second in range(int(scenario.duration_s) + 1):
        said += [(node.time_ns, event) for event in node.advance(scenario.time_ns(second))]
        words.append((node.time_ns, node.statuses()))
    return said, words


def changed(**keys: Any) -> Scenario:
    values = {f"nodes.{NODE}.{key}": value for key, value in keys.items()}
    return prepared("crossing", set={"scenario.duration_s": 40.0, **values})


def test_a_silent_node_says_nothing_and_then_goes_on() -> None:
    scenario = changed(silent_s=[[10.0, 20.0], [30.0, 35.0]])
    said, words = lived(scenario)
    times = [(t - scenario.start_ns) * 1e-9 for t, _ in said]
    assert not any(10.0 <= t < 20.0 or 30.0 <= t < 35.0 for t in times)
    assert any(20.0 <= t < 30.0 for t in times)
    quiet = [(t - scenario.start_ns) / 1e9 for t, statuses in words if not statuses]
    assert quiet == [*np.arange(10.0, 20.0), *np.arange(30.0, 35.0)]
    numbers = [event.sequence for _, event in said if not isinstance(event, Scan)]
    assert numbers == list(range(1, len(numbers) + 1))


def test_a_link_that_delays_brings_the_same_reports_later() -> None:
    delay_s = 3.3
    at_once, late = (lived(changed(delay_s=d)) for d in (0.0, delay_s))
    first = [event for _, event in at_once[0] if not isinstance(event, Scan)]
    second = [(t, event) for t, event in late[0] if not isinstance(event, Scan)]
    assert [e.SerializeToString() for e in first] == [e.SerializeToString() for _, e in second]
    end_ns = changed().time_ns(40.0)
    for time_ns, event in second:
        assert time_ns == min(event.sent_time_ns + round(delay_s * 1e9), end_ns)
    for time_ns, statuses in late[1]:
        for status in statuses:
            sent = [e for t, e in second if t <= time_ns]
            assert status.punctuation[0].last_sequence == len(sent)
            coming = [e.sent_time_ns for _, e in second[len(sent) :]]
            assert all(at > status.punctuation[0].low_watermark_ns for at in coming)


def test_a_late_picture_ends_as_the_one_in_time() -> None:
    """Delays change when, not what: the same reports in the end, the same digests."""
    one, other = (run(changed(delay_s=d), record_detections=False).result for d in (0.0, 4.0))
    assert one["pictures"] == other["pictures"]
    assert other["reports"]["late"] > 0


def test_a_fast_clock_stamps_what_was_seen_before() -> None:
    scenario = changed(bias_clock_s=2.5)
    said, _ = lived(scenario)
    plain, _ = lived(changed())
    scans, before = ([e for _, e in events if isinstance(e, Scan)] for events in (said, plain))
    assert len(scans) > 3
    for scan, was in zip(scans, before, strict=False):
        assert scan.time_ns == was.time_ns + 2_500_000_000
        assert np.array_equal(scan.measurement, was.measurement)
    assert World(scenario).at(1.0).object_id


def test_a_clock_that_drifts_stamps_every_scan_by_what_it_is_off_then() -> None:
    """0.1 s fast at first, 10 ms a second more from 4 s on, until 14 s: what is seen is what was there."""
    drifting = changed(bias_clock_s=0.1, clock_course=[[4.0, 0.0], [14.0, 0.1]])
    said, _ = lived(drifting)
    plain, _ = lived(changed())
    scans, before = ([e for _, e in events if isinstance(e, Scan)] for events in (said, plain))
    start_ns = drifting.start_ns
    assert len(scans) > 5
    for scan, was in zip(scans, before, strict=False):
        t_s = (was.time_ns - start_ns) * 1e-9
        fast_s = 0.1 + 0.01 * min(max(t_s - 4.0, 0.0), 10.0)
        assert scan.time_ns - was.time_ns == pytest.approx(1e9 * fast_s, abs=2)
        assert np.allclose(scan.measurement, was.measurement, rtol=0.0, atol=1e-3)
    (node,) = (n for n in drifting.nodes if n.clock_course)
    assert true_biases(drifting)[node.id][0][3] == pytest.approx(0.2)


@pytest.mark.parametrize(
    ("key", "value", "says"),
    [
        ("silent_s", [[20.0, 10.0]], r"silent_s\[0\]: expected a start and a later end"),
        ("silent_s", [[5.0, 10.0], [8.0, 12.0]], r"silent_s\[1\]: expected a start and a later end, after"),
        ("silent_s", [[5.0]], "silent_s"),
        ("delay_s", -1.0, "delay_s"),
        ("delay_s", 1e4, "delay_s"),
        ("bias_clock_s", 100.0, "bias_clock_s"),
        ("clock_course", [[5.0, 0.0], [5.0, 0.1]], r"clock_course\[1\]\[0\]: times must increase"),
        ("clock_course", [[5.0, 0.0], [6.0, -1.0]], r"clock_course\[1\]: its clock would run backwards"),
    ],
)
def test_what_cannot_be_is_said(key: str, value: Any, says: str) -> None:
    with pytest.raises(BadInput, match=says):
        changed(**{key: value})
