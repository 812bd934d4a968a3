"""One nation's core without a link: the real checks, ingest and pictures, given what it would receive."""

from __future__ import annotations

from collections import Counter
from math import inf
from types import SimpleNamespace
from typing import Any

from nodes.admission import Judgement, of_nation
from nodes.coalition import Credentials
from nodes.core.ingest import Ingest
from nodes.core.track_release import TrackRelease
from nodes.core.views import View, Views
from nodes.link import codec, limits, topics
from nodes.link.errors import WireError
from nodes.link.journal import Journal
from nodes.link.rejections import Rejections
from nodes.link.repairs import Repairs
from nodes.names import nations_of


class QuietCore:
    """A core of ``nation``; what it publishes goes nowhere."""

    def __init__(self, nation: str, trust: Credentials) -> None:
        self.nation = nation
        self.trust = trust
        self.rejections = Rejections()
        self.repairs = Repairs()
        self.shown: list[tuple[str, bytes]] = []
        """Topics and bodies shown to others: proofs."""
        self.receiver: Any = SimpleNamespace(
            repairs=self.repairs, again=Counter(), listen=lambda _: None, duplicates=0, missing=0
        )
        publisher = SimpleNamespace(
            journals={topics.REPORT: Journal(limits.ARCHIVE_BYTES_MAX)},
            latest={},
            send=lambda frames: self.shown.append((frames[0].decode(), frames[1])),
        )
        self.endpoint: Any = SimpleNamespace(
            receiver=self.receiver, publisher=publisher, rejections=self.rejections, trust=trust
        )
        known = Judgement(trust.coalition)
        self.views = Views(View(topics.picture(nation), of_nation(known, nation, national=False), None))
        self.views.national = View(
            topics.national(nation), of_nation(known, nation, national=True), None, TrackRelease(nation)
        )
        self.ingest = Ingest(self.endpoint, self.views, trust.coalition, nation, known)

    def deliver(self, topic_text: str, body: bytes) -> None:
        """One message, as the receiver and the core's loop take it."""
        topic = topics.parse(topic_text.encode())
        if topic.stream and self.nation not in nations_of(topic.stream):
            return
        try:
            received = codec.decode(topic, body, self.trust)
        except WireError as error:
            self.rejections(topic_text, error)
            return
        if topic.kind == topics.STATUS:
            for mark in received.message.punctuation:
                said = topics.parse(topics.report(mark.stream, topic.source).encode())
                incarnation, time_ns = received.message.incarnation, received.message.time_ns
                self.repairs.announce(said, incarnation, mark.last_sequence, 0.0, time_ns)
        if received.sequence and not self.repairs.note(topic, received.incarnation, received.sequence, 0.0):
            self.ingest.compare(received)
        elif received.refused is not None:
            self.ingest.pass_over(received)
        else:
            self.ingest.take(received, 0.0)
        self.ingest.renew(inf)

    def follow(self) -> None:
        """Look for newer versions of the policy."""
        self.trust.refresh()
        self.ingest.follow()
        self.ingest.renew(inf)

    def digests(self) -> list[tuple[str, str]]:
        """Of input and picture, the shared one's and the nation's own."""
        return [(view.picture.input_digest(), view.picture.digest()) for view in self.views.all]
