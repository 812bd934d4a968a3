"""One replay from file to result: fold again, compare, say how it went."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, Final

import numpy as np

from fusion.constants import OPERATION, Chosen
from fusion.physics.geodesy import Float
from fusion.utc import utc_text
from nodes.control import clock
from nodes.recording import Recording
from nodes.replay.refold import Engine, Refold, Refolded, compare_updates, recorded_states

TOLERANCE_M: Final[
    Annotated[
        float,
        Chosen(
            "m", "how far the engine on filterpy may put a track from where the compiled one did", OPERATION
        ),
    ]
] = 1.0


def replay_recording(
    path: Path, engine: Engine = "compiled", speed: float | None = None, scored: bool = True
) -> dict[str, Any]:
    """Fold ``path`` again at ``speed`` (None: as fast as it goes) and say how it compares.

    With the keys that demo, replay and score have in common, of which counts and pictures are this fold's
    own; ``score`` and ``warnings`` are the recording's where ``scored``. Raises BadInput.
    """
    recording = Recording(path)
    refold = Refold(recording, engine)
    begin_s = clock.monotonic_s()
    refold.run(_pacer(speed) if speed else None)
    pictures = [_picture(one) for one in refold.nations.values()]
    wall_s = clock.monotonic_s() - begin_s
    _look_closer(pictures, refold)
    if engine == "compiled":
        _compare_warnings(pictures, refold)
    span_s = (refold.last_ns - refold.first_ns) * 1e-9
    facts = recording.metadata()
    known: dict[str, Any] = {"score": None, "warnings": [], "latency_ms": facts.get("latency_ms")}
    if scored:
        from nodes.scoring.recording import (
            score_recording,  # brings much of scipy, which a mere replay need not wait for
        )

        known = score_recording(path)
    return {
        "scenario": facts.get("scenario"),
        "seed": facts.get("seed"),
        "duration_s": facts.get("duration_s", span_s),
        "speed": span_s / wall_s if wall_s else 0.0,
        "processes": facts.get("processes", []),
        "reports": _counts(refold),
        "latency_ms": known["latency_ms"],
        "pictures": pictures,
        "national_pictures": [_picture(one) for one in refold.nationals.values()],
        "score": known["score"],
        "warnings": known["warnings"],
        "engine": engine,
        "wall_s": wall_s,
        "recording": recording.summary(),
        "signatures": refold.signatures.summary(),
    }


def _pacer(speed: float) -> Callable[[int], None]:
    """Waits until a scenario time is due; the first one is due at once."""
    pace: clock.Pace | None = None

    def wait_until(scenario_ns: int) -> None:
        nonlocal pace
        now_ns = clock.monotonic_ns()
        if pace is None:
            pace = clock.Pace(scenario_ns, now_ns, speed)
        clock.sleep(pace.wait_s(scenario_ns, now_ns))

    return wait_until


def _picture(one: Refolded) -> dict[str, Any]:
    picture, recorded = one.picture, one.recorded
    return {
        "nation": one.nation,
        "tracks": len(picture.tracks()),
        "input_digest": picture.input_digest(),
        "picture_digest": picture.digest(),
        "final_time_ns": picture.final_time_ns,
        "recorded_input_digest": recorded.input_digest if recorded is not None else None,
        "recorded_picture_digest": recorded.picture_digest if recorded is not None else None,
        "verdict": one.verdict,
    }


def _look_closer(pictures: list[dict[str, Any]], refold: Refold) -> None:
    """Say of every picture that is not equal how far its tracks lie from the recorded ones, and which update
    was the first to differ. The engine on filterpy is held to metres, not to bits."""
    unequal = [p for p in pictures if p["verdict"] in ("different", "other reports")]
    for picture in unequal:
        picture |= _distance(recorded_states(refold.recording, picture["nation"]), refold, picture["nation"])
        near = not picture["other_tracks"] and picture["furthest_m"] <= TOLERANCE_M
        if refold.engine == "reference" and picture["verdict"] == "different" and near:
            picture["verdict"] = "equal within tolerance"
    if refold.engine == "compiled" and unequal:
        found = compare_updates(refold.recording, refold.engine, [p["nation"] for p in unequal])
        for picture in unequal:
            picture["updates"] = asdict(found[picture["nation"]])


def check_warnings(path: Path, pictures: list[dict[str, Any]]) -> list[str]:
    """Fold a recording again and add to ``pictures``, by nation, how the recorded warnings compare with those
    made again; what differs, a line a nation. Raises BadInput where there is nothing to fold."""
    refold = Refold(Recording(path))
    refold.run()
    _compare_warnings(pictures, refold)
    return [f"{p['nation']}{_warnings(p)}".replace("; ", ": ", 1) for p in pictures if warnings_differ(p)]


def warnings_differ(picture: dict[str, Any]) -> bool:
    """Whether a core's warnings are not those that the reports make."""
    found = picture.get("warnings")
    return found is not None and bool(found["differing"] or found["missing"])


