"""Which tracker a node runs: ours by its kind, or somebody's, named ``package.module:factory``.

A factory is called with the node's id and its declared sensors and gives a `ScanTracker`. What it raises or
returns that is no report ends the run in one line that names it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from nodes import plugins
from nodes.errors import BadInput
from nodes.sensing.replies import TransponderReply
from nodes.sensing.scan import Scan
from nodes.sensing.sensors import Sensor
from nodes.tracking.columns import TrackColumns, reportable
from nodes.tracking.interface import ScanTracker
from nodes.tracking.tracker import NationalTracker


def make_tracker(
    node_id: str, kind: str, sensors: Sequence[Sensor], tells_lines: bool = False
) -> ScanTracker:
    """The tracker of a node; ours tells what is only heard by lines of bearing where it should.

    Raises BadInput where a name leads to none.
    """
    if not plugins.is_named(kind):
        return NationalTracker(node_id, kind, sensors, tells_lines)
    return _Guarded(node_id, kind, sensors)


class _Guarded:
    """Somebody's tracker; what goes wrong in it is a BadInput that says where."""

    def __init__(self, node_id: str, name: str, sensors: Sequence[Sensor]) -> None:
        self._where = f"{node_id}: tracker {name}"
        make = plugins.factory(name)
        self._tracker: Any = self._guard(make, node_id, tuple(sensors))

    def process(self, scan: Scan) -> None:
        self._guard(self._tracker.process, scan)

    def identify(self, time_ns: int, replies: TransponderReply) -> None:
        self._guard(self._tracker.identify, time_ns, replies)

    def report(self, time_ns: int) -> TrackColumns:
        columns = self._guard(self._tracker.report, time_ns)
        if not isinstance(columns, TrackColumns):
            raise BadInput(
                f"{self._where}: report() returned {type(columns).__name__}, expected TrackColumns"
            )
        n = len(columns.number)
        if (
            columns.state.shape != (n, 6)
            or columns.covariance.shape != (n, 6, 6)
            or columns.time_ns != time_ns
        ):
            raise BadInput(
                f"{self._where}: report() returned columns that do not fit each other, or its time"
            )
        if len(np.unique(columns.number)) < n or not reportable(columns.state, columns.covariance).all():
            raise BadInput(
                f"{self._where}: report() returned a track twice, or one whose state or covariance is no"
                " number, out of range or not definite"
            )
        return columns

    def _guard(self, call: Callable[..., Any], *arguments: object) -> Any:
        try:
            return call(*arguments)
        except BadInput:
            raise
        except Exception as error:  # whatever somebody's code raises
            raise BadInput(plugins.said(self._where, error)) from error
