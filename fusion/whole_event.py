"""The steps of one event, in their order: bearings, registration, weights, tracks, search, flights."""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence

import numpy as np

from fusion.arrays import Float
from fusion.bearings.fold_lines import fold_lines, hand_over
from fusion.consistency.weighing import weigh
from fusion.filters import Filter
from fusion.fold import fold_event, pass_time
from fusion.pairing.event import Reports
from fusion.registration.considered import considered
from fusion.registration.correction import register
from fusion.report.report import TRACKS_MAX, Event
from fusion.search.fold_search import fold_search
from fusion.table.names import Names
from fusion.table.tracks import Table
from fusion.warning.flight_row import FlightRow
from fusion.warning.space import SpaceEvent, fold_space

_NOTHING_OFF: Float = np.zeros((TRACKS_MAX, 21))
_BELIEVED: Float = np.ones(TRACKS_MAX)


def fold_whole_event(
    table: Table, names: Names, engine: Filter, blocks: Mapping[str, int], event: Event
) -> Sequence[FlightRow] | None:
    """Fold one event into the table.

    Args:
        blocks: number block of each node, by policy; a node without one gets a block from its name.

    Returns:
        the flights that it revised; None for an event without tracks, which revises none.
    """
    lineage = table.count("lineage")
    node_id = event.key.node_id
    block = blocks.get(node_id) or 1000 + zlib.crc32(node_id.encode()) % 9000
    hand_over(table, event)
    fold_lines(table, event, names.line_slots(table, event), block)
    if not len(event.local_number):
        table.reserve(0, 0)
        pass_time(table.arrays, event.key.valid_time_ns)
        fold_search(table, event, lineage)
        return None
    reports = _reports(table, names, block, event)
    before = SpaceEvent.of(table)
    fold_event(table, engine, reports)
    fold_search(table, event, lineage)
    return fold_space(table, reports, before, names.nodes)


def _reports(table: Table, names: Names, block: int, event: Event) -> Reports:
    """What the event's node says of its tracks, weighed: without what is known to be off, and with how far
    it may be off beside that."""
    registered = register(table, event)
    slots = names.slots(table, event)
    doubt = weigh(table, event, names.nodes)
    off = considered(table.registration.value, registered)
    if off is None:
        off = _NOTHING_OFF[: len(slots)]
    covariance = event.covariance + off
    return Reports(
        time_ns=event.key.valid_time_ns,
        block=block,
        slot=slots,
        parent_slot=names.parent_slots(event),
        call_sign=names.call_signs(event.call_sign, len(event.local_number)),
        state=registered.state,
        covariance=covariance if doubt is None else doubt[:, None] * covariance,
        declared=event.covariance,
        off=off,
        doubt=_BELIEVED[: len(slots)] if doubt is None else doubt,
        status=event.status,
        q=event.process_noise,
        motion=event.motion,
        environment=event.environment,
        identity=event.identity,
        confidence=event.confidence,
        carried=event.carried,
        sensor=registered.sensor,
        place=registered.place,
    )
