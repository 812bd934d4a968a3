"""How long tracks and pairings live, what merges and what came off what: the chosen numbers."""

from __future__ import annotations

from typing import Annotated, NamedTuple

from fusion.constants import JUDGED, Chosen, constants
from fusion.contract import LAND, SPACE, SUBSURFACE, SURFACE, by_environment


@constants
class Lifecycle(NamedTuple):
    """How long tracks and pairings live, what merges and what came off what."""

    source_silent_s: Annotated[float, Chosen("s", "a contributor is dropped after this,", JUDGED)] = 30.0
    silent_periods: Annotated[
        int, Chosen("1", "or after so many of its own report periods where that is longer", JUDGED)
    ] = 4
    coast_s: Annotated[
        tuple[float, ...], Chosen("s", "how long a track lives on that no node sees, by environment", JUDGED)
    ] = by_environment({SPACE: 120.0, SURFACE: 30.0, SUBSURFACE: 60.0, LAND: 30.0}, 10.0)
    stale_s: Annotated[
        float, Chosen("s", "a track is shown as dropping when nobody saw it for so long,", JUDGED)
    ] = 10.0
    stale_periods: Annotated[
        int, Chosen("1", "or for so many report periods of a contributor where that is longer", JUDGED)
    ] = 2
    underground_level: Annotated[
        float,
        Chosen(
            "1", "`fusion.physics.height.level` below which a coasting track has landed", "6 km deep; judged"
        ),
    ] = 0.998
    split_reach_m: Annotated[
        float, Chosen("m", "a track in space begins so near its parent, at most", JUDGED)
    ] = 30_000.0
    split_speed_mps: Annotated[
        float, Chosen("m/s", "and with a velocity that differs by less than this", JUDGED)
    ] = 500.0
    separating_s: Annotated[
        float,
        Chosen("s", "what parts so soon from a track that came off another came off that other too", JUDGED),
    ] = 60.0
    space_vote: Annotated[
        float,
        Chosen(
            "1", "votes of one node for SPACE: it wins a tie, since a launch is first seen by few", JUDGED
        ),
    ] = 1.5


LIFECYCLE = Lifecycle()
