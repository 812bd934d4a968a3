"""An event's lines of bearing folded: contacts, targets, and the rows of the table that show them.

Every line is weighed under each hypothesis about whose it is: of its target as it stands, of that target and
another as one, of a ship that radars hold. What explains the lines better, by enough and without a rival that
does nearly as well, is believed. The crossing of two bearings says nothing by itself: a ghost moves as no
target does, and in time that shows; until then each contact is shown as the wedge that it is.
"""

from __future__ import annotations

from typing import Annotated, NamedTuple

import numpy as np

from fusion.arrays import Ints
from fusion.bearings import rows
from fusion.bearings.contacts import Contact, Heard, Name, Target
from fusion.bearings.hypotheses import BELIEVING, Ships, believed, capped, ship_of, tied, weighed, with_pairs
from fusion.bearings.mixture import LOG_TURN, Line, Mixture, carried, drifting, hear, innovation, moments
from fusion.bearings.prior import along
from fusion.constants import JUDGED, Chosen, constants
from fusion.contract import DECORRELATED, MERGED, SUBSURFACE, SURFACE
from fusion.elementary import sin_cos
from fusion.lifecycle.rows import BLOCK
from fusion.physics.ground import axes_at
from fusion.report.report import Event
from fusion.table.tracks import Table

_SECOND_NS = 1_000_000_000


@constants
class Keeping(NamedTuple):
    """How long what is heard is kept."""

    lost_s: Annotated[
        float, Chosen("s", "a target that nobody has heard for so long is deleted,", JUDGED)
    ] = 300.0
    lost_periods: Annotated[
        int, Chosen("1", "or for so many periods of a contact where that is longer", JUDGED)
    ] = 6
    stale_s: Annotated[
        float, Chosen("s", "it is shown as dropping when nobody heard it for so long,", JUDGED)
    ] = 10.0
    stale_periods: Annotated[
        int, Chosen("1", "or for so many periods of a contact where that is longer", JUDGED)
    ] = 2
    strays: Annotated[
        int, Chosen("1", "lines in a row that its target does not explain make a contact a new one", JUDGED)
    ] = 3


KEEPING = Keeping()


class _Arrival(NamedTuple):
    """One line of an event, and whose it is."""

    name: Name
    slot: int
    """The contact's row among the sources."""
    block: int
    """The node's block of track numbers."""
    time_ns: int
    environment: int
    bearing: float
    sigma: float
    reach_m: float
    line: Line

    @property
    def position(self) -> tuple[float, float, float]:
        x, y, z = self.line.origin.tolist()
        return x, y, z


def hand_over(table: Table, event: Event) -> None:
    """Before an event's rows are folded: what they tell of is told by lines no more."""
    heard = table.heard.value
    if not heard.targets or not len(event.local_number):
        return
    told, start = set(event.local_number.tolist()), event.key[1:3]
    for target in heard.targets:
        for contact in target.contacts:
            if contact.name[:2] == start and contact.name[2] in told:
                heard = _without_contact(table, heard, contact.name)
    table.heard.put(heard)


def fold_lines(table: Table, event: Event, slots: Ints, block: int) -> None:
    """Fold an event's lines, before its rows; their contacts have these source rows (m,), ``block`` is the
    node's block of track numbers. What time brings to targets comes with any event."""
    lines, time_ns = event.lines, event.key.valid_time_ns
    count = len(lines.contact)
    if not count and not table.heard.value.targets:
        return
    table.reserve(2 * count + 1, int(slots.max()) + 1 if count else 0)
    heard = _swept(table, table.heard.value, time_ns)
    for k in range(count):
        position = np.ascontiguousarray(lines.position[k])
        sine, cosine = sin_cos(float(lines.bearing[k]))
        sigma, sound = float(lines.sigma[k]), float(lines.sound_mps[k])
        heard = _take(
            table,
            heard,
            _Arrival(
                name=(
                    event.key.node_id,
                    event.key.incarnation,
                    int(lines.contact[k]),
                ),
                slot=int(slots[k]),
                block=block,
                time_ns=time_ns,
                environment=int(lines.environment[k]) or SUBSURFACE,
                bearing=float(lines.bearing[k]),
                sigma=sigma,
                reach_m=float(lines.reach_m[k]),
                line=Line(position, axes_at(position), sine, cosine, sigma * sigma, sound),
            ),
        )
    if count:
        heard = _decided(table, heard, time_ns)
    table.heard.put(heard)


