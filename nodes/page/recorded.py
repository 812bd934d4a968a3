"""A recording as a source: read once from end to end, then played by each browser from where it likes.

What is read is kept compressed in memory in blocks, each with the scene at its start: going anywhere
costs one block.
"""

from __future__ import annotations

import bisect
import threading
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final

import msgspec
from google.protobuf.message import DecodeError

from fusion.constants import OPERATION, Chosen
from fusion.update.decode import UpdateError
from nodes.control import clock
from nodes.page.biases import true_biases
from nodes.page.comparison import ReportLog
from nodes.page.events import EventLog
from nodes.page.scene import Scene, countries, own
from nodes.page.trails import Trails
from nodes.recording import Recorded, Recording
from nodes.recording.channels import NATIONAL, PICTURE, REPORTS, STATUS, TRUE_BIASES, WARNINGS
from nodes.recording.signatures import Signatures
from triwatch.v1 import page_pb2

_BLOCK_NS: Final[Annotated[int, Chosen("ns", "scenario time that is read ahead", OPERATION)]] = 10 * 10**9
_BLOCK_BYTES: Final[Annotated[int, Chosen("bytes", "bytes that are read ahead", OPERATION)]] = 8 * 2**20
_TRAIL_POINTS: Final[Annotated[int, Chosen("1", "points of a trail at most", OPERATION)]] = 1024
_KINDS = (PICTURE, REPORTS, STATUS, WARNINGS, NATIONAL)

Entry = tuple[int, int, str, bytes]
"""Time ns, index of the kind, source, message."""


@dataclass(frozen=True, slots=True)
class Block:
    """Some seconds of a recording."""

    start_ns: int
    scene: Scene
    """As it was before the first message."""
    data: bytes

    def entries(self) -> list[Entry]:
        """The messages in recorded order, their times never falling."""
        return msgspec.msgpack.decode(zlib.decompress(self.data), type=list[Entry])


class RecordedSource:
    """One file. Reading goes on in the background; what has been read can be seen at once."""

    def __init__(self, recording: Recording, title: str) -> None:
        self._recording = recording
        self._title = title
        self.blocks: list[Block] = []
        self.trails: dict[str, Trails] = {}
        self._signatures = Signatures(recording)
        self.log = ReportLog(self._signatures.coalition)
        self.whole = threading.Event()
        """Set when all of it was read."""
        self.unreadable = 0
        self._events = EventLog()
        self._nations: list[str] = []
        self._true_biases = true_biases(recording.metadata().get(TRUE_BIASES) or {})
        self.end_ns = 0

    def start(self) -> None:
        """Read in the background."""
        threading.Thread(target=self.read, name="page-recording", daemon=True).start()

    def read(self) -> None:
        """Read everything."""
        scene = Scene(self.trails, self._events, _TRAIL_POINTS)
        entries: list[Entry] = []
        before, size = scene.copy(), 0
        for time_ns, message in self._timed():
            if entries and (time_ns - entries[0][0] >= _BLOCK_NS or size >= _BLOCK_BYTES):
                self._close(before, entries)
                before, entries, size = scene.copy(), [], 0
            entries.append((time_ns, _KINDS.index(message.channel), message.source, message.data))
            size += len(message.data)
            self._feed(scene, message, time_ns)
        if entries:
            self._close(before, entries)
        self.whole.set()

    def _timed(self) -> Iterator[tuple[int, Recorded]]:
        """Messages with the scenario's time, which never falls."""
        now_ns = 0
        for message in self._recording.messages(*_KINDS):
            now_ns = max(now_ns, message.log_time_ns)
            yield now_ns, message

    def _feed(self, scene: Scene, message: Recorded, time_ns: int) -> None:
        try:
            parsed = message.channel.message.FromString(message.data)
            show(scene, message.channel, message.source, parsed)
        except (DecodeError, UpdateError):
            self.unreadable += 1
            return
        if message.channel in (REPORTS, STATUS):
            self._log(message)
        scene.advance(time_ns)

    def _log(self, message: Recorded) -> None:
        try:
            content = self._signatures.open(message)
        except DecodeError:
            return
        if content is not None:
            self.log.add(content)

    def _close(self, before: Scene, entries: list[Entry]) -> None:
        shared = {e[2] for e in entries if e[1] == _KINDS.index(PICTURE)}
        fuller = {own(e[2]) for e in entries if e[1] == _KINDS.index(NATIONAL)}
        self._nations = sorted(shared | fuller | set(self._nations))
        data = zlib.compress(msgspec.msgpack.encode(entries), 1)
        self.blocks.append(Block(entries[0][0], before, data))
        self.end_ns = entries[-1][0]

    def describe(self) -> page_pb2.PageSource:
        """What there is to see so far."""
        return page_pb2.PageSource(
            title=self._title,
            nation=sorted(self._nations, key=lambda n: (n != "USA", n)),
            start_ns=self.blocks[0].start_ns if self.blocks else 0,
            end_ns=self.end_ns,
            can_compare=self.log.end > 0,
            country=countries(self._nations),
            true_bias=self._true_biases,
        )

    def events(self) -> tuple[int, Sequence[page_pb2.Event]]:
        """Everything that happens in the recording, also what is yet to be played."""
        return self._events.version, self._events.events

    def player(self) -> RecordedPlayer:
        """A place at the beginning."""
        return RecordedPlayer(self)


