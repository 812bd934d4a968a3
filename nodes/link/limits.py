"""A limit on everything that another process can make grow."""

from __future__ import annotations

from typing import Annotated, Final

from fusion.constants import OPERATION, Chosen

MESSAGE_BYTES_MAX: Final[
    Annotated[
        int,
        Chosen(
            "bytes",
            "any one frame; a peer that sends more is disconnected by its socket (ZMQ_MAXMSGSIZE)",
            OPERATION,
        ),
    ]
] = 8 << 20

BODY_BYTES_MAX: Final[
    Annotated[
        dict[str, int],
        Chosen(
            "bytes",
            "the body of a live message, by the kind of its topic: about 3,000 tracks a report",
            OPERATION,
        ),
    ]
] = {
    "report": 1 << 20,
    "status": 64 << 10,
    "picture": MESSAGE_BYTES_MAX,
    "national": MESSAGE_BYTES_MAX,
    "corestatus": 256 << 10,
    "warning": 64 << 10,
    "detections": 1 << 20,
    "origins": 1 << 20,
}

CLOCKS_MAX: Final[
    Annotated[int, Chosen("1", "clock readings in a live message's third frame", OPERATION)]
] = 4096

SCAN_DETECTIONS_MAX: Final[
    Annotated[int, Chosen("1", "detections in one scan that a sensor sends its node", OPERATION)]
] = 4096

SCANS_WAITING_MAX: Final[
    Annotated[
        int,
        Chosen("1", "scans that a node has taken and not used yet; beyond them the sender waits", OPERATION),
    ]
] = 4096

SEND_QUEUE_MAX: Final[
    Annotated[
        int,
        Chosen(
            "1",
            "messages waiting for one slow subscriber; what is dropped beyond them comes back by repair",
            OPERATION,
        ),
    ]
] = 1000

RECEIVE_QUEUE_MAX: Final[
    Annotated[int, Chosen("1", "messages from one publisher waiting to be read", OPERATION)]
] = 1000

JOURNAL_BYTES_MAX: Final[
    Annotated[
        dict[str, int],
        Chosen("bytes", "what a publisher keeps of its own messages for repair, by kind", OPERATION),
    ]
] = {
    "report": 64 << 20,
    "picture": 64 << 20,
    "national": 64 << 20,
    "warning": 16 << 20,
    "detections": 16 << 20,
    "origins": 16 << 20,
}

ARCHIVE_BYTES_MAX: Final[
    Annotated[
        int,
        Chosen(
            "bytes",
            "what a core keeps of all nodes' reports, so that it can repair its neighbours",
            OPERATION,
        ),
    ]
] = 256 << 20

REPAIR_REPLY_BYTES_MAX: Final[
    Annotated[
        int, Chosen("bytes", "one reply carries at most this much, and at least one message", OPERATION)
    ]
] = 1 << 20

QUESTIONS_MAX: Final[
    Annotated[
        int,
        Chosen("1", "unanswered requests of which a process remembers when it made them", OPERATION),
    ]
] = 1024

REPAIR_RANGES_MAX: Final[Annotated[int, Chosen("1", "ranges in one repair request", OPERATION)]] = 256

STREAMS_MAX: Final[
    Annotated[
        int,
        Chosen(
            "1",
            "topics that one receiver looks up, and prefixes that one end of a trunk asks for",
            OPERATION,
        ),
    ]
] = 4096

STARTS_MAX: Final[
    Annotated[
        int,
        Chosen(
            "1",
            "starts of one publisher in one stream that a receiver follows; beyond them the oldest is "
            "followed no longer that has ended and of which all is held",
            OPERATION,
        ),
    ]
] = 64

STARTS_OPEN_MAX: Final[
    Annotated[
        int,
        Chosen(
            "1",
            "starts of one publisher in one stream of which the end is not known; beyond them a new "
            "one is refused",
            OPERATION,
        ),
    ]
] = 1024

SEQUENCE_MAX = (1 << 53) - 1
"""Highest sequence: exact in every language's numbers."""

GAPS_MAX: Final[
    Annotated[
        int,
        Chosen(
            "1",
            "separate gaps within one stream; beyond them a message out of order is dropped, to be "
            "repaired later",
            OPERATION,
        ),
    ]
] = 65_536

DRAIN_MAX: Final[
    Annotated[
        int,
        Chosen(
            "1",
            "messages taken from a socket in one go, so that heartbeats and requests are never starved",
            OPERATION,
        ),
    ]
] = 512

ADDRESS_MAX: Final[Annotated[int, Chosen("1", "letters of an address", OPERATION)]] = 200

RECORD_BYTES_MAX: Final[Annotated[int, Chosen("bytes", "A core's signed endpoint record", OPERATION)]] = (
    1 << 10
)

RECORDS_MAX: Final[Annotated[int, Chosen("1", "endpoint records held and passed on", OPERATION)]] = 256

HELLO_BYTES_MAX: Final[
    Annotated[int, Chosen("bytes", "what one end of a trunk says of itself", OPERATION)]
] = 1 << 20

LINES_MAX: Final[Annotated[int, Chosen("1", "connections on one trunk", OPERATION)]] = 1024
