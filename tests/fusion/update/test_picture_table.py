"""The one reader of updates against a reader written from the specification that was given them in order."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fusion import Picture
from fusion.update.decode import UpdateError, read_update
from fusion.update.order import WAITING_MAX
from fusion.update.picture_table import PictureTable
from fusion_oracle.follower import Follower, rows_of
from fusion_oracle.traffic import traffic
from triwatch.v1 import picture_pb2

DELTA, SNAPSHOT = picture_pb2.PICTURE_KIND_DELTA, picture_pb2.PICTURE_KIND_SNAPSHOT


def held(table: PictureTable) -> dict[int, dict[str, Any]]:
    """The picture as the oracle has it."""
    rows = {}
    for k in range(len(table)):
        row = table.rows[k]
        by, times = table.contributors(table.rows[k : k + 1])
        one = {
            name: row[name].item()
            for name in row.dtype.names
            if row[name].ndim == 0 and name not in ("stream", "contributor_first", "contributor_count")
        }
        del one["revision"]
        one |= {name: tuple(row[name].tolist()) for name in ("state", "covariance", "mode_probability")}
        one["identity_conflict"] = bool(one["identity_conflict"])
        one["call_sign"] = table.text(one["call_sign"])
        one["contributors"] = tuple(zip((table.node_id[k] for k in by), times.tolist(), strict=True))
        assert table.contributors_of(row) == tuple(name for name, _ in one["contributors"])
        rows[one["number"]] = one
    return rows


def published(seed: int, incarnation: int, snapshots: set[int], rows_max: int | None) -> list[Any]:
    """What a core published of some eventful traffic, in order; every picture of it as the oracle has it."""
    picture, told = Picture(), []
    for k, report in enumerate(traffic(seed, 8.0).reports):
        picture.fold(report)
        if k % 7:
            continue
        update = picture.delta(rows_max)
        if k in snapshots:
            update = picture.snapshot()
        told.append(update)
    for sequence, update in enumerate(told, 1):
        update.nation, update.incarnation, update.sequence = "KOR", incarnation, sequence
    return told


TOLD = {
    (incarnation, rows_max): published(40 + incarnation, incarnation, {70, 140}, rows_max)
    for incarnation in (1, 2)
    for rows_max in (None, 5)
}


def after(updates: list[Any]) -> dict[int, dict[str, Any]]:
    """The picture that these updates tell, in order."""
    follower = Follower()
    for update in updates:
        follower.take(update)
    return follower.rows


def whole(updates: list[Any], known: set[int]) -> int:
    """Of the sequences known, the newest up to which a picture can be had."""
    at = 0
    for update in updates:
        if update.sequence in known and (update.sequence == at + 1 or update.kind == SNAPSHOT):
            at = update.sequence
    return at


@settings(max_examples=60)
@given(st.integers(0, 2**32), st.sampled_from([None, 5]), st.floats(0.0, 0.3))
def test_whatever_came_the_picture_is_that_of_the_newest_update_without_a_gap(
    seed: int, rows_max: int | None, lost: float
) -> None:
    """Late, twice, never; a core that starts anew: always what the specification's reader has there."""
    rng = random.Random(seed)
    first, second = TOLD[1, rows_max], TOLD[2, rows_max]
    table = PictureTable()
    arriving: list[tuple[float, Any]] = []
    for k, update in enumerate(first + second):
        if rng.random() < lost:
            continue
        arriving.append((k + rng.random() * rng.choice([0.5, 0.5, 20.0]), update))
        if rng.random() < 0.2:
            arriving.append((k + rng.random() * 20.0, update))
    known: dict[int, set[int]] = {1: set(), 2: set()}
    for _, update in sorted(arriving, key=lambda one: one[0]):
        known[update.incarnation].add(update.sequence)
        applied = table.take(update if rng.random() < 0.5 else update.SerializeToString())
        assert [one.key for one in applied] == sorted(one.key for one in applied)
        at = (2, whole(second, known[2])) if whole(second, known[2]) else (1, whole(first, known[1]))
        if at == (1, 0):
            at = (0, 0)
        assert table.at == at
        assert table.complete
    if table.at[0]:
        last = (first, second)[table.at[0] - 1][: table.at[1]]
        assert held(table) == after(last)
        assert table.picture_digest == last[-1].picture_digest
        assert table.time_ns == last[-1].time_ns
    newest = max(n for n in (2, 1) if known[n] or n == 1)
    told = {n for low, high in table.missing for n in range(low, high + 1)}
    if table.missing:
        ours = known[newest]
        begins = table.at[1] if table.at[0] == newest else 0
        assert told == set(range(begins + 1, max(ours))) - ours


