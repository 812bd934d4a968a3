"""What is only heard, as a picture tells it and a reader follows it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from fusion import Picture
from fusion.bearings.mixture import moments
from fusion.update.decode import UpdateError
from fusion.update.picture_table import PictureTable
from fusion.update.region import region_of
from heard_kit import START_NS, TWO_PLATFORMS, Course, heard
from triwatch.v1 import picture_pb2, track_pb2

QUIET = Course(12e3, 14e3, 1.0, -1.7)


def update(picture: Picture, sequence: int, whole: bool = False) -> bytes:
    changes = picture.whole() if whole else picture.changes()
    return changes.encode(nation="KOR", incarnation=1, sequence=sequence)


def held(table: PictureTable, picture: Picture) -> None:
    """What the reader holds of what is heard is what the fold does, and no more."""
    targets = {one.number: one for one in picture.heard.targets if not one.ship}
    assert set(table.heard) == set(targets)
    for number, told in table.heard.items():
        target = targets[number]
        assert np.array_equal(np.reshape(told.position, (-1, 3)), target.mixture.state[:, :3])
        assert sum(told.weight) == pytest.approx(1.0)
        assert [(one.node_id, one.contact, one.time_ns, one.bearing) for one in told.line] == [
            (one.name[0], one.name[2], one.time_ns, one.bearing) for one in target.contacts
        ]
        region = region_of(np.zeros(6), np.zeros(21), told)
        assert region is not None
        mean, covariance = moments(target.mixture)
        level = region.axes[:2] @ covariance[:3, :3] @ region.axes[:2].T
        assert np.allclose(region.mean_m, mean[:3], atol=1e-3)
        assert np.allclose(region.moments[1], level, rtol=1e-6, atol=1.0)


def test_who_follows_the_updates_holds_what_the_fold_does() -> None:
    """From the first bearings on until both nations' contacts are one; then one of them is told by rows."""
    batches = heard(1, TWO_PLATFORMS, [QUIET], 12)
    located = heard(1, TWO_PLATFORMS, [QUIET], 17)[-2]
    picture, table, lines = Picture(), PictureTable(), set()
    for sequence, batch in enumerate(batches, 1):
        picture.fold(batch)
        table.take(update(picture, sequence))
        held(table, picture)
        lines |= {len(one.line) for one in table.heard.values()}
    assert lines == {1, 2}
    twin = PictureTable()
    twin.take(update(picture, 100, whole=True))
    assert twin.heard == table.heard
    for name in ("contact", "time_ns", "position", "bearing", "sigma", "environment", "sound_speed", "reach"):
        located.ClearField(f"line_{name}")
    located.local_number.append(1)
    located.valid_time_ns.append(START_NS + 1020 * 10**9)
    located.state.extend([*QUIET.at(1020.0), 0.0, 0.0, 0.0])
    located.covariance.extend(np.eye(6)[np.tril_indices(6)] * 400.0)
    located.environment.append(track_pb2.ENVIRONMENT_SUBSURFACE)
    located.status.append(track_pb2.TRACK_STATUS_MAINTAINING)
    picture.fold(located)
    table.take(update(picture, len(batches) + 1))
    held(table, picture)
    assert len(table.rows) == 2
    assert [len(one.line) for one in table.heard.values()] == [1]


def spoiled(change: Any) -> picture_pb2.PictureUpdate:
    picture = Picture()
    picture.fold(heard(1, TWO_PLATFORMS, [QUIET], 0)[0])
    told = picture_pb2.PictureUpdate.FromString(update(picture, 1))
    change(told.heard[0])
    return told


@pytest.mark.parametrize(
    ("said", "change"),
    [
        ("no track 7", lambda one: setattr(one, "track", 7)),
        ("do not fit its", lambda one: one.position.pop()),
        ("do not fit its", lambda one: one.weight.pop()),
        ("no number", lambda one: one.covariance.__setitem__(3, float("nan"))),
        ("no weight", lambda one: one.weight.__setitem__(0, -1.0)),
        ("has no place", lambda one: one.line[0].position.pop()),
        ("no number", lambda one: setattr(one.line[0], "bearing", float("inf"))),
    ],
)
def test_what_breaks_the_contract_is_refused(said: str, change: Any) -> None:
    table = PictureTable()
    with pytest.raises(UpdateError, match=said):
        table.take(spoiled(change))
    assert not table.heard
    assert not table.revision
