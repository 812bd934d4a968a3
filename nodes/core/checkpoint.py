"""What a core is at one moment, put beside its journal, so that the next process of it goes on from there.

What a core holds follows from the messages in its journal, and a start could always fold them all anew:
this is only quicker. A checkpoint is believed where the core's own key signed it, the same program made it
(what is in it are this program's objects) and by the same version of the policy; else an older one is taken,
or none.

In it are the pictures, with what of their history is not final, the numbers of every stream, the proofs and
the nodes' last words. The reports that are kept for neighbours are read again from the segments before it,
as far back as they were kept: a segment that still is what the checkpoint knows of it needs no signature
checked. What cannot be read again is missing, whatever the checkpoint says.
"""

from __future__ import annotations

import functools
import hashlib
import logging
import pickle
from collections.abc import Iterator
from dataclasses import dataclass
from math import inf
from pathlib import Path

import fusion
import nodes
from fusion import Picture
from nodes.admission import Start
from nodes.coalition import Credentials
from nodes.core.durable_journal import DurableJournal
from nodes.core.ingest import Ingest, IngestState
from nodes.core.journal_files import Manifest, Record, Seal, checkpoints, read_checkpoint
from nodes.core.track_release import ReleaseGroups
from nodes.core.views import Views
from nodes.link import codec, topics
from nodes.link.endpoint import LinkEndpoint
from nodes.link.errors import WireError
from nodes.link.repairs import RepairsState
from nodes.link.topics import Topic
from triwatch.v1 import track_pb2

_log = logging.getLogger("triwatch.journal")


@functools.cache
def program() -> str:
    """Digest of the sources of everything that a checkpoint is made of."""
    digest = hashlib.sha256()
    for room in (fusion, nodes):
        for path in sorted(Path(str(room.__file__)).parent.rglob("*.py")):
            digest.update(path.read_bytes())
    return digest.hexdigest()


@dataclass(slots=True)
class _State:
    pictures: dict[str, Picture]
    """By topic."""
    groups: dict[str, ReleaseGroups]
    """By topic, of the pictures that not every member may have."""
    numbers: RepairsState
    ingest: IngestState
    first: dict[tuple[str, int], int]
    """Of the reports kept for neighbours: of these streams no longer what is below the number."""
    whole: bool
    """Whether they are all that ever came."""
    begin: int
    """All of them are in the segments from this one on."""
    seals: dict[int, Seal]


