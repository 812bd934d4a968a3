"""The national filters behind one small interface.

``ekf`` linearises, ``ukf`` spreads sigma points; ``imm`` is another name of the former. What no single
innovation tells is a mixture in all of them (`mixture_compiled`): whether an aircraft or a ship turns, or an
engine still burns, and since when. What has one mode only works at one level of noise (`level`). With
``filterpy-`` before its name a kind runs on filterpy's filters (`members`, `mixture`, `burnout`), which know
no acceleration that lasts.
"""

from __future__ import annotations

from fusion.physics.geodesy import Float
from nodes.tracking.filters.base import NationalFilter
from nodes.tracking.filters.burnout import MissileFilter
from nodes.tracking.filters.level import LevelFilter
from nodes.tracking.filters.member import FILTERPY
from nodes.tracking.filters.mixture_compiled import CompiledMixture
from nodes.tracking.motion import FREE_FLIGHT
from nodes.tracking.motion_models import Behaviour

__all__ = ["FILTERPY_KINDS", "KINDS", "NationalFilter", "national_filter"]

KINDS = ("ekf", "ukf", "imm")
FILTERPY_KINDS = tuple(FILTERPY + kind for kind in KINDS)


def national_filter(kind: str, behaviour: Behaviour, x: Float, p: Float) -> NationalFilter:
    """The filter of a ``kind`` for a ``behaviour``, from state ``x`` (6,) and covariance ``p`` (6, 6)."""
    own, unscented = not kind.startswith(FILTERPY), kind == "ukf"
    if own and behaviour.rates_hz is not None:
        return CompiledMixture(unscented, behaviour, x, p)
    if behaviour.modes[0].model == FREE_FLIGHT:
        return MissileFilter(kind, behaviour, x, p)
    if behaviour.rates_hz is None:
        return LevelFilter(kind, behaviour, x, p)
    from nodes.tracking.filters.mixture import MixtureFilter

    return MixtureFilter(kind, behaviour, x, p)
