"""What is asked of the machine: so many reports a second, by so many nodes, to so many cores."""

from __future__ import annotations

from msgspec import Struct

from nodes.bench.traffic import Traffic
from nodes.errors import BadInput

SEEN_BY = 4
"""Nodes that see each target, where there are so many."""
NATIONS = ("USA", "JPN", "KOR", "AUS", "CAN", "DEU", "FRA", "GBR")
"""Whose cores run: the first so many. Nodes belong to all of a coalition's, three at least."""
RAMP_S = 2
"""Births are over and everybody is connected; what is due later counts."""
RATE_MAX = 200_000
SECONDS_MAX = 600


class Load(Struct, frozen=True, kw_only=True):
    """``rate`` reports a second in batches of ``rows``, by ``nodes`` to ``cores``, for ``seconds``."""

    rate: int = 5000
    rows: int = 25
    nodes: int = 4
    cores: int = 3
    seconds: int = 12
    keys: bool = True
    """CURVE on every connection and a signature on every report, or neither."""

    @property
    def seen_by(self) -> int:
        """Nodes that see each target."""
        return min(SEEN_BY, self.nodes)

    @property
    def targets(self) -> int:
        """Each is reported once a second by every node that sees it."""
        return self.rate // self.seen_by

    @property
    def nations(self) -> tuple[str, ...]:
        """Whose cores run."""
        return NATIONS[: self.cores]

    @property
    def members(self) -> tuple[str, ...]:
        """Of the coalition."""
        return NATIONS[: max(3, self.cores)]

    def traffic(self) -> Traffic:
        """What is sent."""
        return Traffic(
            self.targets,
            self.seen_by,
            rows=self.rows,
            sector=self.rows,
            nodes=self.nodes,
            nations=self.members,
        )


def checked(load: Load) -> Load:
    """The same. Raises BadInput where it is no load that can be made."""
    for name, value, least, most in (
        ("--rate", load.rate, 1, RATE_MAX),
        ("--rows", load.rows, 1, 1000),
        ("--nodes", load.nodes, 1, 1000),
        ("--cores", load.cores, 1, len(NATIONS)),
        ("--seconds", load.seconds, RAMP_S + 1, SECONDS_MAX),
    ):
        if not least <= value <= most:
            raise BadInput(f"{name}: expected {least} to {most:,}, got {value:,}")
    sectors = -(-load.targets // load.rows)
    if sectors * load.seen_by < load.nodes:
        raise BadInput(
            f"--nodes {load.nodes}: {load.rate:,} reports/s in batches of {load.rows} are"
            f" {max(1, load.rate // load.rows):,} batches a second, fewer than nodes; take a higher --rate,"
            " a smaller --rows or fewer nodes"
        )
    return load
