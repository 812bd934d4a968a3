"""A node's word weighed in the fold: who is consistent is left alone to the bit, who is not is weighed by
his errors."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from consistency_kit import NS, first_rows, reports
from fusion import Picture
from fusion.consistency.estimate import Word
from fusion.contract import AIR
from fusion.update.picture_table import PictureTable
from registration_kit import START_NS, targets
from triwatch.v1 import track_pb2


def folded(made: Sequence[track_pb2.TrackBatch]) -> Picture:
    picture = Picture()
    for report in made:
        picture.fold(report)
    picture.digest()
    return picture


def factors(picture: Picture) -> list[float]:
    """Of N0, N1 ... in the air."""
    known = picture.consistency
    order = sorted(range(len(known.words)), key=lambda k: known.words[k])
    assert all(known.words[k].environment == AIR for k in order)
    return known.factor()[order].tolist()


def anees(picture: Picture, seed: int = 0, count: int = 12) -> float:
    """Mean normalised error squared of the picture's tracks, each against the nearest target."""
    start, speed = targets(np.random.default_rng(seed), count)
    tracks, total = picture.tracks(), []
    for k in range(len(tracks)):
        t = (int(tracks.time_ns[k]) - START_NS) * 1e-9
        truth = np.concatenate([start + t * speed, speed], axis=1)
        apart = np.linalg.norm(truth[:, :3] - tracks.state[k, :3], axis=1)
        error = tracks.state[k] - truth[np.argmin(apart)]
        total.append(error @ np.linalg.solve(tracks.covariance[k], error) / 6.0)
    return float(np.mean(total))


@pytest.mark.parametrize("seed", range(8))
def test_consistent_nodes_are_left_alone_to_the_bit(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    made = reports([1.0, 1.0, 1.0], 150, seed)
    weighed = folded(made)
    assert factors(weighed) == [1.0, 1.0, 1.0]
    assert (weighed.consistency.samples > 50).all()
    assert np.allclose(weighed.consistency.mean, 0.75, atol=0.25)  # the best of two others: a little below 1
    monkeypatch.setattr("fusion.whole_event.weigh", lambda *_: None)
    assert folded(made).digest() == weighed.digest()


def test_who_errs_by_more_than_he_declares_is_weighed_by_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three times the sigma declared: some seven times the covariance, of that node alone; and the picture
    tells the truth of itself and has one track of each, which it had not."""
    seeds = range(4)
    made = [reports([1.0, 3.0, 1.0], 150, seed) for seed in seeds]
    after = [folded(one) for one in made]
    for picture in after:
        first, second, third = factors(picture)
        assert first == third == 1.0
        assert 4.0 < second < 10.0
        assert len(picture.tracks()) == 12
    monkeypatch.setattr("fusion.whole_event.weigh", lambda *_: None)
    before = np.mean([anees(folded(one), seed) for one, seed in zip(made, seeds, strict=True)])
    assert before > 2.0
    assert np.mean([anees(picture, seed) for picture, seed in zip(after, seeds, strict=True)]) < 1.4


def test_of_two_that_do_not_agree_neither_is_believed_more() -> None:
    first, second = factors(folded(reports([1.0, 2.0], 200)))
    assert 3.5 < first + second < 6.5  # together what they are apart: 1 + 4
    assert min(first, second) > 1.3


def test_who_has_become_consistent_is_believed_again() -> None:
    made = reports([1.0, 2.0, 1.0], 260, true_from_s=100)
    assert factors(folded([r for r in made if r.valid_time_ns[0] < START_NS + 100 * NS]))[1] > 2.0
    assert factors(folded(made)) == [1.0, 1.0, 1.0]


def test_late_repeated_and_shuffled_reports_give_the_same_picture() -> None:
    made = reports([1.0, 2.0, 1.0], 120)
    expected = folded(made)
    assert factors(expected)[1] > 2.0
    rng = np.random.default_rng(4)
    late = sorted(range(len(made)), key=lambda k: k + rng.exponential(20.0))
    mixed = Picture()
    for count, k in enumerate(late):
        mixed.fold(made[k])
        if count % 11 == 0:
            mixed.digest()
            mixed.fold(made[late[count // 2]])
    assert mixed.digest() == expected.digest()
    assert mixed.consistency.content() == expected.consistency.content() != b""
    assert np.array_equal(mixed.consistency.evidence, expected.consistency.evidence)


def test_a_picture_tells_whose_word_it_weighs_when_that_changes() -> None:
    picture, table, told = Picture(), PictureTable(), 0
    for sequence, report in enumerate(reports([1.0, 2.0, 1.0], 100), 1):
        picture.fold(report)
        update = picture.delta()
        update.nation, update.incarnation, update.sequence = "USA", 1, sequence
        told += bool(update.node_consistency)
        table.take(update)
    assert 9 <= told <= 11  # once a window of 10 s
    known = picture.consistency
    assert [one.node_id for one in table.node_consistency] == ["N0", "N1", "N2"]
    for one in table.node_consistency:
        k = known.words.index(Word(one.node_id, one.environment))
        assert (one.factor, one.normalised_error) == (known.factor()[k], known.mean[k])
        assert one.samples == known.samples[k] > 0
    assert list(picture.snapshot().node_consistency) == table.node_consistency
    assert table.copy().node_consistency == table.node_consistency


@pytest.mark.parametrize("seed", range(3))
def test_a_member_that_shifts_all_its_tracks_is_told_of_and_nobody_else(seed: int) -> None:
    """By 5 km, from the beginning: no other node tells of its tracks, and their radars should."""
    picture = folded(reports([1.0, 1.0, 1.0], 80, seed, 16, shift_m={2: 5_000.0}, declared=True))
    known = picture.consistency
    alone = {known.words[k].node_id for k in np.flatnonzero(known.alone).tolist()}
    assert alone == {"N2"}
    assert factors(picture)[:2] == [1.0, 1.0]
    assert b"N2" in known.content()
    honest = folded(reports([1.0, 1.0, 1.0], 80, seed, 16, declared=True))
    assert not honest.consistency.alone.any()
    assert (honest.consistency.expected >= 8).all()
    assert not honest.consistency.unconfirmed.any()


@pytest.mark.parametrize("seed", range(2))
def test_a_member_that_invents_tracks_is_told_of_and_moves_nobody(seed: int) -> None:
    """28 of nothing beside 12 of targets: it is alone, its true tracks are fused as ever, and all others are
    where they are without the invented ones."""
    made = reports([1.0, 1.0, 1.0], 80, seed, declared=True, invented=(2, 28))
    honest, among = folded([first_rows(report, 12) for report in made]), folded(made)
    known = among.consistency
    assert {known.words[k].node_id for k in np.flatnonzero(known.alone).tolist()} == {"N2"}
    assert factors(among) == [1.0, 1.0, 1.0]
    tracks = among.tracks()
    several = [k for k in range(len(tracks)) if len(tracks.contributors[k]) == 3]
    assert len(several) == 12 == len(honest.tracks())
    sigma_m = np.sqrt(np.trace(honest.tracks().covariance[:, :3, :3], axis1=1, axis2=2))
    apart = honest.tracks().state[:, None, :3] - tracks.state[None, several, :3]
    assert (np.linalg.norm(apart, axis=2).min(axis=1) < sigma_m / 3.0).all()
