"""What happened, for people: one line each, in order of time, known once however many nations say it.

A missile's launch comes before its warning, and its warning before its impact, in whatever order the word of
them arrived.
"""

from __future__ import annotations

import bisect
from typing import Annotated, Final

from fusion import contract
from fusion.constants import OPERATION, Chosen
from fusion.update.decode import Update
from nodes.wording import clock_time, place, together, track_name
from triwatch.v1 import page_pb2, picture_pb2, warning_pb2

_MAX: Final[Annotated[int, Chosen("1", "events kept", OPERATION)]] = 2000
_LOST = {
    page_pb2.LIVENESS_GONE: "is silent",
    page_pb2.LIVENESS_LEFT: "left",
}
_ALERTS = (warning_pb2.WARNING_STATUS_ALERT, warning_pb2.WARNING_STATUS_UPDATE)


class EventLog:
    """Launches, separations, warnings, impacts, and nodes lost and back."""

    def __init__(self) -> None:
        self.version = 0
        self.events: list[page_pb2.Event] = []
        self._known: set[tuple[int, int]] = set()
        self._newest_ns: dict[str, int] = {}
        """By warning id: of the newest word that was taken in; the same word comes from every nation."""
        self._warned_ns: dict[int, int] = {}
        """By track: of its first warning."""
        self._stands: set[int] = set()
        """Tracks that a warning stands of."""
        self._came_off: set[int] = set()
        """Tracks that came off another: each has a flight of its own, but was not launched."""

    def picture(self, update: Update) -> None:
        """Splits are separations; what else newly flies as a missile was launched."""
        for lineage in update.lineage:
            if lineage.event != picture_pb2.LINEAGE_EVENT_SPLIT:
                continue
            if self._first(page_pb2.EVENT_KIND_SEPARATION, lineage.track):
                self._came_off.add(lineage.track)
                text = f"{track_name(lineage.track)} separated from {track_name(lineage.other)}"
                self._add(page_pb2.EVENT_KIND_SEPARATION, lineage.time_ns, text, lineage.track)
        for flight in update.flight:
            launched = flight.HasField("launch") and flight.track not in self._came_off
            if launched and self._first(page_pb2.EVENT_KIND_LAUNCH, flight.track):
                at = f"about {clock_time(flight.launch.time_ns)} near {_place(flight.launch)}"
                time_ns = min(update.time_ns, self._warned_ns.get(flight.track, update.time_ns))
                text = f"Missile {track_name(flight.track)} launched {at}"
                self._add(page_pb2.EVENT_KIND_LAUNCH, time_ns, text, flight.track)

    def warning(self, warning: warning_pb2.MissileWarning) -> None:
        """That a missile is warned of, where it comes down once that can be told, and how it ended."""
        if warning.time_ns <= self._newest_ns.get(warning.warning_id, -1) or len(self._newest_ns) >= _MAX:
            return
        self._newest_ns[warning.warning_id] = warning.time_ns
        track, fall = warning.flight.track, contract.fall_area(warning.flight)
        name = track_name(track)
        if warning.status in _ALERTS:
            self._alert(name, warning)
            return
        self._stands.discard(track)
        if warning.status == warning_pb2.WARNING_STATUS_ALL_CLEAR:
            if self._first(page_pb2.EVENT_KIND_IMPACT, track):
                time_ns = max(fall.time_ns, self._warned_ns.get(track, 0))
                text = f"{name} came down near {_place(fall)}, as far as can be told"
                if not warning.flight.HasField("impact"):
                    text = f"{name} was lost; it has come down wherever it flew"
                self._add(page_pb2.EVENT_KIND_IMPACT, time_ns, text, track)
        elif track in self._warned_ns:
            text = f"Warning of {name} cancelled: {warning.reason}"
            self._add(page_pb2.EVENT_KIND_WARNING, warning.time_ns, text, track)

    def _alert(self, name: str, warning: warning_pb2.MissileWarning) -> None:
        flight = warning.flight
        known = flight.HasField("impact")
        whom = together(warning.threatened) or "nobody"
        fresh = flight.track not in self._stands
        self._stands.add(flight.track)
        if flight.track not in self._warned_ns:
            self._warned_ns[flight.track] = warning.time_ns
            self._launch_no_later(flight.track, warning.time_ns)
        told = known and self._first(page_pb2.EVENT_KIND_WARNING, flight.track)
        if fresh and not known:
            text = f"Warning of missile {name}: impact not yet known; could still reach {whom}"
        elif told or fresh:
            at = clock_time(flight.impact.time_ns)
            text = f"{name}: impact near {_place(flight.impact)} at {at}, {whom} under it"
            text = f"Warning of missile {text}" if fresh else text
        else:
            return
        self._add(page_pb2.EVENT_KIND_WARNING, warning.time_ns, text, flight.track)

    def _launch_no_later(self, track: int, time_ns: int) -> None:
        """What was warned of had been launched: its launch, if a later picture told of it first, moves."""
        for event in self.events:
            if event.kind == page_pb2.EVENT_KIND_LAUNCH and event.track == track and event.time_ns > time_ns:
                event.time_ns = time_ns
                self.events.sort(key=_order)
                self.version += 1
                return

    def node(self, name: str, state: page_pb2.Liveness, received_ns: int, now_ns: int) -> None:
        """A node was lost, left or came back."""
        back = state == page_pb2.LIVENESS_ALIVE
        kind = page_pb2.EVENT_KIND_NODE_BACK if back else page_pb2.EVENT_KIND_NODE_LOST
        text = f"{name} is back" if back else f"{name} {_LOST[state]}"
        self._add(kind, now_ns if back else received_ns, text, node_id=name)

    def _first(self, kind: page_pb2.EventKind, track: int) -> bool:
        if (kind, track) in self._known or len(self._known) >= _MAX:
            return False
        self._known.add((kind, track))
        return True

    def _add(
        self, kind: page_pb2.EventKind, time_ns: int, text: str, track: int = 0, node_id: str = ""
    ) -> None:
        event = page_pb2.Event(kind=kind, time_ns=time_ns, text=text, track=track, node_id=node_id)
        if len(self.events) < _MAX:
            bisect.insort(self.events, event, key=_order)
            self.version += 1


def _order(event: page_pb2.Event) -> tuple[int, int, int]:
    return event.time_ns, event.kind, event.track


def _place(point: picture_pb2.GroundPoint) -> str:
    return place(point.lat_deg, point.lon_deg)
