"""Digests: of what was folded, and of the picture it gave.

A track row's digest is two 64-bit lanes mixed over the bits of everything a reader sees of the track; it
is kept with the row, and their sum with the table, so that the picture's digest costs by what changed. Both
digests are sums over a set, hashed once more at the end: the order in which reports or rows came leaves no
trace.

Members choose the bytes of their reports. A sum modulo 2^256 of their hashes (AdHash, Bellare and Micciancio
1997) they could steer: by Wagner's generalised birthday (2002) many reports with a given sum are found in
some 2^32 steps. The digest of the reports is therefore LtHash (Bellare and Micciancio 1997; n = 1024, d = 16
as in Lewi, Kim, Maykov and Weis 2019): a sum of vectors, to forge which is a problem of short lattice
vectors. Of what is told, 128 bits, two sets with the same can be found in 2^64 steps, and for a given set
another one in 2^128. The picture's digest is not meant against anybody: it is a function of the reports.
"""

from __future__ import annotations

import hashlib

import numpy as np
from numpy.typing import NDArray

from fusion.arrays import Ints, Records, Words, word
from fusion.bearings.contacts import Heard
from fusion.consistency.estimate import Consistency
from fusion.kernel import kernel
from fusion.registration.estimate import Registration
from fusion.search.searches import Searches
from fusion.table.arrays import Arrays
from fusion.table.flights import FlightRows
from fusion.table.kept import Kept
from fusion.table.records import TRACK, Track

DIGESTED = (
    "number",
    "time_ns",
    "birth_ns",
    "update_ns",
    "reports",
    "status",
    "environment",
    "identity",
    "conflict",
    "call_sign",
    "parent",
    "ballistic",
    "contributor_count",
    "confidence",
    "q",
    "mode_probability",
    "state",
    "covariance",
)
"""The fields of a track that its digest covers, in this order, whatever their order in the row; after them
come, of each contributor, ``CONTRIBUTOR_DIGESTED``. To add, drop or move one changes every digest."""
CONTRIBUTOR_DIGESTED = ("key", "time_ns")

_WORDS = np.array([first + k for first, n in (word(TRACK, name) for name in DIGESTED) for k in range(n)])
_SEED = (np.uint64(0x9E3779B97F4A7C15), np.uint64(0xC2B2AE3D27D4EB4F))
_FACTOR = (np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB))
_SHIFT = np.uint64(29)


@kernel
def mix(h: np.uint64, value: int, lane: int) -> np.uint64:
    """One step of a 64-bit lane: multiply and fold, after splitmix64 (Steele, Lea, Flood 2014)."""
    h = (h ^ np.uint64(value)) * _FACTOR[lane]
    return h ^ (h >> _SHIFT)


@kernel
def digest_row(a: Arrays, row: int) -> None:
    """Bring the digest kept with a track row up to date."""
    track = a.tracks[row]
    h0, h1 = _SEED[0], _SEED[1]
    for k in range(len(_WORDS)):
        value = a.words[row, _WORDS[k]]
        h0, h1 = mix(h0, value, 0), mix(h1, value, 1)
    for k in range(track.contributor_count):
        source = a.sources[track.contributor[k]]
        h0, h1 = mix(h0, source.key, 0), mix(h1, source.key, 1)
        h0, h1 = mix(h0, source.time_ns, 0), mix(h1, source.time_ns, 1)
    track.digest[0], track.digest[1] = h0, h1


@kernel
def digest_again(a: Arrays, row: int) -> None:
    """Bring up to date the digest of a live track that was changed after `digest_changed`, and the sum."""
    counters, track = a.counters[0], a.tracks[row]
    before0, before1 = track.digest[0], track.digest[1]
    digest_row(a, row)
    counters.digest[0] = counters.digest[0] - before0 + track.digest[0]
    counters.digest[1] = counters.digest[1] - before1 + track.digest[1]


