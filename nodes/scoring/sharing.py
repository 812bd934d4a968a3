"""What sharing is worth: the same launches as each nation would have seen them alone, and shared.

The recording's reports are folded again, once from every nation's own nodes alone and once from all; what
each of these pictures warns of is held against the true flights.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Annotated, Any, Final

import numpy as np

from fusion import contract
from fusion.constants import SCORED, Chosen
from fusion.physics.geodesy import Float, great_circle_range_m
from fusion.warning.flight_row import ALERT, UPDATE
from fusion.warning.news import FINAL, WarningNews
from nodes.admission import Admission
from nodes.coalition.outlines import nations
from nodes.errors import BadInput
from nodes.recording import Recording
from nodes.recording.channels import FLIGHTS, TRUTH
from nodes.scoring.alone import STEP_NS, Alone
from nodes.scoring.undersea import UnderseaWatch, is_under_water
from triwatch.v1 import exercise_pb2, warning_pb2

KNOWN_M: Final[
    Annotated[float, Chosen("m", "an impact known so well tells one city from the next", SCORED)]
] = 20e3
NEAR_M: Final[
    Annotated[
        float, Chosen("m", "A warned track is taken for the flight it is nearest to, if within this", SCORED)
    ]
] = 100e3


@dataclass(frozen=True, slots=True)
class Prediction:
    """One moment of one view of one flight."""

    after_launch_s: float
    impact_error_m: float
    ellipse_95_major_m: float
    known: bool
    """Whether the impact was known, not only the reach."""


@dataclass(slots=True)
class View:
    """What one picture, a nation's own or the shared one, made of one flight."""

    first_warning_after_launch_s: float | None = None
    launch_error_m: float | None = None
    """Of the last revision that tells a launch point."""
    predictions: list[Prediction] = field(default_factory=list)

    @property
    def impact_error_m(self) -> float | None:
        """The median error of the predicted impact after burnout; None where none was predicted."""
        errors = [p.impact_error_m for p in self.predictions if p.known]
        return float(np.median(errors)) if errors else None

    @property
    def impact_known_after_launch_s(self) -> float | None:
        """Since when the 95 % ellipse has stayed within KNOWN_M, its semi-major axis; None: it never did."""
        since_s = None
        for prediction in self.predictions:
            if not prediction.known or prediction.ellipse_95_major_m > KNOWN_M:
                since_s = None
            elif since_s is None:
                since_s = prediction.after_launch_s
        return since_s


def value_of_sharing(path: str | os.PathLike[str]) -> dict[str, dict[str, View]]:
    """By flight and view ("USA", ..., "shared"): when it was warned of and how well its impact was known.

    Flights that nobody was warned of have views without predictions. Raises BadInput where the recording
    has no truth or no reports.
    """
    recording = Recording(path)
    flights = _flights(recording)
    if not flights:
        raise BadInput(f"{recording.path} has no true flights; record an exercise in which missiles fly")
    alone = Alone(recording)
    watch = _MissileWatch(recording, flights, alone)
    for _ in alone.steps():
        watch.step()
    return watch.views()


def add_sharing(path: str | os.PathLike[str], result: dict[str, Any]) -> dict[str, dict[str, View]]:
    """Add to a result of `nodes.scoring.recording.score_recording`, where reports came: ``sharing`` if
    missiles flew, ``undersea`` if anything was seen under water; the views of missiles by flight, none where
    there is nothing to compare."""
    recording = Recording(path)
    launched = (result["score"] or {}).get("missiles", {}).get("launched")
    under_water = is_under_water(recording)
    if not (launched or under_water) or not result["reports"]["published"]:
        return {}
    alone = Alone(recording)
    missiles = _MissileWatch(recording, _flights(recording), alone) if launched else None
    undersea = UnderseaWatch(recording, alone.views) if under_water else None
    for reached_ns in alone.steps():
        if missiles is not None:
            missiles.step()
        if undersea is not None:
            undersea.step(reached_ns)
    found = undersea.figures() if undersea is not None else {}
    if found.get("contacts"):
        result["undersea"] = found
    if missiles is None:
        return {}
    views = missiles.views()
    result["sharing"] = as_json(views)
    return views


class _MissileWatch:
    """What each view warned of, while they are folded."""

    def __init__(
        self, recording: Recording, flights: dict[str, exercise_pb2.TruthFlight], alone: Alone
    ) -> None:
        self._flights = flights
        self._truth = _Truth(recording, set(flights))
        self._looks = {name: _Look(alone.members, admission) for name, admission in alone.views.items()}

    def step(self) -> None:
        """Take in what the pictures warn of now."""
        for look in self._looks.values():
            look.step(self._truth)

    def views(self) -> dict[str, dict[str, View]]:
        """By flight and view."""
        return {
            object_id: {name: look.view(object_id, flight) for name, look in self._looks.items()}
            for object_id, flight in sorted(self._flights.items())
        }


def _flights(recording: Recording) -> dict[str, exercise_pb2.TruthFlight]:
    found: dict[str, exercise_pb2.TruthFlight] = {}
    for message in recording.messages(FLIGHTS):
        for flight in exercise_pb2.TruthFlights.FromString(message.data).flight:
            found[flight.object_id] = flight
    return found


