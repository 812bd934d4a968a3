"""A target's filter in compiled steps: which way does it move, and since when?

A mixture of components, each in one mode of the behaviour. At every step each mode may turn into another at
the behaviour's rates. Into a mode that mixes (``Mode.moments`` 1) all that turns into it, and what was in it,
merges by its moments, as in an IMM. In one that tells moments apart, what turns into it now is a component of
its own, never mixed with what turned earlier: when a turn began, or an engine stopped, shows scans later, and
an IMM has then mixed the right answer with the wrong ones. Those that came too early the next measurements
refute, those alike are merged.

A mode may carry a force (`force`): what turns into it from a mode without one has none yet but the mode's own
prior. Modes' likelihoods are compared as logarithms, so that they cannot all vanish. Sources: Bar-Shalom, Li,
Kirubarajan 2001, ch. 11.6 (IMM); Willsky and Jones 1976 (a jump's time as hypotheses); Runnalls 2007, eq. 16
(which to merge); Yuan, Krause, Tan, Bar-Shalom 2012 (modes of unequal dimension).
"""

from __future__ import annotations

import copy
import math
from typing import Annotated, Any, Final

import numpy as np

from fusion.arrays import Float, Ints
from fusion.constants import JUDGED, Chosen
from fusion.kernel import kernel
from nodes.sensing.measurement import Look
from nodes.tracking.filters.base import NationalFilter
from nodes.tracking.filters.burnout import ALIKE, LEAST
from nodes.tracking.filters.force import predict_forced, shape_of, update_forced
from nodes.tracking.motion import Mode
from nodes.tracking.motion_models import Behaviour

AHEAD = 0.75
"""A lasting acceleration a moves a target by a² dt⁴ / 4, squared, a white one of density q by q dt³ / 3."""
MODEL, DENSITY, FORCE, LASTS, RISE, MOMENTS = range(6)
"""Columns of a table of modes."""
FORGOTTEN: Final[
    Annotated[float, Chosen("1", "what a gap between detections still counts once the next is known", JUDGED)]
] = 0.75


