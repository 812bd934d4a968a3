"""Finality by the nodes' punctuation, and the memory that it frees."""

import copy

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fusion import Picture, ReportError
from fusion.finality import EARLIER_MAX, FOREVER_NS, LIVES_MAX, WATERMARKS_MAX, Finality, Stream
from fusion.report.report import ReportKey
from fusion.table.history import SEGMENTS_A_LEVEL
from fusion_oracle import reports as r
from fusion_oracle.delivery import seen
from triwatch.v1 import status_pb2

CRUISE = np.array([*r.PLACE_M, 200.0, 0.0, 50.0])
ASIDE = np.array([1.0, 1.0, 1.0, 0.0, 0.0, 0.0])


def at(t_s: float, aside_m: float = 0.0, start: np.ndarray = CRUISE) -> np.ndarray:
    """A state on a straight line."""
    moved = start.copy()
    moved[:3] += start[3:] * t_s
    moved[1] += aside_m
    return moved


# ------------------------------------------------------------------ the rule


def told(*marks: tuple[str, int, int, float], held: tuple[tuple[str, int, int], ...] = ()) -> Finality:
    """Finality after heartbeats (node, incarnation, last sequence, watermark) and reports held."""
    f = Finality()
    for node, incarnation, sequence in held:
        f.stream(node, incarnation, "").take(sequence)
    for node, incarnation, last, watermark in marks:
        f.punctuate(r.heartbeat(node, last, watermark, incarnation=incarnation))
    return f


def test_the_slowest_node_counts() -> None:
    f = told(("A", 1, 0, 5.0), ("B", 1, 0, 3.0))
    assert f.final_ns() == r.at_ns(3.0)
    f.punctuate(r.heartbeat("B", 0, 9.0))
    assert f.final_ns() == r.at_ns(5.0)


def test_many_starts_take_little_room_and_what_they_held_stays_held() -> None:
    """Each names the one before it and as many earlier ones as there is room for."""
    f, lives = Finality(frozenset({"A"})), 2000
    for n in range(1, lives + 1):
        said = r.heartbeat("A", 1, float(n), incarnation=n)
        if n > 1:
            said.previous_incarnation, said.previous_last_sequence = n - 1, 1
        for k in range(max(1, n - 1 - EARLIER_MAX), n - 1):
            said.earlier.add(incarnation=k, last_sequence=1)
        f.punctuate(said)
        assert f.take(ReportKey("A", n, "", 1))
    assert f.final_ns() == r.at_ns(float(lives))
    assert sum(1 for _ in f.streams()) <= 2 * LIVES_MAX
    for n in (1, 2, 1000, lives):
        assert not f.take(ReportKey("A", n, "", 1))
    assert f.settle("A", 1, "", 0), "a fence below what was held is noticed"


def test_who_knows_of_no_end_takes_it_of_a_later_start_with_no_room_for_it() -> None:
    """A picture made anew hears the newest heartbeats alone."""
    f, lives = Finality(frozenset({"A"})), EARLIER_MAX + 5
    for n in range(1, lives + 1):
        f.take(ReportKey("A", n, "", 1))
    said = r.heartbeat("A", 1, 9.0, incarnation=lives)
    said.previous_incarnation, said.previous_last_sequence = lives - 1, 1
    for k in range(lives - 1 - EARLIER_MAX, lives - 1):
        said.earlier.add(incarnation=k, last_sequence=1)
    f.punctuate(said)
    assert f.final_ns() == r.at_ns(9.0)


def test_nothing_is_final_before_anybody_spoke() -> None:
    assert Finality().final_ns() == 0
    assert Finality(frozenset({"A"})).final_ns() == 0


def test_an_expected_node_is_waited_for() -> None:
    f = Finality(frozenset({"A", "B"}))
    f.punctuate(r.heartbeat("A", 0, 5.0))
    assert f.final_ns() == 0
    f.punctuate(r.heartbeat("B", 0, 4.0))
    assert f.final_ns() == r.at_ns(4.0)


def test_a_watermark_counts_once_the_reports_up_to_it_are_held() -> None:
    f = told(("A", 1, 1, 2.0), ("A", 1, 3, 5.0), held=(("A", 1, 1),))
    assert f.final_ns() == r.at_ns(2.0)
    assert f.missing == 2
    f.stream("A", 1, "").take(3)
    assert f.final_ns() == r.at_ns(2.0)
    f.stream("A", 1, "").take(2)
    assert f.final_ns() == r.at_ns(5.0)
    assert f.missing == 0


def test_every_stream_of_a_node_counts() -> None:
    f = told(("A", 1, 0, 5.0))
    f.punctuate(r.heartbeat("A", 2, 6.0, stream="JPN-USA"))
    assert f.final_ns() == 0
    for k in (1, 2):
        f.stream("A", 1, "JPN-USA").take(k)
    assert f.final_ns() == r.at_ns(5.0)


