"""What is on the screen and where."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np
from rich import box
from rich.console import Group, RenderableType
from rich.layout import Layout
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from fusion.physics.geodesy import ecef2geodetic
from nodes.demo.picture_comparison import Row
from nodes.demo.view import LIVE, CoreView, View, WarningView
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
_SIDE_WIDTH = 46
_SIDE_WIDTH_SMALL = 36
_HEAD_LINES = 3
_WARNING_LINES = 5
_TOLD_LINES = 4
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
    side.split_column(*_side(view, body_lines))
    return layout


def _side(view: View, lines: int) -> list[Layout]:
    """Cores, warnings and link always; nodes as far as there is room."""
    cores, link = len(view.cores) + 4, 4
    nodes = min(len(view.nodes), lines - cores - link - _WARNING_LINES - 3)
    panels = [
        Layout(_cores(view), size=cores),
        Layout(_link(view), size=link),
        Layout(_warnings(view), ratio=1, minimum_size=_WARNING_LINES),
    ]
    if nodes > 0:
        panels.insert(1, Layout(_nodes(view, nodes), size=nodes + 3))
    return panels


def _head(view: View, width: int) -> RenderableType:
    speed = "as fast as possible" if view.speed is None else f"{view.speed:g} times real time"
    behind = f"  {view.behind_s:.0f} s behind" if view.behind_s > 2.0 else ""
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
    rows = view.rows[: max(rows_max, 1)]
    places = _places(rows) if wide else [[] for _ in rows]
    for row, place in zip(rows, places, strict=True):
        identity, style = _IDENTITY.get(row.identity, ("?", "yellow"))
        age_s = max(0.0, view.time_s - (row.time_ns - view.start_ns) * 1e-9)
        cells: list[RenderableType] = [str(row.number), Text(row.call_sign, style=style)]
        cells.append(_ENVIRONMENT.get(row.environment, "?"))
        if not narrow:
            cells.append(Text(identity + (" ?!" if row.conflict else ""), style=style))
        seen_by = str(len(row.contributors)) if narrow else " ".join(sorted(row.contributors))
        coasting = row.status == track_pb2.TRACK_STATUS_DROPPING
        table.add_row(*cells, *place, seen_by, f"{age_s:.0f} s", style="dim" if coasting else "")
    body: RenderableType = table
    if len(rows) < view.tracks:
        body = Group(table, Text(f"  and {view.tracks - len(rows)} more", style="dim"))
    count = f"{view.tracks} tracks"
    if view.own_tracks is not None:
        count += f", {view.own_tracks} in its own"
    title = f"{view.nation}: {count}" if narrow else f"Shared picture as {view.nation} sees it: {count}"
    return Panel(body, title=title, border_style="cyan")


def _places(rows: Sequence[Row]) -> list[list[str]]:
    """Latitude, longitude, height and speed of each row, in words."""
    if not rows:
        return []
    state = np.array([r.state for r in rows])
    lat_deg, lon_deg, height_m = ecef2geodetic(state[:, :3])
    speed_mps = np.linalg.norm(state[:, 3:], axis=1)
    height_km = np.abs(np.round(height_m * 1e-3, 1)) * np.where(height_m < -50.0, -1.0, 1.0)
    return [
        [f"{lat_deg[i]:.2f}", f"{lon_deg[i]:.2f}", f"{height_km[i]:.1f}", f"{speed_mps[i]:.0f}"]
        for i in range(len(rows))
    ]


def _state(state: str) -> Text:
    return Text(state, style=_STATE_STYLE.get(state, "bold red"))


def _cores(view: View) -> Panel:
    table = Table(box=None, expand=True, padding=(0, 0, 0, 1), header_style="dim")
    table.add_column("Core", no_wrap=True)
    table.add_column("", no_wrap=True, overflow="ellipsis")
    for name in ("Tracks", "Final", "Digest"):
        table.add_column(name, justify="right", no_wrap=True)
    for core in view.cores:
        lag_s = max(0.0, core.time_s - core.final_s)
        table.add_row(
            core.nation, _state(core.state), str(core.tracks), f"-{lag_s:.0f} s", core.picture_digest[:8]
        )
    return Panel(
        Group(table, _verdict(view)), title="Cores", border_style="red" if view.disagreed else "green"
    )


def _verdict(view: View) -> Text:
    if view.disagreed:
        return Text(f" {view.disagreed} times unlike pictures!", style="bold red")
    if _same_now(view.cores):
        return Text(" same picture, byte for byte", style="bold green")
    return Text(f" same reports, same picture: {view.agreed} times", style="green")


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
    silent = sum(n.state not in LIVE for n in view.nodes)
    return Panel(table, title=f"Nodes: {len(view.nodes)}", border_style="yellow" if silent else "green")


def _link(view: View) -> Panel:
    p50, p99, most = (f"{v:.1f}" if v is not None else "-" for v in view.latency_ms)
    late = max((c.late for c in view.cores), default=0)
    missing = view.missing + sum(c.missing for c in view.cores)
    return Panel(
        Group(
            Text(f" p50 {p50}  p99 {p99}  max {most}"),
            Text(f" {view.reports} reports, {late} late, {missing} missing"),
        ),
        title="Report to picture, ms",
        border_style="dim",
    )


def _warnings(view: View) -> Panel:
    lines: list[RenderableType] = []
    for warning in sorted(view.warnings, key=lambda w: -w.time_s):
        lines += _warning(view, warning)
    if not lines:
        lines = [Text(" none", style="dim")]
    standing = any(w.status in ("ALERT", "UPDATE") for w in view.warnings)
    return Panel(Group(*lines), title="Missile warnings", border_style="bold red" if standing else "dim")


def _warning(view: View, warning: WarningView) -> list[RenderableType]:
    style = _WARNING_STYLE.get(warning.status, "yellow")
    whom = "threatens " + ", ".join(warning.threatened) if warning.threatened else "threatens nobody"
    head = Text.assemble(
        (f" {warning.status.replace('_', ' ')} ", style), f"{warning.id}  {warning.phase}, {whom}"
    )
    if warning.impact is None or warning.status not in ("ALERT", "UPDATE"):
        return [head]
    lat_deg, lon_deg, time_s = warning.impact
    major, minor = (m * 1e-3 for m in warning.ellipse_95_m)
    where = f"   impact {lat_deg:.2f} {lon_deg:.2f} ±{major:.0f} x {minor:.0f} km"
    return [head, Text(f"{where} in {max(0.0, time_s - view.time_s):.0f} s")]


def _told(told: list[str]) -> Panel:
    return Panel(Text("\n".join(told), no_wrap=True, overflow="ellipsis"), border_style="dim", title="Events")
