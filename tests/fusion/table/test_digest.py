"""The digests: every field a reader sees counts, nothing else does."""

import itertools

import numpy as np
import pytest

from fusion import Picture
from fusion.table.arrays import Arrays
from fusion.table.digest import InputDigest, digest_row, picture_digest
from fusion.table.tracks import Table
from fusion_oracle.reports import AIR, PLACE_M, SPACE, report

SEEN = (
    "number", "time_ns", "birth_ns", "status", "environment", "identity", "conflict", "call_sign", "parent",
    "ballistic", "confidence", "q", "mode_probability", "state", "covariance",
)  # fmt: skip
CRUISE = np.array([*PLACE_M, 200.0, 0.0, 50.0])


def three_tracks() -> Picture:
    """Two aircraft that two nodes see and a missile of one."""
    picture = Picture()
    state = np.array([CRUISE, CRUISE + np.array([20e3, 0, 0, 0, 0, 0]), CRUISE * 1.1])
    for k in (1, 2, 3):
        moved = state + np.concatenate([state[:, 3:], np.zeros((3, 3))], axis=1) * k
        picture.fold(report("A", k, k, moved, environment=[AIR, AIR, SPACE]))
        picture.fold(report("B", k, k, moved[:2] + 3.0))
    return picture


def arrays_of(picture: Picture) -> Arrays:
    """The table of a picture that is up to date."""
    picture.tracks()
    return picture._table.arrays


@pytest.mark.parametrize("field", SEEN)
def test_every_visible_field_of_a_track_changes_it(field: str) -> None:
    picture = three_tracks()
    a = arrays_of(picture)
    rows = picture._table.live_rows()
    column = a.tracks[field]
    flat = column.reshape(len(column), -1)
    digests = {picture_digest(a, rows)}
    for k in range(flat.shape[1]):
        before = flat[rows[1], k]
        for after in (before + 1, -before if before else 7, np.nextafter(before, 1e9)):
            if flat.dtype.kind == "i" and after != int(after):
                continue
            flat[rows[1], k] = after
            digest_row(a, rows[1])
            digests.add(picture_digest(a, rows))
        flat[rows[1], k] = before
        digest_row(a, rows[1])
    assert picture_digest(a, rows) in digests
    assert len(digests) >= 1 + flat.shape[1] * (2 if flat.dtype.kind == "i" else 3)


def test_who_contributes_and_when_changes_it() -> None:
    picture = three_tracks()
    a = arrays_of(picture)
    rows = picture._table.live_rows()
    track = a.tracks[rows[0]]
    assert track["contributor_count"] == 2
    digests = {picture_digest(a, rows)}
    for field in ("key", "time_ns"):
        a.sources[field][track["contributor"][1]] += 1
        digest_row(a, rows[0])
        digests.add(picture_digest(a, rows))
    track["contributor_count"] = 1
    digest_row(a, rows[0])
    digests.add(picture_digest(a, rows))
    assert len(digests) == 4


def test_where_rows_are_stored_does_not() -> None:
    picture = three_tracks()
    a = arrays_of(picture)
    rows = picture._table.live_rows()
    digest = picture_digest(a, rows)
    for order in itertools.permutations(range(3)):
        shuffled = Table()
        b = shuffled.arrays
        b.sources[:] = a.sources[: len(b.sources)]
        for new, old in enumerate(order):
            b.tracks[new] = a.tracks[rows[old]]
            b.numbers[new] = a.numbers[rows[old]]
            digest_row(b, new)
        b.counters[:] = a.counters
        assert picture_digest(b, shuffled.live_rows()) == digest


def test_a_picture_of_fewer_tracks_is_another() -> None:
    picture = three_tracks()
    a = arrays_of(picture)
    rows = picture._table.live_rows()
    assert len({picture_digest(a, rows[:n]) for n in range(4)}) == 4


def test_rows_do_not_cancel() -> None:
    """Two tracks that trade a field give another sum."""
    picture = three_tracks()
    a = arrays_of(picture)
    rows = picture._table.live_rows()
    digest = picture_digest(a, rows)
    a.tracks["q"][rows[:2]] = [2.0, 3.0]
    for row in rows:
        digest_row(a, row)
    changed = picture_digest(a, rows)
    a.tracks["q"][rows[:2]] = [3.0, 2.0]
    for row in rows:
        digest_row(a, row)
    assert len({digest, changed, picture_digest(a, rows)}) == 3


@pytest.mark.parametrize(
    "change",
    [
        {"q": 2.0}, {"environment": SPACE}, {"identity": [3], "identity_confidence": [0.5]},
        {"call_sign": ["KAL12"]}, {"status": 3}, {"motion_model": [2]}, {"incarnation": 2},
    ],
)  # fmt: skip
def test_reports_that_differ_give_other_digests(change: dict) -> None:
    """The input's digest always, the picture's where what is seen differs."""

    def fold(**fields: object) -> Picture:
        picture = Picture()
        picture.fold(report("A", 1, 1, CRUISE))
        picture.fold(report("A", 2, 2, CRUISE + np.repeat([201.0, 0.0], 3), **fields))
        return picture

    one, other = fold(), fold(**change)
    assert one.input_digest() != other.input_digest()
    if change.keys() & {"q", "environment", "identity", "call_sign", "incarnation"}:
        assert one.digest() != other.digest()


def test_the_inputs_digest_is_that_of_a_set() -> None:
    parts = [bytes([k]) * 32 for k in range(6)]
    digests = set()
    for order in itertools.permutations(parts):
        d = InputDigest()
        for part in order:
            d.add(part)
        digests.add(d.hex())
    assert len(digests) == 1
    d.add(parts[0])
    assert d.hex() not in digests
    d.remove(parts[0])
    assert d.hex() in digests
    assert InputDigest().hex() not in digests


def test_reports_with_the_same_sum_of_hashes_are_not_the_same_reports() -> None:
    """Whoever chooses the bytes of reports finds such sets (Wagner 2002); to the digest they were one set."""

    def of(*numbers: int) -> str:
        d = InputDigest()
        for number in numbers:
            d.add((number % 2**256).to_bytes(32, "big"))
        return d.hex()

    a, b, by = 7**90, 11**70, 13**60
    assert of(a, b) != of(a + by, b - by)
    assert of(a, b) == of(b, a)
