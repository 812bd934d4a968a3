"""What a national tracker reports, as columns."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fusion.physics.geodesy import Float
from fusion.report.reported_sensors import NO_SENSOR

Int = NDArray[np.int64]

POSITION_MAX_M = 1e8
SPEED_MAX_MPS = 2e4
"""The contract's bounds: what is beyond is a fault, not a target."""


@dataclass(frozen=True, slots=True)
class LineColumns:
    """m lines of bearing, of contacts of which nothing but these is told."""

    number: Int
    """(m,) the contact's, in one numbering with the tracks."""
    time_ns: Int
    """(m,) UTC, when what was heard arrived."""
    position_m: Float
    """(m, 3) of the sensor, ECEF."""
    bearing_rad: Float
    """(m,) clockwise from north."""
    sigma_rad: Float
    """(m,)."""
    environment: Int
    """(m,) values of triwatch.v1.Environment."""
    sound_mps: Float
    """(m,)."""
    reach_m: Float
    """(m,) as far as the sensor hears."""

    def __len__(self) -> int:
        return len(self.number)

    def rows(self, chosen: NDArray[np.bool_]) -> LineColumns:
        """Those of the lines that are chosen, (m,)."""
        return LineColumns(
            number=self.number[chosen],
            time_ns=self.time_ns[chosen],
            position_m=self.position_m[chosen],
            bearing_rad=self.bearing_rad[chosen],
            sigma_rad=self.sigma_rad[chosen],
            environment=self.environment[chosen],
            sound_mps=self.sound_mps[chosen],
            reach_m=self.reach_m[chosen],
        )


_NONE, _NO_REAL = np.zeros(0, np.int64), np.zeros(0)
NO_LINES = LineColumns(_NONE, _NONE, np.zeros((0, 3)), _NO_REAL, _NO_REAL, _NONE, _NO_REAL, _NO_REAL)


@dataclass(frozen=True, slots=True)
class TrackColumns:
    """n tracks at one moment, and the lines of bearing since the last report."""

    time_ns: int
    """UTC, of every row."""
    number: Int
    """(n,) the node's own track numbers."""
    state: Float
    """(n, 6) ECEF m, m/s."""
    covariance: Float
    """(n, 6, 6)."""
    environment: Int
    """(n,) values of triwatch.v1.Environment."""
    status: Int
    """(n,) values of triwatch.v1.TrackStatus."""
    process_noise: Float
    """(n,) m²/s³, around ``motion_model``."""
    motion_model: Int
    """(n,) values of triwatch.v1.MotionModel."""
    identity: Int
    """(n,) values of triwatch.v1.Identity."""
    identity_confidence: Float
    """(n,) 0 to 1."""
    parent: Int
    """(n,) number of the track it split from; 0 = none."""
    tracklet_information: Float
    """(n, 6, 6) what the detections since the last report tell about ``state``:
    `nodes.tracking.tracklet_accumulator`."""
    tracklet_vector: Float
    """(n, 6)."""
    tracklet_told: NDArray[np.bool_]
    """(n,) whether the two above are to be told."""
    tracklet_sensor: Int
    """(n,) which of the node's sensors they came from, from 0; `NO_SENSOR` where from several."""
    call_sign: tuple[str, ...]
    """n, empty where unknown."""
    lines: LineColumns = NO_LINES

    def __len__(self) -> int:
        return len(self.number)

    @staticmethod
    def plain(
        time_ns: int,
        number: Int,
        state: Float,
        covariance: Float,
        environment: Int,
        status: Int,
        process_noise: Float,
    ) -> TrackColumns:
        """Tracks of which only these are known: no tracklets, identities, parents or call signs."""
        n = len(number)
        return TrackColumns(
            time_ns=time_ns,
            number=number,
            state=state,
            covariance=covariance,
            environment=environment,
            status=status,
            process_noise=process_noise,
            motion_model=np.zeros(n, np.int64),
            identity=np.zeros(n, np.int64),
            identity_confidence=np.zeros(n),
            parent=np.zeros(n, np.int64),
            tracklet_information=np.zeros((n, 6, 6)),
            tracklet_vector=np.zeros((n, 6)),
            tracklet_told=np.zeros(n, np.bool_),
            tracklet_sensor=np.full(n, NO_SENSOR),
            call_sign=("",) * n,
        )

    def beside(self, others: TrackColumns) -> TrackColumns:
        """With other tracks of the same moment, by number; the lines are these."""
        order = np.argsort(np.concatenate((self.number, others.number)), kind="stable")
        both: dict[str, Any] = {}
        for one in fields(self):
            mine, theirs = getattr(self, one.name), getattr(others, one.name)
            if isinstance(mine, np.ndarray):
                both[one.name] = np.concatenate((mine, theirs))[order]
        signs = self.call_sign + others.call_sign
        return replace(self, **both, call_sign=tuple(signs[k] for k in order.tolist()))

    def parts(self, rows_max: int) -> list[TrackColumns]:
        """The tracks in as few parts of at most so many rows as hold them: one, where there is none.

        The first has the lines.
        """
        n = len(self)
        if n <= rows_max:
            return [self]
        part = np.arange(n) // rows_max
        parts = [self.rows(part == k) for k in range(int(part[-1]) + 1)]
        return [replace(parts[0], lines=self.lines), *parts[1:]]

    def rows(self, chosen: NDArray[np.bool_]) -> TrackColumns:
        """Those of the tracks that are chosen, (n,), without lines."""
        return TrackColumns(
            time_ns=self.time_ns,
            number=self.number[chosen],
            state=self.state[chosen],
            covariance=self.covariance[chosen],
            environment=self.environment[chosen],
            status=self.status[chosen],
            process_noise=self.process_noise[chosen],
            motion_model=self.motion_model[chosen],
            identity=self.identity[chosen],
            identity_confidence=self.identity_confidence[chosen],
            parent=self.parent[chosen],
            tracklet_information=self.tracklet_information[chosen],
            tracklet_vector=self.tracklet_vector[chosen],
            tracklet_told=self.tracklet_told[chosen],
            tracklet_sensor=self.tracklet_sensor[chosen],
            call_sign=tuple(sign for sign, here in zip(self.call_sign, chosen, strict=True) if here),
        )


def reportable(state: Float, covariance: Float) -> NDArray[np.bool_]:
    """(n,) whether states (n, 6) are finite and in range, covariances (n, 6, 6) positive definite."""
    good: NDArray[np.bool_] = np.all(np.isfinite(state), axis=1) & np.all(
        np.isfinite(covariance), axis=(1, 2)
    )
    good &= np.abs(state[:, :3]).max(axis=1, initial=0.0) < POSITION_MAX_M
    good &= np.abs(state[:, 3:]).max(axis=1, initial=0.0) < SPEED_MAX_MPS
    good[good] = np.linalg.eigvalsh(covariance[good])[:, 0] > 0.0
    return good
