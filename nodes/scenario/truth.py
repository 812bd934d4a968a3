"""Where everything really is: the exercise's world, a pure function of the scenario."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fusion.geodesy import Float
from nodes.scenario.ballistic import fly_missile
from nodes.scenario.path import Bundle, Path
from nodes.scenario.recorded import recorded_paths
from nodes.scenario.spec import Ballistic, Recorded, Scenario
from nodes.scenario.waypoints import waypoint_path
from triwatch.v1 import track_pb2


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
    """All objects of a scenario. Raises BadInput where a flight is impossible or a file is missing."""

    def __init__(self, scenario: Scenario) -> None:
        self._object_id: list[str] = []
        self._environment: list[int] = []
        self._identity: list[int] = []
        self._call_sign: list[str] = []
        self._burnout_s: list[float] = []
        self._flights: list[FlightTruth] = []
        paths: list[Path] = []

        def add(
            object_id: str, path: Path, environment: str, identity: str, call_sign: str, burnout_s: float
        ) -> None:
            paths.append(path)
            self._object_id.append(object_id)
            self._environment.append(track_pb2.Environment.Value(f"ENVIRONMENT_{environment}"))
            self._identity.append(track_pb2.Identity.Value(f"IDENTITY_{identity}"))
            self._call_sign.append(call_sign)
            self._burnout_s.append(burnout_s)

        for spec in scenario.objects:
            if isinstance(spec, Ballistic):
                for body in fly_missile(spec):
                    add(body.object_id, body.path, "SPACE", spec.identity, "", body.burnout_s)
                    self._flights.append(
                        FlightTruth(
                            body.object_id,
                            spec.launch_s,
                            spec.launch_lat_deg,
                            spec.launch_lon_deg,
                            body.impact_s,
                            body.impact_lat_deg,
                            body.impact_lon_deg,
                            body.burnout_s,
                            body.parent_object_id,
                        )
                    )
            elif isinstance(spec, Recorded):
                for object_id, path in recorded_paths(spec, scenario.folder).items():
                    add(f"{spec.id}/{object_id}", path, spec.environment, spec.identity, "", -np.inf)
            else:
                path = waypoint_path(spec.waypoints, spec.environment)
                add(spec.id, path, spec.environment, spec.identity, spec.call_sign, -np.inf)
        self._bundle = Bundle(paths)

    def at(self, t_s: float) -> Snapshot:
        """The objects that exist ``t_s`` seconds into the scenario."""
        alive, state = self._bundle.at(t_s)
        return Snapshot(
            time_s=t_s,
            object_id=tuple(self._object_id[i] for i in alive),
            state=state,
            environment=np.array([self._environment[i] for i in alive], dtype=np.int64),
            identity=np.array([self._identity[i] for i in alive], dtype=np.int64),
            boosting=np.array([t_s < self._burnout_s[i] for i in alive], dtype=np.bool_),
            call_sign=tuple(self._call_sign[i] for i in alive),
        )

    def flights(self) -> tuple[FlightTruth, ...]:
        """Every ballistic object of the scenario, parents before their children."""
        return tuple(self._flights)
