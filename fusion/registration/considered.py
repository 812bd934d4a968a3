"""What a report's sensor may be off by and nobody knows, as a covariance to be added to what it declares.

A bias of a sensor is in every state that it tells, and shows in none. Its owner knows how well it is
aligned: what he declares of that, less what registration knows better, moves a state by B b. It is no noise:
it does not average out from report to report. So it is no part of what is new in a report, and all
that a node ever tells of a target must add up to (P + C)⁻¹, C = B off Bᵀ. What is new counts for as much as
moves that:

    d (P + C)⁻¹ = G dP⁻¹ Gᵀ,    G = (P + C)⁻¹ P,

so a tracklet (Y, y) is fused as (G Y Gᵀ, G y).

What registration takes out of a sensor's states it knows only so well, and that is in each of them alike:
what is left counts of all kinds that are taken out, the declared and the others.

A line of sight alone is no place: what a node knows by infrared is where its lines of sight cross, and each
of its biases moves that by its share, W B b with

    W_k = (Σ Λ)⁻¹ Λ_k,   Λ_k = (I - l lᵀ) / ρ²      for the line l from a sensor ρ away.

A row that several radars made does not tell their shares. Whatever these are, w_k, it may be off by no more
than Σ w_k B_k off_k B_kᵀ (biases of sensors are each other's none); equal shares are taken.

Source: Schmidt 1966, *Application of state-space methods to navigation problems*; Bierman 1977,
*Factorization methods for discrete sequential estimation*, chapter 8 (consider covariance).
"""

from __future__ import annotations

from typing import Annotated, Final

import numpy as np

from fusion.arrays import Float, Ints
from fusion.constants import JUDGED, Chosen
from fusion.contract import INFRARED
from fusion.kernel import kernel
from fusion.linalg import congruence, invert, multiply, pack, unpack
from fusion.registration.bias import bias_columns
from fusion.registration.correction import Registered, placed
from fusion.registration.elimination import Layout
from fusion.registration.estimate import PRIORS, Registration, SensorName
from fusion.registration.kinds import BASE, BIASES, CAP

CROSSING_MIN: Final[
    Annotated[
        float,
        Chosen("1", "det Σ Λ over (Σ 1/ρ²)³: below it lines are less than 6 mrad apart", JUDGED),
    ]
] = 1e-5


def considered(known: Registration, rows: Registered) -> Float | None:
    """Packed covariances (n, 21) that biases which nobody knows give an event's n rows.

    None where none is declared.
    """
    if not any(name.may for name in known.sensors):
        return None
    off = np.zeros((len(known.sensors), BIASES, BIASES))
    for s in rows.sensors[rows.sensors >= 0].tolist():
        if known.sensors[s].may:
            off[s] = _off(known, s)
    if not off.any():
        return None
    return _moved_by(known.layout, rows.sensor, rows.place, rows.state, rows.sensors, rows.places, off)


@kernel
def lessen(p: Float, off: Float, information: Float, vector: Float, work: Float, triangles: Float) -> None:
    """A tracklet, Y (21,) and y (6,), to what it adds where its state, of covariance ``p`` (21,), may be
    ``off`` (21,) as a whole. ``work`` (7, 6, 6) and ``triangles`` (6, 21) are scratch."""
    lower, together = triangles[0], triangles[1]
    for k in range(21):
        together[k] = p[k] + off[k]
    if not invert(together, lower, triangles[2]) > 0.0:
        return
    own, known, gain = work[0], work[1], work[2]
    unpack(p, own)
    unpack(triangles[2], known)
    for i in range(6):
        for j in range(6):
            gain[i, j] = 0.0
            for k in range(6):
                gain[i, j] += known[i, k] * own[k, j]
    unpack(information, own)
    congruence(gain, own, work[3], known)
    pack(known, information)
    multiply(gain, vector, work[4, 0])
    vector[:] = work[4, 0]


def _off(known: Registration, s: int) -> Float:
    """(9, 9) mean squares of what is left of a sensor's biases: of those declared, and of those taken out.

    Where its owner declares a kind narrower than the estimator's prior, that is one more measurement of what
    is left, 0, with the information by which the two differ. A kind that is taken out counts though it be not
    declared. A sensor of which nothing is declared that is believed counts as not off.
    """
    at, used, may = known.layout.at[s], known.used[s], _believed(known.sensors[s])
    apart, p = known.told[s] - used, known.told_covariance[s].copy()
    counts = (used != 0.0) & bool(may)
    for kind, sigma in may:
        counts[kind] = True
        prior2, own2 = float(known.layout.sigma[at[kind]]) ** 2, sigma * sigma
        if own2 < prior2:
            gain = p[:, kind] / (p[kind, kind] + own2 * prior2 / (prior2 - own2))
            apart -= gain * apart[kind]
            p -= gain[:, None] * p[kind]
    return np.asarray(np.where(counts[:, None] & counts, p + apart[:, None] * apart, 0.0))


