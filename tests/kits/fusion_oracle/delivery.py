"""How messages come: shuffled, late, twice; and what is left of it in a picture."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from fusion import Picture
from fusion.table.digest import digest_row, picture_digest
from fusion.table.flights import FlightRows
from fusion_oracle.traffic import Message
from triwatch.v1 import track_pb2


def disordered(messages: Sequence[Message], seed: int) -> list[Message]:
    """The messages in another order, a fifth of them twice.

    Odd seeds shuffle; even ones delay each message at random, most a little and a few by far.
    """
    rng = random.Random(seed)
    doubled = [*messages, *rng.sample(list(messages), len(messages) // 5)]
    if seed % 2:
        rng.shuffle(doubled)
        return doubled
    place = {id(m): k for k, m in enumerate(messages)}
    scale = rng.choice([1.0, 4.0, 20.0])
    keyed = [(place[id(m)] + rng.expovariate(1.0 / scale), k) for k, m in enumerate(doubled)]
    return [doubled[k] for _, k in sorted(keyed)]


def feed(
    picture: Picture,
    messages: Sequence[Message],
    seed: int | None = None,
    look: Callable[[Picture], object] | None = None,
) -> None:
    """Give a picture its messages; with a seed, look at it between them now and then."""
    rng = random.Random(seed)
    looks: list[Callable[[Picture], object]] = [
        Picture.digest,
        Picture.tracks,
        Picture.delta,
        Picture.snapshot,
    ]
    for m in messages:
        if isinstance(m, track_pb2.TrackBatch):
            picture.fold(m)
        else:
            picture.punctuate(m)
        if seed is not None and rng.random() < 0.15:
            (look or rng.choice(looks))(picture)


def seen(picture: Picture) -> dict[str, Any]:
    """All that a reader sees of a picture, exactly."""
    tracks = picture.tracks()
    columns = {name: getattr(tracks, name) for name in tracks.__slots__}
    return {
        name: value.tolist() if isinstance(value, np.ndarray) else value for name, value in columns.items()
    }


def flights_anew(flights: FlightRows) -> FlightRows:
    """The same flights, counted and summed anew."""
    anew = FlightRows()
    for number in sorted(flights):
        anew.put(flights[number])
    return anew


def fresh_digest(picture: Picture) -> str:
    """The picture's digest with every row's digested anew, whatever was kept."""
    picture.tracks()
    table = picture._table
    rows = table.live_rows()
    kept = table.arrays.tracks["digest"][rows].copy()
    for row in rows:
        digest_row(table.arrays, row)
    digest = picture_digest(table.arrays, rows, flights_anew(table.flights))
    table.arrays.tracks["digest"][rows] = kept
    return digest