def _take(table: Table, heard: Heard, one: _Arrival) -> Heard:
    """One line: of the contact as it is known, or of a new one."""
    found = heard.of(one.name)
    if found is None:
        return _begun(table, heard, one)
    target, contact = found
    dt_s = (one.time_ns - target.time_ns) * 1e-9
    alone = len(target.contacts) == 1
    away, drift = drifting(contact.drift, innovation(carried(target.mixture, dt_s), one.line))
    # seen from one place a turn is hard to tell from a range; seen from several it shows, and a target that
    # is known well and may not turn is left by its contacts one by one
    turns = away or not alone
    became = hear(target.mixture, dt_s, one.line, turns)
    own = became if alone else hear(contact.own, (one.time_ns - contact.time_ns) * 1e-9, one.line, turns)
    now = contact._replace(
        slot=one.slot,
        time_ns=one.time_ns,
        period_ns=one.time_ns - contact.time_ns or contact.period_ns,
        position=one.position,
        bearing=one.bearing,
        sigma=one.sigma,
        reach_m=one.reach_m,
        lines=contact.lines + 1,
        strays=0 if own.taken else contact.strays + 1,
        drift=drift,
        own=own.mixture,
        log_ratio=0.0 if alone else capped(contact.log_ratio + became.log_evidence - own.log_evidence),
    )
    if now.strays >= KEEPING.strays:
        return _begun(table, _without_contact(table, heard, one.name), one)
    if now.log_ratio < BELIEVING.apart:
        return _parted(table, heard, target, now, one)
    rest = tuple(now if c.name == now.name else c for c in target.contacts)
    heard = heard.with_target(target._replace(time_ns=one.time_ns, mixture=became.mixture, contacts=rest))
    rows.attach(table.arrays, target.number, one.slot, one.time_ns, now.period_ns, one.environment)
    _show(table, heard.numbered(target.number))
    heard = weighed(heard, target.number, one.line, one.time_ns, became.log_evidence, turns)
    return tied(heard, target.number, _ships(table), one.line, one.time_ns, became.log_evidence)


def _begun(table: Table, heard: Heard, one: _Arrival) -> Heard:
    """A new contact is a target of its own, and may be one with any that another node hears."""
    mixture = along(one.line, one.reach_m, one.environment)
    contact = _contact(one, mixture)
    number = rows.begin_row(
        table.arrays, one.block * BLOCK + one.name[2] % BLOCK, one.time_ns, one.environment
    )
    target = Target(number, one.time_ns, one.time_ns, one.environment, mixture, (contact,))
    heard = heard.with_target(target)
    rows.attach(table.arrays, number, one.slot, one.time_ns, 0, one.environment)
    _show(table, target)
    heard = with_pairs(heard, target, one.line, one.time_ns)
    return tied(heard, number, _ships(table), one.line, one.time_ns, -LOG_TURN)


def _contact(one: _Arrival, mixture: Mixture) -> Contact:
    return Contact(
        name=one.name,
        slot=one.slot,
        time_ns=one.time_ns,
        period_ns=0,
        position=one.position,
        bearing=one.bearing,
        sigma=one.sigma,
        reach_m=one.reach_m,
        lines=1,
        strays=0,
        drift=0.0,
        own=mixture,
        log_ratio=0.0,
    )


