"""A recording whose pictures and warnings came in another order, some twice, some never."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

from nodes.recording import Recorded, Recording, Writer
from nodes.recording.channels import PICTURE, WARNINGS

Rearrange = Callable[[list[Recorded]], list[list[Recorded]]]
"""One core's messages of a kind, in order, to those that come in place of each."""


def rerecord(path: Path, out: Path, rearrange: Rearrange) -> Path:
    """Write ``path`` again with every core's updates, and its warnings, as ``rearrange`` has them; each lies
    where another lay."""
    recording = Recording(path)
    placed: defaultdict[tuple[str, str], list[Recorded]] = defaultdict(list)
    for message in recording.messages(PICTURE, WARNINGS):
        placed[message.channel.prefix, message.source].append(message)
    coming = {key: iter(rearrange(messages)) for key, messages in placed.items()}
    with Writer(out) as writer:
        writer.metadata(recording.metadata())
        for message in recording:
            here = [message]
            if message.channel in (PICTURE, WARNINGS):
                here = next(coming[message.channel.prefix, message.source])
            for one in here:
                # a log's times do not fall
                writer.write(one.channel, one.source, one.data, message.log_time_ns, one.publish_time_ns)
    return out


def late_and_twice(messages: list[Recorded]) -> list[list[Recorded]]:
    """1, 2, 3, 5, 4, 6, 7, 8, 10, 9 and so on, every third twice; the last two are in order, so that
    everything is there in the end."""
    order = list(range(len(messages)))
    for k in range(3, len(order) - 2, 5):
        order[k], order[k + 1] = order[k + 1], order[k]
    return [
        [messages[k], messages[order[max(0, i - 4)]]] if i % 3 == 0 else [messages[k]]
        for i, k in enumerate(order)
    ]


def without(sequence: int, channel: str = PICTURE.prefix) -> Rearrange:
    """One update of every core never came."""

    def leave_out(messages: list[Recorded]) -> list[list[Recorded]]:
        gone = sequence - 1 if messages and messages[0].channel.prefix == channel else -1
        return [[] if k == gone else [message] for k, message in enumerate(messages)]

    return leave_out
