"""Scores a recording: what the nations' pictures showed, against its truth channel.

The rules are those of `fusion.score.figures`. The picture at instant t is the one that holds every report
valid up to t that had arrived; its tracks are carried from their own time to t by the motion of their
environment. How late they arrived is the latency's business.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np

from fusion.score.figures import Exercise
from nodes.errors import BadInput
from nodes.recording import Recording
from nodes.recording.channels import TRUE_BIASES
from nodes.recording.content import Content, read_content
from nodes.scoring.consistency import consistency
from nodes.scoring.plot import plot_series
from nodes.scoring.registration import registration
from nodes.scoring.warnings import score_warnings, warned_twice_s

_COUNTS = ("published", "folded", "late", "duplicate", "rejected", "missing")
UNKNOWN_LATENCY = {"report_to_picture": dict.fromkeys(("p50", "p99", "p999", "max"))}


def score_recording(path: str | os.PathLike[str], plot: Path | None = None) -> dict[str, Any]:
    """The result of one recording, with the keys that demo, replay and score have in common.

    ``score`` is None where the recording has no truth, ``rmse_m.centralised`` where it has no detections,
    and what only the run itself knew (latency, counts, process ids) is as the recording's metadata tell
    it. ``recording`` says whether the file was whole. ``plot`` names a PNG file to draw the course of
    the exercise in. Raises BadInput where it is no recording.
    """
    recording = Recording(path)
    content = read_content(recording)
    exercise = (
        Exercise(content.truth, content.nations, content.detections) if content.truth is not None else None
    )
    object_of = {nation: exercise.object_of_track(nation) for nation in content.nations} if exercise else {}
    warnings = score_warnings(content.warnings, content.flights, object_of)
    score = exercise.figures() if exercise else None
    if exercise is not None and score is not None:
        twice_s = warned_twice_s(
            content.warnings, {n: exercise.objects_of_tracks(n) for n in content.nations}
        )
        score["missiles"] = {
            **_missiles(content, warnings),
            "warned_twice_s": max(twice_s.values(), default=0.0),
        }
    if plot is not None:
        if exercise is None:
            raise BadInput(f"{path} has no truth channel, so there is nothing to plot")
        plot_series(exercise.series(), plot)
    return common_result(recording, content) | {"score": score, "warnings": warnings}


def common_result(recording: Recording, content: Content) -> dict[str, Any]:
    """What does not depend on the truth."""
    facts = recording.metadata()
    return {
        "scenario": facts.get("scenario"),
        "seed": facts.get("seed"),
        "duration_s": facts.get("duration_s", _span_s(content)),
        "speed": facts.get("speed"),
        "processes": facts.get("processes", []),
        "reports": dict.fromkeys(_COUNTS) | {"published": content.reports} | (facts.get("reports") or {}),
        "latency_ms": facts.get("latency_ms") or UNKNOWN_LATENCY,
        "behind_s_max": facts.get("behind_s_max"),
        "load_per_processor": facts.get("load_per_processor"),
        "pictures": content.pictures,
        "consistency": consistency(content.words),
        "registration": registration(content.biases, facts.get(TRUE_BIASES)),
        "recording": recording.summary() | {"unreadable_messages": content.unreadable},
    }


def _span_s(content: Content) -> float | None:
    times = content.truth.time_ns if content.truth is not None else np.zeros(0)
    return float((times[-1] - times[0]) * 1e-9) if len(times) else None


def _missiles(content: Content, warnings: list[dict[str, Any]]) -> dict[str, int]:
    """How many missiles flew while the recording lasts (what they released is not counted again), how many
    were warned of, and how many warnings had no missile behind them."""
    end_ns = content.truth.time_ns[-1] if content.truth is not None else 0
    flown = [flight for flight in content.flights if flight.launch_time_ns < end_ns]
    parent = {flight.object_id: flight.parent_object_id for flight in flown}
    warned = {entry["object_id"] for entry in warnings if entry["object_id"] is not None}
    warned |= {parent[object_id] for object_id in warned if parent.get(object_id)}
    launched = [object_id for object_id, before in parent.items() if not before]
    return {
        "launched": len(launched),
        "warned": sum(object_id in warned for object_id in launched),
        "false_warnings": sum(entry["object_id"] is None for entry in warnings),
    }
