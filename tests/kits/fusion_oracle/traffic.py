"""Small, eventful traffic: everything that can happen to a fold, in some twenty seconds of reports.

What the nodes say is invented, not tracked: truth plus an error that wanders. It need not be consistent;
it must bring about births, pairings, misfits, wrong pairings, twins, restarts, silence and drops.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from fusion_oracle import reports as r
from triwatch.v1 import status_pb2, track_pb2

Message = track_pb2.TrackBatch | status_pb2.NodeStatus
NODES = ("A", "B", "C", "D")
STREAMS = {"A": ("",), "B": ("", "JPN-USA"), "C": ("",), "D": ("",)}
_GRAVITY = -9.0 * r.PLACE_M / np.linalg.norm(r.PLACE_M)


@dataclass(slots=True)
class _Thing:
    """One object: straight, then turning or falling."""

    environment: int
    start: np.ndarray
    turns_s: float
    pull: np.ndarray

    def at(self, t_s: float) -> np.ndarray:
        late = max(t_s - self.turns_s, 0.0)
        position = self.start[:3] + t_s * self.start[3:] + 0.5 * late**2 * self.pull
        return np.concatenate([position, self.start[3:] + late * self.pull])


@dataclass(slots=True)
class _Sight:
    """One node's track of one object."""

    thing: int
    local: int
    begins_s: float
    ends_s: float
    says_goodbye: bool
    error: np.ndarray
    environment: int
    identity: int
    call_sign: str
    parent: int = 0
    swaps_s: float = 1e9
    swaps_to: int = 0
    coasts_s: tuple[float, float] = (1e9, 1e9)


@dataclass(slots=True)
class Traffic:
    """What all nodes said, each node's own messages in its order."""

    messages: list[Message] = field(default_factory=list)

    @property
    def reports(self) -> list[track_pb2.TrackBatch]:
        """The reports alone."""
        return [m for m in self.messages if isinstance(m, track_pb2.TrackBatch)]


def _things(rng: np.random.Generator) -> list[_Thing]:
    things = []
    for k in range(4):
        v = rng.normal(0.0, 150.0, 3)
        start = np.concatenate([r.PLACE_M + rng.uniform(-2e4, 2e4, 3), v])
        if k == 1:  # crosses the first within some hundred metres
            start[:3] = things[0].start[:3] + 6.0 * (things[0].start[3:] - v) + rng.normal(0.0, 150.0, 3)
        pull = rng.normal(0.0, 20.0, 3) if rng.random() < 0.6 else np.zeros(3)
        things.append(_Thing(r.AIR, start, rng.uniform(2.0, 12.0), pull))
    missile = np.concatenate([r.PLACE_M * 1.03, [800.0, -900.0, 2500.0]])
    things.append(_Thing(r.SPACE, missile, 0.0, _GRAVITY))
    piece = missile + np.concatenate([np.zeros(3), rng.normal(0.0, 40.0, 3)])
    things.append(_Thing(r.SPACE, piece, 0.0, _GRAVITY))
    ship = np.concatenate([r.PLACE_M + rng.uniform(-2e4, 2e4, 3), rng.normal(0.0, 5.0, 3)])
    things.append(_Thing(r.SURFACE, ship, 0.0, np.zeros(3)))
    return things


def _sights(rng: np.random.Generator, things: list[_Thing], first_local: int) -> list[_Sight]:
    """What one node sees, and how it errs."""
    sights: list[_Sight] = []
    for k, thing in enumerate(things):
        if rng.random() < 0.25:
            continue
        environment = thing.environment
        if environment == r.SPACE and rng.random() < 0.25:
            environment = r.AIR
        sights.append(
            _Sight(
                thing=k,
                local=first_local + len(sights),
                begins_s=float(rng.choice([0.0, 0.0, 2.0, 5.0])),
                ends_s=float(rng.choice([8.0, 13.0, 1e9, 1e9])),
                says_goodbye=bool(rng.random() < 0.5),
                error=rng.normal(0.0, 1.0, 6) * np.repeat([30.0, 4.0], 3),
                environment=environment,
                identity=int(rng.choice([0, 1, 3, 4, 6])),
                call_sign=str(rng.choice(["", "", "KAL12", "JAL7"])),
            )
        )
    if len(sights) > 2:
        sights[-1].parent = sights[0].local
        sights[0].coasts_s = (4.0, 7.0)
        if rng.random() < 0.7:  # this node's filter jumps from one target to another
            one, other = rng.choice(len(sights), 2, replace=False)
            sights[one].swaps_s, sights[one].swaps_to = rng.uniform(3.0, 10.0), sights[other].thing
    return sights


