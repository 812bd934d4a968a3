"""One node's own tracks, followed through its recorded reports."""

from __future__ import annotations

from typing import Any

import numpy as np

from fusion import contract
from fusion.update.track_rows import Ints, Records, TrackRows, rows_of
from triwatch.v1 import track_pb2


class NodeTracks:
    """A node's tracks as it last told them: a report that comes late tells nothing that a newer one told.

    A node that starts anew counts its tracks anew.
    """

    def __init__(self) -> None:
        self._tracks = TrackRows()
        self._incarnation = 0
        self._ended: set[int] = set()

    @property
    def rows(self) -> Records:
        """(n,) of `fusion.update.track_rows.ROW`, numbered as the node does: a view."""
        return self._tracks.rows

    def take(self, incarnation: int, rows: Records, status: Ints) -> None:
        """Take in what `read_rows` found in a report."""
        if incarnation < self._incarnation:
            return
        if incarnation > self._incarnation:
            self._incarnation = incarnation
            self._tracks.clear()
            self._ended.clear()
        fresh = np.array([self._is_news(row) for row in rows], np.bool_)
        self._tracks.put(rows[fresh])
        ended = rows["number"][status == track_pb2.TRACK_STATUS_TERMINATED].tolist()
        self._tracks.remove(ended)
        self._ended.update(ended)

    def _is_news(self, row: np.void) -> bool:
        number = int(row["number"])
        held = self._tracks.row(number)
        return number not in self._ended and (held is None or row["track_time_ns"] >= held["track_time_ns"])


def read_rows(batch: track_pb2.TrackBatch) -> tuple[Records, Ints]:
    """A report's rows and their status, enumerations as this version knows them.

    Raises ValueError where the columns do not fit each other or hold what is no number.
    """
    n = len(batch.local_number)
    rows = rows_of(
        n,
        number=_column(batch, "local_number", 1, n),
        track_time_ns=_column(batch, "valid_time_ns", 1, n),
        state=_column(batch, "state", 6, n),
        covariance=_column(batch, "covariance", 21, n),
        environment=contract.known_column(track_pb2.Environment, _column(batch, "environment", 1, n)),
    )
    if len(batch.identity):
        rows["identity"] = contract.known_column(track_pb2.Identity, _column(batch, "identity", 1, n))
    if len(batch.process_noise):
        rows["process_noise"] = _column(batch, "process_noise", 1, n)
    if len(np.unique(rows["number"])) < n or (rows["track_time_ns"] < 1).any():
        raise ValueError("a track twice, or without a time")
    if not all(np.isfinite(rows[name]).all() for name in ("state", "covariance", "process_noise")):
        raise ValueError("what is told is no number")
    return rows, contract.known_column(track_pb2.TrackStatus, _column(batch, "status", 1, n))


def _column(batch: Any, name: str, width: int, n: int) -> Any:
    values = np.asarray(getattr(batch, name))
    if len(values) != width * n:
        raise ValueError(f"column {name} has {len(values)} values, expected {width * n}")
    return values.reshape(n, width) if width > 1 else values
