"""Where everything really is: the exercise's world, a pure function of the scenario."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fusion.physics.geodesy import Float
from nodes.errors import BadInput
from nodes.simulation.ballistic import Body, fly_missile
from nodes.simulation.knots import Bundle, Trajectory
from nodes.simulation.recorded import find_recording, recorded_traffic
from nodes.simulation.spec import Ballistic, ObjectSpec, Scenario, Waypoints
from nodes.simulation.synthetic import synthetic_paths
from nodes.simulation.waypoints import USUAL, waypoint_path
from triwatch.v1 import track_pb2
from triwatch.v1.track_pb2 import ENVIRONMENT_SPACE


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Every object that exists at one moment, n of them."""

    time_s: float
    object_id: tuple[str, ...]
    state: Float
    """(n, 6) ECEF m, m/s."""
    environment: NDArray[np.int64]
    """(n,) values of triwatch.v1.Environment."""
    identity: NDArray[np.int64]
    """(n,) values of triwatch.v1.Identity."""
    boosting: NDArray[np.bool_]
    """(n,) engine burning."""
    call_sign: tuple[str, ...]
    noise_db: Float | None = None
    """(n,) by how much louder each is under water than the contacts that sonars are declared for; None: all
    alike."""
    echo_db: Float | None = None
    """(n,) by how much stronger its echo is; None: all alike."""


@dataclass(frozen=True, slots=True)
class FlightTruth:
    """Launch and impact of one ballistic object; times are scenario seconds."""

    object_id: str
    launch_s: float
    launch_lat_deg: float
    launch_lon_deg: float
    impact_s: float
    impact_lat_deg: float
    impact_lon_deg: float
    burnout_s: float
    parent_object_id: str


class World:
    """All objects of a scenario.

    Raises BadInput, with file and key, where a flight is impossible or a recording is missing.
    """

    def __init__(self, scenario: Scenario) -> None:
        self.remarks: list[str] = []
        """What of the scenario's recorded files is not used and why, a line each, for a person."""
        self._things: list[_Thing] = []
        self._flights: list[FlightTruth] = []
        for i, spec in enumerate(scenario.objects):
            try:
                self._add(spec, scenario)
            except BadInput as error:
                raise BadInput(f"{scenario.file}: objects[{i}].{error}") from None
        seen: set[str] = set()
        for thing in self._things:
            if thing.object_id in seen:
                raise BadInput(f"{scenario.file}: two objects come to have the id {thing.object_id}")
            seen.add(thing.object_id)
        self._bundle = Bundle([thing.path for thing in self._things])
        self._burnout_s = np.array([thing.burnout_s for thing in self._things], dtype=float)
        self._environment = np.array([t.environment for t in self._things], dtype=np.int64)
        self._identity = np.array([t.identity for t in self._things], dtype=np.int64)
        self._levels = {i: t.levels for i, t in enumerate(self._things) if t.levels is not None}

    def _add(self, spec: ObjectSpec, scenario: Scenario) -> None:
        identity = track_pb2.Identity.Value(f"IDENTITY_{spec.identity}")
        if isinstance(spec, Ballistic):
            for body in fly_missile(spec):
                self._things.append(
                    _Thing(body.object_id, body.path, ENVIRONMENT_SPACE, identity, "", body.burnout_s)
                )
                self._flights.append(_flight(spec, body))
            return
        environment = track_pb2.Environment.Value(f"ENVIRONMENT_{spec.environment}")
        if isinstance(spec, Waypoints):
            path = waypoint_path(spec.waypoints, spec.turns_as or USUAL[spec.environment])
            thing = _Thing(spec.id, path, environment, identity, spec.call_sign)
            plain = not (spec.noise_db or spec.noise_course or spec.echo_db)
            self._things.append(thing if plain else replace(thing, levels=spec))
            return
        file = find_recording(spec.file, Path(scenario.file).parent)
        if file is not None:
            traffic = recorded_traffic(spec, file, scenario.start_ns, scenario.duration_s)
            paths = traffic.paths
            self.remarks += traffic.remarks
        elif spec.synthetic is not None:
            paths = synthetic_paths(spec, spec.synthetic, scenario.seed)
        else:
            raise BadInput(
                f"file: {spec.file} is neither beside the scenario nor in the folder TRIWATCH_DATA names"
            )
        for object_id, path in paths.items():
            self._things.append(_Thing(f"{spec.id}/{object_id}", path, environment, identity, ""))

    def at(self, t_s: float) -> Snapshot:
        """The objects that exist ``t_s`` seconds into the scenario, in a fixed order."""
        alive, state = self._bundle.at(t_s)
        things = [self._things[i] for i in alive]
        return Snapshot(
            time_s=t_s,
            object_id=tuple([thing.object_id for thing in things]),
            state=state,
            environment=self._environment[alive],
            identity=self._identity[alive],
            boosting=t_s < self._burnout_s[alive],
            call_sign=tuple([thing.call_sign for thing in things]),
            noise_db=self._decibels(alive, lambda thing: thing.noise_at(t_s)),
            echo_db=self._decibels(alive, lambda thing: thing.echo_db),
        )

    def _decibels(self, alive: NDArray[np.int64], level: Callable[[Waypoints], float]) -> Float | None:
        """(n,) of those that exist; None where nobody has any but 0."""
        if not self._levels:
            return None
        return np.array([level(self._levels[i]) if i in self._levels else 0.0 for i in alive.tolist()])

    def flights(self) -> tuple[FlightTruth, ...]:
        """Every ballistic object of the scenario, parents before what they release."""
        return tuple(self._flights)


@dataclass(frozen=True, slots=True)
class _Thing:
    """One object of the world."""

    object_id: str
    path: Trajectory
    environment: int
    identity: int
    call_sign: str
    burnout_s: float = -np.inf
    levels: Waypoints | None = None
    """What says how loud it and its echo are; None: it is as all are."""


def _flight(spec: Ballistic, body: Body) -> FlightTruth:
    return FlightTruth(
        object_id=body.object_id,
        launch_s=spec.launch_s,
        launch_lat_deg=spec.launch_lat_deg,
        launch_lon_deg=spec.launch_lon_deg,
        impact_s=body.impact_s,
        impact_lat_deg=body.impact_lat_deg,
        impact_lon_deg=body.impact_lon_deg,
        burnout_s=body.burnout_s,
        parent_object_id=body.parent_object_id,
    )
