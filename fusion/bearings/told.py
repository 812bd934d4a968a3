"""What is only heard, as a picture tells it."""

from __future__ import annotations

import numpy as np

from fusion.arrays import Ints
from fusion.bearings.contacts import Contact, Heard, Target
from triwatch.v1 import picture_pb2

_LOWER = np.tril_indices(3)


def heard_told(heard: Heard, numbers: Ints) -> list[picture_pb2.HeardTarget]:
    """Of the rows of these numbers, (n,), those that show a target: one message a target, by number.

    What was found to be a ship is that ship's row, held by other means.
    """
    if not heard.targets:
        return []
    told = frozenset(numbers.tolist())
    return [_target(one) for one in heard.targets if one.number in told and not one.ship]


def _target(one: Target) -> picture_pb2.HeardTarget:
    state, covariance, log_weight = one.mixture
    return picture_pb2.HeardTarget(
        track=one.number,
        weight=np.exp(log_weight).tolist(),
        position=state[:, :3].ravel().tolist(),
        covariance=covariance[:, _LOWER[0], _LOWER[1]].ravel().tolist(),
        line=[_line(contact) for contact in one.contacts],
    )


def _line(contact: Contact) -> picture_pb2.BearingLine:
    return picture_pb2.BearingLine(
        node_id=contact.name[0],
        contact=contact.name[2],
        time_ns=contact.time_ns,
        position=contact.position,
        bearing=contact.bearing,
        sigma=contact.sigma,
        reach_m=contact.reach_m,
    )
