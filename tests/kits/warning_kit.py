"""Flights and pictures for the tests of warnings."""

from __future__ import annotations

from functools import lru_cache
from typing import cast

import numpy as np

from fusion.table.flights import FlightRows
from fusion.update.decode import Update, read_update
from fusion.warning.areas import Nations
from fusion.warning.flight_row import FlightRow
from fusion.warning.fold_flights import Lineage, Moment, SpaceTrack, fold_flights
from fusion.warning.news import WarningNews
from fusion.warning.phase import Sample
from nodes.simulation.ballistic import Body, fly_missile
from nodes.simulation.knots import Bundle
from nodes.simulation.spec import Ballistic
from triwatch.v1 import picture_pb2, track_pb2, warning_pb2

START_NS = 1_719_446_400_000_000_000
LAUNCH = (39.9, 125.2)
LOWER = np.tril_indices(6)


@lru_cache
def flight(apogee_km: float, range_km: float, azimuth_deg: float = 75.0, **more: float) -> tuple[Body, ...]:
    """A missile's bodies, launched at 0 s."""
    spec = Ballistic(
        id="M1",
        launch_s=0.0,
        launch_lat_deg=LAUNCH[0],
        launch_lon_deg=LAUNCH[1],
        azimuth_deg=azimuth_deg,
        apogee_km=apogee_km,
        range_km=range_km,
        **more,  # type: ignore[arg-type]
    )
    return tuple(fly_missile(spec))


def at(body: Body, t_s: float) -> np.ndarray:
    """State (6,) of a body."""
    return Bundle([body.path]).at(t_s)[1][0]


class Tracks:
    """Writes picture updates of tracks that see the truth with a given error."""

    def __init__(self, sigma_m: float = 60.0, sigma_mps: float = 6.0, seed: int = 1) -> None:
        self.sigma = np.repeat([sigma_m, sigma_mps], 3)
        self.rng = np.random.default_rng(seed)
        self.sequence = 0

    def update(
        self,
        t_s: float,
        states: dict[int, np.ndarray],
        burning: frozenset[int] = frozenset(),
        snapshot: bool = False,
        removed: tuple[int, ...] = (),
        nodes: dict[int, tuple[str, ...]] | None = None,
        parents: dict[int, int] | None = None,
        environment: int = track_pb2.ENVIRONMENT_SPACE,
        lineage: tuple[picture_pb2.Lineage, ...] = (),
    ) -> Update:
        """The update of one moment; ``states`` are true states by track number."""
        self.sequence += 1
        time_ns = START_NS + round(t_s * 1e9)
        node_ids = sorted({n for names in (nodes or {}).values() for n in names} | {"KOR-1"})
        kind = picture_pb2.PICTURE_KIND_SNAPSHOT if snapshot else picture_pb2.PICTURE_KIND_DELTA
        u = picture_pb2.PictureUpdate(
            kind=kind,
            time_ns=time_ns,
            sequence=self.sequence,
            node_id=node_ids,
            removed=removed,
            lineage=lineage,
        )
        for number, state in sorted(states.items()):
            names = (nodes or {}).get(number, ("KOR-1",))
            u.number.append(number)
            u.track_time_ns.append(time_ns)
            u.state.extend(state + self.sigma * self.rng.standard_normal(6))
            u.covariance.extend(np.diag(self.sigma**2)[LOWER])
            u.environment.append(environment)
            u.process_noise.append(3000.0 if number in burning else 1e-3)
            u.parent.append((parents or {}).get(number, 0))
            u.contributor_count.append(len(names))
            u.contributors.extend(node_ids.index(n) for n in names)
        return read_update(u)


class Board:
    """Flights and warnings of a succession of pictures, as the fold makes them of its tracks."""

    def __init__(self, nations: Nations) -> None:
        self.rows = FlightRows()
        self._news = WarningNews(lambda _: nations)
        self._live: set[int] = set()
        self._time_ns = 0

    final_time_ns = 0

    def missiles(self, time_ns: int = 0) -> list[FlightRow]:
        """As a picture's."""
        rows = [cast(FlightRow, self.rows[number]) for number in sorted(self.rows)]
        return [row.passed(time_ns) for row in rows if row.missile]

    def row(self, number: int) -> FlightRow:
        """A track's."""
        return cast(FlightRow, self.rows[number])

    def step(self, update: Update) -> list[warning_pb2.MissileWarning]:
        """Take in a picture, and what it calls for to be said."""
        tracks = []
        for row in update.rows:
            number = int(row["number"])
            self._live.add(number)
            if row["environment"] == track_pb2.ENVIRONMENT_SPACE or number in self.rows:
                full = np.empty((6, 6))
                full[LOWER] = row["covariance"]
                full.T[LOWER] = row["covariance"]
                sample = Sample(
                    int(row["track_time_ns"]), row["state"].copy(), full, float(row["process_noise"])
                )
                nodes = tuple(update.contributors_of(row))
                tracks.append(SpaceTrack(number, int(row["parent"]), nodes, sample))
        self._live -= set(update.removed.tolist())
        second_ns = update.time_ns // 10**9 * 10**9
        moment = Moment(
            update.time_ns,
            tracks,
            [Lineage(e.event, e.track, e.other, (hash(e.node_id), e.local_number)) for e in update.lineage],
            second_ns if second_ns > self._time_ns else 0,
            frozenset(self._live),
        )
        self._time_ns = max(self._time_ns, second_ns)
        fold_flights(self.rows, moment)
        return self._news.of(self)
