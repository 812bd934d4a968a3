"""The report's charts, each one SVG element that stands in the page; by matplotlib, letters stay text."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

from nodes.errors import BadInput

_WIDTH = 7.2
_COLOURS = ("#1f6feb", "#d1570a", "#1a7f37", "#8250df", "#bf3989", "#57606a")


def need_matplotlib() -> None:
    """Raises BadInput where it is not installed."""
    try:
        import matplotlib  # noqa: F401
    except ImportError:
        raise BadInput(
            "the report needs matplotlib; install it with: pip install 'triwatch[campaign]'"
        ) from None


def distributions(arms: Sequence[dict[str, Any]], label: str) -> str:
    """Each arm's values as points, its quartiles as a box, its mean with the interval of 95 %."""
    shown = [arm for arm in arms if arm["n"]]
    figure, axes = _figure(0.5 + 0.42 * len(shown))
    for y, arm in enumerate(reversed(shown)):
        q, colour = arm["quantiles"], _COLOURS[0]
        count = len(arm["values"])
        jitter = [y + 0.16 + 0.14 * ((i * 0.618) % 1.0) for i in range(count)]
        axes.plot(arm["values"], jitter, ".", color=colour, alpha=0.35, markersize=3)
        axes.barh(y - 0.1, q["0.75"] - q["0.25"], 0.22, left=q["0.25"], color=colour, alpha=0.25)
        axes.plot([q["0.05"], q["0.95"]], [y - 0.1] * 2, color=colour, linewidth=0.8)
        low, high = arm["interval_95"] or (arm["mean"], arm["mean"])
        axes.plot([low, high], [y - 0.1] * 2, color="black", linewidth=2.5, solid_capstyle="butt")
        axes.plot([arm["mean"]], [y - 0.1], "|", color="black", markersize=9)
    axes.set_yticks(range(len(shown)), [arm["arm"] for arm in reversed(shown)])
    axes.set_ylim(-0.5, len(shown) - 0.4)
    axes.set_xlabel(label)
    return _svg(figure)


def differences(pairs: Sequence[dict[str, Any]], base: str, label: str) -> str:
    """Paired differences from the first arm; beside each, in grey, what unpaired runs would have told."""
    shown = [pair for pair in pairs if pair["n"]]
    figure, axes = _figure(0.7 + 0.35 * len(shown))
    for y, pair in enumerate(reversed(shown)):
        for offset, width, colour in (
            (-0.14, "half_width_unpaired", "#9aa4ae"),
            (0.0, "half_width", _COLOURS[0]),
        ):
            axes.errorbar(
                pair["mean"], y + offset, xerr=pair[width], fmt="o", color=colour, capsize=3, markersize=4
            )
    axes.axvline(0.0, color="black", linewidth=0.8)
    axes.set_yticks(range(len(shown)), [pair["arm"] for pair in reversed(shown)])
    axes.set_ylim(-0.6, len(shown) - 0.4)
    axes.set_xlabel(f"{label}, less that of {base}")
    return _svg(figure)


def convergences(arms: Sequence[dict[str, Any]], label: str) -> str:
    """The mean and its interval over the first runs, of up to six arms."""
    figure, axes = _figure(2.2)
    for colour, arm in zip(_COLOURS, arms, strict=False):
        n = range(2, 2 + len(arm["mean"]))
        low = [m - h for m, h in zip(arm["mean"], arm["half_width"], strict=True)]
        high = [m + h for m, h in zip(arm["mean"], arm["half_width"], strict=True)]
        axes.fill_between(n, low, high, color=colour, alpha=0.15, linewidth=0)
        axes.plot(n, arm["mean"], color=colour, linewidth=1.2, label=arm["arm"])
    ends = [(arm["mean"][-1], arm["half_width"][-1]) for arm in arms[: len(_COLOURS)] if arm["mean"]]
    if ends:
        reach = 4.0 * max(max(half for _, half in ends), 1e-9 * max(abs(mean) for mean, _ in ends), 1e-12)
        axes.set_ylim(min(mean for mean, _ in ends) - reach, max(mean for mean, _ in ends) + reach)
    axes.set_xlabel("seeds")
    axes.set_ylabel(label)
    axes.legend(fontsize=7, frameon=False)
    return _svg(figure)


