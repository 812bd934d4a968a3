"""The scenes on which contenders are compared, and the table that comes of it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from benchmarks.contenders import MEET_S, NEAR_M, SCENES, four, table
from nodes.simulation.truth import World


@pytest.mark.parametrize("name", SCENES)
def test_a_scene_is_the_same_for_a_seed(name: str) -> None:
    one, again, other = (SCENES[name](seed) for seed in (7, 7, 8))
    assert one == again
    assert one != other


@pytest.mark.parametrize("seed", range(3))
def test_four_meet_halfway(seed: int) -> None:
    world = World(four(seed))
    apart = [np.linalg.norm(np.ptp(world.at(t).state[:, :3], axis=0)) for t in (0.0, MEET_S, 2.0 * MEET_S)]
    assert apart[1] < 6.0 * NEAR_M < min(apart[0], apart[2])


def test_differences_are_of_the_same_seed_and_silence_says_why() -> None:
    def told(tgospa_m: float, took_s: float = 1.0) -> dict[str, float]:
        return {"tgospa_m": tgospa_m, "changes": 0.5, "took_s": took_s}

    rows: list[dict[str, Any]] = [
        {
            "scene": "four",
            "seed": 1,
            "told": {"triwatch": told(100.0), "A": told(130.0, 20.0), "B": "too long"},
        },
        {
            "scene": "four",
            "seed": 2,
            "told": {"triwatch": told(300.0), "A": told(330.0, 40.0), "B": "too long"},
        },
        {"scene": "four", "seed": 3, "told": {"triwatch": told(500.0), "A": "broke", "B": "too long"}},
    ]
    _, _, ours, a, b = table(rows)
    assert ours == "| four | triwatch | 3 | 300 |  | 0.50 | 1 |  |"
    assert a == "| four | A | 2 | 230 | +30 ± 0 | 0.50 | 30 | broke (1) |"
    assert b == "| four | B | 0 | | | | | too long (3) |"
