"""What the flights see of one event: the tracks in space that it moved, and what became of tracks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Final, cast

import numpy as np

from fusion.arrays import Float
from fusion.constants import WARNED, Chosen
from fusion.contract import SPACE
from fusion.pairing.certainty import noise_and_off
from fusion.pairing.event import Reports
from fusion.table.digest import kept_digest
from fusion.table.tracks import Table
from fusion.warning.flight_row import FlightRow
from fusion.warning.fold_flights import Lineage, Moment, SpaceTrack, fold_flights
from fusion.warning.phase import Sample

_SECOND_NS = 1_000_000_000
NEAREST_M: Final[
    Annotated[
        float, Chosen("m", "nearer the Earth's centre nothing flies: below the ground at the poles", WARNED)
    ]
] = 6.3e6
FARTHEST_M: Final[Annotated[float, Chosen("m", "farther from it no missile flies", WARNED)]] = 5.0e7
FASTEST_MPS: Final[
    Annotated[float, Chosen("m/s", "faster than anything that stays near the Earth", WARNED)]
] = 2.0e4
VAGUEST_M2: Final[
    Annotated[
        float, Chosen("m²", "variance of position of a track of which nothing can be said: 1,000 km", WARNED)
    ]
] = 1.0e12
VAGUEST_M2PS2: Final[Annotated[float, Chosen("m²/s²", "the same of velocity: 10 km/s", WARNED)]] = 1.0e8
_LOWER = np.tril_indices(6)


@dataclass(frozen=True, slots=True)
class SpaceEvent:
    """How far the table was before an event."""

    swept_s: int
    lineage: int

    @classmethod
    def of(cls, table: Table) -> SpaceEvent:
        """Now."""
        return cls(table.count("swept_s"), table.count("lineage"))


def flight_rows(table: Table) -> list[FlightRow]:
    """The table's flights by track number."""
    return [cast(FlightRow, table.flights[number]) for number in sorted(table.flights)]


def fold_space(
    table: Table, reports: Reports, before: SpaceEvent, nodes: Sequence[str]
) -> Sequence[FlightRow]:
    """Fold what an event did to tracks in space into their flights; after the event itself. The rows revised.

    A revision keeps the digest of the picture that made it, in which it itself is.
    """
    flights = table.flights
    if not flights and not np.count_nonzero(reports.environment == SPACE):
        return ()
    a, now = table.arrays, SpaceEvent.of(table)
    swept = now.swept_s > before.swept_s
    moment = Moment(
        time_ns=reports.time_ns,
        tracks=_tracks(table, reports, nodes),
        lineage=[
            Lineage(event, track, other, (node, local))
            for event, _, track, other, node, local in a.lineage[before.lineage : now.lineage].tolist()
        ],
        second_ns=now.swept_s * _SECOND_NS if swept else 0,
        live=frozenset(a.numbers[np.isin(a.numbers, list(flights))].tolist()) if swept else frozenset(),
    )
    revised = fold_flights(flights, moment)
    if revised:
        digest = kept_digest(
            a,
            flights,
            table.registration,
            table.consistency,
            table.heard,
            table.searches,
        )
        for number in revised:
            flights.put(replace(cast(FlightRow, flights[number]), picture_digest=digest))
    return [cast(FlightRow, flights[number]) for number in revised]


def _tracks(table: Table, reports: Reports, nodes: Sequence[str]) -> list[SpaceTrack]:
    a = table.arrays
    rows = np.unique(a.sources["track"][reports.slot])
    found = []
    for row in rows[rows >= 0].tolist():
        number, track = int(a.numbers[row]), a.tracks[row : row + 1]
        if number == 0 or (track["environment"][0] != SPACE and number not in table.flights):
            continue
        if not _says_something(track["state"][0], track["covariance"][0]):
            continue
        slots = track["contributor"][0][: int(track["contributor_count"][0])]
        found.append(
            SpaceTrack(
                number,
                int(track["parent"][0]),
                tuple(nodes[k] for k in a.sources["node"][slots].tolist()),
                Sample(
                    int(track["time_ns"][0]),
                    track["state"][0].copy(),
                    *_covariances(table, row, float(track["q"][0])),
                ),
            )
        )
    return sorted(found, key=lambda one: one.number)


def _covariances(table: Table, row: int, process_noise: float) -> tuple[Float, float, Float | None]:
    """Covariance, process noise and bias of a `Sample`."""
    whole = _unpacked(table.arrays.tracks["covariance"][row])
    noise, off = noise_and_off(table.arrays, row)
    return (noise, process_noise, whole - noise + off) if off.any() else (whole, process_noise, None)


def _says_something(state: Float, triangle: Float) -> bool:
    """Whether a state (6,) can be that of something that flies, known well enough to say where it goes."""
    away2 = state[0] * state[0] + state[1] * state[1] + state[2] * state[2]
    fast2 = state[3] * state[3] + state[4] * state[4] + state[5] * state[5]
    place = max(triangle[0], triangle[2], triangle[5])
    speed = max(triangle[9], triangle[14], triangle[20])
    near = NEAREST_M * NEAREST_M < away2 < FARTHEST_M * FARTHEST_M
    return bool(near and fast2 < FASTEST_MPS * FASTEST_MPS and place < VAGUEST_M2 and speed < VAGUEST_M2PS2)


def _unpacked(triangle: Float) -> Float:
    """A covariance (6, 6) from its lower triangle by rows (21,)."""
    full = np.empty((6, 6))
    full[_LOWER] = triangle
    full.T[_LOWER] = triangle
    return full
