"""The history over a table that is a dictionary: undone, joined and forgotten, it folds what a list would."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import pytest

from fusion.report.report import Event, EventKey
from fusion.report.reported_lines import NO_LINES
from fusion.table.history import IMAGES_A_TRACK, SEGMENTS_A_LEVEL, History

ROWS = 12


@dataclass
class Before:
    """What a segment of the real table is to the history."""

    first_event: int
    images: dict[int, int]
    counters: dict[str, Any]
    level: int = 0
    live: bool = True

    @property
    def track_rows(self) -> list[int]:
        return list(self.images)

    @property
    def source_rows(self) -> Any:
        return np.array([100 + row for row in self.images], np.int64)

    def absorb(self, later: Before) -> None:
        assert self.live
        assert later.live
        assert later.first_event > self.first_event
        self.images = later.images | self.images
        self.level += 1
        later.live = False


class Table:
    """Rows of numbers, and a log that grows by one entry an event."""

    def __init__(self) -> None:
        self.rows = [0] * ROWS
        self.lineage: list[tuple[int, ...]] = []
        self.forgotten = 0
        self.touched: dict[int, int] | None = None
        self.segments: list[Before] = []
        self.undone = 0

    @property
    def arrays(self) -> Table:
        return self

    @property
    def counters(self) -> dict[str, Any]:
        return {"lineage": np.array([len(self.lineage)])}

    def count(self, of: str) -> int:
        assert of == "rows"
        return ROWS

    def put(self, row: int, value: int) -> None:
        assert self.touched is not None, "a fold outside of a segment"
        self.touched.setdefault(row, self.rows[row])
        self.rows[row] = value

    def open_segment(self) -> dict[str, Any]:
        assert self.touched is None
        self.touched = {}
        return self.counters

    def close_segment(self, first_event: int, before: dict[str, Any]) -> Before:
        assert self.touched is not None
        self.segments.append(Before(first_event, self.touched, before))
        self.touched = None
        return self.segments[-1]

    def undo(self, segment: Before) -> None:
        assert segment.live
        segment.live = False
        self.undone += 1
        for row, value in segment.images.items():
            self.rows[row] = value
        del self.lineage[int(segment.counters["lineage"][0]) :]

    def forget_lineage(self, count: int) -> None:
        self.forgotten += count
        del self.lineage[:count]


def event(time_ns: int, node: str, sequence: int, rows: int = 1) -> Event:
    """An event of which the history looks at its key and at how many rows it has."""
    key = EventKey(time_ns, node, 1, sequence, "")
    bare = cast(Any, Event)(key, np.arange(rows), *[None] * (len(Event._fields) - 2))
    return cast(Event, bare._replace(lines=NO_LINES))


def change(table: Table, one: Event) -> None:
    """Depends on everything before, as a fold does."""
    key = one.key
    row = (key.valid_time_ns * 7 + key.sequence) % ROWS
    for k in (row, (row * 5 + 3) % ROWS):
        table.put(k, hash((table.rows[k], sum(table.rows) % 1009, key[0], key[3])) % 10**9)
    table.lineage.append((key.valid_time_ns, key.sequence))


def straight(events: list[Event]) -> list[int]:
    """The rows that folding in order gives."""
    table = Table()
    for one in sorted(events, key=lambda e: e.key):
        table.open_segment()
        change(table, one)
        table.touched = None
    return table.rows


def new() -> tuple[Table, History]:
    table = Table()
    return table, History(cast(Any, table), lambda one: change(table, one))


def live(seed: int) -> None:
    """Reports in disorder, looked at, forgotten: at every look the rows are those of the straight fold."""
    dice = random.Random(seed)
    table, history = new()
    known: list[Event] = []
    kept: list[Event] = []
    forgotten_ns = 0
    for k in range(dice.randint(1, 140)):
        time_ns = max(forgotten_ns + 1, k // 2 + dice.randint(-12, 6))
        one = event(time_ns, dice.choice("AB"), k, dice.randint(0, 3))
        history.insert(one)
        known.append(one)
        kept.append(one)
        assert len(history) == len(kept)
        if dice.random() < 0.6:
            history.settle()
            assert table.rows == straight(known)
            undone = table.undone
            history.settle()
            assert table.undone == undone, "nothing new, nothing undone"
        if dice.random() < 0.08:
            rows_max = dice.randint(0, 40)
            assert history.surplus_ns(rows_max) == surplus_ns(kept, rows_max)
        if dice.random() < 0.1:
            final_ns = max(forgotten_ns, k // 2 - dice.randint(-3, 15))
            before = len(history)
            went = history.forget(final_ns)
            gone = before - len(history)
            assert went == (gone > 0)
            kept.sort(key=lambda e: e.key)
            assert all(e.key.valid_time_ns <= final_ns for e in kept[:gone])
            kept = kept[gone:]
            if went:
                forgotten_ns = final_ns
            assert table.forgotten == len(known) - len(kept), "lineage goes with the events that made it"
            check_sources(table, history, kept)
    history.settle()
    assert table.rows == straight(known)
    assert table.lineage == [(e.key[0], e.key[3]) for e in sorted(kept, key=lambda e: e.key)]


def surplus_ns(kept: list[Event], rows_max: int) -> int:
    """Up to when all but half of ``rows_max`` rows is valid, where more than ``rows_max`` are held."""
    held = [e.key.valid_time_ns for e in sorted(kept, key=lambda e: e.key) for _ in e.local_number]
    if len(held) <= rows_max:
        return 0
    return held[len(held) - rows_max // 2 - 1]


def check_sources(table: Table, history: History, kept: list[Event]) -> None:
    """What the kept events and the kept before-images name, each once, ascending."""

    def slots(one: Event) -> Any:
        return np.array([200 + one.key.valid_time_ns], np.int64)

    named = {200 + e.key.valid_time_ns for e in kept}
    held = set(history.held_sources(slots).tolist())
    assert named <= held
    assert history.held_sources(slots).tolist() == sorted(held)
    images = {100 + row for s in table.segments if s.live for row in s.images}
    assert held - named <= images
    if not kept:
        assert held == set()


@pytest.mark.parametrize("first", range(0, 120, 40))
def test_a_history_folds_what_a_list_would(first: int) -> None:
    for seed in range(first, first + 40):
        live(seed)


def test_before_the_first_event_there_is_nothing() -> None:
    table, history = new()
    history.settle()
    assert len(history) == 0
    assert not history.forget(100)
    assert history.surplus_ns(0) == 0
    assert history.held_sources(lambda _: np.zeros(0, np.int64)).tolist() == []
    assert (table.forgotten, table.undone) == (0, 0)


def in_order(count: int, then: Callable[[int], object] = lambda _: None) -> tuple[Table, History]:
    table, history = new()
    for k in range(count):
        history.insert(event(k, "A", k))
        history.settle()
        then(k)
    return table, history


def test_segments_are_joined_once_they_hold_much_more_than_the_table() -> None:
    """Never before; then the oldest in pairs, so that their number grows with the logarithm."""
    events_untouched = ROWS * IMAGES_A_TRACK // 2
    table, _ = in_order(events_untouched)
    assert all(s.level == 0 for s in table.segments)
    assert sum(s.live for s in table.segments) == events_untouched
    table, _ = in_order(2000)
    live_segments = [s for s in table.segments if s.live]
    levels = [s.level for s in live_segments]
    assert levels == sorted(levels, reverse=True)
    assert len(levels) < 7 * (SEGMENTS_A_LEVEL + 1)
    assert max(levels.count(k) for k in set(levels)) <= SEGMENTS_A_LEVEL
    assert all(levels.count(k) >= SEGMENTS_A_LEVEL - 1 for k in range(max(levels)))
    firsts = [s.first_event for s in live_segments]
    assert np.diff([*firsts, 2000]).tolist() == [2**level for level in levels]


def test_a_late_event_undoes_what_came_after_it_and_no_more() -> None:
    table, history = in_order(20)
    history.insert(event(17, "B", 0))  # behind event 17 of A, before event 18
    history.settle()
    assert table.undone == 2
    assert table.rows == straight([event(k, "A", k) for k in range(20)] + [event(17, "B", 0)])


def test_forgetting_stops_at_what_is_valid_later() -> None:
    for count, final_ns, gone in ((10, 3, 4), (10, -1, 0), (10, 9, 10), (10, 50, 10), (1, 0, 1)):
        table, history = in_order(count)
        assert history.forget(final_ns) == (gone > 0)
        assert len(history) == count - gone
        assert table.forgotten == gone
        history.insert(event(count, "A", count))
        history.settle()
        assert table.rows == straight([event(k, "A", k) for k in range(count + 1)])


def test_a_joined_segment_goes_as_a_whole() -> None:
    """It is kept until its last event is FINAL, and a late report still undoes what is kept."""
    count = 400
    for final_ns in range(60):
        table, history = in_order(count)
        ends = [s.first_event for s in table.segments if s.live][1:]
        history.forget(final_ns)
        gone = count - len(history)
        assert gone == max((end for end in ends if end <= final_ns + 1), default=0)
        late = event(count - 2, "B", 0)
        history.insert(late)
        history.settle()
        assert table.rows == straight([event(k, "A", k) for k in range(count)] + [late])
