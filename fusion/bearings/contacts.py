"""What is known of everything that is heard: contacts, the targets they are of, and which may be one.

Values that are never changed: an event makes the next of them, and a late report takes back what it must by
the value before.
"""

from __future__ import annotations

from typing import Annotated, Final, NamedTuple

import numpy as np

from fusion.arrays import Float
from fusion.bearings.mixture import Mixture
from fusion.constants import JUDGED, Chosen

Name = tuple[str, int, int]
"""Node, incarnation, the node's own number: what makes two contacts the same contact."""


PLATFORM_MPS: Final[
    Annotated[float, Chosen("m/s", "what listens moves no faster, and is one sonar meanwhile", JUDGED)]
] = 15.0


class Contact(NamedTuple):
    """What one node hears, by its newest line."""

    name: Name
    slot: int
    """Its row among the sources; storage only."""
    time_ns: int
    period_ns: int
    """From the line before; 0: there was none."""
    position: tuple[float, float, float]
    """Of the sensor, ECEF m."""
    bearing: float
    sigma: float
    reach_m: float
    lines: int
    strays: int
    """Its last lines, in a row, that were taken for something else's."""
    drift: float
    """What is kept of by how much its lines lie off what its target foresaw."""
    own: Mixture
    """What its own lines alone say; at ``time_ns``."""
    log_ratio: float
    """By how much its target, where that has other contacts too, foresees its lines better than they do
    themselves."""

    def beside(self, other: Contact) -> bool:
        """Whether one sonar hears both, which are of two targets then: one of the same node, where the
        other's may have gone meanwhile."""
        if self.name[0] != other.name[0]:
            return False
        x, y, z = (a - b for a, b in zip(self.position, other.position, strict=True))
        reach_m = PLATFORM_MPS * abs(self.time_ns - other.time_ns) * 1e-9
        return x * x + y * y + z * z <= reach_m * reach_m


class Target(NamedTuple):
    """What one or several contacts are of."""

    number: int
    """Of the shared track that shows it."""
    birth_ns: int
    time_ns: int
    """At which the mixture stands."""
    environment: int
    mixture: Mixture
    contacts: tuple[Contact, ...]
    """In the order in which they were found to be of it."""
    ship: int = 0
    """Number of the track, held by other means, that it was found to be; 0: of none. It is shown as that."""

    @property
    def heard_ns(self) -> int:
        """When the newest line of any of its contacts came."""
        return max(contact.time_ns for contact in self.contacts)

    def beside(self, other: Target) -> bool:
        """Whether one sonar hears both: its contacts are of different targets."""
        return any(one.beside(two) for one in self.contacts for two in other.contacts)


class Pair(NamedTuple):
    """Two targets that may be one: what they would be together, and by how much that explains all lines since
    the younger was first heard better than the two apart."""

    elder: int
    younger: int
    """Numbers."""
    time_ns: int
    mixture: Mixture
    log_ratio: float
    lines: tuple[int, int]
    """How many of each were weighed."""


class Tie(NamedTuple):
    """A target that may be a track held by other means, and by how much that explains its lines better."""

    number: int
    track: int
    log_ratio: float
    lines: int


class Heard(NamedTuple):
    """All that is heard."""

    targets: tuple[Target, ...] = ()
    """By number."""
    pairs: tuple[Pair, ...] = ()
    """By numbers."""
    ties: tuple[Tie, ...] = ()
    """By numbers."""
    swept_s: int = 0

    def of(self, name: Name) -> tuple[Target, Contact] | None:
        """A contact and its target; None where it is not known."""
        for target in self.targets:
            for contact in target.contacts:
                if contact.name == name:
                    return target, contact
        return None

    def numbered(self, number: int) -> Target:
        """The target of a number. Raises KeyError."""
        for target in self.targets:
            if target.number == number:
                return target
        raise KeyError(number)

    def with_target(self, target: Target) -> Heard:
        """With a target in the place of the one of its number, or as a new one."""
        rest = [one for one in self.targets if one.number != target.number]
        return self._replace(targets=tuple(sorted([*rest, target], key=lambda one: one.number)))

    def renumbered(self, number: int, to: int) -> Heard:
        """With a track, heard or held by other means, under another number."""
        targets = (
            one._replace(
                number=to if one.number == number else one.number,
                ship=to if one.ship == number else one.ship,
            )
            for one in self.targets
        )
        pairs = (
            one._replace(
                elder=to if one.elder == number else one.elder,
                younger=to if one.younger == number else one.younger,
            )
            for one in self.pairs
        )
        ties = (
            one._replace(
                number=to if one.number == number else one.number,
                track=to if one.track == number else one.track,
            )
            for one in self.ties
        )
        return self._replace(
            targets=tuple(sorted(targets, key=lambda one: one.number)),
            pairs=tuple(sorted(pairs, key=lambda one: (one.elder, one.younger))),
            ties=tuple(sorted(ties, key=lambda one: (one.number, one.track))),
        )

    def without(self, number: int) -> Heard:
        """Without a target, and without what it might have been."""
        return self._replace(
            targets=tuple(one for one in self.targets if one.number != number),
            pairs=tuple(p for p in self.pairs if number not in (p.elder, p.younger)),
            ties=tuple(t for t in self.ties if t.number != number),
        )

    def content(self) -> bytes:
        """What the picture's digest covers: everything that what comes next depends on."""
        parts = [b"heard"]
        for target in self.targets:
            numbers = [target.number, target.birth_ns, target.time_ns, target.environment, target.ship]
            parts += [_whole(numbers), _of_mixture(target.mixture)]
            for contact in target.contacts:
                parts += [
                    "/".join(map(str, contact.name)).encode(),
                    _whole([contact.time_ns, contact.period_ns]),
                ]
                parts += [_whole([contact.lines, contact.strays]), _real([contact.log_ratio, contact.drift])]
                parts += [_of_mixture(contact.own)]
        for pair in self.pairs:
            parts += [_whole([pair.elder, pair.younger, pair.time_ns, *pair.lines])]
            parts += [_real([pair.log_ratio]), _of_mixture(pair.mixture)]
        for tie in self.ties:
            parts += [_whole([tie.number, tie.track, tie.lines]), _real([tie.log_ratio])]
        return b"".join(parts)


NOTHING_HEARD = Heard()


def _whole(values: list[int]) -> bytes:
    return np.array(values, ">i8").tobytes()


def _real(values: list[float] | Float) -> bytes:
    return np.asarray(values, np.float64).astype(">f8").tobytes()


def _of_mixture(mixture: Mixture) -> bytes:
    return _real(mixture.state) + _real(mixture.covariance) + _real(mixture.log_weight)