class CompiledMixture(NationalFilter):
    """Components in the modes of a behaviour; mode i turns into mode j at its rates."""

    def __init__(self, unscented: bool, behaviour: Behaviour, x: Float, p: Float) -> None:
        super().__init__(behaviour)
        self._table = table_of(self.modes)
        m = len(self.modes)
        self._unscented = unscented
        self._mode: Ints = np.arange(m)
        self._xs, self._ps = begun(self._table, x, p)
        self._weight = behaviour.first
        self._x, self._p = x.copy(), p.copy()
        self._gaps_s, self._gaps_s2 = 1.0, 1.0
        """Gaps between the last detections and their squares, the older the less."""
        self._ahead: tuple[float, tuple[Any, ...]] | None = None

    def adopt(self, behaviour: Behaviour) -> None:
        """Go on with other densities and rates; mean motion and number of modes stay."""
        if behaviour is not self._behaviour:
            super().adopt(behaviour)
            self._table = table_of(self.modes)
            self._ahead = None

    def copy(self) -> CompiledMixture:
        """The same, on its own: no step changes an array in place that another filter may have."""
        return copy.copy(self)

    @property
    def mode_probability(self) -> Float:
        """(m,) in the order of ``modes``."""
        found = np.zeros(len(self.modes))
        np.add.at(found, self._mode, self._weight)
        return found

    @property
    def _interval_s(self) -> float:
        """The gap between detections that any moment lies in, in the mean: of two sensors that look one right
        after the other it is the long one that counts, whichever was the last."""
        return self._gaps_s2 / self._gaps_s

    @property
    def process_noise(self) -> float:
        """White density that takes a target as far off its mean motion by its next detection."""
        return declared(self._table, self._mode, self._xs, self._ps, self._weight, self._interval_s)

    @property
    def process_noise_max(self) -> float:
        """Of the loosest mode."""
        return max(m.q_m2ps3 + AHEAD * m.force_mps2**2 * self._interval_s for m in self.modes)

    def step(self, dt_s: float, look: Look, z: Float) -> None:
        """Branch, predict, update, thin out. Raises LinAlgError where a covariance is none."""
        self._go(dt_s)
        if dt_s > 0.0:
            self._gaps_s = FORGOTTEN * self._gaps_s + dt_s
            self._gaps_s2 = FORGOTTEN * self._gaps_s2 + dt_s * dt_s
        told = update_all(
            self._unscented,
            look.code,
            look.place,
            look.axes,
            look.noise,
            z,
            self._table,
            self._mode,
            self._xs,
            self._ps,
            self._weight,
        )
        if not math.isfinite(told):
            raise np.linalg.LinAlgError("an innovation's covariance is not positive definite")
        self._thin()

    def coast(self, dt_s: float) -> None:
        """Branch, predict, thin out. Raises LinAlgError where a covariance is none."""
        self._go(dt_s)
        self._thin()

    def forecast(self, dt_s: float) -> tuple[Float, Float]:
        """State (6,) and covariance (6, 6) after ``dt_s``; not numbers where a covariance is none."""
        if dt_s == 0.0:
            return self._x, self._p
        _, *_, x, p = self._look_ahead(dt_s)
        return x, p

    def weigh(self, likelihood: Float) -> None:
        """Multiply the mode probabilities; the mixed estimate follows."""
        weight = self._weight * likelihood[self._mode]
        self._weight = weight / weight.sum()
        self._x, self._p = matched(self._xs, self._ps, self._weight)
        self._ahead = None

    def doubt(self, probability: float, spread: Float) -> bool:
        """A component of its own: the first mode, about the mixture's mean, as wide as the mixture and
        ``spread``. The measurements to come weigh it as they weigh the others."""
        if self.modes[0].moments < 2:
            return False
        at = int(np.count_nonzero(self._mode == 0))
        x, p = np.zeros(9), np.zeros((9, 9))
        x[:6], p[:6, :6] = self._x, self._p + spread
        self._mode = np.insert(self._mode, at, 0)
        self._xs, self._ps = np.insert(self._xs, at, x, axis=0), np.insert(self._ps, at, p, axis=0)
        self._weight = np.insert(self._weight * (1.0 - probability), at, probability)
        self._x, self._p = matched(self._xs, self._ps, self._weight)
        self._ahead = None
        return True

    def widen(self, spread: Float) -> None:
        """Add ``spread`` (6, 6) to every component's covariance."""
        self._ps = self._ps.copy()
        self._ps[:, :6, :6] += spread
        self._p, self._ahead = self._p + spread, None

    def _look_ahead(self, dt_s: float) -> tuple[Any, ...]:
        """Sound or not, components (k,) after ``dt_s``, mean and covariance: worked out once."""
        rates_hz = self._rates_hz
        assert rates_hz is not None
        if self._ahead is None or self._ahead[0] != dt_s:
            arrays = self._mode, self._xs, self._ps, self._weight
            self._ahead = dt_s, ahead(self._unscented, self._table, rates_hz, dt_s, *arrays)
        return self._ahead[1]

    def _go(self, dt_s: float) -> None:
        parts: list[Any] = [self._mode, self._xs, self._ps, self._weight]
        if dt_s > 0.0:
            sound, *parts, _, _ = self._look_ahead(dt_s)
            if not sound:
                raise np.linalg.LinAlgError("a component's covariance is not positive definite")
        self._mode, self._xs, self._ps, self._weight = (part.copy() for part in parts)
        self._ahead = None

    def _thin(self) -> None:
        self._mode, self._xs, self._ps, self._weight = thinned(
            self._table, self._mode, self._xs, self._ps, self._weight
        )
        self._x, self._p = matched(self._xs, self._ps, self._weight)


def table_of(modes: tuple[Mode, ...]) -> Float:
    """(m, 6) what the kernels need of modes."""
    return np.array(
        [[m.model, m.q_m2ps3, m.force_mps2, m.lasts_s, m.rise, m.moments] for m in modes], np.float64
    )


@kernel
def begun(table: Float, x: Float, p: Float) -> tuple[Float, Float]:
    """(m, 9) and (m, 9, 9): every mode at state ``x`` (6,), covariance ``p`` (6, 6), its force unknown."""
    m = len(table)
    xs, ps = np.zeros((m, 9)), np.zeros((m, 9, 9))
    for j in range(m):
        xs[j, :6] = x
        ps[j, :6, :6] = p
        if table[j, FORCE] > 0.0:
            shape_of(x, table[j, FORCE], table[j, RISE], ps[j, 6:, 6:])
    return xs, ps


@kernel
def declared(table: Float, mode: Ints, xs: Float, ps: Float, weight: Float, interval_s: float) -> float:
    """White density, m²/s³, as large as what the components (k,) do over an interval."""
    total = 0.0
    for c in range(len(weight)):
        square = 0.0
        if table[mode[c], FORCE] > 0.0:
            for i in range(6, 9):
                square += (xs[c, i] * xs[c, i] + ps[c, i, i]) / 3.0
        total += weight[c] * (table[mode[c], DENSITY] + AHEAD * square * interval_s)
    return total


@kernel
def matched(xs: Float, ps: Float, weight: Float) -> tuple[Float, Float]:
    """Mean (6,) and covariance (6, 6) of a mixture of weights (k,) that add up to 1."""
    x, p = np.zeros(6), np.zeros((6, 6))
    for c in range(len(weight)):
        for i in range(6):
            x[i] += weight[c] * xs[c, i]
    for c in range(len(weight)):
        for i in range(6):
            for j in range(6):
                p[i, j] += weight[c] * (ps[c, i, j] + (xs[c, i] - x[i]) * (xs[c, j] - x[j]))
    return x, p


