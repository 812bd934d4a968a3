"""Folds a recording's reports again and compares with what the cores had made of them.

A picture is a function of the reports that it holds, so every nation's final digests must come out the
same, whatever the speed, the machine and the day.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Literal

from google.protobuf.message import DecodeError

from fusion import Picture, Report
from fusion.physics.geodesy import Float
from fusion.report.report import ReportKey
from fusion.update.decode import UpdateError, read_update
from fusion.update.picture_table import PictureTable
from fusion.warning.areas import Nations
from nodes.admission import Admission
from nodes.coalition import Policy
from nodes.coalition.outlines import nations
from nodes.errors import BadInput
from nodes.names import EVERY_MEMBER, nations_of
from nodes.recording.channels import NATIONAL, PICTURE, REPORTS, STATUS, WARNINGS
from nodes.recording.judged import Judged
from nodes.recording.reader import Recorded, Recording
from nodes.recording.signatures import Signatures
from nodes.replay.warnings import Comparison, Revisions, compare
from triwatch.v1 import picture_pb2, warning_pb2

Engine = Literal["compiled", "reference"]


@dataclass(slots=True)
class Refolded:
    """One nation's picture, made again."""

    nation: str
    admission: Admission
    recorded: Any
    """The last PictureUpdate that the nation's core published; None where none was recorded."""
    revisions: Revisions
    """What it ever said of missiles."""

    @property
    def picture(self) -> Picture:
        """As it is now."""
        return self.admission.picture

    @property
    def verdict(self) -> str:
        """One of "equal", "different", "other reports" (than the core held), "not recorded"."""
        if self.recorded is None:
            return "not recorded"
        if self.recorded.input_digest != self.picture.input_digest():
            return "other reports"
        return "equal" if self.recorded.picture_digest == self.picture.digest() else "different"


class Refold:
    """Every nation's pictures of one recording, to be folded again by one engine.

    The shared picture is one fold for all: it is the same function of the same set. Nations that held
    restricted reports have a fuller one of their own in ``nationals``. Raises BadInput where there is
    nothing to fold.
    """

    def __init__(self, recording: Recording, engine: Engine = "compiled") -> None:
        self.recording = recording
        self.engine = engine
        self.published: set[ReportKey] = set()
        """Keys of the reports recorded."""
        self.first_ns = self.last_ns = 0
        """Scenario time of the first and the last message folded."""
        self._judged = Judged(recording)
        policy, survey = self._judged.policy, self._judged.survey
        streams = {stream for node in survey.members for stream in node.streams}
        shown = tuple(sorted(source for channel, source in survey.last if channel is PICTURE))
        names = policy.nations if policy else shown or tuple(sorted(survey.nations))
        if not streams:
            lost = f" ({recording.damage})" if recording.damage else ""
            raise BadInput(f"{recording.path} holds no report to fold{lost}; give a recording of an exercise")
        self._pictures: dict[frozenset[str], tuple[Admission, Revisions]] = {}
        """By the streams that a fold gets."""
        self.nations: dict[str, Refolded] = {}
        self.nationals: dict[str, Refolded] = {}
        for name in names:
            recorded = _last(survey.last.get((PICTURE, name)))
            self.nations[name] = self._refolded(name, {EVERY_MEMBER}, recorded)
            mine = {stream for stream in streams if not stream or name in nations_of(stream)}
            if mine - {EVERY_MEMBER}:
                recorded = _last(survey.last.get((NATIONAL, name)))
                self.nationals[name] = self._refolded(name, mine, recorded)

    @property
    def signatures(self) -> Signatures:
        """What was verified, and what refused."""
        return self._judged.signatures

    @property
    def unreadable(self) -> int:
        """Recorded reports and heartbeats that are none."""
        return self._judged.unreadable

    def run(self, wait_until: Callable[[int], None] | None = None) -> None:
        """Fold everything in recorded order; ``wait_until`` is told each message's scenario time first."""
        for message in self.recording.messages(REPORTS, STATUS):
            self.last_ns = max(self.last_ns, message.log_time_ns)
            self.first_ns = self.first_ns or message.log_time_ns
            if wait_until:
                wait_until(message.log_time_ns)
            self.take(message)
        self._judged.renew()

    def take(self, message: Recorded) -> None:
        """Fold one recorded report, or receive one heartbeat."""
        content = self._judged.read(message)
        if content is None:
            return
        if isinstance(content, Report):
            self.published.add(content.key)
        self._judged.take(content)

    def warnings(self) -> dict[str, Comparison]:
        """How the warnings that each nation's core published from the shared picture go together with those
        made again; of nations whose core held the same reports, and after `run`."""
        coalition, policy = self.signatures.coalition, self._judged.policy
        if policy is None:
            return {}
        at = coalition.at if coalition else lambda _: policy
        said: dict[str, list[warning_pb2.MissileWarning]] = {
            name: [] for name, one in self.nations.items() if one.verdict in ("equal", "different")
        }
        for message in self.recording.messages(WARNINGS):
            if message.source in said:
                with suppress(DecodeError):
                    word = self.signatures.open(message)
                    if word is not None and not word.restricted:
                        said[message.source].append(word)
        return {
            name: compare(words, self.nations[name].revisions, self.nations[name].picture, _mapped(at))
            for name, words in said.items()
        }

    def _refolded(self, nation: str, streams: set[str], recorded: Any) -> Refolded:
        mine = frozenset(streams)
        if mine not in self._pictures:
            revisions = Revisions()

            def make(nodes: Mapping[str, Collection[str]]) -> Picture:
                revisions.clear()
                return Picture(self.engine, expected=nodes, revised=revisions.note)

            self._pictures[mine] = self._judged.picture(mine.__contains__, make=make), revisions
        admission, revisions = self._pictures[mine]
        return Refolded(nation, admission, recorded, revisions)


