"""One nation's core as a process: receive, fold, publish."""

from __future__ import annotations

import gc
import logging
from collections.abc import Callable, Iterator
from math import inf
from pathlib import Path
from typing import Annotated, Final

from fusion.constants import OPERATION, Chosen
from fusion.warm import warm_fold
from fusion.warning.warm import warm_warning
from nodes import coalition
from nodes.admission import Judgement, of_nation
from nodes.coalition import Credentials
from nodes.control import clock
from nodes.control.piped_clock import TimeSource
from nodes.core.checkpoint import Checkpoints
from nodes.core.durable_journal import DurableJournal
from nodes.core.ingest import Ingest
from nodes.core.launcher import Launcher
from nodes.core.publish import Publication
from nodes.core.sink import Sink
from nodes.core.topology import Topology
from nodes.core.track_release import TrackRelease
from nodes.core.views import View, Views, Warns
from nodes.core.watch import Watch
from nodes.errors import BadInput
from nodes.link import topics
from nodes.link.codec import Received
from nodes.link.directory import Directory, EndpointRecord
from nodes.link.endpoint import LinkEndpoint
from nodes.link.liveness import HEARTBEAT_S
from nodes.link.records import Addresses
from nodes.names import EVERY_MEMBER, nations_of, stream_of
from nodes.operations.endpoint_state import introduce, state_of
from nodes.operations.reporter import Reporter
from triwatch.v1 import warning_pb2

_log = logging.getLogger("triwatch.core")

ASK_S: Final[
    Annotated[
        float, Chosen("s", "how often a core asks its neighbours after nodes that are silent", OPERATION)
    ]
] = 2.0

JOURNALLED = (topics.REPORT, topics.STATUS)
"""The kinds of messages that a picture and its finality follow from."""

SILENCE_NS: Final[
    Annotated[
        int,
        Chosen(
            "ns",
            "A node that does not say how far it has come holds the all-clear back for so long",
            OPERATION,
        ),
    ]
] = 30_000_000_000

MakeWarner = Callable[[int, TrackRelease | None], Warns]
"""What warns of one picture: given the core's incarnation, and to whom its tracks are released where that is
not every member."""


