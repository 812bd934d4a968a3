"""The course of an exercise as a picture: who was in view, who was shown, how far off."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from fusion.physics.geodesy import Float
from nodes.errors import BadInput

_COLOUR = {"AIR": "tab:blue", "SPACE": "tab:red", "SURFACE": "tab:green", "SUBSURFACE": "tab:purple"}


def plot_series(series: Mapping[str, Float], file: Path) -> None:
    """Draw `fusion.score.figures.Exercise.series` into a PNG file.

    Raises BadInput where the file cannot be written or matplotlib is not installed.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise BadInput("--plot needs matplotlib; install it with: pip install 'triwatch[score]'") from None
    time_s = series["time_s"]
    figure = Figure(figsize=(10.0, 6.0), layout="constrained")
    count, error = figure.subplots(2, 1, sharex=True)
    count.plot(time_s, series["in_view"], color="0.6", label="objects in view")
    count.plot(time_s, series["shown"], color="tab:blue", label="of these shown")
    count.set_ylim(bottom=0.0)
    count.legend()
    for key in series:
        kind, _, environment = key.partition("/")
        if kind == "shared_m":
            error.plot(time_s, series[key], color=_COLOUR[environment], label=environment.lower())
        elif kind == "centralised_m":
            error.plot(time_s, series[key], color=_COLOUR[environment], linestyle=":", linewidth=1.0)
    error.set_yscale("log")
    error.set_ylabel("median position error, m\n(dotted: all detections in one place)")
    error.set_xlabel("time, s")
    if error.lines:
        error.legend()
    try:
        figure.savefig(file, format="png", dpi=120)
    except OSError as problem:
        raise BadInput(f"--plot {file}: cannot be written: {problem.strerror or problem}") from None
