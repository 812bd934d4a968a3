"""What of an exercise counts, and whether states lie within their own ellipsoids."""

from __future__ import annotations

import numpy as np
import pytest

from fusion.contract import SONAR, SUBSURFACE
from fusion.physics.geodesy import enu_axes, geodetic2ecef
from fusion.score.centralised import Detections
from fusion.score.figures import Exercise, National
from fusion.score.tables import Shown, Truth

K = 400


def truth(objects: int = 1) -> Truth:
    """Objects at rest, far apart, for so many seconds."""
    place = np.array(
        [np.append(geodetic2ecef(32.0 + 0.2 * j, 126.0, -100.0), [0.0] * 3) for j in range(objects)]
    )
    environment = np.full((K, objects), SUBSURFACE)
    return Truth(
        time_ns=np.arange(K, dtype=np.int64) * 10**9,
        object_id=tuple(f"U{j}" for j in range(objects)),
        state=np.tile(np.array(place), (K, 1, 1)),
        environment=environment,
        identity=np.zeros((K, objects), np.int64),
        in_view=np.ones((K, objects), np.bool_),
    )


def looks(times_s: list[float], sensor: list[int], period_s: list[float]) -> Detections:
    n = len(times_s)
    return Detections(
        time_ns=np.array([round(t * 1e9) for t in times_s], dtype=np.int64),
        kind=np.full(n, SONAR),
        position_m=np.tile(geodetic2ecef(32.1, 126.2, 0.0), (n, 1)),
        axes=np.tile(enu_axes(32.1, 126.2), (n, 1, 1)),
        sigma=np.tile([1.0, 0.01, 1.0], (n, 1)),
        scan=np.arange(n),
        object=np.zeros(n, np.int64),
        measurement=np.tile([0.0, 4.0, 0.0], (n, 1)),
        sensor=np.array(sensor),
        period_s=np.array(period_s),
    )


def in_view(times_s: list[float], sensor: list[int], period_s: list[float]) -> list[int]:
    seen = Exercise(truth(), {}, looks(times_s, sensor, period_s)).truth.in_view
    return np.flatnonzero(seen[:, 0]).tolist()


def test_an_object_counts_by_the_periods_of_the_sensors_that_see_it() -> None:
    slow = [10.0, 70.0, 130.0, 250.0]
    assert in_view(slow, [0] * 4, [60.0] * 4) == list(range(10, 251))
    assert in_view(slow, [0] * 4, [30.0] * 4) == [*range(10, 131), 250]
    assert in_view([10.0, 70.0, 130.0], [0] * 3, [2.0] * 3) == [10, 70, 130]


def test_what_one_sensor_sees_another_does_not_undo() -> None:
    """A radar's glimpse between two pings leaves the object seen by the sonar."""
    assert in_view([10.0, 12.0, 70.0], [0, 1, 0], [60.0, 2.0, 60.0]) == list(range(10, 71))
    assert in_view([10.0, 52.0, 70.0], [0, 1, 2], [60.0, 2.0, 60.0]) == [10, *range(52, 71)]


@pytest.mark.parametrize(("scale", "share"), [(1.0, 0.95), (4.0, 0.2098)])
def test_containment_is_the_share_within_the_stated_ellipsoid(scale: float, share: float) -> None:
    """Errors drawn from the covariance lie within in 95 of 100, of twice the size in 21 (chi-square, 6)."""
    rng, objects = np.random.default_rng(4), 5
    world = truth(objects)
    covariance = np.diag([40.0**2] * 3 + [2.0**2] * 3)
    rows = K * objects
    error = rng.multivariate_normal(np.zeros(6), scale * covariance, rows)
    shown = Shown(
        instant=np.repeat(np.arange(K), objects),
        number=np.tile(np.arange(objects) + 1, K),
        state=world.state.reshape(rows, 6) + error,
        covariance=np.tile(covariance, (rows, 1, 1)),
        environment=np.full(rows, SUBSURFACE),
        identity=np.zeros(rows, np.int64),
    )
    score = Exercise(world, {"USA": National(shown, np.ones(K, np.bool_), [shown])}, None).figures()
    assert score["containment_95"] == pytest.approx(share, abs=0.02)
    assert score["by_environment"]["SUBSURFACE"]["containment_95"] == score["containment_95"]
    assert score["by_environment"]["AIR"]["containment_95"] is None
    assert score["anees"] == pytest.approx(scale, rel=0.05)
