"""Folds one made-up set of reports and prints its digests: python tests/determinism_run.py [order]

The reports are made with Python's own random numbers and + - x / only, so they are the same everywhere;
`order` is "sorted" or the seed of a shuffle with duplicates.
"""

from __future__ import annotations

import random
import sys

from fusion import Picture
from triwatch.v1 import track_pb2

START_NS = 1_719_446_400_000_000_000
NODES = {"JPN-1": (1.0, 30.0), "KOR-1": (1.0, 60.0), "USA-1": (2.0, 45.0), "USA-2": (5.0, 150.0)}
TRACKS = 40
DURATION_S = 40


def noise(rng: random.Random) -> float:
    """About a standard normal value, without a logarithm (Irwin-Hall)."""
    return sum(rng.random() for _ in range(12)) - 6.0


def reports() -> list[track_pb2.TrackBatch]:
    """Aircraft and falling missiles, seen by four nodes at their own periods."""
    rng = random.Random(20240627)
    targets = []
    for i in range(TRACKS):
        space = i % 4 == 0
        height = 1.02 if space else 1.0014
        at = [height * x for x in (-3_112_000.0, 4_082_000.0, 3_789_000.0)]
        at = [x + 150_000.0 * noise(rng) for x in at]
        targets.append((space, at, [(900.0 if space else 150.0) * noise(rng) for _ in range(3)]))
    batches = []
    for node_id, (period_s, sigma_m) in NODES.items():
        for sequence in range(1, int(DURATION_S / period_s) + 1):
            t = sequence * period_s
            batch = track_pb2.TrackBatch(
                node_id=node_id, nation=node_id[:3], incarnation=1, sequence=sequence, stream="JPN-KOR-USA"
            )
            for number, (space, at, velocity) in enumerate(targets, 1):
                fall = -4.0 if space else 0.0
                position = [p + v * t + fall * t * t * p / 6.4e6 for p, v in zip(at, velocity, strict=True)]
                speed = [v + 2.0 * fall * t * p / 6.4e6 for p, v in zip(at, velocity, strict=True)]
                batch.local_number.append(number)
                batch.valid_time_ns.append(START_NS + int(t * 1_000_000_000))
                batch.state.extend(p + sigma_m * noise(rng) for p in position)
                batch.state.extend(v + 0.1 * sigma_m * noise(rng) for v in speed)
                for row in range(6):
                    sigma = sigma_m if row < 3 else 0.2 * sigma_m
                    batch.covariance.extend([0.0] * row + [sigma * sigma])
                batch.environment.append(track_pb2.ENVIRONMENT_SPACE if space else track_pb2.ENVIRONMENT_AIR)
                batch.status.append(track_pb2.TRACK_STATUS_MAINTAINING)
                batch.process_noise.append(0.0 if node_id == "USA-2" else 1.0)
            batches.append(batch)
    return batches


def main(order: str) -> None:
    batches = sorted(reports(), key=lambda b: (max(b.valid_time_ns), b.node_id))
    if order != "sorted":
        rng = random.Random(int(order))
        batches += rng.sample(batches, len(batches) // 4)
        rng.shuffle(batches)
    picture = Picture()
    for i, batch in enumerate(batches):
        picture.fold(batch)
        if i % 10 == 0:
            picture.digest()  # looking brings the picture up to date: what comes late then rolls it back
    print(picture.input_digest(), picture.digest(), len(picture.tracks()))


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "sorted")
