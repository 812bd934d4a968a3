"""Lines of bearing of several nations: one target, one number, the same bytes whatever came when."""

from __future__ import annotations

import numpy as np
import pytest

from fusion import Picture
from fusion_oracle.reports import report
from heard_kit import START_NS, TWO_PLATFORMS, Course, heard, ship
from triwatch.v1 import picture_pb2, track_pb2

QUIET = Course(12e3, 14e3, 1.0, -1.7)


def folded(batches: list[track_pb2.TrackBatch]) -> Picture:
    picture = Picture()
    for batch in batches:
        picture.fold(batch)
    return picture


def error_m(picture: Picture, target: Course) -> np.ndarray:
    tracks = picture.tracks()
    at_s = (tracks.time_ns - START_NS) * 1e-9
    return np.array([np.linalg.norm(x[:3] - target.at(t)) for x, t in zip(tracks.state, at_s, strict=True)])


def test_one_nation_alone_sees_a_wedge() -> None:
    picture = folded([b for b in heard(1, TWO_PLATFORMS, [QUIET], 8) if b.node_id == "JPN-1"])
    tracks = picture.tracks()
    assert tracks.environment.tolist() == [track_pb2.ENVIRONMENT_SUBSURFACE]
    across, along = np.sqrt(np.linalg.eigvalsh(tracks.covariance[0, :3, :3])[1:])
    assert along > 5 * across
    apart = tracks.state[0, :3] - QUIET.at((tracks.time_ns[0] - START_NS) * 1e-9)
    assert apart @ np.linalg.solve(tracks.covariance[0, :3, :3], apart) < 12.0


def test_two_nations_together_know_where_it_is() -> None:
    picture = folded(heard(1, TWO_PLATFORMS, [QUIET], 12))
    assert picture.tracks().contributors == [["JPN-1", "KOR-1"]]
    assert error_m(picture, QUIET)[0] < 1_000.0
    (merged,) = [e for e in picture.delta().lineage if e.event == picture_pb2.LINEAGE_EVENT_MERGED]
    assert merged.track == picture.tracks().number[0]


@pytest.mark.parametrize("seed", [1, 2])
def test_the_order_of_arrival_changes_nothing(seed: int) -> None:
    batches = heard(seed, TWO_PLATFORMS, [QUIET, Course(24e3, 10e3, -1.0, 1.0)], 8)
    whole = folded(batches)
    shuffled = [batches[k] for k in np.random.default_rng(seed).permutation(len(batches))]
    late = Picture()
    for batch in shuffled:
        late.fold(batch)
        late.digest()  # settled each time: what comes late is rolled back for
    assert late.digest() == whole.digest()
    assert late.whole().encode() == whole.whole().encode()


def test_the_digest_covers_every_line() -> None:
    batches = heard(1, TWO_PLATFORMS, [QUIET], 4)
    before = folded(batches).digest()
    batches[-1].line_bearing[0] += 1e-6
    assert folded(batches).digest() != before


def test_contacts_of_one_node_are_never_one_target() -> None:
    near = Course(12.1e3, 14e3, 1.0, -1.7)
    picture = folded([b for b in heard(3, TWO_PLATFORMS, [QUIET, near], 10) if b.node_id == "JPN-1"])
    assert len(picture.tracks().number) == 2


def rows(batch: track_pb2.TrackBatch, number: int, status: int, state: np.ndarray) -> track_pb2.TrackBatch:
    """The batch with a row of a contact's number."""
    told = report(batch.node_id, batch.sequence, 0.0, state[None])
    for name in ("local_number", "valid_time_ns", "state", "covariance", "environment", "status"):
        getattr(batch, name).extend(getattr(told, name))
    batch.local_number[:] = [number]
    batch.valid_time_ns[:] = [batch.line_time_ns[0]]
    batch.status[:] = [status]
    batch.environment[:] = [track_pb2.ENVIRONMENT_SUBSURFACE]
    for name in ("contact", "time_ns", "position", "bearing", "sigma", "environment", "sound_speed", "reach"):
        batch.ClearField(f"line_{name}")
    return batch


def test_a_contact_that_is_given_up_goes() -> None:
    batches = [b for b in heard(1, TWO_PLATFORMS, [QUIET], 5) if b.node_id == "JPN-1"]
    state = np.append(QUIET.at(300.0), [0.0, 0.0, 0.0])
    rows(batches[-1], 1, track_pb2.TRACK_STATUS_TERMINATED, state)
    assert len(folded(batches[:-1]).tracks().number) == 1
    picture = folded(batches)
    assert len(picture.tracks().number) == 0
    assert picture.heard.targets == ()


