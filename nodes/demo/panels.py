"""What is on the screen and where."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from textwrap import wrap
from typing import Annotated, Final

import numpy as np
from rich import box
from rich.console import Group, RenderableType
from rich.layout import Layout
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from fusion.constants import OPERATION, Chosen
from fusion.physics.geodesy import ecef2geodetic
from nodes.demo.picture_comparison import Row
from nodes.demo.under_water import searched, whereabouts
from nodes.demo.view import LIVE, CoreView, NodeView, View, WarningView
from nodes.wording import count, place, span, together, track_name
from triwatch.v1 import track_pb2

_IDENTITY: dict[int, tuple[str, str]] = {
    track_pb2.IDENTITY_PENDING: ("pending", "yellow"),
    track_pb2.IDENTITY_UNKNOWN: ("unknown", "yellow"),
    track_pb2.IDENTITY_ASSUMED_FRIEND: ("assumed friend", "cyan"),
    track_pb2.IDENTITY_FRIEND: ("friend", "cyan"),
    track_pb2.IDENTITY_NEUTRAL: ("neutral", "green"),
    track_pb2.IDENTITY_SUSPECT: ("suspect", "magenta"),
    track_pb2.IDENTITY_HOSTILE: ("hostile", "bold red"),
}
_ENVIRONMENT: dict[int, str] = {
    track_pb2.ENVIRONMENT_AIR: "air",
    track_pb2.ENVIRONMENT_SPACE: "space",
    track_pb2.ENVIRONMENT_SURFACE: "surface",
    track_pb2.ENVIRONMENT_SUBSURFACE: "subsurface",
    track_pb2.ENVIRONMENT_LAND: "land",
}
_STATE_STYLE = {"alive": "green", "starting": "yellow", "stale": "yellow", "left": "dim"}
_WARNING_STYLE = {"ALERT": "bold red", "UPDATE": "bold red", "CANCEL": "dim", "ALL_CLEAR": "green"}
_STANDING = ("ALERT", "UPDATE")
_ENDED = {"CANCEL": "CANCELLED", "ALL_CLEAR": "ALL CLEAR"}
_SIDE_WIDTH = 46
_SIDE_WIDTH_SMALL = 36
_HEAD_LINES = 3
_DIGEST = 6
"""Hexadecimal digits of a digest: as many as the narrowest panel has room for."""
_SEARCHES = 3
"""So many searches are shown at most."""
_WARNING_LINES = 3  # a panel's frame and one line
_TOLD_LINES = 4
BEHIND_S: Final[
    Annotated[
        float,
        Chosen("s", "scenario seconds that an exercise may be behind its clock before it is said", OPERATION),
    ]
] = 2.0
_FRAME_LINES = 4  # a panel's frame, the table's head, the line of what is not shown


def compose(view: View, told: list[str], width: int, height: int) -> Layout:
    """The whole screen for a terminal of ``width`` by ``height`` characters; a small one shows less."""
    told_lines = min(_TOLD_LINES, max(0, height - 24))
    layout = Layout()
    parts = [Layout(_head(view, width), size=_HEAD_LINES), Layout(name="body")]
    if told_lines:
        parts.append(Layout(_told(told[-told_lines:]), size=told_lines + 2))
    layout.split_column(*parts)
    body_lines = height - _HEAD_LINES - (told_lines + 2 if told_lines else 0)
    side_width = _SIDE_WIDTH if width >= 120 else _SIDE_WIDTH_SMALL
    side = Layout(name="side", size=side_width)
    layout["body"].split_row(Layout(_tracks(view, width - side_width, body_lines - _FRAME_LINES)), side)
    side.split_column(*_side(view, body_lines, side_width))
    return layout


def _side(view: View, lines: int, width: int) -> list[Layout]:
    """Warnings first, then cores and delays; nodes as far as there is room, those that are silent first."""
    warned, standing = _warning_lines(view, width - 4)
    cores, link = len(view.cores) + 4, 4
    spare = lines - cores - link
    nodes = min(len(view.nodes), spare - max(_WARNING_LINES, len(warned) + 2) - 3)
    if nodes <= 0:
        cores, spare = cores + 1, spare - 1
    warning_lines = max(_WARNING_LINES, min(len(warned) + 2, spare))
    panels = [Layout(_cores(view, told_of_nodes=nodes <= 0), size=cores), Layout(_link(view), size=link)]
    if nodes > 0:
        panels.insert(1, Layout(_nodes(view, nodes), size=nodes + 3))
    border = "bold red" if standing else "dim"
    body = Text("\n").join(_fitted(warned, warning_lines - 2))
    warnings = Panel(body, title="Missile warnings", border_style=border)
    return [Layout(warnings, ratio=1, minimum_size=warning_lines), *panels]


def _fitted(lines: list[Text], most: int) -> list[Text]:
    """At most so many lines; the last says how many are left out."""
    if len(lines) <= most:
        return lines
    return [*lines[: most - 1], Text(f" and {count(len(lines) - most + 1, 'more line')}", style="dim")]


def _head(view: View, width: int) -> RenderableType:
    speed = "as fast as possible" if view.speed is None else f"{view.speed:g} times real time"
    behind = ""
    if view.behind_s > BEHIND_S and width >= 100:
        behind = f"  {span(view.behind_s)} behind that: the machine is busy"
    elif view.behind_s > BEHIND_S:
        behind = f"  {span(view.behind_s)} behind"
    stage = f"  {view.stage}, {speed}" if width >= 100 else f"  {view.stage}"
    cells: list[RenderableType] = [
        Text.assemble(("triwatch ", "bold"), (view.title, "bold cyan"), stage, (behind, "yellow")),
        ProgressBar(total=view.duration_s, completed=view.time_s),
        f"{view.time_s:.0f} of {view.duration_s:.0f} s",
    ]
    if width >= 100:
        now = datetime.fromtimestamp(view.start_ns * 1e-9 + view.time_s, UTC)
        cells.insert(1, f"{now:%Y-%m-%d %H:%M:%S}Z")
    grid = Table.grid(expand=True, padding=(0, 2))
    for cell in cells:
        grid.add_column(no_wrap=True, ratio=1 if isinstance(cell, ProgressBar) else None)
    grid.add_row(*cells)
    return Panel(grid, box=box.ROUNDED, border_style="dim")


def _tracks(view: View, width: int, rows_max: int) -> Panel:
    """The most important tracks; a narrow panel counts who sees them and leaves out where they are."""
    table = Table(box=None, expand=True, padding=(0, 0, 0, 1), header_style="dim")
    wide, narrow = width >= 100, width < 64
    table.add_column("Track", justify="right", no_wrap=True)
    table.add_column("Name", no_wrap=True, overflow="ellipsis", max_width=12 if narrow else 24, ratio=1)
    table.add_column("Kind", no_wrap=True)
    if not narrow:
        table.add_column("Identity", no_wrap=True)
    for name in ("Lat", "Lon", "km up", "m/s") if wide else ():
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("Nodes" if narrow else "Seen by", ratio=1, no_wrap=True, overflow="ellipsis")
    table.add_column("Age", justify="right", no_wrap=True)
    notes = [(whereabouts(one), "cyan") for one in view.contacts]
    notes += [(searched(one), "yellow") for one in view.searches[:_SEARCHES]]
    rows = view.rows[: max(rows_max - len(notes), 1)]
    places = _places(rows) if wide else [[] for _ in rows]
    for row, where in zip(rows, places, strict=True):
        identity, style = _IDENTITY.get(row.identity, ("?", "yellow"))
        age_s = max(0.0, view.time_s - (row.time_ns - view.start_ns) * 1e-9)
        cells: list[RenderableType] = [track_name(row.number), Text(row.call_sign, style=style)]
        cells.append(_ENVIRONMENT.get(row.environment, "?"))
        if not narrow:
            cells.append(Text(identity + (" ?!" if row.conflict else ""), style=style))
        seen_by = str(len(row.contributors)) if narrow else " ".join(sorted(row.contributors))
        coasting = row.status == track_pb2.TRACK_STATUS_DROPPING
        table.add_row(*cells, *where, seen_by, f"{age_s:.0f} s", style="dim" if coasting else "")
    parts: list[RenderableType] = [table]
    if len(rows) < view.tracks:
        parts.append(Text(f"  and {view.tracks - len(rows)} more", style="dim"))
    parts += [Text(f" {line}", style=style, no_wrap=True) for line, style in notes]
    body = Group(*parts)
    count = f"{view.tracks} tracks"
    if view.own_tracks is not None:
        count += f", {view.own_tracks} in its own"
    title = f"{view.nation}: {count}" if narrow else f"Shared picture as {view.nation} sees it: {count}"
    return Panel(body, title=title, border_style="cyan")


def _places(rows: Sequence[Row]) -> list[list[str]]:
    """Latitude, longitude, height and speed of each row, in words; of those known by an area nothing."""
    if not rows:
        return []
    state = np.array([r.state for r in rows])
    lat_deg, lon_deg, height_m = ecef2geodetic(state[:, :3])
    speed_mps = np.linalg.norm(state[:, 3:], axis=1)
    height_km = np.abs(np.round(height_m * 1e-3, 1)) * np.where(height_m < -50.0, -1.0, 1.0)
    return [
        [f"{lat_deg[i]:.2f}", f"{lon_deg[i]:.2f}", f"{height_km[i]:.1f}", f"{speed_mps[i]:.0f}"]
        if rows[i].placed
        else ["-"] * 4
        for i in range(len(rows))
    ]


def _state(state: str) -> Text:
    return Text(state, style=_STATE_STYLE.get(state, "bold red"))


def _cores(view: View, told_of_nodes: bool) -> Panel:
    table = Table(box=None, expand=True, padding=(0, 0, 0, 1), header_style="dim")
    table.add_column("Core", no_wrap=True)
    table.add_column("", no_wrap=True, overflow="ellipsis")
    for name in ("Tracks", "Final", "Digest"):
        table.add_column(name, justify="right", no_wrap=True)
    for core in view.cores:
        lag_s = max(0.0, core.time_s - core.final_s)
        final = "now" if lag_s < 0.5 else f"-{lag_s:.0f} s"
        table.add_row(core.nation, _state(core.state), str(core.tracks), final, core.picture_digest[:_DIGEST])
    parts: list[RenderableType] = [table, _verdict(view)]
    if told_of_nodes:
        parts.append(Text(f" {_told_of_nodes(view.nodes)}", style=_node_style(view), no_wrap=True))
    return Panel(Group(*parts), title="Cores", border_style="red" if view.disagreed else "green")


def _verdict(view: View) -> Text:
    if view.disagreed:
        return Text(f" {view.disagreed} times unlike pictures!", style="bold red")
    if _same_now(view.cores):
        return Text(" same picture, byte for byte", style="bold green")
    return Text(f" same picture {view.agreed} times so far", style="green")


def _same_now(cores: tuple[CoreView, ...]) -> bool:
    return len({(c.input_digest, c.picture_digest) for c in cores}) == 1 and bool(cores[0].picture_digest)


def _nodes(view: View, rows_max: int) -> Panel:
    table = Table(box=None, expand=True, padding=(0, 0, 0, 1), header_style="dim")
    table.add_column("Node", no_wrap=True)
    table.add_column("", no_wrap=True, overflow="ellipsis")
    table.add_column("Tracks", justify="right", no_wrap=True)
    table.add_column("Heard", justify="right", no_wrap=True)
    for node in sorted(view.nodes, key=lambda n: (n.state in LIVE, n.id))[:rows_max]:
        age = "" if node.age_s is None else f"{node.age_s:.1f} s"
        table.add_row(node.id, _state(node.state), str(node.tracks), age)
    return Panel(table, title=_told_of_nodes(view.nodes), border_style=_node_style(view))


def _told_of_nodes(nodes: Sequence[NodeView]) -> str:
    """As in "20 nodes, 1 stale"."""
    states = [n.state for n in nodes if n.state not in LIVE]
    silent = [f"{states.count(state)} {state}" for state in dict.fromkeys(states)]
    return ", ".join([count(len(nodes), "node"), *silent])


def _node_style(view: View) -> str:
    return "green" if all(n.state in LIVE for n in view.nodes) else "yellow"


def _link(view: View) -> Panel:
    half, p99, most = (_ms(v) for v in view.latency_ms)
    late = max((c.late for c in view.cores), default=0)
    missing = view.missing + sum(c.missing for c in view.cores)
    return Panel(
        Group(
            Text(f" half {half}  99 % {p99}  most {most}", no_wrap=True),
            Text(f" {view.reports} reports, {late} late, {missing} missing", no_wrap=True),
        ),
        title="Report to picture, ms",
        border_style="dim",
    )


def _ms(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:.1f}" if value < 10.0 else f"{value:.0f}"


def _warning_lines(view: View, width: int) -> tuple[list[Text], bool]:
    """What is warned of, newest first and what stands before what is over; whether any stands."""
    lines: list[Text] = []
    order = sorted(view.warnings, key=lambda w: (w.status not in _STANDING, -w.time_s, w.track))
    for warning in order:
        word, style = _ENDED.get(warning.status, warning.status), _WARNING_STYLE.get(warning.status, "yellow")
        lines.append(
            Text.assemble((f" {word} ", style), f"{track_name(warning.track)}  {warning.phase}", no_wrap=True)
        )
        for told in _what_to_know(view, warning):
            wrapped = wrap(told, width - 3, initial_indent="   ", subsequent_indent="   ")
            lines += [Text(line, no_wrap=True) for line in wrapped]
    return lines or [Text(" No missile warnings", style="dim")], any(w.status in _STANDING for w in order)


def _what_to_know(view: View, warning: WarningView) -> list[str]:
    """Whom a standing warning concerns; where and when, once that is known."""
    if warning.status not in _STANDING:
        return []
    if warning.impact is None:
        whom = together(warning.threatened)
        return [f"could still reach {whom}" if whom else "impact not yet known"]
    nations = together(warning.threatened) or "nobody"
    lat_deg, lon_deg, time_s = warning.impact
    major, minor = (_km(m * 1e-3) for m in warning.ellipse_95_m)
    return [
        f"threatens {nations}",
        f"impact in {span(max(0.0, time_s - view.time_s))}, {place(lat_deg, lon_deg)}",
        f"within {major} x {minor} km",
    ]


def _km(km: float) -> str:
    return f"{km:.1f}" if km < 10.0 else f"{km:.0f}"


def _told(told: list[str]) -> Panel:
    return Panel(Text("\n".join(told), no_wrap=True, overflow="ellipsis"), border_style="dim", title="Events")