def _compare_warnings(pictures: list[dict[str, Any]], refold: Refold) -> None:
    """Add how the warnings of each nation whose core held the same reports compare with those made again."""
    found = refold.warnings()
    for picture in pictures:
        if picture["nation"] in found:
            picture["warnings"] = asdict(found[picture["nation"]])


def _distance(recorded: dict[int, Float], refold: Refold, nation: str) -> dict[str, Any]:
    """How many tracks a nation's two pictures have in common, how many not, and the largest distance."""
    tracks = refold.nations[nation].picture.tracks()
    common = [row for row, number in enumerate(tracks.number.tolist()) if number in recorded]
    offsets = [tracks.state[row] - recorded[int(tracks.number[row])] for row in common]
    return {
        "common_tracks": len(common),
        "other_tracks": len(tracks) + len(recorded) - 2 * len(common),
        "furthest_m": max((float(np.linalg.norm(offset[:3])) for offset in offsets), default=0.0),
    }


def _counts(refold: Refold) -> dict[str, int]:
    """The counts of the nation that took most in; late and missing as this fold saw them."""
    counts = [one.picture.counts for one in (*refold.nations.values(), *refold.nationals.values())]
    most = max(counts, key=lambda count: count.folded)
    return {
        "published": len(refold.published),
        "folded": most.folded,
        "late": most.late,
        "duplicate": most.duplicate,
        "rejected": most.rejected + refold.unreadable,
        "missing": most.missing,
    }


def describe(result: dict[str, Any]) -> list[str]:
    """A replay in a person's words, a line each."""
    folded = result["reports"]["folded"]
    lines = [
        f"Folded {folded} reports of {result['duration_s']:.0f} s again in {result['wall_s']:.1f} s"
        f" ({result['speed']:.0f} times as fast as it happened), engine {result['engine']}"
    ]
    lines.append(_signatures(result["signatures"]))
    shown = [(p, p["nation"]) for p in result["pictures"]]
    shown += [(p, f"{p['nation']}'s own") for p in result["national_pictures"]]
    for picture, name in shown:
        lines.append(
            f"{name}: {picture['tracks']} tracks, reports {picture['input_digest']},"
            f" picture {picture['picture_digest']}: {_verdict(picture)}{_warnings(picture)}"
        )
    return lines


def _signatures(signatures: dict[str, Any]) -> str:
    if signatures["state"] == "unsigned":
        return "The recording holds no policy: its reports are taken unsigned"
    refused = ", ".join(f"{count} for {reason}" for reason, count in signatures["refused"].items())
    return f"{signatures['verified']} signatures verified" + (f"; REFUSED {refused}" if refused else "")


def _warnings(picture: dict[str, Any]) -> str:
    """What is to be said of a nation's warnings; nothing where there were none to compare."""
    found = picture.get("warnings")
    if found is None or not (found["compared"] or found["missing"]):
        return ""
    if found["differing"]:
        said = f"{found['differing']} of {found['compared']} final warnings are NOT what the reports make"
        return f"; {said}, first {found['first']}"
    if found["missing"]:
        return f"; of {', '.join(found['missing'])} it did NOT warn"
    return f"; {found['compared']} final warnings made again are equal"


def _verdict(picture: dict[str, Any]) -> str:
    verdict = picture["verdict"]
    if verdict == "equal":
        return "equal to what its core had"
    if verdict == "not recorded":
        return "its core's picture was not recorded"
    if verdict == "equal within tolerance":
        return f"as its core had it, to {picture['furthest_m']:.2g} m"
    said = "the core held other reports" if verdict == "other reports" else "NOT what its core had"
    if "common_tracks" not in picture:
        return said
    said += f"; {picture['common_tracks']} tracks in common, at most {picture['furthest_m']:.3g} m apart"
    updates = picture.get("updates")
    if updates is None:
        return said
    if updates["differing"]:
        when = f"update {updates['first_sequence']} (picture of {utc_text(updates['first_time_ns'])})"
        return said + f"; {updates['differing']} of {updates['compared']} updates differ, first {when}"
    return said + f"; all {updates['compared']} updates made again are equal"
