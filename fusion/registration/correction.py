"""Registration in the fold: what is known to be off is taken out of a report before anything else is done.

Windows end by the reports' own times. A report that comes late takes back, with all that came after it, the
windows that it lies in or before.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from fusion.arrays import Float, Ints
from fusion.contract import RADAR
from fusion.kernel import kernel
from fusion.registration.bias import moved
from fusion.registration.elimination import NO_PARTS, Layout
from fusion.registration.estimate import Registration, SensorName, next_window, with_sensor
from fusion.registration.kinds import BIASES
from fusion.registration.revision import revise
from fusion.registration.targets import shared_targets
from fusion.registration.window import end_ns, window_of
from fusion.report.report import TRACKS_MAX, Event
from fusion.table.tracks import Table

_NONE: Ints = np.full(TRACKS_MAX, -1)
_NOWHERE: Float = np.zeros((TRACKS_MAX, 3))


class Registered(NamedTuple):
    """The n rows of an event without what is known to be off."""

    state: Float
    """(n, 6)."""
    sensor: Ints
    """(n,) index of the sensor of each row; -1 where it is of several, or of none known."""
    place: Float
    """(n, 3) where that was."""
    sensors: Ints
    """(m,) indices of all sensors that the event declares; -1 for none known."""
    places: Float
    """(m, 3) where these were."""


def register(table: Table, event: Event) -> Registered:
    """Take out of an event's rows what their sensors are off by; ends the windows that are over."""
    n = len(event.local_number)
    declared = event.sensors
    if not len(declared.kind):
        return Registered(event.state, _NONE[:n], _NOWHERE[:n], _NONE[:0], _NOWHERE[:0])
    known = table.registration.value
    window = int(window_of(event.key.valid_time_ns))
    if window > known.window:
        known = _ended(table, known, window)
    names = [
        SensorName(
            event.key.node_id,
            number,
            kind,
            declared.platform[number] if declared.platform else 0,
            declared.may[number] if declared.may else (),
        )
        for number, kind in enumerate(declared.kind.tolist())
        if kind >= RADAR
    ]
    for name in names:
        known = with_sensor(known, name)
    table.registration.put(known)
    index = np.full(len(declared.kind) + 1, -1)  # the last is for rows of no one sensor
    for name in names:
        index[name.number] = known.index(name)
    sensor = index[declared.row]
    place = declared.position[declared.row]
    sensors, places = index[:-1], declared.position[: len(declared.kind)]
    state = _corrected(event.state, sensor, place, sensors, places, known.layout, known.used)
    return Registered(state, sensor, place, sensors, places)


def _ended(table: Table, known: Registration, window: int) -> Registration:
    """The estimate once the window that is being gathered is over."""
    if not known.sensors:
        return next_window(known, NO_PARTS, window)
    apart = known.told - known.used
    variance = np.stack([np.diag(one) for one in known.told_covariance])
    parts = shared_targets(table.arrays, known.window, int(end_ns(known.window)), variance + apart * apart)
    following = next_window(known, parts, window)
    revise(table.arrays, known.layout, known.used, following.used)
    return following


@kernel
def _corrected(
    state: Float, sensor: Ints, place: Float, sensors: Ints, places: Float, layout: Layout, used: Float
) -> Float:
    """States (n, 6) without what is used of their sensors' biases.

    A row of several sensors does not tell their shares: it becomes the mean of what it would be of each.
    """
    out, columns, one = state.copy(), np.empty((6, BIASES)), np.empty(6)
    several, some = placed(sensors, places), False
    for m in range(len(sensors)):
        some = some or (sensors[m] >= 0 and used[sensors[m]].any())
    if not some:
        return out
    for r in range(len(state)):
        s = sensor[r]
        if s >= 0:
            if used[s].any():
                moved(layout.kind[s], layout.at[s], place[r], state[r], used[s], out[r], columns)
            continue
        for m in range(len(sensors)):
            s = sensors[m]
            if s >= 0 and used[s].any() and places[m].any():
                moved(layout.kind[s], layout.at[s], places[m], state[r], used[s], one, columns)
                for i in range(6):
                    out[r, i] += (one[i] - state[r, i]) / several
    return out


@kernel
def placed(sensors: Ints, places: Float) -> int:
    """How many of a node's sensors are known, with where they are."""
    several = 0
    for m in range(len(sensors)):
        if sensors[m] >= 0 and places[m].any():
            several += 1
    return several
