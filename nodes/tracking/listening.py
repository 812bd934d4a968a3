"""What the sonars of one node hear together: which of their contacts are of one target, and where that is.

A wedge is a radian wide as another place sees it, and any contact's bearing fits: so each sonar keeps
contacts of its own, and whether two are of one target is decided as the fold decides it of those of several
nations, by all their bearings, against every rival (`fusion.bearings.hearing`). What is told is the targets.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from fusion.arrays import Float
from fusion.bearings.contacts import NOTHING_HEARD, Contact, Name, Target
from fusion.bearings.hearing import Arrival, decided, line_from, swept, take, without_contact
from fusion.bearings.hypotheses import NO_SHIPS, Ships
from fusion.bearings.mixture import Mixture, carried, moments
from fusion.contract import DROPPING, MAINTAINING, TERMINATED
from nodes.sensing.sensors import Sensor, Sonar
from nodes.tracking.bearing_lines import HeardLine, lines_of
from nodes.tracking.columns import TrackColumns, reportable
from nodes.tracking.motion import CONSTANT_VELOCITY
from nodes.tracking.track import Track


class HeardRow(NamedTuple):
    """A target, as it is to be reported."""

    number: int
    track: Track
    """Of the contact of it that was found first."""
    time_ns: int
    mixture: Mixture
    """At that time."""
    status: int

    def moments(self, time_ns: int) -> tuple[Float, Float]:
        """Mean (6,) and covariance (6, 6) at a later time."""
        return moments(carried(self.mixture, (time_ns - self.time_ns) * 1e-9))


def columns_of_heard(rows: Sequence[HeardRow], time_ns: int) -> TrackColumns:
    """The rows as they are reported at a time. What is new a receiver cannot take from two states of a
    mixture: no tracklet is told, nor a process noise, so that they are fused by covariance intersection."""
    n = len(rows)
    state, covariance = np.empty((n, 6)), np.empty((n, 6, 6))
    for i, row in enumerate(rows):
        state[i], covariance[i] = row.moments(time_ns)
    columns = TrackColumns.plain(
        time_ns,
        np.array([row.number for row in rows], np.int64),
        state,
        covariance,
        np.array([row.track.environment for row in rows], np.int64),
        np.array([row.status for row in rows], np.int64),
        np.zeros(n),
    )
    columns = replace(
        columns,
        motion_model=np.full(n, CONSTANT_VELOCITY),
        identity=np.array([row.track.identity for row in rows], np.int64),
        identity_confidence=np.array([row.track.identity_confidence for row in rows]),
        call_sign=tuple(row.track.call_sign for row in rows),
    )
    return columns.rows(reportable(state, covariance))


class Listening:
    """Contacts and targets of one node; ``fresh`` gives a number that was never used."""

    def __init__(self, sensors: Sequence[Sensor], fresh: Callable[[], int]) -> None:
        self._sensors = sensors
        self._heard = NOTHING_HEARD
        self._rows = _Rows(fresh)
        self._told: dict[int, HeardRow] = {}

    def hear(self, tracks: Sequence[Track], ships: Ships, since_ns: int, time_ns: int) -> None:
        """Take the bearings of the ``tracks`` that are only heard, later than ``since_ns``, and forget every
        other contact; ``ships`` are held by other means."""
        rows, heard = self._rows, self._heard
        rows.held = ships
        known = {contact.name for target in heard.targets for contact in target.contacts}
        for name in sorted(known - {_name(track) for track in tracks}):
            heard = without_contact(rows, heard, name)
        for track, line in lines_of(tracks, since_ns):
            heard = decided(rows, take(rows, heard, self._arrival(track, line)), line.time_ns)
        self._heard = swept(rows, heard, time_ns)

    def _arrival(self, track: Track, line: HeardLine) -> Arrival:
        spec = self._sensors[line.sensor]
        sound_mps = spec.sound_mps if isinstance(spec, Sonar) else 0.0
        return Arrival(
            name=_name(track),
            slot=0,
            number=track.number,
            time_ns=line.time_ns,
            environment=track.environment,
            bearing=line.bearing_rad,
            sigma=line.sigma_rad,
            reach_m=1e3 * spec.range_km,
            line=line_from(line.position_m, line.bearing_rad, line.sigma_rad, sound_mps),
        )

    def told(self, tracks: Sequence[Track]) -> list[HeardRow]:
        """The targets that the contacts of these ``tracks`` are of, and once more each that has ended."""
        by_name = {_name(track): track for track in tracks}
        now = {
            one.number: HeardRow(
                one.number,
                by_name[one.contacts[0].name],
                one.time_ns,
                one.mixture,
                self._rows.status[one.number],
            )
            for one in self._heard.targets
            if not one.ship
        }
        ended = [row._replace(status=TERMINATED) for row in self._told.values() if row.number not in now]
        self._told = now
        return [*now.values(), *ended]

    def has_told(self, number: int) -> bool:
        """Whether a target has, or had, that number: no track may have it."""
        return number in self._rows.used


class _Rows:
    """What is reported, as `fusion.bearings.hearing.Shown` has it."""

    def __init__(self, fresh: Callable[[], int]) -> None:
        self._fresh = fresh
        self.status: dict[int, int] = {}
        self.used: set[int] = set()
        self.held: Ships = NO_SHIPS

    def begin(self, number: int, time_ns: int, environment: int) -> int:
        number = self._fresh() if number in self.used else number
        self.used.add(number)
        self.status[number] = MAINTAINING
        return number

    def attach(self, number: int, contact: Contact, environment: int) -> None:
        pass

    def detach(self, contact: Contact) -> None:
        pass

    def show(self, target: Target) -> None:
        self.status[target.number] = MAINTAINING

    def fade(self, number: int) -> None:
        self.status[number] = DROPPING

    def end(self, number: int) -> None:
        self.status.pop(number, None)

    def note(self, event: int, time_ns: int, number: int, other: int) -> None:
        pass

    def ships(self) -> Ships:
        return self.held


def _name(track: Track) -> Name:
    """One sonar hears it."""
    return str(min(track.sensors)), 0, track.number
