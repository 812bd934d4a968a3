"""Digests of small crowded scenes: what changes any step of pairing changes one of them.

The behaviour is for the other tests to judge; these only say that it is what it was. A change on purpose
is named in the changelog; this file prints the new ones: ``python tests/fusion/pairing/test_crowded.py``.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from fusion import Picture
from fusion_oracle import reports as r


def aircraft() -> Picture:
    """Twelve aircraft in six pairs 80 to 400 m apart; three nodes, one of which swaps its tracks."""
    rng = np.random.default_rng(3)
    picture = Picture()
    truth = np.tile([*r.PLACE_M, 0.0, 150.0, 0.0], (12, 1))
    truth[:, 0] += 5e3 * (np.arange(12) // 2) + (np.arange(12) % 2) * (80.0 + 64.0 * (np.arange(12) // 2))
    truth[:, 3:] += rng.normal(0.0, 2.0, (12, 3))
    for t in range(22):
        for name, sigma_m in (("A", 20.0), ("B", 60.0), ("C", 40.0)):
            now = truth.copy()
            now[:, :3] += t * truth[:, 3:]
            if t > 12:
                now[8:, 1] += 30.0 * (t - 12) ** 2  # four of them turn harder than any mode foresees
            seen = now + rng.normal(0.0, 1.0, (12, 6)) * [*[sigma_m] * 3, 3.0, 3.0, 3.0]
            if name == "C" and t >= 9:
                seen[:8] = seen[[1, 0, 3, 2, 5, 4, 7, 6]]
            if name == "B" and t == 15:
                seen[11, :3] += 5e3
            rows = np.arange(12) if t % 4 else np.arange(0, 12, 2)
            spread = np.array([r.diagonal(sigma_m, 3.0)] * len(rows))
            picture.fold(
                r.report(name, t + 1, t + 0.1 * (name == "B"), seen[rows], spread, local=(rows + 1).tolist())
            )
    return picture


def anchorage() -> Picture:
    """Seven ships at anchor 60 m from each other, whose tracks two nodes begin in a ring; one lies apart."""
    rng = np.random.default_rng(5)
    picture, sigma_m = Picture(), 12.0
    truth = np.tile([*r.PLACE_M, 0.0, 0.0, 0.0], (8, 1))
    truth[:, 0] += 60.0 * (np.arange(8) % 3)
    truth[:, 1] += 52.0 * (np.arange(8) // 3)
    truth[7, 0] += 4e3
    spread = np.array([r.diagonal(sigma_m, 0.2)] * 8)
    for t in range(0, 45, 5):
        for k, name in enumerate("ABCD"):
            seen = truth + rng.normal(0.0, 1.0, (8, 6)) * [*[8.0] * 3, 0.1, 0.1, 0.1]
            if name in "CD" and t < 20:
                seen[:7] = np.roll(seen[:7], 1 + (name == "D"), axis=0)
            picture.fold(r.report(name, t // 5 + 1, t + k, seen, spread, q=1e-3, environment=r.SURFACE))
    return picture


def pair() -> Picture:
    """Two aircraft 90 m apart; the node that spoke first takes each for the other after a while."""
    rng = np.random.default_rng(7)
    picture = Picture()
    truth = np.tile([*r.PLACE_M, 0.0, 150.0, 0.0], (2, 1))
    truth[1, 0] += 90.0
    for t in range(16):
        now = truth.copy()
        now[:, :3] += t * truth[:, 3:]
        for name in "AB":
            seen = now + rng.normal(0.0, 1.0, (2, 6)) * [*[12.0] * 3, 1.0, 1.0, 1.0]
            if name == "A" and t >= 5:
                seen = seen[::-1].copy()
            picture.fold(r.report(name, t + 1, t, seen, np.array([r.diagonal(12.0, 1.0)] * 2), local=[1, 2]))
    return picture


def harbour() -> Picture:
    """Four ships 90 m apart under more nodes than a track has room for, and an aircraft low above them; one
    node sees one ship alone and strays to its neighbour, and one begins anew under other numbers."""
    rng = np.random.default_rng(11)
    picture, sigma_m = Picture(), 10.0
    truth = np.tile([*r.PLACE_M, 0.0, 0.0, 0.0], (5, 1))
    truth[:4, 1] += 90.0 * np.arange(4)
    truth[4] += [60.0, 105.0, 0.0, 0.0, 90.0, 0.0]
    spread = np.array([r.diagonal(sigma_m, 0.3)] * 5)
    kind = np.array([r.SURFACE] * 4 + [r.AIR])
    for t in range(4):
        for k in range(26):
            seen = truth + rng.normal(0.0, 1.0, (5, 6)) * [*[2.0] * 3, 0.05, 0.05, 0.05]
            seen[4, :3] += 5.0 * t * truth[4, 3:]
            rows = [0, 1, 2, 3, 4] if k < 6 else [0, 1]
            if k == 3 and t < 2:
                seen[[0, 1]] = seen[[1, 0]]
            if k == 7:
                rows = [min(3, 2 + t // 2)]
            for environment in (r.SURFACE, r.AIR):
                of = [row for row in rows if kind[row] == environment]
                if of:
                    local = [row + 1 + 10 * (k == 2 and t > 1) if k != 7 else 1 for row in of]
                    number = 2 * t + 1 + (environment == r.AIR)
                    batch = r.report(
                        f"N{k:02d}", number, 5 * t + 0.1 * k, seen[of], spread[of], local=local,
                        environment=environment, q=1e-3 if environment == r.SURFACE else 1.0,
                    )  # fmt: skip
                    picture.fold(batch)
    return picture


SCENES: dict[Callable[[], Picture], str] = {
    aircraft: "494d1282d623c21eac9b74da83414d57",
    anchorage: "5b05ca86efc12dde2dd61edcc47bac5e",
    pair: "8a94f3cedd07d27777bf359984aea6d1",
    harbour: "5ddfd48ca552028d46e70f1ebb60f86c",
}


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.__name__)
def test_the_digest_is_what_it_was(scene: Callable[[], Picture]) -> None:
    assert scene().digest() == SCENES[scene]


if __name__ == "__main__":
    for each in SCENES:
        print(each.__name__, each().digest())
