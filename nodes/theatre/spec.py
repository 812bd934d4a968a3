"""What a file of distributions says beside a scenario's own keys.

In a theatre's file any value may be drawn: ``{from = 1.0, to = 2.0}`` evenly (whole numbers where both are),
``{one_of = [...]}`` one of several, ``{value = ...}`` that; each with ``share = 0.3`` in so many cases, else
the key is absent. Where a table below has a key of a scenario's table it means the same.
"""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import Meta, Struct

Drawn = Any
"""A value, or how it is drawn."""


class _Table(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A table of the file: unknown keys are refused."""


class Head(_Table, frozen=True):
    """The [theatre] table."""

    name: Annotated[str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,31}$")]
    duration_s: Drawn
    start: Drawn
    description: str = ""
    biases: bool = True
    """Whether anything is off; false draws all else as it is with them."""


class Traffic(_Table, frozen=True):
    """[[traffic]]: aircraft, ships or submarines, alone or side by side."""

    id: Annotated[str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,31}$")]
    environment: Drawn
    lat_deg: Drawn
    lon_deg: Drawn
    count: Drawn = 1
    """How many groups."""
    members: Drawn = 1
    """How many go together."""
    spacing_m: Drawn = 1_000.0
    """From one to the next of those."""
    alt_m: Drawn = 0.0
    speed_mps: Drawn = 0.0
    course_deg: Drawn = 0.0
    leg_s: tuple[float, float] = (3_600.0, 7_200.0)
    """How long it keeps a course."""
    turn_deg: tuple[float, float] = (0.0, 0.0)
    """By how much it then turns, to either side."""
    appears_s: Drawn = None
    vanishes_s: Drawn = None
    identity: Drawn = "UNKNOWN"


class Launches(_Table, frozen=True):
    """[[launches]]: a salvo; what else it holds are the keys of a ballistic object."""

    id: Annotated[str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,31}$")]
    missile: dict[str, Any]
    """The keys of a ballistic object but its id and kind."""
    count: Drawn = 1
    """How many salvos."""
    salvo: Drawn = 1
    """How many missiles in each."""
    interval_s: Drawn = 20.0
    """From one launch of a salvo to the next."""
    spread_km: float = 5.0
    """How far from the first the others stand, and their impacts lie from its, at most."""


class Place(_Table, frozen=True):
    """Of [[nodes]], beside a scenario's keys for a node: how many, where, and whether they move."""

    lat_deg: Drawn
    lon_deg: Drawn
    count: Drawn = 1
    speed_mps: Drawn = 0.0
    course_deg: Drawn = 0.0
    leg_s: tuple[float, float] = (3_600.0, 7_200.0)
    turn_deg: tuple[float, float] = (0.0, 0.0)


class Biases(_Table, frozen=True):
    """[biases]: what sensors may be off by beside what nodes say themselves, in the keys of a scenario.

    ``misalignment`` is what their owners declare.
    """

    radar: dict[str, Any] = {}
    infrared: dict[str, Any] = {}
    sonar: dict[str, Any] = {}
    platform: dict[str, Any] = {}
    """Of nodes that move: the keys of a platform."""
    node: dict[str, Any] = {}
    """Of every node, its clock."""


class TheatreFile(_Table, frozen=True):
    """The whole file."""

    theatre: Head
    nodes: Annotated[tuple[dict[str, Any], ...], Meta(min_length=1)]
    traffic: tuple[Traffic, ...] = ()
    launches: tuple[Launches, ...] = ()
    biases: Biases = Biases()
