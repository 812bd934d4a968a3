"""What counts, part by part against its definition, over invented messages: no keys, no sockets, no fold."""

from __future__ import annotations

import random
from itertools import product
from types import SimpleNamespace
from typing import Any, cast

import pytest

from fusion.report.report import ReportKey
from nodes.admission import contradictions
from nodes.admission.admission import Admission, of_nation
from nodes.admission.contradictions import Contradictions
from nodes.admission.equivocation import Equivocations, Proof, Start
from nodes.admission.heartbeats import LEAVING, Heartbeats
from nodes.admission.judgement import Evidence, Judgement
from nodes.admission.rules import Rules
from nodes.link.errors import Reason, WireError
from triwatch.v1 import status_pb2

NODES, STREAMS = ("JPN-1", "KOR-1", "USA-1"), ("", "JPN-USA")


def report(
    node: str = "JPN-1", life: int = 1, stream: str = "", sequence: int = 1, *times_ns: int, **more: Any
) -> Any:
    given = {"nation": node[:3], "fault": None, "signed_ns": max(times_ns, default=0)} | more
    given.setdefault("judged_ns", times_ns or (given["signed_ns"],))
    return SimpleNamespace(key=ReportKey(node, life, stream, sequence), times_ns=times_ns, **given)


def heartbeat(
    node: str = "JPN-1", life: int = 1, *marks: tuple[str, int, int], time_ns: int = 1, left: bool = False
) -> status_pb2.NodeStatus:
    status = status_pb2.NodeStatus(
        node_id=node, nation=node[:3], incarnation=life, time_ns=time_ns,
        state=LEAVING if left else status_pb2.NODE_STATE_ALIVE,
    )  # fmt: skip
    for stream, last, watermark_ns in marks:
        status.punctuation.add(stream=stream, last_sequence=last, low_watermark_ns=watermark_ns)
    return status


# --- a report behind its node's own watermark


@pytest.mark.parametrize("first", range(0, 600, 200))
def test_a_start_is_proven_a_liar_if_any_two_of_its_messages_contradict(first: int) -> None:
    """Whatever the order; said once; and of other starts and streams nothing."""
    for seed in range(first, first + 200):
        dice = random.Random(seed)
        known = Contradictions()
        reports: dict[Start, set[tuple[int, int]]] = {}
        marks: dict[Start, set[tuple[int, int, bytes]]] = {}
        for k in range(dice.randint(1, 40)):
            start = Start(dice.choice(NODES[:2]), dice.randint(1, 2), dice.choice(STREAMS))
            if dice.random() < 0.5:
                times = tuple(sorted(dice.choices(range(1, 15), k=dice.randint(0, 2))))
                one = report(*start[:2], start.stream, dice.randint(1, 6), *times)
                one.fault = "spoilt" if dice.random() < 0.1 else None
                found = known.take(one)
                if times and one.fault is None:
                    reports.setdefault(start, set()).add((one.key.sequence, times[0]))
            else:
                mark = (dice.randint(0, 6), dice.randint(0, 14))
                found = known.receive(start.stream, heartbeat(*start[:2], (start.stream, *mark)), b"%d" % k)
                marks.setdefault(start, set()).add((*mark, b"%d" % k))
            lies = {
                s
                for s in reports.keys() & marks.keys()
                for (sequence, at), (last, low, _) in product(reports[s], marks[s])
                if sequence > last and at <= low
            }
            before = known.proofs.keys() - ({found} if found else set())
            assert known.proofs.keys() == lies
            assert found is None or (found == start and found not in before)
            for liar, proof in known.proofs.items():
                said = [m for m in marks[liar] if m[2] == proof.word]
                assert any(
                    proof.sequence == sequence > last and at <= low
                    for (sequence, at), (last, low, _) in product(reports[liar], said)
                )


