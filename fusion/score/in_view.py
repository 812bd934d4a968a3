"""When the coalition sees an object: only then does it count for or against anybody.

Between detections at most ``VIEW_S`` apart, from whatever sensor, and between two of one sensor at most
``VIEW_LOOKS`` of its periods apart.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Final

import numpy as np

from fusion.arrays import Bools, Ints
from fusion.constants import SCORED, Chosen
from fusion.score.centralised import Detections
from fusion.score.tables import Assigned, Shown, Truth

VIEW_S: Final[
    Annotated[
        float,
        Chosen(
            "s",
            "longest time between two detections of an object that counts as seeing it: some scans of "
            "a slow sensor",
            SCORED,
        ),
    ]
] = 30.0
VIEW_LOOKS: Final[
    Annotated[
        float,
        Chosen(
            "1",
            "so many periods of a sensor that looks more seldom than every ``VIEW_S`` / ``VIEW_LOOKS``",
            SCORED,
        ),
    ]
] = 3.0


def seen_in(truth: Truth, detections: Detections) -> Bools:
    """(k, m) where the coalition sees what is there, by its detections."""
    seen_ns = detections.time_ns[detections.scan]
    return _in_view(truth, seen_ns, detections.object, VIEW_S) | _in_slow_view(truth, detections)


def seen_by_tracks(truth: Truth, tracks: Iterable[tuple[Shown, Assigned]]) -> Bools:
    """(k, m) where the coalition sees what is there, by its nodes' tracks: where no detections are known."""
    times, objects = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    for shown, assigned in tracks:
        hit = assigned.object >= 0
        times.append(truth.time_ns[shown.instant[hit]])
        objects.append(assigned.object[hit])
    return _in_view(truth, np.concatenate(times), np.concatenate(objects), VIEW_S)


def _in_slow_view(truth: Truth, detections: Detections) -> Bools:
    """(k, m) one sensor saw the object before and after, at most ``VIEW_LOOKS`` of its periods apart."""
    view = np.zeros(truth.in_view.shape, np.bool_)
    if detections.sensor is None or detections.period_s is None:
        return view
    for sensor in np.unique(detections.sensor):
        scans = detections.sensor == sensor
        longest_s = VIEW_LOOKS * float(detections.period_s[scans].max())
        if longest_s > VIEW_S:
            mine = scans[detections.scan]
            seen_ns = detections.time_ns[detections.scan[mine]]
            view |= _in_view(truth, seen_ns, detections.object[mine], longest_s)
    return view


def _in_view(truth: Truth, seen_ns: Ints, seen_object: Ints, longest_s: float) -> Bools:
    """(k, m) the object was seen at that instant, or before and after it at most ``longest_s`` apart."""
    view = np.zeros(truth.in_view.shape, np.bool_)
    order = np.lexsort((seen_ns, seen_object))
    objects = len(truth.object_id)
    edges = np.searchsorted(seen_object[order], np.arange(objects + 1))
    for j in range(objects):
        times = seen_ns[order[edges[j] : edges[j + 1]]]
        if len(times):
            before = np.searchsorted(times, truth.time_ns, side="right") - 1
            after = np.searchsorted(times, truth.time_ns, side="left")
            inside = (before >= 0) & (after < len(times))
            gap_ns = times[np.minimum(after, len(times) - 1)] - times[before]
            view[:, j] = inside & (gap_ns <= longest_s * 1e9)
    return view
