"""What an exercise came to, in the words of the scorecard."""

from __future__ import annotations

import os
from dataclasses import asdict
from typing import Any

from nodes.demo.exercise_run import ExerciseRun
from nodes.link import topics

_COUNTS = ("folded", "late", "duplicate", "rejected", "missing")


def facts(exercise: ExerciseRun) -> dict[str, Any]:
    """What only the run itself knows; it goes into the recording, from where the score takes it.

    ``reports`` counts each published report once; what cores count is the highest of any core, and
    ``reports_by_nation`` has them all.
    """
    plan, scenario = exercise.plan, exercise.plan.scenario
    counts = {c.nation: c.core.counts for c in exercise.children.cores() if c.core is not None}
    highest = {name: max((c[name] for c in counts.values()), default=0) for name in _COUNTS}
    return {
        "scenario": scenario.name,
        "seed": scenario.seed,
        "duration_s": plan.duration_s,
        "speed": plan.speed or _achieved(exercise),
        "policy_version": exercise.policy.version,
        "accessions": [asdict(accession) for accession in exercise.admissions.accessions],
        "lost": exercise.losses.facts(hub=plan.hub is not None),
        "topology": "hub" if plan.hub else "mesh",
        "wall_s": exercise.wall_s,
        "behind_s_max": exercise.behind_s_max,
        "load_per_processor": os.getloadavg()[0] / (os.cpu_count() or 1),
        "processes": [
            {"role": c.role, "id": c.id, "nation": c.nation, "pid": c.pid, "exit_code": c.exit_code}
            for c in exercise.children.all
        ],
        "reports": {"published": _published(exercise), **highest},
        "reports_by_nation": counts,
        "repair_requests": exercise.repair_requests(),
        "latency_ms": {
            "report_to_picture": exercise.latency.summary_ms(),
            "first_warning_core_to_core": exercise.alarms.spread().summary_ms(),
            "by_nation": {
                nation: latency.summary_ms() for nation, latency in exercise.latency_by_nation.items()
            },
        },
        "agreed": exercise.agreed(),
        "disagreements": len(exercise.mirror.agreement.disagreed),
    }


def pictures(exercise: ExerciseRun) -> list[dict[str, Any]]:
    """The shared picture as each member has it at the end; a core that died, the last that it published."""
    final = {c.nation: c.core.final_time_ns for c in exercise.children.cores() if c.core is not None}
    return [
        {
            "nation": nation,
            "tracks": len(picture),
            "input_digest": picture.input_digest,
            "picture_digest": picture.picture_digest,
            "final_time_ns": max(picture.final_time_ns, final.get(nation, 0)),
        }
        for nation, picture in exercise.mirror.pictures.items()
    ]


def nationals(exercise: ExerciseRun) -> list[dict[str, Any]]:
    """The fuller picture of each nation that holds more than all do."""
    return [
        {
            "nation": nation,
            "tracks": len(picture),
            "input_digest": picture.input_digest,
            "picture_digest": picture.picture_digest,
            "final_time_ns": picture.final_time_ns,
        }
        for nation, picture in exercise.mirror.nationals.items()
    ]


def failures(exercise: ExerciseRun) -> list[str]:
    """Why an exercise failed, a line each; none where it is what was asked for."""
    found = [] if exercise.agreed() else [_why_not(exercise)]
    gone = [c for c in exercise.children.nodes() if not (c.alive or c.dismissed or c.exit_code == 0)]
    found += [f"{child.id} did not live to the end: {child.why()}" for child in gone]
    for child in exercise.children.cores():
        counts = child.core.counts if child.core is not None else {}
        if counts.get("rejected") and not counts.get("folded"):
            found.append(f"{child.id} refused every report it had; its log and the recording say why")
    return found + list(filter(None, [exercise.recording_failure()]))


def _why_not(exercise: ExerciseRun) -> str:
    """Why the pictures do not agree, in one line."""
    dead = [c.id for c in exercise.children.cores() if not (c.alive or c.dismissed)]
    if dead:
        return f"the pictures cannot agree: {', '.join(dead)} did not live to the end"
    if exercise.mirror.agreement.disagreed:
        return "cores made unlike pictures of the same reports: a fault of this program; keep the recording"
    if not exercise.admissions.agreed:
        return "the pictures were not the same when a nation joined or left"
    held = {nation: picture.input_digest[:10] for nation, picture in exercise.mirror.pictures.items()}
    return f"the cores do not hold the same reports: {held}"


def _achieved(exercise: ExerciseRun) -> float:
    return exercise.plan.duration_s / exercise.wall_s if exercise.wall_s else 0.0


def _published(exercise: ExerciseRun) -> int:
    return sum(numbers.highest for topic, _, numbers in exercise.streams() if topic.kind == topics.REPORT)
