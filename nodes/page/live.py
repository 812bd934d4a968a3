"""A live exercise as a source: hears what cores and nodes publish, in a thread of its own."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Final

from google.protobuf.message import DecodeError

from fusion.constants import OPERATION, Chosen
from fusion.update.decode import UpdateError
from nodes.coalition import core_id, of_reader
from nodes.control import clock
from nodes.link import topics
from nodes.link.codec import Received
from nodes.link.directory import Directory
from nodes.link.endpoint import Listener
from nodes.names import EVERY_MEMBER
from nodes.page.comparison import ReportLog
from nodes.page.events import EventLog
from nodes.page.scene import OWN, Scene, countries, own
from nodes.page.trails import Trails
from triwatch.v1 import page_pb2, picture_pb2

_LOST_AFTER_S: Final[
    Annotated[float, Chosen("s", "wall time without a word after which an exercise is lost", OPERATION)]
] = 10.0
_TIDY_EVERY_S: Final[Annotated[float, Chosen("s", "how often what is gone is deleted", OPERATION)]] = 10.0
_ASK_AGAIN_S: Final[
    Annotated[float, Chosen("s", "wall time after which a snapshot is asked for again", OPERATION)]
] = 2.0
_PREFIXES = [
    f"{kind}/"
    for kind in (
        topics.PICTURE,
        topics.NATIONAL,
        topics.CORE_STATUS,
        topics.WARNING,
        topics.STATUS,
        topics.REPORT,
    )
]


class LiveSource:
    """What is published in one coalition directory; ``nation`` is shown first."""

    def __init__(self, root: Path, nation: str) -> None:
        self._nation = nation
        self._trust = of_reader(root, nation)
        self._root = root
        self.lock = threading.Lock()
        """Held while the scene changes."""
        self.trails: dict[str, Trails] = {}
        self._events = EventLog()
        self.scene = Scene(self.trails, self._events)
        self.log = ReportLog(self._trust.coalition)
        self._received_s: dict[str, float] = {}
        self._started_s = clock.monotonic_s()
        self._asked_s: dict[str, float] = {}
        self._running: frozenset[str] = frozenset()
        self._ran: frozenset[str] = frozenset()
        """Processes that run, and those that ever did, by id."""
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="page-link", daemon=True)

    def start(self) -> None:
        """Hear in the background."""
        self._thread.start()

    def close(self) -> None:
        """Hear no more."""
        self._stop.set()
        self._thread.join(2.0)

    def _run(self) -> None:
        listener = Listener(Directory(self._root), self._trust, _PREFIXES)
        listener.receiver.on_snapshot = self._snapshot
        listener.receiver.on_again = self._came_again
        tidied_s = clock.monotonic_s()
        while not self._stop.is_set():
            now_s = clock.monotonic_s()
            listener.look(now_s)
            listener.wait(0.1)
            for received in listener.receiver.receive(now_s):
                with self.lock, suppress(UpdateError):  # mended by a snapshot, as what is lost
                    self._take(received, now_s)
            self._running = frozenset(listener.receiver.peers)
            self._ran |= self._running
            self._mend(listener, now_s)
            if now_s - tidied_s > _TIDY_EVERY_S:
                tidied_s = now_s
                with self.lock:
                    for name, trails in self.trails.items():
                        trails.keep(self.scene.nation(name).rows)
        listener.close()

    def _take(self, received: Received, now_s: float) -> None:
        kind, name, message = received.topic.kind, received.topic.source, received.message
        if kind == topics.PICTURE:
            self._received_s[name] = now_s
            self.scene.picture(name, message)
        elif kind == topics.NATIONAL:
            self._received_s[own(name)] = now_s
            self.scene.national(name, message)
        elif kind == topics.CORE_STATUS and received.topic.stream == EVERY_MEMBER:
            self._received_s[name] = now_s
            self.scene.core_status(name, message)
        elif kind == topics.WARNING:
            self.scene.warning(name, message)
        elif kind == topics.STATUS:
            self.scene.node_status(message)
            self.log.add(message)
        elif kind == topics.REPORT:
            self.scene.report(message)
            assert received.report is not None
            self.log.add(received.report)

    def _came_again(self, received: Received) -> None:
        """It may have another content than before: then nothing of its node's start counts."""
        if received.report is not None:
            self.log.add(received.report)

    def _snapshot(self, data: bytes, national: bool) -> None:
        with self.lock, suppress(DecodeError, UpdateError):  # asked for again while it is missing
            update = picture_pb2.PictureUpdate.FromString(data)
            (self.scene.national if national else self.scene.picture)(update.nation, update)

    def _mend(self, listener: Listener, now_s: float) -> None:
        """Where an update is missing, ask the core for the whole picture."""
        for name, endpoint in listener.receiver.peers.items():
            if endpoint.role != "core":
                continue
            for shown, national in ((endpoint.nation, False), (own(endpoint.nation), True)):
                held = self.scene.nations.get(shown)
                # whether there is an own picture shows when it is first told of
                lacks = held.rows.gap if held is not None else not national
                if lacks and now_s - self._asked_s.get(shown, -_ASK_AGAIN_S) >= _ASK_AGAIN_S:
                    self._asked_s[shown] = now_s
                    listener.receiver.ask_snapshot(name, endpoint.nation, national)

    def describe(self) -> page_pb2.PageSource:
        """The nations heard so far."""
        nations = sorted(self.scene.nations, key=lambda n: (n != self._nation, n != "USA", n))
        return page_pb2.PageSource(
            title="Live", live=True, nation=nations, can_compare=True, country=countries(nations)
        )

    def events(self) -> tuple[int, Sequence[page_pb2.Event]]:
        """What happened since the page was started."""
        return self._events.version, self._events.events

    def age_s(self, nation: str) -> float:
        """Wall seconds since the nation's core last said anything."""
        return clock.monotonic_s() - self._received_s.get(nation, self._started_s)

    def stopped(self, nation: str) -> bool:
        """Whether the nation's core ran and does no longer."""
        core = core_id(nation.removesuffix(OWN))
        return core in self._ran - self._running

    @property
    def ended(self) -> bool:
        """Whether somebody of the coalition ran and nobody does any longer."""
        return bool(self._ran) and not self._running

    def player(self) -> LivePlayer:
        """The present."""
        return LivePlayer(self)


class LivePlayer:
    """The present, or where it was paused."""

    def __init__(self, source: LiveSource) -> None:
        self._source = source
        self._held: Scene | None = None

    @property
    def log(self) -> ReportLog:
        """What the nodes said."""
        return self._source.log

    @property
    def scene(self) -> Scene:
        """What is shown."""
        return self._held or self._source.scene

    def obey(self, request: page_pb2.PageRequest) -> bool:
        """Pause and go on; the present cannot be sought in."""
        if request.playing:
            self._held = None
        elif self._held is None:
            self._held = self._source.scene.copy()
        return False

    def clock(self, nation: str) -> page_pb2.PageClock:
        """The time of the newest picture, and how long ago it came."""
        age_s = self._source.age_s(nation)
        scene = self.scene
        held = scene.nations.get(nation)
        return page_pb2.PageClock(
            time_ns=held.rows.table.time_ns if held and held.rows.table.time_ns else scene.time_ns,
            playing=self._held is None,
            speed=1.0,
            data_age_s=age_s,
            lost=age_s > _LOST_AFTER_S,
            stopped=self._source.stopped(nation),
            ended=self._source.ended,
        )

    def trails(self, nation: str) -> Trails | None:
        """Where the tracks of a nation's picture were."""
        return self._source.trails.get(nation)
