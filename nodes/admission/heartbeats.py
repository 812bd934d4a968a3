"""What each node has said of how far it has come, put together over the streams that are heard of it.

A node speaks for each of its streams by itself. A picture that takes several of them is told how far the
node has come only when all have been heard, and that it has left only when all say so: else time would be
let go as final while a stream may still bring something.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from triwatch.v1 import status_pb2

LEAVING = status_pb2.NODE_STATE_LEAVING


class Heartbeats:
    """The last heartbeat of every stream of every node."""

    def __init__(self) -> None:
        self._last: dict[tuple[str, str], status_pb2.NodeStatus] = {}

    def receive(self, stream: str, status: status_pb2.NodeStatus) -> bool:
        """Take a heartbeat in; False where a newer one is known."""
        known = self._last.get((status.node_id, stream))
        if known is not None and (status.incarnation, status.time_ns) < (known.incarnation, known.time_ns):
            return False
        self._last[status.node_id, stream] = status
        return True

    def forget(self, node_id: str, stream: str) -> None:
        """The last heartbeat of a stream does not count after all."""
        self._last.pop((node_id, stream), None)

    def all(self) -> Iterator[tuple[str, status_pb2.NodeStatus]]:
        """The last heartbeat of every stream, with the stream's name."""
        yield from ((stream, status) for (_, stream), status in list(self._last.items()))

    @property
    def nodes(self) -> set[str]:
        """Those ever heard."""
        return {node_id for node_id, _ in self._last}

    def streams(self, node_id: str) -> list[str]:
        """Those in which a node was ever heard."""
        return [stream for heard, stream in self._last if heard == node_id]

    def of(self, node_id: str, streams: Iterable[str]) -> status_pb2.NodeStatus | None:
        """A node's word for all of these streams; None until all have been heard since it last started."""
        said = [self._last.get((node_id, stream)) for stream in streams]
        heard = [status for status in said if status is not None]
        if not heard or len(heard) < len(said) or len({status.incarnation for status in heard}) > 1:
            return None
        if len(heard) == 1:
            return heard[0]
        first = heard[0]
        left = all(status.state == LEAVING for status in heard)
        return status_pb2.NodeStatus(
            node_id=node_id,
            nation=first.nation,
            incarnation=first.incarnation,
            state=LEAVING if left else status_pb2.NODE_STATE_ALIVE,
            time_ns=min(status.time_ns for status in heard),
            punctuation=[mark for status in heard for mark in status.punctuation],
        )
