"""What folding a report costs, from its bytes to the bytes of the picture's update.

Timed in processor time of one process, for every batch: parse its bytes, check it, fold it, take in the
heartbeat, digest the picture, make the update of what changed and serialise it. A report is one row. Beside
it, before and after, stands one predict and update of filterpy's IMM of three with six states and a
six-dimensional measurement, which is what one report would cost there.
"""

from __future__ import annotations

import gc
from collections.abc import Iterable
from typing import Any

import numpy as np
from filterpy.kalman import IMMEstimator, KalmanFilter

from fusion import Picture, Report
from nodes.bench.traffic import Sent, Traffic
from nodes.control import clock

RAMP_S = 3
"""Seconds of traffic before the clock runs: births are over and the history has its length."""
ROWS_TIMED = 24_000


class OtherTracksError(RuntimeError):
    """The picture has not as many tracks as there are targets: other work was timed than was meant."""


def filterpy_imm() -> IMMEstimator:
    """Three constant-velocity filters of six states, measured in full."""
    filters = []
    for q in (0.01, 1.0, 100.0):
        one = KalmanFilter(dim_x=6, dim_z=6)
        one.F = np.eye(6) + np.diag([1.0] * 3, 3)
        one.H = np.eye(6)
        one.R = np.diag([900.0] * 3 + [25.0] * 3)
        one.P = one.R.copy()
        block = q * np.array([[1 / 3, 1 / 2], [1 / 2, 1.0]])
        one.Q = np.kron(block, np.eye(3))
        filters.append(one)
    stay = np.full((3, 3), 0.025) + 0.925 * np.eye(3)
    return IMMEstimator(filters, np.full(3, 1 / 3), stay)


def filterpy_us(updates: int = 400) -> float:
    """Microseconds of one predict and update of filterpy's IMM."""
    imm, rng = filterpy_imm(), np.random.default_rng(1)
    measured = rng.normal(0.0, 30.0, (updates + 20, 6))
    for z in measured[:20]:
        imm.predict()
        imm.update(z)
    begin_s = clock.processor_s()
    for z in measured[20:]:
        imm.predict()
        imm.update(z)
    return (clock.processor_s() - begin_s) / updates * 1e6


def take(picture: Picture, sent: Sent) -> bytes:
    """One batch from its bytes to the bytes of the picture's update."""
    picture.add(Report.from_bytes(sent.payload))
    picture.punctuate(sent.status)
    return picture.changes().encode()


def fold_us(told: Iterable[Sent], picture: Picture) -> float:
    """Microseconds a report."""
    told = list(told)
    gc.collect()
    begin_s = clock.processor_s()
    for sent in told:
        take(picture, sent)
    return (clock.processor_s() - begin_s) / sum(sent.rows for sent in told) * 1e6


def measure(traffic: Traffic) -> dict[str, Any]:
    """``us_a_report``, ``reports_per_s``, ``filterpy_imm_us`` and ``filterpy_imm_over_report``.

    Raises OtherTracksError.
    """
    picture, targets = Picture(), len(traffic.truth)
    a_second = 0
    for sent in traffic.reports(RAMP_S):
        take(picture, sent)
        a_second += sent.rows
    # whole seconds, so that what happens once a second is in
    told = list(traffic.reports(max(2, -(-ROWS_TIMED * RAMP_S // a_second))))
    before = filterpy_us()
    cost_us = fold_us(told, picture)
    imm_us = (before + filterpy_us()) / 2
    if len(picture.tracks()) != targets:
        raise OtherTracksError(f"{len(picture.tracks())} tracks of {targets} targets")
    return {
        "us_a_report": round(cost_us, 2),
        "reports_per_s": round(1e6 / cost_us),
        "filterpy_imm_us": round(imm_us),
        "filterpy_imm_over_report": round(imm_us / cost_us, 1),
    }
