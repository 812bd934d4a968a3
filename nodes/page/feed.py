"""What one browser is owed: composes each frame against the last one that was sent.

However slow the browser, there is never more than the newest state to send.
"""

from __future__ import annotations

from typing import Annotated, Final

from fusion.constants import OPERATION, Chosen
from nodes.page.comparison import Comparison
from nodes.page.source import Player, Source
from triwatch.v1 import page_pb2, picture_pb2

_COMPARE_EVERY_NS: Final[Annotated[int, Chosen("ns", "least time between two comparisons", OPERATION)]] = (
    10**9
)


class Feed:
    """The frames of one connection."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._player: Player = source.player()
        self._wish = page_pb2.PageRequest(playing=True, speed=1.0)
        self._sequence = 0
        self._described = b""
        self._coalition = b""
        self._compared_ns = 0
        self._comparison: Comparison | None = None
        self._versions = _Versions()
        self.place = 0
        """Grows with every jump to another moment, nation or comparison: what was compared before is void."""

    @property
    def sequence(self) -> int:
        """Of the newest frame made."""
        return self._sequence

    @property
    def nation(self) -> str:
        """Whose picture is shown."""
        return self._wish.nation or next(iter(self._source.describe().nation), "")

    def obey(self, request: page_pb2.PageRequest) -> None:
        """What the browser asks for."""
        other = request.nation != self._wish.nation
        counts_others = list(request.counted) != list(self._wish.counted)
        self._wish.CopyFrom(request)
        elsewhere = self._player.obey(request)
        if elsewhere or other:
            self._versions = _Versions()
        if elsewhere or other or counts_others:
            self._compared_ns = 0
            self.place += 1

    def compose(self) -> page_pb2.PageFrame:
        """The next frame: only what changed since the last one."""
        self._sequence += 1
        frame = page_pb2.PageFrame(sequence=self._sequence)
        source = self._source.describe()
        nation = self.nation
        frame.clock.CopyFrom(self._player.clock(nation))
        described = source.SerializeToString(deterministic=True)
        if described != self._described:
            self._described = described
            frame.source.CopyFrom(source)
        scene, versions = self._player.scene, self._versions
        coalition = scene.coalition(frame.clock.time_ns)
        encoded = coalition.SerializeToString(deterministic=True)
        if encoded != self._coalition:
            self._coalition = encoded
            frame.coalition.CopyFrom(coalition)
        version, events = self._source.events()
        if version != versions.events:
            versions.events = version
            frame.events.event.extend(events)
        self._picture(frame, nation)
        return frame

    def _picture(self, frame: page_pb2.PageFrame, nation: str) -> None:
        held = self._player.scene.nations.get(nation)
        versions = self._versions
        if held is None:
            if versions.rows != 0:  # before the nation's first word there is nothing to see
                versions.rows = 0
                frame.picture.kind = picture_pb2.PICTURE_KIND_SNAPSHOT
                frame.picture.nation = nation
                frame.warnings.SetInParent()
            return
        rows = held.rows
        if rows.version != versions.rows:
            update = rows.since(max(versions.rows, 0))
            update.nation = nation
            frame.picture.CopyFrom(update)
            frame.region.extend(rows.regions(max(versions.rows, 0)))
            trails = self._player.trails(nation)
            if update.kind == picture_pb2.PICTURE_KIND_SNAPSHOT and trails is not None:
                frame.trail.extend(trails.of(rows, frame.clock.time_ns))
            versions.rows = rows.version
        if held.biases.version != versions.biases:
            versions.biases = held.biases.version
            frame.bias_history.extend(held.biases.messages())
        if held.searches.version != versions.searches:
            versions.searches = held.searches.version
            frame.search_history.extend(held.searches.messages())
        if held.warnings_version != versions.warnings:
            versions.warnings = held.warnings_version
            frame.warnings.warning.extend(held.warnings.values())
            frame.warnings.SetInParent()

    def due_comparison(self, time_ns: int) -> bool:
        """Whether the compared picture is asked for and old."""
        moved_ns = abs(time_ns - self._compared_ns)
        return bool(self._wish.counted) and moved_ns >= _COMPARE_EVERY_NS

    def begin_comparison(self, time_ns: int) -> None:
        """The picture of ``time_ns`` is compared: due again when time has moved or another is asked for."""
        self._compared_ns = time_ns

    def compare(self, nation: str, time_ns: int) -> page_pb2.PageFrame:
        """A frame, beside the numbered ones, with the picture that the counted nations alone would see.

        Takes a while at first: everything until then is folded again.
        """
        counted = tuple(self._wish.counted)
        comparison = self._comparison
        if comparison is None or comparison.key != (nation, counted) or comparison.time_ns > time_ns:
            comparison = self._comparison = Comparison(nation, counted)
        update = comparison.advance(self._player.log, time_ns)
        return page_pb2.PageFrame(compared=update, counted=counted)


class _Versions:
    """What the browser holds; -1: not even nothing."""

    def __init__(self) -> None:
        self.rows = -1
        self.warnings = -1
        self.biases = -1
        self.searches = -1
        self.events = -1