def test_what_is_remembered_of_a_stream_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """The newest stay, so that a lie of late is still proven; of more than two lives the oldest go."""
    monkeypatch.setattr(contradictions, "RECENT_MAX", 40)
    monkeypatch.setattr(contradictions, "MARKS_MAX", 8)

    def lies(after: int, sequence: int, at: int) -> bool:
        known = Contradictions()
        for n in range(1, after + 1):
            assert known.take(report("JPN-1", 1, "", n, 10 * n)) is None
        return known.receive("", heartbeat("JPN-1", 1, ("", sequence, at)), b"w") is not None

    assert all(lies(40, n - 1, 10 * n) for n in (1, 20, 40))
    assert not lies(41, 9, 100), "a quarter went, the oldest"
    assert lies(41, 10, 110)
    assert lies(200, 199, 2000)

    def late(after: int, sequence: int, at: int) -> bool:
        known = Contradictions()
        for n in range(1, after + 1):
            known.receive("", heartbeat("JPN-1", 1, ("", n, 10 * n)), b"w")
        return known.take(report("JPN-1", 1, "", sequence, at)) is not None

    assert all(late(8, n + 1, 10 * n) for n in range(1, 9))
    assert not late(30, 5, 40)
    assert all(late(30, n + 1, 10 * n) for n in range(23, 31))
    known = Contradictions()
    for life in (1, 2, 3):
        known.receive("", heartbeat("JPN-1", life, ("", 1, 10)), b"w")
    assert known.take(report("JPN-1", 1, "", 2, 5)) is None
    assert known.take(report("JPN-1", 2, "", 2, 5)) == Start("JPN-1", 2, "")
    assert known.take(report("JPN-1", 3, "", 2, 5)) == Start("JPN-1", 3, "")
    other = Contradictions()
    for life in (5, 6, 1):  # an old life that comes late is looked at all the same
        other.receive("", heartbeat("JPN-1", life, ("", 1, 10)), b"w")
    assert other.take(report("JPN-1", 1, "", 2, 5)) == Start("JPN-1", 1, "")
    assert other.take(report("JPN-1", 6, "", 2, 5)) == Start("JPN-1", 6, "")


def test_what_does_not_count_after_all_proves_nothing() -> None:
    def proven() -> tuple[Contradictions, Start]:
        known = Contradictions()
        known.take(report("JPN-1", 1, "", 4, 30))
        known.take(report("JPN-1", 1, "", 5, 10))
        start = known.receive("", heartbeat("JPN-1", 1, ("", 4, 20)), b"word")
        assert start is not None
        return known, start

    known, start = proven()
    known.review(lambda s, word: (s, word) == (start, b"word"))
    assert known.proofs.keys() == {start}
    known.review(lambda s, word: False)
    assert known.proofs == {}
    known, start = proven()
    known.discard(start, 4)
    assert known.proofs.keys() == {start}
    known.discard(start, 5)
    assert known.proofs == {}
    known.discard(Start("KOR-1", 1, ""), 5)
    marked = Contradictions()
    for last, word in ((1, b"a"), (2, b"b")):
        marked.receive("", heartbeat("JPN-1", 1, ("", last, 10 * last)), word)
    marked.review(lambda _, word: word == b"a")
    assert marked.take(report("JPN-1", 1, "", 3, 15)) is None
    assert marked.take(report("JPN-1", 1, "", 4, 10)) == Start("JPN-1", 1, "")
    forgotten = Contradictions()
    forgotten.take(report("JPN-1", 1, "", 3, 30))
    forgotten.take(report("JPN-1", 1, "", 5, 10))
    forgotten.take(report("JPN-1", 1, "", 6, 40))
    forgotten.discard(Start("JPN-1", 1, ""), 5)
    assert forgotten.receive("", heartbeat("JPN-1", 1, ("", 4, 20)), b"") is None
    assert forgotten.receive("", heartbeat("JPN-1", 1, ("", 2, 29)), b"") is None
    assert forgotten.receive("", heartbeat("JPN-1", 1, ("", 2, 30)), b"") is not None
    later = Contradictions()
    for sequence, at in ((5, 10), (6, 40)):
        later.take(report("JPN-1", 1, "", sequence, at))
    later.discard(Start("JPN-1", 1, ""), 5)
    assert later.receive("", heartbeat("JPN-1", 1, ("", 4, 40)), b"") is not None


