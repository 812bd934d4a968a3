"""The table at the end of ``make faults``: fault, runs, worst recovery, anything lost, digests equal.

A test says what it measured with pytest's ``record_property``: ``recovery_s``, ``lost`` (a count),
``digests_equal``.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

_HEAD = ("fault", "runs", "passed", "worst recovery", "anything lost", "digests equal")


def rows(reports: Iterable[Any]) -> list[tuple[str, ...]]:
    """One for each test function, of the reports of its runs."""
    runs: dict[str, list[Any]] = {}
    for report in reports:
        if report.when == "call" and not {"faults", "soak"}.isdisjoint(report.keywords):
            runs.setdefault(report.nodeid.partition("[")[0].rpartition("::test_")[2], []).append(report)
    found = []
    for name, mine in runs.items():
        said = [dict(report.user_properties) for report in mine]
        recovery = [s["recovery_s"] for s in said if "recovery_s" in s]
        lost = [s["lost"] for s in said if "lost" in s]
        equal = [s["digests_equal"] for s in said if "digests_equal" in s]
        found.append(
            (
                name.replace("_", " "),
                str(len(mine)),
                str(sum(report.passed for report in mine)),
                f"{max(recovery):.1f} s" if recovery else "-",
                str(sum(lost)) if lost else "-",
                ("yes" if all(equal) else "NO") if equal else "-",
            )
        )
    return found


def table(found: list[tuple[str, ...]]) -> str:
    """Aligned columns, a line a fault."""
    lines = [_HEAD, *found]
    widths = [max(len(line[i]) for line in lines) for i in range(len(_HEAD))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )
