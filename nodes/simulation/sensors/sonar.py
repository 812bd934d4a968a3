"""Sonar: the bearing of what is in the water, on or below the surface.

How well a contact is heard depends on its range, on how loud it is and on the noise around the sensor: in
dB they add up, and sound spreads by 20 lg of the range. So a louder contact is heard as if it were nearer:
at its range times 10 to the power of (own noise - its loudness) / 20 dB. Source: Urick 1983, *Principles of
Underwater Sound*, ch. 2 (the sonar equations) and 5.2 (spherical spreading).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Final

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from fusion.constants import MODELLED, Chosen
from fusion.physics.geodesy import Float
from nodes.sensing.sector import width_deg, within
from nodes.sensing.sensors import RangeCurve
from nodes.simulation.sensors.view import View
from nodes.simulation.spec import MultistaticSpec, SonarSpec
from nodes.simulation.truth import Snapshot
from triwatch.v1.track_pb2 import ENVIRONMENT_SUBSURFACE, ENVIRONMENT_SURFACE

END_FIRE: Final[
    Annotated[float, Chosen("1", "sine below which a towed array's sigma grows no more", MODELLED)]
] = 0.2


def visible(spec: SonarSpec, view: View) -> NDArray[np.bool_]:
    """(n,) which objects the sonar could hear."""
    return (
        np.isin(view.snapshot.environment, (ENVIRONMENT_SURFACE, ENVIRONMENT_SUBSURFACE))
        & (view.range_m <= spec.range_km * 1e3)
        & (view.range_m >= spec.min_range_km * 1e3)
        & within(view.azimuth_rad, spec.azimuth_limits_deg)
    )


def as_if_m(spec: SonarSpec, view: View, own_kn: float) -> Float:
    """(n,) range at which a contact of 0 dB is heard as well as each is, by a sensor at rest."""
    loud_db = 0.0 if view.snapshot.noise_db is None else view.snapshot.noise_db
    heard_m: Float = view.range_m * 10.0 ** ((own_noise_db(spec, own_kn) - loud_db) / 20.0)
    return heard_m


def probability(spec: SonarSpec, heard_m: Float) -> Float:
    """(n,) of hearing what is heard as if at ``heard_m`` (n,)."""
    return spec.pd * declared_share(spec.range_curve, heard_m)


def declared_share(curve: RangeCurve, heard_m: Float) -> Float:
    """(n,) what a curve leaves of the probability at ranges (n,)."""
    if not curve:
        return np.ones(len(heard_m))
    rows = np.array(curve)
    return np.asarray(np.interp(1e-3 * heard_m, rows[:, 0], rows[:, 1], right=0.0))


def own_noise_db(spec: SonarSpec | MultistaticSpec, own_kn: float) -> float:
    """By how much louder it is around a sensor at that speed of its own."""
    noise = np.array(spec.own_noise or ((0.0, 0.0),))
    return float(np.interp(own_kn, noise[:, 0], noise[:, 1]))


def bearing_sigma(spec: SonarSpec, heard_m: Float) -> Float:
    """(n, 1) rad of what is heard as if at ``heard_m`` (n,): it grows as the signal's amplitude fades."""
    near, far = spec.sigma_azimuth_mrad, spec.sigma_far_mrad
    if far is None:
        return np.full((len(heard_m), 1), 1e-3 * near)
    sigma: Float = 1e-3 * np.clip(far * heard_m / (1e3 * spec.range_km), near, far)
    return sigma[:, None]


def off_axis(angle: Float, axis_rad: float) -> Float:
    """Angles off a towed array's axis, 0 to pi, of bearings: the same to either side."""
    return np.abs((angle - axis_rad + np.pi) % (2.0 * np.pi) - np.pi)


def end_fire(off_rad: Float) -> Float:
    """By how much wider a towed array's sigma is so far off its axis: what differs along it is the cosine."""
    return 1.0 / np.maximum(np.sin(off_rad), END_FIRE)


def as_heard(spec: SonarSpec, snapshot: Snapshot, position_m: Float) -> Snapshot:
    """Where everything was when the sound that arrives now left it."""
    state = snapshot.state.copy()
    for _ in range(3):  # what moves far slower than sound is found in two
        delay_s = np.linalg.norm(state[:, :3] - position_m, axis=1) / spec.sound_mps
        state[:, :3] = snapshot.state[:, :3] - delay_s[:, None] * snapshot.state[:, 3:]
    return replace(snapshot, state=state)


def quantities(view: View) -> Float:
    """(n, 1) bearing rad."""
    return view.azimuth_rad[:, None]


def bias(spec: SonarSpec) -> Float:
    """(1,) constant error that nobody but the scenario knows, mrad."""
    return np.array([spec.bias_azimuth_mrad])


def false_alarms(spec: SonarSpec, _view: View, count: int, rng: Generator) -> Float:
    """(count, 1) uniform over the bearings it listens to."""
    start = 0.0 if spec.azimuth_limits_deg is None else spec.azimuth_limits_deg[0]
    bearing = np.radians(start + rng.random((count, 1)) * width_deg(spec.azimuth_limits_deg))
    wrapped: Float = bearing % (2.0 * np.pi)
    return wrapped
