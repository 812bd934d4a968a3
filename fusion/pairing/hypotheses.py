"""Which track a node's track is of: a sequential test over its reports.

A source holds hypotheses: that it is of the track that it is paired with, of one of that track's neighbours,
or of none that there is. How likely each is stands in two parts: all that the newest report says, λ
(`fusion.pairing.evidence`), and of those before it what each added to what was known, w λ with the share
w = tr(Y P) / 6 of what its tracklet (Y, y) tells in all that the report (x, P) knows, and less where the node
reports more often than those that it is held against. Together they are the likelihood of all reports whose
errors last, the newest taken first. What was added
up is forgotten over some reports, the best of the sums is held at 0 and none falls below -A, so that a target
that changes can be followed (Page's test). A = ln((1 - β) / α) is the threshold of every decision.

Source: Wald 1945, *Sequential tests of statistical hypotheses*; Page 1954, *Continuous inspection schemes*.
"""

from __future__ import annotations

from typing import Annotated, NamedTuple

from fusion.arrays import Float
from fusion.constants import JUDGED, Chosen, constants
from fusion.kernel import kernel
from fusion.pairing.event import Reports
from fusion.pairing.evidence import Said, others_say, ratio, separation
from fusion.table.arrays import Arrays
from fusion.table.records import NEIGHBOURS, Source, Track


@constants
class Sequential(NamedTuple):
    """When the test decides."""

    threshold: Annotated[
        float,
        Chosen(
            "1",
            "A, for a track to begin, to take a report or to be one with another: one in a hundred is wrong",
            "ln(0.99 / 0.01), Wald 1945, eq. 3:30",
        ),
    ] = 4.6
    exchange: Annotated[
        float,
        Chosen("1", "the same of an exchange, which is easily taken back: one in ten", "ln(0.9 / 0.1)"),
    ] = 2.2
    memory: Annotated[
        float, Chosen("1", "of what was added up, from report to report: a tracker may swap targets", JUDGED)
    ] = 0.875


SEQUENTIAL = Sequential()
_SECOND_NS = 1_000_000_000
OWN, NEITHER, FIRST = 0, 1, 2
"""Where a report's ratios stand: of the paired track, of no track that there is, of the first neighbour."""


@kernel
def neighbour_row(a: Arrays, track: Track, k: int) -> int:
    """The row of a track's k-th neighbour, or -1 where it is no more.

    A number may have been given anew since the last sweep, to a row that is the same one at some cores alone.
    """
    number, row, swept_s = track.neighbour_number[k], int(track.neighbour[k]), a.counters[0].swept_s
    if number == 0 or a.numbers[row] != number or a.tracks[row].birth_ns // _SECOND_NS >= swept_s:
        return -1
    return row


@kernel
def news(p: Float, information: Float) -> float:
    """w of a report with covariance ``p`` and its tracklet, both packed: tr(Y P) / 6, within 0 and 1."""
    total = 0.0
    k = 0
    for i in range(6):
        for _ in range(i):
            total += 2.0 * p[k] * information[k]
            k += 1
        total += p[k] * information[k]
        k += 1
    return min(max(total / 6.0, 0.0), 1.0)


@kernel
def begin_hypotheses(source: Source, none: float) -> None:
    """A source newly in a track; ``none`` is the ratio of its being of no track that there is."""
    source.own = 0.0
    source.none = min(max(none, -SEQUENTIAL.threshold), 0.0)
    source.other_number[:] = 0


@kernel
def _bounded(evidence: float) -> float:
    """Of one report: alone it decides nothing."""
    return min(max(evidence, -SEQUENTIAL.threshold), SEQUENTIAL.threshold)


@kernel
def _evidence(a: Arrays, reports: Reports, r: int, track: Track, said: Said) -> tuple[float, float]:
    """λ of a report and a track, and how much the report counts for age; 0, 1 where no other node says
    anything of the track."""
    source = a.sources[reports.slot[r]]
    period_ns = others_say(a, track, source.node, reports.time_ns, said)
    if period_ns < 0.0:
        return 0.0, 1.0
    d2, log_det = separation(
        reports.state[r], reports.covariance[r], said.state, said.covariance, said.triangles
    )
    since_ns = reports.time_ns - source.time_ns if source.seen == 1 else 0
    age = 1.0 if since_ns <= 0 or period_ns <= since_ns else since_ns / period_ns
    return ratio(reports.environment[r], d2, log_det), age


@kernel
def weigh(a: Arrays, reports: Reports, r: int, row: int, weight: float, said: Said, likely: Float) -> None:
    """Take a report's evidence into its source's hypotheses, and say how likely each is with it.

    ``weight`` is how much of the report is new; into ``likely`` (2 + NEIGHBOURS,) the ratios of the paired
    track, of no track, and of the neighbours.
    """
    source, track = a.sources[reports.slot[r]], a.tracks[row]
    was_number, was = source.other_number.copy(), source.other.copy()
    own, age = _evidence(a, reports, r, track, said)
    likely[OWN], likely[NEITHER] = source.own + _bounded(own), source.none
    before = source.own
    source.own = SEQUENTIAL.memory * source.own + _bounded(weight * age * own)
    source.none *= SEQUENTIAL.memory
    best = max(source.own, source.none)
    for k in range(NEIGHBOURS):
        other = neighbour_row(a, track, k)
        source.other_number[k] = 0
        if other < 0:
            continue
        number = a.numbers[other]
        there, age = _evidence(a, reports, r, a.tracks[other], said)
        value = before
        for j in range(NEIGHBOURS):
            if was_number[j] == number:
                value = was[j]
        likely[FIRST + k] = value + _bounded(own) + _bounded(there - own)
        source.other_number[k] = number
        shared = _bounded(weight * age * own)
        source.other[k] = SEQUENTIAL.memory * value + shared + _bounded(weight * age * (there - own))
        best = max(best, source.other[k])
    source.own = max(source.own - best, -SEQUENTIAL.threshold)
    source.none = max(source.none - best, -SEQUENTIAL.threshold)
    for k in range(NEIGHBOURS):
        source.other[k] = max(source.other[k] - best, -SEQUENTIAL.threshold)
