"""What a core says to others follows from what both hold: the real ingest, fold, publication, no sockets."""

from collections import Counter
from types import SimpleNamespace
from typing import Any

import pytest

import link_kit
import trust_kit
from fusion import Picture, Report
from nodes.admission import Judgement, of_nation
from nodes.coalition import Coalition, Member, Policy
from nodes.control import clock
from nodes.core.ingest import Ingest
from nodes.core.publish import Publication
from nodes.core.track_release import TrackRelease
from nodes.core.views import View, Views
from nodes.link import codec, limits, topics
from nodes.link.codec import Received
from nodes.link.errors import Reason
from nodes.link.journal import Journal
from nodes.link.liveness import STALE_AFTER_S
from nodes.link.rejections import Rejections
from nodes.link.release import may_read
from nodes.link.repairs import Repairs
from nodes.link.trust import Peer
from triwatch.v1 import picture_pb2, status_pb2, track_pb2, warning_pb2

NATIONS = ("USA", "JPN", "KOR")
MEMBERS = frozenset(NATIONS)
NODES = (
    Member(id="KOR-1", nation="KOR", groups=(("KOR", "USA"),)),
    Member(id="USA-1", nation="USA"),
    Member(id="JPN-1", nation="JPN", releasable_to=("JPN", "USA")),
)
SECOND_NS = 1_000_000_000


def at_ns(at_s: int) -> int:
    return link_kit.START_NS + at_s * SECOND_NS


def coalition(*later: tuple[int, tuple[str, ...], tuple[Member, ...]]) -> Coalition:
    """Versions of a policy, as if signed: (effective seconds, nations, nodes) after the first."""
    made = Coalition.__new__(Coalition)
    made.root = None
    first = Policy(nations=NATIONS, nodes=NODES)
    made.versions = (
        first,
        *(
            Policy(version=2 + k, effective_ns=at_ns(at_s), nations=nations, nodes=nodes)
            for k, (at_s, nations, nodes) in enumerate(later)
        ),
    )
    return made


class Core:
    """One nation's core without a link: what it would send, by topic."""

    def __init__(self, nation: str, policy: Coalition | None = None, hub: str = "") -> None:
        self.sent: list[tuple[str, bytes]] = []
        self.coalition = policy or coalition()
        self.repairs = Repairs()
        self.rejections = Rejections()
        receiver = SimpleNamespace(
            repairs=self.repairs, again=Counter(), listen=lambda _: None, check=None, duplicates=0, missing=0
        )
        publisher = SimpleNamespace(
            journals={topics.REPORT: Journal(limits.ARCHIVE_BYTES_MAX)},
            latest={},
            publish=self._publish,
            send=lambda _: None,
        )
        endpoint: Any = SimpleNamespace(
            receiver=receiver,
            publisher=publisher,
            rejections=self.rejections,
            trust=trust_kit.signer("core-USA"),
        )
        known = Judgement(self.coalition)
        self.views = Views(View(topics.picture(nation), of_nation(known, nation, national=False), None))
        self.views.national = View(
            topics.national(nation), of_nation(known, nation, national=True), None, TrackRelease(nation)
        )
        self.ingest = Ingest(endpoint, self.views, self.coalition, nation, known)
        self.publication = Publication(endpoint, self.views, self.ingest, nation, 1, hub=hub)

    def _publish(self, topic: str, body: bytes, *_: object) -> None:
        self.sent.append((topic, body))

    def receive(self, topic: str, message: Any, sequence: int = 0) -> bool:
        parsed = topics.parse(topic.encode())
        if sequence:
            self.repairs.note(parsed, 1, sequence, 0.0)
        payload = message.SerializeToString()
        report = Report.from_bytes(payload) if parsed.kind == topics.REPORT else None
        received = Received(parsed, payload, message, payload, sequence and 1, sequence, report=report)
        return self.ingest.take(received, 0.0)

    def report(
        self, node_id: str, stream: str, sequence: int, environment: int, x_m: float = 0.0, at_s: int = 0
    ) -> bool:
        batch = link_kit.batch(node_id, at_s or sequence, stream=stream, x_m=6.4e6 + x_m)
        batch.sequence = sequence
        batch.environment[0] = environment
        batch.local_number[0] = environment
        return self.receive(topics.report(stream, node_id), batch, sequence)

    def status(self, node_id: str, stream: str, last: int, at_s: int, leaving: bool = False) -> bool:
        state = status_pb2.NODE_STATE_LEAVING if leaving else status_pb2.NODE_STATE_ALIVE
        status = status_pb2.NodeStatus(
            node_id=node_id, nation=node_id[:3], incarnation=1, state=state, time_ns=at_ns(at_s)
        )
        status.punctuation.add(stream=stream, last_sequence=last, low_watermark_ns=at_ns(at_s))
        return self.receive(topics.status(stream, node_id), status)

    def speak(self) -> None:
        for view in self.views.all:
            self.publication.publish_picture(view)
        self.publication.publish_status()


