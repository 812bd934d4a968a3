"""The value of sharing as a picture: impact error and ellipse against time since launch."""

from __future__ import annotations

from pathlib import Path

from nodes.errors import BadInput
from nodes.scoring.alone import SHARED
from nodes.scoring.sharing import View

COLOURS = ("#4477aa", "#ee6677", "#228833", "#ccbb44", "#66ccee", "#aa3377")


def plot(flights: dict[str, dict[str, View]], file: Path) -> None:
    """Draw every flight that anybody was warned of into ``file`` (PNG, SVG or PDF by its name).

    Solid: the error of the predicted impact; dotted: the semi-major axis of its 95 % ellipse; a mark where
    the first warning came. Raises BadInput where matplotlib is missing or the file cannot be written.
    """
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError:
        raise BadInput("plotting needs matplotlib; install it with: pip install 'triwatch[score]'") from None
    shown = {name: views for name, views in flights.items() if any(v.predictions for v in views.values())}
    figure = Figure(figsize=(8.0, 1.0 + 3.2 * max(1, len(shown))), layout="constrained")
    FigureCanvasAgg(figure)
    panels = figure.subplots(max(1, len(shown)), 1, squeeze=False)[:, 0]
    for panel, (name, views) in zip(panels, shown.items(), strict=False):
        for k, (view_name, view) in enumerate(views.items()):
            if not view.predictions:
                continue
            shared = view_name == SHARED
            colour = "black" if shared else COLOURS[k % len(COLOURS)]
            width = 1.8 if shared else 1.1
            since = [p.after_launch_s for p in view.predictions]
            error = [max(p.impact_error_m, 1.0) / 1e3 for p in view.predictions]
            ellipse = [max(p.ellipse_95_major_m, 1.0) / 1e3 for p in view.predictions]
            panel.semilogy(since, error, color=colour, linewidth=width, label=view_name)
            panel.semilogy(since, ellipse, color=colour, linewidth=width, linestyle=":")
            panel.plot(since[0], error[0], "o", color=colour, markersize=4)
        panel.set_title(f"{name}: impact error (solid) and 95 % semi-major axis (dotted)", fontsize=9)
        panel.set_xlabel("s since launch")
        panel.set_ylabel("km")
        panel.grid(True, which="major", alpha=0.3)
        panel.legend(fontsize=8)
    try:
        figure.savefig(file, dpi=130)
    except (OSError, ValueError) as error:
        raise BadInput(f"{file}: cannot be written: {error}; give a .png, .svg or .pdf") from None
