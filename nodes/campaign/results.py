"""What a campaign planned and what came of it, as columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property

import numpy as np

from fusion.physics.geodesy import Float
from nodes.campaign.case import Case
from nodes.campaign.plan import CampaignFile
from nodes.campaign.run_case import Row


class Results:
    """Cases and their rows so far; those of one arm and point are its repetitions with other seeds."""

    def __init__(
        self, plan: CampaignFile, cases: Sequence[Case], keys: Sequence[str], rows: Mapping[str, Row]
    ) -> None:
        self.plan = plan
        self.cases = cases
        self.keys = keys
        self.rows = [rows.get(key) for key in keys]
        """In the order of the cases; None for what has not run."""
        by_group: dict[tuple[str, int], Case] = {}
        for case in cases:
            by_group.setdefault((case.arm, case.point), case)
        self.groups = sorted(by_group.values(), key=lambda c: (self.arms.index(c.arm), c.point))
        """One case of each arm and point, in the order of the file."""

    @cached_property
    def arms(self) -> list[str]:
        """In the order of the file."""
        return list(dict.fromkeys(case.arm for case in self.cases))

    @cached_property
    def seeds(self) -> list[int]:
        """Rising."""
        return sorted({case.seed for case in self.cases})

    @cached_property
    def names(self) -> list[str]:
        """Every figure that any row has, by alphabet."""
        return sorted({name for row in self.rows if row is not None for name in row.figures})

    def of_arm(self, arm: str) -> list[int]:
        """The places of its groups."""
        return [i for i, case in enumerate(self.groups) if case.arm == arm]

    def matrix(self, figure: str) -> Float:
        """(groups, seeds) the values of a figure; NaN where a run failed, has none or is not there."""
        place = {(case.arm, case.point): i for i, case in enumerate(self.groups)}
        column = {seed: i for i, seed in enumerate(self.seeds)}
        values = np.full((len(place), len(column)), np.nan)
        for case, row in zip(self.cases, self.rows, strict=True):
            if row is not None and figure in row.figures:
                values[place[case.arm, case.point], column[case.seed]] = row.figures[figure]
        return values
