"""One scan against tracks: how well every detection fits every one, and how likely each was to be seen."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated, Final

import numpy as np
from scipy.special import ndtr

from fusion.constants import JUDGED, Chosen
from fusion.physics.geodesy import Float
from nodes.sensing.measurement import INFRARED, Look, expected_spread, measure_many, residual
from nodes.sensing.sensors import Infrared, Sensor
from nodes.tracking.association import gate_cost
from nodes.tracking.clutter import log_density
from nodes.tracking.coverage import (
    eligible,
    in_view,
    in_view_above_clouds,
    loudness_counts,
    patience,
)
from nodes.tracking.environment import SPACE, Kinematics, kinematics
from nodes.tracking.motion_models import THRUST_MODE
from nodes.tracking.track import Track
from nodes.tracking.visibility import Mask

SEEN_IF_NOT_BURNING: Final[
    Annotated[
        float,
        Chosen(
            "1", "probability of an infrared detection where no engine burns: one that goes astray", JUDGED
        ),
    ]
] = 0.01
LOG_CELLS: Final[
    Annotated[
        float,
        Chosen(
            "nats",
            "log of how many cells as wide as the sensor's noise have one detection that no track "
            "explains: a missile just risen above the clouds, mostly",
            JUDGED,
        ),
    ]
] = 13.0


@dataclass(frozen=True, slots=True)
class Weighed:
    """One scan against n tracks: m detections of k quantities."""

    state: Float
    covariance: Float
    k: Kinematics
    expected: Float
    innovation: Float
    """(n, m, k)"""
    fit: Float
    """(n, m) ``gate_cost``."""
    cost: Float
    """The same less twice the log odds of being seen."""
    seen: Float
    """(n,) probability of being detected."""
    looked: Mask
    """(n,) whether the sensor should have shown the track, had it been there as it is held."""
    watched: Mask
    """(n,) whether the sensor looked there at all: through clouds, ``seen`` says how likely."""
    log_clutter: Float
    """(m,)"""
    log_pd: float
    noise: Float
    """(k, k)"""

    def without(self, rows: Mask) -> None:
        """Let nothing that this scan shows or does not show be of these rows, (n,)."""
        self.fit[rows] = self.cost[rows] = np.inf
        self.looked[rows] = self.watched[rows] = False

    def told(self, row: int, detection: int | None) -> float:
        """Log likelihood of what the scan showed of a track, against a detection that is nobody's."""
        if detection is None:
            return math.log(1.0 - self.seen[row]) if self.watched[row] else 0.0
        k = self.innovation.shape[-1]
        density = -0.5 * (self.fit[row, detection] + k * math.log(2.0 * math.pi))
        nobody = -0.5 * float(np.linalg.slogdet(self.noise)[1]) - LOG_CELLS
        return float(math.log(self.seen[row]) + density - nobody)


