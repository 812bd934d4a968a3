"""One line of bearing after another: what becomes of contacts and of the targets that they are of.

Every line is weighed under each hypothesis about whose it is: of its target as it stands, of that target and
another as one, of a ship that radars hold. What explains the lines better, by enough and without a rival that
does nearly as well, is believed. The crossing of two bearings says nothing by itself: a ghost moves as no
target does, and in time that shows; until then each contact is shown as the wedge that it is.

Who shows what is heard has a row a target (`Shown`): the fold in its table, a national tracker among what it
reports.
"""

from __future__ import annotations

from typing import Annotated, NamedTuple, Protocol

import numpy as np

from fusion.arrays import Float
from fusion.bearings.contacts import Contact, Heard, Name, Target
from fusion.bearings.hypotheses import BELIEVING, Ships, believed, capped, ship_of, tied, weighed, with_pairs
from fusion.bearings.mixture import LOG_TURN, Line, Mixture, carried, drifting, hear, innovation
from fusion.bearings.prior import along
from fusion.constants import JUDGED, Chosen, constants
from fusion.contract import DECORRELATED, MERGED
from fusion.elementary import sin_cos
from fusion.physics.ground import axes_at

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


class Arrival(NamedTuple):
    """One line, and whose it is."""

    name: Name
    slot: int
    """The contact's row among the sources."""
    number: int
    """Of the track that shows its target if that is new, and the number free."""
    time_ns: int
    environment: int
    bearing: float
    sigma: float
    reach_m: float
    line: Line

    @property
    def position(self) -> tuple[float, float, float]:
        """Of the sensor, ECEF m."""
        x, y, z = self.line.origin.tolist()
        return x, y, z


class Shown(Protocol):
    """The rows that show what is heard, one a target, and the ships that are held by other means."""

    def begin(self, number: int, time_ns: int, environment: int) -> int:
        """A row for a new target; the number that it has got: ``number``, or the next above that is free."""

    def attach(self, number: int, contact: Contact, environment: int) -> None:
        """A contact's newest line is of that target."""

    def detach(self, contact: Contact) -> None:
        """A contact's lines are of its target no more."""

    def show(self, target: Target) -> None:
        """Bring its row up to its mixture."""

    def fade(self, number: int) -> None:
        """Nobody has heard it for a while."""

    def end(self, number: int) -> None:
        """Delete its row."""

    def note(self, event: int, time_ns: int, number: int, other: int) -> None:
        """What became of two targets."""

    def ships(self) -> Ships:
        """Those that sonars may hear."""


def line_from(position_m: Float, bearing_rad: float, sigma_rad: float, sound_mps: float) -> Line:
    """A line of bearing as it is told: from (3,) ECEF m, clockwise from north."""
    origin = np.ascontiguousarray(position_m)
    sine, cosine = sin_cos(bearing_rad)
    return Line(origin, axes_at(origin), sine, cosine, sigma_rad * sigma_rad, sound_mps)


def take(shown: Shown, heard: Heard, one: Arrival) -> Heard:
    """One line: of the contact as it is known, or of a new one."""
    found = heard.of(one.name)
    if found is None:
        return _begun(shown, heard, one)
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
        return _begun(shown, without_contact(shown, heard, one.name), one)
    if now.log_ratio < BELIEVING.apart:
        return _parted(shown, heard, target, now, one)
    rest = tuple(now if c.name == now.name else c for c in target.contacts)
    heard = heard.with_target(target._replace(time_ns=one.time_ns, mixture=became.mixture, contacts=rest))
    shown.attach(target.number, now, one.environment)
    _show(shown, heard.numbered(target.number))
    heard = weighed(heard, target.number, one.line, one.time_ns, became.log_evidence, turns)
    return tied(heard, target.number, shown.ships(), one.line, one.time_ns, became.log_evidence)


