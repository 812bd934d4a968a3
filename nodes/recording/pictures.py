"""A nation's picture as its core published it, from time to time; and its tracks as one table."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from fusion import contract
from fusion.physics.geodesy import ecef2geodetic, enu_axes
from fusion.update.decode import UpdateError
from fusion.update.picture_table import PictureTable
from nodes.errors import BadInput
from nodes.recording.channels import PICTURE
from nodes.recording.reader import Recording
from nodes.units import unit_of
from triwatch.v1 import track_pb2

if TYPE_CHECKING:
    import pandas
    import xarray

NS = 10**9
_WORDS = {
    "environment": track_pb2.Environment,
    "identity": track_pb2.Identity,
    "status": track_pb2.TrackStatus,
}


def pictures(
    recording: Recording, nation: str, every_s: float = 1.0
) -> Iterator[tuple[PictureTable, int, bool]]:
    """The picture at most once every so many seconds of its time, and once more at its end: the table (the
    same one, changing), its time, UTC ns, and whether it is the last.

    A picture into which nothing was ever reported is given once, when it was last recorded. Raises BadInput
    where the recording holds no picture of that nation.
    """
    table = PictureTable()
    due_ns, told_ns, logged_ns = 0, 0, 0
    for message in recording.messages(PICTURE):
        if message.source != nation:
            continue
        try:
            due = table.receive(message.data)
        except UpdateError:
            continue
        logged_ns = message.log_time_ns
        for update in due:
            if table.time_ns >= due_ns and update.time_ns > table.time_ns > told_ns:
                # everything of the moment held has been said
                yield table, table.time_ns, False
                told_ns, due_ns = table.time_ns, table.time_ns + round(every_s * NS)
            table.apply(update)
    if not table.revision:
        raise BadInput(f"{recording.path} holds no picture of {nation}{_but(recording, nation)}")
    if table.time_ns > told_ns or not told_ns:
        yield table, table.time_ns or logged_ns, True


def nations(recording: Recording) -> list[str]:
    """Whose pictures a recording holds, by alphabet."""
    return sorted({message.source for message in recording.messages(PICTURE)})


def track_frame(recording: Recording, nation: str = "", every_s: float = 1.0) -> pandas.DataFrame:
    """Every track at every moment of `pictures`, a row each, by time and number; each at its own time.

    ``nation`` says whose picture; none given, that of the first by alphabet. Units are in the columns' names
    and in ``attrs["units"]``. Raises BadInput, also without pandas.
    """
    try:
        import pandas
    except ImportError:
        raise BadInput(
            "tracks as a table need pandas; install it with: pip install 'triwatch[data]'"
        ) from None
    chosen = nation or next(iter(nations(recording)), "")
    parts = [pandas.DataFrame(_columns(table, at)) for table, at, _ in pictures(recording, chosen, every_s)]
    frame: pandas.DataFrame = pandas.concat(parts, ignore_index=True)
    for name in ("picture_time", "time"):
        frame[name] = pandas.to_datetime(frame[name], unit="ns", utc=True)
    frame.attrs["units"] = {name: unit_of(name) for name in map(str, frame) if unit_of(name) != "1"}
    frame.attrs["nation"] = chosen
    return frame


def track_dataset(recording: Recording, nation: str = "", every_s: float = 1.0) -> xarray.Dataset:
    """The same by ``picture_time`` and ``number``, NaN where a track is not there; units in ``attrs``.

    Raises BadInput, also without xarray.
    """
    try:
        import xarray  # noqa: F401
    except ImportError:
        raise BadInput(
            "tracks as a dataset need xarray; install it with: pip install 'triwatch[data]'"
        ) from None
    frame = track_frame(recording, nation, every_s)
    frame["picture_time"] = frame["picture_time"].dt.tz_localize(None)
    frame["time"] = frame["time"].dt.tz_localize(None)
    dataset: xarray.Dataset = frame.set_index(["picture_time", "number"]).to_xarray()
    for name, unit in frame.attrs["units"].items():
        dataset[name].attrs["units"] = unit
    dataset.attrs["nation"] = frame.attrs["nation"]
    return dataset


def _columns(table: PictureTable, time_ns: int) -> dict[str, Any]:
    rows = table.rows[np.argsort(table.rows["number"])]
    state = rows["state"]
    lat, lon, alt = ecef2geodetic(state[:, :3])
    east, north, up = np.einsum("nij,nj->in", enu_axes(lat, lon), state[:, 3:])
    return {
        "picture_time": np.full(len(rows), time_ns),
        "time": rows["track_time_ns"].astype(np.int64),
        "number": rows["number"].astype(np.int64),
        **{name: [contract.word(enum, int(v)) for v in rows[name]] for name, enum in _WORDS.items()},
        "call_sign": [table.text(one) for one in rows["call_sign"]],
        "lat_deg": lat,
        "lon_deg": lon,
        "alt_m": alt,
        "speed_mps": np.hypot(east, north),
        "course_deg": np.degrees(np.arctan2(east, north)) % 360.0,
        "climb_mps": up,
        "sigma_m": np.sqrt(rows["covariance"][:, (0, 2, 5)].mean(axis=1)),
        **dict(zip(("x_m", "y_m", "z_m", "vx_mps", "vy_mps", "vz_mps"), state.T.copy(), strict=True)),
        "quality": rows["quality"].astype(np.int64),
        "parent": rows["parent"].astype(np.int64),
        "contributors": [" ".join(table.contributors_of(row)) for row in rows],
    }


def _but(recording: Recording, nation: str) -> str:
    held = nations(recording)
    if nation in held:
        return " that can be read"
    return f"; it holds those of {', '.join(held)}" if held else "; give a recording made with --record"