@kernel
def _merge(
    forced: bool, prior: Float, has_force: Float, xs: Float, ps: Float, weight: Float, x: Float, p: Float
) -> float:
    """Moments of the mixture of weights (k,) into ``x`` (9,), ``p`` (9, 9); returns the sum of the weights.

    ``forced``: whether the force counts; of those without one (``has_force`` (k,) 0) it is the ``prior``
    (3, 3) about nothing.
    """
    n = 9 if forced else 6
    x[:] = 0.0
    p[:] = 0.0
    total = float(weight.sum())
    if total == 0.0:
        return 0.0
    for c in range(len(weight)):
        last = n if has_force[c] > 0.0 else 6
        for i in range(last):
            x[i] += weight[c] / total * xs[c, i]
    for c in range(len(weight)):
        if weight[c] == 0.0:
            continue
        last = n if has_force[c] > 0.0 else 6
        for i in range(n):
            mine = (xs[c, i] if i < last else 0.0) - x[i]
            for j in range(i + 1):
                its = (xs[c, j] if j < last else 0.0) - x[j]
                inside = ps[c, i, j] if i < last and j < last else 0.0
                if i >= last and j >= last:
                    inside = prior[i - 6, j - 6]
                p[i, j] += weight[c] / total * (inside + mine * its)
    for i in range(n):
        for j in range(i):
            p[j, i] = p[i, j]
    return total


@kernel
def transitions(rates_hz: Float, dt_s: float) -> Float:
    """(m, m) probabilities that a mode turned into another within ``dt_s``."""
    n = len(rates_hz)
    turn = np.zeros((n, n))
    for i in range(n):
        total = 0.0
        for j in range(n):
            if j != i:
                total += rates_hz[i, j]
        leave = -math.expm1(-total * dt_s)
        for j in range(n):
            turn[i, j] = rates_hz[i, j] * (leave / max(total, 1e-30))
        turn[i, i] = 1.0 - leave
    return turn


@kernel
def branched(
    table: Float, turn: Float, mode: Ints, xs: Float, ps: Float, weight: Float
) -> tuple[Ints, Float, Float, Float]:
    """Let every mode turn into every other with probabilities ``turn`` (m, m); the moments stay.

    Components stand by mode and, in one that tells moments apart, the oldest first.
    """
    k, m = len(weight), len(table)
    new_mode = np.empty(k + m, np.int64)
    new_x, new_p, new_w = np.zeros((k + m, 9)), np.zeros((k + m, 9, 9)), np.zeros(k + m)
    has_force, into, prior = np.empty(k), np.empty(k), np.zeros((3, 3))
    for c in range(k):
        has_force[c] = table[mode[c], FORCE]
    n = 0
    for j in range(m):
        apart, near = table[j, MOMENTS] > 1.0, xs[0]
        for c in range(k):
            into[c] = weight[c] * turn[mode[c], j]
            if mode[c] == j:
                near = xs[c]
                if apart:
                    new_mode[n], new_x[n], new_p[n], new_w[n] = j, xs[c], ps[c], into[c]
                    into[c] = 0.0
                    n += 1
        if table[j, FORCE] > 0.0:
            shape_of(near, table[j, FORCE], table[j, RISE], prior)
        total = _merge(table[j, FORCE] > 0.0, prior, has_force, xs, ps, into, new_x[n], new_p[n])
        if total > 0.0:
            new_mode[n], new_w[n] = j, total
            n += 1
    return new_mode[:n].copy(), new_x[:n].copy(), new_p[:n].copy(), new_w[:n].copy()


@kernel
def predict_all(unscented: bool, table: Float, dt_s: float, mode: Ints, xs: Float, ps: Float) -> bool:
    """Predict every component by ``dt_s`` in place; False where a covariance is none."""
    sound = True
    for c in range(len(mode)):
        t = table[mode[c]]
        sound &= predict_forced(
            unscented, int(t[MODEL]), t[DENSITY], t[FORCE], t[LASTS], t[RISE], dt_s, xs[c], ps[c]
        )
    return sound


@kernel
def ahead(
    unscented: bool,
    table: Float,
    rates_hz: Float,
    dt_s: float,
    mode: Ints,
    xs: Float,
    ps: Float,
    weight: Float,
) -> tuple[bool, Ints, Float, Float, Float, Float, Float]:
    """The components (k,) after ``dt_s``, in which modes may have turned into others: whether all are sound,
    mode, state, covariance, weight, and the mixture's mean (6,) and covariance (6, 6)."""
    new_mode, new_x, new_p, new_w = branched(table, transitions(rates_hz, dt_s), mode, xs, ps, weight)
    sound = predict_all(unscented, table, dt_s, new_mode, new_x, new_p)
    x, p = matched(new_x, new_p, new_w)
    return sound, new_mode, new_x, new_p, new_w, x, p


