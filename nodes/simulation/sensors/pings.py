"""When and where a multistatic sensor's source pings."""

from __future__ import annotations

from collections.abc import Iterator

from nodes.sensing.scan import Ping
from nodes.sensing.sensors import in_stations
from nodes.simulation.sensors.platform import Platform
from nodes.simulation.spec import MultistaticSpec, PingSource, Scenario


class Pings:
    """Of a source that the sensor names, or of its own."""

    def __init__(self, spec: MultistaticSpec, scenario: Scenario, phase_s: float) -> None:
        """``phase_s`` is when the sensor's own first ping is. Raises KeyError for a source that is none."""
        source = scenario.source(spec.source) if spec.source else None
        self._start_ns = scenario.start_ns
        self._sound_mps = spec.sound_mps
        self._source: PingSource | MultistaticSpec = source or spec
        self._silent_s = source.silent_s if source else ()
        self._platform = Platform(self._source)
        self.phase_s = source.phase_s if source else phase_s
        self.period_s = self._source.period_s

    def times_s(self, from_s: float, until_s: float) -> Iterator[float]:
        """When it pings, from ``from_s`` up to but not including ``until_s``."""
        number = max(0, -int((self.phase_s - from_s) // self.period_s))
        while (time_s := self.phase_s + number * self.period_s) < until_s:
            silent = any(start <= time_s < end for start, end in self._silent_s)
            if not silent and in_stations(self._source.stations, time_s):
                yield time_s
            number += 1

    def at(self, t_s: float) -> Ping:
        """The ping of that time."""
        return Ping(self._start_ns + round(t_s * 1e9), self._platform.at(t_s)[0], self._sound_mps)
