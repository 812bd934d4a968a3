"""One run of a scenario in this process, scored."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nodes.errors import BadInput
from nodes.lab.exercise import LocalExercise
from nodes.lab.overrides import override
from nodes.lab.tracks import picture_at, track_table
from nodes.recording import Recording
from nodes.simulation import loader
from nodes.simulation.spec import Scenario

if TYPE_CHECKING:
    import pandas


@dataclass(frozen=True)
class Run:
    """What came of one run."""

    scenario: Scenario
    """As it was run."""
    result: dict[str, Any]
    """With the keys of ``triwatch demo --json``."""
    recording: Recording
    _folder: tempfile.TemporaryDirectory[str] | None = None
    """Where the recording lies, if nobody named a file: it goes with this object."""

    def tracks(self, t_s: float, nation: str | None = None) -> pandas.DataFrame:
        """The picture ``t_s`` seconds into the scenario, a row a track (`nodes.lab.tracks.track_table`).

        ``nation`` says whose; none given, that of the first member: all show the same. Raises BadInput for a
        time outside the exercise, a nation without a picture, or without pandas.
        """
        if not 0.0 <= t_s <= self.scenario.duration_s:
            raise BadInput(f"tracks: expected 0 to {self.scenario.duration_s:g} s, got {t_s:g}")
        time_ns = self.scenario.time_ns(t_s)
        return track_table(picture_at(self.recording, nation or self.scenario.members[0], time_ns), time_ns)


def run(
    scenario: Scenario | str | Path,
    seed: int | None = None,
    set: Mapping[str, Any] | None = None,
    *,
    record: str | Path | None = None,
    record_detections: bool = True,
    tell: Callable[[int], None] = lambda _: None,
) -> Run:
    """Run a scenario in this process, as fast as it goes, and score it.

    ``scenario`` is a built-in's name, a file or a scenario; ``seed`` takes the place of its own; ``set``
    changes single keys, as in ``{"nodes.KOR-1.leaves_s": 200, "scenario.duration_s": 60}``. The recording is
    written to ``record``, or lives as long as the result. ``tell`` is given each scenario time
    reached, UTC ns. Raises BadInput.
    """
    from nodes.scoring.recording import score_recording

    plan = prepared(scenario, seed, set)
    folder = None
    if record is None:
        folder = tempfile.TemporaryDirectory(prefix="triwatch-lab-")
        record = Path(folder.name) / "recording.mcap"
    path = Path(record)
    with tempfile.TemporaryDirectory(prefix="triwatch-lab-") as root:
        exercise = LocalExercise(plan, Path(root), path, record_detections)
        try:
            exercise.run(tell)
        finally:
            exercise.close()
    shown = {"pictures": exercise.cores.pictures(), "national_pictures": exercise.cores.nationals()}
    return Run(plan, score_recording(path) | exercise.facts() | shown, Recording(path), folder)


def prepared(
    scenario: Scenario | str | Path, seed: int | None = None, set: Mapping[str, Any] | None = None
) -> Scenario:
    """The scenario with its seed and single keys changed. Raises BadInput."""
    if isinstance(scenario, Scenario):
        raw, file = loader.tables(scenario), scenario.file
    else:
        raw, file = loader.read(str(scenario))
    override(raw, {**({} if seed is None else {"scenario.seed": seed}), **(set or {})})
    return loader.checked(raw, file)
