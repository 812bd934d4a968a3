"""A recording's warnings as CAP feeds, one folder a nation."""

from __future__ import annotations

from pathlib import Path

from google.protobuf.message import DecodeError

from nodes.gateways.cap_feed import CapFeed
from nodes.recording import Recording
from nodes.recording.channels import WARNINGS


def export_cap(recording: Recording, folder: Path) -> int:
    """Write every nation's feed into ``folder``/<nation>, as its core would have; returns how many messages.

    Raises BadInput where the folder cannot be written.
    """
    feeds: dict[str, CapFeed] = {}
    written = 0
    for message in recording.messages(WARNINGS):
        try:
            warning = WARNINGS.message.FromString(message.data).payload
        except DecodeError:
            continue
        feed = feeds.setdefault(message.source, CapFeed(folder, message.source))
        written += feed.offer(warning) is not None
    return written
