"""The undersea picture, shared and of each nation alone, against the truth."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any, Final

import numpy as np

from fusion import Picture
from fusion.arrays import Bools, Float, Ints
from fusion.bearings.told import heard_told
from fusion.constants import SCORED, Chosen
from fusion.contract import SUBSURFACE
from fusion.live_tracks import carried
from fusion.score.in_view import seen_in
from fusion.score.tables import Truth
from fusion.score.undersea import Contact, Course, figures
from fusion.update.region import Region, region_of
from nodes.admission import Admission
from nodes.recording import Recording
from nodes.recording.channels import DETECTIONS, ORIGINS, TRUTH
from nodes.recording.tables import DetectionColumns, TruthColumns

EVERY: Final[
    Annotated[int, Chosen("1", "of the truth's instants every so manieth: little happens in seconds", SCORED)]
] = 5
_LOWER = np.tril_indices(6)


class UnderseaWatch:
    """Follows what some pictures show under water while they are folded."""

    def __init__(self, recording: Recording, views: Mapping[str, Admission]) -> None:
        self._truth, self._in_view = _truth_of(recording)
        self._views = {name: _View(admission) for name, admission in views.items()}
        self._next = 0

    def step(self, until_ns: int) -> None:
        """The pictures hold all before ``until_ns``."""
        while self._next < len(self._truth.time_ns) and self._truth.time_ns[self._next] < until_ns:
            for view in self._views.values():
                view.take(self._truth, self._next, self._in_view[self._next])
            self._next += 1

    def figures(self) -> dict[str, Any]:
        """As `fusion.score.undersea.figures`."""
        return figures(self._truth, self._in_view, {n: view.course for n, view in self._views.items()})


class _View:
    """One picture."""

    def __init__(self, admission: Admission) -> None:
        self._admission = admission
        self.course = Course()
        self._regions: dict[int, tuple[int, Region | None]] = {}
        """By number: the time of the row that it was made of, and where that is."""

    def take(self, truth: Truth, k: int, seen: Bools) -> None:
        """What the picture shows at one instant."""
        picture, time_ns = self._admission.picture, int(truth.time_ns[k])
        contacts: list[Contact] = []
        if picture.time_ns:
            tracks = picture.tracks()
            under = np.flatnonzero(tracks.environment == SUBSURFACE)
            told = tracks.state[under, :3].copy()
            regions = self._regions_of(
                picture, tracks.number, tracks.time_ns, tracks.state, tracks.covariance, under
            )
            now = carried(tracks, time_ns)
            for i, row in enumerate(under.tolist()):
                region, place = regions[i], now.state[row, :3]
                if region is not None:
                    contacts.append(Contact(int(now.number[row]), place, place - told[i], region))
        self.course.take(truth, k, seen, contacts)

    def _regions_of(
        self, picture: Picture, number: Ints, time_ns: Ints, state: Float, covariance: Float, rows: Ints
    ) -> list[Region | None]:
        """Made once of each row as it was told."""
        heard = {one.track: one for one in heard_told(picture.heard, number[rows])}
        found = []
        for row in rows.tolist():
            key, at_ns = int(number[row]), int(time_ns[row])
            made = self._regions.get(key)
            if made is None or made[0] != at_ns:
                packed = covariance[row][_LOWER]
                made = self._regions[key] = (at_ns, region_of(state[row], packed, heard.get(key)))
            found.append(made[1])
        return found


def is_under_water(recording: Recording) -> bool:
    """Whether anything of the truth ever is."""
    for message in recording.messages(TRUTH):
        if SUBSURFACE in message.channel.message.FromString(message.data).environment:
            return True
    return False


def _truth_of(recording: Recording) -> tuple[Truth, Bools]:
    """The truth at every fifth instant, and where the coalition sees what is there; all of it where nobody
    recorded detections."""
    columns = TruthColumns()
    for message in recording.messages(TRUTH):
        columns.add(message.channel.message.FromString(message.data))
    instant_ns, state, environment, identity = columns.tables()
    exists = np.isfinite(state[:, :, 0])
    truth = Truth(instant_ns, tuple(columns.column), state, environment, identity, exists)
    looks = DetectionColumns(columns.column, {})
    for message in recording.messages(DETECTIONS, ORIGINS):
        one = message.channel.message.FromString(message.data)
        (looks.add if message.channel == DETECTIONS else looks.add_origins)(one)
    detections = looks.table()
    seen = exists if detections is None else exists & seen_in(truth, detections)
    pick = slice(None, None, EVERY)
    thin = replace(
        truth,
        time_ns=instant_ns[pick],
        state=state[pick],
        environment=environment[pick],
        identity=identity[pick],
        in_view=exists[pick],
    )
    return thin, seen[pick]
