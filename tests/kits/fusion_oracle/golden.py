"""The golden recording: reports as bytes, and the digests that folding them gives on every machine.

    python -m fusion_oracle.golden             fold the recording, print its digests as JSON
    python -m fusion_oracle.golden --write     the same, and keep them as the golden ones

Run in the folder ``tests``. The reports never change (`record` made them once); the digests change when
the fold's arithmetic does, and must then be written anew by whoever changed it.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import struct
import sys
from pathlib import Path

from fusion import Picture
from fusion_oracle import reports as r
from fusion_oracle.delivery import disordered
from fusion_oracle.nodes import Sky
from fusion_oracle.traffic import traffic
from triwatch.v1 import track_pb2

REPORTS = Path(__file__).with_name("golden_reports.gz")
DIGESTS = Path(__file__).with_name("golden_digests.json")

Part = list[bytes]


def record() -> None:
    """Make the recording: eventful traffic, and consistent nodes in the air and in space."""
    parts: dict[str, list[track_pb2.TrackBatch]] = {
        f"traffic {seed}": traffic(seed).reports for seed in (0, 4)
    }
    for name, environment, seconds, targets in (("air", r.AIR, 16, 6), ("space", r.SPACE, 20, 4)):
        sky = Sky(seed=1, targets=targets, q=1.0, environment=environment, declares=lambda node: node != 2)
        parts[name] = [b for moment in sky.run(seconds) for b in moment.reports]
    with gzip.GzipFile(REPORTS, "wb", mtime=0) as file:
        for name, batches in parts.items():
            bodies = [b.SerializeToString(deterministic=True) for b in batches]
            file.write(struct.pack(">H", len(name)) + name.encode() + struct.pack(">I", len(bodies)))
            for body in bodies:
                file.write(struct.pack(">I", len(body)) + body)


def recorded() -> dict[str, Part]:
    """The recording, part by part."""
    data, at, parts = gzip.decompress(REPORTS.read_bytes()), 0, {}

    def take(n: int) -> bytes:
        nonlocal at
        at += n
        return data[at - n : at]

    while at < len(data):
        name = take(int.from_bytes(take(2), "big")).decode()
        count = int.from_bytes(take(4), "big")
        parts[name] = [take(int.from_bytes(take(4), "big")) for _ in range(count)]
    return parts


def fold(part: Part, disorder: int | None = None) -> dict[str, str]:
    """Digests of one part's input and picture, and of the pictures on the way to it."""
    picture, way = Picture(), hashlib.sha256()
    bodies = {body: track_pb2.TrackBatch.FromString(body) for body in part}
    batches = list(bodies.values())
    if disorder is not None:
        batches = disordered(batches, disorder)
    for k, batch in enumerate(batches):
        picture.fold(batch)
        if k % 4 == 0:
            way.update(picture.digest().encode())
    return {"input": picture.input_digest(), "picture": picture.digest(), "way": way.hexdigest()}


def digests() -> dict[str, dict[str, str]]:
    """Of every part, in order and out of it."""
    found = {}
    for name, part in recorded().items():
        found[name] = fold(part)
        found[f"{name}, disordered"] = fold(part, 3)
    return found


if __name__ == "__main__":
    text = json.dumps(digests(), indent=1) + "\n"
    if "--write" in sys.argv[1:]:
        DIGESTS.write_text(text, encoding="utf-8")
    sys.stdout.write(text)
