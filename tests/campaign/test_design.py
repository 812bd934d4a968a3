"""Designs: how many cases, which points, the same seeds in every arm."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from nodes.campaign import design
from nodes.campaign.plan import CampaignFile, read_plan
from nodes.errors import BadInput

NATIONS = ("USA", "JPN", "KOR")
PD = '[[factors]]\nname = "pd"\nkey = "nodes.*.sensors.*.pd"\n'
RATE = '[[factors]]\nname = "rate"\nkey = ["nodes.*.report_period_s", "nodes.KOR-1.sensors.0.period_s"]\n'


def plan(tmp_path: Path, head: str = "", rest: str = "") -> CampaignFile:
    path = tmp_path / "study.toml"
    path.write_text(f'[campaign]\nname = "study"\nscenario = "crossing"\n{head}\n{rest}', encoding="utf-8")
    return read_plan(path)


@pytest.mark.parametrize(
    ("head", "rest", "size"),
    [
        ("", "", 1),
        ("", PD + "levels = [0.5, 0.7, 0.9]\n" + RATE + "levels = [1.0, 2.0]\n", 6),
        ('design = "list"', PD + "levels = [0.5, 0.9]\n" + RATE + "levels = [1.0, 2.0]\n", 2),
        ("", PD + 'levels = [0.5, 0.9]\n[[arms]]\nname = "a"\n[[arms]]\nname = "b"\n', 4),
        (
            'design = "latin-hypercube"\nsamples = 10',
            PD + 'distribution = "uniform"\nlow = 0\nhigh = 1\n',
            10,
        ),
        ('design = "sobol"\nsamples = 8', PD + 'distribution = "uniform"\nlow = 0\nhigh = 1\n', 24),
        ('design = "coalitions"', "", 7),
        ('design = "coalitions"\npartners = ["JPN", "KOR"]', "", 3),
    ],
)
def test_as_many_cases_as_said_with_common_seeds(tmp_path: Path, head: str, rest: str, size: int) -> None:
    found = plan(tmp_path, head, rest)
    assert design.size(found, NATIONS) == size
    cases = list(design.cases(found, NATIONS, 3))
    assert len(cases) == 3 * size
    seeds = {(case.arm, case.point): [] for case in cases}
    for case in cases:
        seeds[case.arm, case.point].append(case.seed)
    assert set(map(tuple, seeds.values())) == {(1, 2, 3)}
    assert cases == list(design.cases(found, NATIONS, 3))


def test_every_key_of_a_factor_takes_its_level_over_that_of_the_arm(tmp_path: Path) -> None:
    head = 'seeds = 1\nset = { "scenario.duration_s" = 9.0, "nodes.*.report_period_s" = 5.0 }'
    rest = RATE + 'levels = [2.0]\n[[arms]]\nname = "a"\nset = { "scenario.duration_s" = 8.0 }\n'
    (case,) = design.cases(plan(tmp_path, head, rest), NATIONS, 1)
    assert case.set == {
        "scenario.duration_s": 8.0,
        "nodes.*.report_period_s": 2.0,
        "nodes.KOR-1.sensors.0.period_s": 2.0,
    }


def test_a_latin_hypercube_has_one_point_in_every_row_and_column(tmp_path: Path) -> None:
    factors = (
        PD + 'distribution = "uniform"\nlow = 2.0\nhigh = 4.0\n' + RATE + "levels = [1.0, 2.0, 3.0, 4.0]\n"
    )
    rows = design.points(plan(tmp_path, 'design = "latin-hypercube"\nsamples = 16', factors))
    strata = sorted(int((float(row[0]) - 2.0) / 2.0 * 16) for row in rows)
    assert strata == list(range(16))
    assert Counter(row[1] for row in rows) == {1.0: 4, 2.0: 4, 3.0: 4, 4.0: 4}


@pytest.mark.parametrize(
    ("words", "law"),
    [
        ('"uniform"\nlow = 2\nhigh = 6', stats.uniform(2, 4)),
        ('"log-uniform"\nlow = 2\nhigh = 200', stats.loguniform(2, 200)),
        ('"normal"\nmean = 5\nsigma = 3', stats.norm(5, 3)),
        ('"triangular"\nlow = 1\nmode = 2\nhigh = 5', stats.triang(0.25, 1, 4)),
    ],
)
def test_draws_follow_their_distribution(tmp_path: Path, words: str, law: stats.rv_continuous) -> None:
    found = plan(tmp_path, 'design = "latin-hypercube"\nsamples = 512', PD + f"distribution = {words}\n")
    drawn = np.array(design.points(found), dtype=float)[:, 0]
    assert stats.kstest(drawn, law.cdf).statistic < 2 / 512
    assert len(set(drawn)) == 512


def test_coalitions_hold_every_subset_and_whoever_is_no_partner(tmp_path: Path) -> None:
    head = 'design = "coalitions"\npartners = ["JPN", "KOR"]'
    cases = list(design.cases(plan(tmp_path, head), NATIONS, 1))
    assert {(case.arm, case.nations) for case in cases} == {
        ("JPN+KOR", ("JPN", "KOR", "USA")),
        ("JPN", ("JPN", "USA")),
        ("KOR", ("KOR", "USA")),
    }
    with pytest.raises(BadInput, match="AUS has no node"):
        design.partners(plan(tmp_path, 'partners = ["AUS"]'), NATIONS)


@pytest.mark.parametrize(
    ("head", "rest", "said"),
    [
        ("seed = 3", "", "campaign.seed: unknown key; expected one of name, scenario, theatre"),
        ('design = "random"', "", "campaign.design: 'random' cannot be used; expected one of list, grid"),
        ("seeds = 0", "", "campaign.seeds: expected int >= 1"),
        ('theatre = "air"', "", "expected a scenario or a theatre, one of the two"),
        ("", '[[arms]]\nname = "a"\ntheatre = "air"\n', "goes with campaign.theatre"),
        ("", PD, r"factors\[0\] \(pd\).levels: missing"),
        ("", PD + "levels = [1.0]\n" + PD + "levels = [1.0]\n", "the name pd is used twice"),
        ("", PD + 'distribution = "cauchy"\n', "cauchy"),
        ('design = "sobol"', "", "factors: missing"),
        ('design = "sobol"\nsamples = 12', PD + "levels = [1.0, 2.0]\n", "expected a power of two, got 12"),
        (
            'design = "latin-hypercube"',
            PD + 'distribution = "uniform"\nlow = 1\n',
            "high: missing; uniform needs it",
        ),
        (
            'design = "latin-hypercube"',
            PD + 'distribution = "uniform"\nlow = 2\nhigh = 1\n',
            "high: expected more than low",
        ),
        (
            'design = "latin-hypercube"',
            PD + 'distribution = "log-uniform"\nlow = 0\nhigh = 1\n',
            "low: expected more than 0",
        ),
        ('design = "list"', PD + "levels = [1.0]\n" + RATE + "levels = [1.0, 2.0]\n", "as many levels"),
        ('design = "coalitions"', '[[arms]]\nname = "a"\n', "leave them out"),
        ("figures = []", "", "expected at least one"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_in_one_line(
    tmp_path: Path, head: str, rest: str, said: str
) -> None:
    with pytest.raises(BadInput, match=said) as caught:
        plan(tmp_path, head, rest)
    assert "\n" not in str(caught.value)
    assert "study.toml" in str(caught.value)
