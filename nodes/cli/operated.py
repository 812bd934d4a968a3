"""Options of every long-running process for those who run it: its log, its metrics."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, TypeVar

import click

from nodes.errors import BadInput

Format = Literal["text", "json"]
Command = TypeVar("Command", bound=Callable[..., Any])
LEVELS = ("debug", "info", "warning", "error")


def operated(command: Command) -> Command:
    """``--log-level``, ``--log-format``, ``--metrics`` and ``--metrics-port``."""
    for option in (
        click.option(
            "--metrics-port",
            type=click.IntRange(0, 65535),
            metavar="PORT",
            help="Serve /metrics and /healthz on 127.0.0.1:PORT (0: any free one).",
        ),
        click.option(
            "--metrics", metavar="HOST:PORT", help="The same on an address that other machines may reach."
        ),
        click.option(
            "--log-format",
            default="text",
            show_default=True,
            type=click.Choice(["text", "json"]),
            help="A line an event, for people or as JSON.",
        ),
        click.option(
            "--log-level",
            default="info",
            show_default=True,
            type=click.Choice(LEVELS),
            help="What is not worth a line.",
        ),
    ):
        command = option(command)
    return command


def metrics_address(metrics: str | None, port: int | None) -> tuple[str, int] | None:
    """Where to serve metrics; None: nowhere. Raises BadInput."""
    if metrics is None:
        return None if port is None else ("127.0.0.1", port)
    if port is not None:
        raise BadInput("--metrics and --metrics-port: name one of them")
    host, colon, number = metrics.rpartition(":")
    if not colon or not host or not number.isascii() or not number.isdigit() or int(number) > 65535:
        raise BadInput(f"--metrics {metrics}: expected HOST:PORT, such as 0.0.0.0:9464")
    return host.strip("[]"), int(number)
