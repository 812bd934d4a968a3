"""The picture at a later time: each track carried there by the motion of its environment."""

from __future__ import annotations

import numpy as np
import pytest

from fusion import Picture
from fusion_oracle import reports as r

VELOCITY = np.array([200.0, 0.0, 50.0])


def folded(environment: int, velocity: np.ndarray) -> Picture:
    picture = Picture()
    for k in range(3):
        state = np.concatenate([r.PLACE_M + velocity * k, velocity])
        picture.fold(r.report("A", k + 1, float(k), state, environment=environment))
    return picture


def test_an_aircraft_flies_straight_on_and_its_covariance_grows() -> None:
    """White acceleration, Bar-Shalom, Li, Kirubarajan 2001, eq. 6.2.2-4 and 6.2.2-12."""
    picture = folded(r.AIR, VELOCITY)
    now, digest = picture.tracks(), picture.digest()
    dt_s = 7.0
    then = picture.at(r.at_ns(2.0 + dt_s))
    f = np.kron(np.array([[1.0, dt_s], [0.0, 1.0]]), np.eye(3))
    q = now.process_noise[0] * np.kron(np.array([[dt_s**3 / 3, dt_s**2 / 2], [dt_s**2 / 2, dt_s]]), np.eye(3))
    np.testing.assert_allclose(then.state[0], f @ now.state[0], rtol=1e-12)
    np.testing.assert_allclose(then.covariance[0], f @ now.covariance[0] @ f.T + q, rtol=1e-9)
    assert then.time_ns.tolist() == [r.at_ns(9.0)]
    assert then.number.tolist() == now.number.tolist()
    assert picture.digest() == digest
    np.testing.assert_array_equal(picture.tracks().state, now.state)


def test_a_missile_falls_freely() -> None:
    picture = folded(r.SPACE, VELOCITY * 10.0)
    now = picture.tracks()
    then = picture.at(r.at_ns(12.0))
    straight = now.state[0, :3] + now.state[0, 3:] * 10.0
    fallen_m = float(np.linalg.norm(straight) - np.linalg.norm(then.state[0, :3]))
    assert fallen_m == pytest.approx(0.5 * 9.8 * 10.0**2, rel=0.15)


def test_at_its_own_time_nothing_moves_and_the_past_is_refused() -> None:
    picture = folded(r.AIR, VELOCITY)
    np.testing.assert_array_equal(picture.at(r.at_ns(2.0)).state, picture.tracks().state)
    with pytest.raises(ValueError, match=r"at 2024-06-27T00:00:01.999Z: the picture has reports up to 2024"):
        picture.at(r.at_ns(2.0) - 1)
    assert len(Picture().at(r.at_ns(0.0))) == 0
