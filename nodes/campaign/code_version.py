"""Which code a row was made by."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.util import find_spec
from pathlib import Path

_PACKAGES = ("fusion", "nodes", "triwatch")
_NO_PART = ("nodes/bench", "nodes/campaign", "nodes/cli", "nodes/page", "nodes/gateways")
"""Rooms that decide nothing of what comes of a run."""


@cache
def code_version() -> str:
    """A hash over the sources of everything that takes part in a run."""
    found = hashlib.sha256()
    for package in _PACKAGES:
        spec = find_spec(package)
        # a package without code at its top may lie in several places; the first is what is imported
        for place in list(spec.submodule_search_locations or ())[:1] if spec else ():
            for path in sorted(Path(place).rglob("*.py")):
                name = f"{package}/{path.relative_to(place).as_posix()}"
                if not name.startswith(_NO_PART):
                    found.update(name.encode() + b"\0" + path.read_bytes() + b"\0")
    return found.hexdigest()[:16]
