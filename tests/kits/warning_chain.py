"""A scenario lived through in one process: sensors, national trackers, the picture, the warning board."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from functools import partial

import msgspec
import numpy as np
from scipy.optimize import linear_sum_assignment

from fusion import Picture
from fusion.contract import SPACE
from fusion.warning.flight_row import ALERT, ALL_CLEAR, CANCEL, UPDATE
from fusion.warning.news import FINAL, WarningNews
from nodes.coalition.outlines import nations
from nodes.sensing.scan import Scan
from nodes.sensor_node.simulated import simulated_node
from nodes.simulation.loader import load
from nodes.simulation.spec import Scenario
from nodes.simulation.truth import World
from origins import Origins
from triwatch.v1 import track_pb2, warning_pb2

OPEN = (ALERT, UPDATE)
ENDED = (CANCEL, ALL_CLEAR)
OWN_M = 10e3
HEARD_NS = 2_000_000_000
"""So far behind is what every node has spoken for."""


@dataclass
class SpaceTrack:
    """A live track in space."""

    number: int
    parent: int
    state: np.ndarray


@dataclass
class Lived:
    """What was said in a scenario, and of what."""

    said: dict[str, list[tuple[float, warning_pb2.MissileWarning]]] = field(default_factory=dict)
    """By warning: scenario seconds and revision."""
    votes: dict[str, Counter[str]] = field(default_factory=dict)
    """By warning: how often its track was nearest to which object."""
    fed: dict[int, Counter[str]] = field(default_factory=dict)
    """By shared track in space: seconds in which a contributor's detections were of which object."""
    tracks: dict[float, dict[str, tuple[int, int]]] = field(default_factory=dict)
    """By second and object: number and parent of the shared track that is its own."""
    redundant: dict[float, int] = field(default_factory=dict)
    """By second: tracks in space that are no object's own."""
    first_infrared_s: dict[str, float] = field(default_factory=dict)
    """By object: its first infrared detection."""

    def of(self, object_id: str) -> list[str]:
        """The warnings that speak mostly of an object."""
        return [w for w, votes in self.votes.items() if votes.most_common(1)[0][0] == object_id]

    def first_s(self, object_id: str) -> float:
        """When anybody was first warned of an object; infinite where nobody was."""
        return min((self.said[w][0][0] for w in self.of(object_id)), default=np.inf)

    def warned_in_the_end(self, object_id: str) -> bool:
        """Whether the track that it has last is one of which a warning stands."""
        own = self.tracks[max(self.tracks)].get(object_id, ())
        warned_of = {last.flight.track for last in map(self.last, self.said) if last.status in OPEN}
        return bool(own) and own[0] in warned_of

    def last(self, warning_id: str) -> warning_pb2.MissileWarning:
        """A warning's last revision."""
        return self.said[warning_id][-1][1]


def scenario(name: str, seed: int | None = None) -> Scenario:
    """A built-in scenario, with another seed."""
    found = load(name)
    return found if seed is None else msgspec.structs.replace(found, seed=seed)


def live(one: Scenario, until_s: float | None = None, world: World | None = None) -> Lived:
    """Live through a scenario second by second, as one core that hears every node at once would."""
    world = world or World(one)
    picture, lived, origins = Picture(), Lived(), Origins()
    mapped = nations(one.members)
    news = WarningNews(lambda _: mapped)

    def receive(node_id: str, scan: Scan, object_id: tuple[str, ...]) -> None:
        origins.receive(node_id, scan, object_id)
        if scan.kind == "infrared":
            for name in filter(None, object_id):
                lived.first_infrared_s.setdefault(name, (scan.time_ns - one.start_ns) * 1e-9)

    nodes = [simulated_node(one, n.id, world=world, on_scan=partial(receive, n.id)) for n in one.nodes]
    for node in nodes:
        origins.listen(node)
    flying = {f.object_id for f in world.flights()}
    for t in np.arange(1.0, (until_s or one.duration_s) + 1.0):
        batches = []
        for node in nodes:
            for item in node.advance(one.time_ns(float(t))):
                if isinstance(item, track_pb2.TrackBatch):
                    batches.append(item)
        for batch in sorted(batches, key=lambda b: (b.sent_time_ns, b.node_id)):
            picture.fold(batch)
        for number, of in origins.shared(picture).items():
            lived.fed.setdefault(number, Counter()).update(of)
        here = {track.number: track for track in _space(picture)}
        snapshot = world.at(float(t))
        there = {o: s[:3] for o, s in zip(snapshot.object_id, snapshot.state, strict=True) if o in flying}
        for warning in news.of(picture, one.time_ns(float(t)) - HEARD_NS):
            if warning.finality == FINAL:
                continue
            lived.said.setdefault(warning.warning_id, []).append((float(t), warning))
            row = here.get(warning.flight.track)
            if row is not None and there:
                near = min(there, key=lambda o: float(np.linalg.norm(there[o] - row.state[:3])))
                lived.votes.setdefault(warning.warning_id, Counter())[near] += 1
        if here or there:
            own = lived.tracks[float(t)] = _own_tracks(there, list(here.values()))
            lived.redundant[float(t)] = len(here) - len(own)
    return lived


def _space(picture: Picture) -> list[SpaceTrack]:
    """The live tracks in space."""
    tracks = picture.tracks()
    return [
        SpaceTrack(int(tracks.number[i]), int(tracks.parent[i]), tracks.state[i])
        for i in np.flatnonzero(tracks.environment == SPACE)
    ]


def _own_tracks(there: dict[str, np.ndarray], rows: list[SpaceTrack]) -> dict[str, tuple[int, int]]:
    """Tracks and objects paired one to one at the least sum of distances, none farther than OWN_M."""
    if not there or not rows:
        return {}
    names = sorted(there)
    apart = np.array([[np.linalg.norm(there[o] - row.state[:3]) for row in rows] for o in names])
    pairs = zip(*linear_sum_assignment(np.minimum(apart, OWN_M)), strict=True)
    return {names[i]: (rows[j].number, rows[j].parent) for i, j in pairs if apart[i, j] < OWN_M}
