"""Where each track has been: bounded, and thinned with age, so that a reload finds the trails again."""

from __future__ import annotations

import numpy as np

from nodes.page.rows import Rows
from triwatch.v1 import page_pb2

Point = tuple[int, float, float, float]


class Trails:
    """At most ``limit`` points a track: when full, every other point of the older half goes."""

    def __init__(self, limit: int = 240) -> None:
        self._limit = limit
        self._points: dict[int, list[Point]] = {}

    def add(self, rows: Rows) -> None:
        """Note where every track of the picture is."""
        km = rows.position() * 1e-3
        times = rows.track_time_ns.tolist()
        for number, time_ns, (x, y, z) in zip(rows.number.tolist(), times, km.tolist(), strict=True):
            points = self._points.setdefault(number, [])
            if points and points[-1][0] >= time_ns:
                continue
            points.append((time_ns, x, y, z))
            if len(points) > self._limit:
                half = len(points) // 2
                self._points[number] = points[:half:2] + points[half:]

    def keep(self, rows: Rows) -> None:
        """Forget every track that is not in the picture."""
        here = set(rows.number.tolist())
        for number in [n for n in self._points if n not in here]:
            del self._points[number]

    def of(self, rows: Rows, until_ns: int, limit: int = 240) -> list[page_pb2.Trail]:
        """The trails of the tracks in a picture up to a time, at most ``limit`` points each."""
        trails = []
        for number in rows.number.tolist():
            points = [p for p in list(self._points.get(number, ())) if p[0] <= until_ns]
            points = points[:: -(-len(points) // limit) or 1]
            if points:
                flat = np.array([p[1:] for p in points]).ravel()
                trails.append(
                    page_pb2.Trail(number=number, position=flat.tolist(), time_ns=[p[0] for p in points])
                )
        return trails