def _row(
    rng: np.random.Generator, sight: _Sight, things: list[_Thing], t_s: float
) -> tuple[np.ndarray, np.ndarray, int]:
    """State, covariance and status that a node tells of one of its tracks."""
    sight.error = 0.8 * sight.error + 0.6 * rng.normal(0.0, 1.0, 6) * np.repeat([25.0, 3.0], 3)
    seen = sight.thing if t_s < sight.swaps_s else sight.swaps_to
    scale = rng.uniform(0.6, 1.6)
    status = r.MAINTAINING
    if sight.coasts_s[0] <= t_s < sight.coasts_s[1]:
        status, scale = r.DROPPING, 3.0
    if t_s >= sight.ends_s:
        status = r.TERMINATED
    covariance = r.diagonal(30.0 * scale, 4.0 * scale)
    covariance[0, 3] = covariance[3, 0] = 40.0 * scale**2
    return things[seen].at(t_s) + sight.error, covariance, status


def traffic(seed: int, duration_s: float = 15.0) -> Traffic:
    """The traffic of one seed.

    A reports each second; B as often to two release groups; C every two seconds, rows of different
    moments in one report, and leaves; D, which declares no process noise, restarts with new numbers.
    After ``duration_s`` the reports grow rare, so that tracks coast and drop.
    """
    rng = np.random.default_rng(seed)
    things = _things(rng)
    out = Traffic()
    steady = np.arange(0.0, duration_s, 0.5)
    rare = duration_s + np.array([3.0, 8.0, 20.0, 45.0])
    periods = {"A": 1.0, "B": 1.0, "C": 2.0, "D": 1.5}
    sights = {node: _sights(rng, things, 1) for node in NODES}
    sequence = dict.fromkeys([(n, s) for n in NODES for s in STREAMS[n]], 0)
    incarnation = dict.fromkeys(NODES, 1)
    before = (0, 0)
    """Start and last sequence of D's first life, once it is over."""
    leaves_s, restarts_s = rng.uniform(8.0, 12.0), rng.uniform(5.0, 9.0)
    for t in [*steady.tolist(), *rare.tolist()]:
        for node in NODES:
            if (t < duration_s and t % periods[node]) or (node == "C" and t > leaves_s + 2.0):
                continue
            if t >= duration_s and rng.random() < 0.3:
                continue
            if node == "D" and t >= restarts_s and incarnation[node] == 1:
                before = (1, sequence[node, ""])
                incarnation[node], sequence[node, ""] = 2, 0
                sights[node] = _sights(rng, things, 1)
            rows = []
            for sight in list(sights[node]):
                moment = t - (float(rng.choice([0.0, 0.7, 1.3])) if node == "C" and t >= 2.0 else 0.0)
                if moment < sight.begins_s:
                    continue
                rows.append((sight, moment, *_row(rng, sight, things, moment)))
                if rows[-1][-1] == r.TERMINATED:
                    sights[node].remove(sight)
                    if not sight.says_goodbye:
                        rows.pop()
            marks = []
            for stream in STREAMS[node]:
                told = [row for row in rows if stream == "" or row[0].environment == r.AIR]
                sequence[node, stream] += 1
                out.messages.append(
                    r.report(
                        node,
                        sequence[node, stream],
                        [row[1] for row in told],
                        np.array([row[2] for row in told]),
                        np.array([row[3] for row in told]).reshape(-1, 6, 6),
                        local=[row[0].local for row in told],
                        environment=[row[0].environment for row in told],
                        status=[row[4] for row in told],
                        q=[0.0 if node == "D" else 2.0] * len(told),
                        incarnation=incarnation[node],
                        stream=stream,
                        identity=[row[0].identity for row in told],
                        identity_confidence=[0.1 * row[0].local % 1.0 for row in told],
                        call_sign=[row[0].call_sign for row in told],
                        parent_local_number=[row[0].parent for row in told],
                    )
                )
                marks.append((stream, sequence[node, stream]))
            last = node == "C" and t > leaves_s
            for stream, number in marks:
                out.messages.append(
                    r.heartbeat(
                        node,
                        number,
                        t,
                        incarnation=incarnation[node],
                        stream=stream,
                        leaving=last,
                        previous=before if node == "D" else (0, 0),
                    )
                )
            if last:
                leaves_s = -10.0
    return out
