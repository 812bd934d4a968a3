"""The compiled filters against filterpy's, step by step."""

from __future__ import annotations

import numpy as np
import pytest

from fusion.physics.geodesy import enu_axes, geodetic2ecef
from national_kit import place
from nodes.sensing.measurement import AFLOAT, INFRARED, RADAR, SONAR, WIDTH, Look, bend, measure
from nodes.tracking.environment import AIR, SUBSURFACE, SURFACE
from nodes.tracking.filters import national_filter
from nodes.tracking.filters.mixture_compiled import begun, table_of, update_all
from nodes.tracking.motion import carry, process_noise
from nodes.tracking.motion_models import THRUST_MODE, Behaviour, ignition, missile, steady
from nodes.tracking.tracklet_accumulator import News

SIGMA = {
    RADAR: [40.0, 2e-3, 2e-3],
    INFRARED: [1e-4, 1e-4],
    SONAR: [0.02],
    AFLOAT: [40.0, 2e-3, 2e-3, 10.0],
}


def look(code: int, rng: np.random.Generator) -> Look:
    lat, lon = 37.0 + rng.uniform(-1, 1), 128.0 + rng.uniform(-1, 1)
    return Look(code, geodetic2ecef(lat, lon, 50.0), enu_axes(lat, lon), np.diag(np.square(SIGMA[code])))


def cases() -> list[tuple[str, Behaviour, int]]:
    """Kind, behaviour and what measures."""
    found = [
        (kind, steady(f"filterpy-{kind}", environment), code)
        for kind in ("ekf", "ukf", "imm")
        for environment, codes in (
            (AIR, (RADAR, INFRARED)),
            (SURFACE, (RADAR, AFLOAT)),
            (SUBSURFACE, (SONAR,)),
        )
        for code in codes
    ]
    missiles = (ignition("filterpy-ekf"), missile(3_000.0, 0.03))
    return found + [
        (kind, how, code) for kind in ("ekf", "ukf") for how in missiles for code in (RADAR, INFRARED)
    ]


@pytest.mark.parametrize(("kind", "how", "code"), cases())
def test_compiled_and_filterpy_agree(kind: str, how: Behaviour, code: int) -> None:
    """States, covariances, modes and declared noise, over steps, coasts and other evidence."""
    rng = np.random.default_rng(5)
    height_m = 8_000.0 if code in (RADAR, INFRARED) else 0.0
    truth = place(37.4, 128.9, height_m, 40.0, 10.0, 0.0)
    p = np.diag([200.0**2] * 3 + [30.0**2] * 3)
    start = truth + rng.multivariate_normal(np.zeros(6), p)
    one, other = (national_filter(f"{name}{kind}", how, start, p) for name in ("", "filterpy-"))
    assert type(one).__name__ != "MixtureFilter"
    for step in range(60):
        dt_s = float(rng.choice([0.0, 0.5, 2.0, 6.0]))
        truth = truth.copy()
        truth[:3] += dt_s * truth[3:]
        seen = look(code, rng)
        z = measure(seen, truth)[0] + rng.multivariate_normal(np.zeros(WIDTH[code]), seen.noise)
        for filter in (one, other):
            if step % 10 == 9:
                filter.coast(dt_s)
            elif step % 10 == 8:
                filter.weigh(np.linspace(1.0, 0.5, len(filter.modes)))
            else:
                filter.step(dt_s, seen, z)
        sigma = np.sqrt(np.diag(other.p))
        assert np.all(np.abs(one.x - other.x) < 1e-5 * sigma)
        assert np.all(np.abs(one.p - other.p) < 1e-6 * np.outer(sigma, sigma))
        assert one.mode_probability == pytest.approx(other.mode_probability, abs=1e-6)
        assert one.process_noise == pytest.approx(other.process_noise, rel=1e-5)


@pytest.mark.filterwarnings("ignore:invalid value")
@pytest.mark.parametrize("kind", ["ekf", "ukf", "imm"])
def test_a_covariance_that_is_none_is_said(kind: str) -> None:
    x = place(37.4, 128.9, 8_000.0, 200.0, 0.0, 0.0)
    seen = look(RADAR, np.random.default_rng(1))
    filter = national_filter(kind, steady(kind, AIR), x, np.full((6, 6), np.nan))
    with pytest.raises(np.linalg.LinAlgError):
        filter.step(1.0, seen, measure(seen, x)[0])


