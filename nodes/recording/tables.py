"""A recording's truth and detections, as the columns that scores are computed from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any, Final

import numpy as np

from fusion.arrays import Float, Ints
from fusion.constants import SCORED, Chosen
from fusion.contract import INFRARED, RADAR, SONAR, known_column
from fusion.score.centralised import NEVER_NS, Detections
from nodes.sensing.echoes import distance_m
from triwatch.v1 import track_pb2

TIME_NS_MAX = 2**62
MULTISTATIC = int(track_pb2.SENSOR_KIND_MULTISTATIC)
_WIDTHS = {RADAR: (3,), INFRARED: (2,), SONAR: (1,), MULTISTATIC: (2, 3)}
SOUND_MPS: Final[
    Annotated[
        float,
        Chosen("m/s", "at which an echo's time is reckoned: a tenth more or less moves nothing far", SCORED),
    ]
] = 1_500.0
DEPTH_M: Final[
    Annotated[float, Chosen("m", "of what an echo comes from, as uncertain as it is large", SCORED)]
] = 100.0


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
        self._scans: list[tuple[Any, ...]] = []
        self._rows: list[tuple[int, list[int], Float]] = []

    def add(self, scan: Any) -> None:
        """One DetectionScan. Raises ValueError where it is none that a sensor can have made."""
        width = len(scan.sigma)
        if width not in _WIDTHS.get(scan.kind, ()) or len(scan.measurement) % width:
            raise ValueError("columns do not fit")
        if len(scan.ping_position) != (3 if scan.kind == MULTISTATIC else 0):
            raise ValueError("columns do not fit")
        if len(scan.detection_sigma) not in (0, len(scan.measurement)):
            raise ValueError("columns do not fit")
        numbers = [*scan.position, *scan.axes, *scan.measurement, *scan.ping_position]
        sigmas = [*scan.sigma, *scan.detection_sigma]
        if not (np.isfinite(numbers).all() and all(0.0 < s < np.inf for s in sigmas)):
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
        width = len(scan.sigma)
        if len(scan.measurement) != width * len(object_id):
            raise ValueError("columns do not fit")
        self._looks.setdefault((scan.node_id, scan.sensor), []).append(scan.time_ns)
        known = [self._column.get(name, -1) for name in object_id]
        keep = [i for i, column in enumerate(known) if column >= 0]
        if not keep:
            return
        if scan.kind == MULTISTATIC:
            self._join_echoes(scan, [(i, known[i]) for i in keep])
            return
        if scan.HasField("axis_bearing"):
            # seen, but on which side of it nobody knows: it tells no place
            at = np.array(scan.position).reshape(3), np.array(scan.axes).reshape(3, 3)
            nothing = np.zeros((len(keep), 3))
            self._hold(scan, [known[i] for i in keep], nothing, (scan.time_ns, 0, *at, np.ones(3)))
            return
        first = 0 if scan.kind == RADAR else 1  # the first quantity is the range; others measure none
        sigma = np.ones(3)
        sigma[first : first + width] = scan.sigma
        measured = np.zeros((len(keep), 3))
        measured[:, first : first + width] = np.asarray(scan.measurement).reshape(len(known), width)[keep]
        position, axes = np.array(scan.position).reshape(3), np.array(scan.axes).reshape(3, 3)
        look = (scan.time_ns, scan.kind, position, axes)
        if not scan.detection_sigma:
            self._hold(scan, [known[i] for i in keep], measured, (*look, sigma))
            return
        # detections that are not equally sure: each as if it were a scan of its own
        each = np.asarray(scan.detection_sigma).reshape(len(known), width)[keep]
        for row, i in enumerate(keep):
            own = sigma.copy()
            own[first : first + width] = each[row]
            self._hold(scan, [known[i]], measured[row : row + 1], (*look, own))

    def _join_echoes(self, scan: Any, owned: list[tuple[int, int]]) -> None:
        """Echoes as ranges from the receiver, each at the time at which the ping hit."""
        position, axes = np.array(scan.position).reshape(3), np.array(scan.axes).reshape(3, 3)
        source = np.array(scan.ping_position) - position
        measured = np.asarray(scan.measurement).reshape(-1, len(scan.sigma))
        for i, column in owned:
            polar = _polar(measured[i], np.asarray(scan.sigma), source, axes)
            if polar is not None:
                hit_s = (measured[i, 0] - polar[0][0]) / SOUND_MPS
                look = (scan.ping_time_ns + round(1e9 * hit_s), RADAR, position, axes, polar[1])
                self._hold(scan, [column], polar[0][None], look)

    def _hold(self, scan: Any, owners: list[int], measured: Float, look: tuple[Any, ...]) -> None:
        self._rows.append((len(self._scans), owners, measured))
        self._by.append((scan.node_id, scan.sensor))
        self._scans.append(look)

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


def _polar(z: Float, sigma: Float, source: Float, axes: Float) -> tuple[Float, Float] | None:
    """Range m, azimuth and elevation (3,) of an echo, and their standard deviations (3,); None where its way
    is too short to be one's."""

    def reach(way_m: float, bearing: float) -> float | None:
        return distance_m(way_m, source, np.array([np.sin(bearing), np.cos(bearing), 0.0]) @ axes)

    here = reach(z[0], z[1])
    longer, shorter = reach(z[0] + sigma[0], z[1]), reach(z[0] - sigma[0], z[1])
    right, left = reach(z[0], z[1] + sigma[1]), reach(z[0], z[1] - sigma[1])
    if here is None or longer is None or shorter is None or right is None or left is None:
        return None
    range_sigma = 0.5 * np.hypot(longer - shorter, right - left)
    down = DEPTH_M / max(here, DEPTH_M)
    return np.array([here, z[1], -down]), np.array([range_sigma, sigma[1], down])


def _period_s(time_ns: Sequence[int]) -> float:
    """The median time from one look to the next; 0 of a single one."""
    apart = np.diff(np.unique(np.array(time_ns, dtype=np.int64)))
    return float(np.median(apart)) * 1e-9 if len(apart) else 0.0
