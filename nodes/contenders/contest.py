"""A recording's reports through a contender, and the score of what it makes of them.

The contender gets the reports that count in the shared picture: signed, admitted by the policy in force,
each once. At every instant of the truth it is asked for its tracks, under the rule that our own pictures are
scored by: every report valid until then that had come. Its picture then takes the place of every nation's.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from fusion import Report
from fusion.arrays import Float, Ints
from fusion.contract import TERMINATED
from fusion.report.report import ReportKey
from fusion.score.figures import Exercise
from fusion.score.tables import Shown
from nodes import plugins
from nodes.contenders.protocol import FusedTracks, Fusion, NodeReport
from nodes.errors import BadInput
from nodes.names import EVERY_MEMBER
from nodes.recording import Recording
from nodes.recording.channels import REPORTS, STATUS
from nodes.recording.content import Content, read_content
from nodes.recording.judged import Judged

_LOWER = np.tril_indices(6)
POSITION_MAX_M = 1e8


def contend(recording: Recording, names: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Each contender's ``{"score": figures or None, "said": why not}``, by name.

    A contender that cannot be made, raises, or returns what are no tracks has no score; the others go on.
    Raises BadInput where the recording has no truth.
    """
    content = read_content(recording)
    if content.truth is None:
        raise BadInput(
            f"{recording.path} has no truth channel, so there is nothing to score contenders against"
        )
    instant_ns = content.truth.time_ns
    return {name: _contend(recording, content, instant_ns, name) for name in names}


def _contend(recording: Recording, content: Content, instant_ns: Ints, name: str) -> dict[str, Any]:
    try:
        shown = pictures(recording, plugins.factory(name), instant_ns)
    except BadInput as error:
        return {"score": None, "said": str(error)}
    except Exception as error:  # whatever somebody's code raises
        return {"score": None, "said": plugins.said(name, error)}
    return {"score": score(content, shown), "said": ""}


def score(content: Content, shown: Shown) -> dict[str, Any]:
    """The figures of a picture that every nation shows in place of its own."""
    assert content.truth is not None
    nations = {
        nation: replace(one, shown=_while(shown, one.taking_part)) for nation, one in content.nations.items()
    }
    return Exercise(content.truth, nations, content.detections).figures()


def pictures(recording: Recording, make: Callable[[], Fusion], instant_ns: Ints) -> Shown:
    """What a fusion shows at every instant. Raises what its code raises, and BadInput for no tracks."""
    asked = _Asked(make(), instant_ns)
    judged = Judged(recording)
    judged.picture({EVERY_MEMBER}.__contains__, make=lambda nodes: _Feed(asked))  # type: ignore[arg-type, return-value]
    for message in recording.messages(REPORTS, STATUS):
        read = judged.read(message)
        if read is not None:
            judged.take(read)
    return asked.shown()


class _Asked:
    """A fusion, asked at every instant before something later is folded."""

    def __init__(self, fusion: Fusion, instant_ns: Ints) -> None:
        self._fusion = fusion
        self._instant_ns = instant_ns
        self._found: list[FusedTracks] = []

    def fold(self, report: Report) -> None:
        self._ask_before(report.newest_ns)
        self._fusion.fold(node_report(report))

    def shown(self) -> Shown:
        self._ask_before(2**62)
        sizes = [len(one.number) for one in self._found]
        number = np.concatenate([*(one.number for one in self._found), np.zeros(0, np.int64)])
        return Shown(
            instant=np.repeat(np.arange(len(sizes)), sizes),
            number=number.astype(np.int64),
            state=np.concatenate([*(one.state for one in self._found), np.zeros((0, 6))]),
            covariance=np.concatenate([*(one.covariance for one in self._found), np.zeros((0, 6, 6))]),
            environment=np.zeros(len(number), np.int64),
            identity=np.zeros(len(number), np.int64),
        )

    def _ask_before(self, time_ns: int) -> None:
        while len(self._found) < len(self._instant_ns) and self._instant_ns[len(self._found)] < time_ns:
            at_ns = int(self._instant_ns[len(self._found)])
            self._found.append(checked(self._fusion.tracks(at_ns)))


class _Feed:
    """Stands where a picture would: takes the reports that count, each once."""

    def __init__(self, asked: _Asked) -> None:
        self._asked = asked
        self._known: set[ReportKey] = set()

    def add(self, report: Report) -> str:
        if report.key in self._known:
            return "duplicate"
        self._known.add(report.key)
        if report.fault is not None:
            return "refused"
        self._asked.fold(report)
        return "folded"

    def pass_over(self, key: ReportKey) -> None:
        self._known.add(key)

    def punctuate(self, status: Any) -> None:
        """Nothing waits here."""


def node_report(report: Report) -> NodeReport:
    """As contenders get it."""
    batch = report.batch
    n = len(batch.local_number)
    packed = np.asarray(batch.covariance, dtype=float).reshape(n, 21)
    noise = np.asarray(batch.process_noise, dtype=float) if len(batch.process_noise) else np.zeros(n)
    return NodeReport(
        node_id=report.key.node_id,
        nation=report.nation,
        number=np.asarray(batch.local_number, dtype=np.int64),
        valid_time_ns=np.asarray(batch.valid_time_ns, dtype=np.int64),
        state=np.asarray(batch.state, dtype=float).reshape(n, 6),
        covariance=_full(packed),
        environment=np.asarray(batch.environment, dtype=np.int64),
        process_noise=noise,
        ended=np.asarray(batch.status, dtype=np.int64) == TERMINATED,
        message=batch,
    )


def checked(found: object) -> FusedTracks:
    """The tracks that a fusion gave, as arrays. Raises BadInput, in one line, where they are none."""
    if not isinstance(found, FusedTracks):
        raise BadInput(f"tracks() returned {type(found).__name__}, expected FusedTracks")
    number, state = np.asarray(found.number), np.asarray(found.state, dtype=float)
    covariance = np.asarray(found.covariance, dtype=float)
    n = len(number) if number.ndim == 1 else -1
    shapes = (number.shape, state.shape, covariance.shape)
    if n < 0 or (n and shapes != ((n,), (n, 6), (n, 6, 6))):
        raise BadInput(f"tracks() returned shapes {shapes}, expected (n,), (n, 6), (n, 6, 6)")
    state, covariance = state.reshape(n, 6), covariance.reshape(n, 6, 6)
    if n and (number.dtype.kind not in "iu" or len(np.unique(number)) < n or number.min() < 1):
        raise BadInput("tracks() returned numbers that are no whole numbers from 1, each once")
    good = np.isfinite(state).all(axis=1) & np.isfinite(covariance).all(axis=(1, 2))
    good &= np.abs(state[:, :3]).max(axis=1, initial=0.0) < POSITION_MAX_M
    good[good] = np.linalg.eigvalsh(covariance[good])[:, 0] > 0.0
    if not good.all():
        bad = number[~good].tolist()[:5]
        raise BadInput(
            f"tracks() returned tracks {bad} whose state or covariance is no number or not definite"
        )
    return FusedTracks(number.astype(np.int64), state, covariance)


def _while(shown: Shown, taking_part: Any) -> Shown:
    keep = taking_part[shown.instant]
    return Shown(*(getattr(shown, name)[keep] for name in Shown.__slots__))


def _full(packed: Float) -> Float:
    covariance = np.empty((len(packed), 6, 6))
    covariance[:, _LOWER[0], _LOWER[1]] = covariance[:, _LOWER[1], _LOWER[0]] = packed
    return covariance
