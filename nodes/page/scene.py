"""Everything the page can show about one moment: every nation's picture, its warnings, who is there.

Live, there is one scene that the link keeps up to date; of a recording, each browser plays its own.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Annotated, Final

import numpy as np

from fusion.constants import OPERATION, Chosen
from fusion.update.agreement import Agreement
from fusion.update.decode import Update
from fusion.update.newest_warnings import NewestWarnings
from fusion.update.region import fixes
from nodes.coalition.outlines import country_name
from nodes.page.biases import BiasHistory
from nodes.page.events import EventLog
from nodes.page.roster import Roster
from nodes.page.rows import Rows
from nodes.page.searches import SearchHistory
from nodes.page.trails import Trails
from triwatch.v1 import page_pb2, picture_pb2, status_pb2, track_pb2, warning_pb2

_WARNINGS_MAX: Final[Annotated[int, Chosen("1", "warnings shown at most", OPERATION)]] = 64
OWN = " (own)"
"""After a nation's code: its own fuller picture, beside the shared one."""
_OVER_KEPT_NS: Final[Annotated[int, Chosen("ns", "how long a warning that is over stays", OPERATION)]] = (
    900 * 10**9
)
_VERDICT = {
    None: page_pb2.AGREEMENT_UNSPECIFIED,
    True: page_pb2.AGREEMENT_SAME,
    False: page_pb2.AGREEMENT_DIFFERENT,
}
_OVER = (warning_pb2.WARNING_STATUS_CANCEL, warning_pb2.WARNING_STATUS_ALL_CLEAR)


def own(nation: str) -> str:
    """Under which name a nation's own fuller picture is shown beside the shared one."""
    return nation + OWN


def countries(names: Iterable[str]) -> dict[str, str]:
    """What the nations of these pictures are called, by their code."""
    return {code: country_name(code) for code in (name.removesuffix(OWN) for name in names)}


@dataclass(slots=True)
class Nation:
    """What one nation's core published."""

    rows: Rows = field(default_factory=Rows)
    warnings: NewestWarnings = field(default_factory=NewestWarnings)
    biases: BiasHistory = field(default_factory=BiasHistory)
    searches: SearchHistory = field(default_factory=SearchHistory)
    warnings_version: int = 0
    status: status_pb2.CoreStatus | None = None

    def copy(self) -> Nation:
        """An independent one."""
        return Nation(
            self.rows.copy(),
            NewestWarnings(self.warnings),
            self.biases.copy(),
            self.searches.copy(),
            self.warnings_version,
            self.status,
        )


