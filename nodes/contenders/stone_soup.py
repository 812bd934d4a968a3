"""Stone Soup's trackers as contenders: ``--contender nodes.contenders.stone_soup:gnn``, ``jpda``, ``mfa``.

Every report's tracks are full-state measurements to a whole tracker of Stone Soup (constant velocity,
Kalman), which holds a node's successive estimates for independent: it knows no other way to take them.
"""

from __future__ import annotations

import datetime
import sys
from abc import ABC, abstractmethod
from importlib.util import find_spec
from types import ModuleType
from typing import Any

import numpy as np

from fusion.arrays import Float
from nodes.contenders import integer_programming
from nodes.contenders.protocol import FusedTracks, NodeReport
from nodes.errors import BadInput

try:
    from stonesoup.dataassociator.neighbour import GNNWith2DAssignment
    from stonesoup.dataassociator.probability import JPDA
    from stonesoup.deleter.time import UpdateTimeDeleter
    from stonesoup.hypothesiser.distance import DistanceHypothesiser
    from stonesoup.hypothesiser.mfa import MFAHypothesiser
    from stonesoup.hypothesiser.probability import PDAHypothesiser
    from stonesoup.initiator.simple import SimpleMeasurementInitiator
    from stonesoup.measures import Mahalanobis
    from stonesoup.models.measurement.linear import LinearGaussian
    from stonesoup.models.transition.linear import CombinedLinearGaussianTransitionModel, ConstantVelocity
    from stonesoup.predictor.kalman import KalmanPredictor
    from stonesoup.tracker.simple import MultiTargetMixtureTracker, MultiTargetTracker
    from stonesoup.types.detection import Detection
    from stonesoup.types.mixture import GaussianMixture
    from stonesoup.types.state import GaussianState, TaggedWeightedGaussianState
    from stonesoup.types.track import Track
    from stonesoup.updater.kalman import KalmanUpdater
except ImportError:
    raise BadInput("it needs stonesoup; install it with: pip install 'triwatch[reference]'") from None

GATE = 22.46**0.5
"""Normalised distance of six degrees of freedom at 99.9 %."""
DENSITY = 1.0
DELETE = datetime.timedelta(seconds=15)
DETECTED = 0.5
"""Probability that a report holds a track: most of a node's reports hold it, the other nodes' do not."""
CLUTTER = 1e-20
"""Density of reported tracks of nothing, in the six dimensions of m and m/s."""
WINDOW = 3
"""Scans over which the multi-frame assignment may change its mind."""
EPOCH = datetime.datetime(1970, 1, 1)
_INTERLEAVED = [0, 3, 1, 4, 2, 5]
"""Stone Soup's order: position and velocity axis by axis."""
_BACK = [0, 2, 4, 1, 3, 5]


