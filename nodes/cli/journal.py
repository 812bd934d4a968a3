"""``triwatch journal``: what a core's journal holds, and whether all of it can be read."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from nodes.cli.output import console, json_option, write_json
from nodes.cli.replay import EXIT_DAMAGED

if TYPE_CHECKING:
    from nodes.framed_log import LogFile


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(exists=True, file_okay=False, path_type=Path))
@json_option
def journal(folder: Path, json_to: str | None) -> int:
    """Check the journal that a core keeps in DIR: how many messages of whom, and what is damaged.

    Reads only; the core may be running. Ends with 3 where messages are damaged: that core has them again from
    its neighbours. A damaged checkpoint makes its next start slower and nothing else.
    """
    from collections import Counter

    from nodes.core.journal_files import checkpoints, read_checkpoint, read_segment, segments
    from nodes.errors import BadInput
    from nodes.framed_log import LogFile

    paths = segments(folder)
    if not paths:
        raise BadInput(f"{folder} holds no journal; name the directory given to `triwatch core --journal`")
    topics: Counter[str] = Counter()
    read = []
    for path in paths:
        found = LogFile(path)
        for record in read_segment(found):
            topics[record.topic.decode(errors="replace")] += 1
        read.append(found)
    damaged = [found for found in read if found.fault]
    spoilt: dict[str, str] = {}
    for path in checkpoints(folder):
        spoilt[path.name] = ""
        try:
            read_checkpoint(path)
        except (OSError, ValueError) as error:
            spoilt[path.name] = str(error)
    out = console(json_to)
    for found in read:
        print(_line(found), file=out)
    for name, fault in spoilt.items():
        print(f"{name}: {fault or 'whole'}", file=out)
    for topic, count in sorted(topics.items()):
        print(f"  {topic}: {count}", file=out)
    print(f"{topics.total()} messages in {len(read)} segments, {len(damaged)} of them damaged", file=out)
    write_json(
        json_to,
        {
            "messages": dict(sorted(topics.items())),
            "segments": [
                {
                    "file": found.path.name,
                    "messages": found.records,
                    "bytes": found.bytes_read,
                    "bytes_lost": found.bytes_left,
                    "fault": found.fault or None,
                }
                for found in read
            ],
            "checkpoints": [{"file": name, "fault": fault or None} for name, fault in spoilt.items()],
        },
    )
    return EXIT_DAMAGED if damaged else 0


def _line(found: LogFile) -> str:
    line = f"{found.path.name}: {found.records} messages, {found.bytes_read} bytes"
    return f"{line}; {found.fault}, {found.bytes_left} bytes lost" if found.fault else line
