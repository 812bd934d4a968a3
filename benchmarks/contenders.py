"""Stone Soup's trackers as contenders: ``--contender benchmarks.contenders:stone_soup_gnn``, or ``_jpda``.

Every report's tracks are full-state measurements to a whole tracker of Stone Soup (constant velocity,
Kalman), which holds a node's successive estimates for independent: it knows no other way to take them.
"""

from __future__ import annotations

import datetime
from typing import Any

import numpy as np
from stonesoup.dataassociator.neighbour import GNNWith2DAssignment
from stonesoup.dataassociator.probability import JPDA
from stonesoup.deleter.time import UpdateTimeDeleter
from stonesoup.hypothesiser.distance import DistanceHypothesiser
from stonesoup.hypothesiser.probability import PDAHypothesiser
from stonesoup.initiator.simple import SimpleMeasurementInitiator
from stonesoup.measures import Mahalanobis
from stonesoup.models.measurement.linear import LinearGaussian
from stonesoup.models.transition.linear import CombinedLinearGaussianTransitionModel, ConstantVelocity
from stonesoup.predictor.kalman import KalmanPredictor
from stonesoup.tracker.simple import MultiTargetMixtureTracker, MultiTargetTracker
from stonesoup.types.detection import Detection
from stonesoup.types.state import GaussianState
from stonesoup.updater.kalman import KalmanUpdater

from fusion.arrays import Float
from nodes.contenders import FusedTracks, NodeReport

GATE = 22.46**0.5
"""Normalised distance of six degrees of freedom at 99.9 %."""
DENSITY = 1.0
DELETE = datetime.timedelta(seconds=15)
EPOCH = datetime.datetime(1970, 1, 1)
_INTERLEAVED = [0, 3, 1, 4, 2, 5]
"""Stone Soup's order: position and velocity axis by axis."""
_BACK = [0, 2, 4, 1, 3, 5]


class StoneSoup:
    """A multi-target tracker of Stone Soup, fed report by report."""

    def __init__(self, kind: str) -> None:
        motion = CombinedLinearGaussianTransitionModel([ConstantVelocity(DENSITY)] * 3)
        predictor, updater = KalmanPredictor(motion), KalmanUpdater(None)
        distance = DistanceHypothesiser(predictor, updater, Mahalanobis(), missed_distance=GATE)
        probability = PDAHypothesiser(predictor, updater, 1e-20, prob_detect=0.5, prob_gate=0.999)
        gnn = kind == "gnn"
        self._predictor = predictor
        self._tracker: Any = (MultiTargetTracker if gnn else MultiTargetMixtureTracker)(
            initiator=SimpleMeasurementInitiator(GaussianState(np.zeros((6, 1)), np.diag([1e6, 1e4] * 3))),
            deleter=UpdateTimeDeleter(DELETE),
            detector=iter(()),
            data_associator=GNNWith2DAssignment(distance) if gnn else JPDA(probability),
            updater=updater,
        )
        self._now = EPOCH
        self._number: dict[str, int] = {}

    def fold(self, report: NodeReport) -> None:
        """One report as the detections of one moment; one older than the newest is not used."""
        rows = np.flatnonzero(~report.ended)
        if not len(rows):
            return
        at = moment(int(report.valid_time_ns[rows[0]]))
        if at < self._now:
            return
        self._now = at
        self._tracker.detector_iter = iter([(at, {detection(report, int(i), at) for i in rows})])
        next(self._tracker)

    def tracks(self, time_ns: int) -> FusedTracks:
        """Every track predicted to the time."""
        at = moment(time_ns)
        held = sorted(self._tracker.tracks, key=lambda t: self._number_of(t.id))
        states = [self._predictor.predict(track.state, timestamp=max(at, track.timestamp)) for track in held]
        n = len(states)
        state = np.array([np.ravel(s.state_vector).astype(float)[_BACK] for s in states]).reshape(n, 6)
        covariance = np.array([symmetric(s.covar) for s in states]).reshape(n, 6, 6)
        return FusedTracks(np.array([self._number_of(t.id) for t in held], dtype=np.int64), state, covariance)

    def _number_of(self, name: str) -> int:
        return self._number.setdefault(name, len(self._number) + 1)


def moment(time_ns: int) -> datetime.datetime:
    """UTC to the microsecond, which is all that Stone Soup's times hold."""
    return EPOCH + datetime.timedelta(microseconds=time_ns // 1000)


def detection(report: NodeReport, i: int, at: datetime.datetime) -> Detection:
    """One reported track as a measurement of the full state."""
    covariance = report.covariance[i][_INTERLEAVED][:, _INTERLEAVED]
    model = LinearGaussian(ndim_state=6, mapping=tuple(range(6)), noise_covar=covariance)
    return Detection(report.state[i][_INTERLEAVED].reshape(6, 1), timestamp=at, measurement_model=model)


def symmetric(covariance: Any) -> Float:
    """In our order, and symmetric to the bit."""
    p = np.asarray(covariance, dtype=float)[_BACK][:, _BACK]
    return (p + p.T) / 2.0


def stone_soup_gnn() -> StoneSoup:
    """Global nearest neighbour by two-dimensional assignment."""
    return StoneSoup("gnn")


def stone_soup_jpda() -> StoneSoup:
    """Joint probabilistic data association."""
    return StoneSoup("jpda")
