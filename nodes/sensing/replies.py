"""What cooperative platforms say of themselves when they are asked: squawk, Mode S, AIS."""

from __future__ import annotations

from dataclasses import dataclass

from fusion.physics.geodesy import Float


@dataclass(frozen=True, slots=True)
class TransponderReply:
    """What n cooperative platforms say of themselves at one moment."""

    call_sign: tuple[str, ...]
    identity: tuple[int, ...]
    """n values of triwatch.v1.Identity: what each claims to be."""
    position_m: Float
    """(n, 3) ECEF."""
