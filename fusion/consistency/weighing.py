"""A node's word weighed in the fold: what its covariances are multiplied by before anything is done with
them.

Windows are those of registration and end by the reports' own times, so a report that comes late takes back,
with all that came after it, what followed from the windows that it lies in or before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from fusion.arrays import Float, Ints
from fusion.consistency.agreement import judge
from fusion.consistency.confirmation import alone, confirmed
from fusion.consistency.estimate import Consistency, Word, with_words
from fusion.contract import ENVIRONMENTS
from fusion.registration.window import end_ns, window_of
from fusion.report.report import Event
from fusion.table.tracks import Table


def weigh(table: Table, event: Event, nodes: Sequence[str]) -> Float | None:
    """(n,) by what the covariances of an event's rows are to be multiplied; None where all are believed.

    ``nodes`` are the names that the table's sources point into. Ends the windows that are over.
    """
    known = table.consistency.value
    window = int(window_of(event.key.valid_time_ns))
    if window > known.window:
        known = _ended(table, known, window, nodes)
        table.consistency.put(known)
    if not np.count_nonzero(known.doubted):
        return None
    factors = np.ones(ENVIRONMENTS)
    for word, factor in zip(known.words, known.factor(), strict=True):
        if word.node_id == event.key.node_id:
            factors[word.environment] = factor
    weighed = factors[event.environment]
    return weighed if (weighed != 1.0).any() else None


def _ended(table: Table, known: Consistency, window: int, nodes: Sequence[str]) -> Consistency:
    """What is known once the window that is being gathered is over."""
    if known.window == 0:
        return replace(known, window=window)
    known, index = _heard(table, known, nodes)
    evidence, scale, since = known.evidence.copy(), known.scale.copy(), known.since.copy()
    doubted, mean, samples = known.doubted.copy(), known.mean.copy(), known.samples.copy()
    judge(table.arrays, known.window, index, known.factor(), evidence, scale, since, doubted, mean, samples)
    sensors = table.registration.value
    number = {node_id: k for k, node_id in enumerate(nodes)}
    node_of = np.array([number[sensor.node_id] for sensor in sensors.sensors], np.int64)
    expected, unconfirmed = confirmed(
        table.arrays,
        known.window,
        int(end_ns(known.window)),
        index,
        sensors.layout,
        node_of,
        len(known.words),
    )
    return replace(
        known,
        window=window,
        evidence=evidence,
        scale=scale,
        since=since,
        doubted=doubted,
        mean=mean,
        samples=samples,
        expected=expected,
        unconfirmed=unconfirmed,
        alone=alone(expected, unconfirmed),
    )


def _heard(table: Table, known: Consistency, nodes: Sequence[str]) -> tuple[Consistency, Ints]:
    """With the words of all sources that are paired; and each word's place by node and environment."""
    a = table.arrays
    sources = a.sources[a.sources["seen"] == 1]
    both = np.unique(sources["node"] * ENVIRONMENTS + sources["environment"])
    words = sorted(Word(nodes[k // ENVIRONMENTS], k % ENVIRONMENTS) for k in both.tolist())
    held = set(known.words)
    known = with_words(known, [word for word in words if word not in held])
    index = np.full((len(nodes), ENVIRONMENTS), -1)
    number = {node_id: k for k, node_id in enumerate(nodes)}
    for place, word in enumerate(known.words):
        if word.node_id in number:
            index[number[word.node_id], word.environment] = place
    return known, index
