"""What is folded again: the reports and heartbeats of a recording, or the rows of a table of tracks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from fusion import Picture, Report
from nodes.coalition import Policy
from nodes.names import EVERY_MEMBER
from nodes.recording import Recording
from nodes.recording.channels import REPORTS, STATUS
from nodes.recording.judged import Judged
from nodes.recording.survey import Survey
from nodes.testing.track_file import SUFFIXES, read_reports
from triwatch.v1 import status_pb2


class Folding(Protocol):
    """One pass through the contents: a picture that grows."""

    @property
    def picture(self) -> Picture:
        """As it is now."""

    def take(self, content: Report | status_pb2.NodeStatus) -> None:
        """The next content, where it counts."""


@dataclass(frozen=True)
class Contents:
    """What a file holds, in its order, and how it is folded from the start."""

    path: Path
    steps: tuple[tuple[int, Report | status_pb2.NodeStatus], ...]
    """Time, UTC ns, and what came then."""
    nations: tuple[str, ...]
    policy: Callable[[int], Policy]
    begin: Callable[[], Folding]
    scored: bool
    """Whether it is a recording, which may hold the truth."""

    @property
    def start_ns(self) -> int:
        """Of the first content."""
        return self.steps[0][0]

    @property
    def end_ns(self) -> int:
        """Of the last one."""
        return max(time_ns for time_ns, _ in self.steps)


def read_contents(path: Path) -> Contents:
    """A recording (MCAP), or a table of tracks (``.csv``, ``.parquet``). Raises BadInput."""
    return _table(path) if path.suffix.lower() in SUFFIXES else _recording(path)


class _Judging:
    """The shared picture of a recording: what is signed and admitted counts."""

    def __init__(self, recording: Recording) -> None:
        self._judged = Judged(recording)
        self._admission = self._judged.picture({EVERY_MEMBER}.__contains__)

    @property
    def picture(self) -> Picture:
        return self._admission.picture

    def take(self, content: Report | status_pb2.NodeStatus) -> None:
        self._judged.take(content)


class _Taking:
    """A picture of reports that nobody signed."""

    def __init__(self) -> None:
        self.picture = Picture()

    def take(self, content: Report | status_pb2.NodeStatus) -> None:
        assert isinstance(content, Report)
        self.picture.add(content)


def _recording(path: Path) -> Contents:
    from nodes.errors import BadInput

    recording = Recording(path)
    judged = Judged(recording)
    steps = tuple(_readable(recording, judged))
    if not steps:
        raise BadInput(f"{path} holds no report; give a recording of an exercise")
    coalition, policy = judged.signatures.coalition, judged.policy
    nations = policy.nations if policy else tuple(sorted(Survey(recording).nations))
    at: Callable[[int], Policy] = coalition.at if coalition else (lambda time_ns: Policy(nations=nations))
    return Contents(path, steps, nations, at, lambda: _Judging(recording), scored=True)


def _readable(recording: Recording, judged: Judged) -> Iterator[tuple[int, Any]]:
    for message in recording.messages(REPORTS, STATUS):
        content = judged.read(message)
        if content is not None:
            yield message.log_time_ns, content


def _table(path: Path) -> Contents:
    steps = tuple((report.newest_ns, report) for report in read_reports(path))
    nations = tuple(sorted({report.nation for _, report in steps if report.nation}))
    return Contents(path, steps, nations, lambda time_ns: Policy(nations=nations), _Taking, scored=False)