# --- two contents under one number


def test_of_several_proofs_the_least_is_held_whatever_the_order() -> None:
    for seed in range(200):
        dice = random.Random(seed)
        known, start = Equivocations(), Start("JPN-1", 1, "")
        seen: dict[int, dict[bytes, bytes]] = {}
        for _ in range(dice.randint(1, 12)):
            n, digest = dice.randint(1, 3), bytes([dice.randint(0, 4)])
            seen.setdefault(n, {})[digest] = b"body of " + digest
            news = known.compare(ReportKey("JPN-1", 1, "", n), seen[n])
            pairs = [(k, tuple(sorted(s)[:2])) for k, s in seen.items() if len(s) > 1]
            least = min(pairs, default=None)
            if least is None:
                assert (news, known.proofs) == (None, {})
                continue
            k, digests = least
            held = Proof(k, digests, tuple(b"body of " + d for d in digests))
            assert known.proofs == {start: held}
            assert news in (None, held)
            if news is not None:
                assert known.compare(ReportKey("JPN-1", 1, "", k), seen[k]) is None, "it is news once"


def test_a_start_counts_where_nothing_that_is_taken_proves_it_a_liar() -> None:
    evidence = Evidence()
    assert evidence.counts("JPN-1", 1, lambda _: True)
    evidence.equivocations.proofs[Start("JPN-1", 2, "JPN-USA")] = Proof(1, (), ())
    evidence.contradictions.take(report("KOR-1", 1, "", 5, 10))
    evidence.contradictions.receive("", heartbeat("KOR-1", 1, ("", 4, 20)), b"")
    assert evidence.convicted == {Start("JPN-1", 2, "JPN-USA"), Start("KOR-1", 1, "")}
    for node, life, takes, counts in (
        ("JPN-1", 2, "JPN-USA", False), ("JPN-1", 2, "", True), ("JPN-1", 1, "JPN-USA", True),
        ("KOR-1", 2, "", True), ("KOR-1", 1, "", False), ("KOR-1", 1, "JPN-USA", True),
    ):  # fmt: skip
        assert evidence.counts(node, life, takes.__eq__) == counts
    alone = Evidence()
    alone.contradictions.take(report("KOR-1", 1, "", 5, 10))
    alone.contradictions.receive("", heartbeat("KOR-1", 1, ("", 4, 20)), b"")
    assert not alone.counts("KOR-1", 1, lambda _: True)


# --- how far a node has come


def test_of_each_stream_the_newest_word_is_kept() -> None:
    for seed in range(100):
        dice = random.Random(seed)
        words, newest = Heartbeats(), {}
        for _ in range(20):
            node, stream = dice.choice(NODES), dice.choice(STREAMS)
            status = heartbeat(node, dice.randint(1, 2), time_ns=dice.randint(1, 4), left=dice.random() < 0.5)
            age = (status.incarnation, status.time_ns)
            known = newest.get((node, stream))
            new = known is None or age >= (known.incarnation, known.time_ns)
            assert words.receive(stream, status) == new
            if new:
                newest[node, stream] = status
            if dice.random() < 0.1:
                words.forget(node, stream)
                newest.pop((node, stream))
                words.forget(node, "nowhere")
            assert {(s.node_id, stream): s for stream, s in words.all()} == newest
            assert words.nodes == {node for node, _ in newest}
            for one in NODES:
                assert sorted(words.streams(one)) == sorted(s for n, s in newest if n == one)