def test_watermarks_that_come_out_of_order_do_not_go_back() -> None:
    f = told(("A", 1, 2, 7.0), ("A", 1, 1, 5.0), held=(("A", 1, 1), ("A", 1, 2)))
    assert f.final_ns() == r.at_ns(7.0)


def test_who_left_is_not_waited_for_but_for_what_is_missing() -> None:
    f = told(("A", 1, 0, 5.0), ("B", 1, 1, 3.0))
    f.punctuate(r.heartbeat("B", 2, 4.0, leaving=True))
    assert f.final_ns() == 0
    f.stream("B", 1, "").take(1)
    assert f.final_ns() == r.at_ns(3.0)
    f.stream("B", 1, "").take(2)
    assert f.final_ns() == r.at_ns(5.0)
    f.punctuate(r.heartbeat("A", 0, 6.0, leaving=True))
    assert f.final_ns() == FOREVER_NS


def test_a_new_start_is_waited_for_and_so_is_what_the_last_one_owes() -> None:
    f = told(("A", 1, 1, 5.0), held=(("A", 1, 1),))
    f.punctuate(r.heartbeat("A", 0, 20.0, incarnation=2, previous=(1, 3)))
    assert f.final_ns() == r.at_ns(5.0)
    assert f.missing == 2
    f.stream("A", 1, "").take(2)
    f.stream("A", 1, "").take(3)
    assert f.final_ns() == r.at_ns(20.0)


def test_a_node_may_leave_without_ever_having_reported() -> None:
    """Also where an earlier start of it had."""
    f = told(("A", 1, 1, 5.0), held=(("A", 1, 1),))
    f.punctuate(
        status_pb2.NodeStatus(node_id="A", incarnation=2, state=status_pb2.NODE_STATE_LEAVING, time_ns=1)
    )
    assert f.final_ns() == FOREVER_NS


def test_a_start_that_names_no_predecessor_leaves_the_last_one_open() -> None:
    """It lost its disk: only an order of the members says that nothing of before is to come."""
    f = told(("A", 1, 1, 5.0), ("B", 1, 0, 30.0), held=(("A", 1, 1),))
    f.punctuate(r.heartbeat("A", 0, 20.0, incarnation=2))
    assert f.final_ns() == r.at_ns(5.0)
    f.settle("A", 1, "", 1)
    assert f.final_ns() == r.at_ns(20.0)


def test_a_dead_node_is_waited_for_until_it_is_fenced() -> None:
    f = told(("A", 1, 2, 5.0), ("B", 1, 0, 30.0), held=(("A", 1, 1), ("A", 1, 2)))
    assert f.final_ns() == r.at_ns(5.0)
    f.settle("A", 1, "", 2)
    assert f.final_ns() == r.at_ns(30.0)


def test_a_life_that_nobody_heard_is_named_by_those_after_it() -> None:
    """The second of three was heard by nobody here; what it made is waited for, and so is the first's."""
    f = told(("A", 1, 1, 5.0), held=(("A", 1, 1),))
    third = r.heartbeat("A", 0, 20.0, incarnation=4, previous=(2, 1))
    third.earlier.add(incarnation=1, last_sequence=2)
    f.punctuate(r.heartbeat("A", 0, 6.0, incarnation=3))  # one that made no report
    f.punctuate(third)
    assert f.missing == 2
    f.stream("A", 1, "").take(2)
    assert f.final_ns() < r.at_ns(20.0)
    f.stream("A", 2, "").take(1)
    assert f.final_ns() == r.at_ns(20.0)


def test_one_absurd_heartbeat_does_not_stop_final() -> None:
    f = told(("A", 1, 1, 5.0), held=(("A", 1, 1),))
    f.punctuate(r.heartbeat("A", 2**53 - 1, 6.0))
    assert f.missing == 2**53 - 2
    f.stream("A", 1, "").take(2)
    f.punctuate(r.heartbeat("A", 2, 7.0))
    assert (f.final_ns(), f.missing) == (r.at_ns(7.0), 0)
    f.punctuate(r.heartbeat("A", 2, 8.0, leaving=True))
    assert f.final_ns() == FOREVER_NS


def test_a_life_is_heard_in_all_its_streams_before_it_lets_time_be_final() -> None:
    f = Finality({"A": ("", "JPN-USA")})
    f.punctuate(r.heartbeat("A", 0, 5.0))
    assert f.final_ns() == 0
    f.punctuate(r.heartbeat("A", 0, 4.0, stream="JPN-USA"))
    assert f.final_ns() == r.at_ns(4.0)


