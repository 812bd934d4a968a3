"""An event's lines of bearing folded, and the rows of the table that show what they are of."""

from __future__ import annotations

import numpy as np

from fusion.arrays import Ints
from fusion.bearings import rows
from fusion.bearings.contacts import Contact, Target
from fusion.bearings.hearing import Arrival, decided, line_from, swept, take, without_contact
from fusion.bearings.hypotheses import Ships
from fusion.bearings.mixture import moments
from fusion.contract import SUBSURFACE, SURFACE
from fusion.lifecycle.rows import BLOCK
from fusion.report.report import Event
from fusion.table.tracks import Table


class _Rows:
    """Those of a table."""

    def __init__(self, table: Table) -> None:
        self._arrays = table.arrays

    def begin(self, number: int, time_ns: int, environment: int) -> int:
        return rows.begin_row(self._arrays, number, time_ns, environment)

    def attach(self, number: int, contact: Contact, environment: int) -> None:
        rows.attach(self._arrays, number, contact.slot, contact.time_ns, contact.period_ns, environment)

    def detach(self, contact: Contact) -> None:
        rows.detach(self._arrays, contact.slot)

    def show(self, target: Target) -> None:
        state, covariance = moments(target.mixture)
        rows.show(self._arrays, target.number, target.time_ns, state, covariance)

    def fade(self, number: int) -> None:
        rows.fade(self._arrays, number)

    def end(self, number: int) -> None:
        rows.end_row(self._arrays, number)

    def note(self, event: int, time_ns: int, number: int, other: int) -> None:
        rows.note_lineage(self._arrays, event, time_ns, number, other)

    def ships(self) -> Ships:
        number, time_ns, state, covariance = rows.ships(self._arrays, SURFACE, SUBSURFACE)
        order = np.argsort(number, kind="stable")
        return Ships(number[order], time_ns[order], state[order], covariance[order])


def hand_over(table: Table, event: Event) -> None:
    """Before an event's rows are folded: what they tell of is told by lines no more."""
    heard = table.heard.value
    if not heard.targets or not len(event.local_number):
        return
    told, start, shown = set(event.local_number.tolist()), event.key[1:3], _Rows(table)
    for target in heard.targets:
        for contact in target.contacts:
            if contact.name[:2] == start and contact.name[2] in told:
                heard = without_contact(shown, heard, contact.name)
    table.heard.put(heard)


def fold_lines(table: Table, event: Event, slots: Ints, block: int) -> None:
    """Fold an event's lines, before its rows; their contacts have these source rows (m,), ``block`` is the
    node's block of track numbers. What time brings to targets comes with any event."""
    lines, time_ns = event.lines, event.key.valid_time_ns
    count = len(lines.contact)
    if not count and not table.heard.value.targets:
        return
    table.reserve(2 * count + 1, int(slots.max()) + 1 if count else 0)
    shown = _Rows(table)
    heard = swept(shown, table.heard.value, time_ns)
    for k in range(count):
        contact, bearing, sigma = int(lines.contact[k]), float(lines.bearing[k]), float(lines.sigma[k])
        arrival = Arrival(
            name=(event.key.node_id, event.key.incarnation, contact),
            slot=int(slots[k]),
            number=block * BLOCK + contact % BLOCK,
            time_ns=time_ns,
            environment=int(lines.environment[k]) or SUBSURFACE,
            bearing=bearing,
            sigma=sigma,
            reach_m=float(lines.reach_m[k]),
            line=line_from(lines.position[k], bearing, sigma, float(lines.sound_mps[k])),
        )
        heard = take(shown, heard, arrival)
    if count:
        heard = decided(shown, heard, time_ns)
    table.heard.put(heard)
