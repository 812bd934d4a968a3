"""A core that goes on from a checkpoint holds what it would hold had it read its whole journal again."""

from __future__ import annotations

import hashlib
import random
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

import fusion.retention
import link_kit
from core_kit import QuietCore
from nodes import coalition
from nodes.admission import Start
from nodes.coalition import Credentials, Member, Policy
from nodes.coalition.keys import load_ring
from nodes.core.checkpoint import Checkpoints
from nodes.core.durable_journal import DurableJournal
from nodes.core.journal_files import (
    Manifest,
    checkpoints,
    pack,
    pack_checkpoint,
    read_checkpoint,
    segments,
)
from nodes.link import codec, topics
from triwatch.v1 import status_pb2

NATIONS = ("JPN", "KOR", "USA")
NODES = (
    Member(id="JPN-1", nation="JPN"),
    Member(id="KOR-1", nation="KOR", groups=(("JPN", "KOR"),)),
    Member(id="USA-1", nation="USA"),
)
STREAMS = {"JPN-1": ("",), "KOR-1": ("", "JPN-KOR"), "USA-1": ("",)}
SEGMENT_BYTES = 6_000
Said = tuple[str, bytes]


@pytest.fixture(autouse=True)
def forgotten_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is FINAL is deleted with every heartbeat: most of a checkpoint is no history."""
    monkeypatch.setattr(fusion.retention, "FORGET_EVERY_EVENTS", 1)


class Disk:
    """A coalition, what its nodes sign, and the journal of Japan's core."""

    def __init__(self, root: Path) -> None:
        self.root = root
        coalition.found(root, Policy(nations=NATIONS, nodes=NODES))
        self.folder = root / "journal"
        self._signers = {
            n.id: Credentials(coalition.load(root), load_ring(root, n.nation, n.id)) for n in NODES
        }

    def traffic(self, seed: int, seconds: int = 18) -> list[Said]:
        """What comes to the core: reports and heartbeats, late, twice or never; a node that starts anew, one
        that tells two stories, or goes behind its watermark; a report of no use."""
        draw = random.Random(seed)
        liar, restarts = draw.choice(["", "two", "behind"]), draw.randrange(4, seconds - 3)
        said: list[tuple[float, int, Said]] = []

        def add(at_s: float, one: Said) -> None:
            if draw.random() < 0.94:
                said.append((at_s + draw.expovariate(2.0), len(said), one))
            else:  # repaired, as a rule
                said.append((at_s + draw.choice([3.0, 5.0, 8.0, 1e3]), len(said), one))
            if draw.random() < 0.1:
                said.append((at_s + draw.uniform(1.0, 9.0), len(said), one))

        for node, streams in STREAMS.items():
            for stream in streams:
                start, sequence, previous = 1, 0, (0, 0)
                for second in range(1, seconds):
                    if node == "USA-1" and second == restarts:
                        start, sequence, previous = 2, 0, (1, sequence)
                    sequence += 1
                    add(second, self.report(node, start, stream, sequence, second))
                    if draw.random() < 0.03:
                        bad = self.report(node, start, stream, sequence + 1, second + 0.5, x_m=float("nan"))
                        sequence += 1
                        add(second, bad)
                    word = self.status(node, start, stream, sequence, second + 0.6, previous)
                    add(second + 0.1, word)
                if liar == "two" and node == "KOR-1":
                    add(seconds, self.report(node, start, stream, 5, 5, x_m=6.5e6))
                if liar == "behind" and node == "KOR-1":
                    add(seconds, self.report(node, start, stream, sequence + 1, 6.0))
        return [one for at_s, _, one in sorted(said, key=lambda s: s[:2]) if at_s < 1e3 or seed % 2]

    def report(self, node: str, start: int, stream: str, sequence: int, at_s: float, x_m: float = 0) -> Said:
        x_m = x_m or 6.4e6 + 100.0 * at_s
        batch = link_kit.batch(node, 1, stream=stream, x_m=x_m)
        batch.sequence, batch.incarnation = sequence, start
        batch.valid_time_ns[0] = batch.sent_time_ns = _ns(at_s)
        return self._sealed(topics.REPORT, stream, node, batch.SerializeToString(), at_s)

    def status(
        self,
        node: str,
        start: int,
        stream: str,
        last: int,
        at_s: float,
        previous: tuple[int, int] = (0, 0),
        leaving: bool = False,
    ) -> Said:
        status = status_pb2.NodeStatus(
            node_id=node,
            nation=node[:3],
            incarnation=start,
            state="NODE_STATE_LEAVING" if leaving else "NODE_STATE_ALIVE",
            time_ns=_ns(at_s),
            previous_incarnation=previous[0],
            previous_last_sequence=previous[1],
        )
        status.punctuation.add(stream=stream, last_sequence=last, low_watermark_ns=_ns(at_s - 0.1))
        return self._sealed(topics.STATUS, stream, node, status.SerializeToString(), at_s)

    def rotate(self, node: str, at_s: float) -> None:
        """A node signs with another key from a time on."""
        coalition.rotate(self.root, node, _ns(at_s))
        self._signers[node] = Credentials(coalition.load(self.root), load_ring(self.root, node[:3], node))

    def _sealed(self, kind: str, stream: str, node: str, payload: bytes, at_s: float) -> Said:
        body = codec.seal(kind, payload, self._signers[node].sign, _ns(at_s))
        return f"{kind}/{stream}/{node}", body


