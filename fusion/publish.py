"""The picture as PictureUpdate messages: the whole of it, or what changed since the last."""

from __future__ import annotations

import numpy as np

from fusion.geodesy import Float
from fusion.tracks import LINEAGE, LINEAGE_COUNT, Arrays, Ints, Records, shown_modes
from triwatch.v1 import picture_pb2

_POSITION = (0, 2, 5)
_QUALITY_M2 = np.array([100.0 * 4.0**k for k in range(15)])
"""Mean position variances up to which the quality is 15, 14, ... 1: a sigma of 10 m, and each doubling."""


def track_quality(covariance: Float) -> Ints:
    """Track quality 0 to 15 from packed covariances (n, 21), as ``proto/README.md`` has it.

    15 is a position known to 10 m (root of the mean variance over the three axes), one less for every
    doubling of that.
    """
    variance = covariance[:, _POSITION].sum(axis=1) / 3.0
    doublings: Ints = np.searchsorted(_QUALITY_M2, variance, side="left").astype(np.int64)
    return len(_QUALITY_M2) - doublings


def fill_columns(
    update: picture_pb2.PictureUpdate, a: Arrays, rows: Ints, nodes: list[str], text: dict[int, str]
) -> None:
    """The columns of an update from rows of the track table."""
    t = a.tracks[rows]
    counts = t["contributor_count"]
    within = np.arange(t["contributor"].shape[1]) < counts[:, None]
    slots = t["contributor"][within]
    update.node_id.extend(nodes)
    update.number.extend(t["number"].tolist())
    update.track_time_ns.extend(t["time_ns"].tolist())
    update.state.extend(t["state"].ravel().tolist())
    update.covariance.extend(t["covariance"].ravel().tolist())
    update.environment.extend(t["environment"].tolist())
    update.identity.extend(t["identity"].tolist())
    update.identity_confidence.extend(t["confidence"].tolist())
    update.identity_conflict.extend((t["conflict"] != 0).tolist())
    update.status.extend(t["status"].tolist())
    update.contributor_count.extend(counts.tolist())
    update.contributors.extend(a.sources["node"][slots].tolist())
    update.contributor_time_ns.extend(a.sources["time_ns"][slots].tolist())
    update.mode_probability.extend(shown_modes(t["mode_probability"]).ravel().tolist())
    update.call_sign.extend([text[key] for key in t["call_sign"].tolist()])
    update.parent.extend(t["parent"].tolist())
    update.birth_time_ns.extend(t["birth_ns"].tolist())
    update.quality.extend(track_quality(t["covariance"]).tolist())
    update.process_noise.extend(t["q"].tolist())


class Feed:
    """What a follower of the picture has been told so far."""

    def __init__(self) -> None:
        self._number = np.zeros(0, np.int64)
        self._digest = np.zeros((0, 2), np.uint64)
        self._lineage: Records = np.zeros(0, LINEAGE)
        self._untold: Records = np.zeros(0, LINEAGE)
        self._told = 0
        self._followed = False

    def changed(self, a: Arrays, rows: Ints) -> tuple[Ints, list[int]]:
        """Rows whose track differs from what was last told, and the numbers that are gone; then all is told.

        ``rows`` are the live tracks by ascending number.
        """
        number, digest = a.numbers[rows], a.tracks["digest"][rows]
        at = np.searchsorted(self._number, number)
        known = at < len(self._number)
        known[known] = self._number[at[known]] == number[known]
        same = known.copy()
        same[known] = (self._digest[at[known]] == digest[known]).all(axis=1)
        gone = self._number[~np.isin(self._number, number)].tolist()
        self._number, self._digest = number.copy(), digest.copy()
        return rows[~same], gone

    def new_lineage(self, a: Arrays, base: int) -> Records:
        """Lineage records not told yet; what a rollback rewrote is told again.

        ``base`` is how many records of the past the table has let go of.
        """
        records = a.lineage[: int(a.globals[LINEAGE_COUNT])].copy()
        told = self._lineage[max(0, base - self._told) :]
        common = min(len(told), len(records))
        differ = np.flatnonzero(told[:common] != records[:common])
        first = int(differ[0]) if len(differ) else common
        new = np.concatenate([self._untold, records[first:]])
        self._lineage, self._told, self._followed = records, base, True
        self._untold = new[:0]
        return new

    def keep_lineage(self, a: Arrays, base: int) -> None:
        """Set aside what is not told yet, before the table lets go of it; arguments as for `new_lineage`."""
        if self._followed:
            self._untold = self.new_lineage(a, base)


def fill_lineage(update: picture_pb2.PictureUpdate, records: Records, nodes: list[str]) -> None:
    """Lineage records into an update."""
    for event, time_ns, track, other, node, local_number in records.tolist():
        update.lineage.add(
            event=event,
            time_ns=time_ns,
            track=track,
            other=other,
            node_id=nodes[node] if node >= 0 else "",
            local_number=local_number,
        )