class Scene:
    """The moment ``time_ns``, and how it came about: feed it in the order of arrival."""

    def __init__(
        self,
        trails: dict[str, Trails] | None = None,
        events: EventLog | None = None,
        trail_points: int = 240,
    ) -> None:
        self.time_ns = 0
        self.nations: dict[str, Nation] = {}
        self.roster = Roster()
        self.agreement = Agreement()
        self.trails = trails
        """Where tracks were, by nation; None: nobody asks this scene."""
        self.events = events
        """What happened; None: nobody asks this scene."""
        self._trail_points = trail_points

    def copy(self) -> Scene:
        """An independent scene at the same moment, without trails and events."""
        twin = Scene()
        twin.time_ns = self.time_ns
        twin.nations = {name: nation.copy() for name, nation in self.nations.items()}
        twin.roster, twin.agreement = self.roster.copy(), self.agreement.copy()
        return twin

    def nation(self, name: str) -> Nation:
        """A nation's part; made empty where it is new."""
        return self.nations.setdefault(name, Nation())

    def advance(self, time_ns: int) -> None:
        """It is at least this late."""
        if time_ns <= self.time_ns:
            return
        whole_second = time_ns // 10**9 > self.time_ns // 10**9
        self.time_ns = time_ns
        if whole_second and self.events is not None:
            for name, state in self.roster.changes(time_ns):
                self.events.node(name, state, self.roster.nodes[name].received_ns, time_ns)

    def picture(self, name: str, update: picture_pb2.PictureUpdate) -> None:
        """A nation's core published. Raises UpdateError where it breaks the contract."""
        for due in self.nation(name).rows.take(update):
            self.agreement.note(name, due.input_digest, due.picture_digest, due.time_ns)
            self._trail(name, due)
            self.nation(name).biases.take(due.time_ns, due.sensor_bias)
            self.nation(name).searches.take(due.search)
            if self.events is not None:
                self.events.picture(due)
            self.advance(due.time_ns)

    def national(self, name: str, update: picture_pb2.PictureUpdate) -> None:
        """A nation's core published its own fuller picture, which nobody else's need agree with.

        Raises UpdateError where it breaks the contract.
        """
        for due in self.nation(own(name)).rows.take(update):
            self._trail(own(name), due)
            self.nation(own(name)).biases.take(due.time_ns, due.sensor_bias)
            self.nation(own(name)).searches.take(due.search)

    def _trail(self, name: str, update: Update) -> None:
        if self.trails is not None:
            places = update.rows[fixes(update.rows)]
            self.trails.setdefault(name, Trails(self._trail_points)).add(places)

    def warning(self, name: str, warning: warning_pb2.MissileWarning) -> None:
        """A nation's core warned: of what only its own picture supports there alone, else in both."""
        if own(name) in self.nations:
            self._warn(own(name), warning)
        if not warning.restricted:
            self._warn(name, warning)

    def _warn(self, name: str, warning: warning_pb2.MissileWarning) -> None:
        """What is older than what is held changes nothing."""
        nation = self.nation(name)
        if not nation.warnings.take(warning):
            return
        if self.events is not None:
            self.events.warning(warning)
        nation.warnings_version += 1
        over = [
            key
            for key, w in nation.warnings.items()
            if w.status in _OVER and warning.time_ns - w.time_ns > _OVER_KEPT_NS
        ]
        spare = len(nation.warnings) - len(over) - _WARNINGS_MAX
        oldest = sorted(nation.warnings, key=lambda k: nation.warnings[k].time_ns)[: max(0, spare)]
        for key in {*over, *oldest}:
            del nation.warnings[key]

    def core_status(self, name: str, status: status_pb2.CoreStatus) -> None:
        """A nation's core spoke of itself."""
        self.nation(name).status = status
        self.advance(status.time_ns)

    def node_status(self, status: status_pb2.NodeStatus) -> None:
        """A node's heartbeat."""
        self.roster.status(status)

    def report(self, batch: track_pb2.TrackBatch) -> None:
        """A node reported."""
        self.roster.report(batch)

    def coalition(self, now_ns: int) -> page_pb2.Coalition:
        """Who is there and whether they see the same."""
        shared = {name: nation for name, nation in self.nations.items() if not name.endswith(OWN)}
        numbers = [n.rows.table.rows["number"] for n in shared.values() if n.rows.version]
        common = 1.0
        if numbers:
            every, some = numbers[0], numbers[0]
            for other in numbers[1:]:
                every, some = np.intersect1d(every, other), np.union1d(some, other)
            common = len(every) / len(some) if len(some) else 1.0
        return page_pb2.Coalition(
            node=self.roster.views(now_ns),
            core=[self._core(name, nation) for name, nation in sorted(shared.items())],
            commonality=common,
            agreement=_VERDICT[self.agreement.common and self.agreement.common[0]],
            agreement_time_ns=self.agreement.common[1] if self.agreement.common else 0,
        )

    def _core(self, name: str, nation: Nation) -> page_pb2.CoreView:
        table = nation.rows.table
        return page_pb2.CoreView(
            nation=name,
            time_ns=table.time_ns,
            final_time_ns=table.final_time_ns,
            input_digest=table.input_digest,
            picture_digest=table.picture_digest,
            tracks=len(table),
            status=nation.status,
        )
