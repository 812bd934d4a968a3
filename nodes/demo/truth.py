"""The exercise's truth into its recording: every second's states, and once the missiles' flights."""

from __future__ import annotations

from typing import Annotated, Final

from fusion.constants import OPERATION, Chosen
from nodes.recording import Writer
from nodes.simulation.spec import Scenario
from nodes.simulation.truth import FlightTruth, Snapshot, World
from triwatch.v1 import exercise_pb2

PERIOD_S: Final[Annotated[float, Chosen("s", "how often the truth is written", OPERATION)]] = 1.0


class Truth:
    """Writes what is true as the exercise goes on."""

    def __init__(self, scenario: Scenario, writer: Writer, world: World | None = None) -> None:
        self._scenario = scenario
        self._world = World(scenario) if world is None else world
        self.remarks = tuple(self._world.remarks)
        """What of the scenario's recorded files is not used, for a person."""
        self._writer = writer
        self._written = -1
        flights = [truth_flight(scenario, f) for f in self._world.flights()]
        writer.flights(exercise_pb2.TruthFlights(flight=flights), scenario.start_ns)

    def write_to(self, time_ns: int) -> None:
        """Write every whole second up to ``time_ns`` that is not written yet."""
        last = int((time_ns - self._scenario.start_ns) * 1e-9 / PERIOD_S)
        while self._written < last:
            self._written += 1
            snapshot = self._world.at(self._written * PERIOD_S)
            states = truth_states(self._scenario.time_ns(snapshot.time_s), snapshot)
            self._writer.truth(states, states.time_ns)


def truth_states(time_ns: int, snapshot: Snapshot) -> exercise_pb2.TruthStates:
    """One moment of the world as the contract has it."""
    return exercise_pb2.TruthStates(
        time_ns=time_ns,
        object_id=snapshot.object_id,
        state=snapshot.state.ravel().tolist(),
        environment=snapshot.environment.tolist(),
        identity=snapshot.identity.tolist(),
        boosting=snapshot.boosting.tolist(),
    )


def truth_flight(scenario: Scenario, flight: FlightTruth) -> exercise_pb2.TruthFlight:
    """One ballistic object's launch and impact as the contract has them."""
    return exercise_pb2.TruthFlight(
        object_id=flight.object_id,
        launch_time_ns=scenario.time_ns(flight.launch_s),
        launch_lat_deg=flight.launch_lat_deg,
        launch_lon_deg=flight.launch_lon_deg,
        impact_time_ns=scenario.time_ns(flight.impact_s),
        impact_lat_deg=flight.impact_lat_deg,
        impact_lon_deg=flight.impact_lon_deg,
        burnout_time_ns=scenario.time_ns(flight.burnout_s),
        parent_object_id=flight.parent_object_id,
    )
