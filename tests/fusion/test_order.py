"""Any order, any number of times, looked at in between or not: one picture."""

import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fusion import Picture
from fusion_oracle import reports as r
from fusion_oracle.delivery import disordered, feed, fresh_digest, seen
from fusion_oracle.follower import Follower, rows_of
from fusion_oracle.traffic import STREAMS, traffic
from triwatch.v1 import track_pb2

BUSY = [traffic(seed) for seed in range(10)]
SHORT = [traffic(seed, 5.0) for seed in range(100, 120)]


def folded(messages: list, seed: int | None = None, **options: object) -> Picture:
    """A picture that was given the messages."""
    picture = Picture(**options)
    feed(picture, messages, seed)
    return picture


def digests(picture: Picture) -> tuple[str, str]:
    """Of the picture and of its input."""
    return picture.digest(), picture.input_digest()


def test_the_traffic_is_eventful() -> None:
    """Else the properties below would say little: births, drops, pairings, dissolutions, splits, merges."""
    kinds, died = set(), 0
    for t in BUSY:
        picture, follower = Picture(), Follower()
        numbers: set[int] = set()
        for m in t.reports:
            picture.fold(m)
            follower.take(picture.delta())
            numbers |= follower.rows.keys()
        kinds |= {event for event, *_ in follower.lineage}
        died += len(numbers - follower.rows.keys())
    assert kinds == {1, 2, 3, 4}
    assert died > 30


@pytest.mark.parametrize("which", range(len(BUSY)))
def test_disorder_leaves_no_trace(which: int) -> None:
    """Shuffled, late and twice, looked at now and then: everything that a reader sees is the same."""
    messages = BUSY[which].reports
    straight = folded(messages)
    for seed in range(6):
        picture = folded(disordered(messages, seed), seed)
        assert digests(picture) == digests(straight)
        assert seen(picture) == seen(straight)
        assert fresh_digest(picture) == picture.digest()
        assert picture.counts.folded == len(messages)
        assert picture.counts.duplicate == len(messages) // 5


@pytest.mark.slow
@pytest.mark.parametrize("seeds", [range(150), pytest.param(range(150, 1000), marks=pytest.mark.long)])
def test_a_thousand_seeds_of_disorder(seeds: range) -> None:
    straight = [digests(folded(t.reports)) for t in SHORT]
    assert len(set(straight)) == len(SHORT)
    for seed in seeds:
        which = seed % len(SHORT)
        picture = Picture()
        rng = random.Random(seed)
        for m in disordered(SHORT[which].reports, seed):
            picture.fold(m)
            if rng.random() < 0.04:
                picture.digest()
        assert digests(picture) == straight[which], f"seed {seed}"


@given(order=st.permutations(range(24)), twice=st.lists(st.integers(0, 23), max_size=8))
@settings(max_examples=40, deadline=None)
def test_any_permutation(order: list[int], twice: list[int]) -> None:
    """hypothesis searches the orders of the first two dozen reports."""
    messages = SHORT[0].reports[:24]
    picture = folded([messages[k] for k in [*order, *twice]], seed=1)
    assert digests(picture) == digests(folded(messages))
    assert picture.counts.duplicate == len(twice)


def test_every_prefix_is_a_picture_of_its_own() -> None:
    """Looking after each late report gives what a fold of just those reports gives."""
    messages = disordered(SHORT[1].reports, 4)
    picture, held = Picture(), []
    for m in messages:
        picture.fold(m)
        held.append(m)
        assert digests(picture) == digests(folded(held))


@pytest.mark.parametrize("which", range(len(BUSY)))
def test_forgetting_leaves_no_trace(which: int) -> None:
    """With punctuation in any valid order the history is let go of, and the picture stays the same."""
    straight = folded(BUSY[which].reports)
    for seed in range(6):
        picture = Picture(expected=STREAMS)
        messages = disordered(BUSY[which].messages, seed)
        monkey = random.Random(seed)
        for m in messages:
            if isinstance(m, track_pb2.TrackBatch):
                picture.fold(m)
            else:
                picture.punctuate(m)
            if monkey.random() < 0.3:
                picture.forget()
        assert picture.counts.rejected == 0
        assert digests(picture) == digests(straight)
        assert seen(picture) == seen(straight)
        picture.forget()
        assert picture.kept < len(BUSY[which].reports)


def test_forgetting_happens_at_all() -> None:
    for t in BUSY:
        picture = folded(t.messages, expected=STREAMS)
        picture.forget()
        assert picture.final_time_ns > r.at_ns(10.0)
        assert picture.kept < 20


