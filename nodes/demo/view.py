"""One moment of an exercise as a person is shown it: plain values, safe to hand to another thread."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import Protocol

from fusion import contract
from nodes import coalition
from nodes.demo.exercise_run import ExerciseRun
from nodes.demo.picture_comparison import Row, most_important
from nodes.demo.under_water import ContactView, SearchView, contacts, searches
from nodes.link.liveness import Life
from triwatch.v1 import picture_pb2, warning_pb2

ROWS_SHOWN = 200
"""More than any terminal has lines."""
CONTACTS_SHOWN = 3
"""Of contacts whose place is not known."""


class Show(Protocol):
    """Shows an exercise to a person."""

    def begin(self, exercise: ExerciseRun) -> None:
        """The exercise is about to start."""

    def tell(self, line: str) -> None:
        """A line that a person should read."""

    def draw(self, now_s: float) -> None:
        """Called often: show the state, where it is time to."""

    def end(self) -> None:
        """No more is to come."""


@dataclass(frozen=True, slots=True)
class NodeView:
    """One node."""

    id: str
    nation: str
    state: str
    """A Life, "starting", or "dead" where its process is."""
    tracks: int
    age_s: float | None
    """Wall seconds since it was heard."""


@dataclass(frozen=True, slots=True)
class CoreView:
    """One nation's core."""

    nation: str
    state: str
    tracks: int
    time_s: float
    """Newest scenario time in its picture."""
    final_s: float
    """Scenario time up to which its picture cannot change."""
    input_digest: str
    picture_digest: str
    late: int
    missing: int


@dataclass(frozen=True, slots=True)
class WarningView:
    """What one missile's warning says, of the nation that said it first."""

    track: int
    status: str
    time_s: float
    phase: str
    impact: tuple[float, float, float] | None
    """Latitude and longitude, degrees, and scenario seconds; None while it is not known."""
    ellipse_95_m: tuple[float, float]
    threatened: tuple[str, ...]
    by: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class View:
    """The whole."""

    title: str
    stage: str
    time_s: float
    start_ns: int
    duration_s: float
    speed: float | None
    behind_s: float
    nation: str
    """Whose picture the rows are."""
    tracks: int
    """How many tracks that has."""
    rows: tuple[Row, ...]
    """The most important of them, those first."""
    own_tracks: int | None
    """How many tracks that nation's own fuller picture has, where it has one."""
    nodes: tuple[NodeView, ...]
    cores: tuple[CoreView, ...]
    warnings: tuple[WarningView, ...]
    contacts: tuple[ContactView, ...]
    """The first of those under water whose place is not known."""
    searches: tuple[SearchView, ...]
    agreed: int
    disagreed: int
    reports: int
    missing: int
    latency_ms: tuple[float | None, float | None, float | None]
    """p50, p99 and greatest."""


def look(exercise: ExerciseRun, now_s: float) -> View:
    """The exercise as it is now."""
    plan, mirror = exercise.plan, exercise.mirror
    nation = mirror.shown if mirror.shown in mirror.pictures else next(iter(mirror.pictures))
    shown, own = mirror.pictures[nation], mirror.nationals.get(nation)
    summary = exercise.latency.summary_ms()
    return View(
        title=plan.scenario.name,
        stage=exercise.stage,
        time_s=exercise.time_s,
        start_ns=plan.scenario.start_ns,
        duration_s=plan.duration_s,
        speed=plan.speed,
        behind_s=exercise.behind_s(),
        nation=nation,
        tracks=len(shown),
        rows=tuple(most_important(shown, ROWS_SHOWN)),
        own_tracks=None if own is None else len(own),
        nodes=tuple(_node(exercise, c.id, c.nation, now_s) for c in exercise.children.nodes()),
        cores=tuple(_core(exercise, nation, now_s) for nation in mirror.pictures),
        warnings=_warnings(exercise),
        contacts=tuple(islice(contacts(shown), CONTACTS_SHOWN)),
        searches=tuple(searches(shown)),
        agreed=mirror.agreement.agreed,
        disagreed=len(mirror.agreement.disagreed),
        reports=exercise.reports,
        missing=exercise.missing,
        latency_ms=(summary["p50"], summary["p99"], summary["max"]),
    )


def _state(exercise: ExerciseRun, process_id: str, now_s: float) -> str:
    child = exercise.children.named(process_id)
    if child is None or (child.alive and child.progress is None):
        return "starting"
    if not child.alive:
        return "left" if child.dismissed else "dead"
    return exercise.liveness.state(process_id, now_s)


def _node(exercise: ExerciseRun, node_id: str, nation: str, now_s: float) -> NodeView:
    status = exercise.statuses.get(node_id)
    return NodeView(
        id=node_id,
        nation=nation,
        state=_state(exercise, node_id, now_s),
        tracks=status.tracks if status else 0,
        age_s=exercise.liveness.age_s(node_id, now_s),
    )


def _core(exercise: ExerciseRun, nation: str, now_s: float) -> CoreView:
    picture = exercise.mirror.pictures[nation]
    status = exercise.core_statuses.get(nation)
    return CoreView(
        nation=nation,
        state=_state(exercise, coalition.core_id(nation), now_s),
        tracks=len(picture),
        time_s=_seconds(exercise, picture.time_ns),
        final_s=_seconds(exercise, picture.final_time_ns),
        input_digest=picture.input_digest,
        picture_digest=picture.picture_digest,
        late=status.reports_late if status else 0,
        missing=status.reports_missing if status else 0,
    )


def _warnings(exercise: ExerciseRun) -> tuple[WarningView, ...]:
    by_id: dict[str, list[warning_pb2.MissileWarning]] = {}
    for warnings in exercise.mirror.warnings.values():
        for warning_id, warning in warnings.items():
            by_id.setdefault(warning_id, []).append(warning)
    return tuple(_warning(exercise, said) for said in by_id.values())


def _warning(exercise: ExerciseRun, said: list[warning_pb2.MissileWarning]) -> WarningView:
    newest = max(said, key=lambda w: (w.time_ns, w.revision))
    flight = newest.flight
    impact = None
    if flight.HasField("impact"):
        at = flight.impact
        impact = (at.lat_deg, at.lon_deg, _seconds(exercise, at.time_ns))
    return WarningView(
        track=flight.track,
        status=contract.word(warning_pb2.WarningStatus, newest.status),
        time_s=_seconds(exercise, newest.time_ns),
        phase=_phase(flight.phase),
        impact=impact,
        ellipse_95_m=(flight.impact.ellipse_95_major_m, flight.impact.ellipse_95_minor_m),
        threatened=tuple(newest.threatened),
        by=tuple(sorted({w.nation for w in said})),
    )


def _phase(phase: int) -> str:
    return contract.word(picture_pb2.FlightPhase, phase).replace("_", " ").lower()


def _seconds(exercise: ExerciseRun, time_ns: int) -> float:
    return (time_ns - exercise.plan.scenario.start_ns) * 1e-9 if time_ns else 0.0


LIVE = (Life.ALIVE, Life.LEFT)
"""States that need nobody's attention."""
