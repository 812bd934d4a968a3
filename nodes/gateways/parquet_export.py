"""The picture as Parquet: a row for every track at every moment, units in the columns' metadata."""

from __future__ import annotations

import json
from pathlib import Path

from nodes.errors import BadInput
from nodes.recording import Recording
from nodes.recording.pictures import track_frame


def write_parquet(recording: Recording, out: Path, nation: str, every_s: float) -> int:
    """Write `nodes.recording.pictures.track_frame`; returns how many rows. Raises BadInput, OSError."""
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError:
        raise BadInput("Parquet needs pyarrow; install it with: pip install 'triwatch[data]'") from None
    frame = track_frame(recording, nation, every_s)
    units = frame.attrs.pop("units")
    about = {
        "nation": frame.attrs.pop("nation"),
        "recording": json.dumps(recording.metadata().get("scenario")),
    }
    table = pa.Table.from_pandas(frame, preserve_index=False)
    fields = [
        field.with_metadata({"unit": units[field.name]}) if field.name in units else field
        for field in table.schema
    ]
    pq.write_table(table.cast(pa.schema(fields, metadata=about)), out, compression="zstd")
    return len(frame)
