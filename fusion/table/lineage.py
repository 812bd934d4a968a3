"""What became of tracks: found to be, found not to be, split, merged. Events as in the contract."""

from __future__ import annotations

from fusion.kernel import kernel
from fusion.table.arrays import Arrays


@kernel
def note(a: Arrays, event: int, time_ns: int, track: int, other: int, node: int, local_number: int) -> None:
    """Append one lineage record, of track numbers; a rollback takes it back with the counters."""
    counters = a.counters[0]
    record = a.lineage[counters.lineage]
    record.event = event
    record.time_ns = time_ns
    record.track = track
    record.other = other
    record.node = node
    record.local_number = local_number
    counters.lineage += 1


@kernel
def note_pairing(a: Arrays, event: int, time_ns: int, row: int, slot: int) -> None:
    """Note that the source in ``slot`` was found to be, or not to be, the track in ``row``."""
    source = a.sources[slot]
    note(a, event, time_ns, a.numbers[row], 0, source.node, source.local_number)
