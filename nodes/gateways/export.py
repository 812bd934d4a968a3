"""A recording in the formats that others read."""

from __future__ import annotations

import json
from itertools import chain
from pathlib import Path

from nodes.errors import BadInput
from nodes.gateways.cap_export import export_cap
from nodes.gateways.csv_export import write_csv
from nodes.gateways.czml_export import document
from nodes.gateways.foxglove_export import write_foxglove
from nodes.gateways.geojson_export import collection
from nodes.gateways.moments import moments
from nodes.gateways.parquet_export import write_parquet
from nodes.recording import Recording
from nodes.recording.pictures import NS, nations


def export(
    recording: Recording,
    form: str,
    out: Path,
    nation: str = "",
    every_s: float = 1.0,
    at_s: float | None = None,
) -> tuple[int, str]:
    """Write the recording to ``out`` in a form of ``triwatch export``; returns how many of what.

    ``nation`` (whose picture; "": the first by alphabet) and ``every_s`` are of the picture's formats,
    ``at_s`` (seconds since the first picture; None: the last one) of geojson. Raises BadInput where there
    is nothing to write or ``out`` cannot be written.
    """
    if form == "cap":
        return export_cap(recording, out), "messages"
    chosen = nation or next(iter(nations(recording)), "")
    if not chosen:
        raise BadInput(f"{recording.path} holds no picture; give a recording made with --record")
    frames = moments(recording, chosen, every_s)
    first = next(frames)  # what cannot be read leaves no file behind
    frames = chain([first], frames)
    try:
        if form == "parquet":
            return write_parquet(recording, out, chosen, every_s), "rows"
        if form == "foxglove":
            return write_foxglove(recording, out, chosen, every_s), "maps"
        if form == "csv":
            with out.open("w", encoding="utf-8", newline="") as file:
                return write_csv(frames, file), "rows"
        if form == "czml":
            packets = document(frames, chosen)
            out.write_text(json.dumps(packets, separators=(",", ":"), ensure_ascii=False), encoding="utf-8")
            return len(packets), "packets"
        last = first
        for moment in frames:
            if at_s is not None and moment.time_ns > first.time_ns + round(at_s * NS):
                break
            last = moment
        features = collection(last, chosen)
        out.write_text(json.dumps(features, indent=1, ensure_ascii=False), encoding="utf-8")
        return len(features["features"]), "features"
    except OSError as error:
        reason = f"{out}: cannot be written: {error.strerror}"
        raise BadInput(f"{reason}; name a file in a writable folder") from None
