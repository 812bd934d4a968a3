"""Code of others, named ``package.module:factory``: found, and hashed so that a change of it is noticed."""

from __future__ import annotations

import hashlib
import importlib
import os
import re
import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from nodes.errors import BadInput

PATTERN = r"^[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*$"


def is_named(text: str) -> bool:
    """Whether ``text`` has the form of a name."""
    return re.match(PATTERN, text) is not None


def factory(name: str) -> Callable[..., Any]:
    """What ``name`` stands for; modules in the working directory are found, too.

    Raises BadInput where there is none, or what is there cannot be called.
    """
    module_name, _, attribute = name.partition(":")
    if not is_named(name):
        raise BadInput(f"{name}: expected package.module:factory")
    _look_here()
    try:
        module = importlib.import_module(module_name)
    except Exception as error:  # whatever the module does when it is imported
        raise BadInput(f"{name}: {module_name} cannot be imported: {_said(error)}") from None
    found = getattr(module, attribute, None)
    if not callable(found):
        there = ", ".join(n for n in vars(module) if callable(getattr(module, n)) and n[0] != "_")
        raise BadInput(f"{name}: {module_name} has no {attribute} to call; it has {there or 'nothing'}")
    called: Callable[..., Any] = found
    return called


def source_digest(name: str) -> str:
    """Of the file that the module is in; empty where there is none. Raises BadInput."""
    factory(name)
    spec = find_spec(name.partition(":")[0])
    origin = Path(spec.origin) if spec is not None and spec.origin else None
    return hashlib.sha256(origin.read_bytes()).hexdigest() if origin is not None and origin.is_file() else ""


def said(name: str, error: BaseException) -> str:
    """What went wrong in somebody's code, in a line."""
    return f"{name}: {_said(error)}"


def _said(error: BaseException) -> str:
    return " ".join(f"{type(error).__name__}: {error}".split())


def _look_here() -> None:
    here = os.getcwd()
    if here not in sys.path and "" not in sys.path:
        sys.path.append(here)