class CoreProcess:
    """Runs one nation's core in the coalition directory ``root``, under ``time_source``.

    What ``journal`` holds comes first, as if it were received anew; then all that counts is kept in it.
    ``hub`` is the nation that relays everything, where the topology has one; ``sink`` makes what keeps
    all that was received and published.
    """

    def __init__(
        self,
        root: Path,
        trust: Credentials,
        nation: str,
        time_source: TimeSource,
        *,
        hub: str | None = None,
        sink: Callable[[], Sink] | None = None,
        journal: DurableJournal | None = None,
        warner: MakeWarner | None = None,
        addresses: Addresses | None = None,
        reporter: Reporter | None = None,
    ) -> None:
        self.coalition = trust.coalition
        members = self.coalition.current.nations
        for code in (nation, hub or nation):
            if code not in members:
                raise BadInput(f"{code} is no member of the coalition in {root}: {', '.join(members)}")
        directory = Directory(root)
        directory.claim(coalition.core_id(nation))
        self._sink = sink() if sink else None
        self._journal = journal
        self._nation = nation
        self._time_source = time_source
        self._warner = warner
        warm_fold()
        warm_warning()
        incarnation = coalition.next_incarnation(root, nation, coalition.core_id(nation))
        self._topology = Topology(nation, hub)
        self.endpoint = LinkEndpoint(
            directory,
            trust,
            coalition.core_id(nation),
            "core",
            nation,
            choose=self._choose,
            addresses=addresses,
            incarnation=incarnation,
        )
        self._judgement = Judgement(self.coalition)
        shared = of_nation(self._judgement, nation, national=False)
        self.views = Views(
            View(topics.picture(nation), shared, warner(incarnation, None) if warner else None)
        )
        self.ingest = Ingest(self.endpoint, self.views, self.coalition, nation, self._judgement)
        self.publication = Publication(
            self.endpoint, self.views, self.ingest, nation, incarnation, self._sink, self._topology.hub
        )
        self.endpoint.receiver.on_again = self._came_again
        self.endpoint.receiver.on_refused = self._came_of_no_use
        self._incarnation = incarnation
        self._offer(self.views.shared)
        self._begin_national()
        self._checkpoints = (
            Checkpoints(journal, self.endpoint, self.views, self.ingest, trust)
            if journal is not None
            else None
        )
        self.endpoint.receiver.only = self._topology.only
        self.endpoint.wake_on(time_source.wake_fd)
        self._reporter = reporter
        if reporter is not None:
            reporter.begin()
        self._watch = Watch(
            self.endpoint, self.views, self.ingest, self.coalition, nation, self._topology.hub
        )
        self._launcher = Launcher(
            time_source, self.endpoint, self.coalition, self.ingest, self.views, self.publication, incarnation
        )
        self._status_due_s = 0.0
        self._ask_due_s = 0.0
        self._asked = 0

    def run(self) -> None:
        """Serve until told to stop."""
        # all that is imported and compiled stays: to look through it for garbage would hold a report up 0.1 s
        gc.collect()
        gc.freeze()
        for wait_s in self.turns():
            self.endpoint.wait(wait_s)

    def turns(self) -> Iterator[float]:
        """Begin, then serve turn by turn until told to stop; yields how long the next turn has time, in
        seconds, if nothing comes."""
        self._restore()
        for view in self.views.all:
            self._show(view)
        self.endpoint.register()
        introduce(self.endpoint, self._incarnation, self.coalition.id)
        while not self._time_source.stop:
            self._time_source.acknowledge()
            now_s = clock.monotonic_s()
            self._turn(now_s)
            if self._reporter is not None:
                self._report(self._reporter, now_s)
            due_s = min(self._status_due_s, self._launcher.due_s, self.ingest.late.due_s or inf)
            yield max(0.0, due_s - clock.monotonic_s())
        self._bring_in(inf)

    def close(self) -> None:
        """Leave the link and finish the recording."""
        self.endpoint.close(in_a_hurry=self._time_source.exercise)
        if self._reporter is not None:
            self._reporter.end()
        if self._sink:
            self._sink.close()
        if self._journal is not None:
            self._journal.close()

    def summary(self) -> dict[str, object]:
        """What this core holds, in the words of the scorecard."""
        shared, national = self.views.shared, self.views.national
        summary = {"nation": self._nation, "reports": self.publication.counts(), **_facts(shared)}
        if self._sink is not None:
            summary["recording"] = self._sink.summary()
        if self._journal is not None:
            summary["journal"] = self._journal.summary()
        return summary | ({"national": _facts(national)} if national is not None else {})

    def _report(self, reporter: Reporter, began_s: float) -> None:
        """Say how this core is to those who run it, now and then."""
        now_s = clock.monotonic_s()
        reporter.turned(now_s - began_s)
        if not reporter.due(now_s):
            return
        failure = (self._journal.failure or "") if self._journal is not None else ""
        state = state_of(
            self.endpoint,
            reporter,
            now_s,
            incarnation=self._incarnation,
            time_ns=self.views.fullest.picture.time_ns,
            published=self.publication.published,
            core=self._watch.state(now_s, self.publication.counts(), failure),
        )
        reporter.tell(state, now_s)

    def _turn(self, now_s: float) -> None:
        """Take in the reports that have come and show them at once; then what else came, and other duties."""
        self.endpoint.trust.time_ns = self.views.fullest.picture.time_ns
        self.endpoint.look(now_s)
        if self.ingest.follow():
            self._begin_national()
        for messages in (
            self.endpoint.receiver.receive_first(topics.REPORT, now_s),
            self.endpoint.receiver.receive_rest(now_s),
        ):
            for received in messages:
                if self._topology.relays:
                    self.endpoint.publisher.relay(received)
                if self.ingest.take(received, now_s) or received.report:
                    self._store(received)
            self._bring_in(now_s)
        if self._journal is not None:
            # before a heartbeat says that it is held
            self._journal.commit()
            if self._checkpoints is not None and self._journal.due:
                self._checkpoints.make()
        if now_s >= self._status_due_s:
            self._status_due_s = now_s + HEARTBEAT_S
            self.ingest.tend()
            for view in self.views.all:
                if view.picture.final_time_ns != view.final_time_ns:
                    self._show(view)
            self.publication.publish_status()
            self._pass_time()
        if now_s >= self._ask_due_s:
            self._ask_due_s = now_s + ASK_S
            self._ask_after_the_silent(now_s)
            self.ingest.remind()
        self.endpoint.serve()
        if self._time_source.exercise:
            self._launcher.tell(now_s)

    def _bring_in(self, now_s: float) -> None:
        """Bring in what waits and has its time, and show what is new."""
        self.ingest.renew(now_s)
        for view in self.views.all:
            if view.fresh:
                self._show(view)

    def _begin_national(self) -> None:
        """Fold a fuller picture too, as soon as the policy has anything that not every member may have."""
        restricted = any(any(node.streams_for(self._nation)) for node in self.ingest.members.values())
        if self.views.national is not None or not restricted:
            return
        track_release = TrackRelease(self._nation)
        view = View(
            topics.national(self._nation),
            of_nation(self._judgement, self._nation, national=True),
            self._warner(self._incarnation, track_release) if self._warner else None,
            track_release,
        )
        self.ingest.replay(view)
        self.views.national = view
        self._offer(view)

    def _restore(self) -> None:
        """Take in what an earlier process of this core had acknowledged: the newest checkpoint and what came
        after it; where a recording is made, everything, for it begins with what this core holds."""
        if self._journal is None or self._checkpoints is None:
            return
        # what is kept already is not kept once more
        journal, self._journal = self._journal, None
        receiver, now_s = self.endpoint.receiver, clock.monotonic_s()
        first = self._checkpoints.resume(now_s) if self._sink is None else 0
        for number in journal.earlier:
            for record in journal.read(number) if number >= first else ():
                for received in receiver.restore(record.topic, record.body, now_s):
                    self.ingest.take(received, now_s)
                    if self._sink:
                        self._sink.take(received, max(self.views.fullest.picture.time_ns, 1))
            if journal.due:
                # whoever is killed before the end goes on from here
                self._checkpoints.make(before=number + 1)
        self.ingest.late.bring_in(inf)
        self._journal = journal
        if journal.earlier:
            held, took_s = self.views.fullest.picture.counts.folded, clock.monotonic_s() - now_s
            _log.info("%d reports from the journal %s in %.1f s", held, journal.folder, took_s)

    def _store(self, received: Received) -> None:
        """Keep a message that has taken its number, or is a node's newest heartbeat."""
        if self._sink:
            self._sink.take(received, max(self.views.fullest.picture.time_ns, 1))
        if self._journal is not None and received.topic.kind in JOURNALLED:
            self._journal.append(received.topic.text.encode(), received.body)

    def _came_again(self, received: Received) -> None:
        if self._sink:
            self._sink.again(received, max(self.views.fullest.picture.time_ns, 1))
        if self.ingest.compare(received) and self._journal is not None:
            # the proof must outlive this process, too
            self._journal.append(received.topic.text.encode(), received.body)

    def _came_of_no_use(self, received: Received) -> None:
        self.ingest.pass_over(received)
        self._store(received)

    def _offer(self, view: View) -> None:
        self.endpoint.requests.snapshots[view.topic] = lambda: self.publication.snapshot(view)

    def _show(self, view: View) -> None:
        """Publish a picture, then what it warns of: the picture must not wait for that."""
        while True:
            self.publication.publish_picture(view)
            self._warn(view)
            if not view.picture.untold:
                return

    def _warn(self, view: View, time_ns: int = 0) -> None:
        for warning in view.warner.news(view.picture, time_ns) if view.warner is not None else ():
            status = warning_pb2.WarningStatus.Name(warning.status)
            self._watch.warned[status.removeprefix("WARNING_STATUS_").lower()] += 1
            restricted = view.track_release is not None
            stream = stream_of(warning.released_to) if restricted else EVERY_MEMBER
            self.publication.publish_warning(warning, stream)

    def _pass_time(self) -> None:
        """Let warnings end whose missile nobody reports any more: that alone makes no new picture."""
        for view in self.views.all:
            heard = sorted(status.time_ns for status in self.ingest.newest_statuses(view).values())
            if not heard:
                continue
            spoken_ns = min(view.picture.spoken_time_ns, heard[-1])
            time_ns = max(spoken_ns, heard[(len(heard) - 1) // 2] - SILENCE_NS)
            self._warn(view, time_ns)

    def _choose(self, endpoints: dict[str, EndpointRecord]) -> dict[str, EndpointRecord]:
        """Whom to receive from."""
        wanted, received_s = self.endpoint.receiver.prefixes, self.ingest.neighbour_received_s
        return self._topology.choose(endpoints, wanted, received_s, clock.monotonic_s())

    def _ask_after_the_silent(self, now_s: float) -> None:
        """A node that left before this core came, whose goodbye was lost or that others hear alone, is known
        to a neighbour, with its last word."""
        cores = [e for e in self.endpoint.receiver.peers.values() if e.role == "core"]
        self._asked += 1
        for stream, node_id in self.ingest.silent_nodes(self.endpoint.others(), now_s):
            able = sorted(e.id for e in cores if not stream or e.nation in nations_of(stream))
            if able:
                self.endpoint.receiver.ask_status(able[self._asked % len(able)], stream, node_id)


def _facts(view: View) -> dict[str, object]:
    return {
        "tracks": view.picture.live,
        "input_digest": view.picture.input_digest(),
        "picture_digest": view.picture.digest(),
        "time_ns": view.picture.time_ns,
        "final_time_ns": view.picture.final_time_ns,
    }
