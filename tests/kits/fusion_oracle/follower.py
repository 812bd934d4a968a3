"""A reader of pictures, after section 9 of the wire's specification, and what it should see."""

from __future__ import annotations

from typing import Any

from triwatch.v1 import picture_pb2

_ONE = (
    "number", "track_time_ns", "environment", "identity", "identity_confidence", "identity_conflict",
    "status", "call_sign", "parent", "birth_time_ns", "quality", "process_noise",
)  # fmt: skip
_MANY = {"state": 6, "covariance": 21, "mode_probability": 4}

Row = dict[str, Any]


def rows_of(update: picture_pb2.PictureUpdate) -> dict[int, Row]:
    """An update's rows by track number; node names in place of indices."""
    n = len(update.number)
    rows: dict[int, Row] = {}
    at = 0
    for i in range(n):
        row: Row = {name: getattr(update, name)[i] for name in _ONE}
        for name, width in _MANY.items():
            row[name] = tuple(getattr(update, name)[width * i : width * (i + 1)])
        count = update.contributor_count[i]
        row["contributors"] = tuple(
            (update.node_id[update.contributors[k]], update.contributor_time_ns[k])
            for k in range(at, at + count)
        )
        at += count
        rows[row["number"]] = row
    assert len(rows) == n, "a number stands twice"
    assert at == len(update.contributors) == len(update.contributor_time_ns)
    return rows


class Follower:
    """Keeps a picture by snapshot and deltas."""

    def __init__(self) -> None:
        self.rows: dict[int, Row] = {}
        self.lineage: list[tuple[Any, ...]] = []
        self.digest = ""

    def take(self, update: picture_pb2.PictureUpdate) -> None:
        """Apply an update as the specification says."""
        if update.kind == picture_pb2.PICTURE_KIND_SNAPSHOT:
            self.rows = {}
        for number in update.removed:
            self.rows.pop(number, None)
        self.rows |= rows_of(update)
        self.lineage += [
            (r.event, r.time_ns, r.track, r.other, r.node_id, r.local_number) for r in update.lineage
        ]
        self.digest = update.picture_digest
