"""Who is there: which node was heard when, what it covers, and who fell silent.

Silence is measured in scenario time against how often the node usually speaks, so that a picture played
ten times as fast does not call everybody stale.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, field, replace

from nodes.link.liveness import Life, life_after
from triwatch.v1 import page_pb2, status_pb2, track_pb2

_SHOWN = {
    Life.ALIVE: page_pb2.LIVENESS_ALIVE,
    Life.STALE: page_pb2.LIVENESS_STALE,
    Life.GONE: page_pb2.LIVENESS_GONE,
}


@dataclass(frozen=True, slots=True)
class Node:
    """What is known of one node."""

    nation: str
    received_ns: int = 0
    gap_s: float = 0.0
    """Usual time between two words: grows at once, at most twofold, and falls slowly."""
    tracks: int = 0
    left: bool = False
    sensors: tuple[status_pb2.SensorReach, ...] = field(default=())
    looks: int = 0
    """That it told of where it listened for what is searched."""
    looked_ns: int = 0
    """When the last of them was."""


class Roster:
    """All nodes that were ever heard."""

    def __init__(self) -> None:
        self.nodes: dict[str, Node] = {}
        self._said: dict[str, int] = {}

    def copy(self) -> Roster:
        """An independent roster."""
        twin = copy.copy(self)
        twin.nodes, twin._said = dict(self.nodes), dict(self._said)
        return twin

    def report(self, batch: track_pb2.TrackBatch) -> None:
        """A report came."""
        time_ns = max(batch.valid_time_ns, default=batch.sent_time_ns)
        node = self._received(batch.node_id, batch.nation, time_ns)
        self.nodes[batch.node_id] = replace(
            node,
            tracks=len(batch.local_number),
            left=False,
            looks=node.looks + len(batch.look_time_ns),
            looked_ns=max(batch.look_time_ns, default=node.looked_ns),
        )

    def status(self, status: status_pb2.NodeStatus) -> None:
        """A heartbeat came."""
        node = self._received(status.node_id, status.nation, status.time_ns)
        left = status.state == status_pb2.NODE_STATE_LEAVING
        sensors = tuple(status.sensor) or _first_sensor(status) or node.sensors
        self.nodes[status.node_id] = replace(node, tracks=status.tracks, left=left, sensors=sensors)

    def _received(self, name: str, nation: str, time_ns: int) -> Node:
        node = self.nodes.get(name) or Node(nation, time_ns)
        gap_s = (time_ns - node.received_ns) * 1e-9
        if gap_s <= 0:
            return node
        usual_s = min(gap_s, 2 * node.gap_s) if node.gap_s else gap_s
        return replace(node, received_ns=time_ns, gap_s=max(usual_s, 0.8 * node.gap_s + 0.2 * usual_s))

    def liveness(self, name: str, now_ns: int) -> page_pb2.Liveness:
        """Whether a node is alive, stale, gone, or said goodbye."""
        node = self.nodes[name]
        if node.left:
            return page_pb2.LIVENESS_LEFT
        return _SHOWN[life_after((now_ns - node.received_ns) * 1e-9, node.gap_s)]

    def views(self, now_ns: int) -> list[page_pb2.NodeView]:
        """Every node as the page shows it, by nation and name."""
        return [
            page_pb2.NodeView(
                node_id=name,
                nation=node.nation,
                liveness=self.liveness(name, now_ns),
                heard_time_ns=node.received_ns,
                tracks=node.tracks,
                sensor=node.sensors,
                looks=node.looks,
                looked_time_ns=node.looked_ns,
            )
            for name, node in sorted(self.nodes.items(), key=lambda item: (item[1].nation, item[0]))
        ]

    def changes(self, now_ns: int) -> list[tuple[str, page_pb2.Liveness]]:
        """Nodes that were lost, left or came back since the last call."""
        out = []
        for name in self.nodes:
            state = self.liveness(name, now_ns)
            lost = state in (page_pb2.LIVENESS_GONE, page_pb2.LIVENESS_LEFT)
            before = self._said.get(name, page_pb2.LIVENESS_ALIVE)
            if state != before and (lost or state == page_pb2.LIVENESS_ALIVE):
                self._said[name] = state
                out.append((name, state))
        return out


def _first_sensor(status: status_pb2.NodeStatus) -> tuple[status_pb2.SensorReach, ...]:
    """A node that declares no sensor still says where its first one is."""
    if len(status.position) != 3:
        return ()
    return (status_pb2.SensorReach(kind="sensor", position=status.position),)
