"""What a campaign of drawn theatres found, kind by kind: ``python -m benchmarks.drawn DIR``.

DIR is the ``--out`` of `triwatch campaign docs/campaigns/theatres.toml`, whose arms are kinds. Printed in
Markdown: medians and shares of every kind, with the 95th percentile where one bad run in twenty matters; the
same by what the objects are and do; and which theatres are furthest from telling the truth. "No body warned
of twice" is the share of runs in which none had two warnings at once for more than 10 s.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path

import pandas as pd

CONSISTENT = (0.7, 1.4)
SHARED, BOUND, ALONE = "rmse_m.shared", "rmse_m.centralised_at_reports", "rmse_m.best_single_nation"
PARTS = {
    "by_environment": ("AIR", "SURFACE", "SUBSURFACE", "SPACE"),
    "by_phase": ("steady", "turning", "boost", "free_flight", "reentry"),
}
WORST = 3.0
"""Theatres with a greater ANEES are named."""
TWICE_S = 10.0
"""A body may be warned of twice for so long: a track that takes another's place."""

Told = Callable[[pd.DataFrame], str]


def _column(runs: pd.DataFrame, name: str) -> pd.Series[float]:
    """A figure's values, of runs that have it."""
    return runs[name].dropna() if name in runs else pd.Series(dtype=float)


def _median(name: str, form: str) -> Told:
    return lambda runs: f"{_column(runs, name).median():{form}}"


def _spread(name: str, form: str) -> Told:
    """Median and 95th percentile."""
    return lambda runs: f"{_column(runs, name).median():{form}}, {_column(runs, name).quantile(0.95):{form}}"


def _share(name: str, low: float, high: float) -> Told:
    return lambda runs: f"{_column(runs, name).between(low, high).mean():.0%}"


def _ratio(below: str) -> Told:
    def told(runs: pd.DataFrame) -> str:
        if SHARED not in runs or below not in runs:
            return "-"
        ratio = (runs[SHARED] / runs[below]).dropna()
        return f"{ratio.median():.2f}, {ratio.quantile(0.95):.2f}"

    return told


KINDS: dict[str, Told] = {
    "runs": lambda runs: str(len(runs)),
    "ANEES in 0.7 to 1.4": _share("anees", *CONSISTENT),
    "ANEES": _spread("anees", ".2f"),
    "within 95 %": _median("containment_95", ".1%"),
    "tracks each": _spread("siap.ambiguity", ".3f"),
    "shown": _median("siap.completeness", ".1%"),
    "spurious": _spread("siap.spuriousness", ".1%"),
    "commonality": _median("siap.commonality", ".3f"),
    "no body warned of twice": _share("missiles.warned_twice_s", 0.0, TWICE_S),
    "RMSE m": _median(SHARED, ".0f"),
    "to the bound at reports": _ratio(BOUND),
    "to the best nation alone": _ratio(ALONE),
}


def _spaced(cells: str) -> str:
    """Cells as the docs write shares."""
    return cells.replace("%", " %")


def table(runs: pd.DataFrame) -> list[str]:
    """A line a kind, and one of all: median, or median and 95th percentile over runs."""
    lines = ["| kind | " + " | ".join(KINDS) + " |", "|---" * (len(KINDS) + 1) + "|"]
    groups = [*runs.groupby("arm", sort=False), ("all", runs)]
    return lines + [
        f"| {kind} | " + _spaced(" | ".join(told(group) for told in KINDS.values())) + " |"
        for kind, group in groups
    ]


def parts(runs: pd.DataFrame) -> list[str]:
    """A line for each environment and phase."""
    lines = ["| | runs | ANEES | in 0.7 to 1.4 | within 95 % |", "|---|---|---|---|---|"]
    for by, names in PARTS.items():
        for name in names:
            anees, held = (_column(runs, f"{by}.{name}.{what}") for what in ("anees", "containment_95"))
            if len(anees):
                good = anees.between(*CONSISTENT).mean()
                what = name.lower().replace("_", " ")
                said = f"{len(anees)} | {anees.median():.2f} | {good:.0%} | {held.median():.1%}"
                lines.append(f"| {what} | {_spaced(said)} |")
    return lines


def worst(runs: pd.DataFrame) -> str:
    """The theatres with the greatest ANEES."""
    bad = runs[runs["anees"] > WORST].sort_values("anees", ascending=False)
    named = [
        f"{kind} {seed}: {anees:.1f}"
        for kind, seed, anees in bad[["arm", "seed", "anees"]].itertuples(index=False)
    ]
    return f"ANEES above {WORST:.0f}, kind and seed: {', '.join(named) or 'none'}."


def missiles(runs: pd.DataFrame) -> str:
    """Of how many missiles was warned."""
    launched, warned, of_none = (
        int(_column(runs, f"missiles.{what}").sum()) for what in ("launched", "warned", "false_warnings")
    )
    said = f"Of {launched} missiles {warned} were warned of; {of_none} warnings had no missile behind them."
    known, inside, told, told_inside = (
        int(_column(runs, f"warnings.{what}").sum())
        for what in ("impacts", "impact_inside_95", "impacts_told", "impacts_told_inside_95")
    )
    if not known:
        return said
    last, every = _spaced(f"{inside / known:.1%}"), _spaced(f"{told_inside / told:.1%}")
    return (
        f"{said} In its 95 % ellipse lay the true impact of {last} of {known} at last, and of {every} of all "
        f"{told} revisions."
    )


def report(runs: pd.DataFrame) -> list[str]:
    """All of it."""
    failed = runs[runs["status"] != "done"]
    done = runs[runs["status"] == "done"]
    seeds = f"seeds {done['seed'].min()} to {done['seed'].max()}, {len(done)} runs, {len(failed)} failed"
    return [seeds, "", *table(done), "", *parts(done), "", worst(done), missiles(done)]


def main(given: Sequence[str] | None = None) -> None:
    """Print it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("out", type=Path, metavar="DIR")
    out = parser.parse_args(given).out
    file = out / "runs.parquet"
    if not file.exists():
        parser.error(f"{file} is not there; run: triwatch campaign docs/campaigns/theatres.toml --out {out}")
    print("\n".join(report(pd.read_parquet(file))))


if __name__ == "__main__":
    main()