AIR, SPACE = track_pb2.ENVIRONMENT_AIR, track_pb2.ENVIRONMENT_SPACE


@pytest.fixture(autouse=True)
def still_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """The one wall reading in a picture is the same in both runs."""
    monkeypatch.setattr(clock, "utc_ns", lambda: 1)


def day(restricted: bool) -> Core:
    """Ten seconds at the United States' core, with or without what Japan may not have."""
    core = Core("USA")
    for n in range(1, 11):
        core.report("USA-1", "", n, AIR)
        core.report("KOR-1", "", n, AIR, 5.0)
        core.status("KOR-1", "", n, n)
        if restricted:
            core.report("KOR-1", "KOR-USA", n, SPACE, 3e5)
            core.status("KOR-1", "KOR-USA", n, n)
            core.report("KOR-1", "KOR-USA", n, SPACE, 3e5)
        core.report("JPN-1", "JPN-USA", n, AIR, 9.0)
        core.status("JPN-1", "JPN-USA", n, n)
        core.status("USA-1", "", n, n)
        core.speak()
    return core


def readable(core: Core, nation: str) -> list[tuple[str, bytes]]:
    """What of it a nation's core or reader may have."""
    peer = Peer("x", nation, "core")
    return [(t, body) for t, body in core.sent if may_read(topics.parse(t.encode()), peer, MEMBERS)]


def test_what_japan_may_have_of_a_core_is_the_same_with_and_without() -> None:
    with_them, without = day(True), day(False)
    assert readable(with_them, "JPN") == readable(without, "JPN")
    assert readable(with_them, "KOR") != readable(without, "KOR")
    assert {t for t, _ in readable(with_them, "JPN")} == {"corestatus//USA", "corestatus/JPN-USA/USA"}
    shared, national = with_them.views.all
    assert shared.picture.digest() == without.views.shared.picture.digest()
    assert len(national.picture.tracks()) == 2 > len(shared.picture.tracks())


@pytest.mark.parametrize("hub", ["", "KOR"])
def test_a_heartbeat_says_through_whose_core_all_is_heard(hub: str) -> None:
    core = Core("USA", hub=hub)
    core.speak()
    bodies = [body for topic, body in core.sent if topic.startswith("corestatus/")]
    assert bodies
    for body in bodies:
        payload = codec.payload_of(topics.CORE_STATUS, body)
        assert status_pb2.CoreStatus.FromString(payload).hub == hub


def test_tracks_of_the_nations_own_picture_carry_the_restriction() -> None:
    core = day(True)
    update = picture_pb2.PictureUpdate.FromString(core.publication.snapshot(core.views.national))  # type: ignore[arg-type]
    labels = dict(zip(update.environment, update.stream, strict=True))
    assert labels == {AIR: "JPN-USA", SPACE: "KOR-USA"}, "fused with Japan's restricted reports, and Korea's"
    shared = picture_pb2.PictureUpdate.FromString(core.publication.snapshot(core.views.shared))
    assert not shared.stream


def test_a_warning_is_released_to_those_who_may_have_all_behind_it() -> None:
    track_release = TrackRelease("USA")
    for node, stream, environment in (
        ("KOR-1", "KOR-USA", SPACE),
        ("KOR-1", "", AIR),
        ("JPN-1", "JPN-USA", SPACE),
        ("USA-1", "", SPACE),
    ):
        report = track_pb2.TrackBatch(node_id=node, stream=stream, environment=[environment])
        track_release.receive(report)

    def of(warning_id: str, *nodes: str) -> str:
        return track_release.of_warning(warning_pb2.MissileWarning(warning_id=warning_id, node_id=nodes))

    assert of("M1", "USA-1") == ""
    assert of("M1", "USA-1", "KOR-1") == "KOR-USA"
    assert of("M1", "USA-1") == "KOR-USA", "an estimate remembers what went into it"
    assert of("M2", "KOR-1", "JPN-1") == "USA"


def test_final_waits_for_every_stream_of_a_node() -> None:
    core = Core("USA")
    national = core.views.national
    assert national is not None
    for node_id, stream in (("USA-1", ""), ("JPN-1", "JPN-USA"), ("KOR-1", "")):
        core.report(node_id, stream, 1, AIR)
        core.status(node_id, stream, 1, 1)
    assert core.views.shared.picture.final_time_ns == at_ns(1)
    assert national.picture.final_time_ns == 0, "Korea's other stream has not been heard"
    core.status("KOR-1", "KOR-USA", 0, 1)
    assert national.picture.final_time_ns == at_ns(1)
    core.status("KOR-1", "", 1, 2, leaving=True)
    for node_id, stream in (("USA-1", ""), ("JPN-1", "JPN-USA")):
        core.status(node_id, stream, 1, 9)
    assert national.picture.spoken_time_ns == at_ns(1), "it left in one stream only"


AUS = Member(id="AUS-1", nation="AUS")
JOINED = (4, (*NATIONS, "AUS"), (*NODES, AUS))
GONE = (8, NATIONS, NODES)