def test_watermarks_that_wait_are_bounded() -> None:
    f = told(*(("A", 1, k, float(k)) for k in range(2, 2000)))
    assert len(f.stream("A", 1, "").watermarks) <= WATERMARKS_MAX
    for k in range(1, 2000):
        f.stream("A", 1, "").take(k)
    assert f.final_ns() == r.at_ns(1999.0)


def test_an_old_goodbye_does_not_silence_a_new_start() -> None:
    f = told(("A", 2, 0, 5.0), ("B", 1, 0, 9.0))
    f.punctuate(r.heartbeat("A", 0, 3.0, incarnation=1, leaving=True))
    assert f.final_ns() == r.at_ns(5.0)


def test_a_report_takes_its_number_once() -> None:
    f = Finality()
    assert f.take(ReportKey("A", 1, "", 2))
    assert not f.take(ReportKey("A", 1, "", 2))
    assert f.take(ReportKey("A", 1, "", 1))
    assert f.stream("A", 1, "").contiguous == 2


def test_an_expected_node_that_says_nothing_of_time_is_waited_for() -> None:
    f = Finality(frozenset({"A"}))
    f.punctuate(status_pb2.NodeStatus(node_id="A", incarnation=1, time_ns=1))
    assert f.final_ns() == 0


def test_a_watermark_past_every_time_is_the_end_of_time() -> None:
    f = Finality()
    mark = status_pb2.Punctuation(last_sequence=0, low_watermark_ns=2**64 - 1)
    f.punctuate(status_pb2.NodeStatus(node_id="A", incarnation=1, punctuation=[mark]))
    assert f.final_ns() == FOREVER_NS == 2**62


@given(
    st.lists(st.integers(1, 12), max_size=12, unique=True),
    st.lists(st.tuples(st.integers(0, 12), st.integers(1, 50)), max_size=5),
)
def test_a_stream_knows_what_it_holds_and_what_is_missing(
    sequences: list[int], marks: list[tuple[int, int]]
) -> None:
    stream = Stream()
    assert stream.missing == 0
    for sequence in sequences:
        assert not stream.holds(sequence)
        stream.take(sequence)
        assert stream.holds(sequence)
    for said_ns, (last_sequence, low_watermark_ns) in enumerate(marks):
        stream.punctuate(last_sequence, low_watermark_ns, said_ns)
    known = max([0, *sequences, *(last for last, _ in marks[-1:])])
    assert stream.missing == len(set(range(1, known + 1)) - set(sequences))
    first_gap = min(set(range(1, 14)) - set(sequences))
    assert stream.contiguous == first_gap - 1
    reached = [ns for last, ns in marks if last < first_gap]
    assert stream.low_watermark_ns == max(reached, default=0)
    for end in range(13):
        ended = copy.deepcopy(stream)
        ended.settle(end)
        assert ended.missing == len(set(range(1, end + 1)) - set(sequences))
        assert ended.holds_back == (end >= first_gap)


# ------------------------------------------------------------------ the picture


def test_finality_of_the_picture() -> None:
    picture = Picture()
    assert picture.final_time_ns == 0
    for k in range(1, 5):
        picture.fold(r.report("A", k, k, at(k)))
        picture.fold(r.report("B", k, k, at(k, 5.0)))
    picture.punctuate(r.heartbeat("A", 4, 4.0))
    picture.punctuate(r.heartbeat("B", 3, 3.0))
    assert picture.final_time_ns == r.at_ns(3.0)
    assert picture.snapshot().finality == 1
    picture.punctuate(r.heartbeat("B", 4, 4.0))
    assert picture.snapshot().finality == 2
    for node in "AB":
        picture.punctuate(r.heartbeat(node, 4, 4.0, leaving=True))
    assert picture.final_time_ns == picture.time_ns == r.at_ns(4.0)


def test_what_is_final_does_not_change() -> None:
    """A report for a time that is let go of breaks its node's own word: refused, and nothing is changed."""
    picture = Picture()
    for k in range(1, 80):
        picture.fold(r.report("A", k, k, at(k)))
        picture.punctuate(r.heartbeat("A", k, k))
    before = seen(picture), picture.input_digest()
    with pytest.raises(
        ReportError, match=r"report A/1/80: valid at 20\d\d-[-\dT:.]+Z, but time is FINAL up to"
    ):
        picture.fold(r.report("A", 80, 5.5, at(5.5, 50.0)))
    assert (seen(picture), picture.input_digest()) == before
    assert picture.counts.rejected == 1
    picture.fold(r.report("A", 80, 80.0, at(80.0)))
    assert picture.counts.folded == 80


# ------------------------------------------------------------------ memory


