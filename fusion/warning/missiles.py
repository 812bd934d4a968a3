"""The missiles of a picture update: its rows in space, as records."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from fusion.warning.phase import Sample
from triwatch.v1 import picture_pb2, track_pb2

_LOWER = np.tril_indices(6)


@dataclass(frozen=True, slots=True)
class Row:
    """One track of an update."""

    number: int
    parent: int
    contributors: tuple[str, ...]
    sample: Sample


def rows_in_space(update: picture_pb2.PictureUpdate, also: set[int]) -> Iterator[Row]:
    """The update's tracks in space, and those of the numbers ``also``, by ascending number."""
    wanted: list[int] = []
    if track_pb2.ENVIRONMENT_SPACE in update.environment:
        wanted = np.flatnonzero(np.asarray(update.environment) == track_pb2.ENVIRONMENT_SPACE).tolist()
    if also:
        wanted = sorted({*wanted, *(i for i, n in enumerate(update.number) if n in also)})
    if not wanted:
        return
    first = np.concatenate([[0], np.cumsum(np.asarray(update.contributor_count, dtype=np.int64))])
    for i in sorted(wanted, key=lambda i: update.number[i]):
        covariance = np.empty((6, 6))
        packed = np.array(update.covariance[21 * i : 21 * i + 21])
        covariance[_LOWER] = packed
        covariance.T[_LOWER] = packed
        yield Row(
            update.number[i],
            update.parent[i],
            tuple(update.node_id[k] for k in update.contributors[first[i] : first[i + 1]]),
            Sample(
                update.track_time_ns[i],
                np.array(update.state[6 * i : 6 * i + 6]),
                covariance,
                update.process_noise[i],
            ),
        )