def test_a_contact_that_its_node_has_located_is_a_track_of_the_same_number() -> None:
    batches = [b for b in heard(1, TWO_PLATFORMS, [QUIET], 5) if b.node_id == "JPN-1"]
    number = folded(batches[:-1]).tracks().number.tolist()
    state = np.append(QUIET.at(300.0), [0.0, 0.0, 0.0])
    rows(batches[-1], 1, track_pb2.TRACK_STATUS_MAINTAINING, state)
    picture = folded(batches)
    assert picture.tracks().number.tolist() == number
    assert picture.heard.targets == ()
    assert error_m(picture, QUIET)[0] < 1.0


def test_what_nobody_hears_any_more_fades_and_goes() -> None:
    batches = heard(1, TWO_PLATFORMS, [QUIET], 4)
    other = heard(1, TWO_PLATFORMS, [Course(25e3, -20e3)], 20, nodes=("USA-1",))
    for batch in other:
        batch.line_contact[0] = 7
    late = [b for b in other if b.line_time_ns[0] > batches[-1].line_time_ns[0]]
    soon = [b for b in late if b.line_time_ns[0] < START_NS + 480 * 10**9]
    shown = folded(batches + soon).tracks()
    assert sorted(shown.status.tolist()) == [
        track_pb2.TRACK_STATUS_MAINTAINING,
        track_pb2.TRACK_STATUS_DROPPING,
    ]
    assert len(folded(batches + late).tracks().number) == 1


def test_a_ship_that_a_radar_holds_is_not_shown_again_where_it_is_heard() -> None:
    merchant = ship(6e3, 9e3, 5.0, 2.0)
    batches = []
    for k in range(40):
        time_s = 10.0 * k
        state = np.append(merchant.at(time_s), merchant.at(time_s + 0.5) - merchant.at(time_s - 0.5))
        told = report("USA-9", k + 1, 0.0, state[None])
        told.valid_time_ns[:] = [START_NS + round(1e9 * time_s)]
        told.environment[:] = [track_pb2.ENVIRONMENT_SURFACE]
        batches.append(told)
    lines = [b for b in heard(4, TWO_PLATFORMS, [merchant], 6) if b.node_id == "JPN-1"]
    picture = folded(batches + lines)
    assert picture.tracks().contributors == [["USA-9"]]
    assert [target.ship for target in picture.heard.targets] == picture.tracks().number.tolist()


def of_one_node(batches: list[track_pb2.TrackBatch]) -> list[track_pb2.TrackBatch]:
    """As if one node had all the platforms: its contacts have numbers of their own, by platform."""
    for sequence, batch in enumerate(batches, 1):
        platform = {"JPN-1": 0, "KOR-1": 10, "USA-1": 20}[batch.node_id]
        batch.line_contact[:] = [platform + number for number in batch.line_contact]
        batch.node_id, batch.nation, batch.sequence = "JPN-1", "JPN", sequence
    return batches


def test_two_sonars_of_one_node_together_know_where_it_is() -> None:
    picture = folded(of_one_node(heard(1, TWO_PLATFORMS, [QUIET], 12)))
    (target,) = picture.heard.targets
    assert [contact.name[2] for contact in target.contacts] == [1, 11]
    assert error_m(picture, QUIET)[0] < 1_000.0


def test_a_target_that_turns_keeps_its_contacts_and_its_number() -> None:
    """Three platforms within kilometres know it to tens of metres; it turns by a right angle at 15 min."""
    near = ship(0.0, 0.0, 2.0, 0.0), ship(8e3, 0.0, -1.0, 1.0), ship(4e3, 9e3, 1.0, 0.0)
    straight, turned = Course(1e3, 1e3, 3.0, 3.0), Course(6.4e3, 1e3, -3.0, 3.0)  # at 900 s in one place
    before = heard(5, near, [straight], 15, period_s=10.0)
    later = [
        b
        for b in heard(55, near, [turned], 25, period_s=10.0)
        if b.line_time_ns[0] > before[-1].line_time_ns[0]
    ]
    first, last = folded(before), folded(before + later)
    assert last.tracks().number.tolist() == first.tracks().number.tolist()
    assert error_m(first, straight)[0] < 100.0
    assert error_m(last, turned)[0] < 200.0
