"""The missiles of a picture update: its rows in space, as records."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

import numpy as np

from fusion.physics.geodesy import Float
from fusion.update.decode import Update
from fusion.update.publish import Changes
from fusion.update.track_rows import Ints
from fusion.warning.phase import Sample
from triwatch.v1 import track_pb2

_LOWER = np.tril_indices(6)


@dataclass(frozen=True, slots=True)
class Row:
    """One track of an update."""

    number: int
    parent: int
    contributors: tuple[str, ...]
    sample: Sample


def wanted(number: Ints, environment: Ints, also: Collection[int] = ()) -> Ints:
    """Of n tracks those in space, and those of the numbers ``also``: as indices, by ascending number."""
    pick = environment == track_pb2.ENVIRONMENT_SPACE
    if also:
        pick |= np.isin(number, np.fromiter(also, np.int64, len(also)))
    found = np.flatnonzero(pick)
    return found[np.argsort(number[found])]


def of_interest(changes: Changes, watched: Collection[int] = ()) -> Update:
    """What warnings depend on in a picture's changes: the tracks in space and those ``watched``."""
    return changes.columns(wanted(changes.number, changes.environment, watched))


def rows_in_space(update: Update, also: Collection[int] = ()) -> Iterator[Row]:
    """The update's tracks in space, and those of the numbers ``also``, by ascending number."""
    rows = update.rows
    for i in wanted(rows["number"], rows["environment"], also).tolist():
        row = rows[i]
        sample = Sample(
            int(row["track_time_ns"]),
            row["state"].copy(),
            _unpacked(row["covariance"]),
            float(row["process_noise"]),
        )
        yield Row(int(row["number"]), int(row["parent"]), tuple(update.contributors_of(row)), sample)


def _unpacked(triangle: Float) -> Float:
    """A covariance (6, 6) from its lower triangle by rows (21,)."""
    full = np.empty((6, 6))
    full[_LOWER] = triangle
    full.T[_LOWER] = triangle
    return full
