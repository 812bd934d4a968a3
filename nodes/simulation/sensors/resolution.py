"""Finite resolution: targets that a radar cannot tell apart give one detection."""

from __future__ import annotations

import numpy as np

from fusion.physics.geodesy import Float


def merge_unresolved(true: Float, range_m: float, angle_rad: float) -> tuple[Float, list[int]]:
    """Merge targets closer than the resolution in range and in both angles.

    ``true``: (n, 3) range m, azimuth rad, elevation rad. Returns the (m, 3) that remain and, for each,
    the index of the target it is named after: the first of those merged. A merged detection lies at
    their mean. Chains merge as one.
    """
    group = list(range(len(true)))
    for i in range(len(true)):
        for j in range(i):
            turn = (true[i, 1] - true[j, 1] + np.pi) % (2.0 * np.pi) - np.pi
            if (
                abs(true[i, 0] - true[j, 0]) < range_m
                and abs(true[i, 2] - true[j, 2]) < angle_rad
                and abs(turn) * np.cos(true[i, 2]) < angle_rad
            ):
                old, new = max(group[i], group[j]), min(group[i], group[j])
                group = [new if g == old else g for g in group]
    first = sorted(set(group))
    merged = np.empty((len(first), 3))
    for row, name in enumerate(first):
        members = true[[i for i, g in enumerate(group) if g == name]]
        # azimuths are averaged as differences from the first, which cannot straddle north
        turns = (members[:, 1] - members[0, 1] + np.pi) % (2.0 * np.pi) - np.pi
        merged[row] = members.mean(axis=0)
        merged[row, 1] = (members[0, 1] + turns.mean()) % (2.0 * np.pi)
    return merged, first