class Life:
    """One process of the core: it reads its journal, then takes what comes."""

    def __init__(self, disk: Disk, folder: Path | None = None) -> None:
        trust = coalition.of_process(disk.root, "core-JPN", "JPN")
        self.core = QuietCore("JPN", trust)
        self.journal = DurableJournal(folder or disk.folder, segment_bytes=SEGMENT_BYTES)
        self.checkpoints = Checkpoints(
            self.journal, self.core.endpoint, self.core.views, self.core.ingest, trust
        )
        self.first = self.checkpoints.resume(0.0)
        for record in self.journal.restore(self.first):
            self.core.deliver(record.topic.decode(), record.body)

    def take(self, said: list[Said]) -> None:
        for topic, body in said:
            self.core.deliver(topic, body)
            self.journal.append(topic.encode(), body)
            self.journal.commit()

    def end(self) -> None:
        self.journal.close()

    def holds(self) -> tuple[object, ...]:
        """All that the core knows."""
        archive, evidence = self.core.ingest.archive, self.core.ingest.evidence
        kept = sorted(
            (*key, [one.body for _, one in archive.find(*key[:2], [(key[2], key[2])], 1 << 30)])
            for *key, _ in archive.all()
        )
        numbers = sorted(
            (t.text, i, n.complete_to, n.highest, n.missing(99)) for t, i, n in self.core.repairs.streams()
        )
        pictures = [v.picture for v in self.core.views.all]
        views = [
            (
                p.digest(),
                p.input_digest(),
                p.final_time_ns,
                p.counts.folded,
                p.counts.rejected,
                p.counts.missing,
            )
            for p in pictures
        ]
        words = sorted(self.core.ingest.state().words.items())
        groups = [v.track_release.known for v in self.core.views.all if v.track_release is not None]
        return views, numbers, kept, archive.whole, sorted(evidence.convicted), words, groups


def _ns(at_s: float) -> int:
    return link_kit.START_NS + round(at_s * 1e9)


def without_checkpoints(disk: Disk, to: Path) -> Path:
    """The same journal, of which all has to be read."""
    shutil.copytree(disk.folder, to, ignore=shutil.ignore_patterns("*.checkpoint"))
    return to