def sizes(picture: Picture) -> dict[str, int]:
    """How much a picture holds."""
    names, history, table = picture._names, picture._history, picture._table
    return {
        "events": len(history),
        "segments": len(history._segments),
        "sources": names._used,
        "named": sum(len(known) for known in names._slot.values()),
        "rows": table.count("rows"),
        "lineage": table.count("lineage"),
        "table": sum(a.nbytes for a in (*table.arrays[:-1], *table.arrays.journal)),
        "waiting": sum(len(s.watermarks) + len(s.beyond) for s in picture._finality.streams()),
    }


def run(picture: Picture, seconds: range, goodbye: bool) -> None:
    """Three nodes see a stream of short-lived tracks under ever new numbers."""
    for t in seconds:
        for k, node in enumerate("ABC"):
            local = [t // 5 * 4 + j + 1 for j in range(4)]
            state = np.array(
                [at(t % 5, 3.0 * k, CRUISE + ASIDE * (2e3 * (t // 5 % 50) + 3e4 * j)) for j in range(4)]
            )
            ending = r.TERMINATED if goodbye and t % 5 == 4 else r.MAINTAINING
            picture.fold(r.report(node, t + 1, t, state, local=local, status=ending))
            picture.punctuate(r.heartbeat(node, t + 1, t))
        if t % 10 == 0:
            picture.delta()


@pytest.mark.parametrize("goodbye", [True, False])
def test_memory_stays_bounded(goodbye: bool) -> None:
    picture = Picture()
    run(picture, range(400), goodbye)
    settled = sizes(picture)
    run(picture, range(400, 1600), goodbye)
    grown = sizes(picture)
    assert grown["events"] <= 3 * 64
    assert grown["segments"] <= 6 * SEGMENTS_A_LEVEL
    assert {k: v for k, v in grown.items() if v > 1.5 * settled[k] + 10} == {}


def test_without_finality_segments_grow_with_the_logarithm_only() -> None:
    picture = Picture()
    for t in range(1500):
        picture.fold(r.report("A", t + 1, t, at(t % 100)))
    picture.digest()
    assert picture.kept == 1500
    segments = picture._history._segments  # that they are few is what nobody sees from outside
    assert len(segments) <= 7 * (SEGMENTS_A_LEVEL + 1)
    levels = [segment.level for segment in segments]
    assert levels == sorted(levels, reverse=True), "the oldest are joined most often"
    assert all(levels.count(level) >= SEGMENTS_A_LEVEL - 1 for level in range(max(levels)))
    assert max(levels.count(level) for level in set(levels)) <= SEGMENTS_A_LEVEL
    firsts = [segment.first_event for segment in segments]
    spans = np.diff([*firsts, 1500]).tolist()
    assert spans == [2**level for level in levels], "a level holds twice the events of the one below"
    assert picture._history._images == sum(len(segment.track_rows) for segment in segments)


@pytest.mark.parametrize("last_word", [r.DROPPING, r.MAINTAINING])
def test_sources_without_a_track_are_let_go_of(last_word: int) -> None:
    """Also those that fell silent without a last word, whatever became of their tracks."""
    picture = Picture()
    for t in range(600):
        rows = [(1, at(t % 60), r.MAINTAINING)]
        if t % 5 < 3:  # a new number each five seconds that is never terminated
            rows.append((2 + t // 5, at(t % 5, start=CRUISE + 7e4 * ASIDE), last_word))
        picture.fold(
            r.report(
                "A", t + 1, t, np.array([x for _, x, _ in rows]),
                local=[n for n, _, _ in rows], status=[s for _, _, s in rows],
            )
        )  # fmt: skip
        picture.punctuate(r.heartbeat("A", t + 1, t))
    assert sizes(picture)["sources"] < 40


@pytest.mark.parametrize("misfits", [1, 2])
def test_a_source_that_was_let_go_of_comes_back_as_one_that_was_not(misfits: int) -> None:
    """Misfits before a long silence do not count against a source after it, in one core or the other."""

    def play(punctuated: bool) -> Picture:
        picture = Picture()
        sequence = {"A": 0, "B": 0}

        def say(node: str, t: float, aside_m: float) -> None:
            sequence[node] += 1
            picture.fold(r.report(node, sequence[node], t, at(t, aside_m)))
            if punctuated:
                picture.punctuate(r.heartbeat(node, sequence[node], t))

        for t in range(6):
            say("A", t, 0.0)
            say("B", t, 4.0)
        for k in range(misfits):
            say("A", 6 + k, 0.0)
            say("B", 6 + k, 4_000.0)
        for t in range(8, 100):
            say("A", t, 0.0)
            if punctuated:
                picture.punctuate(r.heartbeat("B", sequence["B"], t))
        picture.forget()
        for t in range(100, 104):
            say("A", t, 0.0)
            say("B", t, 4.0 if t < 101 else 4_000.0)
        return picture

    assert seen(play(True)) == seen(play(False))
