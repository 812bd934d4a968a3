"""What of a recording counts: signed as it must be, and admitted by the policy that the recording holds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress

import msgspec
from google.protobuf.message import DecodeError

from fusion import Picture, Report
from nodes.admission import Admission, Judgement, MakePicture, Start
from nodes.coalition import Policy
from nodes.errors import BadInput
from nodes.link.errors import WireError
from nodes.recording.channels import REPORTS
from nodes.recording.reader import Recorded, Recording
from nodes.recording.signatures import Signatures
from nodes.recording.survey import Survey
from triwatch.v1 import status_pb2

Content = Report | status_pb2.NodeStatus


class Judged:
    """The reports and heartbeats of one recording, and pictures of those that count.

    Raises BadInput where its policy is not what its members signed.
    """

    def __init__(self, recording: Recording) -> None:
        self._recording = recording
        self.survey = Survey(recording)
        self.signatures = Signatures(recording)
        coalition = self.signatures.coalition
        self.policy = coalition.current if coalition else _policy(recording)
        self._known = Judgement(coalition, self.policy.nodes if self.policy else self.survey.members)
        for key, seen in self.signatures.contents(recording, self.survey.contested).items():
            self._known.evidence.equivocations.compare(key, seen)
        self._admissions: list[Admission] = []
        self.unreadable = 0
        """Reports and heartbeats that are none."""

    @property
    def refused(self) -> Counter[str]:
        """Those that do not count, by reason."""
        return self.signatures.refused

    def picture(
        self,
        takes: Callable[[str], bool],
        nations: frozenset[str] | None = None,
        make: MakePicture = lambda nodes: Picture(expected=nodes),
    ) -> Admission:
        """A picture of some streams, and of some nations' nodes alone, to be filled by ``take``."""
        made = Admission(self._known, takes, nations, make)
        self._admissions.append(made)
        return made

    def read(self, message: Recorded) -> Content | None:
        """A recorded report or heartbeat; None where it is none, or not signed as it must be."""
        try:
            content: Content | None = self.signatures.open(message)
        except DecodeError:
            self.unreadable += 1
            return None
        return content

    def take(self, content: Content) -> None:
        """Give it to every picture that it counts in; where it is not admitted that is counted."""
        try:
            if isinstance(content, Report):
                self._add(content)
            else:
                self._receive(content)
        except WireError as error:
            self.refused[error.reason] += 1

    def _receive(self, status: status_pb2.NodeStatus) -> None:
        for mark in status.punctuation:
            self._known.rules.check(status.node_id, mark.stream, (status.time_ns,))
            self._known.words.receive(mark.stream, status)
            self._convict(self._known.evidence.contradictions.receive(mark.stream, status, b""))
            for admission in self._admissions:
                admission.receive(mark.stream, status)

    def _add(self, report: Report) -> None:
        try:
            self._known.rules.admit(report)
        except WireError:
            for admission in self._admissions:
                admission.pass_over(report)
            raise
        self._convict(self._known.evidence.contradictions.take(report))
        for admission in self._admissions:
            admission.add(report)

    def _convict(self, start: Start | None) -> None:
        if start is not None:
            for admission in self._admissions:
                admission.convict(start)

    def renew(self) -> None:
        """Once all was given: make those pictures anew that do not show what counts, since a report came
        behind what they had let go of or a node was proven a liar."""
        for admission in self._admissions:
            if admission.stale:
                admission.renew(self._reports())

    def _reports(self) -> Iterator[Report]:
        signatures = Signatures(self._recording)
        for message in self._recording.messages(REPORTS):
            with suppress(DecodeError):
                report = signatures.open(message)
                if report is not None:
                    yield report


def _policy(recording: Recording) -> Policy | None:
    recorded = recording.metadata().get("policy")
    try:
        return None if recorded is None else msgspec.convert(recorded, Policy)
    except msgspec.ValidationError as error:
        raise BadInput(f"{recording.path}: its policy cannot be used: {error}") from None
