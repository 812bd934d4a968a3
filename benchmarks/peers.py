"""Beside others, on the same reports: ``python -m benchmarks.peers [--quick]``.

200 aircraft, a fifth of them turning, are reported by four nodes once a second. Everybody is given the same
track reports: state and covariance of six dimensions. Stone Soup takes them as full-state measurements into a
whole tracker (constant velocity, Kalman, global nearest neighbour, initiation and deletion), in each of its
ways to find neighbours and with two densities of process noise: that of the nodes' filters, and ten times as
much, with which one filter follows turns better. Speeds are compared with the fastest and with the most
accurate of these. It holds a node's successive reports for independent. filterpy is given the pairing
for nothing: one IMM of three a target in a loop. Beside the speed stands GOSPA (Rahmathullah,
Garcia-Fernandez, Svensson 2017; p = 2, alpha = 2, c = 1 km) at every second, computed here with scipy for
all alike, so that nobody wins by doing less.

Stone Soup's own trackers work on detections, so a report costs it what a detection does; what the national
trackers cost that made the reports is in nobody's figure.
"""

from __future__ import annotations

import argparse
import datetime
import json
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np
from scipy.optimize import linear_sum_assignment
from stonesoup.dataassociator.neighbour import GNNWith2DAssignment
from stonesoup.dataassociator.tree import DetectionKDTreeGNN2D, DetectionKDTreeNN
from stonesoup.deleter.time import UpdateTimeDeleter
from stonesoup.hypothesiser.distance import DistanceHypothesiser
from stonesoup.initiator.simple import SimpleMeasurementInitiator
from stonesoup.measures import Mahalanobis
from stonesoup.models.measurement.linear import LinearGaussian
from stonesoup.models.transition.linear import (
    CombinedLinearGaussianTransitionModel,
    ConstantVelocity,
)
from stonesoup.predictor.kalman import KalmanPredictor
from stonesoup.tracker.simple import MultiTargetTracker
from stonesoup.types.detection import Detection
from stonesoup.types.state import GaussianState
from stonesoup.updater.kalman import KalmanUpdater

from fusion import Picture
from fusion.physics.geodesy import Float
from nodes.bench.fold import filterpy_imm, take
from nodes.bench.traffic import DENSITY_Q, NS, Sent, Traffic
from triwatch.v1 import track_pb2

CUTOFF_M = 1000.0
GATE = 33.0**0.5
_LOWER = np.tril_indices(6)
_INTERLEAVED = [0, 3, 1, 4, 2, 5]
"""Stone Soup's order: position and velocity axis by axis."""


class Told:
    """A second's reports, the truth at their times, and the truth at the second's end."""

    def __init__(self, targets: int, seconds: int) -> None:
        theatre = Traffic(targets, turning=True)
        self.seconds: list[list[Sent]] = []
        self.truth: list[Float] = []
        for _ in range(seconds):
            self.seconds.append(list(theatre.reports(1)))
            self.truth.append(theatre.truth[:, :3].copy())
        self.rows = sum(sent.rows for second in self.seconds for sent in second)


def gospa_m(estimate: Float, truth: Float) -> float:
    """GOSPA of positions (n, 3) and (m, 3), p = 2, alpha = 2."""
    if not len(estimate) or not len(truth):
        return float(np.sqrt(CUTOFF_M**2 / 2 * (len(estimate) + len(truth))))
    d2 = ((estimate[:, None] - truth[None]) ** 2).sum(axis=2)
    pairs = linear_sum_assignment(np.minimum(d2, CUTOFF_M**2))
    near = d2[pairs] < CUTOFF_M**2
    alone = len(estimate) + len(truth) - 2 * int(near.sum())
    return float(np.sqrt(d2[pairs][near].sum() + CUTOFF_M**2 / 2 * alone))


def carried(state: Float, age_s: Float) -> Float:
    """Positions of states (n, 6) straight to a common moment."""
    moved: Float = state[:, :3] + age_s[:, None] * state[:, 3:]
    return moved


def triwatch(told: Told) -> tuple[float, list[Float]]:
    """Seconds spent, and the positions at the end of every second."""
    picture, spent_s, shown = Picture(), 0.0, []
    for second in told.seconds:
        begin_s = time.process_time()
        for sent in second:
            take(picture, sent)
        spent_s += time.process_time() - begin_s
        tracks = picture.tracks()
        end_ns = second[0].time_ns - second[0].time_ns % NS + NS
        shown.append(carried(tracks.state, (end_ns - tracks.time_ns) * 1e-9))
    return spent_s, shown


