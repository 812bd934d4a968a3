"""The search as part of the picture: who is lost, who is regained, in any order of arrival."""

from __future__ import annotations

import random

import numpy as np
import pytest

from fusion import Picture
from fusion.search.search_map import SearchMap
from fusion.update.decode import read_update
from fusion.update.picture_table import PictureTable
from fusion_oracle.reports import at_ns, report
from search_oracle import AXES, CENTRE, Looks, ecef
from triwatch.v1 import track_pb2

SUBSURFACE, SURFACE = track_pb2.ENVIRONMENT_SUBSURFACE, track_pb2.ENVIRONMENT_SURFACE
BUOYS = np.array([[-5_000.0, 5_000.0], [5_000.0, 5_000.0], [-5_000.0, -5_000.0], [5_000.0, -5_000.0]])
VELOCITY = (2.0, 0.0)


def covariance(sigma_m: float, sigma_mps: float) -> np.ndarray:
    return np.diag([sigma_m**2] * 3 + [sigma_mps**2] * 3)


def told(sequence: int, t_s: float, east_m: float, local: int = 1, **fields: object) -> track_pb2.TrackBatch:
    """Node A's report of one contact on an easterly course."""
    state = np.concatenate([ecef(np.array([east_m, 0.0])), np.array([*VELOCITY, 0.0]) @ AXES])
    return report(
        "JPN-1", sequence, t_s, state, covariance(300.0, 1.0), local=[local], q=0.001,
        **{"environment": SUBSURFACE, **fields},
    )  # fmt: skip


def listened(sequence: int, t_s: float) -> track_pb2.TrackBatch:
    """Node B's report of a look of four buoys, and of nothing else."""
    batch = report("KOR-1", sequence, t_s, np.zeros((0, 6)), local=[], environment=[], status=[], q=[])
    looks = Looks(BUOYS, None, 0.5, 2_500.0).reported(at_ns(t_s))
    for k in range(len(BUOYS)):
        batch.look_time_ns.append(int(looks.time_ns[k]))
        batch.look_position.extend(looks.position[k].tolist())
        batch.look_probability.append(0.5)
        batch.look_range.append(2_500.0)
        batch.look_steepness.append(4)
    return batch


def day(regained_m: float | None, searched: bool = True, **fields: object) -> list[track_pb2.TrackBatch]:
    """A contact held for a minute, lost for nine, and perhaps held again under another local number."""
    made = [told(k + 1, 10.0 * k, 20.0 * k, **fields) for k in range(7)]
    times = np.arange(15.0, 700.0, 30.0)
    if searched:
        made += [listened(k + 1, float(t)) for k, t in enumerate(times)]
    else:  # somebody else's track far away lets time go on
        far = np.concatenate([CENTRE + 5e5 * AXES[0], np.zeros(3)])
        made += [report("KOR-1", k + 1, float(t), far, environment=SURFACE) for k, t in enumerate(times)]
    if regained_m is not None:
        made += [told(8 + k, 600.0 + 10.0 * k, regained_m + 20.0 * k, 2) for k in range(8)]
    return made


def folded(messages: list[track_pb2.TrackBatch]) -> Picture:
    picture = Picture()
    for message in messages:
        picture.fold(message)
    return picture


def number_of(picture: Picture) -> int:
    """Of the one contact under water."""
    tracks = picture.tracks()
    (number,) = tracks.number[tracks.environment == SUBSURFACE].tolist()
    return int(number)


def only_map(picture: Picture) -> SearchMap:
    (one,) = picture.searches.maps
    return one


FIRST = number_of(folded(day(None)[:7]))


def test_a_contact_that_is_lost_begins_a_map_under_its_number() -> None:
    picture = folded(day(None))
    assert picture.live == 0
    one = only_map(picture)
    assert one.name.track == FIRST
    assert one.since_ns == at_ns(60.0)
    assert one.looks > 50
    density, middles = one.density(), one.grid.middles()
    east = float((density.sum(axis=0) * middles).sum())
    assert 200.0 < east < 1_500.0, "it went on to the east"


