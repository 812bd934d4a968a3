"""What a track's detections told since its node's last report: the node's own tracklet.

Each detection of a linearised sensor adds HᵀR⁻¹H to the information and HᵀR⁻¹ν to the vector, ν being the
innovation against the origin; between detections both are carried along the track's motion and lose what
its process noise takes. So a report tells what is new in it exactly, whatever filter the node runs: a
receiver need not take the node's states apart. Source: Drummond 1997, *Tracklets and a hybrid fusion with
process noise*; Bar-Shalom, Li, Kirubarajan 2001, section 7.2 (information filter).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from fusion.arrays import Float
from fusion.kernel import kernel
from nodes.tracking.motion import carry_in_place


class News:
    """Information ``information`` (6, 6) and ``vector`` (6,) about the state ``origin`` (6,)."""

    def __init__(self) -> None:
        self.information: Float = np.zeros((6, 6))
        self.vector: Float = np.zeros(6)
        self.origin: Float = np.zeros(6)
        self.time_ns = 0
        self.sensors: set[int] = set()
        """Those whose detections it holds."""

    def copy(self) -> News:
        """The same, on its own."""
        other = News()
        other.information, other.vector = self.information.copy(), self.vector.copy()
        other.origin, other.time_ns, other.sensors = self.origin, self.time_ns, set(self.sensors)
        return other

    def carry(self, model: int, q_m2ps3: float, time_ns: int, origin: Float) -> None:
        """Carry to a later time and the state there: Y' = (I + M Q)⁻¹ M with M = F⁻ᵀ Y F⁻¹."""
        dt_s = (time_ns - self.time_ns) * 1e-9
        self.time_ns = time_ns
        if not self.information.any():
            self.origin = origin.copy()
            return
        self.information, self.vector = _carried(
            model, q_m2ps3, dt_s, self.information, self.vector, self.origin, origin
        )
        self.origin = origin.copy()

    def add(self, sensor: int, jacobian: Float, noise: Float, innovation: Float) -> None:
        """Take in one detection of a sensor: ``jacobian`` (k, 3) by position, ``innovation`` (k,) against the
        origin."""
        self.sensors.add(sensor)
        _add(jacobian, noise, innovation, self.information, self.vector)


@kernel
def _carried(
    model: int, q_m2ps3: float, dt_s: float, information: Float, vector: Float, origin: Float, new: Float
) -> tuple[Float, Float]:
    """Information and vector about the state ``new`` (6,), ``dt_s`` after they were about ``origin``."""
    moved = origin.copy()
    if dt_s > 0.0:
        transition, work = np.empty((6, 6)), np.empty((3, 6, 6))
        carry_in_place(model, moved, dt_s, transition, work)
        back = np.linalg.inv(transition)
        m = back.T.copy() @ information @ back
        noise = np.eye(6)
        for i in range(3):  # I + M Q, Q by its blocks
            for r in range(6):
                at = 1.0 if r == i else 0.0
                far = 1.0 if r == i + 3 else 0.0
                noise[r, i] = at + q_m2ps3 * (m[r, i] * dt_s**3 / 3.0 + m[r, i + 3] * dt_s**2 / 2.0)
                noise[r, i + 3] = far + q_m2ps3 * (m[r, i] * dt_s**2 / 2.0 + m[r, i + 3] * dt_s)
        told = np.linalg.solve(noise, m)
        information = 0.5 * (told + told.T)
        faded: Any = np.linalg.solve(noise, back.T.copy() @ vector)
        vector = faded
    return information, vector + information @ (moved - new)


@kernel
def _add(jacobian: Float, noise: Float, innovation: Float, information: Float, vector: Float) -> None:
    weighed = np.linalg.solve(noise, jacobian)
    slope = np.linalg.solve(noise, innovation)
    for i in range(3):
        for k in range(len(innovation)):
            vector[i] += jacobian[k, i] * slope[k]
            for j in range(3):
                information[i, j] += jacobian[k, i] * weighed[k, j]