class StoneSoup(ABC):
    """What its trackers share: times that only grow, numbers, and tracks carried to a time."""

    def __init__(self) -> None:
        motion = CombinedLinearGaussianTransitionModel([ConstantVelocity(DENSITY)] * 3)
        self._predictor, self._updater = KalmanPredictor(motion), KalmanUpdater(None)
        self._probability = PDAHypothesiser(
            self._predictor, self._updater, CLUTTER, prob_detect=DETECTED, prob_gate=0.999
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
        self._step(at, [detection(report, int(i), at) for i in rows])

    def tracks(self, time_ns: int) -> FusedTracks:
        """Every track predicted to the time."""
        at = moment(time_ns)
        held = [(self._number.setdefault(t, len(self._number) + 1), state) for t, state in self._held()]
        held.sort(key=lambda one: one[0])
        states = [self._predictor.predict(state, timestamp=max(at, state.timestamp)) for _, state in held]
        n = len(states)
        state = np.array([np.ravel(s.state_vector).astype(float)[_BACK] for s in states]).reshape(n, 6)
        covariance = np.array([symmetric(s.covar) for s in states]).reshape(n, 6, 6)
        return FusedTracks(np.array([number for number, _ in held], dtype=np.int64), state, covariance)

    @abstractmethod
    def _step(self, at: datetime.datetime, detections: list[Any]) -> None:
        """Take in the detections of one moment."""

    @abstractmethod
    def _held(self) -> list[tuple[str, Any]]:
        """Each track's name and state."""


class SingleFrame(StoneSoup):
    """A multi-target tracker of its own, which decides at every scan."""

    def __init__(self, joint: bool) -> None:
        super().__init__()
        distance = DistanceHypothesiser(self._predictor, self._updater, Mahalanobis(), missed_distance=GATE)
        self._tracker: Any = (MultiTargetMixtureTracker if joint else MultiTargetTracker)(
            initiator=SimpleMeasurementInitiator(GaussianState(np.zeros((6, 1)), np.diag([1e6, 1e4] * 3))),
            deleter=UpdateTimeDeleter(DELETE),
            detector=iter(()),
            data_associator=JPDA(self._probability) if joint else GNNWith2DAssignment(distance),
            updater=self._updater,
        )

    def _step(self, at: datetime.datetime, detections: list[Any]) -> None:
        self._tracker.detector_iter = iter([(at, set(detections))])
        next(self._tracker)

    def _held(self) -> list[tuple[str, Any]]:
        return [(track.id, track.state) for track in self._tracker.tracks]


class MultiFrame(StoneSoup):
    """Its multi-frame assignment over a sliding window; tracks begin with what no track's best explains."""

    def __init__(self) -> None:
        super().__init__()
        with_integer_programming()
        from stonesoup.dataassociator.mfa import MFADataAssociator

        self._associator = MFADataAssociator(MFAHypothesiser(self._probability), slide_window=WINDOW)
        self._updated: dict[Any, datetime.datetime] = {}
        """When each track's heaviest component was last given a detection."""

    def _step(self, at: datetime.datetime, detections: list[Any]) -> None:
        used = set()
        for track, hypotheses in self._associator.associate(set(self._updated), detections, at).items():
            components = [self._updater.update(h) if h else h.prediction for h in hypotheses]
            track.append(GaussianMixture(components))
            best = max(zip(components, hypotheses, strict=True), key=lambda one: float(one[0].weight))[1]
            if best:
                self._updated[track] = at
                used.add(id(best.measurement))
        self._updated = {track: last for track, last in self._updated.items() if at - last <= DELETE}
        for index, one in enumerate(detections, start=1):
            if id(one) not in used:
                born = TaggedWeightedGaussianState(
                    one.state_vector, one.measurement_model.noise_covar, at, weight=1.0, tag=[index]
                )
                self._updated[Track([GaussianMixture([born])])] = at

    def _held(self) -> list[tuple[str, Any]]:
        return [
            (track.id, max(track.state.components, key=lambda c: float(c.weight))) for track in self._updated
        ]


def moment(time_ns: int) -> datetime.datetime:
    """UTC to the microsecond, which is all that Stone Soup's times hold."""
    return EPOCH + datetime.timedelta(microseconds=time_ns // 1000)


def detection(report: NodeReport, i: int, at: datetime.datetime) -> Any:
    """One reported track as a measurement of the full state."""
    covariance = report.covariance[i][_INTERLEAVED][:, _INTERLEAVED]
    model = LinearGaussian(ndim_state=6, mapping=tuple(range(6)), noise_covar=covariance)
    return Detection(report.state[i][_INTERLEAVED].reshape(6, 1), timestamp=at, measurement_model=model)


def symmetric(covariance: Any) -> Float:
    """In our order, and symmetric to the bit."""
    p = np.asarray(covariance, dtype=float)[_BACK][:, _BACK]
    both: Float = (p + p.T) / 2.0
    return both


def with_integer_programming() -> None:
    """Let Stone Soup solve its last step with HiGHS where OR-Tools is not installed.

    OR-Tools cannot be installed beside the protobuf that this package needs; the programme is the same.
    """
    if "ortools" in sys.modules or find_spec("ortools") is not None:
        return
    solver = ModuleType("ortools.linear_solver")
    solver.pywraplp = integer_programming  # type: ignore[attr-defined]
    sys.modules["ortools"] = ModuleType("ortools")
    sys.modules["ortools.linear_solver"] = solver


def gnn() -> SingleFrame:
    """Global nearest neighbour by two-dimensional assignment."""
    return SingleFrame(joint=False)


def jpda() -> SingleFrame:
    """Joint probabilistic data association."""
    return SingleFrame(joint=True)


def mfa() -> MultiFrame:
    """Multi-frame assignment (Xia et al. 2019)."""
    return MultiFrame()
