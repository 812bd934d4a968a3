"""What keeps a core's traffic, where somebody wants it kept: a recording."""

from __future__ import annotations

from typing import Protocol

from nodes.link.codec import Received


class Sink(Protocol):
    """Given all that a core received and published. ``log_time_ns`` is scenario time, UTC ns."""

    def take(self, received: Received, log_time_ns: int) -> None:
        """A message that was received."""

    def again(self, received: Received, log_time_ns: int) -> None:
        """One that came under a number that had been received already."""

    def published(self, topic: str, body: bytes, time_ns: int) -> None:
        """The body of a picture or a warning that the core published itself."""

    def summary(self) -> dict[str, object]:
        """What became of it, in the words of the scorecard."""

    def close(self) -> None:
        """Nothing more will come."""