def detections(second: list[Sent]) -> Iterator[tuple[datetime.datetime, set[Detection]]]:
    """A second's reports as Stone Soup takes them."""
    for sent in second:
        batch = track_pb2.TrackBatch.FromString(sent.payload)
        at = datetime.datetime(2024, 6, 27) + datetime.timedelta(microseconds=(sent.time_ns % 10**15) // 1000)
        state = np.asarray(batch.state).reshape(-1, 6)[:, _INTERLEAVED]
        # the nodes' filters are linear and all alike, so their covariance is one; the trees ask for one model
        covariance = np.empty((6, 6))
        covariance[_LOWER] = covariance[_LOWER[1], _LOWER[0]] = batch.covariance[:21]
        covariance = covariance[_INTERLEAVED][:, _INTERLEAVED]
        model = LinearGaussian(ndim_state=6, mapping=tuple(range(6)), noise_covar=covariance)
        yield at, {Detection(x.reshape(6, 1), timestamp=at, measurement_model=model) for x in state}


def stone_soup(told: Told, associator: Callable[..., Any], q: float) -> tuple[float, list[Float]]:
    """As `triwatch`."""
    motion = CombinedLinearGaussianTransitionModel([ConstantVelocity(q)] * 3)
    predictor, updater = KalmanPredictor(motion), KalmanUpdater(None)
    hypothesiser = DistanceHypothesiser(predictor, updater, Mahalanobis(), missed_distance=GATE)
    prior = GaussianState(np.zeros((6, 1)), np.diag([1e6, 1e4] * 3))
    tracker = MultiTargetTracker(
        initiator=SimpleMeasurementInitiator(prior),
        deleter=UpdateTimeDeleter(datetime.timedelta(seconds=10)),
        detector=iter(()),
        data_associator=associator(hypothesiser, predictor, updater),
        updater=updater,
    )
    spent_s, shown = 0.0, []
    for second in told.seconds:
        heard = list(detections(second))
        begin_s = time.process_time()
        tracker.detector_iter = iter(heard)
        for _ in heard:
            at, tracks = next(tracker)
        spent_s += time.process_time() - begin_s
        state = np.array([np.ravel(track.state_vector).astype(float) for track in tracks])
        end_s = (second[0].time_ns - second[0].time_ns % NS + NS - second[-1].time_ns) * 1e-9
        age_s = np.array([(at - track.timestamp).total_seconds() + end_s for track in tracks])
        shown.append(carried(state[:, [0, 2, 4, 1, 3, 5]], age_s))
    return spent_s, shown


def filterpy_loop(told: Told) -> tuple[float, list[Float]]:
    """As `triwatch`; whose report is whose is given."""
    filters: dict[int, Any] = {}
    spent_s, shown, newest_ns = 0.0, [], {}
    for second in told.seconds:
        for sent in second:
            batch = track_pb2.TrackBatch.FromString(sent.payload)
            state = np.asarray(batch.state).reshape(-1, 6)
            packed = np.asarray(batch.covariance).reshape(-1, 21)
            begin_s = time.process_time()
            for local, x, p in zip(batch.local_number, state, packed, strict=True):
                covariance = np.empty((6, 6))
                covariance[_LOWER] = covariance[_LOWER[1], _LOWER[0]] = p
                imm = filters.get(local)
                if imm is None:
                    imm = filters[local] = filterpy_imm()
                    for one in imm.filters:
                        one.x, one.P = x.copy(), covariance.copy()
                    imm.x, imm.P = x.copy(), covariance.copy()
                else:
                    dt_s = (sent.time_ns - newest_ns[local]) * 1e-9
                    for one, q in zip(imm.filters, (0.01, 1.0, 100.0), strict=True):
                        one.F[:3, 3:] = dt_s * np.eye(3)
                        block = q * np.array([[dt_s**3 / 3, dt_s**2 / 2], [dt_s**2 / 2, dt_s]])
                        one.Q, one.R = np.kron(block, np.eye(3)), covariance
                    imm.predict()
                    imm.update(x)
                newest_ns[local] = sent.time_ns
            spent_s += time.process_time() - begin_s
        end_ns = second[0].time_ns - second[0].time_ns % NS + NS
        age_s = np.array([(end_ns - newest_ns[k]) * 1e-9 for k in filters])
        shown.append(carried(np.array([imm.x for imm in filters.values()]), age_s))
    return spent_s, shown


ASSOCIATORS: dict[str, Callable[..., Any]] = {
    "2-D assignment": lambda h, p, u: GNNWith2DAssignment(h),
    "k-d tree, 2-D assignment": lambda h, p, u: DetectionKDTreeGNN2D(
        h, p, u, number_of_neighbours=4, max_distance=2000
    ),
    "k-d tree, nearest neighbour": lambda h, p, u: DetectionKDTreeNN(
        h, p, u, number_of_neighbours=4, max_distance=2000
    ),
}


def run(quick: bool = False) -> dict[str, Any]:
    """The figures."""
    targets, seconds, warm = (50, 6, 2) if quick else (200, 8, 3)
    told = Told(targets, seconds)
    triwatch(Told(20, 2))  # the kernels are compiled or read from their cache here
    runs: dict[str, Callable[[], tuple[float, list[Float]]]] = {
        "triwatch": lambda: triwatch(told),
        "filterpy, IMM of three, pairing given": lambda: filterpy_loop(told),
    }
    for name, associator in ASSOCIATORS.items():
        for q in (DENSITY_Q, 10.0 * DENSITY_Q):
            runs[f"Stone Soup, {name}, q {q:g}"] = partial(stone_soup, told, associator, q)
    found: dict[str, Any] = {"targets": targets, "reports": told.rows}
    for name, one in runs.items():
        spent_s, shown = one()
        errors = [gospa_m(e, t) for e, t in zip(shown[warm:], told.truth[warm:], strict=True)]
        found[name] = {
            "reports/s": round(told.rows / spent_s),
            "gospa m": round(float(np.mean(errors)), 1),
            "tracks": len(shown[-1]),
        }
    theirs = [found[name] for name in found if name.startswith("Stone")]
    ours = found["triwatch"]["reports/s"]
    found["times Stone Soup's fastest"] = round(ours / max(one["reports/s"] for one in theirs))
    best = min(theirs, key=lambda one: (one["gospa m"], -one["reports/s"]))
    found["times Stone Soup's most accurate"] = round(ours / best["reports/s"])
    return found


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--quick", action="store_true")
    print(json.dumps(run(parser.parse_args().quick), indent=1))


if __name__ == "__main__":
    main()
