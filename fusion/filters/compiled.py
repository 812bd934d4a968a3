"""The compiled engine: an interacting multiple model filter over table rows, in information form.

With (Y, y) about the origin x°, a mode (x, P) becomes

    P⁺ = (P⁻¹ + Y)⁻¹,   x⁺ = x + P⁺ (y - Y (x - x°))

and its likelihood is, up to a factor common to all modes,

    exp(-½ [δᵀ Y δ - 2 yᵀ δ - gᵀ P⁺ g]) / sqrt(det P det(P⁻¹ + Y)),   δ = x - x°,  g = y - Y δ.

Source: Blom and Bar-Shalom 1988 (IMM); Bar-Shalom, Li, Kirubarajan 2001, section 11.6.6; Julier and
Uhlmann 1997 (covariance intersection).
"""

from __future__ import annotations

import numpy as np

from fusion.arrays import Float, Ints
from fusion.contract import SPACE
from fusion.filters import MODE_CHANGES, fresh_modes, mode_noise, stay_probability
from fusion.kernel import kernel
from fusion.linalg import exp_fixed, factorise, invert, multiply_packed
from fusion.physics.motion import motion_in, propagate_packed
from fusion.report.tracklet import NOTHING, UNKNOWN_CORRELATION, Tracklets
from fusion.table.arrays import Arrays
from fusion.table.records import CRUISE, MODES, Track

_NS = 1e-9


@kernel
def settle_modes(track: Track) -> None:
    """Give every mode the combined estimate afresh where they are those of another environment."""
    if (track.environment == SPACE) != (track.ballistic == 1):
        fresh_modes(track)


@kernel
def combine(track: Track) -> None:
    """Moment-match the modes into the track's one state and covariance."""
    for i in range(6):
        s = 0.0
        for m in range(MODES):
            # about the first coordinate's mode 0 would lose digits: sum differences from the old state
            s += track.mode_probability[m] * (track.mode_state[m, i] - track.state[i])
        track.state[i] += s
    k = 0
    for i in range(6):
        for j in range(i + 1):
            s = 0.0
            for m in range(MODES):
                di = track.mode_state[m, i] - track.state[i]
                dj = track.mode_state[m, j] - track.state[j]
                s += track.mode_probability[m] * (track.mode_covariance[m, k] + di * dj)
            track.covariance[k] = s
            k += 1


@kernel
def predict_track(track: Track, time_ns: int, mixed_x: Float, mixed_p: Float, work: Float) -> None:
    """IMM mixing and prediction of one track to ``time_ns``, not before its own time.

    ``mixed_x`` (3, 6), ``mixed_p`` (3, 21) and ``work`` (6, 6, 6) are scratch.
    """
    dt = (time_ns - track.time_ns) * _NS
    settle_modes(track)
    if dt <= 0.0:
        return
    environment = track.environment
    prior, share, apart = work[4, 0], work[5], work[4, 1]
    for a in range(MODES):
        total = 0.0
        for b in range(MODES):
            stay = stay_probability(environment, b, dt)
            move = stay if a == b else (1.0 - stay) / (MODES - 1)
            share[a, b] = move * track.mode_probability[b]
            total += share[a, b]
        prior[a] = total
        for b in range(MODES):
            share[a, b] /= total
        for i in range(6):
            s = 0.0
            for b in range(MODES):
                s += share[a, b] * (track.mode_state[b, i] - track.mode_state[a, i])
            mixed_x[a, i] = track.mode_state[a, i] + s
        for k in range(21):
            mixed_p[a, k] = 0.0
        for b in range(MODES):
            for i in range(6):
                apart[i] = track.mode_state[b, i] - mixed_x[a, i]
            k = 0
            for i in range(6):
                for j in range(i + 1):
                    mixed_p[a, k] += share[a, b] * (track.mode_covariance[b, k] + apart[i] * apart[j])
                    k += 1
    motion = motion_in(environment)
    for m in range(MODES):
        q = mode_noise(environment, m, track.q, mixed_x[m])
        propagate_packed(motion, mixed_x[m], mixed_p[m], q, dt, work)
        track.mode_probability[m] = prior[m]
        for i in range(6):
            track.mode_state[m, i] = mixed_x[m, i]
        for i in range(21):
            track.mode_covariance[m, i] = mixed_p[m, i]
    track.time_ns = time_ns
    for i in range(6):
        track.state[i] = mixed_x[CRUISE, i]
    combine(track)