def tornado(swings: Sequence[dict[str, Any]], label: str) -> str:
    """A bar a factor from its mean at one end to that at the other."""
    figure, axes = _figure(0.6 + 0.35 * len(swings))
    for y, swing in enumerate(reversed(swings)):
        ends = sorted((swing["at_low"], swing["at_high"]))
        axes.barh(y, ends[1] - ends[0], 0.5, left=ends[0], color=_COLOURS[0], alpha=0.4)
        for value, word in ((swing["at_low"], swing["low"]), (swing["at_high"], swing["high"])):
            side = "right" if value == ends[0] else "left"
            axes.text(value, y, f" {word} ", ha=side, va="center", fontsize=7)
    axes.set_yticks(range(len(swings)), [swing["factor"] for swing in reversed(swings)])
    axes.margins(x=0.25)
    axes.set_xlabel(label)
    return _svg(figure)


def indices(found: Sequence[dict[str, Any]]) -> str:
    """First-order and total Sobol' indices with their intervals."""
    figure, axes = _figure(0.7 + 0.4 * len(found))
    for y, one in enumerate(reversed(found)):
        for offset, name, colour in ((0.14, "first", _COLOURS[0]), (-0.14, "total", _COLOURS[1])):
            label = f"{name} order" if name == "first" else name
            axes.barh(
                y + offset,
                one[name],
                0.26,
                xerr=one[f"{name}_half_width"],
                color=colour,
                alpha=0.6,
                capsize=2,
                label=label if y == 0 else None,
            )
    axes.set_yticks(range(len(found)), [one["factor"] for one in reversed(found)])
    axes.set_xlabel("share of the variance")
    axes.legend(fontsize=7, frameon=False)
    return _svg(figure)


def shares(found: Sequence[dict[str, Any]], label: str) -> str:
    """Each partner's Shapley share with the interval of its mean."""
    figure, axes = _figure(0.6 + 0.35 * len(found))
    for y, one in enumerate(reversed(found)):
        if one["mean"] is not None:
            low, high = one["interval_95"] or (one["mean"], one["mean"])
            half = (high - low) / 2
            axes.barh(y, one["mean"], 0.5, xerr=half, color=_COLOURS[0], alpha=0.5, capsize=3)
    axes.set_yticks(range(len(found)), [one["partner"] for one in reversed(found)])
    axes.axvline(0.0, color="black", linewidth=0.8)
    axes.set_xlabel(label)
    return _svg(figure)


def heat_map(places: Sequence[dict[str, Any]], label: str) -> str:
    """The mean at every place of a lay-down."""
    figure, axes = _figure(3.6)
    shown = [place for place in places if place["mean"] is not None]
    lon, lat = [p["lon_deg"] for p in shown], [p["lat_deg"] for p in shown]
    value = [p["mean"] for p in shown]
    columns, rows = sorted(set(lon)), sorted(set(lat))
    if len(shown) == len(columns) * len(rows) and len(columns) > 1 < len(rows):
        at = {(p["lat_deg"], p["lon_deg"]): p["mean"] for p in shown}
        grid = [[at[y, x] for x in columns] for y in rows]
        drawn = axes.pcolormesh(columns, rows, grid, cmap="viridis", shading="nearest")
    else:
        drawn = axes.scatter(lon, lat, c=value, cmap="viridis", s=60)
    figure.colorbar(drawn, label=label)
    axes.set_xlabel("longitude, deg")
    axes.set_ylabel("latitude, deg")
    return _svg(figure)


def _figure(height: float) -> tuple[Any, Any]:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(_WIDTH, max(1.2, height)), layout="constrained")
    axes = figure.subplots()
    axes.tick_params(labelsize=8)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    axes.xaxis.label.set_fontsize(8)
    axes.yaxis.label.set_fontsize(8)
    return figure, axes


def _svg(figure: Any) -> str:
    import matplotlib as mpl

    out = io.StringIO()
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "triwatch", "font.family": "sans-serif"}):
        figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None})
    text = out.getvalue()
    return text[text.index("<svg") :]