def _parted(table: Table, heard: Heard, target: Target, contact: Contact, one: _Arrival) -> Heard:
    """A contact that was taken for another's target is one of its own again, with what its lines say."""
    heard = _without_contact(table, heard, contact.name)
    number = rows.begin_row(
        table.arrays, one.block * BLOCK + one.name[2] % BLOCK, one.time_ns, one.environment
    )
    rows.note_lineage(table.arrays, DECORRELATED, one.time_ns, target.number, number)
    apart = Target(
        number, one.time_ns, one.time_ns, one.environment, contact.own, (contact._replace(log_ratio=0.0),)
    )
    heard = heard.with_target(apart)
    rows.attach(table.arrays, number, one.slot, one.time_ns, contact.period_ns, one.environment)
    _show(table, apart)
    return with_pairs(heard, apart, None, one.time_ns)


def _without_contact(table: Table, heard: Heard, name: Name) -> Heard:
    """Without a contact, and without its target where that has no other."""
    found = heard.of(name)
    if found is None:
        return heard
    target, contact = found
    if len(target.contacts) == 1:
        return _ended(table, heard, target)
    rows.detach(table.arrays, contact.slot)
    rest = tuple(c for c in target.contacts if c.name != name)
    left = target._replace(contacts=rest)
    if len(rest) == 1:
        left = left._replace(mixture=rest[0].own, time_ns=rest[0].time_ns)
        _show(table, left)
    return with_pairs(heard.without(target.number).with_target(left), left, None, left.time_ns)


def _ended(table: Table, heard: Heard, target: Target) -> Heard:
    """Without a target, its contacts and its row."""
    for contact in target.contacts:
        rows.detach(table.arrays, contact.slot)
    rows.end_row(table.arrays, target.number)
    return heard.without(target.number)


def _decided(table: Table, heard: Heard, time_ns: int) -> Heard:
    """What the ratios say now: targets that are ships, ships that are none any more, targets that are one."""
    for target in heard.targets:
        ship = ship_of(heard, target)
        if target.ship and not ship:
            heard = _ended(table, heard, target)  # its next line begins it anew
        elif ship != target.ship:
            if not target.ship:
                rows.end_row(table.arrays, target.number)
            heard = heard.with_target(target._replace(ship=ship))
    while (pair := believed(heard)) is not None:
        elder, younger = heard.numbered(pair.elder), heard.numbered(pair.younger)
        contacts = tuple(
            c._replace(log_ratio=pair.log_ratio) if len(one.contacts) == 1 else c
            for one in (elder, younger)
            for c in one.contacts
        )
        one = elder._replace(time_ns=pair.time_ns, mixture=pair.mixture, contacts=contacts)
        rows.end_row(table.arrays, younger.number)
        for c in younger.contacts:
            rows.attach(table.arrays, elder.number, c.slot, c.time_ns, c.period_ns, younger.environment)
        rows.note_lineage(table.arrays, MERGED, time_ns, elder.number, younger.number)
        heard = heard.without(younger.number).without(elder.number).with_target(one)
        heard = with_pairs(heard, one, None, time_ns)
        _show(table, one)
    return heard


def _swept(table: Table, heard: Heard, time_ns: int) -> Heard:
    """At each whole second: what nobody hears any more is shown as dropping, then deleted."""
    second = time_ns // _SECOND_NS
    if second <= heard.swept_s:
        return heard
    heard = heard._replace(swept_s=second)
    for target in heard.targets:
        period_ns = max(contact.period_ns for contact in target.contacts)
        silent_ns = second * _SECOND_NS - target.heard_ns
        if silent_ns > max(int(KEEPING.lost_s * 1e9), KEEPING.lost_periods * period_ns):
            heard = _ended(table, heard, target)
        elif silent_ns > max(int(KEEPING.stale_s * 1e9), KEEPING.stale_periods * period_ns):
            rows.fade(table.arrays, target.number)
    return heard


def _show(table: Table, target: Target) -> None:
    """Bring a target's row, where it has one, up to its mixture."""
    if not target.ship:
        state, covariance = moments(target.mixture)
        rows.show(table.arrays, target.number, target.time_ns, state, covariance)


def _ships(table: Table) -> Ships:
    number, time_ns, state, covariance = rows.ships(table.arrays, SURFACE, SUBSURFACE)
    order = np.argsort(number, kind="stable")
    return Ships(number[order], time_ns[order], state[order], covariance[order])
