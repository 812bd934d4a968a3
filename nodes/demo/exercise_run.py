"""One exercise from start to end: processes, time, recording, agreement."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final

from fusion.constants import OPERATION, Chosen
from nodes import coalition
from nodes.coalition import Policy
from nodes.control import clock
from nodes.control.piped_clock import Order
from nodes.demo.admissions import Admissions
from nodes.demo.alarms import Alarms
from nodes.demo.children import Child, Children
from nodes.demo.forks import Forks
from nodes.demo.latency import Latency
from nodes.demo.losses import Loss, Losses
from nodes.demo.membership import Membership
from nodes.demo.pacing import TICK_S, Pacer
from nodes.demo.picture_comparison import PictureComparison
from nodes.demo.truth import Truth
from nodes.demo.warning_words import warning_words
from nodes.link import topics
from nodes.link.codec import Received
from nodes.link.directory import Directory
from nodes.link.endpoint import Listener
from nodes.link.gaps import SequenceSet
from nodes.link.liveness import Liveness
from nodes.names import EVERY_MEMBER
from nodes.recording.recorder import Recorder
from nodes.simulation.spec import Scenario
from nodes.wording import clock_time
from triwatch.v1 import status_pb2, warning_pb2

_log = logging.getLogger("triwatch.demo")

READY_S: Final[
    Annotated[
        float,
        Chosen(
            "s",
            "wall time that processes have to come up: the first start on a machine compiles the kernels",
            OPERATION,
        ),
    ]
] = 300.0
COMPILED_S: Final[
    Annotated[float, Chosen("s", "wall time within which a core is up that has its kernels", OPERATION)]
] = 15.0
SETTLE_S: Final[
    Annotated[
        float,
        Chosen("s", "wall time that cores have after the end to come to hold the same reports", OPERATION),
    ]
] = 10.0
HURRY_S: Final[
    Annotated[float, Chosen("s", "wall time between two grants when all run as fast as they can", OPERATION)]
] = 0.005
LATER_S: Final[
    Annotated[
        float,
        Chosen(
            "s",
            "wall time that an exercise may take longer than its speed asks for before that is said",
            OPERATION,
        ),
    ]
] = 5.0
SILENT_S: Final[
    Annotated[
        float, Chosen("s", "A process that says nothing for so long no longer holds the others up", OPERATION)
    ]
] = 5.0


@dataclass(frozen=True, slots=True)
class Plan:
    """What to run."""

    scenario: Scenario
    scenario_name: str
    """As a child process can load it again."""
    duration_s: float
    speed: float | None
    """Scenario seconds a wall second; None: as fast as they can."""
    hub: str | None
    """The nation that relays everything; None: a mesh."""
    record_detections: bool
    losses: tuple[Loss, ...] = ()
    """Processes to kill on the way."""


class ExerciseRun:
    """Runs ``plan`` in the directory ``root``, recording to ``recording``.

    ``tell`` is called with one line a person should read, ``draw`` often, to show the state.
    ``forks`` starts the processes.
    """

    def __init__(
        self,
        plan: Plan,
        root: Path,
        recording: Path,
        tell: Callable[[str], None],
        draw: Callable[[float], None],
        forks: Forks,
    ) -> None:
        scenario = plan.scenario
        self.plan = plan
        self.end_ns = scenario.time_ns(plan.duration_s)
        self.membership = Membership(scenario, root, self.end_ns)
        self._forks = forks
        self.children = Children(root, forks)
        self.mirror = PictureComparison(self.policy.nations)
        self.latency = Latency()
        self.latency_by_nation: dict[str, Latency] = {}
        self.alarms = Alarms()
        self.losses = Losses()
        self.admissions = Admissions(
            self.membership, self.children, self.mirror, self._start_nation, self._released, tell
        )
        self.liveness = Liveness()
        self.statuses: dict[str, status_pb2.NodeStatus] = {}
        self.core_statuses: dict[str, status_pb2.CoreStatus] = {}
        self.pacer = Pacer(scenario.start_ns, self.end_ns, plan.speed)
        self.reports = 0
        """Reports heard."""
        self.stop = False
        """Set to end early."""
        self.stage = "starting"
        self._grant_due_s = 0.0
        self.behind_s_max = 0.0
        """The most that it was behind its wall clock, scenario seconds."""
        self.wall_s = 0.0
        """How long the exercise itself took."""
        self._root = root
        self._tell = tell
        self._draw = draw
        trust = coalition.of_reader(root)
        self._recorder = Recorder(recording, trust.coalition)
        self._truth = Truth(scenario, self._recorder.writer)
        for remark in self._truth.remarks:
            tell(remark)
        kinds = [topics.REPORT, topics.STATUS, topics.PICTURE, topics.NATIONAL]
        kinds += [topics.CORE_STATUS, topics.WARNING]
        kinds += [topics.DETECTIONS, topics.ORIGINS] if plan.record_detections else []
        self._listener = Listener(Directory(root), trust, [f"{kind}/" for kind in kinds])
        self._listener.receiver.on_again = lambda r: self._recorder.again(r, self.pacer.until_ns)
        self._listener.receiver.on_refused = lambda r: self._recorder.take(r, self.pacer.until_ns)

    def run(self) -> None:
        """Start, run to the end, settle. Whatever happens, ``close`` must follow."""
        # what they are forked from takes some seconds to load, or minutes where nothing is compiled yet
        if self._until(self._forks.ready, None):
            self._start()
        if not self._until(self._all_ready, READY_S) and not self.stop:
            self._tell(f"Not everybody is ready after {READY_S:g} s; the exercise begins without them")
        self.stage = "running"
        begin_s = clock.monotonic_s()
        self.pacer.start(clock.monotonic_ns())
        self._until(self._all_done, None)
        self.wall_s = clock.monotonic_s() - begin_s
        self._say_pace()
        self.stage = "settling"
        if not self._until(self._settled, SETTLE_S) and not self.stop:
            self._tell(f"The cores do not hold the same reports {SETTLE_S:g} s after the end")
        self.stage = "ended"
        self._draw(clock.monotonic_s())

    def close(self) -> None:
        """End every process and finish the recording."""
        self.children.stop()
        self._listener.close()
        self._recorder.close()

    @property
    def policy(self) -> Policy:
        """The newest version of the policy."""
        return self.membership.policy

    @property
    def time_s(self) -> float:
        """How far all have lived, scenario seconds, as granted."""
        return (self.pacer.until_ns - self.plan.scenario.start_ns) * 1e-9

    def behind_s(self) -> float:
        """Scenario seconds that the exercise is behind its wall clock."""
        return self.pacer.behind_s(clock.monotonic_ns()) if self.stage == "running" else 0.0

    @property
    def missing(self) -> int:
        """Messages that the recording lacks."""
        return self._listener.receiver.missing

    def streams(self) -> Iterator[tuple[topics.Topic, int, SequenceSet]]:
        """Every numbered stream that the recording follows."""
        return self._listener.receiver.repairs.streams()

    def repair_requests(self) -> int:
        """How often the recorder had to ask for something again."""
        return self._listener.receiver.repairs.requested

    def write_facts(self, facts: dict[str, object]) -> None:
        """Write into the recording what only the run itself knows."""
        self._recorder.writer.metadata(facts)

    def recording_failure(self) -> str | None:
        """Why the recording ends before the exercise does, in one line; None where it does not."""
        writer = self._recorder.writer
        if writer.failure is None:
            return None
        lacking = f"{writer.unrecorded} messages are not in {writer.path}"
        return f"the recording stopped early: {writer.failure}; {lacking}"

    def agreed(self) -> bool:
        """Whether every nation's core lives that is meant to, and all pictures agree."""
        lived = all(c.alive or c.dismissed for c in self.children.cores())
        return lived and self.mirror.same_now() and self.admissions.agreed

    def _start(self) -> None:
        first, *others = self.policy.nations
        self._start_core(first)
        for node in self.policy.nodes:
            self._start_node(node.id, node.nation)
        # the others come when the first has its kernels, which it may have to compile for all of them
        if not self._until(self._cores_ready, COMPILED_S) and not self.stop:
            self._tell("The kernels are compiled, once on this machine; it takes a minute or two")
            self._until(self._cores_ready, READY_S)
        for nation in others:
            self._start_core(nation)

    def _cores_ready(self) -> bool:
        return all(c.progress is not None or not c.alive for c in self.children.cores())

    def _start_nation(self, nation: str) -> None:
        """Start all processes of a nation that joins."""
        self._start_core(nation)
        for node_id in self.membership.nodes_of(nation):
            self._start_node(node_id, nation)

    def _start_node(self, node_id: str, nation: str) -> None:
        arguments = ["--id", node_id, "--scenario", self.plan.scenario_name]
        arguments += ["--duration", repr(self.plan.duration_s), "--seed", str(self.plan.scenario.seed)]
        child = self.children.start("node", node_id, nation, *arguments)
        self._listener.wake_on(child.stdout)

    def _start_core(self, nation: str) -> None:
        hub = ["--hub", self.plan.hub] if self.plan.hub else []
        child = self.children.start("core", coalition.core_id(nation), nation, "--nation", nation, *hub)
        self._listener.wake_on(child.stdout)

    def _until(self, done: Callable[[], bool], within_s: float | None) -> bool:
        """Turn until ``done``, an early end, or ``within_s`` wall seconds have passed."""
        end_s = None if within_s is None else clock.monotonic_s() + within_s
        while not self.stop:
            self._turn()
            if done():
                return True
            if end_s is not None and clock.monotonic_s() >= end_s:
                return False
        return False

    def _turn(self) -> None:
        self._listener.wait(TICK_S)
        now_s = clock.monotonic_s()
        self._listener.look(now_s)
        for received in self._listener.receiver.receive(now_s):
            self._take(received, now_s)
        for dead in self.children.watch():
            self._listener.forget(dead.stdout)
            self._say_death(dead)
        if self.stage == "running":
            self._lose(now_s)
            self.admissions.turn(self.pacer.until_ns, now_s)
            self._grant(now_s)
            self.behind_s_max = max(self.behind_s_max, self.behind_s())
            self._truth.write_to(min(self.pacer.until_ns, self.end_ns))
        self._draw(now_s)

    def _take(self, received: Received, now_s: float) -> None:
        kind, message = received.topic.kind, received.message
        self.reports += kind == topics.REPORT
        if kind == topics.PICTURE:
            now_ns = clock.monotonic_ns()
            for clock_ns in received.clock_ns[1:]:
                self.latency.add(now_ns - clock_ns)
                self.latency_by_nation.setdefault(message.nation, Latency()).add(now_ns - clock_ns)
            if len(received.clock_ns) > 1:
                self.losses.moved(message.nation, now_s)
            self.mirror.take_picture(message)
        elif kind == topics.NATIONAL:
            self.mirror.take_national(message)
        elif kind == topics.STATUS:
            leaving = message.state == status_pb2.NODE_STATE_LEAVING
            self.liveness.received(message.node_id, now_s, leaving)
            self.statuses[message.node_id] = message
        elif kind == topics.CORE_STATUS and received.topic.stream == EVERY_MEMBER:
            self.liveness.received(coalition.core_id(message.nation), now_s)
            self.core_statuses[message.nation] = message
        elif kind == topics.WARNING:
            since_the_start = all(message.nation != late.nation for late in self.admissions.accessions)
            if since_the_start and received.clock_ns:
                self.alarms.receive(message.warning_id, message.nation, received.clock_ns[0])
            if self.mirror.take_warning(message):
                self._say_warning(message)
        self._recorder.take(received, self.pacer.until_ns)

    def _grant(self, now_s: float) -> None:
        if now_s < self._grant_due_s:
            return
        self._grant_due_s = now_s + (TICK_S if self.plan.speed else HURRY_S)
        slowest_ns = min(self._progress(now_s), default=self.end_ns)
        until_ns = self.pacer.grant(clock.monotonic_ns(), slowest_ns, self.admissions.hold_ns)
        self.children.order(Order(until_ns=until_ns))

    def _lose(self, now_s: float) -> None:
        """Kill what is to be lost by now."""
        for loss in self.plan.losses:
            child = self.children.named(loss.id)
            if child is None or child.dismissed or self.time_s < loss.at_s:
                continue
            child.kill()
            child.dismissed = True
            core = child.role == "core"
            self.losses.lose(loss, now_s, child.nation if core else "")
            if core:
                self.mirror.dismiss(child.nation)
            self._tell(f"{clock_time(self.pacer.until_ns)}: {child.id} is lost, as planned")

    def _progress(self, now_s: float) -> Iterator[int]:
        """How far each process is that holds the others up."""
        scenario = self.plan.scenario
        specs = {n.id: n for n in scenario.nodes}
        done = {c.id for c in self.children.nodes() if c.node is not None and c.node.done}
        lived_ns = {c.id: c.node.time_ns for c in self.children.nodes() if c.node is not None}
        # who is silent says nothing that a core could wait for
        silent = {
            node_id
            for node_id, time_ns in lived_ns.items()
            if specs[node_id].silent((time_ns - scenario.start_ns) * 1e-9)
        }
        for child in self.children.all:
            if not child.alive or child.dismissed or now_s - child.progress_s > SILENT_S:
                continue
            if child.node is not None and child.id not in done:
                yield child.node.time_ns
            elif child.core is not None:
                for node_id in self._released(child) - done - silent:
                    spec = specs[node_id]
                    heard_ns = child.core.received.get(node_id, scenario.time_ns(spec.joins_s))
                    # what the node's link delays is not there yet when the node has lived so far
                    yield heard_ns + round(spec.delay_s * 1e9)

    def _released(self, core: Child) -> set[str]:
        """The living nodes whose reports a core may have."""
        living = {c.id for c in self.children.nodes() if c.alive}
        return {n.id for n in self.policy.released_to(core.nation)} & living

    def _all_ready(self) -> bool:
        """Everybody who lives has spoken, and every core hears every node that it may."""
        return all(
            c.progress is not None and (c.core is None or self._released(c) <= set(c.core.received))
            for c in self.children.all
            if c.alive
        )

    def _all_done(self) -> bool:
        return all(c.node is not None and c.node.done for c in self.children.nodes() if c.alive)

    def _settled(self) -> bool:
        """Every core has everything of everybody, so has the recording, and all that must agree do."""
        now_s = clock.monotonic_s()
        for child in self.children.all:
            if child.progress is not None:
                for topic, last in child.progress.published.items():
                    self._listener.receiver.announce(topic, child.progress.incarnation, last, now_s)
        return (
            self._listener.receiver.missing == 0
            and all(self._complete(c) for c in self.children.cores() if c.alive)
            and self.mirror.same_now()
        )

    def _complete(self, core: Child) -> bool:
        """Whether a core says that it has every report of every living node up to its last word."""
        said = core.core
        return said is not None and said.missing == 0 and self._released(core) <= set(said.left)

    def _say_death(self, dead: Child) -> None:
        if dead.dismissed:
            return
        self._tell(f"{dead.id} is gone: {dead.why()}; the others go on")
        for line in dead.tail():
            self._tell(f"  {dead.id}: {line}")

    def _say_pace(self) -> None:
        """Whether the exercise kept to its clock."""
        speed = self.plan.speed
        later_s = self.wall_s - self.plan.duration_s / speed if speed else 0.0
        if later_s > LATER_S and not self.stop:
            self._tell(f"{later_s:.0f} s later than x{speed:g} asks; the machine is busy")

    def _say_warning(self, warning: warning_pb2.MissileWarning) -> None:
        self._tell(f"{clock_time(warning.time_ns)}: {warning_words(warning)}")
