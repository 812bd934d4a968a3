"""What happened, for people: one line each, in order of time, known once however many nations say it."""

from __future__ import annotations

import bisect

from triwatch.v1 import page_pb2, picture_pb2, warning_pb2

_MAX = 2000
_LOST = {
    page_pb2.LIVENESS_GONE: "is silent",
    page_pb2.LIVENESS_LEFT: "left",
}


class EventLog:
    """Launches, separations, warnings, impacts, and nodes lost and back."""

    def __init__(self) -> None:
        self.version = 0
        self.events: list[page_pb2.Event] = []
        self._known: set[tuple[int, int | str]] = set()

    def picture(self, update: picture_pb2.PictureUpdate) -> None:
        """Flights that are new are launches; splits are separations."""
        for flight in update.flight:
            if flight.HasField("launch") and self._first(page_pb2.EVENT_KIND_LAUNCH, flight.track):
                text = f"Missile {_name(flight.track)} launched from {_place(flight.launch)}"
                self._add(page_pb2.EVENT_KIND_LAUNCH, update.time_ns, text, flight.track)
        for lineage in update.lineage:
            split = lineage.event == picture_pb2.LINEAGE_EVENT_SPLIT
            if split and self._first(page_pb2.EVENT_KIND_SEPARATION, lineage.track):
                text = f"{_name(lineage.track)} separated from {_name(lineage.other)}"
                self._add(page_pb2.EVENT_KIND_SEPARATION, lineage.time_ns, text, lineage.track)

    def warning(self, warning: warning_pb2.MissileWarning) -> None:
        """The first word on a missile is a warning, the last an impact or a cancellation."""
        track = warning.flight.track
        if warning.status == warning_pb2.WARNING_STATUS_ALL_CLEAR:
            if self._first(page_pb2.EVENT_KIND_IMPACT, track):
                text = f"{_name(track)} came down near {_place(warning.flight.impact)}"
                self._add(page_pb2.EVENT_KIND_IMPACT, warning.time_ns, text, track)
        elif self._first(page_pb2.EVENT_KIND_WARNING, track):
            under = " and ".join(warning.threatened) or "nobody"
            text = f"Warning of {_name(track)}: impact near {_place(warning.flight.impact)}, {under} under it"
            self._add(page_pb2.EVENT_KIND_WARNING, warning.time_ns, text, track)

    def node(self, name: str, state: page_pb2.Liveness, heard_ns: int, now_ns: int) -> None:
        """A node was lost, left or came back."""
        back = state == page_pb2.LIVENESS_ALIVE
        kind = page_pb2.EVENT_KIND_NODE_BACK if back else page_pb2.EVENT_KIND_NODE_LOST
        text = f"{name} is back" if back else f"{name} {_LOST[state]}"
        self._add(kind, now_ns if back else heard_ns, text, node_id=name)

    def _first(self, kind: page_pb2.EventKind, key: int | str) -> bool:
        if (kind, key) in self._known or len(self._known) >= _MAX:
            return False
        self._known.add((kind, key))
        return True

    def _add(
        self, kind: page_pb2.EventKind, time_ns: int, text: str, track: int = 0, node_id: str = ""
    ) -> None:
        event = page_pb2.Event(kind=kind, time_ns=time_ns, text=text, track=track, node_id=node_id)
        if len(self.events) < _MAX:
            bisect.insort(self.events, event, key=lambda e: e.time_ns)
            self.version += 1


def _name(track: int) -> str:
    """As on the page: the block of the node that first reported the track, and the number within it."""
    block, number = divmod(track, 100_000)
    return f"T{block}-{number}" if block else f"T{number}"


def _place(point: picture_pb2.GroundPoint) -> str:
    ns, ew = "S" if point.lat_deg < 0 else "N", "W" if point.lon_deg < 0 else "E"
    return f"{abs(point.lat_deg):.1f}° {ns}, {abs(point.lon_deg):.1f}° {ew}"
