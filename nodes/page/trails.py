"""Where each track has been: bounded, and thinned with age, so that a reload finds the trails again."""

from __future__ import annotations

from array import array

import numpy as np
from numpy.typing import NDArray

from fusion.update.track_rows import Records
from nodes.page.rows import Rows
from triwatch.v1 import page_pb2

_WIDTH = 4
"""Numbers a point: time ns (to a quarter of a microsecond), x, y, z km."""


class Trails:
    """At most ``limit`` points a track: when full, every other point of the older half goes."""

    def __init__(self, limit: int = 240) -> None:
        self._limit = limit
        self._points: dict[int, array[float]] = {}

    def add(self, rows: Records) -> None:
        """Note where tracks are."""
        points = np.empty((len(rows), _WIDTH))
        points[:, 0] = rows["track_time_ns"]
        points[:, 1:] = rows["state"][:, :3] * 1e-3
        for number, point in zip(rows["number"].tolist(), points.tolist(), strict=True):
            trail = self._points.get(number)
            if trail is None:
                self._points[number] = array("d", point)
            elif trail[-_WIDTH] < point[0]:
                trail.extend(point)
                if len(trail) > self._limit * _WIDTH:
                    self._points[number] = _thinned(trail)

    def keep(self, rows: Rows) -> None:
        """Forget every track that is not in the picture."""
        for number in [n for n in self._points if n not in rows.table]:
            del self._points[number]

    def of(self, rows: Rows, until_ns: int, limit: int = 240) -> list[page_pb2.Trail]:
        """The trails of the tracks in a picture up to a time, at most ``limit`` points each."""
        trails = []
        for number in rows.table.rows["number"].tolist():
            points = _table(array("d", self._points.get(number, ())))
            points = points[points[:, 0] <= until_ns]
            points = points[:: -(-len(points) // limit) or 1]
            if len(points):
                time_ns = points[:, 0].astype(np.uint64).tolist()
                position = points[:, 1:].ravel().tolist()
                trails.append(page_pb2.Trail(number=number, position=position, time_ns=time_ns))
        return trails


def _table(trail: array[float]) -> NDArray[np.float64]:
    return np.frombuffer(trail).reshape(-1, _WIDTH) if trail else np.empty((0, _WIDTH))


def _thinned(trail: array[float]) -> array[float]:
    points = _table(trail)
    half = len(points) // 2
    return array("d", np.concatenate([points[:half:2], points[half:]]).tobytes())
