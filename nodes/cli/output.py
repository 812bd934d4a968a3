"""What every command shares of its output: ``--json FILE or -``, and streams that do not take everything."""

from __future__ import annotations

import codecs
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TextIO, TypeVar

import click

from nodes.errors import BadInput

_ASCII = {"°": " deg", "±": "+-", "×": "x", "σ": "sigma", "²": "^2", "–": "-", "−": "-", "…": "...", "·": "."}

Command = TypeVar("Command", bound=Callable[..., Any])


def json_option(command: Command) -> Command:
    """Add ``--json``; the command receives it as ``json_to``: a path, "-" for standard output, or None."""
    return click.option(
        "--json",
        "json_to",
        metavar="FILE",
        callback=_checked,
        help="Write the result as JSON to FILE ('-' for standard output).",
    )(command)


def _checked(ctx: click.Context, param: click.Parameter, value: str | None) -> str | None:
    """Refuse at once what could not be written after the work is done."""
    if value is None or value == "-":
        return value
    path = Path(value)
    if path.is_dir() or not path.parent.is_dir():
        raise BadInput(f"--json {value}: cannot write there; name a file in an existing directory")
    return value


def console(json_to: str | None) -> TextIO:
    """Where to write for people: standard output, unless the JSON goes there."""
    return sys.stderr if json_to == "-" else sys.stdout


def write_json(json_to: str | None, document: Any) -> None:
    """Write ``document`` (of dict, list, str, numbers, numpy values) where ``--json`` says.

    A number that is not finite becomes null, as JSON has no other word for it.
    """
    if json_to is None:
        return
    import msgspec

    text = msgspec.json.format(msgspec.json.encode(document, enc_hook=_plain), indent=2) + b"\n"
    if json_to == "-":
        sys.stdout.flush()
        sys.stdout.buffer.write(text)
        sys.stdout.flush()
        return
    try:
        Path(json_to).write_bytes(text)
    except OSError as error:
        raise BadInput(f"--json {json_to}: {error.strerror}; name a file in a writable folder") from None


def speak_plainly() -> None:
    """Where standard output or error takes ASCII only, say in ASCII what has no letter there."""
    codecs.register_error("triwatch.plain", _in_ascii)
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None and stream.errors == "strict":
            reconfigure(errors="triwatch.plain")


def drop_output() -> None:
    """Standard output leads nowhere from here on, so that leaving does not stumble over what it holds."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.close(nowhere)


def _in_ascii(error: UnicodeError) -> tuple[str, int]:
    """What cannot be encoded, in ASCII."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    wrong = error.object[error.start : error.end]
    return "".join(_ASCII.get(letter, "?") for letter in wrong), error.end


def _plain(value: Any) -> Any:
    """numpy's scalars and arrays as Python's own."""
    if hasattr(value, "tolist"):
        return value.tolist()
    raise TypeError(f"{type(value).__name__} has no place in JSON")
