"""Faults planted in the product, one at a time: the simulator must find each of them."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from typing import Any

import pytest

from fusion import finality
from fusion.table import digest, history
from nodes.admission import rules
from nodes.core import checkpoint, ingest, late
from nodes.link import endpoint, gaps, hints, journal, receiver, repairs, requests

Plant = Callable[[pytest.MonkeyPatch], None]


def nobody_asks(patch: pytest.MonkeyPatch) -> None:
    """What is missing is never asked for."""
    patch.setattr(receiver.Receiver, "_ask", lambda *_: None)


def window_off_by_one(patch: pytest.MonkeyPatch) -> None:
    """Of every gap the first number is not asked for."""
    missing = gaps.SequenceSet.missing

    def short(self: gaps.SequenceSet, ranges_max: int) -> list[tuple[int, int]]:
        return [(first + 1, last) for first, last in missing(self, ranges_max)]

    patch.setattr(gaps.SequenceSet, "missing", short)


def last_lost_for_good(patch: pytest.MonkeyPatch) -> None:
    """What heartbeats announce and neighbours hold is not noticed: a lost last report is never missed."""
    patch.setattr(receiver.Receiver, "announce", lambda *_: None)
    patch.setattr(hints.Hints, "receive", lambda *_: None)


def repaired_not_used(patch: pytest.MonkeyPatch) -> None:
    """Repaired messages are counted and dropped."""
    replied = receiver.Receiver._replied

    def dropped(self: Any, *arguments: Any) -> Any:
        for _ in replied(self, *arguments):
            pass
        return iter(())

    patch.setattr(receiver.Receiver, "_replied", dropped)


def final_too_early(patch: pytest.MonkeyPatch) -> None:
    """A watermark counts before the reports that it names have come."""
    stream = finality.Stream

    def early(self: finality.Stream) -> None:
        while self.watermarks:
            self.low_watermark_ns = max(self.low_watermark_ns, self.watermarks.pop(0)[1])

    patch.setattr(stream, "_reach", early)


def late_folded_as_it_comes(patch: pytest.MonkeyPatch) -> None:
    """A late report is folded where it comes, not where it belongs."""

    def last(self: Any, event: Any) -> None:
        self._keys.append(event.key)
        self._events.append(event)

    patch.setattr(history.History, "insert", last)


def duplicates_counted(patch: pytest.MonkeyPatch) -> None:
    """A report that comes again is folded again."""
    note = repairs.Repairs.note

    def fresh(self: Any, topic: Any, incarnation: int, sequence: int, now_s: float) -> bool:
        note(self, topic, incarnation, sequence, now_s)
        return True

    patch.setattr(repairs.Repairs, "note", fresh)
    patch.setattr(finality.Stream, "holds", lambda self, sequence: False)


def digest_in_order_of_arrival(patch: pytest.MonkeyPatch) -> None:
    """The digest of the reports depends on the order in which they came."""
    add = digest.InputDigest.add
    count = iter(range(10**9))

    def ordered(self: Any, value: bytes) -> None:
        add(self, bytes(a ^ b for a, b in zip(value, next(count).to_bytes(len(value), "big"), strict=True)))

    patch.setattr(digest.InputDigest, "add", ordered)


def cores_keep_nothing(patch: pytest.MonkeyPatch) -> None:
    """A process keeps nothing for those that missed it."""
    patch.setattr(journal.Journal, "keep", lambda *_, **__: None)


def questions_unanswered(patch: pytest.MonkeyPatch) -> None:
    """Requests are read and not answered."""
    patch.setattr(requests.RequestService, "_repair", lambda *_: None)


def heartbeats_not_heard(patch: pytest.MonkeyPatch) -> None:
    """What nodes say of how far they have come is dropped: time is never FINAL."""
    patch.setattr(ingest.Ingest, "_status", lambda *_: None)


def ties_by_arrival(patch: pytest.MonkeyPatch) -> None:
    """Reports of one moment are folded in the order in which they came."""

    def insert(self: Any, event: Any) -> None:
        at = bisect_right(self._keys, event.key.valid_time_ns, key=lambda key: key.valid_time_ns)
        self._keys.insert(at, event.key)
        self._events.insert(at, event)
        self._valid = min(self._valid, at)

    patch.setattr(history.History, "insert", insert)


def stale_policy_accepted(patch: pytest.MonkeyPatch) -> None:
    """What was taken in before a version of the policy came is not judged by it."""
    patch.setattr(ingest.Ingest, "_judge_anew", lambda *_: None)


def fence_forgotten(patch: pytest.MonkeyPatch) -> None:
    """What the members have fenced off counts, and is waited for."""
    patch.setattr(rules.Rules, "fences", lambda *_: {})


def not_signed_anew(patch: pytest.MonkeyPatch) -> None:
    """What a node signed with a key that had ended it leaves so."""
    patch.setattr(endpoint, "signed_anew", lambda *_: iter(()))


def proofs_kept_to_oneself(patch: pytest.MonkeyPatch) -> None:
    """Who can prove that a node lies tells nobody."""
    patch.setattr(ingest.Ingest, "_show", lambda *_: None)


def policy_of_a_checkpoint_ignored(patch: pytest.MonkeyPatch) -> None:
    """A core goes on from a checkpoint that was made by another version of the policy."""
    patch.setattr(checkpoint.Checkpoints, "_policy", lambda self: "any")


def tail_of_the_journal_skipped(patch: pytest.MonkeyPatch) -> None:
    """What came after a checkpoint is not read."""
    resume = checkpoint.Checkpoints.resume

    def nothing_after(self: checkpoint.Checkpoints, now_s: float) -> int:
        return 10**9 if resume(self, now_s) else 0

    patch.setattr(checkpoint.Checkpoints, "resume", nothing_after)


def thought_less_than_all(patch: pytest.MonkeyPatch) -> None:
    """A core that went on from a checkpoint takes itself for one that does not have everything."""
    compare = checkpoint.Checkpoints._compare_with_kept

    def lacking(self: Any, retained: bool, now_s: float) -> None:
        compare(self, retained, now_s)
        self._ingest.archive.resume({}, whole=False)

    patch.setattr(checkpoint.Checkpoints, "_compare_with_kept", lacking)


def late_left_out(patch: pytest.MonkeyPatch) -> None:
    """What waits since it comes late is not in a checkpoint."""
    make = checkpoint.Checkpoints.make

    def made(self: checkpoint.Checkpoints, before: int | None = None) -> None:
        with pytest.MonkeyPatch.context() as within:
            within.setattr(late.LateReports, "bring_in", lambda *_: None)
            make(self, before)

    patch.setattr(checkpoint.Checkpoints, "make", made)


BUGS: dict[str, Plant] = {
    plant.__name__: plant
    for plant in (
        nobody_asks,
        window_off_by_one,
        last_lost_for_good,
        repaired_not_used,
        final_too_early,
        late_folded_as_it_comes,
        duplicates_counted,
        digest_in_order_of_arrival,
        cores_keep_nothing,
        questions_unanswered,
        heartbeats_not_heard,
        ties_by_arrival,
        stale_policy_accepted,
        fence_forgotten,
        not_signed_anew,
        proofs_kept_to_oneself,
        policy_of_a_checkpoint_ignored,
        tail_of_the_journal_skipped,
        thought_less_than_all,
        late_left_out,
    )
}
