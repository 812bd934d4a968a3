"""The channels of a recording: which topic carries which message."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from triwatch.v1 import envelope_pb2, exercise_pb2, picture_pb2, sensing_pb2


@dataclass(frozen=True, slots=True)
class Channel:
    """One kind of channel: its topic is ``prefix``, or ``prefix/<source>`` where it has sources."""

    prefix: str
    message: Any


# The typed envelopes have the same bytes as Envelope (see envelope.proto): what was signed is recorded
# unchanged and yet readable by whoever knows the schema alone.
REPORTS = Channel("/reports", envelope_pb2.TrackBatchEnvelope)
STATUS = Channel("/status", envelope_pb2.NodeStatusEnvelope)
PICTURE = Channel("/picture", picture_pb2.PictureUpdate)
NATIONAL = Channel("/national", picture_pb2.PictureUpdate)
WARNINGS = Channel("/warnings", envelope_pb2.MissileWarningEnvelope)
TRUTH = Channel("/truth", exercise_pb2.TruthStates)
FLIGHTS = Channel("/truth/flights", exercise_pb2.TruthFlights)
DETECTIONS = Channel("/detections", sensing_pb2.DetectionScan)
ORIGINS = Channel("/origins", exercise_pb2.ScanOrigins)
ALL = (REPORTS, STATUS, PICTURE, NATIONAL, WARNINGS, TRUTH, FLIGHTS, DETECTIONS, ORIGINS)

TRUE_BIASES = "biases"
"""Under this name the metadata hold by how much an exercise's sensors were off."""
COALITION = "coalition"
"""Under this name the metadata hold every version of the policy as it was signed."""
METADATA_NAME = "triwatch"
"""Name of the MCAP metadata records that this project writes."""