@kernel
def update_all(
    unscented: bool,
    code: int,
    origin: Float,
    axes: Float,
    noise: Float,
    z: Float,
    table: Float,
    mode: Ints,
    xs: Float,
    ps: Float,
    weight: Float,
) -> float:
    """Update every component with one measurement, weigh them by it; the mixture's log likelihood, not a
    number where an innovation's covariance is none."""
    n = len(weight)
    told = np.empty(n)
    for c in range(n):
        force = table[mode[c], FORCE]
        told[c] = update_forced(unscented, code, origin, axes, noise, z, force, xs[c], ps[c])
        if not math.isfinite(told[c]):
            return math.nan
    best, total = -math.inf, 0.0
    for c in range(n):
        if weight[c] > 0.0:  # what has none left would put all others out of reach, were it the likeliest
            best = max(best, told[c])
    for c in range(n):
        weight[c] *= math.exp(min(told[c] - best, 0.0))
        total += weight[c]
    for c in range(n):
        weight[c] /= total
    return best + math.log(total)


@kernel
def _log_determinant(n: int, p: Float, lower: Float) -> float:
    """Of the first ``n`` rows and columns."""
    found = 0.0
    for i in range(n):
        for j in range(i + 1):
            s = p[i, j]
            for k in range(j):
                s -= lower[i, k] * lower[j, k]
            if i > j:
                lower[i, j] = s / lower[j, j]
            else:
                lower[i, i] = math.sqrt(max(s, 1e-300))
                found += 2.0 * math.log(lower[i, i])
    return found


@kernel
def _pair(n: int, first: int, w: Float, xs: Float, ps: Float, x: Float, p: Float) -> None:
    """Moments, of the first ``n`` numbers, of a component and the next one."""
    share = w[first] / max(w[first] + w[first + 1], 1e-300)
    a, b = first, first + 1
    for i in range(n):
        x[i] = share * xs[a, i] + (1.0 - share) * xs[b, i]
    for i in range(n):
        for j in range(n):
            apart = (xs[b, i] - xs[a, i]) * (xs[b, j] - xs[a, j])
            p[i, j] = share * ps[a, i, j] + (1.0 - share) * ps[b, i, j] + share * (1.0 - share) * apart


@kernel
def thinned(
    table: Float, mode: Ints, xs: Float, ps: Float, weight: Float
) -> tuple[Ints, Float, Float, Float]:
    """Where a mode tells moments apart, give up the improbable ones and merge neighbours, those alike and
    those that lose least while there are too many."""
    m, k = len(table), len(weight)
    share = np.zeros(m)
    for c in range(k):
        share[mode[c]] += weight[c]
    which, x, p, w = mode.copy(), xs.copy(), ps.copy(), weight.copy()
    alone, both = np.empty(k), np.empty(k)
    lower, mean, spread = np.zeros((9, 9)), np.zeros(9), np.zeros((9, 9))
    n, c = 0, 0
    for j in range(m):
        first, size = n, 9 if table[j, FORCE] > 0.0 else 6
        total = max(share[j], 1e-300)
        while c < k and mode[c] == j:
            if weight[c] >= LEAST * share[j]:
                which[n], x[n], p[n], w[n] = j, xs[c], ps[c], weight[c]
                n += 1
            c += 1
        if n - first < 2:
            continue
        for i in range(first, n):
            alone[i] = _log_determinant(size, p[i], lower)
        for i in range(first, n - 1):
            _pair(size, i, w, x, p, mean, spread)
            both[i] = _log_determinant(size, spread, lower)
        while n - first > 1:
            best, least = first, math.inf
            for i in range(first, n - 1):
                v, u = w[i] / total, w[i + 1] / total
                loss = 0.5 * ((v + u) * both[i] - v * alone[i] - u * alone[i + 1])
                if loss < least:
                    best, least = i, loss
            if least > ALIKE and n - first <= table[j, MOMENTS]:
                break
            _pair(size, best, w, x, p, mean, spread)
            x[best], p[best] = mean, spread
            w[best] += w[best + 1]
            alone[best] = both[best]
            for i in range(best + 1, n - 1):
                x[i], p[i], w[i] = x[i + 1], p[i + 1], w[i + 1]
                alone[i], both[i] = alone[i + 1], both[i + 1]
            n -= 1
            for i in range(max(best - 1, first), min(best + 1, n - 1)):
                _pair(size, i, w, x, p, mean, spread)
                both[i] = _log_determinant(size, spread, lower)
    return which[:n].copy(), x[:n].copy(), p[:n].copy(), w[:n] / w[:n].sum()
