"""How each sensor's estimated biases came about: what the page draws, thinned as it grows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final

from fusion.constants import OPERATION, Chosen
from triwatch.v1 import page_pb2, picture_pb2

_POINTS_MAX: Final[
    Annotated[int, Chosen("1", "points of a history; of more every second older one is deleted", OPERATION)]
] = 240

_Point = tuple[int, tuple[float, ...], tuple[float, ...]]


class BiasHistory:
    """Of every sensor of one nation's picture."""

    def __init__(self) -> None:
        self.version = 0
        self._points: dict[tuple[str, int], list[_Point]] = {}

    def copy(self) -> BiasHistory:
        """An independent one."""
        twin = BiasHistory()
        twin.version = self.version
        twin._points = {sensor: list(points) for sensor, points in self._points.items()}
        return twin

    def take(self, time_ns: int, told: Sequence[picture_pb2.SensorBias]) -> None:
        """What a picture told at a time; what it told of later times before is of a past that was undone."""
        if not told:
            return
        self.version += 1
        for one in told:
            points = self._points.setdefault((one.node_id, one.sensor), [])
            while points and points[-1][0] >= time_ns:
                points.pop()
            values = (*one.bias, *one.declared_bias), (*one.sigma, *one.declared_sigma)
            if points and len(points[-1][1]) != len(values[0]):
                points.clear()  # another sensor now: its node declares something else of it
            points.append((time_ns, *values))
            if len(points) > _POINTS_MAX:
                del points[1 : _POINTS_MAX // 2 : 2]

    def messages(self) -> list[page_pb2.BiasHistory]:
        """One a sensor, in the order of node and number."""
        return [
            page_pb2.BiasHistory(
                node_id=node_id,
                sensor=sensor,
                time_ns=[time_ns for time_ns, _, _ in points],
                bias=[value for _, bias, _ in points for value in bias],
                sigma=[value for _, _, sigma in points for value in sigma],
            )
            for (node_id, sensor), points in sorted(self._points.items())
        ]


def true_biases(facts: Mapping[str, Any]) -> list[page_pb2.TrueBias]:
    """What a recording's metadata know of an exercise's sensors: by node, a row a sensor, of nine or, before
    there were so many kinds, of four. Clocks are told against their mean, as pictures tell them."""
    clocks = [rows[0][3] for rows in facts.values() if rows]
    common = sum(clocks) / len(clocks) if clocks else 0.0
    return [
        page_pb2.TrueBias(node_id=node_id, sensor=number, bias=[*row[:3], row[3] - common, *row[4:]])
        for node_id, rows in sorted(facts.items())
        for number, row in enumerate(rows, 1)
    ]
