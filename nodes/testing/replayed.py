"""A file of reports, folded again: its picture and warnings at any time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from fusion.arrays import Float, Ints
from fusion.contract import word
from fusion.physics.extrapolate import carry
from fusion.update.newest_warnings import NewestWarnings
from fusion.update.picture_table import PictureTable
from nodes.core.warnings import Warner
from nodes.errors import BadInput
from nodes.lab.tracks import track_table
from nodes.testing.contents import Contents, Folding, read_contents
from nodes.testing.golden import Golden
from triwatch.v1 import picture_pb2, warning_pb2

if TYPE_CHECKING:
    import pandas

EPOCH_S = 1e9
"""Larger times than this are UTC ns since 1970, smaller ones seconds from the start."""
_WARNING = (
    "launch_time_ns",
    "launch_lat_deg",
    "launch_lon_deg",
    "impact_time_ns",
    "impact_lat_deg",
    "impact_lon_deg",
)
Time = float | datetime


class Moment:
    """The picture at a time: every report and heartbeat that had come by then, folded; nothing of later."""

    def __init__(self, replayed: Replayed, folding: Folding, warnings: NewestWarnings, time_ns: int) -> None:
        picture = folding.picture
        self.time_ns = time_ns
        """UTC."""
        self.input_digest = picture.input_digest()
        self._replayed = replayed
        self._digest = picture.digest()
        self._table = PictureTable()
        update = picture.snapshot()
        # a table takes updates of some nation's core alone; here there is none, and nobody is told the name:
        # XXX is ISO 3166's for no nation (user-assigned)
        update.nation, update.incarnation, update.sequence = "XXX", 1, 1
        self._table.take(update)
        found = picture.tracks()
        order = np.argsort(found.number)
        self.number: Ints = found.number[order]
        """(n,) rising."""
        self.state: Float = np.ascontiguousarray(found.state[order])
        """(n, 6) ECEF m, m/s at the time."""
        self.covariance: Float = np.ascontiguousarray(found.covariance[order])
        """(n, 6, 6)."""
        age_s: Float = ((time_ns - found.time_ns[order]) * 1e-9).astype(np.float64)
        noise: Float = np.ascontiguousarray(found.process_noise[order], dtype=np.float64)
        carry(found.environment[order], self.state, self.covariance, noise, age_s)
        self._warnings = [
            warning_pb2.MissileWarning.FromString(w.SerializeToString()) for _, w in sorted(warnings.items())
        ]

    @cached_property
    def tracks(self) -> pandas.DataFrame:
        """A row a track, carried to the time, by number; units in the columns' names."""
        return track_table(self._table, self.time_ns)

    @cached_property
    def warnings(self) -> pandas.DataFrame:
        """The newest revision of every missile's warning, by its id; empty where nobody was warned of."""
        import pandas

        return pandas.DataFrame([_row(w) for w in self._warnings], columns=_COLUMNS)

    def digest(self) -> str:
        """Of the picture: equal wherever the same reports were folded."""
        return self._digest

    def assert_golden(self, file: str | Path, within_m: float = 0.0) -> None:
        """Fail, saying what differs, where this is not the picture that ``file`` holds.

        A relative ``file`` lies beside the test. ``within_m`` 0: the digest must be the same; else tracks,
        and the distance of each. ``pytest --triwatch-accept`` writes the file.
        """
        __tracebackhide__ = True
        self._replayed.golden.check(self, file, within_m)


