"""Options from a file: ``triwatch --config FILE core``, or $TRIWATCH_CONFIG. Flags and the environment count
before it.

``[all]`` is for every command that has the option, ``[core]``, ``[node]`` and so on for one of them; keys are
the options' names.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import click

from nodes.errors import BadInput

ALL = "all"


def defaults(file: Path, group: click.Group, ctx: click.Context, command: str) -> dict[str, Any]:
    """What ``file`` says of the options of one command, by parameter. Raises BadInput."""
    try:
        content = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadInput(f"--config {file}: {error.strerror}; name a file that can be read") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadInput(f"--config {file}: {error}") from None
    known = group.list_commands(ctx)
    for table, keys in content.items():
        if table != ALL and table not in known:
            raise BadInput(f"{file}: [{table}]: no such command; expected [all] or one of {', '.join(known)}")
        if not isinstance(keys, dict):
            raise BadInput(f"{file}: {table}: expected a table such as [{ALL}] before it")
    called = _options(group.get_command(ctx, command))
    found = {}
    for key, value in content.get(ALL, {}).items():
        if key in called:
            found[called[key]] = _plain(value)
        elif not any(key in _options(group.get_command(ctx, name)) for name in known):
            raise BadInput(f"{file}: [{ALL}] {key}: no command has such an option")
    for key, value in content.get(command, {}).items():
        if key not in called:
            options = ", ".join(sorted(called))
            raise BadInput(f"{file}: [{command}] {key}: no such option; expected one of {options}")
        found[called[key]] = _plain(value)
    return found


def _options(command: click.Command | None) -> dict[str, str]:
    """By an option's name as people write it, its parameter."""
    return {
        opt.removeprefix("--"): param.name or ""
        for param in (command.params if command else ())
        if isinstance(param, click.Option)
        for opt in (*param.opts, *param.secondary_opts)
        if opt.startswith("--") and not param.hidden
    }


def _plain(value: Any) -> Any:
    """As it would stand on the command line: lists for options that repeat, TOML's times as text."""
    if isinstance(value, list):
        return tuple(map(_plain, value))
    return value if isinstance(value, bool | int | float | str) else str(value)
