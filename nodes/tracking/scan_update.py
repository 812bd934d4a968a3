"""One scan into a node's tracks.

Global nearest neighbour, in turns: confirmed tracks choose first, candidates take from what is left,
slow ones before fast ones, and what is then left starts new candidates. A candidate is confirmed by 3
detections, as long as no more than 2 of its opportunities passed without, and when false alarms would
hardly have fallen so.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from fusion.physics.geodesy import Float
from nodes.sensing.measurement import (
    AFLOAT,
    DOPPLER,
    INFRARED,
    RADAR,
    SONAR,
    TOWED,
    Look,
    bend,
    measure,
    residual,
)
from nodes.sensing.scan import Scan
from nodes.sensing.sensors import Sensor
from nodes.tracking.association import Ambiguity, ambiguity, assign_in_turn
from nodes.tracking.bearing_lines import HeardLine, of_another, sigma_rad
from nodes.tracking.clutter import BELIEVED
from nodes.tracking.coverage import log_missed, patience, unresolved
from nodes.tracking.environment import AIR, SPACE, SURFACE, Kinematics, judge, kinematics
from nodes.tracking.held_tracks import HeldTracks
from nodes.tracking.hypotheses import Other
from nodes.tracking.identity import identify
from nodes.tracking.own_platforms import audible, of_others, own_ships
from nodes.tracking.plume import may_burn, weigh_burning
from nodes.tracking.position_fix import Sighting
from nodes.tracking.scan_likelihood import Weighed, weigh
from nodes.tracking.sea_level import LIKELY, SURE, elevation_off_rad
from nodes.tracking.track import CONFIRM_HITS, Track
from nodes.tracking.track_initiation import SEPARATION_MPS, Missiles, candidates, crossed
from nodes.tracking.turns import Turn, beaten, turns_of


class ScanUpdate:
    """Brings the tracks that a node holds up to its scans."""

    def __init__(self, held: HeldTracks) -> None:
        self._held = held
        self._scans = [0] * len(held.sensors)

    def process(self, scan: Scan) -> None:
        """Take one scan, not earlier than any before it."""
        spec, look = self._held.sensors[scan.sensor], Look.of(scan)
        stands = [where for other, where in self._held.stands.items() if other != scan.sensor]
        look, measurement = of_others(look, scan.measurement, stands)
        w = weigh(self._held.tracks, spec, scan.time_ns, look, measurement, scan.sensor)
        state, covariance = w.state, w.covariance
        if look.code in (SONAR, TOWED):
            w.without(own_ships(self._held.tracks, state, covariance, [*stands, look.position_m]))
        w.without(of_another(self._held.tracks, scan.sensor, self._held.sensors))
        turn = turns_of(self._held.tracks)
        pairs = assign_in_turn(w.cost, turn)
        given = dict(pairs)
        self._held.doubts.forget(self._held.tracks)
        others = self._held.doubts.branch(self._held.tracks, w, given, look.code == INFRARED)
        grown = self._grown(scan, look, measurement, w, given)

        broken: list[Track] = []
        for row, detection in pairs:
            track = self._held.tracks[row]
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
            rises = 0.0
            if track.environment == SURFACE and look.code == RADAR:
                track.height.take(Sighting(look, found), scan.time_ns, elevation_off_rad(spec))
                floats, flies, rises = track.height.weigh(state[row], covariance[row])
                if floats > LIKELY:
                    taken = taken.afloat(track.height.off_sea_m(flies, rises))
                    found = np.append(found, 0.0)
            elif track.environment == SURFACE and look.code == DOPPLER:
                # a ship's filters are linearised in the position alone
                taken, found = taken.without_rate(), found[:2]
            self._note(track, scan, w, row, detection, taken, found)
            try:
                self._take(track, scan, taken, found, w.k, row, detection)
            except np.linalg.LinAlgError:
                broken.append(track)
            if taken.code == AFLOAT:
                track.filter.widen(track.height.may_have_risen(rises, w.k.up[row]))
            if not track.confirmed and track.hits >= CONFIRM_HITS and track.score > BELIEVED:
                track.number, track.told_ns = self._held.fresh_number(), scan.time_ns
        hit = np.zeros(len(self._held.tracks), dtype=bool)
        hit[[row for row, _ in pairs]] = True
        self._miss(spec, look, self._held.tracks, np.flatnonzero(w.looked & ~hit), w, hit, scan.time_ns)
        for other in others:
            self._follow(other, scan, look, measurement, w, dict(other.rows))
        for other, weighed, outcome in grown:
            self._follow(other, scan, look, measurement, weighed, outcome)
        self._held.doubts.settle(scan.time_ns)
        self._judge([self._held.tracks[row] for row, _ in pairs])

        space = [i for i, t in enumerate(self._held.tracks) if t.confirmed and t.environment == SPACE]
        sheds = tuple(self._held.tracks[i].sheds(scan.time_ns) for i in space)
        missiles = Missiles(sheds, state[space], covariance[space])
        free = set(range(len(measurement))) - {d for _, d in pairs}
        if audible(spec):
            self._held.stands[scan.sensor] = look.position_m
        lost = beaten([self._held.tracks[row] for row, _ in pairs])
        slow = [d for row, d in pairs if turn[row] == Turn.FAST and not self._held.tracks[row].confirmed]
        self._held.remove([t for t in self._held.tracks if t.hopeless or t in lost or t in broken])
        watched = self._scans[scan.sensor] >= 2

        def start(detection: int) -> list[Track]:
            sighting = Sighting(look.at(detection), measurement[detection])
            return candidates(
                self._held.kind, scan.sensor, spec, sighting, scan.time_ns, detection, watched, missiles
            )

        born = {detection: start(detection) for detection in sorted(free)}
        self._held.tracks += [track for new in born.values() for track in new]
        self._held.doubts.born(born, start, scan.time_ns)
        for detection in sorted(slow):  # only a fast candidate took it: it may as well be a ship's first
            self._held.tracks += [t for t in start(detection) if t.environment == SURFACE]
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
        readings = self._held.doubts.others
        branches = [b for other in readings for b in other.branches]
        if not branches:
            return []
        weighed = weigh(
            branches, self._held.sensors[scan.sensor], scan.time_ns, look, measurement, scan.sensor
        )
        return [
            (o, weighed, outcome)
            for o, outcome in self._held.doubts.read(self._held.tracks, w, given, weighed)
        ]

    def _follow(
        self, other: Other, scan: Scan, look: Look, measurement: Float, w: Weighed, outcome: dict[int, int]
    ) -> None:
        """Update the branches of another reading: ``outcome`` is by row of ``w``."""
        spec = self._held.sensors[scan.sensor]
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
        filter.adopt(self._held.behaviour(track, track.environment, k, row))
        sighting = Sighting(look, z)
        anew = None
        if scan.sensor not in track.sensors and track.hits <= CONFIRM_HITS:
            anew = crossed(self._held.kind, track, sighting)
        if anew is not None:
            track.filter = anew
        else:
            filter.turns_show = len(track.sensors | {scan.sensor}) > 1 and not filter.sided
            filter.step((scan.time_ns - track.time_ns) * 1e-9, look, z)
        if look.code == INFRARED:
            track.dark = 0
        if look.code == INFRARED and may_burn(track, k, row):
            weigh_burning(track.filter, self._held.sensors[scan.sensor].pd, seen=True)
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
        time_ns: int,
    ) -> None:
        hidden = unresolved(spec, look, w.expected[rows], w.expected[hit])
        for row, excused in zip(rows, hidden, strict=True):
            track = tracks[row]
            if look.code == RADAR and _told_by_height(track) and not excused:
                track.height.miss(time_ns, spec.pd)
                _, _, rises = track.height.weigh(track.filter.x, track.filter.p)
                track.filter.widen(track.height.may_have_risen(rises, w.k.up[row]))
            self._miss_one(spec, look, track, bool(excused), w.k, row)

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
            track = tracks[row]
            if _surely_flies(track):
                self._held.change(track, AIR, k, row)
            elif track.vote(int(judged)):
                self._held.change(track, int(judged), k, row)
            identify(track, float(k.altitude_m[row]), float(k.speed_mps[row]))


def _told_by_height(track: Track) -> bool:
    """Whether it is taken for a ship of which a radar measured the height."""
    return track.environment == SURFACE and track.height.information > 0.0


def _surely_flies(track: Track) -> bool:
    """Whether what was taken for a ship surely is none."""
    if not _told_by_height(track):
        return False
    return track.height.weigh(track.filter.x, track.filter.p)[0] < 1.0 - SURE


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
