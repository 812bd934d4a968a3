"""One nation's tracker: scans in, track columns out.

Global nearest neighbour, in turns: confirmed tracks choose first, candidates take from what is left,
slow ones before fast ones, and what is then left starts new candidates. A candidate is confirmed by 3
detections, as long as no more than 2 of its opportunities passed without, and when false alarms would
hardly have fallen so. A track is given up after more misses in a row than its sensors' probability of
detection excuses, or when it has coasted for too long; a silence counts as a miss only where the
sensor could have seen the target.

Only confirmed tracks are reported: MAINTAINING, DROPPING while they coast, and TERMINATED once; one that
may hold another's lines of sight not for a while, which is no end: what was said of it is carried on.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, Final

import numpy as np
from numpy.typing import NDArray

from fusion.bearings.hypotheses import Ships
from fusion.constants import JUDGED, Chosen
from fusion.physics.geodesy import Float
from fusion.report.reported_sensors import NO_SENSOR
from nodes.sensing.measurement import DOPPLER, INFRARED, RADAR, SONAR, TOWED, Look, bend, measure, residual
from nodes.sensing.replies import TransponderReply
from nodes.sensing.scan import Scan
from nodes.sensing.sensors import Radar, Sensor
from nodes.tracking.association import Ambiguity, ambiguity, assign_in_turn
from nodes.tracking.bearing_lines import HeardLine, of_another, only_heard, sigma_rad, told_lines
from nodes.tracking.clutter import BELIEVED
from nodes.tracking.columns import NO_LINES, LineColumns, TrackColumns, reportable
from nodes.tracking.columns_of_tracks import columns_of
from nodes.tracking.coverage import log_missed, patience, unresolved
from nodes.tracking.duplicate_tracks import redundant
from nodes.tracking.environment import SPACE, SUBSURFACE, SURFACE, Kinematics, judge, kinematics
from nodes.tracking.filters import FILTERPY_KINDS, KINDS, national_filter
from nodes.tracking.hypotheses import Doubts, Other
from nodes.tracking.identity import assign_replies, believed, identify
from nodes.tracking.listening import Listening, columns_of_heard
from nodes.tracking.motion_models import THRUST_MODE, Behaviour, behaviour, braked, unlit
from nodes.tracking.own_platforms import audible, of_others, own_ships
from nodes.tracking.plume import may_burn, weigh_burning
from nodes.tracking.position_fix import Sighting
from nodes.tracking.scan_likelihood import Weighed, predicted, reported, weigh
from nodes.tracking.sea_level import MeasuredHeight
from nodes.tracking.track import CONFIRM_HITS, Track
from nodes.tracking.track_ending import given_up, status_of
from nodes.tracking.track_initiation import SEPARATION_MPS, Missiles, candidates, crossed
from nodes.tracking.tracklet_accumulator import News
from nodes.tracking.turns import Turn, beaten, turns_of
from nodes.tracking.visibility import Mask

HELD_BACK_NS: Final[
    Annotated[
        int,
        Chosen(
            "ns",
            "so long at most a track that no radar saw is not reported while it may hold another's "
            "detections",
            JUDGED,
        ),
    ]
] = 10 * 10**9
COMMIT_NS: Final[
    Annotated[
        int,
        Chosen(
            "ns",
            "filters of tracks without detections step ahead this often, so that their mode "
            "probabilities age",
            JUDGED,
        ),
    ]
] = 10 * 10**9
FRESH_SPREAD: Final[
    Annotated[
        tuple[float, float],
        Chosen(
            "m, m/s",
            "added to a track's sigmas, m and m/s, when it turns out to be a missile: what its old "
            "model lagged",
            JUDGED,
        ),
    ]
] = (300.0, 100.0)


class NationalTracker:
    """All tracks of one node.

    ``kind`` is one of ``filters.KINDS`` or ``FILTERPY_KINDS``; ``sensors`` are the node's own, in the order
    of ``Scan.sensor``; ``tells_lines``: what only sonars hear is told by its bearings. Raises ValueError for
    another kind.
    """

    def __init__(self, node_id: str, kind: str, sensors: Sequence[Sensor], tells_lines: bool = False) -> None:
        if kind not in KINDS + FILTERPY_KINDS:
            known = ", ".join(KINDS + FILTERPY_KINDS)
            raise ValueError(f"{node_id}: tracker {kind!r}: expected one of {known}")
        self.node_id = node_id
        self.kind = kind
        self.tells_lines = tells_lines
        self.sensors = tuple(sensors)
        self.tracks: list[Track] = []
        self._numbers = 0
        self._scans = [0] * len(self.sensors)
        self._stands: dict[int, Float] = {}
        self._terminated: list[Track] = []
        self._doubts = Doubts()
        self._listening = Listening(self.sensors, self._fresh_number)
        self._reported_ns = -1

    def _fresh_number(self) -> int:
        self._numbers += 1
        return self._numbers

    # ---------------------------------------------------------------- scans

    def process(self, scan: Scan) -> None:
        """Take one scan, not earlier than any before it."""
        spec, look = self.sensors[scan.sensor], Look.of(scan)
        stands = [where for other, where in self._stands.items() if other != scan.sensor]
        look, measurement = of_others(look, scan.measurement, stands)
        w = weigh(self.tracks, spec, scan.time_ns, look, measurement, scan.sensor)
        state, covariance = w.state, w.covariance
        if look.code in (SONAR, TOWED):
            w.without(own_ships(self.tracks, state, covariance, [*stands, look.position_m]))
        w.without(of_another(self.tracks, scan.sensor, self.sensors))
        turn = turns_of(self.tracks)
        pairs = assign_in_turn(w.cost, turn)
        given = dict(pairs)
        self._doubts.forget(self.tracks)
        others = self._doubts.branch(self.tracks, w, given, look.code == INFRARED)
        grown = self._grown(scan, look, measurement, w, given)

        broken: list[Track] = []
        for row, detection in pairs:
            track = self.tracks[row]
            # a candidate is put to the test as it stands: blurred it would take whatever came by; a ship
            # hardly moves, so that what it takes of its neighbours averages out, but blurred it drifts; of
            # plumes, other readings are held
            blurs = track.confirmed and track.environment != SURFACE and look.code != INFRARED
            unsure = ambiguity(w.cost, row, detection, w.innovation[row]) if blurs else None
            noise = look.at(detection).noise
            noise, heard = noise + _bend(track, look, state[row], covariance[row]), noise
            if unsure is not None and not _doubt(track, unsure, look, state[row]):
                noise += unsure.scatter
                heard = heard + unsure.scatter
            if look.code == SONAR:
                bearing, sigma = float(measurement[detection, 0]), sigma_rad(spec, heard[0, 0])
                track.lines += (HeardLine(scan.time_ns, scan.sensor, look.position_m, bearing, sigma),)
            taken, found = replace(look, noise=noise, each=None), measurement[detection]
            if track.environment == SURFACE and look.code == RADAR:
                track.height.take(Sighting(look, found))
                if track.height.low:
                    taken, found = taken.afloat(), np.append(found, 0.0)
            elif track.environment == SURFACE and look.code == DOPPLER:
                # a ship's filters are linearised in the position alone
                taken, found = taken.without_rate(), found[:2]
            self._note(track, scan, w, row, detection, taken, found)
            try:
                self._take(track, scan, taken, found, w.k, row, detection)
            except np.linalg.LinAlgError:
                broken.append(track)
            if not track.confirmed and track.hits >= CONFIRM_HITS and track.score > BELIEVED:
                track.number, track.told_ns = self._fresh_number(), scan.time_ns
        hit = np.zeros(len(self.tracks), dtype=bool)
        hit[[row for row, _ in pairs]] = True
        self._miss(spec, look, self.tracks, np.flatnonzero(w.looked & ~hit), w, hit)
        for other in others:
            self._follow(other, scan, look, measurement, w, dict(other.rows))
        for other, weighed, outcome in grown:
            self._follow(other, scan, look, measurement, weighed, outcome)
        self._doubts.settle(scan.time_ns)
        self._judge([self.tracks[row] for row, _ in pairs])

        space = [i for i, t in enumerate(self.tracks) if t.confirmed and t.environment == SPACE]
        sheds = tuple(self.tracks[i].sheds(scan.time_ns) for i in space)
        missiles = Missiles(sheds, state[space], covariance[space])
        free = set(range(len(measurement))) - {d for _, d in pairs}
        if audible(spec):
            self._stands[scan.sensor] = look.position_m
        lost = beaten([self.tracks[row] for row, _ in pairs])
        slow = [d for row, d in pairs if turn[row] == Turn.FAST and not self.tracks[row].confirmed]
        self._remove([t for t in self.tracks if t.hopeless or t in lost or t in broken])
        watched = self._scans[scan.sensor] >= 2

        def start(detection: int) -> list[Track]:
            sighting = Sighting(look.at(detection), measurement[detection])
            return candidates(
                self.kind, scan.sensor, spec, sighting, scan.time_ns, detection, watched, missiles
            )

        born = {detection: start(detection) for detection in sorted(free)}
        self.tracks += [track for new in born.values() for track in new]
        self._doubts.born(born, start, scan.time_ns)
        for detection in sorted(slow):  # only a fast candidate took it: it may as well be a ship's first
            self.tracks += [t for t in start(detection) if t.environment == SURFACE]
        self._scans[scan.sensor] += 1

    @staticmethod
    def _note(
        track: Track, scan: Scan, w: Weighed, row: int, detection: int, look: Look, found: Float
    ) -> None:
        """Let a track's score and news know of a detection that it is about to be updated with."""
        k = w.innovation.shape[-1]
        track.score += (
            w.log_pd - 0.5 * (w.fit[row, detection] + k * math.log(2.0 * math.pi)) - w.log_clutter[detection]
        )
        track.news.carry(track.filter.motion_model, track.filter.process_noise, scan.time_ns, w.state[row])
        if track.filter.sided:  # what it told is linear at neither place
            return
        foreseen, slope = measure(look, w.state[row])
        track.news.add(scan.sensor, slope, look.noise, residual(look, found, foreseen))

    def _grown(
        self, scan: Scan, look: Look, measurement: Float, w: Weighed, given: dict[int, int]
    ) -> list[tuple[Other, Weighed, dict[int, int]]]:
        """What each other reading makes of this scan."""
        readings = self._doubts.others
        branches = [b for other in readings for b in other.branches]
        if not branches:
            return []
        weighed = weigh(branches, self.sensors[scan.sensor], scan.time_ns, look, measurement, scan.sensor)
        return [(o, weighed, outcome) for o, outcome in self._doubts.read(self.tracks, w, given, weighed)]

    def _follow(
        self, other: Other, scan: Scan, look: Look, measurement: Float, w: Weighed, outcome: dict[int, int]
    ) -> None:
        """Update the branches of another reading: ``outcome`` is by row of ``w``."""
        spec = self.sensors[scan.sensor]
        for branch, row in zip(other.branches, other.at, strict=True):
            detection = outcome.get(row)
            if detection is not None:
                own = look.at(detection)
                taken = replace(own, noise=own.noise + bend(look, w.state[row], w.covariance[row]))
                self._note(branch, scan, w, row, detection, taken, measurement[detection])
                try:
                    self._take(branch, scan, taken, measurement[detection], w.k, row, detection)
                except np.linalg.LinAlgError:
                    other.log_weight = -math.inf
            elif w.looked[row]:
                self._miss_one(spec, look, branch, False, w.k, row)

    def _take(
        self, track: Track, scan: Scan, look: Look, z: Float, k: Kinematics, row: int, detection: int
    ) -> None:
        filter = track.filter
        filter.adopt(self._behaviour(track, track.environment, k, row))
        sighting = Sighting(look, z)
        anew = None
        if scan.sensor not in track.sensors and track.hits <= CONFIRM_HITS:
            anew = crossed(self.kind, track, sighting)
        if anew is not None:
            track.filter = anew
        else:
            filter.turns_show = len(track.sensors | {scan.sensor}) > 1 and not filter.sided
            filter.step((scan.time_ns - track.time_ns) * 1e-9, look, z)
        if look.code == INFRARED:
            track.dark = 0
        if look.code == INFRARED and may_burn(track, k, row):
            weigh_burning(track.filter, self.sensors[scan.sensor].pd, seen=True)
        track.time_ns = scan.time_ns
        track.hit(scan.sensor, scan.time_ns, detection)
        # a line is kept only while nothing but that sensor feeds the track
        alone = track.line is not None and len(track.sensors) == 1
        track.line = sighting if alone else None

    def _miss(
        self,
        spec: Sensor,
        look: Look,
        tracks: list[Track],
        rows: NDArray[np.intp],
        w: Weighed,
        hit: Float,
    ) -> None:
        hidden = unresolved(spec, look, w.expected[rows], w.expected[hit])
        for row, excused in zip(rows, hidden, strict=True):
            self._miss_one(spec, look, tracks[row], bool(excused), w.k, row)

    def _miss_one(
        self, spec: Sensor, look: Look, track: Track, excused: bool, k: Kinematics, row: int
    ) -> None:
        if look.code == INFRARED and track.confirmed:
            # silence says that the engine is off, not that the target is gone
            track.dark += 1
            if may_burn(track, k, row):
                weigh_burning(track.filter, spec.pd, seen=False)
        elif not excused:
            track.miss(patience(spec), log_missed(spec))
            track.score += math.log(1.0 - min(spec.pd, 0.99))

    def _judge(self, tracks: list[Track]) -> None:
        """Let the motion of updated tracks speak for an environment, and change it where it insists."""
        if not tracks:
            return
        k = kinematics(np.stack([t.filter.x for t in tracks]), np.stack([t.filter.p for t in tracks]))
        current = np.array([t.environment for t in tracks], dtype=np.int64)
        for row, judged in enumerate(judge(k, current)):
            if tracks[row].vote(int(judged)):
                self._change(tracks[row], int(judged), k, row)
            identify(tracks[row], float(k.altitude_m[row]), float(k.speed_mps[row]))

    def _change(self, track: Track, environment: int, k: Kinematics, row: int) -> None:
        p = track.filter.p.copy()
        if environment == SPACE:
            p += np.diag(np.repeat(np.square(FRESH_SPREAD), 3))
        track.filter = national_filter(
            self.kind, self._behaviour(track, environment, k, row), track.filter.x.copy(), p
        )
        track.environment, track.votes, track.height = environment, 0, MeasuredHeight()

    def _behaviour(self, track: Track, environment: int, k: Kinematics, row: int) -> Behaviour:
        # two lines of sight that cross measure a range as well
        ranged = len(track.sensors) > 1 or self._by_radar(track)
        return behaviour(self.kind, environment, k, row, ranged)

    def _by_radar(self, track: Track) -> bool:
        return any(isinstance(self.sensors[s], Radar) for s in track.sensors)

    # -------------------------------------------------------------- reports

    def identify(self, time_ns: int, replies: TransponderReply) -> None:
        """Take what cooperative platforms answered at ``time_ns``."""
        tracks = [t for t in self.tracks if t.confirmed and t.environment != SPACE]
        state, covariance = predicted(tracks, time_ns)
        assign_replies(tracks, state, covariance, replies)
        k = kinematics(state, covariance)
        for row, track in enumerate(tracks):
            if track.environment == SUBSURFACE and believed(track):
                self._change(track, SURFACE, k, row)  # what is under water does not answer

    def report(self, time_ns: int) -> TrackColumns:
        """All confirmed tracks at ``time_ns``, not earlier than any scan taken; drops what is lost. Of
        those that are only heard, where lines are told, the bearings since the last report.

        A track that may hold another's lines of sight is left out for a while: whoever hears the reports
        carries on what was said of it before, and a state that is another's would have to be taken back. A
        radar's doubts last a scan or two, and what parts from a missile must be told of while they do.
        """
        state, covariance = predicted(self.tracks, time_ns)
        k = kinematics(state, covariance)
        for row, track in enumerate(self.tracks):
            self._coast(track, time_ns, k, row)
        self._drop(time_ns, k, covariance)
        doubted = {
            t for t in self._doubts.doubted() if time_ns - t.told_ns < HELD_BACK_NS and not self._by_radar(t)
        }
        told = [t for t in self.tracks if t.confirmed and t not in doubted]
        heard = sorted((t for t in told if only_heard(t, self.sensors)), key=lambda t: t.number)
        told = [t for t in told if t not in heard]
        lines, rows = self._heard(heard, told, time_ns)
        for track in self.tracks:
            track.lines = ()
        for track in heard:
            track.news, track.told_ns = News(), time_ns
        self._reported_ns = time_ns
        tracks = sorted(told + self._terminated, key=lambda t: t.number)
        ended = {t.number for t in self._terminated}
        self._terminated = []
        state, covariance = reported(tracks, time_ns)
        sound = reportable(state, covariance)
        if not sound.all():
            broken = [t for t, good in zip(tracks, sound, strict=True) if not good]
            self.tracks = [t for t in self.tracks if t not in broken]
            tracks = [t for t in tracks if t not in broken]
            state, covariance = state[sound], covariance[sound]

        information, vector = np.zeros((len(tracks), 6, 6)), np.zeros((len(tracks), 6))
        sensor = np.full(len(tracks), NO_SENSOR)
        for row, track in enumerate(tracks):
            track.news.carry(track.filter.motion_model, track.filter.process_noise, time_ns, state[row])
            information[row], vector[row] = track.news.information, track.news.vector
            sensor[row] = track.told_by
            track.news, track.told_ns = News(), time_ns
        self._doubts.reported(tracks)

        status = [status_of(t, self.sensors, time_ns, t.number in ended) for t in tracks]
        columns = columns_of(tracks, status, state, covariance, (information, vector, sensor), time_ns)
        return replace(columns.beside(rows), lines=lines)

    def _heard(
        self, heard: list[Track], others: list[Track], time_ns: int
    ) -> tuple[LineColumns, TrackColumns]:
        """What is reported of what is only heard: its lines, or rows of what these are of together. No other
        track may have such a row's number."""
        if self.tells_lines:
            return told_lines(heard, self.sensors, self._reported_ns), columns_of_heard([], time_ns)
        ships = [t for t in others if t.environment in (SURFACE, SUBSURFACE)]
        state, covariance = predicted(ships, time_ns)
        its = ~own_ships(ships, state, covariance, list(self._stands.values()))
        number = np.array([t.number for t in ships], np.int64)
        held = Ships(number[its], np.full(its.sum(), time_ns), state[its], covariance[its])
        self._listening.hear(heard, held, self._reported_ns, time_ns)
        self._terminated = [t for t in self._terminated if not only_heard(t, self.sensors)]
        for track in others:
            if self._listening.has_told(track.number):
                track.number = self._fresh_number()
        return NO_LINES, columns_of_heard(self._listening.told(heard), time_ns)

    def _coast(self, track: Track, time_ns: int, k: Kinematics, row: int) -> None:
        """Step a silent track ahead; one that falls unseen into the air will be braked."""
        silent = time_ns - track.time_ns
        period_ns = 1e9 * min(self.sensors[s].period_s for s in track.sensors)
        falls = (
            track.environment == SPACE
            and braked(k.altitude_m[row], k.climb_mps[row])
            and time_ns - track.last_hit_ns > 1.5 * period_ns
        )
        if falls or silent >= COMMIT_NS:
            how = self._behaviour(track, track.environment, k, row)
            if falls:
                track.filter.adopt(how)
                track.filter.weigh(np.eye(2)[THRUST_MODE])
            elif track.environment == SPACE:
                track.filter.adopt(unlit(how))
            track.filter.coast(silent * 1e-9)
            track.time_ns = time_ns

    def _drop(self, time_ns: int, k: Kinematics, covariance: Float) -> None:
        """Remove what coasted too long, came down, or is another track once more."""
        self._remove(given_up(self.tracks, self.sensors, time_ns, k, covariance))
        state, covariance = predicted(self.tracks, time_ns)
        own = own_ships(self.tracks, state, covariance, list(self._stands.values()))
        heard = np.array([only_heard(t, self.sensors) for t in self.tracks], dtype=bool)
        self._remove(redundant(self.tracks, state, covariance, time_ns, self._may_be_one(own, heard)))

    def _may_be_one(self, own: Mask, heard: Mask) -> Mask:
        """(n, n) which tracks may be of one target and need no second: an own ship is nothing that is only
        heard. Of two contacts wedges say nothing, which meet where they begin: one sonar's are two, of
        which one of the same target starves; of two sonars' others decide."""
        one: Mask = ~((own | heard)[:, None] & heard)
        return one & one.T

    def _remove(self, gone: list[Track]) -> None:
        if gone:
            # one track may be given up for several reasons: it ends once
            self._terminated += [t for t in self.tracks if t.confirmed and t in gone]
            self.tracks = [t for t in self.tracks if t not in gone]


def _bend(track: Track, look: Look, state: Float, covariance: Float) -> Float:
    """`bend`; of a target at one of two places their distance is no spread, and each is narrow."""
    return 0.0 * look.noise if track.filter.sided else bend(look, state, covariance)


def _doubt(track: Track, unsure: Ambiguity, look: Look, state: Float) -> bool:
    """Let a missile's filter reckon with its detection's being that of another part, which moves apart from
    it; False where it cannot."""
    if track.environment != SPACE or look.code != RADAR:
        return False
    back = np.linalg.inv(measure(look, state)[1])
    spread = np.diag([0.0] * 3 + [SEPARATION_MPS**2] * 3)
    spread[:3, :3] = back @ unsure.scatter @ back.T
    return track.filter.doubt(unsure.probability, spread)
