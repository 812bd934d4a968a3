"""One nation's core as a process: hear, fold, publish."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from math import inf
from pathlib import Path
from typing import Protocol

from fusion import Picture
from fusion.warm import warm_fold
from fusion.warning.warm import warm_warning
from nodes import clock, coalition
from nodes.coalition import Policy
from nodes.core.intake import Intake
from nodes.core.outlet import Outlet
from nodes.errors import BadInput
from nodes.exercise import Conductor, CoreProgress
from nodes.link.directory import Directory, Endpoint
from nodes.link.liveness import HEARTBEAT_S
from nodes.link.station import Station
from nodes.recorder import Recorder
from triwatch.v1 import picture_pb2, warning_pb2

ASK_S = 2.0
"""How often a core asks its neighbours after nodes that it does not hear."""
TELL_S = 0.02

SILENCE_NS = 30_000_000_000
"""A node that does not say how far it has come holds the all-clear back for so long."""

Flights = Callable[[], Iterable[picture_pb2.Flight]]
"""What is known of the missiles in the picture, as of the last assessment."""


class Assess(Protocol):
    """What a core warns of."""

    def __call__(
        self, picture: Picture, update: picture_pb2.PictureUpdate
    ) -> Iterable[warning_pb2.MissileWarning]:
        """After an update of its picture: it is given every update, once and in order."""

    def pass_time(self, time_ns: int) -> Iterable[warning_pb2.MissileWarning]:
        """When the nodes' time has come so far, whether or not the picture changed."""


class CoreProcess:
    """Runs one nation's core in the coalition directory ``root``, under ``conductor``.

    ``hub`` is the nation that relays everything, where the topology has one.
    """

    def __init__(
        self,
        root: Path,
        policy: Policy,
        nation: str,
        conductor: Conductor,
        *,
        hub: str | None = None,
        record: Path | None = None,
        assess: Assess | None = None,
        flights: Flights | None = None,
    ) -> None:
        self.policy = policy
        for code in (nation, hub or nation):
            if code not in self.policy.nations:
                raise BadInput(
                    f"{code} is no member of the coalition in {root}: {', '.join(self.policy.nations)}"
                )
        self._recorder = Recorder(record) if record else None
        self._nation = nation
        self._hub = hub
        self._conductor = conductor
        self._assess = assess
        self._flights = flights
        warm_fold()
        warm_warning()
        incarnation = coalition.next_incarnation(root, coalition.core_id(nation))
        self.picture = Picture(expected=frozenset(n.id for n in self.policy.released_to(nation)))
        self.station = Station(
            Directory(root), coalition.core_id(nation), "core", nation, choose=self._choose
        )
        self.intake = Intake(self.station, self.picture, self.policy, nation)
        self.outlet = Outlet(self.station, self.picture, self.intake, nation, incarnation, self._recorder)
        self._incarnation = incarnation
        self.station.requests.snapshot = self.outlet.snapshot
        self.station.wake_on(conductor.wake_fd)
        self._status_due_s = 0.0
        self._ask_due_s = 0.0
        self._asked = 0
        self._told: tuple[int, ...] = ()
        self._told_s = 0.0
        self._tell_due_s = 0.0

    def run(self) -> None:
        """Serve until told to stop."""
        self._show()
        self.station.register()
        while not self._conductor.stop:
            self._conductor.acknowledge()
            now_s = clock.monotonic_s()
            self._turn(now_s)
            due_s = min(self._status_due_s, self._tell_due_s)
            self.station.wait(max(0.0, due_s - clock.monotonic_s()))

    def close(self) -> None:
        """Leave the link and finish the recording."""
        self.station.close(in_a_hurry=self._conductor.exercise)
        if self._recorder:
            self._recorder.close()

    def summary(self) -> dict[str, object]:
        """What this core holds, in the words of the scorecard."""
        return {
            "nation": self._nation,
            "reports": self.outlet.counts(),
            "tracks": len(self.picture.tracks()),
            "input_digest": self.picture.input_digest(),
            "picture_digest": self.picture.digest(),
            "final_time_ns": self.picture.final_time_ns,
        }

    def _turn(self, now_s: float) -> None:
        """Take in all that has come, show it at once, then the rest of the duties."""
        self.station.look(now_s)
        for received in self.station.receiver.receive(now_s):
            if self._hub == self._nation:
                self.station.publisher.relay(received)
            if self.intake.take(received) and self._recorder:
                self._recorder.take(received, max(self.picture.time_ns, 1))
        if self.intake.fresh:
            self._show()
        if now_s >= self._status_due_s:
            self._status_due_s = now_s + HEARTBEAT_S
            if self.picture.final_time_ns != self.outlet.final_time_ns:
                self._show()
            self.outlet.publish_status()
            self._pass_time()
        if now_s >= self._ask_due_s:
            self._ask_due_s = now_s + ASK_S
            self._ask_after_the_unheard()
        self.station.serve()
        if self._conductor.exercise:
            self._tell(now_s)

    def _show(self) -> None:
        """Publish the picture, then what it warns of: the picture must not wait for that."""
        update = self.outlet.publish_picture(self._flights() if self._flights else ())
        if self._assess is not None:
            for warning in self._assess(self.picture, update):
                self.outlet.publish_warning(warning)

    def _pass_time(self) -> None:
        """Let warnings end whose missile nobody reports any more: that alone makes no new picture."""
        heard = sorted(status.time_ns for status in self.intake.heard.values())
        if self._assess is None or not heard:
            return
        spoken_ns = min(self.picture.spoken_time_ns, heard[-1])
        for warning in self._assess.pass_time(max(spoken_ns, heard[(len(heard) - 1) // 2] - SILENCE_NS)):
            self.outlet.publish_warning(warning)

    def _choose(self, endpoints: dict[str, Endpoint]) -> dict[str, Endpoint]:
        """Whom to hear. Under a hub: the hub alone; while there is none, the nation's own nodes."""
        if self._hub in (None, self._nation):
            return endpoints
        hub = coalition.core_id(str(self._hub))
        if hub in endpoints:
            return {hub: endpoints[hub]}
        return {i: e for i, e in endpoints.items() if e.role == "node" and e.nation == self._nation}

    def _ask_after_the_unheard(self) -> None:
        """A node that left before this core came is known to a neighbour, with its last word."""
        cores = sorted(e.id for e in self.station.receiver.peers.values() if e.role == "core")
        if not cores:
            return
        self._asked += 1
        for node_id in self.intake.unheard():
            self.station.receiver.ask_status(cores[self._asked % len(cores)], node_id)

    def _tell(self, now_s: float) -> None:
        """Tell the launcher how far this core is, when that has changed and not too often."""
        news = (self.intake.statuses, self.station.receiver.missing, *self.outlet.published.values())
        self._tell_due_s = inf
        if news == self._told:
            return
        if now_s < self._told_s + TELL_S:
            self._tell_due_s = self._told_s + TELL_S
            return
        self._told, self._told_s = news, now_s
        self._conductor.report(
            CoreProgress(
                heard={node_id: status.time_ns for node_id, status in self.intake.heard.items()},
                left=self.intake.left(),
                missing=self.station.receiver.missing,
                counts=self.outlet.counts(),
                input_digest=self.outlet.input_digest,
                picture_digest=self.outlet.picture_digest,
                time_ns=self.picture.time_ns,
                final_time_ns=self.picture.final_time_ns,
                published=self.outlet.published,
                incarnation=self._incarnation,
            )
        )