def test_a_hypothesis_without_weight_does_not_end_the_others() -> None:
    """Salvo, seed 882: a free flight whose weight had run out, and nothing but it near the detection."""
    how = ignition("ekf")
    table, x = table_of(how.modes), place(37.4, 128.9, 8_000.0, 200.0, 0.0, 0.0)
    seen = look(RADAR, np.random.default_rng(1))
    xs, ps = begun(table, x, np.diag([1.0] * 3 + [0.1] * 3))
    xs[THRUST_MODE, :3] += 1e5
    weight = np.array([0.0, 1.0])
    told = update_all(
        False,
        seen.code,
        seen.place,
        seen.axes,
        seen.noise,
        measure(seen, x)[0],
        table,
        np.arange(2),
        xs,
        ps,
        weight,
    )
    assert weight.tolist() == [0.0, 1.0]
    assert -1e9 < told < -1e3


def test_bend_is_what_sigma_points_scatter() -> None:
    """The second order's variance against a sample of what the linearisation leaves out."""
    rng = np.random.default_rng(3)
    x = place(37.0, 128.02, 3_000.0, 0.0, 0.0, 0.0)
    p = np.zeros((6, 6))
    p[:3, :3] = np.diag([150.0, 300.0, 100.0]) ** 2
    seen = Look(RADAR, geodetic2ecef(37.0, 128.0, 0.0), enu_axes(37.0, 128.0), np.eye(3))
    expected, jacobian = measure(seen, x)
    apart = rng.multivariate_normal(np.zeros(3), p[:3, :3], 40_000)
    rest = np.array([measure(seen, x + np.append(d, [0.0] * 3))[0] for d in apart[:4_000]])
    rest -= expected + apart[:4_000] @ jacobian.T
    assert np.diag(bend(seen, x, p)) == pytest.approx(rest.var(axis=0), rel=0.25)


def test_news_is_carried_as_the_information_filter_has_it() -> None:
    """Y' = (I + M Q)⁻¹ M with M = F⁻ᵀ Y F⁻¹, in numpy."""
    rng = np.random.default_rng(2)
    x = place(37.4, 128.9, 300_000.0, 1_000.0, 500.0, 2_000.0)
    for model in (1, 3):
        news = News()
        news.carry(model, 5.0, 10**9, x)
        seen = look(RADAR, rng)
        jacobian = measure(seen, x)[1]
        news.add(0, jacobian, seen.noise, np.array([10.0, 1e-3, -1e-3]))
        weighed = np.linalg.inv(seen.noise)
        assert news.information[:3, :3] == pytest.approx(jacobian.T @ weighed @ jacobian, rel=1e-9)
        before, vector = news.information.copy(), news.vector.copy()
        moved, transition = carry(model, x, 3.0)
        news.carry(model, 5.0, 4 * 10**9, moved + 7.0)
        back = np.linalg.inv(transition)
        m = back.T @ before @ back
        fade = np.linalg.inv(np.eye(6) + m @ process_noise(5.0, 3.0))
        assert news.information == pytest.approx(fade @ m, rel=1e-6, abs=1e-12 * np.abs(m).max())
        expected = fade @ back.T @ vector - fade @ m @ np.full(6, 7.0)
        assert news.vector == pytest.approx(expected, rel=1e-5, abs=1e-9 * np.abs(expected).max())


def test_what_is_declared_does_not_depend_on_which_of_two_sensors_looked_last() -> None:
    """Two sensors look every 2 s, one 0.1 s after the other: it is 1.9 s to the next detection, not 0.1."""
    rng = np.random.default_rng(4)
    declared = []
    for gaps_s in ((1.9, 0.1), (0.1, 1.9)):
        truth = place(37.4, 128.9, 20_000.0, 100.0, 0.0, 400.0)
        filter = national_filter("imm", ignition("imm"), truth, np.diag([500.0**2] * 3 + [300.0**2] * 3))
        for step in range(12):
            truth, _ = carry(3, truth, gaps_s[step % 2])
            seen = look(INFRARED, rng)
            filter.step(gaps_s[step % 2], seen, measure(seen, truth)[0])
        filter.weigh(np.array([0.0, 1.0]))
        declared.append(filter.process_noise)
    assert 0.5 < declared[0] / declared[1] < 2.0  # 0.07 when the last gap alone counted