class Replayed:
    """A recording or a table of tracks, folded again as often as asked. Raises BadInput for what is none."""

    def __init__(self, path: str | Path, golden: Golden | None = None) -> None:
        self.path = Path(path)
        self.golden = golden or Golden(Path.cwd())
        self._contents: Contents = read_contents(self.path)
        self._begin()

    @property
    def start_ns(self) -> int:
        """UTC of the first report."""
        return self._contents.start_ns

    @property
    def end_ns(self) -> int:
        """UTC of the last one."""
        return self._contents.end_ns

    def at(self, time: Time) -> Moment:
        """The picture at a time: seconds from the start, UTC ns, or a datetime with a time zone."""
        time_ns = self._time_ns(time)
        if time_ns < self._reached_ns:
            self._begin()
        self._advance(time_ns)
        return Moment(self, self._folding, self._standing, time_ns)

    @cached_property
    def end(self) -> Moment:
        """The picture when all has come."""
        return self.at(self.end_ns)

    @property
    def tracks(self) -> pandas.DataFrame:
        """As `Moment.tracks`, at the end."""
        return self.end.tracks

    @property
    def warnings(self) -> pandas.DataFrame:
        """As `Moment.warnings`, at the end."""
        return self.end.warnings

    def digest(self) -> str:
        """As `Moment.digest`, at the end."""
        return self.end.digest()

    def assert_golden(self, file: str | Path, within_m: float = 0.0) -> None:
        """As `Moment.assert_golden`, at the end."""
        __tracebackhide__ = True
        self.end.assert_golden(file, within_m)

    @cached_property
    def score(self) -> dict[str, Any] | None:
        """The recorded pictures against the truth, as ``triwatch score --json``; None without truth."""
        if not self._contents.scored:
            return None
        from nodes.scoring.recording import score_recording

        found: dict[str, Any] | None = score_recording(self.path)["score"]
        return found

    @cached_property
    def scores(self) -> pandas.DataFrame:
        """The same by environment, a row each, columns by dotted name; empty without truth."""
        import pandas

        environments = (self.score or {}).get("by_environment", {})
        rows = {name: dict(_flat(one)) for name, one in environments.items() if one["objects"]}
        return pandas.DataFrame.from_dict(rows, orient="index")

    def _begin(self) -> None:
        self._folding = self._contents.begin()
        self._standing = NewestWarnings()
        self._warner = Warner(next(iter(self._contents.nations), ""), 1, self._contents.policy)
        self._said = 0
        self._next = 0
        self._reached_ns = 0

    def _advance(self, time_ns: int) -> None:
        steps = self._contents.steps
        while self._next < len(steps) and steps[self._next][0] <= time_ns:
            moment_ns = steps[self._next][0]
            while self._next < len(steps) and steps[self._next][0] == moment_ns:
                self._folding.take(steps[self._next][1])
                self._next += 1
            for warning in self._warner.news(self._folding.picture):
                self._said += 1
                warning.sequence = self._said
                self._standing.take(warning)
        self._reached_ns = time_ns

    def _time_ns(self, time: Time) -> int:
        if isinstance(time, datetime):
            if time.tzinfo is None:
                raise BadInput(f"at({time.isoformat()}): a datetime needs a time zone")
            return round(time.timestamp() * 1e6) * 1000
        if not np.isfinite(time):
            raise BadInput(f"at({time}): expected a time")
        return int(time) if time >= EPOCH_S else self.start_ns + round(time * 1e9)


_COLUMNS = ("warning_id", "track", "status", "revision", "time_ns", *_WARNING, "threatened", "reason")


def _row(warning: warning_pb2.MissileWarning) -> dict[str, Any]:
    flight = warning.flight
    known = {name: _of(flight, *name.split("_", 1)) for name in _WARNING}
    return {
        "warning_id": warning.warning_id,
        "track": flight.track,
        "status": word(warning_pb2.WarningStatus, warning.status),
        "revision": warning.revision,
        "time_ns": warning.time_ns,
        **known,
        "threatened": tuple(warning.threatened),
        "reason": warning.reason,
    }


def _of(flight: picture_pb2.Flight, point: str, what: str) -> Any:
    """A value of the flight's launch or impact; None where that is not known."""
    return getattr(getattr(flight, point), what) if flight.HasField(point) else None


def _flat(table: dict[str, Any], before: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in table.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{before}{name}.")
        elif not isinstance(value, list):
            yield f"{before}{name}", value
