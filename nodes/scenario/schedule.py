"""The working day of a node: its scans and reports in the order of time."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from nodes.scenario.sensors import Sensor
from nodes.scenario.spec import Node, Scenario


@dataclass(frozen=True, slots=True, order=True)
class Event:
    """One thing that a node does at one time."""

    time_s: float
    order: int
    """The sensor's index for a scan; after all of them, for a report, their number."""
    is_report: bool


def node_schedule(node: Node, sensors: Sequence[Sensor], scenario: Scenario) -> Iterator[Event]:
    """Scans from joining (included) to leaving (excluded), and reports after joining up to leaving
    (included), at whole multiples of the report period. At one time, scans come before the report."""
    leaves_s = min(scenario.duration_s, scenario.duration_s if node.leaves_s is None else node.leaves_s)

    def scans(sensor: Sensor) -> Iterator[Event]:
        return (Event(t, sensor.index, False) for t in sensor.times_s(node.joins_s, leaves_s))

    def reports() -> Iterator[Event]:
        number = int(node.joins_s / node.report_period_s) + 1
        while (time_s := number * node.report_period_s) <= leaves_s:
            yield Event(time_s, len(sensors), True)
            number += 1

    return heapq.merge(*(scans(s) for s in sensors), reports())
