"""How long after the first nation the last one warns of a missile."""

from __future__ import annotations

from nodes.demo.latency import Latency


class Alarms:
    """Each core's first word on each missile, by the clock reading that it published it with.

    All processes of an exercise run on one machine, so their monotonic clocks are one.
    """

    def __init__(self) -> None:
        self._first_ns: dict[str, dict[str, int]] = {}

    def receive(self, warning_id: str, nation: str, sent_ns: int) -> None:
        """A core published a revision of a warning."""
        self._first_ns.setdefault(warning_id, {}).setdefault(nation, sent_ns)

    def spread(self) -> Latency:
        """From the first core's first warning to the last one's, of each missile that several warned of."""
        found = Latency()
        for first_ns in self._first_ns.values():
            if len(first_ns) > 1:
                found.add(max(first_ns.values()) - min(first_ns.values()))
        return found