def show(scene: Scene, channel: Any, source: str, parsed: Any) -> None:
    """One recorded message into the scene. Raises UpdateError where it is a picture's that breaks the
    contract."""
    take: dict[Any, Callable[[], None]] = {
        PICTURE: lambda: scene.picture(source, parsed),
        NATIONAL: lambda: scene.national(source, parsed),
        REPORTS: lambda: scene.report(parsed.payload),
        STATUS: lambda: scene.node_status(parsed.payload),
        WARNINGS: lambda: scene.warning(source, parsed.payload),
    }
    take[channel]()


class RecordedPlayer:
    """One browser's place in a recording."""

    def __init__(self, source: RecordedSource) -> None:
        self._source = source
        self._scene = Scene()
        self._block = 0
        self._entries: list[Entry] = []
        self._next = 0
        self._at_ns = 0
        self._speed = 1.0
        self._playing = True
        self._asked_s = clock.monotonic_s()

    @property
    def scene(self) -> Scene:
        """The moment played to."""
        return self._scene

    @property
    def log(self) -> ReportLog:
        """What the nodes said in the whole recording."""
        return self._source.log

    def obey(self, request: page_pb2.PageRequest) -> bool:
        """Take speed and pause; go where ``seek_ns`` says."""
        self._go_on()
        self._playing = request.playing
        self._speed = min(max(request.speed, 0.1), 600.0) if request.speed else 1.0
        if not request.HasField("seek_ns"):
            return False
        self._go_to(request.seek_ns)
        return True

    def clock(self, nation: str) -> page_pb2.PageClock:
        """Play on to now."""
        self._go_on()
        self._play(self._at_ns)
        ended = self._source.whole.is_set() and self._at_ns >= self._source.end_ns
        return page_pb2.PageClock(time_ns=self._at_ns, playing=self._playing and not ended, speed=self._speed)

    def trails(self, nation: str) -> Trails | None:
        """Where the tracks of a nation's picture were."""
        return self._source.trails.get(nation)

    def _go_on(self) -> None:
        now_s = clock.monotonic_s()
        past_s, self._asked_s = now_s - self._asked_s, now_s
        if not self._at_ns and self._source.blocks:
            self._go_to(self._source.blocks[0].start_ns)
        elif self._playing:
            self._at_ns = min(self._at_ns + round(past_s * self._speed * 1e9), self._source.end_ns)

    def _go_to(self, time_ns: int) -> None:
        blocks = self._source.blocks
        if not blocks:
            return
        self._at_ns = min(max(time_ns, blocks[0].start_ns), self._source.end_ns)
        self._open(max(0, bisect.bisect_right(blocks, self._at_ns, key=lambda b: b.start_ns) - 1))
        self._scene = blocks[self._block].scene.copy()
        self._play(self._at_ns)

    def _open(self, block: int) -> None:
        self._block, self._next = block, 0
        self._entries = self._source.blocks[block].entries()

    def _play(self, until_ns: int) -> None:
        while True:
            while self._next < len(self._entries) and self._entries[self._next][0] <= until_ns:
                time_ns, kind, name, data = self._entries[self._next]
                self._next += 1
                try:
                    show(self._scene, _KINDS[kind], name, _KINDS[kind].message.FromString(data))
                except (DecodeError, UpdateError):
                    continue
                self._scene.advance(time_ns)
            last = self._block + 1 >= len(self._source.blocks)
            if self._next < len(self._entries) or last or not self._entries:
                return
            if self._source.blocks[self._block + 1].start_ns > until_ns:
                return
            self._open(self._block + 1)
