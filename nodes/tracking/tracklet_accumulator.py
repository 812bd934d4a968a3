"""What a track's detections told since its node's last report: the node's own tracklet.

Each detection of a linearised sensor adds HᵀR⁻¹H to the information and HᵀR⁻¹ν to the vector, ν being the
innovation against the origin; between detections both are carried along the track's motion and lose what
its process noise takes. So a report tells what is new in it exactly, whatever filter the node runs: a
receiver need not take the node's states apart. Source: Drummond 1997, *Tracklets and a hybrid fusion with
process noise*; Bar-Shalom, Li, Kirubarajan 2001, section 7.2 (information filter).
"""

from __future__ import annotations

import numpy as np

from fusion.physics.geodesy import Float
from nodes.tracking.motion import carry, process_noise


class News:
    """Information ``information`` (6, 6) and ``vector`` (6,) about the state ``origin`` (6,)."""

    def __init__(self) -> None:
        self.information: Float = np.zeros((6, 6))
        self.vector: Float = np.zeros(6)
        self.origin: Float = np.zeros(6)
        self.time_ns = 0

    def carry(self, model: int, q_m2ps3: float, time_ns: int, origin: Float) -> None:
        """Carry to a later time and the state there: Y' = (I + M Q)⁻¹ M with M = F⁻ᵀ Y F⁻¹."""
        dt_s = (time_ns - self.time_ns) * 1e-9
        self.time_ns = time_ns
        if dt_s > 0.0 and self.information.any():
            moved, transition = carry(model, self.origin, dt_s)
            back = np.linalg.inv(transition)
            m = back.T @ self.information @ back
            fade = np.linalg.inv(np.eye(6) + m @ process_noise(q_m2ps3, dt_s))
            told = fade @ m
            self.information = 0.5 * (told + told.T)
            self.vector = fade @ back.T @ self.vector
            self.origin = moved
        self.vector = self.vector + self.information @ (self.origin - origin)
        self.origin = origin.copy()

    def add(self, jacobian: Float, noise: Float, innovation: Float) -> None:
        """Take in one detection: ``jacobian`` (k, 3) by position, ``innovation`` (k,) against the origin."""
        weighed = np.linalg.solve(noise, np.column_stack([jacobian, innovation]))
        self.information[:3, :3] += jacobian.T @ weighed[:, :3]
        self.vector[:3] += jacobian.T @ weighed[:, 3]
