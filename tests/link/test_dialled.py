"""When a core is dialled once more, and which line to it is kept: a line that is silent may only be slow."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

from nodes.link.dialled import ANSWER_S, BESIDE_MAX, Dialled
from nodes.link.lines import SILENCE_S, Line, Way
from nodes.link.trust import KeyPair, Peer

OWN = KeyPair(b"public", b"secret")
ONE, OTHER = (Way(f"tcp://10.0.0.{k}:7400", b"key", OWN) for k in (1, 2))
SOCKET: Any = None


class Clock:
    """Settles the lines to a core each 0.2 s of a time that passes as the test lets it."""

    def __init__(self, *ways: Way) -> None:
        self.dialled = Dialled()
        self.ways = list(ways)
        self.now_s = 100.0
        self.hung_up: list[Line] = []

    def run(self, seconds: float, speaks: Line | None = None) -> None:
        end_s = self.now_s + seconds
        while self.now_s < end_s:
            self.now_s += 0.2
            if speaks is not None:
                speaks.received_s = self.now_s
            gone, way = self.dialled.settle(self.ways, self.now_s)
            self.dialled.lines = [line for line in self.dialled.lines if line not in gone]
            self.hung_up += gone
            if way is not None:
                self.dialled.lines.append(Line(Peer("core-KOR", "KOR", "core"), SOCKET, self.now_s, way=way))


def begun(*ways: Way) -> tuple[Clock, Line]:
    """A line that is heard."""
    clock = Clock(*ways)
    clock.run(0.2)
    (line,) = clock.dialled.lines
    clock.run(5.0, speaks=line)
    assert clock.dialled.heard(clock.now_s) is line
    return clock, line


def test_a_line_that_falls_silent_is_kept_while_another_is_dialled_beside_it() -> None:
    clock, line = begun(ONE)
    clock.run(SILENCE_S + 1.0)
    assert clock.dialled.heard(clock.now_s) is None
    assert len(clock.dialled.lines) == 2
    # it was only slow
    clock.run(1.0, speaks=line)
    assert clock.dialled.lines == [line]
    assert clock.dialled.heard(clock.now_s) is line


def test_the_one_that_was_dialled_beside_it_is_used_once_it_is_heard() -> None:
    clock, line = begun(ONE)
    clock.run(SILENCE_S + 1.0)
    beside = clock.dialled.lines[-1]
    clock.run(1.0, speaks=beside)
    assert clock.dialled.lines == [beside]
    assert clock.hung_up == [line]


@pytest.mark.parametrize("ways", [(ONE,), (ONE, OTHER)])
def test_over_a_cut_there_are_so_many_lines_and_each_has_its_time(ways: tuple[Way, ...]) -> None:
    clock, line = begun(*ways)
    clock.run(600.0)
    lines = clock.dialled.lines
    assert len(lines) == BESIDE_MAX
    assert clock.hung_up[0] is line
    apart_s = [b.began_s - a.began_s for a, b in pairwise(lines)]
    assert min(apart_s) > ANSWER_S
    assert {line.way for line in lines} == set(ways)


def test_an_address_that_is_none_any_more_is_hung_up_on_and_the_new_one_dialled() -> None:
    clock, line = begun(ONE)
    clock.ways = [OTHER]
    clock.run(0.2)
    assert clock.hung_up == [line]
    assert [line.way for line in clock.dialled.lines] == [OTHER]
    clock.ways = []
    clock.run(0.2)
    assert not clock.dialled.lines
