"""Recorded traffic: irregular, jittering positions made into smooth paths."""

from __future__ import annotations

import csv
import math
import os
from pathlib import Path as FilePath

import numpy as np

from fusion.geodesy import geodetic2ecef
from nodes.errors import BadInput
from nodes.scenario.path import Path
from nodes.scenario.spec import Recorded

COLUMNS = ("time_s", "object_id", "lat_deg", "lon_deg", "alt_m")


def find_recording(name: str, folder: str) -> FilePath | None:
    """The file: absolute, beside the scenario, or under $TRIWATCH_DATA (default: ../shared/data
    beside the repository); None where it is nowhere."""
    data = os.environ.get("TRIWATCH_DATA") or FilePath(__file__).parents[3] / "shared" / "data"
    for place in (FilePath(folder), FilePath(data)):
        if (place / name).is_file():
            return place / name
    return None


def recorded_paths(spec: Recorded, folder: str) -> dict[str, Path]:
    """One path for each object_id of the file, by that id. Raises BadInput."""
    file = find_recording(spec.file, folder)
    if file is None:
        raise BadInput(f"{spec.id}: file {spec.file} is neither beside the scenario nor under TRIWATCH_DATA")
    rows: dict[str, list[tuple[float, ...]]] = {}
    with file.open(encoding="utf-8", newline="") as lines:
        reader = csv.DictReader(lines)
        if tuple(reader.fieldnames or ()) != COLUMNS:
            raise BadInput(f"{file}: expected the columns {','.join(COLUMNS)}")
        for row in reader:
            try:
                values = tuple(float(row[c]) for c in ("time_s", "lat_deg", "lon_deg", "alt_m"))
            except (TypeError, ValueError):
                raise BadInput(f"{file}: line {reader.line_num}: expected numbers") from None
            if not all(map(math.isfinite, values)):
                raise BadInput(f"{file}: line {reader.line_num}: expected finite numbers")
            rows.setdefault(row["object_id"], []).append(values)
    paths = {}
    for object_id, points in rows.items():
        table = np.array(sorted(points))
        table = table[np.concatenate([[True], np.diff(table[:, 0]) > 1.0])]
        if len(table) < 2:
            continue
        time_s = table[:, 0] + spec.start_s
        position = geodetic2ecef(table[:, 1], table[:, 2], table[:, 3])
        velocity = np.gradient(position, time_s, axis=0)
        paths[object_id] = Path(time_s, np.concatenate([position, velocity], axis=1))
    return paths
