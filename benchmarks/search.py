"""How true the search map is: ``python -m benchmarks.search [--contacts N] [--fields M]``.

First against an exact filter on cells of 200 m that shares no line with it (`tests/kits/search_oracle.py`):
the total variation between the two, and the probability that there is a contact at all, over thirty minutes
of silence under sixteen buoys and two sources. Then whether the 90 % region holds 90 % of contacts: N
contacts on random tours, over M fields drawn at random, each of them unheard by chance for thirty minutes.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np

from fusion.arrays import Float
from fusion.search import search_map
from fusion.search.search_map import SearchMap
from fusion.search.tour import TOUR

sys.path.insert(0, str(Path(__file__).parents[1] / "tests/kits"))
import search_oracle as oracle

NS = 1_000_000_000
START_NS, MINUTES = 1_000 * NS, 30
HALF_M, PRIOR = 8_000.0, 0.8
SIGMA_M = (1_500.0, 1_000.0)


def searched() -> SearchMap:
    """An area of 16 km by 16 km in which something may be."""
    return search_map.area("JPN-1", 1, START_NS, 10 * START_NS, oracle.CENTRE, np.full(2, HALF_M), PRIOR)


def lost() -> SearchMap:
    """A contact whose velocity nobody knew."""
    covariance = np.zeros((6, 6))
    covariance[:3, :3] = oracle.AXES.T @ np.diag([SIGMA_M[0] ** 2, SIGMA_M[1] ** 2, 100.0]) @ oracle.AXES
    covariance[3:, 3:] = oracle.AXES.T @ np.diag([1e4, 1e4, 0.01]) @ oracle.AXES
    return search_map.lost_contact(7, START_NS, np.concatenate([oracle.CENTRE, np.zeros(3)]), covariance)


def after_silence(one: SearchMap, looks: oracle.Looks) -> SearchMap:
    """A minute later."""
    one = search_map.carried(one, 60.0)
    return search_map.unheard(one, looks.reported(one.time_ns))


def against_exact(name: str, one: SearchMap) -> None:
    """Print a table of one beginning."""
    buoys, sources = oracle.field_of_buoys()
    looks = [oracle.Looks(buoys, source, 0.5, 1_300.0) for source in sources]
    exact = oracle.ExactGrid(15_000.0, TOUR.speed_mps, TOUR.leg_s)
    east, north = exact.places[..., 0], exact.places[..., 1]
    if one.name.track:
        exact.begin(np.exp(-0.5 * ((east / SIGMA_M[0]) ** 2 + (north / SIGMA_M[1]) ** 2)))
    else:
        exact.begin((np.abs(exact.places).max(axis=-1) < HALF_M) * 1.0, PRIOR)
    print(f"{name}, cells of {one.grid.cell_m:.0f} m\n  min  total variation  probability  exact")
    for k in range(MINUTES):
        one = after_silence(one, looks[k % 2])
        exact.move(60.0)
        exact.hear_nothing(looks[k % 2])
        if k % 5 == 4:
            ours = oracle.at_cells(one.density(), one.grid.cell_m, one.grid.middles(), exact)
            apart = oracle.total_variation(ours, exact.density())
            print(f"{k + 1:5d} {apart:16.4f} {one.exists:12.4f} {exact.exists:6.4f}", flush=True)


def region(one: SearchMap, share: float) -> Float:
    """(n, n) the cells of the smallest region that holds so much."""
    density = one.density()
    order = np.sort(density.ravel())[::-1]
    reached = int(np.searchsorted(np.cumsum(order), share * (density.sum() + one.outside)))
    return np.asarray(density >= order[min(reached, len(order) - 1)])


def held(one: SearchMap, place: Float, cells: Float) -> bool:
    """Whether a place (2,) is in a region."""
    column, row = np.floor(place / one.grid.cell_m + one.grid.n / 2.0).astype(int)
    return bool(0 <= row < one.grid.n and 0 <= column < one.grid.n and cells[row, column])


def containment(contacts: int, fields: int) -> None:
    """Print how often the region holds the contact, at each fifth minute."""
    inside = np.zeros((contacts, MINUTES // 5), bool)
    for field in range(fields):
        rng = np.random.default_rng(field)
        buoys, sources = oracle.field_of_buoys(rng.uniform(3_000.0, 4_500.0))
        buoys = buoys + rng.uniform(-800.0, 800.0, buoys.shape)
        reach, probability = rng.uniform(900.0, 1_600.0), rng.uniform(0.3, 0.6)
        looks = [oracle.Looks(buoys, source, probability, reach) for source in sources]
        one, regions = searched(), []
        for k in range(MINUTES):
            one = after_silence(one, looks[k % 2])
            if k % 5 == 4:
                regions.append((one, region(one, 0.9)))
        for number in range(field, contacts, fields):
            course = _unheard(rng, looks)
            inside[number] = [
                held(one, place, cells) for (one, cells), place in zip(regions, course, strict=True)
            ]
    told = "  ".join(f"{5 * k + 5} min {share:.1%}" for k, share in enumerate(inside.mean(axis=0)))
    print(f"90 % region, {contacts} contacts over {fields} fields: {told}; all {inside.mean():.1%}")


def _unheard(rng: np.random.Generator, looks: list[oracle.Looks]) -> list[Float]:
    """Where a contact that nobody heard was at each fifth minute."""
    while True:
        contact = oracle.Contact(rng.uniform(-HALF_M, HALF_M, 2), TOUR.speed_mps, TOUR.leg_s, rng)
        course = []
        for k in range(MINUTES):
            contact.move(60.0)
            if rng.random() > looks[k % 2].silent(contact.place):
                break
            if k % 5 == 4:
                course.append(contact.place.copy())
        else:
            return course


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--contacts", type=int, default=200)
    parser.add_argument("--fields", type=int, default=20)
    wanted = parser.parse_args()
    against_exact("an area", searched())
    against_exact("a contact that was lost", lost())
    containment(wanted.contacts, wanted.fields)


if __name__ == "__main__":
    main()
