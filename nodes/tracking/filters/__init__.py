"""The national filters behind one small interface.

``ekf`` linearises, ``ukf`` spreads sigma points; both work at one level of noise at a time (`level`).
``imm`` mixes several of the former. A missile burns or falls, which no single innovation tells: it has a
filter of its own for all kinds (`burnout`). These run on compiled kernels (`kernels`, `mixture_compiled`);
with ``filterpy-`` before its name a kind runs on filterpy's filters (`members`, `mixture`).
"""

from __future__ import annotations

from fusion.physics.geodesy import Float
from nodes.tracking.filters.base import NationalFilter
from nodes.tracking.filters.burnout import MissileFilter
from nodes.tracking.filters.level import LevelFilter
from nodes.tracking.filters.member import FILTERPY
from nodes.tracking.filters.mixture import MixtureFilter
from nodes.tracking.filters.mixture_compiled import CompiledMixture
from nodes.tracking.motion import FREE_FLIGHT
from nodes.tracking.motion_models import Behaviour

__all__ = ["FILTERPY_KINDS", "KINDS", "NationalFilter", "national_filter"]

KINDS = ("ekf", "ukf", "imm")
FILTERPY_KINDS = tuple(FILTERPY + kind for kind in KINDS)


def national_filter(kind: str, behaviour: Behaviour, x: Float, p: Float) -> NationalFilter:
    """The filter of a ``kind`` for a ``behaviour``, from state ``x`` (6,) and covariance ``p`` (6, 6)."""
    if behaviour.modes[0].model == FREE_FLIGHT:
        return MissileFilter(kind, behaviour, x, p)
    if behaviour.rates_hz is None:
        return LevelFilter(kind, behaviour, x, p)
    if kind.startswith(FILTERPY):
        return MixtureFilter(kind, behaviour, x, p)
    return CompiledMixture(kind == "ukf", behaviour, x, p)
