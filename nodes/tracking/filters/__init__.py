"""The national filters behind one small interface, all made of filterpy's filters (`members`).

``ekf`` linearises, ``ukf`` spreads sigma points; both work at one level of noise at a time (`level`).
``imm`` mixes several of the former (`mixture`). A missile burns or falls, which no single innovation
tells: it has a filter of its own for all kinds (`burnout`).
"""

from __future__ import annotations

from fusion.physics.geodesy import Float
from nodes.tracking.filters.base import NationalFilter
from nodes.tracking.filters.burnout import MissileFilter
from nodes.tracking.filters.level import LevelFilter
from nodes.tracking.filters.mixture import MixtureFilter
from nodes.tracking.motion import FREE_FLIGHT
from nodes.tracking.motion_models import Behaviour

__all__ = ["KINDS", "NationalFilter", "national_filter"]

KINDS = ("ekf", "ukf", "imm")


def national_filter(kind: str, behaviour: Behaviour, x: Float, p: Float) -> NationalFilter:
    """The filter of a ``kind`` for a ``behaviour``, from state ``x`` (6,) and covariance ``p`` (6, 6)."""
    if behaviour.modes[0].model == FREE_FLIGHT:
        return MissileFilter(kind, behaviour, x, p)
    if behaviour.rates_hz is None:
        return LevelFilter(kind, behaviour, x, p)
    return MixtureFilter(kind, behaviour, x, p)