def test_a_node_has_come_as_far_as_the_last_of_its_streams() -> None:
    words = Heartbeats()
    assert words.of("JPN-1", STREAMS) is None
    words.receive("", heartbeat("JPN-1", 1, ("", 3, 30), time_ns=7, left=True))
    assert words.of("JPN-1", STREAMS) is None
    alone = words.of("JPN-1", [""])
    assert alone is not None
    assert (alone.time_ns, alone.state) == (7, LEAVING)
    assert words.of("JPN-1", []) is None
    words.receive("JPN-USA", heartbeat("JPN-1", 1, ("JPN-USA", 4, 20), time_ns=5))
    both = words.of("JPN-1", STREAMS)
    assert both is not None
    assert (both.node_id, both.nation, both.incarnation) == ("JPN-1", "JPN", 1)
    assert (both.time_ns, both.state) == (5, status_pb2.NODE_STATE_ALIVE)
    assert [(m.stream, m.last_sequence) for m in both.punctuation] == [("", 3), ("JPN-USA", 4)]
    words.receive("JPN-USA", heartbeat("JPN-1", 1, ("JPN-USA", 4, 20), time_ns=9, left=True))
    gone = words.of("JPN-1", STREAMS)
    assert gone is not None
    assert (gone.time_ns, gone.state) == (7, LEAVING)
    words.receive("JPN-USA", heartbeat("JPN-1", 2, time_ns=10))
    assert words.of("JPN-1", STREAMS) is None, "the streams tell of two lives"


# --- what the policy says


def member(name: str, *streams: str) -> Any:
    return SimpleNamespace(id=name, nation=name[:3], streams=streams)


def fence(node: str, life: int, stream: str, last: int) -> Any:
    return SimpleNamespace(node=node, incarnation=life, stream=stream, last_sequence=last)


class Versions:
    """Of a policy, as a coalition has them."""

    def __init__(self, *policies: tuple[int, tuple[Any, ...], tuple[Any, ...]]) -> None:
        self.versions: list[Any] = []
        for effective_ns, nodes, fences in policies:
            self.add(effective_ns, nodes, fences)

    def add(self, effective_ns: int, nodes: tuple[Any, ...], fences: tuple[Any, ...] = ()) -> None:
        by_id = {node.id: node for node in nodes}
        self.versions.append(
            SimpleNamespace(
                version=len(self.versions) + 1, effective_ns=effective_ns, nodes=nodes, fences=fences,
                member=by_id.__getitem__,
            )
        )  # fmt: skip

    def at(self, time_ns: int) -> Any:
        return [p for p in self.versions if p.effective_ns <= time_ns][-1]

    @property
    def current(self) -> Any:
        return self.versions[-1]


JAPAN, KOREA, AMERICA = member("JPN-1", "", "JPN-USA"), member("KOR-1", ""), member("USA-1", "")


def changing() -> Versions:
    """Japan and Korea; from 100 America, too; from 200 Korea is gone, and Japan's first start is fenced."""
    return Versions(
        (0, (JAPAN, KOREA), ()),
        (100, (JAPAN, KOREA, AMERICA), (fence("JPN-1", 1, "", 9),)),
        (200, (JAPAN, AMERICA), (fence("JPN-1", 1, "", 7), fence("KOR-1", 3, "", 0))),
    )


def refusal(rules: Rules, one: Any) -> Reason | None:
    try:
        rules.admit(one)
    except WireError as error:
        return error.reason
    return None


