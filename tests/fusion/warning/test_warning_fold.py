"""Flights are part of the fold: any order, any lateness, any engine, the same rows, digests and words."""

from __future__ import annotations

import random
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import pytest

from fusion import Picture
from fusion.warning.news import FINAL, PROVISIONAL, WarningNews
from nodes.coalition.outlines import nations
from nodes.sensor_node.simulated import simulated_node
from nodes.simulation.loader import load
from nodes.simulation.truth import World
from triwatch.v1 import status_pb2, track_pb2
from warning_chain import scenario

MAPPED = nations(("USA", "JPN", "KOR"))


@lru_cache(maxsize=1)
def exercise() -> tuple[tuple[track_pb2.TrackBatch | status_pb2.NodeStatus, ...], ...]:
    """By second: what the nodes of a scenario with a failing missile say."""
    one = scenario("early_failure", 3)
    world = World(one)
    nodes = [simulated_node(one, n.id, world=world) for n in one.nodes]
    seconds = []
    for t in np.arange(1.0, 130.0):
        said = [b for n in nodes for b in n.advance(one.time_ns(float(t)))]
        batches = [b for b in said if isinstance(b, track_pb2.TrackBatch)]
        statuses = [s for n in nodes for s in n.statuses()]
        seconds.append((*sorted(batches, key=lambda b: (b.sent_time_ns, b.node_id)), *statuses))
    return tuple(seconds)


def reports() -> list[track_pb2.TrackBatch]:
    return [b for second in exercise() for b in second if isinstance(b, track_pb2.TrackBatch)]


def folded(batches: Sequence[track_pb2.TrackBatch], look_every: int = 0) -> Picture:
    """A picture that is looked at now and then, so that what comes late is rolled back."""
    picture = Picture()
    for k, batch in enumerate(batches):
        picture.fold(batch)
        if look_every and k % look_every == 0:
            picture.digest()
    return picture


def words(picture: Picture, time_ns: int = 0) -> list[bytes]:
    return [w.SerializeToString(deterministic=True) for w in picture.warnings(lambda _: MAPPED, time_ns)]


def test_late_repeated_and_reordered_reports_give_equal_warnings_byte_for_byte() -> None:
    straight = folded(reports(), look_every=1)
    meant = words(straight)
    assert meant
    for seed in range(2):
        rng = random.Random(seed)
        # each is late by up to eight seconds, some come twice, and the picture is looked at on the way
        late = sorted(reports(), key=lambda b: max(b.valid_time_ns, default=0) + rng.random() * 8e9)
        late += rng.sample(late, 10)
        other = folded(late, look_every=rng.choice([3, 10]))
        assert other.input_digest() == straight.input_digest()
        assert words(other) == meant
        assert other.digest() == straight.digest()
        assert [f.SerializeToString() for f in other.flights()] == [
            f.SerializeToString() for f in straight.flights()
        ]


def test_every_prefix_held_gives_what_a_fresh_fold_of_it_gives() -> None:
    """A rollback leaves nothing behind: at any moment the rows are those of the set held."""
    rng = random.Random(5)
    order = sorted(reports(), key=lambda b: max(b.valid_time_ns, default=0) + rng.random() * 6e9)
    picture = Picture()
    compared = 0
    for k, batch in enumerate(order, start=1):
        picture.fold(batch)
        picture.digest()
        if k % 40 == 0:
            fresh = folded(order[:k])
            assert words(picture) == words(fresh)
            assert picture.digest() == fresh.digest()
            compared += bool(words(fresh))
    assert compared > 2


def test_a_warning_names_the_picture_that_made_it() -> None:
    """Folding report by report, each word's digest is the picture's at that moment."""
    picture, news, named = Picture(), WarningNews(lambda _: MAPPED), 0
    for batch in sorted(reports(), key=lambda b: (max(b.valid_time_ns, default=0), b.node_id)):
        picture.fold(batch)
        for word in news.of(picture):
            assert word.picture_digest == picture.digest()
            named += 1
    assert named > 5


def test_flights_are_in_the_digest() -> None:
    picture = folded(reports())
    assert picture.flights()
    without = picture.digest()
    for row in picture.missiles():
        picture._table.flights.delete(row.number)
    assert picture.digest() != without


def test_words_are_said_once_provisional_and_then_final_and_an_end_comes_by_time_alone() -> None:
    picture, news, said = Picture(), WarningNews(lambda _: MAPPED), []
    for second in exercise():
        for word in second:
            if isinstance(word, track_pb2.TrackBatch):
                picture.fold(word)
            else:
                picture.punctuate(word)
        said += news.of(picture)
    assert len({(w.warning_id, w.revision, w.finality, w.picture_digest) for w in said}) == len(said)
    first = [w for w in said if w.warning_id == said[0].warning_id]
    assert first[0].finality == PROVISIONAL
    for word in (w for w in said if w.finality == FINAL):
        before = next(w for w in said if (w.warning_id, w.revision) == (word.warning_id, word.revision))
        assert before.finality == PROVISIONAL
        before.finality = FINAL
        assert before == word
    end_ns = max(row.ends_ns for row in picture.missiles()) + 1
    ended = picture.warnings(lambda _: MAPPED, end_ns)
    assert all(row.ended for row in picture.missiles(end_ns))
    assert [w.time_ns for w in ended] == [w.time_ns for w in picture.warnings(lambda _: MAPPED, end_ns * 2)]


@pytest.mark.slow
def test_the_reference_engine_flies_them_too() -> None:
    one, other = Picture(), Picture(engine="reference")
    for batch in reports()[:120]:
        one.fold(batch)
        other.fold(batch)
    ours, theirs = one.flights(), other.flights()
    assert [f.track for f in ours] == [f.track for f in theirs]
    for a, b in zip(ours, theirs, strict=True):
        assert a.phase == b.phase
        assert a.launch.lat_deg == pytest.approx(b.launch.lat_deg, abs=1e-3)


def test_a_built_in_scenario_without_missiles_has_no_flights() -> None:
    one = load("air_traffic")
    node = simulated_node(one, one.nodes[0].id, world=World(one))
    picture = Picture()
    for item in node.advance(one.time_ns(20.0)):
        if isinstance(item, track_pb2.TrackBatch):
            picture.fold(item)
    assert picture.flights() == []
