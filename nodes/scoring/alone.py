"""What each nation alone would have been shown, and all together: a recording's reports folded again."""

from __future__ import annotations

from collections.abc import Iterator

from fusion import Report
from nodes.admission import Admission
from nodes.errors import BadInput
from nodes.recording import Recording
from nodes.recording.channels import REPORTS, STATUS
from nodes.recording.judged import Judged

SHARED = "shared"
STEP_NS = 1_000_000_000
END_NS = 2**62


class Alone:
    """One picture a nation, of its own nodes alone, and the shared one, all being folded.

    Raises BadInput where the recording holds no report.
    """

    def __init__(self, recording: Recording) -> None:
        self._recording = recording
        self._judged = Judged(recording)
        self.members = tuple(sorted(self._judged.survey.nations))
        if not self.members:
            raise BadInput(f"{recording.path} holds no report; give a recording of an exercise")
        self.views: dict[str, Admission] = {
            name: self._judged.picture(_any_stream, nations=frozenset({name})) for name in self.members
        } | {SHARED: self._judged.picture(_any_stream)}
        """By nation, and ``shared``."""

    def steps(self) -> Iterator[int]:
        """Fold on. Before each report of another second than the last that was told of here, and at the end,
        gives the time up to which the pictures now hold all, UTC ns."""
        due_ns = 0
        for message in self._recording.messages(REPORTS, STATUS):
            content = self._judged.read(message)
            if content is None:
                continue
            if isinstance(content, Report) and content.newest_ns >= due_ns:
                yield content.newest_ns
                due_ns = content.newest_ns - content.newest_ns % STEP_NS + STEP_NS
            self._judged.take(content)
        yield END_NS


def _any_stream(_: str) -> bool:
    """What sharing is worth where all of it is shared."""
    return True