def test_who_may_speak_is_asked_of_the_policy_of_every_time_that_a_report_has() -> None:
    rules = Rules(cast(Any, changing()))
    for node, stream, times, may in (
        ("JPN-1", "", (5,), True), ("JPN-1", "JPN-USA", (5, 150, 250), True), ("JPN-1", "KOR", (5,), False),
        ("USA-1", "", (99,), False), ("USA-1", "", (100,), True), ("USA-1", "", (150, 99), False),
        ("KOR-1", "", (199,), True), ("KOR-1", "", (199, 200), False), ("XXX-1", "", (5,), False),
        ("KOR-1", "", (), True),
    ):  # fmt: skip
        for _ in range(2):  # what is remembered of a version changes nothing
            if may:
                rules.check(node, stream, times)
            else:
                with pytest.raises(WireError) as refused:
                    rules.check(node, stream, times)
                assert refused.value.reason == Reason.MEMBERSHIP


def test_a_report_is_of_its_nodes_nation_and_before_its_fence() -> None:
    rules = Rules(cast(Any, changing()))
    assert refusal(rules, report("JPN-1", 1, "", 7, 50)) is None
    assert refusal(rules, report("JPN-1", 1, "", 8, 50)) == Reason.FENCED
    assert refusal(rules, report("JPN-1", 1, "JPN-USA", 8, 50)) is None
    assert refusal(rules, report("JPN-1", 2, "", 8, 50)) is None
    assert refusal(rules, report("KOR-1", 3, "", 1, 50)) == Reason.FENCED
    assert refusal(rules, report("KOR-1", 2, "", 1, 50, nation="JPN")) == Reason.MISMATCH
    assert refusal(rules, report("KOR-1", 2, "", 1, 250)) == Reason.MEMBERSHIP
    assert refusal(rules, report("USA-1", 2, "", 1, 50)) == Reason.MEMBERSHIP
    anybody = Rules(None, [JAPAN])
    assert refusal(anybody, report("KOR-1", 3, "x", 1, 50, nation="JPN")) is None


def test_what_the_policy_tells_follows_its_versions() -> None:
    versions = changing()
    rules = Rules(cast(Any, versions))
    assert rules.versions == 3
    assert rules.fences() == {Start("JPN-1", 1, ""): 7, Start("KOR-1", 3, ""): 0}
    assert list(rules.founders()) == [JAPAN, KOREA]
    assert list(rules.joined()) == [(AMERICA, 100)]
    assert rules.gone() == {"KOR-1": 200}
    assert rules.member("KOR-1") is KOREA
    assert rules.member("XXX-1") is None
    more = member("JPN-1", "")
    versions.add(300, (more, KOREA), (fence("USA-1", 1, "", 4),))
    assert rules.versions == 4
    assert rules.fences()[Start("USA-1", 1, "")] == 4
    assert rules.fences()[Start("JPN-1", 1, "")] == 7
    assert rules.member("JPN-1") is more
    assert list(rules.joined()) == [(AMERICA, 100), (KOREA, 300)]
    assert rules.gone() == {"USA-1": 300}, "Korea is back"
    unsigned = Rules(None, [JAPAN])
    assert (unsigned.versions, unsigned.fences(), unsigned.gone()) == (0, {}, {})
    assert list(unsigned.founders()) == [JAPAN]
    assert list(unsigned.joined()) == []
    assert unsigned.member("JPN-1") is JAPAN
    assert list(Rules(cast(Any, versions), [AMERICA]).founders()) == [JAPAN, KOREA]


# --- one picture


class Sheet:
    """A picture that notes what it is told."""

    def __init__(self, expected: Any) -> None:
        self.told: list[tuple[Any, ...]] = [("expect", {n: tuple(s) for n, s in expected.items()})]
        self.behind = False
        self.beyond = False

    def __getattr__(self, name: str) -> Any:
        def note(*arguments: Any) -> Any:
            self.told.append((name, *arguments))
            return {"add": "behind" if self.behind else "folded", "settle": self.beyond}.get(name)

        return note


def admission(known: Judgement, takes: Any = lambda _: True, nations: Any = None) -> tuple[Admission, Any]:
    made = Admission(known, takes, nations, cast(Any, Sheet))
    return made, made.picture