def _begun(shown: Shown, heard: Heard, one: Arrival) -> Heard:
    """A new contact is a target of its own, and may be one with any that another node hears."""
    mixture = along(one.line, one.reach_m, one.environment)
    contact = _contact(one, mixture)
    number = shown.begin(one.number, one.time_ns, one.environment)
    target = Target(number, one.time_ns, one.time_ns, one.environment, mixture, (contact,))
    heard = heard.with_target(target)
    shown.attach(number, contact, one.environment)
    _show(shown, target)
    heard = with_pairs(heard, target, one.line, one.time_ns)
    return tied(heard, number, shown.ships(), one.line, one.time_ns, -LOG_TURN)


def _contact(one: Arrival, mixture: Mixture) -> Contact:
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


def _parted(shown: Shown, heard: Heard, target: Target, contact: Contact, one: Arrival) -> Heard:
    """A contact that was taken for another's target is one of its own again, with what its lines say."""
    heard = without_contact(shown, heard, contact.name)
    number = shown.begin(one.number, one.time_ns, one.environment)
    shown.note(DECORRELATED, one.time_ns, target.number, number)
    apart = Target(
        number, one.time_ns, one.time_ns, one.environment, contact.own, (contact._replace(log_ratio=0.0),)
    )
    heard = heard.with_target(apart)
    shown.attach(number, contact, one.environment)
    _show(shown, apart)
    return with_pairs(heard, apart, None, one.time_ns)


def without_contact(shown: Shown, heard: Heard, name: Name) -> Heard:
    """Without a contact, and without its target where that has no other."""
    found = heard.of(name)
    if found is None:
        return heard
    target, contact = found
    if len(target.contacts) == 1:
        return _ended(shown, heard, target)
    shown.detach(contact)
    rest = tuple(c for c in target.contacts if c.name != name)
    left = target._replace(contacts=rest)
    if len(rest) == 1:
        left = left._replace(mixture=rest[0].own, time_ns=rest[0].time_ns)
        _show(shown, left)
    return with_pairs(heard.without(target.number).with_target(left), left, None, left.time_ns)


def _ended(shown: Shown, heard: Heard, target: Target) -> Heard:
    """Without a target, its contacts and its row."""
    for contact in target.contacts:
        shown.detach(contact)
    shown.end(target.number)
    return heard.without(target.number)


def decided(shown: Shown, heard: Heard, time_ns: int) -> Heard:
    """What the ratios say now: targets that are ships, ships that are none any more, targets that are one."""
    for target in heard.targets:
        ship = ship_of(heard, target)
        if target.ship and not ship:
            heard = _ended(shown, heard, target)  # its next line begins it anew
        elif ship != target.ship:
            if not target.ship:
                shown.end(target.number)
            heard = heard.with_target(target._replace(ship=ship))
    while (pair := believed(heard)) is not None:
        elder, younger = heard.numbered(pair.elder), heard.numbered(pair.younger)
        contacts = tuple(
            c._replace(log_ratio=pair.log_ratio) if len(one.contacts) == 1 else c
            for one in (elder, younger)
            for c in one.contacts
        )
        one = elder._replace(time_ns=pair.time_ns, mixture=pair.mixture, contacts=contacts)
        shown.end(younger.number)
        for c in younger.contacts:
            shown.attach(elder.number, c, younger.environment)
        shown.note(MERGED, time_ns, elder.number, younger.number)
        heard = heard.without(younger.number).without(elder.number).with_target(one)
        heard = with_pairs(heard, one, None, time_ns)
        _show(shown, one)
    return heard


def swept(shown: Shown, heard: Heard, time_ns: int) -> Heard:
    """At each whole second: what nobody hears any more is shown as dropping, then deleted."""
    second = time_ns // _SECOND_NS
    if second <= heard.swept_s:
        return heard
    heard = heard._replace(swept_s=second)
    for target in heard.targets:
        period_ns = max(contact.period_ns for contact in target.contacts)
        silent_ns = second * _SECOND_NS - target.heard_ns
        if silent_ns > max(int(KEEPING.lost_s * 1e9), KEEPING.lost_periods * period_ns):
            heard = _ended(shown, heard, target)
        elif silent_ns > max(int(KEEPING.stale_s * 1e9), KEEPING.stale_periods * period_ns):
            shown.fade(target.number)
    return heard


def _show(shown: Shown, target: Target) -> None:
    """Bring a target's row, where it has one, up to its mixture."""
    if not target.ship:
        shown.show(target)
