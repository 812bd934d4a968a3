"""A limit on everything that another process can make grow."""

from __future__ import annotations

MESSAGE_BYTES_MAX = 8 << 20
"""Any one frame; a peer that sends more is disconnected by its socket (ZMQ_MAXMSGSIZE)."""

BODY_BYTES_MAX = {
    "report": 1 << 20,
    "status": 64 << 10,
    "picture": MESSAGE_BYTES_MAX,
    "national": MESSAGE_BYTES_MAX,
    "corestatus": 256 << 10,
    "warning": 64 << 10,
    "detections": 1 << 20,
    "origins": 1 << 20,
}
"""The body of a live message, by the kind of its topic: about 3,000 tracks a report."""

CLOCKS_MAX = 4096
"""Clock readings in a live message's third frame."""

SCAN_DETECTIONS_MAX = 4096
"""Detections in one scan that a sensor sends its node."""

SCANS_WAITING_MAX = 4096
"""Scans that a node has taken and not used yet; beyond them the sender waits."""

SEND_QUEUE_MAX = 1000
"""Messages waiting for one slow subscriber; what is dropped beyond them comes back by repair."""

RECEIVE_QUEUE_MAX = 1000
"""Messages from one publisher waiting to be read."""

JOURNAL_BYTES_MAX = {
    "report": 64 << 20,
    "picture": 64 << 20,
    "national": 64 << 20,
    "warning": 16 << 20,
    "detections": 16 << 20,
    "origins": 16 << 20,
}
"""What a publisher keeps of its own messages for repair, by kind."""

ARCHIVE_BYTES_MAX = 256 << 20
"""What a core keeps of all nodes' reports, so that it can repair its neighbours."""

REPAIR_REPLY_BYTES_MAX = 1 << 20
"""One reply carries at most this much, and at least one message."""

REPAIR_RANGES_MAX = 256
"""Ranges in one repair request."""

STREAMS_MAX = 4096
"""Streams (topic and incarnation) that one receiver follows."""

SEQUENCE_MAX = (1 << 53) - 1
"""Highest sequence: exact in every language's numbers."""

GAPS_MAX = 65_536
"""Separate gaps within one stream; beyond them a message out of order is dropped, to be repaired later."""

DRAIN_MAX = 512
"""Messages taken from a socket in one go, so that heartbeats and requests are never starved."""

ADDRESS_MAX = 200
"""Letters of an address."""

RECORD_BYTES_MAX = 1 << 10
"""A core's signed endpoint record."""

RECORDS_MAX = 256
"""Endpoint records held and passed on."""

HELLO_BYTES_MAX = 1 << 20
"""What one end of a trunk says of itself."""

LINES_MAX = 1024
"""Connections on one trunk."""