def test_a_picture_begins_with_what_is_known_of_its_streams() -> None:
    known = Judgement(cast(Any, changing()))
    known.words.receive("", heartbeat("JPN-1", 1, ("", 2, 20)))
    known.words.receive("JPN-USA", heartbeat("JPN-1", 1, ("JPN-USA", 2, 20)))
    known.evidence.equivocations.proofs[Start("USA-1", 1, "")] = Proof(1, (), ())
    known.evidence.equivocations.proofs[Start("USA-1", 2, "JPN-USA")] = Proof(1, (), ())
    made, sheet = admission(known, "".__eq__)
    assert not made.stale
    assert sheet.told == [
        ("expect", {"JPN-1": ("",), "KOR-1": ("",)}),
        ("expect", "USA-1", [""], 99),
        ("settle", "JPN-1", 1, "", 7),
        ("settle", "KOR-1", 3, "", 0),
        ("punctuate", heartbeat("JPN-1", 1, ("", 2, 20))),
        ("void", "USA-1", 1),
    ]
    _, narrow = admission(known, "JPN-USA".__eq__)
    assert narrow.told == [
        ("expect", {"JPN-1": ("JPN-USA",)}),
        ("punctuate", heartbeat("JPN-1", 1, ("JPN-USA", 2, 20))),
        ("void", "USA-1", 2),
    ]
    _, ours = admission(known, nations=frozenset({"USA"}))
    assert ours.told[:2] == [("expect", {}), ("expect", "USA-1", [""], 99)]


def test_it_follows_newer_versions_once() -> None:
    versions = Versions((0, (JAPAN,), ()))
    known = Judgement(cast(Any, versions))
    made, sheet = admission(known)
    told = len(sheet.told)
    made.follow()
    assert len(sheet.told) == told
    versions.add(0, (JAPAN, KOREA), (fence("JPN-1", 1, "", 5),))
    made.follow()
    assert sheet.told[told:] == [("expect", "KOR-1", [""], 0), ("settle", "JPN-1", 1, "", 5)]
    assert not made.stale
    sheet.beyond = True
    versions.add(50, (JAPAN, KOREA))
    made.follow()
    assert made.stale, "a report behind the fence is in the picture"
    sheet.beyond = False
    versions.add(60, (JAPAN, KOREA))
    made.follow()
    assert made.stale, "until it is made anew"
    made.renew([])
    assert not made.stale


def test_what_is_not_of_the_picture_does_not_touch_it() -> None:
    known = Judgement(cast(Any, Versions((0, (JAPAN, KOREA), ()))))
    made, sheet = admission(known, "".__eq__, frozenset({"JPN"}))
    del sheet.told[:]
    assert made.add(report("KOR-1", 1, "", 1, 5)) == "none of it"
    assert made.add(report("JPN-1", 1, "JPN-USA", 1, 5)) == "none of it"
    made.pass_over(report("KOR-1", 1, "", 1, 5))
    made.pass_over(report("JPN-1", 1, "JPN-USA", 1, 5))
    made.receive("", heartbeat("KOR-1", 1, ("", 2, 20)))
    made.receive("JPN-USA", heartbeat("JPN-1", 1, ("JPN-USA", 2, 20)))
    made.receive("", heartbeat("JPN-1", 1))
    made.convict(Start("JPN-1", 1, "JPN-USA"))
    assert (sheet.told, made.stale) == ([], False)
    one = report("JPN-1", 1, "", 1, 5)
    assert made.add(one) == "folded"
    made.pass_over(one)
    made.receive("", heartbeat("JPN-1", 1, ("", 2, 20)))
    assert sheet.told == [
        ("add", one), ("pass_over", one.key), ("punctuate", heartbeat("JPN-1", 1, ("", 2, 20))),
    ]  # fmt: skip
    made.convict(Start("JPN-1", 1, ""))
    assert made.stale
    made.convict(Start("JPN-1", 1, "JPN-USA"))
    assert made.stale


