"""A recording's truth and detections, as the columns that scores are computed from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from fusion.arrays import Float, Ints
from fusion.contract import INFRARED, RADAR, SONAR, known_column
from fusion.score.centralised import NEVER_NS, Detections
from triwatch.v1 import track_pb2

TIME_NS_MAX = 2**62
_WIDTH = {RADAR: 3, INFRARED: 2, SONAR: 1}


class TruthColumns:
    """Collects TruthStates; `at` finds objects by their ids."""

    def __init__(self) -> None:
        self._moments: dict[int, Any] = {}
        self.column: dict[str, int] = {}

    def add(self, states: Any) -> None:
        """One TruthStates; a later one of the same moment replaces the former.

        Raises ValueError where its columns do not fit each other or hold what is no number.
        """
        n = len(states.object_id)
        if not (6 * n == len(states.state) and n == len(states.environment) == len(states.identity)):
            raise ValueError("columns do not fit")
        if len(set(states.object_id)) < n or not np.isfinite(np.asarray(states.state)).all():
            raise ValueError("an object twice, or a state that is none")
        if not 0 < states.time_ns < TIME_NS_MAX:
            raise ValueError("a time that is none")
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
            environment[i, columns] = known_column(track_pb2.Environment, np.asarray(s.environment))
            identity[i, columns] = known_column(track_pb2.Identity, np.asarray(s.identity))
        # An object keeps its environment where it is absent: sensors saw it a moment before it was.
        for j in range(m):
            known = environment[:, j][environment[:, j] > 0]
            environment[:, j][environment[:, j] == 0] = known[0] if len(known) else 0
        return np.array(times, dtype=np.int64), state, environment, identity


class DetectionColumns:
    """Collects DetectionScans and, of each, its ScanOrigins; in whichever order the two come.

    ``reported_ns`` holds when each node reported, of those that did. Left out are scans whose origins nobody
    told, false alarms and objects unknown to the truth.
    """

    def __init__(self, column: dict[str, int], reported_ns: Mapping[str, Iterable[int]]) -> None:
        self._column = column
        self._reported_ns = reported_ns
        self._looks: dict[tuple[str, int], list[int]] = {}
        """When each sensor looked, by node and its number there."""
        self._by: list[tuple[str, int]] = []
        """Of each scan that is held: whose."""
        self._single: dict[tuple[str, int, int, int], Any] = {}
        """Scans without their origins yet, and origins without their scan."""
        self._scans: list[tuple[int, int, Any, Any, Any]] = []
        self._rows: list[tuple[int, list[int], Float]] = []

    def add(self, scan: Any) -> None:
        """One DetectionScan. Raises ValueError where it is none that a sensor can have made."""
        width = _WIDTH.get(scan.kind, 0)
        if not width or len(scan.sigma) != width or len(scan.measurement) % width:
            raise ValueError("columns do not fit")
        numbers = [*scan.position, *scan.axes, *scan.measurement]
        if not (np.isfinite(numbers).all() and all(0.0 < s < np.inf for s in scan.sigma)):
            raise ValueError("what is measured is no number")
        if not 0 < scan.time_ns < TIME_NS_MAX:
            raise ValueError("a time that is none")
        self._pair(scan)

    def add_origins(self, origins: Any) -> None:
        """One ScanOrigins. Raises ValueError where it does not fit its scan."""
        self._pair(origins)

    def _pair(self, message: Any) -> None:
        key = (message.node_id, message.incarnation, message.sensor, message.time_ns)
        other = self._single.pop(key, None)
        if other is None or type(other) is type(message):
            self._single[key] = message
        elif hasattr(message, "measurement"):
            self._join(message, other.object_id)
        else:
            self._join(other, message.object_id)

    def _join(self, scan: Any, object_id: Sequence[str]) -> None:
        width = _WIDTH[scan.kind]
        if len(scan.measurement) != width * len(object_id):
            raise ValueError("columns do not fit")
        self._looks.setdefault((scan.node_id, scan.sensor), []).append(scan.time_ns)
        known = [self._column.get(name, -1) for name in object_id]
        keep = [i for i, column in enumerate(known) if column >= 0]
        if not keep:
            return
        first = 0 if scan.kind == RADAR else 1  # the first quantity is the range; others measure none
        sigma = np.ones(3)
        sigma[first : first + width] = scan.sigma
        measured = np.zeros((len(keep), 3))
        measured[:, first : first + width] = np.asarray(scan.measurement).reshape(len(known), width)[keep]
        position, axes = np.array(scan.position).reshape(3), np.array(scan.axes).reshape(3, 3)
        self._rows.append((len(self._scans), [known[i] for i in keep], measured))
        self._by.append((scan.node_id, scan.sensor))
        self._scans.append((scan.time_ns, scan.kind, position, axes, sigma))

    def table(self) -> Detections | None:
        """In the order of time; None where nothing was recorded."""
        if not self._scans:
            return None
        time_ns, kind, position, axes, sigma = (np.array(column) for column in zip(*self._scans, strict=True))
        order = np.argsort(time_ns, kind="stable")
        rows = [self._rows[i] for i in order]
        sizes = [len(owner) for _, owner, _ in rows]
        by = [self._by[i] for i in order]
        sensors = {name: i for i, name in enumerate(sorted(self._looks))}
        period_s = {name: _period_s(times) for name, times in self._looks.items()}
        return Detections(
            time_ns=time_ns[order].astype(np.int64),
            kind=kind[order].astype(np.int64),
            position_m=position[order],
            axes=axes[order],
            sigma=sigma[order],
            scan=np.repeat(np.arange(len(rows)), sizes),
            object=np.concatenate([np.array(owner, dtype=np.int64) for _, owner, _ in rows]),
            measurement=np.concatenate([measured for _, _, measured in rows]),
            told_ns=self._told_ns([node_id for node_id, _ in by], time_ns[order]),
            sensor=np.array([sensors[name] for name in by], dtype=np.int64),
            period_s=np.array([period_s[name] for name in by]),
        )

    def _told_ns(self, node_id: Sequence[str], time_ns: Ints) -> Ints:
        """(s,) when the node of each scan next reported; of a node without reports, when it looked."""
        reports = {name: np.array([*sorted(times), NEVER_NS]) for name, times in self._reported_ns.items()}
        told = time_ns.astype(np.int64)
        for i, name in enumerate(node_id):
            if name in reports:
                told[i] = reports[name][np.searchsorted(reports[name], told[i])]
        return told


def _period_s(time_ns: Sequence[int]) -> float:
    """The median time from one look to the next; 0 of a single one."""
    apart = np.diff(np.unique(np.array(time_ns, dtype=np.int64)))
    return float(np.median(apart)) * 1e-9 if len(apart) else 0.0
