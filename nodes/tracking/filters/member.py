"""Which filter of one mode a kind is made of."""

from __future__ import annotations

from fusion.arrays import Float
from nodes.tracking.filters.members import Extended, Unscented
from nodes.tracking.filters.members_compiled import CompiledMember
from nodes.tracking.motion import Mode

FILTERPY = "filterpy-"
"""Before the name of a kind: the same on filterpy's filters."""

Member = CompiledMember | Extended | Unscented


def member(kind: str, mode: Mode, x: Float, p: Float) -> Member:
    """A filter of one mode that starts at ``x`` (6,), ``p`` (6, 6): unscented for ``ukf``, else extended."""
    unscented = kind.removeprefix(FILTERPY) == "ukf"
    if not kind.startswith(FILTERPY):
        return CompiledMember(unscented, mode, x, p)
    return (Unscented if unscented else Extended)(mode, x, p)
