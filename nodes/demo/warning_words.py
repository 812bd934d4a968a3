"""A missile warning as one line that a person reads while the exercise runs."""

from __future__ import annotations

from nodes.wording import clock_time, place, together, track_name
from triwatch.v1 import warning_pb2


def warning_words(warning: warning_pb2.MissileWarning) -> str:
    """As in "KOR warns of missile T5027-12: impact not yet known, could still reach JPN and KOR"."""
    flight, nation = warning.flight, warning.nation
    missile = f"missile {track_name(flight.track)}"
    why = f": {warning.reason}" if warning.reason else ""
    if warning.status == warning_pb2.WARNING_STATUS_CANCEL:
        return f"{nation} cancels its warning of {missile}{why}"
    if warning.status == warning_pb2.WARNING_STATUS_ALL_CLEAR:
        return f"{nation} gives the all clear of {missile}{why}"
    whom = together(warning.threatened) or "nobody"
    if not flight.HasField("impact"):
        return f"{nation} warns of {missile}: impact not yet known, could still reach {whom}"
    where = place(flight.impact.lat_deg, flight.impact.lon_deg)
    return (
        f"{nation} warns of {missile}: impact near {where} at {clock_time(flight.impact.time_ns)},"
        f" threatens {whom}"
    )
