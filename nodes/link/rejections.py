"""Counts what was refused and says so in a log that cannot be flooded."""

from __future__ import annotations

import logging
from collections import Counter
from typing import Annotated, Final

from fusion.constants import OPERATION, Chosen
from nodes.control import clock
from nodes.link.errors import Reason, WireError

_log = logging.getLogger("triwatch.link")

_TEXT_MAX: Final[
    Annotated[int, Chosen("1", "letters of a refused message's topic in a log line", OPERATION)]
] = 200


class Rejections:
    """Counters by reason; the first and then every doubling of a reason's count is logged."""

    def __init__(self) -> None:
        self.by_reason: Counter[Reason] = Counter()
        self.last_s: dict[Reason, float] = {}
        """When each was met last, monotonic wall seconds."""

    def __call__(self, where: str, error: WireError) -> None:
        """Count ``error``, met at ``where`` (a topic or a peer)."""
        self.by_reason[error.reason] += 1
        self.last_s[error.reason] = clock.monotonic_s()
        count = self.by_reason[error.reason]
        if count & (count - 1) == 0:
            # what a stranger sent is shown escaped and cut: a log line stays one line
            text = ascii(f"{where}: {error}")[1:-1][:_TEXT_MAX]
            _log.warning(
                "refused (%s, %d so far) %s",
                error.reason,
                count,
                text,
                extra={"event": "refused", "reason": str(error.reason), "count": count},
            )

    @property
    def total(self) -> int:
        """All refusals so far."""
        return self.by_reason.total()
