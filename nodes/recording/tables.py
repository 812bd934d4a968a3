"""A recording's truth and detections, as the columns that scores are computed from."""

from __future__ import annotations

from typing import Any

import numpy as np

from fusion.geodesy import Float
from fusion.score.centralised import Detections
from fusion.score.tables import Ints


class TruthColumns:
    """Collects TruthStates; `at` finds objects by their ids."""

    def __init__(self) -> None:
        self._moments: dict[int, Any] = {}
        self.column: dict[str, int] = {}

    def add(self, states: Any) -> None:
        """One TruthStates; a later one of the same moment replaces the former."""
        self._moments[states.time_ns] = states
        for object_id in states.object_id:
            self.column.setdefault(object_id, len(self.column))

    def tables(self) -> tuple[Ints, Float, Ints, Ints]:
        """Instants (k,), states (k, m, 6) with NaN where absent, environments and identities (k, m)."""
        times = sorted(self._moments)
        k, m = len(times), len(self.column)
        state = np.full((k, m, 6), np.nan)
        environment, identity = np.zeros((k, m), np.int64), np.zeros((k, m), np.int64)
        for i, time_ns in enumerate(times):
            s = self._moments[time_ns]
            columns = [self.column[object_id] for object_id in s.object_id]
            state[i, columns] = np.asarray(s.state, dtype=float).reshape(len(columns), 6)
            environment[i, columns] = np.asarray(s.environment, dtype=np.int64)
            identity[i, columns] = np.asarray(s.identity, dtype=np.int64)
        # An object keeps its environment where it is absent: sensors saw it a moment before it was.
        for j in range(m):
            known = environment[:, j][environment[:, j] > 0]
            environment[:, j][environment[:, j] == 0] = known[0] if len(known) else 0
        return np.array(times, dtype=np.int64), state, environment, identity


class DetectionColumns:
    """Collects DetectionScans; false alarms and objects unknown to the truth are left out."""

    def __init__(self, column: dict[str, int]) -> None:
        self._column = column
        self._scans: list[tuple[int, int, Any, Any, Any]] = []
        self._rows: list[tuple[int, list[int], Float]] = []

    def add(self, scan: Any) -> None:
        """One DetectionScan."""
        known = [self._column.get(object_id, -1) for object_id in scan.object_id]
        keep = [i for i, column in enumerate(known) if column >= 0]
        if not keep:
            return
        width = len(scan.sigma)
        first = 0 if width == 3 else 1  # a radar's first quantity is the range, the others measure none
        sigma = np.ones(3)
        sigma[first : first + width] = scan.sigma
        measured = np.zeros((len(keep), 3))
        measured[:, first : first + width] = np.asarray(scan.measurement).reshape(len(known), width)[keep]
        self._rows.append((len(self._scans), [known[i] for i in keep], measured))
        position, axes = np.array(scan.position), np.array(scan.axes).reshape(3, 3)
        self._scans.append((scan.time_ns, scan.kind, position, axes, sigma))

    def table(self) -> Detections | None:
        """In the order of time; None where nothing was recorded."""
        if not self._scans:
            return None
        time_ns, kind, position, axes, sigma = (np.array(column) for column in zip(*self._scans, strict=True))
        order = np.argsort(time_ns, kind="stable")
        rows = [self._rows[i] for i in order]
        sizes = [len(owner) for _, owner, _ in rows]
        return Detections(
            time_ns=time_ns[order].astype(np.int64),
            kind=kind[order].astype(np.int64),
            position_m=position[order],
            axes=axes[order],
            sigma=sigma[order],
            scan=np.repeat(np.arange(len(rows)), sizes),
            object=np.concatenate([np.array(owner, dtype=np.int64) for _, owner, _ in rows]),
            measurement=np.concatenate([measured for _, _, measured in rows]),
        )
