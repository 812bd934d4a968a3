"""What is known of sensors' biases, as a picture tells it."""

from __future__ import annotations

import numpy as np

from fusion.registration.estimate import Registration
from fusion.registration.kinds import BASE, BIASES
from fusion.registration.window import end_ns
from triwatch.v1 import picture_pb2, track_pb2


def biases_told(known: Registration) -> list[picture_pb2.SensorBias]:
    """One message a sensor, in the order of node and number."""
    sigma, told = known.sigma(), []
    for s in sorted(range(len(known.sensors)), key=lambda s: known.sensors[s]):
        name, at = known.sensors[s], known.layout.at[s]
        jump = int(np.max(known.jump[at[at >= 0]]))
        more = [bias for bias in range(BASE, BIASES) if at[bias] >= 0]
        told.append(
            picture_pb2.SensorBias(
                node_id=name.node_id,
                sensor=name.number + 1,
                kind=track_pb2.SensorKind.ValueType(name.kind),
                bias=known.told[s, :BASE].tolist(),
                sigma=sigma[s, :BASE].tolist(),
                used=bool(known.used[s].any()),
                shared=int(known.shared[s]),
                misfits=int(known.misfits[s]),
                jump_time_ns=int(end_ns(jump)) if jump else 0,
                beyond=bool(known.beyond[s]),
                declared_kind=[track_pb2.BiasKind.ValueType(bias + 1) for bias in more],
                declared_bias=known.told[s, more].tolist(),
                declared_sigma=sigma[s, more].tolist(),
            )
        )
    return told
