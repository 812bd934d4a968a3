"""The rows as a table in Parquet: sorted, the same bytes however often the campaign was interrupted."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from nodes.campaign.results import Results
from nodes.errors import BadInput
from nodes.units import unit_of

FIXED = ("key", "arm", "point", "seed", "status", "said", "input_digest", "picture_digest")


def need_parquet() -> Any:
    """pyarrow and its Parquet module. Raises BadInput where it is not installed."""
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        raise BadInput("Parquet needs pyarrow; install it with: pip install 'triwatch[campaign]'") from None
    return pyarrow


def write_table(results: Results, path: Path, about: dict[str, str]) -> int:
    """Write the runs that are there, by arm, point and seed; returns how many.

    Columns: key, arm, point, seed, ``factor.NAME`` each, status, said, digests, of every contender why it
    failed where it did, then every figure by
    alphabet, null where a run has none. Each column's metadata hold its ``unit``; those of the file
    ``about``. Raises BadInput.
    """
    pa = need_parquet()
    arm_place = {arm: i for i, arm in enumerate(results.arms)}
    runs = [(case, row) for case, row in zip(results.cases, results.rows, strict=True) if row is not None]
    runs.sort(key=lambda run: (arm_place[run[0].arm], run[0].point, run[0].seed))
    columns: dict[str, Any] = {
        "key": pa.array([row.key for _, row in runs], pa.string()),
        "arm": pa.array([case.arm for case, _ in runs], pa.string()),
        "point": pa.array([case.point for case, _ in runs], pa.int64()),
        "seed": pa.array([case.seed for case, _ in runs], pa.int64()),
    }
    for factor in results.plan.factors:
        values = [case.factors[factor.name] for case, _ in runs]
        if len({type(v) for v in values}) > 1:
            values = [float(v) if isinstance(v, int | float) else str(v) for v in values]
        columns[f"factor.{factor.name}"] = pa.array(values)
    for name in FIXED[4:]:
        columns[name] = pa.array([getattr(row, name) for _, row in runs], pa.string())
    for name in results.plan.campaign.contenders:
        said = [row.contenders.get(name, "") for _, row in runs]
        columns[f"contender.{name}.said"] = pa.array(said, pa.string())
    for name in results.names:
        columns[name] = pa.array([row.figures.get(name) for _, row in runs], pa.float64())
    fields = [
        pa.field(name, column.type, metadata={"unit": unit_of(name)} if name not in FIXED else None)
        for name, column in columns.items()
    ]
    table = pa.Table.from_arrays(list(columns.values()), schema=pa.schema(fields, metadata=about))
    draft = path.with_suffix(".draft")
    try:
        pa.parquet.write_table(table, draft, compression="zstd")
        os.replace(draft, path)
    except OSError as error:
        raise BadInput(f"{path}: cannot be written: {error.strerror}; name a writable folder") from None
    return len(runs)
