"""A recording's warnings as CAP feeds, one folder a nation."""

from __future__ import annotations

from pathlib import Path

from nodes.gateways.cap_feed import CapFeed
from nodes.recording import Recording
from nodes.recording.warnings import recorded_warnings


def export_cap(recording: Recording, folder: Path) -> int:
    """Write every nation's feed into ``folder``/<nation>, as its core would have; returns how many messages.

    Raises BadInput where the folder cannot be written.
    """
    written = 0
    for nation, warnings in recorded_warnings(recording).items():
        feed = CapFeed(folder, nation)
        written += sum(feed.offer(warning) is not None for warning in warnings)
    return written
