"""report.html: one file that opens offline, made of report.json's data."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from typing import Annotated, Any, Final

from fusion.constants import OPERATION, Chosen
from nodes.campaign import charts

_STYLE = """
body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1f2328}
h1{font-size:1.6rem}h2{font-size:1.2rem;margin-top:2.2rem;border-bottom:1px solid #d0d7de}h3{font-size:1rem}
table{border-collapse:collapse;margin:.6rem 0;font-size:.85rem}td,th{padding:.2rem .7rem;text-align:right}
th{border-bottom:1px solid #d0d7de}td:first-child,th:first-child{text-align:left}code{font-size:.85em}
svg{max-width:100%;height:auto}.note{color:#57606a;font-size:.85rem}
"""
_MOST_ROWS: Final[Annotated[int, Chosen("1", "rows of a table at most", OPERATION)]] = 200


def page(report: dict[str, Any]) -> str:
    """The whole page; holds no script and loads nothing."""
    title = escape(report["campaign"])
    body = "\n".join(_body(report))
    return (
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        f'<meta name="viewport" content="width=device-width"><style>{_STYLE}</style></head>\n'
        f"<body>\n<h1>{title}</h1>\n{body}\n</body></html>\n"
    )


def _body(report: dict[str, Any]) -> Iterator[str]:
    runs = report["runs"]
    failed = f", {runs['failed']} failed" if runs["failed"] else ""
    yield (
        f"<p>{runs['done']} of {runs['planned']} runs done{failed}. Design: {escape(report['design'])}, "
        f"{len(report['arms'])} arms, {len(report['factors'])} factors, {report['seeds']} seeds in each.</p>"
    )
    about = ", ".join(f"{escape(k)} <code>{escape(v)}</code>" for k, v in report["about"].items())
    yield f'<p class="note">{about}. Intervals are of 95 %, by Student\'s t.</p>'
    for name in report["unknown_figures"]:
        yield f"<p>No run gave the figure <code>{escape(name)}</code>.</p>"
    if report["partners"]:
        yield from _partners(report["partners"])
    for name, figure in report["figures"].items():
        yield from _figure(name, figure, report["arms"])
    if report["failures"]:
        yield from _failures(report["failures"])


def _figure(name: str, figure: dict[str, Any], arms: Sequence[str]) -> Iterator[str]:
    if not any(arm["n"] for arm in figure["arms"]):
        return
    label = name if figure["unit"] == "1" else f"{name}, {figure['unit']}"
    yield f"<h2>{escape(label)}</h2>"
    yield charts.distributions(figure["arms"][:40], label)
    yield '<p class="note">Points: runs. Box: quartiles, line: 5 to 95 %. Black: the mean, its interval.</p>'
    yield _table(
        ("arm", "runs", "mean", "interval of 95 %", "sd", "median"), map(_summary_row, figure["arms"])
    )
    if any(pair["n"] for pair in figure["paired"]):
        yield "<h3>Paired differences</h3>"
        yield charts.differences(figure["paired"][:40], arms[0], label)
        yield (
            '<p class="note">Blue: runs of the same seed compared. Grey: how wide the interval would be with'
            " seeds of their own.</p>"
        )
        yield _table(
            ("arm", "pairs", "difference", "±", "± unpaired", "greater in"), map(_pair_row, figure["paired"])
        )
    if any(len(arm["mean"]) > 1 for arm in figure["convergence"]):
        yield "<h3>Convergence</h3>"
        yield charts.convergences(figure["convergence"], label)
    for arm in arms:
        several = f" ({escape(arm)})" if len(arms) > 1 else ""
        mine = [one for one in figure["tornado"] if one["arm"] == arm]
        if mine:
            yield f"<h3>From one end of a factor to the other{several}</h3>{charts.tornado(mine, label)}"
        mine = [one for one in figure["sobol"] if one["arm"] == arm]
        if mine:
            yield f"<h3>Sobol' indices{several}</h3>{charts.indices(mine)}"
    if figure["map"]:
        yield f"<h3>Where it stands</h3>{charts.heat_map(figure['map']['places'], label)}"
    if figure["points"]:
        yield from _points(figure["points"])


def _points(points: Sequence[dict[str, Any]]) -> Iterator[str]:
    names = list(points[0]["factors"])
    rows = (
        (p["arm"], *(_level(p["factors"][n]) for n in names), *_summary_row(p)[1:])
        for p in points[:_MOST_ROWS]
    )
    more = (
        f' <span class="note">(the first {_MOST_ROWS} of {len(points)})</span>'
        if len(points) > _MOST_ROWS
        else ""
    )
    yield f"<details><summary>Every point{more}</summary>"
    yield _table(("arm", *names, "runs", "mean", "interval of 95 %", "sd", "median"), rows)
    yield "</details>"


def _partners(partners: dict[str, Any]) -> Iterator[str]:
    label = f"{partners['figure']}, share of each" + (
        "" if partners["unit"] == "1" else f", {partners['unit']}"
    )
    yield f"<h2>What each partner is worth: {escape(partners['figure'])}</h2>"
    yield charts.shares(partners["shares"], label)
    yield (
        '<p class="note">Shapley value over all coalitions: what a partner adds on average over every'
        " order of joining. Shares add up to what all have together, less what nobody has.</p>"
    )
    rows = ((one["partner"], *_summary_row(one | {"arm": ""})[1:]) for one in partners["shares"])
    yield _table(("partner", "seeds", "share", "interval of 95 %", "sd", "median"), rows)
    rows = (
        (one["members"] or "nobody", *_summary_row(one | {"arm": ""})[1:]) for one in partners["coalitions"]
    )
    yield _table(("coalition", "seeds", "mean", "interval of 95 %", "sd", "median"), rows)


def _failures(failures: Sequence[dict[str, Any]]) -> Iterator[str]:
    yield "<h2>Failed runs</h2>"
    rows = (
        (one["arm"], str(one["seed"]), one["said"], _Code(one["repeat"])) for one in failures[:_MOST_ROWS]
    )
    yield _table(("arm", "seed", "what happened", "repeat it with"), rows)


class _Code(str):
    """Text that is a command."""


def _summary_row(one: dict[str, Any]) -> tuple[str, ...]:
    if not one["n"]:
        return (one["arm"], "0", "–", "–", "–", "–")
    interval = one["interval_95"]
    shown = f"{_number(interval[0])} to {_number(interval[1])}" if interval else "–"
    return (
        one["arm"],
        str(one["n"]),
        _number(one["mean"]),
        shown,
        _number(one["sd"]),
        _number(one["quantiles"]["0.5"]),
    )


def _pair_row(one: dict[str, Any]) -> tuple[str, ...]:
    if not one["n"]:
        return (one["arm"], "0", "–", "–", "–", "–")
    widths = (_number(one["half_width"]), _number(one["half_width_unpaired"]))
    return (one["arm"], str(one["n"]), _number(one["mean"]), *widths, f"{100.0 * one['share_above']:.0f} %")


def _table(head: Sequence[str], rows: Any) -> str:
    top = "".join(f"<th>{escape(word)}</th>" for word in head)
    lines = "".join("<tr>" + "".join(f"<td>{_cell(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table><tr>{top}</tr>{lines}</table>"


def _cell(cell: str) -> str:
    return f"<code>{escape(cell)}</code>" if isinstance(cell, _Code) else escape(cell)


def _number(value: float) -> str:
    return f"{value:,.4g}" if abs(value) < 1e4 else f"{value:,.0f}"


def _level(value: Any) -> str:
    return f"{value:.5g}" if isinstance(value, float) else str(value)
