"""The rows of the fault matrix that a simulation can show: faults for each, and what says it was hit."""

from __future__ import annotations

from typing import NamedTuple


class Row(NamedTuple):
    """One row."""

    what: str
    faults: tuple[str, ...]
    """Kinds of `faults.KINDS`."""
    hit: tuple[str, ...]
    """Counters of a run."""


ROWS = {
    1: Row("loss", ("loss",), ("lost", "repaired")),
    2: Row("delay and jitter", ("delay", "jitter"), ("delayed",)),
    3: Row("duplication, reordering", ("repeat", "reorder"), ("repeated", "reordered", "again")),
    4: Row("partition, heal", ("partition",), ("cut", "connection given up")),
    5: Row(
        "asymmetric cut; two members that do not reach each other",
        ("one way", "cut between two"),
        ("cut between two", "repaired by another"),
    ),
    6: Row("links stopped one by one, reopened in random order", ("one by one",), ("one by one",)),
    7: Row(
        "kill, crash loop, restart",
        ("kill core", "kill node", "crash loop", "restart core", "restart node", "dead", "leave"),
        ("killed", "crash loop", "restarted", "left", "fenced"),
    ),
    8: Row("pause", ("pause",), ("paused",)),
    10: Row(
        "clock ahead, stepping, drifting, back",
        ("skew", "clock back", "drift"),
        ("clock ahead", "clock back", "clock drifted"),
    ),
    11: Row(
        "reports of no use, absurd numbers", ("refused", "absurd sequence"), ("refused", "absurd sequence")
    ),
    12: Row(
        "revoked key, forged, foreign; orders that come late",
        ("stolen key", "rotate", "let go", "join"),
        ("forged", "rotated", "signed anew", "judged anew", "let go", "joined"),
    ),
    13: Row(
        "equivocation, contradiction, false announcements",
        ("two stories", "behind watermark", "absurd watermark", "false holdings"),
        ("two stories", "behind watermark", "absurd watermark", "false holdings", "convicted"),
    ),
    15: Row(
        "disk: torn tail, bit flip, full, lost",
        ("torn journal", "full disk", "torn log", "lost disk"),
        ("torn journal", "full disk", "torn log", "lost disk", "from the journal", "from a checkpoint"),
    ),
    18: Row("rows combined by seed", (), ()),
    19: Row("a ghost", ("ghost",), ("ghost",)),
}
"""By number. Rows 9, 14, 16 and 17 need real queues, machines and versions: `make faults`, tests/fusion,
tests/proto. Of row 19 a simulation shows that all see the same ghost; whether it is flagged is not its
matter."""
