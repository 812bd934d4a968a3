"""Tracklets against plain information differences in numpy."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fusion.physics.motion import CONSTANT_VELOCITY, FREE_FLIGHT, propagate
from fusion.report.tracklet import Prior, increment, whole
from fusion_oracle.reports import packed

H = np.eye(3, 6)


def full(triangle: np.ndarray) -> np.ndarray:
    p = np.zeros((6, 6))
    p[np.tril_indices(6)] = triangle
    return p + np.tril(p, -1).T


def transition(dt: float) -> np.ndarray:
    return np.eye(6) + np.diag([dt] * 3, k=3)


def noise(q: float, dt: float) -> np.ndarray:
    eye = np.eye(3)
    return q * np.block([[eye * dt**3 / 3, eye * dt**2 / 2], [eye * dt**2 / 2, eye * dt]])


def update(x: np.ndarray, p: np.ndarray, z: np.ndarray, r: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """One Kalman update of the position, in Joseph's form."""
    gain = p @ H.T @ np.linalg.inv(H @ p @ H.T + r)
    keep = np.eye(6) - gain @ H
    return x + gain @ (z - H @ x), keep @ p @ keep.T + gain @ r @ gain.T


def tracklet(
    x: np.ndarray,
    p: np.ndarray,
    x0: np.ndarray,
    p0: np.ndarray,
    q: float,
    dt: float,
    motion: int = CONSTANT_VELOCITY,
) -> tuple[np.ndarray, np.ndarray]:
    """Y (6, 6) and y (6,) of a report (x, p) against the report (x0, p0) a time ``dt`` before."""
    information, vector = np.empty(21), np.empty(6)
    work, triangles = np.empty((7, 6, 6)), np.empty((6, 21))
    increment(x, packed(p), Prior(x0, packed(p0), q, motion, dt), information, vector, work, triangles)
    return full(information), vector


class Node:
    """A Kalman filter that has run for a while."""

    def __init__(self, seed: int) -> None:
        rng = np.random.default_rng(seed)
        self.rng = rng
        self.q = 10.0 ** rng.uniform(-1.0, 1.5)
        self.r = np.diag(10.0 ** rng.uniform(1.0, 5.0, 3))
        self.dt = float(rng.choice([0.5, 1.0, 4.0, 10.0]))
        self.x = np.concatenate([rng.uniform(-4e6, 4e6, 3), rng.normal(0.0, 300.0, 3)])
        self.p = np.diag([1e6] * 3 + [1e4] * 3)
        for _ in range(8):
            self.predict(self.dt)
            self.measure()

    def predict(self, dt: float) -> None:
        f = transition(dt)
        self.x, self.p = f @ self.x, f @ self.p @ f.T + noise(self.q, dt)

    def measure(self) -> None:
        z = H @ self.x + self.rng.multivariate_normal(np.zeros(3), H @ self.p @ H.T + self.r)
        self.x, self.p = update(self.x, self.p, z, self.r)


@pytest.mark.parametrize("seed", range(40))
def test_a_tracklet_is_the_difference_of_informations(seed: int) -> None:
    node = Node(seed)
    x0, p0 = node.x, node.p
    node.predict(node.dt)
    x_bar, p_bar = node.x, node.p
    node.measure()
    y, vector = tracklet(node.x, node.p, x0, p0, node.q, node.dt)

    scale = np.sqrt(np.diag(p_bar))  # in units of the prior's standard deviations
    difference = np.linalg.inv(node.p) - np.linalg.inv(p_bar)
    np.testing.assert_allclose(y * np.outer(scale, scale), difference * np.outer(scale, scale), atol=1e-6)
    # which is nothing but the measurement's information
    measured = H.T @ np.linalg.inv(node.r) @ H
    np.testing.assert_allclose(y * np.outer(scale, scale), measured * np.outer(scale, scale), atol=1e-6)
    expected = np.linalg.solve(p_bar, node.x - x_bar)
    np.testing.assert_allclose(vector * scale, expected * scale, atol=1e-6)

    # prior + tracklet = posterior
    posterior = np.linalg.inv(np.linalg.inv(p_bar) + y)
    mean = x_bar + posterior @ (vector - y @ (x_bar - node.x))
    np.testing.assert_allclose(posterior / np.outer(scale, scale), node.p / np.outer(scale, scale), atol=1e-6)
    np.testing.assert_allclose((mean - node.x) / scale, 0.0, atol=1e-6)


@pytest.mark.parametrize("seed", range(10))
def test_tracklets_are_additive_over_measurements_between_reports(seed: int) -> None:
    """A report after several updates at one moment tells the sum of what they told."""
    node = Node(seed)
    x0, p0 = node.x, node.p
    node.predict(node.dt)
    for _ in range(3):
        node.measure()
    y, _ = tracklet(node.x, node.p, x0, p0, node.q, node.dt)
    told = 3.0 * H.T @ np.linalg.inv(node.r) @ H
    scale = np.sqrt(np.diag(p0))
    np.testing.assert_allclose(y * np.outer(scale, scale), told * np.outer(scale, scale), atol=1e-5)


