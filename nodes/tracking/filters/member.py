"""Which filter of one mode a kind is made of. filterpy is loaded for the kinds that run on it alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from fusion.arrays import Float
from nodes.tracking.filters.members_compiled import CompiledMember
from nodes.tracking.motion import Mode

if TYPE_CHECKING:
    from nodes.tracking.filters.members import Extended, Unscented

FILTERPY = "filterpy-"
"""Before the name of a kind: the same on filterpy's filters."""

Member: TypeAlias = "CompiledMember | Extended | Unscented"


def member(kind: str, mode: Mode, x: Float, p: Float) -> Member:
    """A filter of one mode that starts at ``x`` (6,), ``p`` (6, 6): unscented for ``ukf``, else extended."""
    unscented = kind.removeprefix(FILTERPY) == "ukf"
    if not kind.startswith(FILTERPY):
        return CompiledMember(unscented, mode, x, p)
    from nodes.tracking.filters.members import Extended, Unscented

    return (Unscented if unscented else Extended)(mode, x, p)