def test_without_looks_nothing_is_searched() -> None:
    picture = folded(day(None, searched=False))
    assert picture.searches.maps == ()
    assert not picture.searches.heard_ns


def test_friends_are_not_searched() -> None:
    friend = {"identity": [track_pb2.IDENTITY_FRIEND], "identity_confidence": [0.9]}
    assert folded(day(None, **friend)).searches.maps == ()


def test_a_contact_regained_keeps_its_number() -> None:
    picture = folded(day(1_100.0))
    assert number_of(picture) == FIRST
    assert picture.searches.maps == ()
    merged = [one for one in picture.delta().lineage if one.event == 4]
    assert [one.track for one in merged] == [FIRST]


def test_a_contact_elsewhere_is_another() -> None:
    picture = folded(day(30_000.0))
    assert number_of(picture) != FIRST
    assert only_map(picture).name.track == FIRST


def test_the_page_of_a_regained_contact_is_one_track() -> None:
    """A follower of deltas holds the old number alone."""
    picture, shown = Picture(), {}
    for message in day(1_100.0):
        picture.fold(message)
        update = picture.delta()
        for number in update.removed:
            del shown[number]
        shown.update(dict.fromkeys(update.number))
    assert list(shown) == [FIRST]


@pytest.mark.parametrize("regained_m", [None, 1_100.0, 30_000.0])
def test_disorder_leaves_no_trace(regained_m: float | None) -> None:
    messages = day(regained_m)
    straight = folded(messages)
    for seed in range(3):
        rng, mixed, picture = random.Random(seed), messages.copy(), Picture()
        rng.shuffle(mixed)
        for message in mixed:
            picture.fold(message)
            if rng.random() < 0.2:
                picture.digest()
        assert picture.digest() == straight.digest()
        assert picture.searches.content() == straight.searches.content()


def test_the_digest_covers_the_map() -> None:
    """One look more is another picture, though no track is."""
    messages = day(None)
    assert folded(messages).digest() != folded(messages[:-1]).digest()
    assert folded(messages).tracks().number.tolist() == folded(messages[:-1]).tracks().number.tolist()


def declared(area_until_s: float) -> track_pb2.TrackBatch:
    batch = report("USA-1", 1, 0.0, np.zeros((0, 6)), local=[], environment=[], status=[], q=[])
    batch.area_number.append(1)
    batch.area_time_ns.append(at_ns(1.0))
    batch.area_until_ns.append(at_ns(area_until_s))
    batch.area_centre.extend(CENTRE.tolist())
    batch.area_half.extend([5_000.0, 5_000.0])
    batch.area_prior.append(0.5)
    return batch


def test_an_area_is_searched_until_it_ends() -> None:
    looks = [listened(k + 1, 15.0 + 30.0 * k) for k in range(20)]
    one = only_map(folded([declared(3_600.0), *looks]))
    assert (one.name.node_id, one.name.area, one.name.track) == ("USA-1", 1, 0)
    assert 0.1 < one.exists < 0.3, "silence lowers it"
    assert folded([declared(300.0), *looks]).searches.maps == ()


def test_a_map_ends_when_nobody_listens_any_more() -> None:
    messages = day(None)
    messages.append(listened(999, 700.0 + 3_700.0))
    assert folded(messages).searches.maps == ()


def test_pictures_tell_their_maps_when_they_changed() -> None:
    """A follower of deltas holds the map that a snapshot tells, and knows when it is over."""
    picture, table, told = Picture(), PictureTable(), 0
    for sequence, message in enumerate(day(1_100.0), 1):
        picture.fold(message)
        update = read_update(picture.changes().encode(nation="JPN", incarnation=1, sequence=sequence))
        told += update.search is not None
        table.apply(update)
        assert len(table.search.map) == len(picture.searches.maps)
        if table.search.map:
            one = table.search.map[0]
            assert one.track == FIRST
            assert sum(one.probability) + one.outside == pytest.approx(1.0, abs=1e-3)
            assert 0.0 < one.region_m2 < one.cells**2 * one.cell_m**2
            assert picture.snapshot().search.map[0] == one
    assert 5 < told < 20
    assert not picture.snapshot().HasField("search")
