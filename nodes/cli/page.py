"""``triwatch page``: the picture page, live or from a recording."""

from __future__ import annotations

import secrets
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import click

from nodes.cli.output import console, json_option, write_json
from nodes.errors import BadInput


def _checked(ctx: click.Context, param: click.Parameter, value: str) -> str:
    """An empty address would be every one of this machine's, and no page could be found at it."""
    if not value.strip():
        raise BadInput("--host: expected an address or a name, got ''; 0.0.0.0 serves on every address")
    return value


@click.command()
@click.argument("file", required=False, type=click.Path(path_type=Path))
@click.option("--nation", metavar="CODE", default="", help="Whose picture is shown first.")
@click.option(
    "--coalition",
    "root",
    metavar="DIR",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Live: the directory where the coalition's processes find each other.",
)
@click.option(
    "--host", default="127.0.0.1", show_default=True, callback=_checked, help="Address to serve on."
)
@click.option(
    "--port", default=8642, show_default=True, type=click.IntRange(0, 65535), help="0: any free one."
)
@click.option(
    "--name", "names", multiple=True, metavar="HOST", help="A further name that this server goes by."
)
@click.option(
    "--token/--no-token",
    "guarded",
    default=None,
    help="Show the picture only to those who have the address with its token.  [default: live, or beyond "
    "this machine]",
)
@click.option("--leashed", is_flag=True, hidden=True, help="End when standard input ends.")
@json_option
def page(
    file: Path | None,
    nation: str,
    root: Path | None,
    host: str,
    port: int,
    names: tuple[str, ...],
    guarded: bool | None,
    leashed: bool,
    json_to: str | None,
) -> None:
    """Show the picture in a browser, live or from the recording FILE, until interrupted."""
    from nodes.page.guard import LOOPBACK
    from nodes.page.server import Server

    if (file is None) == (root is None):
        raise click.UsageError("give either a recording FILE or --coalition DIR")
    if guarded is None:
        guarded = root is not None or host not in LOOPBACK
    token = secrets.token_urlsafe(12) if guarded else ""
    if file is not None:
        from nodes.page.recorded import RecordedSource
        from nodes.recording import Recording

        recorded = RecordedSource(Recording(file), file.stem)
        server = Server(recorded, host, port, names, token=token)
        recorded.start()
    else:
        assert root is not None
        from nodes.page.live import LiveSource

        live = LiveSource(root, nation)
        server = Server(live, host, port, names, live.lock, token)
        live.start()
    address = f"{server.url}#nation={nation}" if nation else server.url
    write_json(json_to, {"url": address, "port": server.port})
    print(f"Picture page: {address}", file=console(json_to), flush=True)
    if leashed:
        threading.Thread(target=_end_with_input, args=(server.end, root), daemon=True).start()
    server.run()


def _end_with_input(end: Callable[[], None], root: Path | None) -> None:
    """Where the input ends without a word, the launcher was killed, and nobody else may be left."""
    from nodes.control.exercise_folder import delete_abandoned

    if not sys.stdin.buffer.read() and root is not None:
        delete_abandoned(root)
    end()
