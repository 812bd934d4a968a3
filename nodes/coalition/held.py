"""How far the running cores of a coalition hold a node's reports, by their own signed heartbeats."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Annotated, Final

from fusion.constants import OPERATION, Chosen
from nodes.coalition.chain import load
from nodes.coalition.keys import CONTROL, has_ring
from nodes.coalition.policy import reader_id
from nodes.coalition.trust import of_reader
from nodes.control import clock
from nodes.errors import BadInput
from nodes.link import topics
from nodes.link.directory import Directory
from nodes.link.endpoint import Listener

WAIT_S: Final[
    Annotated[
        float,
        Chosen(
            "s", "how long a command waits for cores to say what they hold; they do twice a second", OPERATION
        ),
    ]
] = 3.0


def held_of(root: Path, node_id: str) -> dict[str, dict[int, int]]:
    """By stream and start of a node, the last sequence that any core in ``root`` holds.

    Of restricted streams as far as the readers' keys that are here may know. Raises BadInput where no core
    holds anything of the node.
    """
    nations = [n for n in load(root).current.nations if has_ring(root, n, reader_id(n))]
    readers = [""] if has_ring(root, "", CONTROL) else nations
    ends: dict[str, dict[int, int]] = {}
    for nation in readers:
        listener = Listener(Directory(root), of_reader(root, nation), [f"{topics.CORE_STATUS}/"])
        with closing(listener):
            until_s = clock.monotonic_s() + WAIT_S
            while (now_s := clock.monotonic_s()) < until_s:
                listener.look(now_s)
                for received in listener.receiver.receive(now_s):
                    for held in received.message.holding:
                        if held.node_id == node_id:
                            starts = ends.setdefault(held.stream, {})
                            known = starts.get(held.incarnation, 0)
                            starts[held.incarnation] = max(known, held.last_sequence)
                listener.wait(0.05)
    if not ends:
        raise BadInput(
            f"{root}: no core that runs there holds a report of {node_id}; start one, or name the last "
            "sequence of each of its starts with --last 1=1042"
        )
    return ends
