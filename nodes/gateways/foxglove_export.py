"""A recording with Foxglove's schemas beside our topics, so that Foxglove or Lichtblick shows it.

Every message stays as it is; beside them ``/map/<nation>`` has the picture as foxglove.GeoJSON, which the map
panel draws: tracks as points, of each warning the launch, the impact and where it is expected to 95 %.
"""

from __future__ import annotations

import heapq
import json
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from nodes.errors import BadInput
from nodes.gateways.geojson_export import collection
from nodes.gateways.moments import moments
from nodes.recording import Recording, Writer
from nodes.recording.channels import Channel


class _Message(NamedTuple):
    """What is written, in the order of its time."""

    order_ns: int
    place: int
    """Ours before Foxglove's of the same time; else as they stood."""
    channel: Channel
    source: str
    data: bytes
    log_time_ns: int
    publish_time_ns: int


def write_foxglove(recording: Recording, out: Path, nation: str, every_s: float) -> int:
    """Write the recording anew with a map of one nation's picture; returns how many maps. Raises BadInput."""
    try:
        from foxglove_schemas_protobuf.GeoJSON_pb2 import GeoJSON
    except ImportError:
        raise BadInput(
            "Foxglove's schemas are not installed; install them with: pip install 'triwatch[gateways]'"
        ) from None
    if out.exists() and out.samefile(recording.path):
        raise BadInput(f"{out}: is the recording itself; name another file")
    map_channel, maps = Channel("/map", GeoJSON), 0

    def drawn() -> Iterator[_Message]:
        for moment in moments(recording, nation, every_s):
            text = json.dumps(collection(moment, nation), separators=(",", ":"), ensure_ascii=False)
            data = GeoJSON(geojson=text).SerializeToString()
            yield _Message(moment.time_ns, 2**62, map_channel, nation, data, moment.time_ns, moment.time_ns)

    with Writer(out) as writer:
        writer.metadata(recording.metadata())
        for one in heapq.merge(_ours(recording), drawn(), key=lambda m: (m.order_ns, m.place)):
            maps += one.channel is map_channel
            writer.write(one.channel, one.source, one.data, one.log_time_ns, one.publish_time_ns)
    return maps


def _ours(recording: Recording) -> Iterator[_Message]:
    """Every message in recorded order; one that came late keeps its place by the time before it."""
    newest_ns = 0
    for place, (channel, source, data, log_time_ns, publish_time_ns) in enumerate(recording.messages()):
        newest_ns = max(newest_ns, log_time_ns)
        yield _Message(newest_ns, place, channel, source, data, log_time_ns, publish_time_ns)
