"""Times as people write them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from nodes.errors import BadInput


def time_ns(text: str, option: str) -> int:
    """UTC ns since 1970 of an ISO 8601 time. Raises BadInput."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise BadInput(f"{option} {text}: not a time; write it as 2026-11-22T09:30:00") from None
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
    if moment.year < 1971:
        raise BadInput(f"{option} {text}: before 1971")
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1) * 1000
