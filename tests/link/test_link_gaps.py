"""Gaps and journals against a plain set, and the asking for what is missing."""

import errno
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nodes.link import topics
from nodes.link.gaps import SequenceSet
from nodes.link.journal import Journal
from nodes.link.repairs import RETRY_MAX_S, RETRY_S, Repairs

KOR_1 = topics.parse(b"report/JPN-KOR-USA/KOR-1")


@given(st.lists(st.integers(1, 40), max_size=60), st.integers(0, 50))
def test_sequence_is_a_set_of_numbers(numbers: list[int], announced: int) -> None:
    sequence, held = SequenceSet(), set()
    for n in numbers:
        assert sequence.note(n) == (n not in held)
        held.add(n)
    sequence.announce(announced)
    highest = max([announced, *held])
    absent = [n for n in range(1, highest + 1) if n not in held]
    assert sequence.highest == highest
    assert sequence.highest_held == max(held, default=0)
    assert sequence.missing_count == len(absent)
    assert [n for a, b in sequence.missing(100) for n in range(a, b + 1)] == absent
    assert sequence.missing(2) == sequence.missing(100)[:2]
    assert sequence.complete_to == next(n for n in range(60) if n + 1 not in held)
    assert all(sequence.holds(n) == (n in held) for n in range(1, 60))


def test_a_gap_of_any_width_costs_the_same() -> None:
    sequence = SequenceSet()
    assert sequence.note(1)
    assert sequence.note(2**50)
    assert sequence.missing(10) == [(2, 2**50 - 1)]
    assert sequence.missing_count == 2**50 - 2


UNWRITTEN = st.sampled_from([1, 150, 1 << 18])
"""Every message written as it comes, some at a time, none before the ring's end."""


@given(
    st.lists(st.tuples(st.integers(1, 3), st.integers(1, 30)), max_size=80), st.integers(300, 5000), UNWRITTEN
)
def test_journal_is_bounded_and_gives_back_what_it_keeps(
    puts: list[tuple[int, int]], bytes_max: int, unwritten: int
) -> None:
    journal = Journal(bytes_max, unwritten)
    for stream, n in puts:
        journal.keep(f"t{stream}", 1, n, bytes([stream, n]) * 20)
    assert journal.bytes <= bytes_max
    for stream in (1, 2, 3):
        kept = dict(journal.find(f"t{stream}", 1, [(1, 2**40)], 10**9))
        assert kept == dict(journal.find(f"t{stream}", 1, [(1, 15), (16, 30)], 10**9))
        for n, message in kept.items():
            assert (stream, n) in puts
            assert message.body == bytes([stream, n]) * 20
    assert journal.find("t1", 2, [(1, 30)], 10**9) == []


def test_a_reply_is_cut_by_size_but_never_empty() -> None:
    journal = Journal(1 << 20)
    for n in range(1, 11):
        journal.keep("t", 1, n, b"x" * 1000)
    assert [n for n, _ in journal.find("t", 1, [(3, 10)], 2500)] == [3, 4]
    assert [n for n, _ in journal.find("t", 1, [(3, 10)], 1)] == [3]


def test_what_was_given_up_is_said() -> None:
    journal = Journal(3000)
    for n in range(1, 21):
        journal.keep("t", 1, n, b"x" * 300)
    assert journal.first_retained("t", 1) == 11
    assert journal.first_retained("absent", 1) == 0


@given(st.lists(st.integers(1, 400), min_size=1, max_size=60), st.integers(400, 1500), UNWRITTEN)
def test_the_newest_are_kept_as_they_were(sizes: list[int], bytes_max: int, unwritten: int) -> None:
    """Whatever their sizes, as many of the last as fill the room but for one message's gap at its end."""
    journal = Journal(bytes_max, unwritten)
    bodies = [bytes([n]) * size for n, size in enumerate(sizes)]
    for n, body in enumerate(bodies):
        journal.keep("t", 1, n + 1, body, clock_ns=n)
    kept = journal.find("t", 1, [(1, len(sizes))], 10**9)
    assert [n for n, _ in kept] == list(range(len(sizes) - len(kept) + 1, len(sizes) + 1))
    assert all(message.body == bodies[n - 1] and message.clock_ns == n - 1 for n, message in kept)
    assert journal.first_retained("t", 1) == len(sizes) - len(kept) + 1
    newest, asked = 0, 0
    for size in reversed(sizes[-16:]):
        asked += size
        if asked > bytes_max - max(sizes):
            break
        newest += 1
    assert len(kept) >= newest


def test_a_full_disk_costs_repairs_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    journal = Journal(3000, 8)
    journal.keep("t", 1, 1, b"kept one")

    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    def found() -> list[tuple[int, bytes]]:
        return [(n, message.body) for n, message in journal.find("t", 1, [(1, 9)], 100)]

    with monkeypatch.context() as patched:
        patched.setattr("os.pwrite", full)
        journal.keep("t", 1, 2, b"lost")
        journal.keep("t", 1, 3, b"lost too")
    assert found() == [(1, b"kept one")]
    assert journal.first_retained("t", 1) == 1
    assert journal.bytes == len(b"kept one")
    journal.keep("t", 1, 4, b"room again")
    assert found() == [(1, b"kept one"), (4, b"room again")]


def test_asking_goes_round_and_slows_down() -> None:
    repairs = Repairs()
    repairs.note(KOR_1, 1, 1, 0.0)
    repairs.note(KOR_1, 1, 5, 0.0)
    assert repairs.missing == 3
    assert repairs.due(0.0, lambda topic: ["KOR-1"]) == [], "a gap may close by itself"
    asked, now_s = [], 0.0
    for _ in range(8):
        now_s = repairs.next_due_s() or 0.0
        (wanted,) = repairs.due(now_s, lambda topic: ["KOR-1", "core-USA"])
        assert wanted.ranges == [(2, 4)]
        asked.append((wanted.provider, now_s))
    assert [name for name, _ in asked] == ["KOR-1", "core-USA"] * 4
    waits = [b - a for (_, a), (_, b) in pairwise(asked)]
    assert waits[:4] == pytest.approx([RETRY_S, 2 * RETRY_S, 4 * RETRY_S, 8 * RETRY_S])
    assert waits[4:] == pytest.approx([RETRY_MAX_S] * 3)


def test_nothing_is_asked_once_all_is_there() -> None:
    repairs = Repairs()
    repairs.note(KOR_1, 1, 2, 0.0)
    (wanted,) = repairs.due(1.0, lambda topic: ["KOR-1"])
    assert wanted.ranges == [(1, 1)]
    assert repairs.note(KOR_1, 1, 1, 1.1)
    assert not repairs.note(KOR_1, 1, 1, 1.2)
    assert repairs.missing == 0
    assert repairs.next_due_s() is None


def test_a_lost_last_message_is_missed_through_the_heartbeat() -> None:
    repairs = Repairs()
    repairs.note(KOR_1, 1, 1, 0.0)
    repairs.announce(KOR_1, 1, 3, 0.0)
    assert [w.ranges for w in repairs.due(1.0, lambda topic: ["KOR-1"])] == [[(2, 3)]]


def test_a_partly_answered_request_asks_for_the_rest_at_once() -> None:
    repairs = Repairs()
    repairs.announce(KOR_1, 1, 100, 0.0)
    repairs.due(1.0, lambda topic: ["KOR-1"])
    for n in range(1, 51):
        repairs.note(KOR_1, 1, n, 1.1)
    repairs.answered(KOR_1, 1, 50, 1.1)
    assert [w.ranges for w in repairs.due(1.1, lambda topic: ["KOR-1"])] == [[(51, 100)]]
