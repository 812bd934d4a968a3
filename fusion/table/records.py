"""The rows of the table: a shared track, a node's track as last reported, a lineage record, and its counters.

States are ECEF, m and m/s; covariances packed lower triangles by rows; times UTC ns. What a reader sees of a
track is what `fusion.table.digest` lists by name: the order of fields here is storage only.
"""

from __future__ import annotations

from typing import Annotated, Final

from fusion.arrays import Float, Ints, Record, Words, dtype_of
from fusion.constants import JUDGED, Chosen

CONTRIBUTORS_MAX = 24
NEIGHBOURS: Final[
    Annotated[int, Chosen("1", "neighbours of a track, at most, that are held against it", JUDGED)]
] = 6
MODES = 3
CRUISE, SECOND, MANOEUVRE = range(MODES)
"""The modes of a track. In space CRUISE is free flight and SECOND boost; elsewhere CRUISE is straight motion
as noisy as the nodes declare and SECOND the same with a tenth of the noise (see `fusion.filters`)."""
NONE = -1
"""No row."""


class Track(Record):
    """A shared track."""

    alive: int
    number: int
    time_ns: int
    """The state is valid at."""
    birth_ns: int
    update_ns: int
    """Newest report of a node that saw it, not merely carried it on."""
    reports: int
    status: int
    environment: int
    identity: int
    conflict: int
    call_sign: int
    """Key of the text; 0 = none."""
    parent: int
    """Number of the track that it came off; 0 = none."""
    heard: int
    """1 where the row shows a target that is only heard (`fusion.bearings`): no report is paired with it."""
    ballistic: int
    """1 where its modes are those of space."""
    contributor_count: int
    twin: int
    """Number of an elder track that may be the same object; 0 = none."""
    contributor: Annotated[Ints, CONTRIBUTORS_MAX]
    """Source rows."""
    neighbour_number: Annotated[Ints, NEIGHBOURS]
    """The nearest tracks in reach; 0 = none."""
    neighbour: Annotated[Ints, NEIGHBOURS]
    """Their rows."""
    digest: Annotated[Words, 2]
    twin_ratio: float
    """Log-likelihood ratio of that (`fusion.pairing.twins`)."""
    confidence: float
    q: float
    """White-acceleration density m²/s³ that its nodes declare; 0 = none does."""
    mode_probability: Annotated[Float, MODES]
    mode_state: Annotated[Float, MODES, 6]
    mode_covariance: Annotated[Float, MODES, 21]
    state: Annotated[Float, 6]
    covariance: Annotated[Float, 21]


class Part(Record):
    """What one node's tracklets of one window and one sensor say of a target (`fusion.registration`)."""

    window: int
    """Number of the window; what is below is of that one alone. 0: of none, only sensor and place hold."""
    window_sensor: int
    """Index of the sensor."""
    window_place: Annotated[Float, 3]
    """Where it was, ECEF m."""
    window_state: Annotated[Float, 6]
    """Origin, at the middle of the window."""
    window_vector: Annotated[Float, 6]
    window_information: Annotated[Float, 21]


class Source(Part):
    """One node's track as last reported, and the shared track that it is paired with."""

    seen: int
    """1 where it has reported since it was last forgotten."""
    key: int
    """Hash of node, incarnation and local number."""
    node: int
    incarnation: int
    local_number: int
    track: int
    """Row of the paired track or `NONE`."""
    time_ns: int
    period_ns: int
    """Between its last two reports; 0 = unknown."""
    status: int
    environment: int
    identity: int
    call_sign: int
    motion: int
    other_number: Annotated[Ints, NEIGHBOURS]
    """The other tracks that it may be of; 0 = none."""
    other: Annotated[Float, NEIGHBOURS]
    """Log-likelihood ratios of these (`fusion.pairing.hypotheses`),"""
    own: float
    """of the paired track,"""
    none: float
    """and of no track that there is; the best is 0."""
    doubt: float
    """By what its covariance is taken to be more than its node declares (`fusion.consistency`)."""
    confidence: float
    q: float
    state: Annotated[Float, 6]
    covariance: Annotated[Float, 21]
    off: Annotated[Float, 21]
    """What its sensors may be off by (`fusion.registration.considered`), beside its covariance."""


class LineageRecord(Record):
    """What became of a track, as the contract's Lineage."""

    event: int
    time_ns: int
    track: int
    other: int
    node: int
    local_number: int


class Counters(Record):
    """What the table keeps beside its rows; saved with every segment."""

    now_ns: int
    swept_s: int
    """The last whole second at which `fusion.lifecycle.sweep.sweep` ran."""
    rows: int
    """Track rows ever used; those after them are free."""
    lineage: int
    """Lineage records."""
    live: int
    """Live tracks."""
    digest: Annotated[Words, 2]
    """Sum of the live tracks' digests, lane by lane."""


class Saved(Record):
    """How much the open journal holds."""

    tracks: int
    sources: int
    segment: int
    """Counts segments; a row stamped with it is saved already."""


TRACK, SOURCE, LINEAGE = dtype_of(Track), dtype_of(Source), dtype_of(LineageRecord)
PART = dtype_of(Part)
COUNTERS, SAVED = dtype_of(Counters), dtype_of(Saved)
