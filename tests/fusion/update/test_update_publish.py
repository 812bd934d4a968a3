"""The columns of a PictureUpdate, written as bytes, against the same picture read by column."""

from typing import Any

import numpy as np
import pytest

from fusion import Picture
from fusion.update.publish import track_quality
from fusion_oracle.traffic import traffic
from triwatch.v1 import picture_pb2

LOWER = np.tril_indices(6)


@pytest.fixture(scope="module", params=range(4))
def picture(request: Any) -> Picture:
    """One with tracks of several nodes, named, in conflict, split."""
    picture = Picture()
    for message in traffic(request.param).reports:
        picture.fold(message)
    return picture


def test_every_column_says_what_the_tracks_say(picture: Picture) -> None:
    update, tracks = picture.snapshot(), picture.tracks()
    assert len(tracks) > 2
    assert list(update.number) == tracks.number.tolist()
    assert list(update.track_time_ns) == tracks.time_ns.tolist()
    assert list(update.state) == tracks.state.ravel().tolist()
    packed = tracks.covariance[:, LOWER[0], LOWER[1]]
    assert list(update.covariance) == packed.ravel().tolist()
    assert list(update.environment) == tracks.environment.tolist()
    assert list(update.identity) == tracks.identity.tolist()
    assert list(update.identity_confidence) == tracks.identity_confidence.tolist()
    assert list(update.identity_conflict) == tracks.identity_conflict.tolist()
    assert list(update.status) == tracks.status.tolist()
    assert list(update.mode_probability) == tracks.mode_probability.ravel().tolist()
    assert list(update.call_sign) == tracks.call_sign
    assert list(update.parent) == tracks.parent.tolist()
    assert list(update.birth_time_ns) == tracks.birth_time_ns.tolist()
    assert list(update.process_noise) == tracks.process_noise.tolist()
    assert list(update.quality) == track_quality(packed).tolist()
    assert list(update.contributor_count) == [len(names) for names in tracks.contributors]
    nodes = [update.node_id[k] for k in update.contributors]
    assert nodes == [name for names in tracks.contributors for name in names]
    times = [time for row in tracks.contributor_time_ns for time in row]
    assert list(update.contributor_time_ns) == times


def test_what_is_written_is_the_encoding_protobuf_gives(picture: Picture) -> None:
    """Read back and serialised again nothing of it changes, and nothing is left that no field claims."""
    body = picture.snapshot().SerializeToString(deterministic=True)
    again = picture_pb2.PictureUpdate.FromString(body)
    assert again.SerializeToString(deterministic=True) == body
    again.DiscardUnknownFields()
    assert again.SerializeToString(deterministic=True) == body


def test_a_picture_without_tracks_has_no_columns() -> None:
    update = Picture().snapshot()
    assert len(update.number) == len(update.contributor_time_ns) == len(update.call_sign) == 0