def _believed(name: SensorName) -> list[tuple[int, float]]:
    """What is declared of a sensor, without what is more than the most that is believed of a kind."""
    return [
        (kind, sigma) for kind, sigma in name.may if kind < BASE or sigma <= PRIORS.declared_share * CAP[kind]
    ]


@kernel
def _moved_by(
    layout: Layout, sensor: Ints, place: Float, state: Float, sensors: Ints, places: Float, off: Float
) -> Float:
    """Σ (W B) off (W B)ᵀ of each row, packed (n, 21).

    ``sensors`` (m,) and ``places`` (m, 3) are all that the node has: those whose lines of sight may cross,
    and those of which a row of no one sensor may be.
    """
    n = len(sensor)
    out, columns, share = np.zeros((n, 21)), np.zeros((6, BIASES)), np.empty((3, 3))
    inverse = np.empty((3, 3))
    several = placed(sensors, places)
    for r in range(n):
        s = sensor[r]
        if s >= 0 and not place[r].any():
            continue
        crosses = (s < 0 or layout.kind[s] == INFRARED) and _crossing(
            layout, sensors, places, state[r], inverse
        )
        for m in range(len(sensors)):
            t = sensors[m]
            if t < 0 or not places[m].any() or not off[t].any():
                continue
            line = crosses and layout.kind[t] == INFRARED
            if not (line or s < 0 or s == t):
                continue
            _bias_of(layout, t, places[m], state[r], columns)
            if line:
                _share(inverse, places[m], state[r], share)
                _turned(share, columns)
            _add(columns, off[t], out[r], 1.0 if line or s >= 0 else 1.0 / several)
    return out


@kernel
def _crossing(layout: Layout, sensors: Ints, places: Float, state: Float, inverse: Float) -> bool:
    """(Σ Λ)⁻¹ (3, 3) of a node's lines of sight into ``inverse``; False where they do not cross."""
    total, one, scale = np.zeros((3, 3)), np.empty((3, 3)), 0.0
    for m in range(len(sensors)):
        if sensors[m] >= 0 and layout.kind[sensors[m]] == INFRARED and places[m].any():
            scale += _line(places[m], state, one)
            total += one
    # by cofactors: the matrix is symmetric
    for i in range(3):
        j, k = (i + 1) % 3, (i + 2) % 3
        for c in range(3):
            d, e = (c + 1) % 3, (c + 2) % 3
            inverse[c, i] = total[j, d] * total[k, e] - total[j, e] * total[k, d]
    det = total[0, 0] * inverse[0, 0] + total[0, 1] * inverse[1, 0] + total[0, 2] * inverse[2, 0]
    if not det > CROSSING_MIN * scale * scale * scale:
        return False
    inverse /= det
    return True


@kernel
def _line(place: Float, state: Float, out: Float) -> float:
    """Λ (3, 3) of the line of sight from a place; returns 1 / ρ²."""
    r = state[:3] - place
    r2 = r[0] * r[0] + r[1] * r[1] + r[2] * r[2]
    for i in range(3):
        for j in range(3):
            out[i, j] = ((1.0 if i == j else 0.0) - r[i] * r[j] / r2) / r2
    return float(1.0 / r2)


@kernel
def _share(inverse: Float, place: Float, state: Float, out: Float) -> None:
    """W (3, 3) of one line of sight."""
    one = np.empty((3, 3))
    _line(place, state, one)
    for i in range(3):
        for j in range(3):
            out[i, j] = inverse[i, 0] * one[0, j] + inverse[i, 1] * one[1, j] + inverse[i, 2] * one[2, j]


@kernel
def _bias_of(layout: Layout, s: int, place: Float, state: Float, columns: Float) -> None:
    """B (6, 9) of the kinds of bias that a sensor has."""
    columns[:] = 0.0
    bias_columns(layout.kind[s], layout.at[s], place, state, columns)
    for b in range(BIASES):
        if layout.at[s, b] < 0:
            columns[:, b] = 0.0


@kernel
def _turned(share: Float, columns: Float) -> None:
    """W B: what a bias moves the crossing, and how fast."""
    for b in range(BIASES):
        for half in range(0, 6, 3):
            x, y, z = columns[half, b], columns[half + 1, b], columns[half + 2, b]
            for i in range(3):
                columns[half + i, b] = share[i, 0] * x + share[i, 1] * y + share[i, 2] * z


@kernel
def _add(columns: Float, off: Float, out: Float, weight: float) -> None:
    """Add ``weight`` B off Bᵀ to a packed triangle (21,)."""
    half = np.zeros(BIASES)
    for i in range(6):
        for b in range(BIASES):
            half[b] = 0.0
            for c in range(BIASES):
                half[b] += columns[i, c] * off[c, b]
        for j in range(i + 1):
            for b in range(BIASES):
                out[i * (i + 1) // 2 + j] += weight * half[b] * columns[j, b]