@kernel
def digest_changed(a: Arrays) -> None:
    """Bring up to date the digest of every live track whose row the open journal holds, and the sum."""
    counters, journal = a.counters[0], a.journal
    live, s0, s1 = counters.live, counters.digest[0], counters.digest[1]
    for k in range(journal.saved[0].tracks):
        row = journal.track_rows[k]
        before = journal.tracks[k]
        if before.alive == 1:
            live -= 1
            s0, s1 = s0 - before.digest[0], s1 - before.digest[1]
        if a.numbers[row] != 0:
            digest_row(a, row)
            live += 1
            s0, s1 = s0 + a.tracks[row].digest[0], s1 + a.tracks[row].digest[1]
    counters.live = live
    counters.digest[0], counters.digest[1] = s0, s1


@kernel
def changed_rows(
    tracks: Records[Track], numbers: Ints, touched: Ints, told: Ints, told_digest: Words
) -> tuple[bool, Ints]:
    """Whether every row holds the track told of, or none was; then the touched rows with news, by ascending
    number, and all is told.

    By row: ``numbers`` as in the table, ``told`` the number and ``told_digest`` (n, 2) the digest last told.
    """
    news, count, ascending = np.empty(len(touched), np.int64), 0, True
    for row in touched:
        if told[row] != 0 and numbers[row] != told[row]:
            return False, news[:0]
    for row in touched:
        if numbers[row] == 0:
            continue
        digest = tracks[row].digest
        if numbers[row] != told[row] or digest[0] != told_digest[row, 0] or digest[1] != told_digest[row, 1]:
            told[row] = numbers[row]
            told_digest[row, 0], told_digest[row, 1] = digest[0], digest[1]
            ascending = ascending and (count == 0 or numbers[row] > numbers[news[count - 1]])
            news[count] = row
            count += 1
    news = news[:count]
    return True, news if ascending else news[np.argsort(numbers[news])]


def picture_digest(arrays: Arrays, rows: Ints, flights: FlightRows | None = None) -> str:
    """Digest of the tracks in ``rows`` and of the missiles' flights, 32 hexadecimal digits."""
    return _hex(
        len(rows),
        arrays.tracks["digest"][rows].sum(axis=0, dtype=np.uint64),
        _told(flights) if flights else b"",
    )


def kept_digest(
    arrays: Arrays,
    flights: FlightRows,
    registration: Kept[Registration],
    consistency: Kept[Consistency],
    heard: Kept[Heard],
    searches: Kept[Searches],
) -> str:
    """Digest of the picture, 32 hexadecimal digits: `picture_digest` of all live tracks, from the sum kept
    with the table; where missiles fly, over their flights, where sensors are declared over what is known
    of their biases, where nodes are not believed over by how much, where contacts are heard over what is
    held of them, and where something is searched over its maps, too."""
    more = _told(flights) + (registration.content if registration.value.sensors else b"")
    more += consistency.content + (heard.content if heard.value.targets else b"")
    more += searches.content if searches.value.heard_ns else b""
    return _hex(int(arrays.counters["live"][0]), arrays.counters["digest"][0], more)


def _told(flights: FlightRows) -> bytes:
    return flights.shown.to_bytes(8, "big") + flights.sum.to_bytes(16, "big") if flights.shown else b""


def _hex(count: int, lanes: NDArray[np.uint64], flights: bytes = b"") -> str:
    content = count.to_bytes(8, "big") + lanes.astype(">u8").tobytes() + flights
    return hashlib.blake2b(content, digest_size=16, person=b"triwatch picture").hexdigest()


def _vector(report_digest: bytes) -> NDArray[np.uint16]:
    """1024 numbers of 16 bits that a report stands for."""
    return np.frombuffer(hashlib.shake_128(report_digest).digest(2048), "<u2")


class InputDigest:
    """Digest of a set of reports, kept as they come and go."""

    def __init__(self) -> None:
        self._sum = np.zeros(1024, "<u2")
        self._count = 0

    def add(self, report_digest: bytes) -> None:
        """Add one report by the SHA-256 of its content."""
        self._sum += _vector(report_digest)
        self._count += 1

    def remove(self, report_digest: bytes) -> None:
        """Take one report out again."""
        self._sum -= _vector(report_digest)
        self._count -= 1

    def hex(self) -> str:
        """32 hexadecimal digits; equal for equal sets."""
        content = self._count.to_bytes(8, "big") + self._sum.tobytes()
        return hashlib.blake2b(content, digest_size=16, person=b"triwatch input").hexdigest()
