"""The live tracks as columns, and where they are expected later."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from fusion.arrays import Float, Ints
from fusion.physics.extrapolate import carry
from fusion.table.names import Names
from fusion.table.tracks import Table, shown_modes

_LOWER = np.tril_indices(6)


@dataclass(frozen=True, slots=True)
class Tracks:
    """The live tracks, by ascending number; also readable by column name, ``tracks["state"]``."""

    number: Ints
    time_ns: Ints
    """(n,) each state's own time of validity, UTC ns."""
    state: Float
    """(n, 6) ECEF m, m/s."""
    covariance: Float
    """(n, 6, 6)."""
    environment: Ints
    identity: Ints
    identity_confidence: Float
    identity_conflict: NDArray[np.bool_]
    status: Ints
    mode_probability: Float
    """(n, 4) constant velocity, manoeuvre, free flight, boost."""
    process_noise: Float
    call_sign: list[str]
    contributors: list[list[str]]
    contributor_time_ns: list[list[int]]
    parent: Ints
    birth_time_ns: Ints

    def __getitem__(self, column: str) -> object:
        if column not in self.__slots__:
            raise KeyError(column)
        return getattr(self, column)

    def __len__(self) -> int:
        return len(self.number)


def live_tracks(table: Table, names: Names) -> Tracks:
    """The live tracks of a table, each at the time of its last report."""
    a, rows = table.arrays, table.live_rows()
    t = a.tracks[rows]
    full = np.empty((len(rows), 6, 6))
    full[:, _LOWER[0], _LOWER[1]] = t["covariance"]
    full[:, _LOWER[1], _LOWER[0]] = t["covariance"]
    slots = [row[:n] for row, n in zip(t["contributor"], t["contributor_count"].tolist(), strict=True)]
    nodes = names.nodes
    return Tracks(
        number=t["number"].copy(),
        time_ns=t["time_ns"].copy(),
        state=t["state"].copy(),
        covariance=full,
        environment=t["environment"].copy(),
        identity=t["identity"].copy(),
        identity_confidence=t["confidence"].copy(),
        identity_conflict=t["conflict"] != 0,
        status=t["status"].copy(),
        mode_probability=shown_modes(t),
        process_noise=t["q"].copy(),
        call_sign=[names.texts[key] for key in t["call_sign"].tolist()],
        contributors=[[nodes[k] for k in a.sources["node"][s].tolist()] for s in slots],
        contributor_time_ns=[a.sources["time_ns"][s].tolist() for s in slots],
        parent=t["parent"].copy(),
        birth_time_ns=t["birth_ns"].copy(),
    )


def carried(tracks: Tracks, time_ns: int) -> Tracks:
    """Tracks as they are expected at a time, UTC ns: state and covariance by `physics.extrapolate.carry`, in
    the arrays of ``tracks``, which are used up."""
    dt_s = np.asarray((time_ns - tracks.time_ns) * 1e-9, np.float64)
    carry(tracks.environment, tracks.state, tracks.covariance, tracks.process_noise, dt_s)
    return replace(tracks, time_ns=np.full(len(tracks), time_ns, np.int64))
