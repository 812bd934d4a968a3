"""Reports far behind what is folded wait for their turn; none is left out, what is in time never waits."""

from __future__ import annotations

from math import inf

import pytest

import trust_kit
from core_kit import QuietCore
from link_kit import batch, body
from nodes.control import clock
from nodes.core.late import LATE_MOMENTS, LATE_SHARE, LateReports
from nodes.link import topics

ALL = "JPN-KOR-USA"
COST_S = 0.05


class Core(QuietCore):
    """One that brings in what is late when it is due, as the core's loop does."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        super().__init__("JPN", trust_kit.signer("core-JPN"))
        self.now_s = 0.0
        patch.setattr(clock, "monotonic_s", lambda: self.now_s)
        patch.setattr(LateReports, "cost_s", lambda *_: COST_S)
        renew = self.ingest.renew
        patch.setattr(self.ingest, "renew", lambda _: renew(self.now_s))

    def report(self, node_id: str, sequence: int) -> None:
        self.deliver(topics.report(ALL, node_id), body(batch(node_id, sequence)))

    @property
    def folded(self) -> int:
        return self.views.fullest.picture.counts.folded

    @property
    def waiting(self) -> int:
        return self.ingest.late.waiting(self.views.fullest)


def test_late_reports_wait_and_those_in_time_do_not(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many come late, they take a tenth of the core's time."""
    core = Core(monkeypatch)
    for sequence in range(1, 101):
        core.report("KOR-1", sequence)
    core.report("USA-1", 1)  # nothing waits: at once
    assert (core.folded, core.waiting) == (101, 0)
    brought_in = 0
    for sequence in range(2, 52):
        core.now_s += 0.1
        before = core.folded
        core.report("USA-1", sequence)
        brought_in += core.folded > before
        core.report("KOR-1", 99 + sequence)  # in time
        assert core.folded + core.waiting == 101 + 2 * (sequence - 1)
    assert brought_in == pytest.approx(5.0 / (COST_S / LATE_SHARE), abs=1)
    assert core.waiting
    # a little late is in time, too
    before = core.folded
    core.report("JPN-1", 150 - LATE_MOMENTS + 2)
    assert core.folded == before + 1


def test_in_the_end_the_picture_is_that_of_reports_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    late, prompt = Core(monkeypatch), QuietCore("JPN", trust_kit.signer("core-JPN"))
    told = [("KOR-1", k) for k in range(1, 121)] + [("USA-1", k) for k in range(1, 61)]
    for node_id, sequence in told:
        late.now_s += 0.01
        late.report(node_id, sequence)
    for node_id, sequence in sorted(told, key=lambda one: one[1]):
        prompt.deliver(topics.report(ALL, node_id), body(batch(node_id, sequence)))
    assert late.waiting
    assert late.digests() != prompt.digests()
    late.ingest.late.bring_in(inf)
    assert not late.waiting
    assert late.digests() == prompt.digests()