def _mapped(at: Callable[[int], Policy]) -> Callable[[int], Nations]:
    return lambda time_ns: nations(tuple(at(time_ns).nations))


def _last(update: bytes | None) -> picture_pb2.PictureUpdate | None:
    return None if update is None else picture_pb2.PictureUpdate.FromString(update)


@dataclass(frozen=True, slots=True)
class Updates:
    """How the pictures of one nation went together, moment by moment."""

    compared: int
    """Updates for whose very set of reports the picture was made again."""
    differing: int
    first_sequence: int | None = None
    """Of the first update that differs."""
    first_time_ns: int | None = None


def compare_updates(recording: Recording, engine: Engine, nations: Collection[str]) -> dict[str, Updates]:
    """Fold once more and compare at every update whose input digest comes up again, for some nations.

    The order of arrival here may differ from the cores', so not every set of reports comes up.
    """
    made: dict[str, dict[str, Any]] = {nation: {} for nation in nations}
    for message in recording.messages(PICTURE):
        if message.source in made:
            with suppress(UpdateError):
                update = read_update(message.data)
                said = (update.sequence, update.time_ns, update.picture_digest)
                made[message.source][update.input_digest] = said
    refold = Refold(recording, engine)
    compared = dict.fromkeys(nations, 0)
    differing: dict[str, list[tuple[int, int]]] = {nation: [] for nation in nations}
    for message in recording.messages(REPORTS, STATUS):
        refold.take(message)
        for nation in nations:
            picture = refold.nations[nation].picture
            found = made[nation].pop(picture.input_digest(), None)
            if found:
                compared[nation] += 1
                if found[2] != picture.digest():
                    differing[nation].append(found[:2])
    return {
        nation: Updates(
            compared[nation], len(differing[nation]), *min(differing[nation], default=(None, None))
        )
        for nation in nations
    }


def recorded_states(recording: Recording, nation: str) -> dict[int, Float]:
    """The states (6,) by track number that a nation's core last published, from its snapshots and deltas."""
    table = PictureTable()
    for message in recording.messages(PICTURE):
        if message.source == nation:
            with suppress(UpdateError):
                table.take(message.data)
    return dict(zip(table.rows["number"].tolist(), table.rows["state"].copy(), strict=True))