class Checkpoints:
    """Makes the checkpoints of one core, and goes on from them."""

    def __init__(
        self,
        journal: DurableJournal,
        endpoint: LinkEndpoint,
        views: Views,
        ingest: Ingest,
        trust: Credentials,
    ) -> None:
        self._journal = journal
        self._endpoint = endpoint
        self._views = views
        self._ingest = ingest
        self._trust = trust
        self._topic = topics.parse(topics.core_status(ingest.nation).encode())
        self._marks = [(min(journal.earlier, default=1), 0)]
        """Segments, and how many reports had been kept before each: in the first and those after it is all
        that is kept."""

    def make(self, before: int | None = None) -> None:
        """Put what the core is beside the journal: what all segments before that one came to, or with None
        all that is committed. Not while a picture is to be made anew."""
        self._ingest.late.bring_in(inf)
        if any(view.admission.stale for view in self._views.all):
            return
        archive = self._ingest.archive
        number = self._journal.begin_segment() if before is None else before
        self._marks.append((number, archive.total))
        given_up = archive.total - archive.count
        while len(self._marks) > 1 and self._marks[1][1] <= given_up:
            del self._marks[0]
        state = _State(
            pictures={view.topic: view.picture for view in self._views.all},
            groups={v.topic: v.track_release.known for v in self._views.all if v.track_release is not None},
            numbers=self._endpoint.receiver.repairs.state(),
            ingest=self._ingest.state(),
            first=archive.first,
            whole=archive.whole,
            begin=self._marks[0][0],
            seals=self._journal.seals,
        )
        data = pickle.dumps(state, pickle.HIGHEST_PROTOCOL)
        said = Manifest(
            before=number,
            program=program(),
            policy=self._policy(),
            sha256=hashlib.sha256(data).hexdigest(),
            key="",
            signature="",
        )
        key, signature = self._trust.sign(said.signed(), self._views.fullest.picture.time_ns)
        self._journal.put_checkpoint(said.by(key, signature), data)

    def resume(self, now_s: float) -> int:
        """Go on from the newest checkpoint that counts; the first segment that is not in it, 0 without
        one."""
        for path in checkpoints(self._journal.folder):
            try:
                manifest, data = read_checkpoint(path)
                self._check(manifest)
            except (OSError, ValueError, WireError) as error:
                _log.warning("checkpoint %s is of no use, an older one is: %s", path, error)
                continue
            # signed by this very core: nobody else's objects are made here
            self._take(pickle.loads(data), manifest.before, len(data), now_s)
            return manifest.before
        return 0

    def _check(self, manifest: Manifest) -> None:
        """Raise WireError or ValueError where a checkpoint does not count."""
        self._trust.verify(self._topic, manifest.key, bytes.fromhex(manifest.signature), manifest.signed())
        if manifest.program != program():
            raise ValueError("another version of the program made it")
        if manifest.policy != self._policy():
            raise ValueError("the policy is another one now")
        there = self._journal.earlier
        if there and not set(range(manifest.before, there[-1] + 1)) <= set(there):
            raise ValueError("segments after it are not there any more")

    def _policy(self) -> str:
        return self._trust.coalition.chain[-1].digest

    def _take(self, state: _State, before: int, size: int, now_s: float) -> None:
        for view in self._views.all:
            view.admission.picture = state.pictures[view.topic]
            if view.track_release is not None:
                view.track_release.known = state.groups[view.topic]
        self._endpoint.receiver.repairs.resume(state.numbers, now_s)
        self._ingest.resume(state.ingest, now_s)
        self._journal.resume(state.seals, size)
        archive = self._ingest.archive
        archive.resume(state.first, state.whole)
        there = [number for number in self._journal.earlier if state.begin <= number < before]
        self._marks = [(min(there, default=before), 0)]
        retained = self._marks[0][0] == state.begin
        for number in there:
            self._marks.append((number, archive.total))
            self._keep_again(number)
        for start, proof in self._ingest.evidence.equivocations.proofs.items():
            topic = topics.report(start.stream, start.node_id)
            archive.replace(topic, start.incarnation, proof.sequence, proof.bodies)
        self._compare_with_kept(retained, now_s)
        self._journal.resume(state.seals | self._journal.seals, size)

    def _compare_with_kept(self, retained: bool, now_s: float) -> None:
        """Of what is held and was kept, all that could not be kept again is missing, and comes once more from
        a neighbour: else nothing could be put before it, or judged by another policy. Unless the oldest
        segments are not ``retained``: what lay in them is given up with them."""
        archive, repairs = self._ingest.archive, self._endpoint.receiver.repairs
        given_up: dict[tuple[str, int], int] = {}
        for topic, incarnation, numbers in list(repairs.streams()):
            if topic.kind != topics.REPORT:
                continue
            key = (topic.text, incarnation)
            kept = archive.numbers(*key)
            lacking = [n for n in numbers.held(archive.first.get(key, 1)) if n not in kept]
            if not retained and lacking:
                given_up[key] = lacking[-1] + 1
                continue
            for sequence in lacking:
                repairs.discard(topic, incarnation, sequence, now_s)
        archive.resume(given_up, whole=retained)

    def _keep_again(self, number: int) -> None:
        """Keep the reports of a segment for neighbours that count by now; of several under one number the
        newest, unless they are proof against their node."""
        archive, holds = self._ingest.archive, self._endpoint.receiver.repairs.holds
        proofs = self._ingest.evidence.equivocations.proofs
        for record in self._believed(number):
            topic = topics.parse(record.topic)
            if topic.kind != topics.REPORT:
                continue
            report = track_pb2.TrackBatch.FromString(codec.payload_of(topic.kind, record.body))
            key = (topic.text, report.incarnation, report.sequence)
            if not holds(*key) or not self._counts(topic, record.body):
                continue
            proof = proofs.get(Start(topic.source, report.incarnation, topic.stream))
            before = archive.find(*key[:2], [(key[2], key[2])], 1)
            if before and before[0][1].body != record.body and not (proof and proof.sequence == key[2]):
                archive.drop(*key)
            archive.keep(*key, record.body)

    def _counts(self, topic: Topic, body: bytes) -> bool:
        """Whether what was believed when it was written is believed by the policy of today."""
        if len(self._trust.coalition.chain) == 1:
            return True
        try:
            codec.judge_anew(topic, body, self._trust)
        except WireError:
            return False
        return True

    def _believed(self, number: int) -> Iterator[Record]:
        """The messages of a segment, checked one by one where it is not what was written."""
        sealed = self._journal.is_as_sealed(number)
        for record in self._journal.read(number):
            try:
                if not sealed:
                    codec.decode(topics.parse(record.topic), record.body, self._trust)
            except WireError:
                continue
            yield record