@pytest.mark.parametrize("seed", range(4))
def test_whenever_it_is_made_the_next_start_holds_the_same(seed: int, tmp_path: Path) -> None:
    """And goes on alike: what comes after it is late, missing, a lie as before."""
    draw = random.Random(seed)
    disk = Disk(tmp_path)
    said = disk.traffic(seed)
    cuts = sorted(draw.sample(range(1, len(said)), 4))
    resumed = 0
    for begin, end in zip([0, *cuts], [*cuts, len(said)], strict=True):
        life = Life(disk)
        resumed += life.first > 0
        made = draw.randrange(begin, end)
        life.take(said[begin:made])
        life.checkpoints.make()
        life.take(said[made:end])
        held = life.holds()
        life.end()
        whole = Life(disk, without_checkpoints(disk, tmp_path / f"whole {begin}"))
        assert whole.first == 0
        assert whole.holds() == held
        whole.end()
    assert resumed == len(cuts)
    last = Life(disk)
    assert last.holds() == held
    last.end()


def test_one_is_made_when_enough_has_come(tmp_path: Path) -> None:
    """A segment, or a part of what it is large; two are kept."""
    disk = Disk(tmp_path)
    said, made = disk.traffic(1, 60), 0
    for begin in range(0, len(said), len(said) // 3):
        life, since = Life(disk), 0
        for topic, body in said[begin : begin + len(said) // 3]:
            life.take([(topic, body)])
            since += len(pack(topic.encode(), body))
            if life.journal.due:
                made += 1
                life.checkpoints.make()
                assert not life.journal.due
                assert since >= SEGMENT_BYTES or begin
                since = 0
        life.end()
    assert made > 3
    assert len(checkpoints(disk.folder)) == 2


@pytest.fixture(scope="module")
def ended(tmp_path_factory: pytest.TempPathFactory) -> Disk:
    """The journal of a core that made two checkpoints and has ended."""
    disk = Disk(tmp_path_factory.mktemp("ended"))
    life, said = Life(disk), disk.traffic(3, 12)
    for begin in range(0, len(said), len(said) // 3):
        life.take(said[begin : begin + len(said) // 3])
        if begin < len(said) // 2:
            life.checkpoints.make()
            life.journal.close()
            life = Life(disk)
    life.end()
    assert len(checkpoints(disk.folder)) == 2
    return disk


def copied(ended: Disk, to: Path) -> Path:
    shutil.copytree(ended.folder, to / "journal")
    return to / "journal"


def test_one_cut_at_every_offset_or_with_any_bit_flipped_is_none(tmp_path: Path) -> None:
    state = random.Random(1).randbytes(300)
    manifest = Manifest(
        before=7, program="a", policy="b", sha256=hashlib.sha256(state).hexdigest(), key="k", signature="00"
    )
    path = tmp_path / "000000000007.checkpoint"
    whole = b"".join(pack_checkpoint(manifest, state))
    path.write_bytes(whole)
    assert read_checkpoint(path) == (manifest, state)
    spoilt = [whole[:cut] for cut in range(len(whole))]
    for bit in range(0, 8 * len(whole), 11):
        spoilt.append(whole[: bit // 8] + bytes([whole[bit // 8] ^ 1 << bit % 8]) + whole[bit // 8 + 1 :])
    for data in spoilt:
        path.write_bytes(data)
        with pytest.raises(ValueError, match=r"."):
            read_checkpoint(path)
    path.write_bytes(whole)
    with pytest.raises(ValueError, match="manifest"):
        read_checkpoint(path.rename(tmp_path / "000000000008.checkpoint"))


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-9])


def _foreign(path: Path) -> None:
    """As somebody writes it who has none of the core's keys."""
    data = path.read_bytes()
    manifest, _ = read_checkpoint(path)
    path.write_bytes(data.replace(manifest.signature.encode(), manifest.signature[::-1].encode()))


def _other_program(path: Path) -> None:
    data = path.read_bytes()
    manifest, _ = read_checkpoint(path)
    path.write_bytes(data.replace(manifest.program.encode(), b"0" * 64))


@pytest.mark.parametrize("spoil", [_cut, _foreign, _other_program, Path.unlink])
@pytest.mark.parametrize("both", [False, True])
def test_where_it_is_of_no_use_an_older_one_is_or_the_whole_journal(
    ended: Disk, tmp_path: Path, spoil: Callable[[Path], None], both: bool
) -> None:
    folder = copied(ended, tmp_path)
    newest, older = checkpoints(folder)
    meant = Life(ended)
    assert meant.first == int(newest.stem)
    spoil(newest)
    if both:
        spoil(older)
    life = Life(ended, folder)
    assert life.first == (0 if both else int(older.stem))
    assert life.holds() == meant.holds()
    life.end()
    meant.end()


def test_by_another_policy_everything_is_judged_anew(tmp_path: Path) -> None:
    disk = Disk(tmp_path)
    life = Life(disk)
    life.take(disk.traffic(4, 10))
    life.checkpoints.make()
    life.end()
    coalition.remove(tmp_path, nodes=["USA-1"], effective_ns=_ns(5.0))
    after = Life(disk)
    assert after.first == 0
    assert not after.core.repairs.holds("report//USA-1", 1, 7)
    after.end()


def test_a_segment_that_was_changed_is_checked_message_by_message(tmp_path: Path) -> None:
    """A stranger puts a report of nobody's into a segment that a checkpoint covers."""
    disk = Disk(tmp_path)
    life = Life(disk)
    life.take(disk.traffic(5, 10))
    life.checkpoints.make()
    held = life.holds()
    life.end()
    first = segments(disk.folder)[0]
    forged = DurableJournal(tmp_path / "forged")
    topic, body = disk.report("JPN-1", 1, "", 3, 3.0, x_m=6.45e6)
    forged.append(topic.encode(), body[:-3] + bytes([body[-3] ^ 1]) + body[-2:])
    forged.close()
    forged_bytes = segments(tmp_path / "forged")[0].read_bytes()
    first.write_bytes(forged_bytes + first.read_bytes()[len(b"triwatch-journal-1\n") :])
    after = Life(disk)
    assert after.first > 0
    assert after.holds() == held
    after.end()


def test_two_stories_are_proof_after_it_too(tmp_path: Path) -> None:
    disk = Disk(tmp_path)
    life = Life(disk)
    life.take([disk.report("KOR-1", 1, "", 1, 1.0), disk.report("KOR-1", 1, "", 1, 1.0, x_m=6.6e6)])
    life.checkpoints.make()
    life.end()
    after = Life(disk)
    assert Start("KOR-1", 1, "") in after.core.ingest.evidence.convicted
    found = after.core.ingest.archive.find("report//KOR-1", 1, [(1, 1)], 1 << 20)
    assert len({kept.body for _, kept in found}) == 2
    after.end()


def _resumed_and_whole(disk: Disk, to: Path) -> tuple[Life, Life]:
    """The core's next process, from its checkpoint, and one that reads all of its journal."""
    whole = Life(disk, without_checkpoints(disk, to))
    resumed = Life(disk)
    assert (resumed.first > 0, whole.first) == (True, 0)
    return resumed, whole


def test_what_was_let_go_of_before_it_does_not_keep_what_comes_late_after_it_out(tmp_path: Path) -> None:
    """A node left and is back, with a key that counts no more, of which the core learns late: what it had
    taken it drops. Of what comes signed anew, behind FINAL, each report has its place after a checkpoint as
    without one."""
    disk = Disk(tmp_path)
    others = [disk.report(node, 1, "", n, n) for n in range(1, 14) for node in ("JPN-1", "KOR-1")]
    words = [
        disk.status(*word)
        for at_s in (12.1, 13.1)
        for word in (
            ("JPN-1", 1, "", int(at_s), at_s),
            ("KOR-1", 1, "", int(at_s), at_s),
            ("KOR-1", 1, "JPN-KOR", 0, at_s),
        )
    ]
    first = [disk.report("USA-1", 1, "", n, n) for n in range(1, 6)]
    goodbye = disk.status("USA-1", 1, "", 5, 5.5, leaving=True)
    life = Life(disk)
    life.take([*others[:-2], *first, goodbye, *(disk.report("USA-1", 2, "", n, 5 + n) for n in range(1, 8))])
    disk.rotate("USA-1", 6.0)
    life.core.follow()
    life.take([*words[:3], *others[-2:], *words[3:]])
    life.checkpoints.make()
    life.end()
    resumed, whole = _resumed_and_whole(disk, tmp_path / "whole")
    for one in (resumed, whole):
        assert one.core.views.shared.picture.counts.folded == 31
        one.take([disk.report("USA-1", 2, "", n, 5 + n) for n in range(1, 8)])
        assert one.core.views.shared.picture.counts.folded == 38
    assert resumed.holds() == whole.holds()
    resumed.end()
    whole.end()


def test_of_two_stories_the_one_whose_key_counts_is_kept(tmp_path: Path) -> None:
    """Whoever had the node's old key told another story under a number that was held: proof, until the core
    learns that this key counted no more."""
    disk = Disk(tmp_path)
    life = Life(disk)
    forged = disk.report("USA-1", 1, "", 7, 7.0, x_m=6.6e6)
    life.take([disk.report("USA-1", 1, "", n, n) for n in range(1, 7)])
    life.end()
    disk.rotate("USA-1", 6.5)
    true = disk.report("USA-1", 1, "", 7, 7.0)
    life = Life(disk)
    life.take([true])
    life.journal.append(forged[0].encode(), forged[1])  # as a core does that has not learned of it yet
    life.journal.commit()
    life.checkpoints.make()
    life.end()
    resumed, whole = _resumed_and_whole(disk, tmp_path / "whole")
    assert resumed.holds() == whole.holds()
    kept = resumed.core.ingest.archive.find(true[0], 1, [(7, 7)], 1 << 20)
    assert [one.body for _, one in kept] == [true[1]]
    resumed.end()
    whole.end()


@pytest.mark.parametrize("harm", ["torn", "deleted"])
def test_what_cannot_be_read_again_is_missing(tmp_path: Path, harm: str) -> None:
    """A segment before a checkpoint has lost its end, or is not there: what was in it is asked for, and what
    comes late afterwards has its place all the same."""
    disk = Disk(tmp_path)
    said = disk.traffic(3, 20)
    late = next(one for one in said if one[0].startswith("report//JPN-1"))
    said = [one for one in said if one != late]
    life = Life(disk)
    life.take(said)
    life.checkpoints.make()
    held = life.holds()
    life.end()
    torn = segments(disk.folder)[1]
    if harm == "torn":
        torn.write_bytes(torn.read_bytes()[: torn.stat().st_size // 2])
    else:
        torn.unlink()
    resumed = Life(disk)
    assert resumed.first > 0
    missing = [n.missing(99) for _, _, n in resumed.core.repairs.streams()]
    assert sum(map(len, missing)) > sum(len(gaps) for _, _, _, _, gaps in held[1])
    resumed.take(said)
    assert resumed.holds()[1:] == held[1:]
    assert [view[:3] for view in resumed.holds()[0]] == [view[:3] for view in held[0]]
    resumed.take([late])
    fresh = Life(disk, tmp_path / "fresh")
    fresh.take([*said, late])
    assert [view[:2] for view in resumed.holds()[0]] == [view[:2] for view in fresh.holds()[0]]
    resumed.end()
    fresh.end()


def test_what_retention_has_deleted_is_given_up_and_not_missing(tmp_path: Path) -> None:
    """The oldest segments are gone, as of a journal that may not grow further: their reports are in the
    picture and not kept for neighbours, now and after the next checkpoint."""
    disk = Disk(tmp_path)
    life = Life(disk)
    life.take(disk.traffic(3, 20))
    life.checkpoints.make()
    views, numbers, kept, *_ = life.holds()
    life.end()
    for gone in segments(disk.folder)[:2]:
        gone.unlink()
    for _ in range(2):
        life = Life(disk)
        assert life.first > 0
        assert life.holds()[:2] == (views, numbers)
        assert not life.core.ingest.archive.whole
        assert 0 < life.core.ingest.archive.count < len(kept)  # type: ignore[arg-type]
        life.checkpoints.make()
        life.end()