def test_an_update_that_came_late_is_taken_before_those_that_waited_for_it() -> None:
    updates = TOLD[1, None]
    table = PictureTable()
    for k in (0, 1, 2, 4, 4):
        table.take(updates[k])
    assert (table.at, table.missing) == ((1, 3), [(4, 4)])
    assert held(table) == after(updates[:3])
    assert [one.sequence for one in table.take(updates[3])] == [4, 5]
    assert (table.at, table.missing) == ((1, 5), [])
    assert held(table) == after(updates[:5])
    assert table.take(updates[3]) == table.take(updates[4]) == []


def test_half_way_between_two_updates_the_picture_can_be_looked_at() -> None:
    updates = TOLD[1, None]
    table = PictureTable()
    table.take(updates[0])
    assert table.receive(updates[2]) == []
    for k, one in enumerate(table.receive(updates[1]), 1):
        assert held(table) == after(updates[:k])
        table.apply(one)
    assert held(table) == after(updates[:3])


def test_what_never_comes_is_passed_over_in_the_end_and_that_is_said_until_a_snapshot_comes() -> None:
    updates = TOLD[1, None]
    table = PictureTable()
    table.take(updates[0])
    beyond = picture_pb2.PictureUpdate(nation="KOR", incarnation=1, kind=DELTA)
    for sequence in range(3, WAITING_MAX + 3):
        beyond.sequence = sequence
        assert table.take(beyond) == []
    beyond.sequence += 1
    assert len(table.take(beyond)) == WAITING_MAX + 1
    assert not table.complete
    mends = picture_pb2.PictureUpdate()
    mends.CopyFrom(updates[0])
    mends.kind, mends.sequence = SNAPSHOT, beyond.sequence
    assert len(table.take(mends)) == 1
    assert table.complete
    assert table.take(mends) == []


def test_a_value_of_a_later_version_is_taken_as_0() -> None:
    update = picture_pb2.PictureUpdate()
    update.CopyFrom(next(u for u in TOLD[1, None] if u.number and u.lineage))
    update.status[0], update.environment[0], update.identity[0] = 7, -3, 99
    update.finality = 9
    update.flight.add(track=update.number[0], phase=11)
    update.lineage[0].event = 12
    before = update.SerializeToString(deterministic=True)
    read = read_update(update)
    assert [int(read.rows[name][0]) for name in ("status", "environment", "identity")] == [0, 0, 0]
    assert (read.finality, read.flight[0].phase, read.lineage[0].event) == (0, 0, 0)
    assert update.SerializeToString(deterministic=True) == before


def broken() -> list[tuple[str, picture_pb2.PictureUpdate]]:
    """Updates that break the contract."""
    whole = next(u for u in TOLD[1, None] if len(u.number) > 1)
    found = []

    def spoil(name: str, change: Any) -> None:
        update = picture_pb2.PictureUpdate()
        update.CopyFrom(whole)
        change(update)
        found.append((name, update))

    for column in ("state", "covariance", "status", "parent", "call_sign", "contributor_time_ns"):
        spoil(column, lambda u, c=column: getattr(u, c).pop())
    spoil("contributors", lambda u: u.contributor_count.__setitem__(0, 9))
    spoil("contributor", lambda u: u.contributors.__setitem__(0, 9999))
    spoil("number", lambda u: u.number.__setitem__(0, u.number[1]))
    spoil("number", lambda u: u.number.__setitem__(0, -1))
    spoil("state", lambda u: u.state.__setitem__(3, float("nan")))
    spoil("covariance", lambda u: u.covariance.__setitem__(3, float("inf")))
    spoil("time", lambda u: u.track_time_ns.__setitem__(0, 2**63))
    spoil("time", lambda u: setattr(u, "time_ns", 2**63))
    return found


@pytest.mark.parametrize(("name", "update"), broken())
def test_an_update_that_breaks_the_contract_changes_nothing(name: str, update: Any) -> None:
    table = PictureTable()
    table.take(TOLD[1, None][0])
    before = held(table)
    with pytest.raises(UpdateError, match=name):
        table.take(update)
    assert held(table) == before
    assert table.at == (1, 1)
    with pytest.raises(UpdateError, match="no PictureUpdate"):
        table.take(b"\xff\xff")


def test_a_copy_stays_where_it_is() -> None:
    updates = TOLD[1, None]
    table = PictureTable()
    for update in updates[:3]:
        table.take(update)
    table.take(updates[4])
    twin = table.copy()
    for update in updates[3:]:
        table.take(update)
    assert held(twin) == after(updates[:3])
    twin.take(updates[3])
    assert held(twin) == after(updates[:5])
    assert held(table) == after(updates)


def test_rows_know_when_they_were_last_told() -> None:
    updates = TOLD[1, 5]
    table, last = PictureTable(), {}
    for update in updates:
        table.take(update)
        if update.kind == SNAPSHOT:
            last = {}
        last |= dict.fromkeys(update.number, table.revision)
    seen = dict(zip(table.rows["number"].tolist(), table.rows["revision"].tolist(), strict=True))
    assert seen == {number: last[number] for number in seen}
    assert set(rows_of(updates[-1])) <= set(seen)
    assert np.all(table.rows["revision"] <= table.revision)
