"""What is known of how true every node's word has been, as a value that is never changed but replaced.

**The test.** A sample is d² of one of the node's tracks against another node's of the same target. With n =
6 the log-likelihood ratio of covariances that ought to be twice as large against those declared is

    ln(χ²₆(d²/2)/2) - ln χ²₆(d²) = d²/4 - 3 ln 2

and its running sum, kept from below 0, is Page's test: where the node is consistent it passes h after e^h
samples in the mean or more (Lorden 1971). From there on the node is doubted, until the sum is 0 again: a
node whose errors are as large as declared, or up to a third larger in variance, is never touched.

**The factor** s that its covariances are multiplied by solves E min(d²(s), c) = E min(χ²₆, c), by steps of
one over the samples since the sum was last 0, which is the likeliest moment of change."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Final, NamedTuple

import numpy as np

from fusion.arrays import Bools, Float, Ints
from fusion.constants import JUDGED, OPERATION, Chosen, constants


@constants
class Doubt(NamedTuple):
    """When a node's word is doubted."""

    alarm: Annotated[
        float,
        Chosen("1", "log-likelihood ratio from which a node is doubted", "ln 1e6: one in 1e6 samples"),
    ] = 13.8
    evidence_max: Annotated[
        float,
        Chosen(
            "1", "and at most: where a node has become consistent it is believed 50 samples later", JUDGED
        ),
    ] = 27.6
    d2_max: Annotated[
        float,
        Chosen("1", "of a sample: what turns, and a wrong pairing, decide nothing", "chi2.isf(0.005, 6)"),
    ] = 18.55
    d2_mean: Annotated[
        float, Chosen("1", "of a consistent node's samples, so bounded", "E min(chi2(6), 18.55)")
    ] = 5.988
    memory: Annotated[int, Chosen("samples", "that the factor and the mean shown are of", JUDGED)] = 60
    factor_max: Annotated[
        float, Chosen("1", "of a covariance; what is farther off pairs with nothing", JUDGED)
    ] = 1e4
    apart_windows: Annotated[
        int, Chosen("1", "a track is a sample every so many windows: its errors last as long", JUDGED)
    ] = 3


DOUBT = Doubt()
NODES_MAX: Final[
    Annotated[int, Chosen("1", "nodes by environment; of those that come later all is believed", OPERATION)]
] = 256


class Word(NamedTuple):
    """Whose word: a node's, in one environment."""

    node_id: str
    environment: int


@dataclass(frozen=True, slots=True)
class Consistency:
    """What is known of n words."""

    window: int
    """Number of the window (`fusion.registration.window`) that is being gathered; 0 before the first."""
    words: tuple[Word, ...]
    evidence: Float
    """(n,) the test's sum."""
    scale: Float
    """(n,) the factor that fits since the sum was last 0."""
    since: Ints
    """(n,) samples since then."""
    doubted: Bools
    """(n,) whether the factor is applied."""
    mean: Float
    """(n,) fading mean of d² / 6, bounded."""
    samples: Ints
    """(n,) in all."""
    expected: Ints
    """(n,) tracks in the last window that another node's radar should see too,"""
    unconfirmed: Ints
    """(n,) and how many of them no other node tells of."""
    alone: Bools
    """(n,) whether these are more than chance explains."""

    def factor(self) -> Float:
        """(n,) by what a node's covariances are multiplied; exactly 1 where it is not doubted."""
        return np.where(self.doubted, self.scale, 1.0)

    def content(self) -> bytes:
        """What the picture's digest covers: who is not believed, and by how much."""
        told = [
            f"{word.node_id}/{word.environment}/{float(factor).hex()}/{int(alone)};"
            for word, factor, alone in zip(self.words, self.factor(), self.alone, strict=True)
            if factor != 1.0 or alone
        ]
        return "".join(sorted(told)).encode()


def nothing_heard() -> Consistency:
    """Before any node has spoken."""
    real, whole, no = np.zeros(0), np.zeros(0, np.int64), np.zeros(0, np.bool_)
    return Consistency(0, (), real, real, whole, no, real, whole, whole, whole, no)


def with_words(known: Consistency, words: list[Word]) -> Consistency:
    """With these too, of which nothing is known yet, as far as there is room."""
    more = words[: NODES_MAX - len(known.words)]
    if not more:
        return known
    n = len(more)
    real, one, whole, no = np.zeros(n), np.ones(n), np.zeros(n, np.int64), np.zeros(n, np.bool_)
    return Consistency(
        window=known.window,
        words=(*known.words, *more),
        evidence=np.append(known.evidence, real),
        scale=np.append(known.scale, one),
        since=np.append(known.since, whole),
        doubted=np.append(known.doubted, no),
        mean=np.append(known.mean, real),
        samples=np.append(known.samples, whole),
        expected=np.append(known.expected, whole),
        unconfirmed=np.append(known.unconfirmed, whole),
        alone=np.append(known.alone, no),
    )
