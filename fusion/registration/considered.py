"""What a track's sensors may be off by, as a covariance beside the track's own.

A bias of the one radar that sees a target shows in nothing that it says. Its owner knows how well it is
aligned: what he declares of that, less what registration knows better, moves the track by W B b, with W the
share that what the sensor says has in the track. It is no noise: it does not average out over time, and
whoever carries the track on carries it along.

Source: Schmidt 1966, *Application of state-space methods to navigation problems*; Bierman 1977,
*Factorization methods for discrete sequential estimation*, chapter 8 (consider covariance).
"""

from __future__ import annotations

import math

import numpy as np

from fusion.arrays import Float, Ints
from fusion.kernel import kernel
from fusion.linalg import invert, unpack
from fusion.registration.bias import bias_columns
from fusion.registration.elimination import Layout
from fusion.registration.estimate import Registration
from fusion.registration.kinds import BASE, BIASES


def considered(
    known: Registration, sensor: Ints, place: Float, state: Float, covariance: Float
) -> Float | None:
    """Covariance (6, 6) that biases which nobody knows give a track; None where nothing is declared.

    Of its n contributors: ``sensor`` (n,) and where that was, ``place`` (n, 3) ECEF m, 0 where none was told;
    ``state`` (n, 6) and ``covariance`` (n, 21) as reported.
    """
    if not any(name.may for name in known.sensors):
        return None
    off = np.zeros((len(sensor), BIASES, BIASES))
    for k, s in enumerate(sensor.tolist()):
        if place[k].any() and 0 <= s < len(known.sensors) and known.sensors[s].may:
            off[k] = _off(known, s)
    return _moved_by(known.layout, sensor, place, state, covariance, off) if off.any() else None


def _off(known: Registration, s: int) -> Float:
    """(9, 9) what is left of a sensor's declared biases, at most what was declared."""
    apart = known.told[s] - known.used[s]
    left = known.told_covariance[s] + apart[:, None] * apart
    scale = np.zeros(BIASES)
    for kind, sigma in known.sensors[s].may:
        variance = float(left[kind, kind])
        if variance > 0.0:
            scale[kind] = min(1.0, sigma / math.sqrt(variance)) if kind < BASE else 1.0
    return np.asarray(left * scale[:, None] * scale)


@kernel
def _moved_by(
    layout: Layout, sensor: Ints, place: Float, state: Float, covariance: Float, off: Float
) -> Float:
    """Σ (W B) off (W B)ᵀ (6, 6) over the contributors, W = (Σ P⁻¹)⁻¹ P⁻¹."""
    n = len(sensor)
    information, lower, total = np.zeros((n, 21)), np.empty(21), np.zeros(21)
    for k in range(n):
        invert(covariance[k], lower, information[k])
        for i in range(21):
            total[i] += information[k, i]
    packed, shared, own = np.zeros(21), np.empty((6, 6)), np.empty((6, 6))
    invert(total, lower, packed)
    unpack(packed, shared)
    out, columns = np.zeros((6, 6)), np.zeros((6, BIASES))
    for k in range(n):
        if not off[k].any():
            continue
        s = sensor[k]
        unpack(information[k], own)
        bias_columns(layout.kind[s], layout.at[s], place[k], state[k], columns)
        moved, half = np.zeros((6, BIASES)), np.zeros((6, BIASES))
        for b in range(BIASES):
            if layout.at[s, b] < 0:
                continue
            for i in range(6):
                for j in range(6):
                    for c in range(6):
                        moved[i, b] += shared[i, j] * own[j, c] * columns[c, b]
        for i in range(6):
            for b in range(BIASES):
                for c in range(BIASES):
                    half[i, b] += moved[i, c] * off[k, c, b]
        for i in range(6):
            for j in range(6):
                for b in range(BIASES):
                    out[i, j] += half[i, b] * moved[j, b]
    return out