def test_one_report_of_several_moments_is_as_several_reports_of_one() -> None:
    """But for the sequence numbers, which a report of several moments has one of."""
    rng = np.random.default_rng(6)
    start = np.array([*r.PLACE_M, 150.0, -60.0, 20.0])
    states, times = [], []
    for k in range(12):
        t = 0.5 * k
        states.append(start + np.concatenate([start[3:] * t + rng.normal(0, 20, 3), rng.normal(0, 2, 3)]))
        times.append(t)
    split, joined = Picture(), Picture()
    for k in range(12):
        split.fold(r.report("A", k + 1, times[k], states[k]))
    for k in range(0, 12, 4):
        joined.fold(
            r.report("A", k // 4 + 1, times[k : k + 4], np.array(states[k : k + 4]), local=[1, 1, 1, 1])
        )
    assert split.digest() == joined.digest()
    assert split.input_digest() != joined.input_digest()


def test_releasing_a_track_to_two_groups_does_not_count_it_twice() -> None:
    """The same row in a second stream of its node is old news."""
    rng = np.random.default_rng(7)
    start = np.array([*r.PLACE_M, 150.0, -60.0, 20.0])
    once, twice = Picture(), Picture()
    for k in range(8):
        x = start + np.concatenate([start[3:] * k + rng.normal(0, 20, 3), rng.normal(0, 2, 3)])
        once.fold(r.report("A", k + 1, k, x))
        twice.fold(r.report("A", k + 1, k, x))
        twice.fold(r.report("A", k + 1, k, x, stream="JPN-USA"))
    one, two = once.tracks(), twice.tracks()
    np.testing.assert_allclose(one.state, two.state, atol=1e-6)
    np.testing.assert_allclose(one.covariance, two.covariance, rtol=1e-9)


def test_where_a_batch_stands_in_the_wires_order_is_all_that_counts() -> None:
    """Equal times are told apart by node, incarnation, sequence and stream, never by arrival."""
    start = np.array([*r.PLACE_M, 150.0, -60.0, 20.0])
    batches = [
        r.report(node, sequence, 1.0, start + shift, incarnation=incarnation, stream=stream)
        for shift, (node, incarnation, sequence, stream) in enumerate(
            [
                ("B", 1, 1, ""), ("A", 2, 1, ""), ("A", 1, 2, ""), ("A", 1, 1, "JPN"), ("A", 1, 1, ""),
                ("a", 1, 1, ""), ("É", 1, 1, ""), ("A1", 1, 1, ""),
            ]
        )
    ]  # fmt: skip
    reference = folded(batches)
    for seed in range(20):
        shuffled = batches.copy()
        random.Random(seed).shuffle(shuffled)
        assert digests(folded(shuffled, seed)) == digests(reference)


@pytest.mark.parametrize("seed", range(6))
def test_a_follower_sees_what_the_core_sees(seed: int) -> None:
    """A snapshot and any sequence of deltas, late reports among them, give the picture, row for row."""
    t = BUSY[seed]
    rng = random.Random(seed)
    picture = Picture(expected=STREAMS)
    early, late_joiner = Follower(), None
    for m in disordered(t.messages, seed):
        if not isinstance(m, track_pb2.TrackBatch):
            picture.punctuate(m)
            continue
        picture.fold(m)
        if rng.random() < 0.4:
            update = picture.delta()
            early.take(update)
            assert early.rows == rows_of(picture.snapshot())
            assert update.picture_digest == picture.digest()
            if late_joiner is not None:
                late_joiner.take(update)
            elif rng.random() < 0.1:
                late_joiner = Follower()
                late_joiner.take(picture.snapshot())
            if late_joiner is not None:
                assert late_joiner.rows == early.rows
    early.take(picture.delta())
    assert early.rows == rows_of(picture.snapshot())
    assert picture.delta().number == []
    assert picture.delta().removed == []


@pytest.mark.parametrize("rows_max", [1, 3, 1000])
def test_an_update_may_tell_a_part_and_the_next_the_rest(rows_max: int) -> None:
    """What a follower holds once nothing is left untold is the picture, folds in between or not."""
    picture, follower = Picture(), Follower()
    for k, batch in enumerate(BUSY[1].reports):
        picture.fold(batch)
        update = picture.delta(rows_max)
        assert len(update.number) <= rows_max
        follower.take(update)
        while picture.untold and k % 3 == 0:
            follower.take(picture.delta(rows_max))
    while picture.untold:
        follower.take(picture.delta(rows_max))
    assert follower.rows == rows_of(picture.snapshot())


@pytest.mark.parametrize("which", range(len(BUSY)))
@pytest.mark.parametrize("every", [1, 7, 1000])
def test_all_lineage_is_told(which: int, every: int) -> None:
    """Nothing that happened goes untold because the past was let go of before it was asked for.

    Told in pieces, some comes twice: reports of earlier moments rewrite what followed.
    """
    reference = Follower()
    picture = folded(BUSY[which].reports)
    reference.take(picture.delta())
    follower, picture = Follower(), Picture(expected=STREAMS)
    follower.take(picture.delta())
    for k, m in enumerate(BUSY[which].messages):
        if isinstance(m, track_pb2.TrackBatch):
            picture.fold(m)
        else:
            picture.punctuate(m)
        picture.forget()
        if k % every == 0:
            follower.take(picture.delta())
    follower.take(picture.delta())
    assert set(follower.lineage) >= set(reference.lineage)
    assert follower.rows == reference.rows


def test_lineage_that_a_late_report_rewrote_is_told_again() -> None:
    straight = Follower()
    straight.take(folded(BUSY[2].reports).delta())
    follower, picture = Follower(), Picture()
    for m in disordered(BUSY[2].reports, 2):
        picture.fold(m)
        follower.take(picture.delta())
    assert set(straight.lineage) <= set(follower.lineage)