@pytest.mark.parametrize("motion", [CONSTANT_VELOCITY, FREE_FLIGHT])
def test_a_report_that_only_extrapolates_tells_nothing(motion: int) -> None:
    x0 = np.array([-3.2e6, 4.3e6, 4.4e6, 1500.0, -400.0, 3200.0])
    rng = np.random.default_rng(4)
    basis = rng.standard_normal((6, 6)) * np.array([30.0] * 3 + [3.0] * 3)
    p0 = basis.T @ basis
    x, p = x0.copy(), p0.copy()
    propagate(motion, x, p, 2.0, 4.0, np.empty((4, 6, 6)))
    y, vector = tracklet(x, p, x0, p0, 2.0, 4.0, motion)
    scale = np.sqrt(np.diag(p))
    assert np.abs(y * np.outer(scale, scale)).max() < 1e-5
    assert np.abs(vector * scale).max() < 1e-6


@pytest.mark.parametrize("seed", range(10))
def test_the_same_report_again_tells_nothing(seed: int) -> None:
    node = Node(seed)
    y, vector = tracklet(node.x, node.p, node.x, node.p, node.q, 0.0)
    scale = np.sqrt(np.diag(node.p))
    assert np.abs(y * np.outer(scale, scale)).max() < 1e-9
    assert np.abs(vector).max() == 0.0


def test_all_is_new_about_whom_nothing_is_known() -> None:
    node = Node(1)
    information, vector = np.empty(21), np.empty(6)
    whole(packed(node.p), information, vector, np.empty(21))
    scale = np.sqrt(np.diag(node.p))
    np.testing.assert_allclose(full(information) @ node.p, np.eye(6), atol=1e-7 * scale.max())
    assert (vector == 0.0).all()


def clamped(
    x: np.ndarray, p: np.ndarray, x_bar: np.ndarray, p_bar: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The rule for inconsistent reports, written with numpy: whiten by the prior, clamp gains and shifts."""
    root = np.linalg.cholesky(p_bar)
    back = np.linalg.inv(root)
    gain, turn = np.linalg.eigh(root.T @ np.linalg.inv(p) @ root)
    gain = np.maximum(gain - 1.0, 0.0)
    gain[gain <= 1e-9] = 0.0
    shift = turn.T @ back @ (x - x_bar)
    limit = 4.0 * np.sqrt(gain / (1.0 + gain))
    shift = np.clip(shift, -limit, limit)
    spread = back.T @ turn
    return spread * gain @ spread.T, back.T @ turn @ shift


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("inflate", [1.5, 4.0, 100.0])
def test_a_node_that_forgets_takes_nothing_back(seed: int, inflate: float) -> None:
    """A covariance above the prior's in some directions: no gain there; what was gained elsewhere stays."""
    node = Node(seed)
    x0, p0 = node.x, node.p
    node.predict(node.dt)
    x_bar, p_bar = node.x, node.p
    node.measure()
    wider = np.diag([1.0, inflate, 1.0, 1.0, inflate, 1.0])
    p = wider @ node.p @ wider
    y, vector = tracklet(node.x, p, x0, p0, node.q, node.dt)
    expected_y, expected_vector = clamped(node.x, p, x_bar, p_bar)
    scale = np.sqrt(np.diag(p_bar))
    np.testing.assert_allclose(y * np.outer(scale, scale), expected_y * np.outer(scale, scale), atol=1e-5)
    np.testing.assert_allclose(vector * scale, expected_vector * scale, atol=1e-5)
    assert np.linalg.eigvalsh(y * np.outer(scale, scale))[0] > -1e-9


@given(seed=st.integers(0, 1000), jump=st.floats(10.0, 1e6), axis=st.integers(0, 5))
def test_a_leap_counts_as_four_standard_deviations(seed: int, jump: float, axis: int) -> None:
    """A report far beyond what its covariances allow moves a fused track no further than a filter could."""
    node = Node(seed)
    x0, p0 = node.x, node.p
    node.predict(node.dt)
    x_bar, p_bar = node.x.copy(), node.p.copy()
    node.measure()
    x = node.x.copy()
    x[axis] += jump * np.sqrt(node.p[axis, axis])
    y, vector = tracklet(x, node.p, x0, p0, node.q, node.dt)
    scale = np.sqrt(np.diag(p_bar))
    expected_y, expected_vector = clamped(x, node.p, x_bar, p_bar)
    np.testing.assert_allclose(y * np.outer(scale, scale), expected_y * np.outer(scale, scale), atol=1e-5)
    np.testing.assert_allclose(vector * scale, expected_vector * scale, atol=1e-4)
    # in whitened coordinates the information vector is at most four times what each direction can move
    whitened = np.linalg.cholesky(p_bar).T @ vector
    gain = np.linalg.eigvalsh(np.linalg.cholesky(p_bar).T @ y @ np.linalg.cholesky(p_bar))
    assert (
        np.linalg.norm(whitened)
        <= 4.0 * np.sqrt(np.maximum(gain, 0.0) / (1.0 + np.maximum(gain, 0.0))).sum() + 1e-5
    )
