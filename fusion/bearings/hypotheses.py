"""Which targets may be one, and which may be ships that radars hold: likelihood ratios over time.

Each line adds to the ratio by how much better it was foreseen under the hypothesis than without it. Because a
mixture's evidence has the price of its own spread in it, two targets that are one are found to be cheaper
together, and a crossing of bearings that moves as no target does gets dearer line by line.

Source: Bar-Shalom and Chen 2004 (sequential likelihood ratios for tracks); Kass and Raftery 1995, *Bayes
factors*, JASA 90(430): what ratios are worth.
"""

from __future__ import annotations

from typing import Annotated, NamedTuple

import numpy as np

from fusion.arrays import Float, Ints
from fusion.bearings.contacts import Heard, Pair, Target, Tie
from fusion.bearings.mixture import LOG_TURN, Line, Mixture, evidence_of, hear
from fusion.constants import JUDGED, Chosen, constants
from fusion.linalg import exp_fixed, log_fixed


@constants
class Believing(NamedTuple):
    """Natural logarithms of ratios of evidence, and how many lines they take."""

    same: Annotated[
        float,
        Chosen(
            "1",
            "two targets without a rival are one from here on: what one hears others should hear too, which "
            "outweighs so much",
            "python -m benchmarks.undersea, seeds 2,000 to 2,009",
        ),
    ] = -1.0
    rival: Annotated[float, Chosen("1", "by so much any rival must be worse", "e^2 = 7 to 1; judged")] = 2.0
    lines: Annotated[int, Chosen("1", "and each of them has been heard so often since", JUDGED)] = 2
    ship: Annotated[
        float,
        Chosen("1", "a target is one of the ships in its direction from here on,", "e^3 = 20 to 1; judged"),
    ] = 3.0
    ship_lines: Annotated[int, Chosen("1", "and after so many lines", JUDGED)] = 3
    most: Annotated[
        float, Chosen("1", "no ratio counts for more: what was believed can be given up in time", JUDGED)
    ] = 4.0
    apart: Annotated[
        float,
        Chosen(
            "1", "below it a contact is of its target no more: its lines say so", "e^-3 = 1 in 20; judged"
        ),
    ] = -3.0
    least: Annotated[float, Chosen("1", "below it two targets are two", "e^-7 = 1 in 1,000")] = -7.0


BELIEVING = Believing()


class Ships(NamedTuple):
    """Tracks held by other means that sonars may hear, by number."""

    number: Ints
    time_ns: Ints
    state: Float
    """(n, 6)."""
    covariance: Float
    """(n, 6, 6)."""


NO_SHIPS = Ships(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros((0, 6)), np.zeros((0, 6, 6)))


def capped(log_ratio: float) -> float:
    """A ratio that can still be given up in time."""
    return min(log_ratio, BELIEVING.most)


def weighed(heard: Heard, number: int, line: Line, time_ns: int, log_evidence: float, turns: bool) -> Heard:
    """With one more line of a target, whose density without any hypothesis was ``log_evidence``; it may have
    turned."""
    pairs = []
    for pair in heard.pairs:
        if number not in (pair.elder, pair.younger):
            pairs.append(pair)
            continue
        became = hear(pair.mixture, (time_ns - pair.time_ns) * 1e-9, line, turns)
        ratio = capped(pair.log_ratio + became.log_evidence - log_evidence)
        elder, younger = pair.lines
        count = (elder + 1, younger) if number == pair.elder else (elder, younger + 1)
        if ratio > BELIEVING.least:
            pairs.append(pair._replace(time_ns=time_ns, mixture=became.mixture, log_ratio=ratio, lines=count))
    return heard._replace(pairs=tuple(pairs))


