"""What a nation's picture showed at a time, as a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fusion import contract
from fusion.physics.extrapolate import carry
from fusion.physics.geodesy import ecef2geodetic, enu_axes
from fusion.update.decode import UpdateError
from fusion.update.picture_table import PictureTable
from nodes.errors import BadInput
from nodes.recording import Recording
from nodes.recording.channels import PICTURE
from triwatch.v1 import track_pb2

if TYPE_CHECKING:
    import pandas

_LOWER = np.tril_indices(6)


def picture_at(recording: Recording, nation: str, time_ns: int) -> PictureTable:
    """The picture of ``nation`` after its last update that is not later than ``time_ns``, UTC ns.

    Raises BadInput where the recording holds no picture of that nation.
    """
    table, found = PictureTable(), set[str]()
    for message in recording.messages(PICTURE):
        found.add(message.source)
        if message.source != nation:
            continue
        try:
            due = table.receive(message.data)
        except UpdateError:
            continue
        for update in due:
            if update.time_ns > time_ns:
                return table
            table.apply(update)
    if nation not in found:
        raise BadInput(f"no picture of {nation}; there are those of {', '.join(sorted(found)) or 'nobody'}")
    return table


def track_table(table: PictureTable, time_ns: int) -> pandas.DataFrame:
    """The tracks of ``table`` carried to ``time_ns`` by the motion of their environment, by number.

    A row a track, units in the columns' names. Place and velocity stand twice: geodetic over WGS-84, with
    speed and course over the ground, and ECEF. ``sigma_m`` is the root of the mean variance of the position
    over the three axes, ``age_s`` how long ago the picture was last told of the track. Raises BadInput
    without pandas.
    """
    try:
        import pandas
    except ImportError:
        raise BadInput("a table of tracks needs pandas: pip install 'triwatch[campaign]'") from None
    rows = table.rows[np.argsort(table.rows["number"])]
    state = np.ascontiguousarray(rows["state"])
    covariance = np.empty((len(rows), 6, 6))
    covariance[:, _LOWER[0], _LOWER[1]] = covariance[:, _LOWER[1], _LOWER[0]] = rows["covariance"]
    age_s = (time_ns - rows["track_time_ns"]) * 1e-9
    carry(rows["environment"], state, covariance, np.ascontiguousarray(rows["process_noise"]), age_s)
    lat_deg, lon_deg, alt_m = ecef2geodetic(state[:, :3])
    east, north, up = np.einsum("nij,nj->in", enu_axes(lat_deg, lon_deg), state[:, 3:])
    words = {
        name: [contract.word(enum, int(value)) for value in rows[name]]
        for name, enum in (
            ("environment", track_pb2.Environment),
            ("identity", track_pb2.Identity),
            ("status", track_pb2.TrackStatus),
        )
    }
    return pandas.DataFrame(
        {
            "number": rows["number"],
            **words,
            "call_sign": [table.text(one) for one in rows["call_sign"]],
            "contributors": [table.contributors_of(row) for row in rows],
            "age_s": age_s,
            "lat_deg": lat_deg,
            "lon_deg": lon_deg,
            "alt_m": alt_m,
            "speed_mps": np.hypot(east, north),
            "course_deg": np.degrees(np.arctan2(east, north)) % 360.0,
            "climb_mps": up,
            "sigma_m": np.sqrt(np.trace(covariance[:, :3, :3], axis1=1, axis2=2) / 3.0),
            **dict(zip(("x_m", "y_m", "z_m", "vx_mps", "vy_mps", "vz_mps"), state.T, strict=True)),
        }
    )