class _Truth:
    """Where the missiles were, second by second."""

    def __init__(self, recording: Recording, wanted: set[str]) -> None:
        self._at: dict[int, tuple[list[str], Float]] = {}
        for message in recording.messages(TRUTH):
            states = exercise_pb2.TruthStates.FromString(message.data)
            rows = [i for i, object_id in enumerate(states.object_id) if object_id in wanted]
            position = np.array(states.state).reshape(-1, 6)[rows, :3]
            self._at[states.time_ns // STEP_NS] = ([states.object_id[i] for i in rows], position)

    def nearest(self, time_ns: int, position_m: Float) -> str | None:
        """The missile nearest to a position at a time, to the second."""
        names, where = self._at.get(round(time_ns / STEP_NS), ([], np.zeros((0, 3))))
        if not names:
            return None
        away = np.linalg.norm(where - position_m, axis=1)
        k = int(np.argmin(away))
        return names[k] if away[k] < NEAR_M else None


class _Look:
    """One view: a picture, and what it warned of which flight."""

    def __init__(self, members: tuple[str, ...], admission: Admission) -> None:
        self._admission = admission
        outlines = nations(members)
        self._news = WarningNews(lambda _: outlines)
        self._said: dict[str, list[warning_pb2.MissileWarning]] = {}
        self._votes: dict[str, Counter[str]] = {}

    def step(self, truth: _Truth) -> None:
        """Take in what the picture warns of now."""
        picture = self._admission.picture
        if not picture.time_ns:
            return
        where = {row.number: row.watch.path.last for row in picture.missiles() if row.tracked}
        for warning in self._news.of(picture):
            if warning.finality == FINAL:
                continue
            self._said.setdefault(warning.warning_id, []).append(warning)
            sample = where.get(warning.flight.track)
            near = truth.nearest(sample.time_ns, sample.state[:3]) if sample is not None else None
            if near is not None:
                self._votes.setdefault(warning.warning_id, Counter())[near] += 1

    def view(self, object_id: str, flight: exercise_pb2.TruthFlight) -> View:
        """What was said of one flight: of its warnings, that which speaks of it most."""
        of_it = [(votes[object_id], w) for w, votes in self._votes.items() if _most(votes) == object_id]
        if not of_it:
            return View()
        said = [w for w in self._said[max(of_it)[1]] if w.status in (ALERT, UPDATE)]
        first_ns = min(self._said[warning_id][0].time_ns for _, warning_id in of_it)
        placed = [w.flight.launch for w in said if w.flight.HasField("launch")]
        return View(
            (first_ns - flight.launch_time_ns) * 1e-9,
            great_circle_range_m(
                placed[-1].lat_deg, placed[-1].lon_deg, flight.launch_lat_deg, flight.launch_lon_deg
            )
            if placed
            else None,
            [_prediction(w, flight) for w in said],
        )


def _most(votes: Counter[str]) -> str:
    return max(sorted(votes), key=lambda name: votes[name])


def _prediction(warning: Any, flight: exercise_pb2.TruthFlight) -> Prediction:
    impact = contract.fall_area(warning.flight)
    return Prediction(
        (warning.time_ns - flight.launch_time_ns) * 1e-9,
        great_circle_range_m(impact.lat_deg, impact.lon_deg, flight.impact_lat_deg, flight.impact_lon_deg),
        impact.ellipse_95_major_m,
        warning.flight.HasField("impact"),
    )


def at(view: View, after_launch_s: float) -> Prediction | None:
    """The newest prediction of a view at a time since launch."""
    before = [p for p in view.predictions if p.after_launch_s <= after_launch_s]
    return before[-1] if before else None


def as_json(flights: dict[str, dict[str, View]], every_s: float = 60.0) -> dict[str, Any]:
    """By flight and view: the first warning, the launch error, and the predictions every so often."""
    return {
        object_id: {
            name: {
                "first_warning_after_launch_s": view.first_warning_after_launch_s,
                "launch_error_m": view.launch_error_m,
                "impact_error_m": view.impact_error_m,
                "impact_known_after_launch_s": view.impact_known_after_launch_s,
                "predictions": [asdict(p) for p in _every(view, every_s)],
            }
            for name, view in views.items()
        }
        for object_id, views in flights.items()
    }


def _every(view: View, every_s: float) -> Iterator[Prediction]:
    last_s = view.predictions[-1].after_launch_s if view.predictions else 0.0
    for k in range(1, int(last_s / every_s) + 1):
        prediction = at(view, k * every_s)
        if prediction is not None:
            yield prediction


def report(flights: dict[str, dict[str, View]]) -> list[str]:
    """All flights' tables, for people."""
    lines = ["", "What sharing is worth: error of the predicted impact (95 % semi-major axis), km"]
    for object_id, views in flights.items():
        if any(view.predictions for view in views.values()):
            lines += ["", object_id, *table(views)]
    return lines


def table(views: dict[str, View], every_s: float = 60.0) -> list[str]:
    """One flight's views side by side, as lines of Markdown: impact error and 95 % semi-major axis, km."""
    names = list(views)
    last_s = max((p.after_launch_s for v in views.values() for p in v.predictions), default=0.0)
    lines = ["| since launch | " + " | ".join(names) + " |", "|---" * (len(names) + 1) + "|"]
    firsts = [v.first_warning_after_launch_s for v in views.values()]
    lines.append(
        "| first warning | " + " | ".join("never" if f is None else f"{f:.0f} s" for f in firsts) + " |"
    )
    for k in range(1, int(last_s / every_s) + 1):
        cells = [_cell(at(view, k * every_s)) for view in views.values()]
        if any(cells):
            lines.append(f"| {k * every_s:.0f} s | " + " | ".join(cells) + " |")
    return lines


def _cell(prediction: Prediction | None) -> str:
    if prediction is None:
        return ""
    if not prediction.known:
        return f"not known (within {prediction.ellipse_95_major_m / 1e3:.0f})"
    return f"{prediction.impact_error_m / 1e3:.1f} ({prediction.ellipse_95_major_m / 1e3:.1f})"