def tied(heard: Heard, number: int, ships: Ships, line: Line, time_ns: int, log_evidence: float) -> Heard:
    """The same for the ships that the target may be. One that is new might be heard from anywhere; one that
    was found not to be it stays so though its bearing crosses the target's."""
    before = {tie.track: tie for tie in heard.ties if tie.number == number}
    rest = [tie for tie in heard.ties if tie.number != number]
    for k, track in enumerate(ships.number.tolist()):
        ship = Mixture(ships.state[k : k + 1], ships.covariance[k : k + 1], np.zeros(1))
        dt_s = (time_ns - int(ships.time_ns[k])) * 1e-9
        evidence, old = evidence_of(ship, dt_s, line), before.get(track)
        gain = evidence - log_evidence if old is not None else evidence + LOG_TURN
        ratio = capped((old.log_ratio if old is not None else 0.0) + gain)
        lines = old.lines + 1 if old is not None else 1
        rest.append(Tie(number, track, max(ratio, BELIEVING.least), lines))
    return heard._replace(ties=tuple(sorted(rest)))


def with_pairs(heard: Heard, target: Target, line: Line | None, time_ns: int) -> Heard:
    """With a pair of a new target and each other that it may be one with.

    ``line``: its first, which might have come from anywhere; None where it has been heard before and only
    what comes is weighed.
    """
    pairs = list(heard.pairs)
    for other in heard.targets:
        if other.number == target.number or other.ship or target.beside(other):
            continue
        elder, younger = sorted((other, target), key=lambda one: (one.birth_ns, one.number))
        if line is None:
            # what the one with more contacts says is held against what the other will
            base = max((elder, younger), key=lambda one: len(one.contacts))
            pairs.append(Pair(elder.number, younger.number, base.time_ns, base.mixture, 0.0, (0, 0)))
            continue
        became = hear(other.mixture, (time_ns - other.time_ns) * 1e-9, line, False)
        ratio = became.log_evidence + LOG_TURN
        if became.taken and ratio > BELIEVING.least:
            lines = (0, 1) if elder is other else (1, 0)
            pairs.append(Pair(elder.number, younger.number, time_ns, became.mixture, ratio, lines))
    return heard._replace(pairs=tuple(sorted(pairs, key=lambda pair: (pair.elder, pair.younger))))


def believed(heard: Heard) -> Pair | None:
    """Two targets that are one, with no rival that is nearly as good; the surest, or the first of equals."""
    tied_up = {target.number for target in heard.targets if target.ship}
    open_pairs = [pair for pair in heard.pairs if not tied_up & {pair.elder, pair.younger}]
    best = None
    for pair in open_pairs:
        if pair.log_ratio < BELIEVING.same or min(pair.lines) < BELIEVING.lines:
            continue
        rivals = [other.log_ratio for other in open_pairs if _exclude(heard, pair, other)]
        if any(pair.log_ratio - rival < BELIEVING.rival for rival in rivals):
            continue
        if best is None or pair.log_ratio > best.log_ratio:
            best = pair
    return best


def _exclude(heard: Heard, one: Pair, other: Pair) -> bool:
    """Whether of two pairs with a target in common only one can be: one sonar hears the others."""
    common = {one.elder, one.younger} & {other.elder, other.younger}
    if len(common) != 1:
        return False
    (first,), (second,) = ({pair.elder, pair.younger} - common for pair in (one, other))
    return heard.numbered(first).beside(heard.numbered(second))


def ship_of(heard: Heard, target: Target) -> int:
    """The number of the ship that a target is, of several the likeliest; 0 where it is none."""
    ties = [tie for tie in heard.ties if tie.number == target.number and tie.lines >= BELIEVING.ship_lines]
    if not ties:
        return 0
    best = max(ties, key=lambda tie: (tie.log_ratio, -tie.track))
    total = 0.0
    for tie in ties:
        total += exp_fixed(tie.log_ratio - best.log_ratio)
    ratio = best.log_ratio + log_fixed(total)
    return best.track if ratio > (0.0 if target.ship else BELIEVING.ship) else 0