def test_of_a_liar_nothing_counts() -> None:
    known = Judgement(cast(Any, Versions((0, (JAPAN,), ()))))
    made, sheet = admission(known)
    known.evidence.equivocations.proofs[Start("JPN-1", 1, "")] = Proof(1, (), ())
    del sheet.told[:]
    assert not made.counts("JPN-1", 1)
    assert made.add(report("JPN-1", 1, "", 1, 5)) == "none of it"
    assert sheet.told == []
    word = heartbeat("JPN-1", 1, ("", 2, 20))
    made.receive("", word)
    assert sheet.told == [("succeed", word)], "but how its earlier lives ended"
    assert made.counts("JPN-1", 2)
    assert made.add(report("JPN-1", 2, "", 1, 5)) == "folded"


def test_it_is_stale_once_something_came_behind() -> None:
    known = Judgement(cast(Any, Versions((0, (JAPAN,), ()))))
    made, sheet = admission(known)
    sheet.behind = True
    assert made.add(report("JPN-1", 1, "", 1, 5)) == "behind"
    sheet.behind = False
    assert made.add(report("JPN-1", 1, "", 2, 6)) == "folded"
    assert made.stale


def test_made_anew_it_has_what_the_policy_admits() -> None:
    known = Judgement(cast(Any, Versions((0, (JAPAN,), (fence("JPN-1", 1, "", 1),)))))
    made, before = admission(known)
    good, behind, foreign = (
        report("JPN-1", 1, "", 1, 5), report("JPN-1", 1, "", 2, 6), report("KOR-1", 1, "", 1, 7),
    )  # fmt: skip
    made.renew([good, behind, foreign])
    after: Any = made.picture
    assert after is not before
    assert after.told[-3:] == [("add", good), ("pass_over", behind.key), ("pass_over", foreign.key)]


def test_a_nodes_word_is_that_of_all_its_streams_here() -> None:
    known = Judgement(cast(Any, Versions((0, (JAPAN,), ()))))
    known.words.receive("", heartbeat("JPN-1", 1, ("", 2, 20), time_ns=9))
    known.words.receive("", heartbeat("KOR-9", 1, ("", 2, 20), time_ns=8))
    known.words.receive("KOR", heartbeat("KOR-9", 1, ("KOR", 2, 20), time_ns=6))
    shared, _ = admission(known, "".__eq__)
    assert cast(Any, shared.word("JPN-1")).time_ns == 9
    assert cast(Any, shared.word("KOR-9")).time_ns == 8, "of a node that no policy knows, by what it said"
    assert shared.word("XXX-1") is None
    full, _ = admission(known)
    assert full.word("JPN-1") is None, "its other stream has not been heard"
    assert cast(Any, full.word("KOR-9")).time_ns == 6
    ours, _ = admission(known, nations=frozenset({"KOR"}))
    assert cast(Any, ours.word("KOR-9")).time_ns == 6
    assert ours.word("JPN-1") is None
    theirs, _ = admission(known, nations=frozenset({"JPN"}))
    assert theirs.word("KOR-9") is None


def test_a_node_that_is_let_go_is_waited_for_no_longer() -> None:
    made, sheet = admission(Judgement(cast(Any, Versions((0, (JAPAN, KOREA), ())))))
    del sheet.told[:]
    made.let_go("KOR-1")
    assert sheet.told == [("leave", "KOR-1")]


@pytest.mark.parametrize(
    ("stream", "shared", "national"),
    [("", True, True), ("JPN-USA", False, True), ("KOR-USA", False, False), ("JPN", False, True)],
)
def test_a_nations_pictures_take_what_it_may_read(stream: str, shared: bool, national: bool) -> None:
    known = Judgement(None)
    assert of_nation(known, "JPN", national=False).takes(stream) == shared
    assert of_nation(known, "JPN", national=True).takes(stream) == national