def speak_all(core: Core, at_s: int) -> None:
    """KOR-1 has made one report that every member may have, the others none."""
    for node_id, stream in (("USA-1", ""), ("KOR-1", ""), ("KOR-1", "KOR-USA"), ("JPN-1", "JPN-USA")):
        core.status(node_id, stream, int((node_id, stream) == ("KOR-1", "")), at_s)


def test_a_report_counts_by_the_version_in_force_at_its_own_time() -> None:
    core = Core("USA", coalition(JOINED, GONE))
    counted = [n for n in range(1, 12) if core.report("AUS-1", "", n, AIR)]
    assert counted == [4, 5, 6, 7]
    assert core.rejections.by_reason == {Reason.MEMBERSHIP: 7}
    assert not core.report("KOR-1", "JPN-KOR", 1, AIR), "not a stream of that node"


def test_a_report_without_a_row_counts_by_the_version_in_force_when_it_was_sent() -> None:
    core = Core("USA", coalition(JOINED, GONE))

    def empty(node_id: str, at_s: int) -> bool:
        batch = track_pb2.TrackBatch(node_id=node_id, nation=node_id[:3], incarnation=1, sequence=at_s)
        batch.sent_time_ns = at_ns(at_s)
        return core.receive(topics.report("", node_id), batch, at_s)

    assert [n for n in range(1, 12) if empty("AUS-1", n)] == [4, 5, 6, 7]
    shared = core.views.shared.picture
    assert (shared.counts.folded, shared.live, shared.time_ns) == (4, 0, 0), "nothing in the picture"
    assert shared.digest() == Picture().digest()
    assert shared.input_digest() != Picture().input_digest()


def test_final_stops_before_a_joiner_and_does_not_wait_for_a_leaver() -> None:
    core = Core("USA", coalition(JOINED))
    picture = core.views.shared.picture
    core.report("KOR-1", "", 1, AIR)
    speak_all(core, 6)
    joins_ns = at_ns(4)
    assert picture.spoken_time_ns == joins_ns - 1, "its first report may be valid when it joins"
    core.report("AUS-1", "", 1, AIR, at_s=5)
    core.status("AUS-1", "", 1, 5)
    core.coalition.versions = coalition(JOINED, GONE).versions
    assert core.ingest.follow()
    speak_all(core, 12)
    core.ingest.tend()
    assert picture.spoken_time_ns < at_ns(6), "not at once: something may be under way"
    speak_all(core, 14)
    core.ingest.tend()
    assert picture.spoken_time_ns == at_ns(14)


def test_a_joiner_that_says_nothing_holds_nothing_older_back() -> None:
    core = Core("USA", coalition())
    core.report("KOR-1", "", 1, AIR)
    speak_all(core, 3)
    core.coalition.versions = coalition(JOINED).versions
    assert core.ingest.follow()
    assert core.views.shared.picture.spoken_time_ns == at_ns(3)


def test_who_is_gone_without_a_goodbye_is_asked_after() -> None:
    """Another core may have heard it; of who is there, or has said goodbye here, there is nothing to ask."""
    core = Core("USA")
    speak_all(core, 3)
    assert core.ingest.silent_nodes({"USA-1", "KOR-1", "JPN-1"}, 0.0) == []
    assert core.ingest.silent_nodes({"USA-1", "KOR-1"}, 0.0) == [("JPN-USA", "JPN-1")]
    core.status("JPN-1", "JPN-USA", 0, 4, leaving=True)
    assert core.ingest.silent_nodes({"USA-1", "KOR-1"}, 0.0) == []


def test_who_is_there_and_not_heard_is_asked_after() -> None:
    """Let go of, or cut off from this core alone: another may have heard its next word, and its last one here
    may be absurd."""
    core = Core("USA")
    speak_all(core, 3)
    everybody = {"USA-1", "KOR-1", "JPN-1"}
    assert core.ingest.silent_nodes(everybody, STALE_AFTER_S) == []
    assert {node_id for _, node_id in core.ingest.silent_nodes(everybody, STALE_AFTER_S + 0.1)} == everybody


def test_a_lie_in_a_restricted_stream_shows_in_no_shared_picture() -> None:
    """Japan cannot know of it: in what Japan holds, too, the liar counts as before."""
    core = day(True)
    before = core.views.shared.picture.digest()
    lie = link_kit.batch("KOR-1", 3, stream="KOR-USA", x_m=6.9e6)
    topic = topics.parse(b"report/KOR-USA/KOR-1")
    payload = lie.SerializeToString()
    core.ingest.compare(
        Received(topic, link_kit.body(lie), lie, payload, 1, 3, report=Report.from_bytes(payload))
    )
    stale = [view.admission.stale for view in core.views.all]
    assert stale == [False, True], "the nation's own picture is made anew, the shared one is not"
    assert core.report("KOR-1", "", 11, AIR)
    assert core.views.shared.picture.counts.folded == 21
    assert core.views.shared.picture.digest() != before, "the liar still counts in it"
    assert not core.views.fullest.admission.counts("KOR-1", 1)