def weigh(
    tracks: list[Track], spec: Sensor, time_ns: int, look: Look, measurement: Float, sensor: int = -1
) -> Weighed:
    """How well every detection fits every track, and how likely each would have been seen; ``sensor``: the
    number of ``spec`` in its node."""
    state, covariance = predicted(tracks, time_ns)
    k = kinematics(state, covariance)
    environment = np.array([t.environment for t in tracks], dtype=np.int64)
    may = eligible(spec, environment, k)
    expected, jacobian = measure_many(look, state)
    told = expected_spread(look, jacobian, covariance)
    innovation = residual(look, measurement[None, :, :], expected[:, None, :])
    swerve = jacobian @ jacobian.transpose(0, 2, 1) * _swerve_m2(tracks, time_ns)[:, None, None]
    if look.each is None:
        told = told + look.noise
    else:
        told, swerve = told[:, None] + look.each, swerve[:, None]
    fit = np.minimum(gate_cost(innovation, told), gate_cost(innovation, told + swerve))
    for row, track in enumerate(tracks):
        if track.filter.sided:
            fit[row] = np.minimum(fit[row], _fit_elsewhere(track, time_ns, look, measurement))
    fit[~may] = np.inf
    if look.code == INFRARED:
        # its engine is off: what shows near it is another's
        fit[[t.dark >= patience(spec) for t in tracks]] = np.inf
    looked = may & in_view(spec, look, state, k)
    if loudness_counts(spec):
        # how loud it is nobody knows: silence speaks only where this sensor has heard it before
        looked &= np.array([sensor in t.sensors for t in tracks], dtype=bool)
    seen, watched = np.full(len(tracks), spec.pd), looked
    if isinstance(spec, Infrared):
        # a reading that lets a missile sink to the clouds may not have its silences for nothing
        clear = ndtr((k.altitude_m - spec.min_target_alt_m) / np.maximum(k.altitude_sigma_m, 1.0))
        seen = np.array([_seen(t, spec.pd) for t in tracks]) * clear
        watched = may & in_view_above_clouds(spec, look, state, k)
    seen = np.clip(seen, 1e-3, 0.99)
    odds = np.log(seen / (1.0 - seen)) if look.code == INFRARED else np.zeros(len(tracks))
    return Weighed(
        state,
        covariance,
        k,
        expected,
        innovation,
        fit,
        fit - 2.0 * odds[:, None],
        seen,
        looked,
        watched,
        log_density(spec, measurement),
        math.log(max(spec.pd, 1e-3)),
        look.noise,
    )


def _fit_elsewhere(track: Track, time_ns: int, look: Look, measurement: Float) -> Float:
    """(m,) how well every detection fits the best of the other places at which a track may be."""
    places = track.filter.elsewhere((time_ns - track.time_ns) * 1e-9)
    if not places:
        return np.full(len(measurement), np.inf)
    expected, jacobian = measure_many(look, np.stack([x for x, _, _ in places]))
    told = expected_spread(look, jacobian, np.stack([p for _, p, _ in places]))
    told = told + look.noise if look.each is None else told[:, None] + look.each
    cost = gate_cost(residual(look, measurement[None, :, :], expected[:, None, :]), told)
    likelier = np.array([log for _, _, log in places])
    return np.asarray((cost - 2.0 * likelier[:, None]).min(axis=0))


def reported(tracks: list[Track], time_ns: int) -> tuple[Float, Float]:
    """States (n, 6) and covariances (n, 6, 6) to be told of at ``time_ns``.

    Of a missile a receiver takes what is new from the difference of two reports (it is told no tracklet): so
    one that was not seen since must be where the receiver expects it.
    """
    state, covariance = predicted(tracks, time_ns)
    for i, track in enumerate(tracks):
        if track.environment == SPACE:
            state[i], covariance[i] = track.filter.as_declared((time_ns - track.time_ns) * 1e-9)
    return state, covariance


def predicted(tracks: list[Track], time_ns: int) -> tuple[Float, Float]:
    """States (n, 6) and covariances (n, 6, 6) at ``time_ns``."""
    n = len(tracks)
    state, covariance = np.empty((n, 6)), np.empty((n, 6, 6))
    for i, track in enumerate(tracks):
        state[i], covariance[i] = track.filter.forecast((time_ns - track.time_ns) * 1e-9)
    return state, covariance


def _swerve_m2(tracks: list[Track], time_ns: int) -> Float:
    """(n,) by how much more a position varies if a track is in its loosest mode since its last step.

    A candidate must prove itself by moving steadily.
    """
    return np.array(
        [
            (t.filter.process_noise_max - t.filter.process_noise) * ((time_ns - t.time_ns) * 1e-9) ** 3 / 3.0
            if t.confirmed
            else 0.0
            for t in tracks
        ]
    )


def _seen(track: Track, pd: float) -> float:
    """Probability that an infrared sensor sees a track: what may have burned out, less."""
    if not track.confirmed or track.environment != SPACE:
        return pd
    burns = float(track.filter.mode_probability[THRUST_MODE])
    return pd * burns + SEEN_IF_NOT_BURNING * (1.0 - burns)
