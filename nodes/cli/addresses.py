"""Options that say where others are: ``--coalition``; ``--listen``, ``--advertise``, ``--peer``."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., Any])


def directory(command: Command) -> Command:
    """The coalition directory, as ``root``."""
    return click.option(
        "--coalition",
        "root",
        required=True,
        metavar="DIR",
        type=click.Path(file_okay=False, path_type=Path),
        help="Where the coalition's processes find each other.",
    )(command)


def bound(command: Command) -> Command:
    """Where this process is reached from other machines."""
    command = click.option(
        "--advertise",
        default="",
        metavar="HOST:PORT",
        help="Where other machines reach this one.  [default: as --listen]",
    )(command)
    return click.option(
        "--listen",
        default="",
        metavar="HOST:PORT",
        help="The one port for other machines.  [default: this machine alone]",
    )(command)


def dialled(command: Command) -> Command:
    """Whom to dial on other machines."""
    return click.option(
        "--peer",
        "peers",
        multiple=True,
        metavar="NATION=HOST:PORT",
        help="A core on another machine; one is enough to learn of the others. Repeatable.",
    )(command)
