"""What one node reports of the tracks that it holds, and which of them it gives up.

A track is given up after more misses in a row than its sensors' probability of detection excuses, or when it
has coasted for too long; a silence counts as a miss only where the sensor could have seen the target. Only
confirmed tracks are reported: MAINTAINING, DROPPING while they coast, and TERMINATED once; one that may hold
another's lines of sight not for a while, which is no end: what was said of it is carried on.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Final

import numpy as np

from fusion.bearings.hypotheses import Ships
from fusion.constants import JUDGED, Chosen
from fusion.physics.geodesy import Float
from fusion.report.reported_sensors import NO_SENSOR
from nodes.tracking.bearing_lines import only_heard, told_lines
from nodes.tracking.columns import NO_LINES, LineColumns, TrackColumns, reportable
from nodes.tracking.columns_of_tracks import columns_of
from nodes.tracking.duplicate_tracks import redundant
from nodes.tracking.environment import SPACE, SUBSURFACE, SURFACE, Kinematics, kinematics
from nodes.tracking.held_tracks import HeldTracks
from nodes.tracking.listening import Listening, columns_of_heard
from nodes.tracking.motion_models import THRUST_MODE, braked, unlit
from nodes.tracking.own_platforms import own_ships
from nodes.tracking.scan_likelihood import predicted, reported
from nodes.tracking.track import Track
from nodes.tracking.track_ending import given_up, status_of
from nodes.tracking.tracklet_accumulator import News
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


class TrackReport:
    """Makes a node's reports; ``tells_lines``: what only sonars hear is told by its bearings."""

    def __init__(self, held: HeldTracks, tells_lines: bool) -> None:
        self._held = held
        self._tells_lines = tells_lines
        self._listening = Listening(held.sensors, held.fresh_number)
        self._reported_ns = -1

    def make(self, time_ns: int) -> TrackColumns:
        """All confirmed tracks at ``time_ns``, not earlier than any scan taken; drops what is lost. Of
        those that are only heard, where lines are told, the bearings since the last report.

        A track that may hold another's lines of sight is left out for a while: whoever hears the reports
        carries on what was said of it before, and a state that is another's would have to be taken back. A
        radar's doubts last a scan or two, and what parts from a missile must be told of while they do.
        """
        state, covariance = predicted(self._held.tracks, time_ns)
        k = kinematics(state, covariance)
        for row, track in enumerate(self._held.tracks):
            self._coast(track, time_ns, k, row)
        self._drop(time_ns, k, covariance)
        doubted = {
            t
            for t in self._held.doubts.doubted()
            if time_ns - t.told_ns < HELD_BACK_NS and not self._held.by_radar(t)
        }
        told = [t for t in self._held.tracks if t.confirmed and t not in doubted]
        heard = sorted((t for t in told if only_heard(t, self._held.sensors)), key=lambda t: t.number)
        told = [t for t in told if t not in heard]
        lines, rows = self._heard(heard, told, time_ns)
        for track in self._held.tracks:
            track.lines = ()
        for track in heard:
            track.news, track.told_ns = News(), time_ns
        self._reported_ns = time_ns
        tracks = sorted(told + self._held.ended, key=lambda t: t.number)
        ended = {t.number for t in self._held.ended}
        self._held.ended = []
        state, covariance = reported(tracks, time_ns)
        sound = reportable(state, covariance)
        if not sound.all():
            broken = [t for t, good in zip(tracks, sound, strict=True) if not good]
            self._held.tracks = [t for t in self._held.tracks if t not in broken]
            tracks = [t for t in tracks if t not in broken]
            state, covariance = state[sound], covariance[sound]

        information, vector = np.zeros((len(tracks), 6, 6)), np.zeros((len(tracks), 6))
        sensor = np.full(len(tracks), NO_SENSOR)
        for row, track in enumerate(tracks):
            track.news.carry(track.filter.motion_model, track.filter.process_noise, time_ns, state[row])
            information[row], vector[row] = track.news.information, track.news.vector
            sensor[row] = track.told_by
            track.news, track.told_ns = News(), time_ns
        self._held.doubts.reported(tracks)

        status = [status_of(t, self._held.sensors, time_ns, t.number in ended) for t in tracks]
        columns = columns_of(tracks, status, state, covariance, (information, vector, sensor), time_ns)
        return replace(columns.beside(rows), lines=lines)

    def _heard(
        self, heard: list[Track], others: list[Track], time_ns: int
    ) -> tuple[LineColumns, TrackColumns]:
        """What is reported of what is only heard: its lines, or rows of what these are of together. No other
        track may have such a row's number."""
        if self._tells_lines:
            return told_lines(heard, self._held.sensors, self._reported_ns), columns_of_heard([], time_ns)
        ships = [t for t in others if t.environment in (SURFACE, SUBSURFACE)]
        state, covariance = predicted(ships, time_ns)
        its = ~own_ships(ships, state, covariance, list(self._held.stands.values()))
        number = np.array([t.number for t in ships], np.int64)
        held = Ships(number[its], np.full(its.sum(), time_ns), state[its], covariance[its])
        self._listening.hear(heard, held, self._reported_ns, time_ns)
        self._held.ended = [t for t in self._held.ended if not only_heard(t, self._held.sensors)]
        for track in others:
            if self._listening.has_told(track.number):
                track.number = self._held.fresh_number()
        return NO_LINES, columns_of_heard(self._listening.told(heard), time_ns)

    def _coast(self, track: Track, time_ns: int, k: Kinematics, row: int) -> None:
        """Step a silent track ahead; one that falls unseen into the air will be braked."""
        silent = time_ns - track.time_ns
        period_ns = 1e9 * min(self._held.sensors[s].period_s for s in track.sensors)
        falls = (
            track.environment == SPACE
            and braked(k.altitude_m[row], k.climb_mps[row])
            and time_ns - track.last_hit_ns > 1.5 * period_ns
        )
        if falls or silent >= COMMIT_NS:
            how = self._held.behaviour(track, track.environment, k, row)
            if falls:
                track.filter.adopt(how)
                track.filter.weigh(np.eye(2)[THRUST_MODE])
            elif track.environment == SPACE:
                track.filter.adopt(unlit(how))
            track.filter.coast(silent * 1e-9)
            track.time_ns = time_ns

    def _drop(self, time_ns: int, k: Kinematics, covariance: Float) -> None:
        """Remove what coasted too long, came down, or is another track once more."""
        self._held.remove(given_up(self._held.tracks, self._held.sensors, time_ns, k, covariance))
        state, covariance = predicted(self._held.tracks, time_ns)
        own = own_ships(self._held.tracks, state, covariance, list(self._held.stands.values()))
        heard = np.array([only_heard(t, self._held.sensors) for t in self._held.tracks], dtype=bool)
        self._held.remove(
            redundant(self._held.tracks, state, covariance, time_ns, self._may_be_one(own, heard))
        )

    def _may_be_one(self, own: Mask, heard: Mask) -> Mask:
        """(n, n) which tracks may be of one target and need no second: an own ship is nothing that is only
        heard. Of two contacts wedges say nothing, which meet where they begin: one sonar's are two, of
        which one of the same target starves; of two sonars' others decide."""
        one: Mask = ~((own | heard)[:, None] & heard)
        return one & one.T
