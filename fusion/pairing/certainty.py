"""No track is surer than what its contributors know of it together.

Tracklets of a node whose sensor is off add up to what it knows only while its bias points the same way: as
the target moves past the sensor the bias turns with it, and what is well measured on one side and then on
another seems to leave no room for it. What the contributors say now does: S = (Σ (P + C)⁻¹)⁻¹, C what their
sensors may be off by (`fusion.registration.considered`). Where the track's covariance T is smaller, it is
widened to that,

    T <- T + L V (Λ - 1)₊ Vᵀ Lᵀ,    L⁻¹ S L⁻ᵀ = V Λ Vᵀ,  T = L Lᵀ,

and the covariances of its modes by as much. Tracks of contributors that are not off are left to the bit.
"""

from __future__ import annotations

import numpy as np

from fusion.arrays import Float
from fusion.kernel import kernel
from fusion.linalg import congruence, factorise, invert, invert_factor, jacobi_eigen, unpack
from fusion.pairing.event import Pairing, Reports
from fusion.pairing.evidence import source_at
from fusion.physics.motion import motion_in
from fusion.table.arrays import Arrays
from fusion.table.records import MODES, Track


@kernel
def widen(a: Arrays, reports: Reports, pairing: Pairing) -> None:
    """Widen the tracks of the reports that may be off."""
    for r in range(len(pairing.row)):
        row = pairing.row[r]
        if row >= 0 and reports.off[r].any():
            known = np.zeros(21)
            if _known(a, a.tracks[row], reports.time_ns, known):
                _at_least(a.tracks[row], known)


@kernel
def noise_and_off(a: Arrays, row: int) -> tuple[Float, Float]:
    """Noise Σ W P Wᵀ and what contributors may be off by, Σ W C Wᵀ, of a track, W = S (P + C)⁻¹; (6, 6) each.

    The first is what moves the track from one moment to the next, the second all that it ever was in one
    way. Both 0 where none is off.
    """
    noise, out, track = np.zeros((6, 6)), np.zeros((6, 6)), a.tracks[row]
    total, one, lower, p = np.zeros(21), np.empty(21), np.empty(21), np.empty(21)
    some = False
    for again in range(2):
        for k in range(track.contributor_count):
            source = a.sources[track.contributor[k]]
            if source.seen == 0:
                continue
            for i in range(21):
                p[i] = source.covariance[i] + source.off[i]
            if not invert(p, lower, one) > 0.0:
                continue
            if again == 0:
                some = some or source.off.any()
                for i in range(21):
                    total[i] += one[i]
            else:
                _add_share(total, one, source.covariance, noise)
                _add_share(total, one, source.off, out)
        if not some or (again == 0 and not invert(total.copy(), lower, total) > 0.0):
            return noise, out
    return noise, out


@kernel
def _add_share(together: Float, own: Float, off: Float, out: Float) -> None:
    """Add W C Wᵀ, W = S (P + C)⁻¹, to ``out`` (6, 6); S, (P + C)⁻¹ and C are packed."""
    s, y, w, c, half = (
        np.empty((6, 6)), np.empty((6, 6)), np.zeros((6, 6)), np.empty((6, 6)), np.empty((6, 6)),
    )  # fmt: skip
    unpack(together, s)
    unpack(own, y)
    unpack(off, c)
    for i in range(6):
        for j in range(6):
            for k in range(6):
                w[i, j] += s[i, k] * y[k, j]
    congruence(w, c, half, s)
    for i in range(6):
        for j in range(6):
            out[i, j] += s[i, j]


@kernel
def _known(a: Arrays, track: Track, time_ns: int, out: Float) -> bool:
    """S of a track, packed, into ``out`` (21,); False where it has none."""
    total, one, lower, x, p = np.zeros(21), np.empty(21), np.empty(21), np.empty(6), np.empty(21)
    work = np.empty((4, 6, 6))
    for k in range(track.contributor_count):
        source = a.sources[track.contributor[k]]
        if source.seen == 0:
            return False
        source_at(source, motion_in(track.environment), time_ns, x, p, work)
        if not invert(p, lower, one) > 0.0:
            return False
        for i in range(21):
            total[i] += one[i]
    return bool(track.contributor_count > 0 and invert(total, lower, out) > 0.0)


@kernel
def _at_least(track: Track, known: Float) -> None:
    """Widen a track to ``known`` (21,) where that is wider."""
    lower = np.empty(21)
    if not factorise(track.covariance, lower) > 0.0:
        return
    factor, inverse = np.zeros((6, 6)), np.zeros((6, 6))
    for i in range(6):
        for j in range(i + 1):
            k = i * (i + 1) // 2 + j
            factor[i, j] = lower[k] if j < i else 1.0 / lower[k]
    invert_factor(lower)
    for i in range(6):
        for j in range(i + 1):
            inverse[i, j] = lower[i * (i + 1) // 2 + j]
    full, vectors, half, whitened = np.empty((6, 6)), np.empty((6, 6)), np.empty((6, 6)), np.empty((6, 6))
    unpack(known, full)
    congruence(inverse, full, half, whitened)
    jacobi_eigen(whitened, vectors)
    for i in range(6):
        for j in range(6):
            full[i, j] = 0.0
    for k in range(6):
        more = whitened[k, k] - 1.0
        if more > 0.0:
            for i in range(6):
                for j in range(6):
                    full[i, j] += more * vectors[i, k] * vectors[j, k]
    congruence(factor, full, half, whitened)
    k = 0
    for i in range(6):
        for j in range(i + 1):
            track.covariance[k] += whitened[i, j]
            for m in range(MODES):
                track.mode_covariance[m, k] += whitened[i, j]
            k += 1
