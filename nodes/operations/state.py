"""How one process is, as it says itself, and what of that is wrong: one rule for all who show it."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from msgspec import Struct

from fusion.constants import OPERATION, Chosen
from nodes.link.liveness import Life

REFUSED_LATELY_S: Final[
    Annotated[
        float, Chosen("s", "wall time for which a refusal counts as something that is wrong", OPERATION)
    ]
] = 60.0
MISSING_S: Final[
    Annotated[
        float,
        Chosen(
            "s",
            "what is missing for longer than this, in wall time, does not come by repair at once",
            OPERATION,
        ),
    ]
] = 3.0
FINAL_STILL_S: Final[
    Annotated[
        float,
        Chosen(
            "s",
            "wall time without a step of FINAL, while reports come, after which it counts as standing",
            OPERATION,
        ),
    ]
] = 10.0
SILENT_S: Final[
    Annotated[
        float,
        Chosen(
            "s",
            "A process that says nothing of itself for so long, or a line on which nothing comes, "
            "hangs or is cut",
            OPERATION,
        ),
    ]
] = 3.0


class CoreState(Struct, frozen=True, kw_only=True):
    """What a core holds."""

    final_time_ns: int
    final_lag_s: float
    """Scenario time from there to the newest report."""
    final_still_s: float
    """Wall time for which FINAL has stood although newer reports came."""
    folded: int
    late: int
    duplicate: int
    missing: int
    """Messages known to exist that have not come."""
    missing_for_s: float
    gaps: int
    """Runs of missing numbers noticed so far, in whatever is followed."""
    requested: int
    """Requests made for them."""
    kept_bytes: int
    """Reports kept for repair."""
    journal_failure: str = ""
    tracks: int
    disagreements: int
    """Neighbours that made another picture of the same reports."""
    warnings: dict[str, int]
    """Revisions published, by status."""
    nodes: dict[str, Life]
    """By node of the policy; GONE: not heard for long, or never."""
    cores: dict[str, Life]
    """The other nations' cores."""
    input_digest: str
    picture_digest: str
    hub: str = ""
    """The nation through whose core it hears everything; empty in a mesh."""


class ProcessState(Struct, frozen=True, kw_only=True):
    """What one node or core says of itself."""

    id: str
    role: Literal["node", "core"]
    nation: str
    incarnation: int
    version: str
    policy: int
    """Of the newest version of the policy known."""
    said_ns: int
    """CLOCK_MONOTONIC: comparable on one machine alone."""
    time_ns: int
    """Scenario time that it has come to."""
    listens: list[str]
    sees: list[str]
    """The processes that it is connected to, or that are there."""
    refused: dict[str, int]
    """By reason."""
    refused_lately: list[str]
    received_bytes: dict[str, int]
    """By peer."""
    lines: dict[str, float]
    """To other machines, by peer: wall seconds since it was heard, -1 where it never was."""
    published: dict[str, int]
    """Last sequence by topic."""
    turns: int
    turn_sum_s: float
    turn_max_s: float
    """The longest turn of the loop since the state before."""
    core: CoreState | None = None


def problems(state: ProcessState) -> list[str]:
    """What is wrong with, or seen by, one process; a line for each."""
    found = [f"refused reports or peers lately: {reason}" for reason in state.refused_lately]
    for name, silent_s in sorted(state.lines.items()):
        if silent_s < 0:
            found.append(f"no line to {name} yet")
        elif silent_s > SILENT_S:
            found.append(f"the line to {name} is silent for {silent_s:.0f} s")
    core = state.core
    if core is None:
        return found
    for kind, lives in (("node", core.nodes), ("core", core.cores)):
        found += [
            f"{kind} {name} is {'silent' if life is Life.STALE else 'not heard'}"
            for name, life in sorted(lives.items())
            if life in (Life.STALE, Life.GONE)
        ]
    if core.missing_for_s > MISSING_S:
        found.append(f"{core.missing} messages are missing for {core.missing_for_s:.0f} s")
    if core.final_still_s > FINAL_STILL_S:
        found.append(
            f"FINAL stands for {core.final_still_s:.0f} s, {core.final_lag_s:.0f} s behind the reports"
        )
    if core.disagreements:
        found.append(f"{core.disagreements} times another core made another picture of the same reports")
    if core.journal_failure:
        found.append(f"the journal keeps nothing any more: {core.journal_failure}")
    return found
