"""What one look of a sensor could show: of each object in view what is true, how likely and well it shows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from fusion.physics.geodesy import Float
from nodes.sensing.scan import Ping
from nodes.sensing.sensors import declared_sigma
from nodes.simulation.sensors import infrared, multistatic, radar, sonar
from nodes.simulation.sensors.resolution import merge_unresolved
from nodes.simulation.sensors.view import View
from nodes.simulation.spec import InfraredSpec, MultistaticSpec, RadarSpec, SonarSpec


@dataclass(frozen=True, slots=True)
class Sight:
    """The s objects in view."""

    which: NDArray[np.intp]
    """(s,) of the snapshot's objects."""
    true: Float
    """(s, k) what an ideal sensor would measure of each."""
    probability: Float
    """(s,) of its being detected."""
    sigma: Float
    """(s, k) how far off what is measured of it is."""
    constant_bias: Float
    """What the first of the k quantities are always off, m and mrad."""
    false_alarms: Callable[[int, Generator], Float]
    """So many of them, (count, k)."""
    faint: float | None = None
    """Sigma of a false alarm, where each detection tells its own."""
    axis_rad: float | None = None
    """Of a towed array: angles are told off this bearing."""
    ping: Ping | None = None


def radiation(spec: RadarSpec | InfraredSpec, view: View) -> Sight:
    """What a radar or an infrared sensor could show."""
    if isinstance(spec, RadarSpec):
        which = np.flatnonzero(radar.visible(spec, view))
        true = radar.quantities(view)[which]
        if spec.resolution_range_m > 0.0 and len(which) > 1:
            true, kept = merge_unresolved(true, spec.resolution_range_m, spec.resolution_angle_mrad * 1e-3)
            which = which[kept]
        bias, alarms = radar.bias(spec), partial(radar.false_alarms, spec, view)
    else:
        which = np.flatnonzero(infrared.visible(spec, view))
        true = infrared.quantities(view)[which]
        bias, alarms = infrared.bias(spec), partial(infrared.false_alarms, spec, view)
    probability = np.full(len(which), spec.pd)
    return Sight(which, true, probability, np.broadcast_to(declared_sigma(spec), true.shape), bias, alarms)


def sounds(spec: SonarSpec, view: View, own_kn: float, axis_rad: float | None) -> Sight:
    """What a passive sonar could hear; ``axis_rad``: where it is a towed array, its axis."""
    which = np.flatnonzero(sonar.visible(spec, view))
    true, heard_m = sonar.quantities(view)[which], sonar.as_if_m(spec, view, own_kn)[which]
    sigma, far = sonar.bearing_sigma(spec, heard_m), spec.sigma_far_mrad
    if axis_rad is not None:
        sigma = sigma * sonar.end_fire(sonar.off_axis(true, axis_rad))
        far = far or spec.sigma_azimuth_mrad
    alarms = partial(sonar.false_alarms, spec, view)
    return Sight(
        which,
        true,
        sonar.probability(spec, heard_m),
        sigma,
        sonar.bias(spec),
        alarms,
        # what is taken for a contact by chance is as faint as can be
        faint=None if far is None else 1e-3 * far,
        axis_rad=axis_rad,
    )


def echoes(spec: MultistaticSpec, view: View, ping: Ping, own_kn: float) -> Sight:
    """What a multistatic sonar could hear of a ping."""
    which = np.flatnonzero(multistatic.visible(spec, view, ping))
    true = multistatic.quantities(spec, view, ping)[which]
    return Sight(
        which,
        true,
        multistatic.probability(spec, view, ping, own_kn)[which],
        np.broadcast_to(declared_sigma(spec), true.shape),
        multistatic.bias(spec),
        partial(multistatic.false_alarms, spec, view, ping),
        ping=ping,
    )