@kernel
def intersection_weight(p: Float, y: Float, work: Float) -> float:
    """Weight w of covariance intersection, P⁻¹ <- w P⁻¹ + (1 - w) Y, that maximises the determinant.

    ``p`` and ``y`` are packed. Ternary search on [0, 1]; the logarithm of the determinant is concave in w.
    ``work`` is (3, 21) scratch.
    """
    invert(p, work[1], work[0])
    low, high = 0.0, 1.0
    for _ in range(12):
        a = low + (high - low) / 3.0
        b = high - (high - low) / 3.0
        if _mixed_determinant(y, a, work) < _mixed_determinant(y, b, work):
            low = a
        else:
            high = b
    return 0.5 * (low + high)


@kernel
def _mixed_determinant(y: Float, w: float, work: Float) -> float:
    for k in range(21):
        work[1, k] = w * work[0, k] + (1.0 - w) * y[k]
    return factorise(work[1], work[2])


@kernel
def fuse_track(
    track: Track, kind: int, origin: Float, information: Float, vector: Float, work: Float
) -> None:
    """Fold one tracklet into one track, every mode of it, and combine. ``work`` is (6, 21) scratch."""
    if kind == NOTHING:
        return
    y = work[0]
    for k in range(21):
        y[k] = information[k]
    keep = 1.0
    if kind == UNKNOWN_CORRELATION:
        keep = intersection_weight(track.covariance, y, work[1:4])
        for k in range(21):
            y[k] *= 1.0 - keep
    delta, g, step = work[4, 0:6], work[4, 6:12], work[4, 12:18]
    quad, root = work[5, 0:3], work[5, 3:6]
    lowest = np.inf
    for m in range(MODES):
        p = track.mode_covariance[m]
        det_p = invert(p, work[1], work[2])
        for i in range(21):
            work[2, i] = keep * work[2, i] + y[i]
        det_y = invert(work[2], work[1], work[3])
        if det_p <= 0.0 or det_y <= 0.0:
            # only rounding can bring this about: the mode stays as predicted
            quad[m], root[m] = np.inf, 1.0
            continue
        for i in range(6):
            delta[i] = track.mode_state[m, i] - origin[i]
        multiply_packed(y, delta, g)
        value = 0.0
        for i in range(6):
            value += delta[i] * g[i]
            g[i] = vector[i] - g[i]
        multiply_packed(work[3], g, step)
        for i in range(6):
            value -= 2.0 * vector[i] * delta[i] + g[i] * step[i]
            track.mode_state[m, i] += step[i]
        for i in range(21):
            p[i] = work[3, i]
        quad[m], root[m] = value, np.sqrt(det_p) * np.sqrt(det_y)
        if value < lowest:
            lowest = value
    total = 0.0
    for m in range(MODES):
        likelihood = exp_fixed(-0.5 * (quad[m] - lowest)) / root[m] if quad[m] < np.inf else 0.0
        quad[m] = track.mode_probability[m] * likelihood
        total += quad[m]
    if total > 0.0:
        for m in range(MODES):
            track.mode_probability[m] = max(quad[m] / total, MODE_CHANGES.probability_min)
    combine(track)


@kernel
def predict_rows(a: Arrays, rows: Ints, time_ns: int) -> None:
    """`predict_track` over rows of the table."""
    mixed_x = np.empty((3, 6))
    mixed_p = np.empty((3, 21))
    work = np.empty((6, 6, 6))
    for row in rows:
        if row >= 0:
            predict_track(a.tracks[row], time_ns, mixed_x, mixed_p, work)


@kernel
def fuse_rows(a: Arrays, rows: Ints, origin: Float, tracklets: Tracklets) -> None:
    """`fuse_track` over rows of the table."""
    work = np.empty((6, 21))
    for r in range(len(rows)):
        if rows[r] >= 0:
            fuse_track(
                a.tracks[rows[r]],
                tracklets.kind[r],
                origin[r],
                tracklets.information[r],
                tracklets.vector[r],
                work,
            )


class CompiledFilter:
    """The compiled engine behind `fusion.filters.Filter`."""

    def predict(self, a: Arrays, rows: Ints, time_ns: int) -> None:
        """See `fusion.filters.Filter.predict`."""
        predict_rows(a, rows, time_ns)

    def fuse(self, a: Arrays, rows: Ints, origin: Float, tracklets: Tracklets) -> None:
        """See `fusion.filters.Filter.fuse`."""
        fuse_rows(a, rows, origin, tracklets)
