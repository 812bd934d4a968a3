"""One nation's CAP feed: a folder of messages and an Atom index of them.

A warning is revised with every report; people are told when something changes for them. A message is
written for the first revision, for the last, when the flight's phase or the threatened change, when the
impact becomes known or is so no more, when where it is expected moves out of half the area last announced,
and otherwise once a minute.

Source: RFC 4287 (Atom); the index names the newest messages first, as public alert hubs expect.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Final
from xml.etree import ElementTree as ET

from fusion.constants import OPERATION, Chosen
from fusion.contract import fall_area
from fusion.physics.geodesy import great_circle_range_m
from nodes.errors import BadInput
from nodes.gateways.cap import Reference, alert, cap_time, identifier, sender
from nodes.link.directory import write_whole
from triwatch.v1 import warning_pb2

ATOM = "http://www.w3.org/2005/Atom"
REPEAT_NS: Final[Annotated[int, Chosen("ns", "how often a warning that stands is said again", OPERATION)]] = (
    60_000_000_000
)
ENTRIES_MAX: Final[Annotated[int, Chosen("1", "entries in the feed", OPERATION)]] = 200
INDEX = "feed.xml"


@dataclass(slots=True)
class _Thread:
    """The messages about one missile."""

    last: warning_pb2.MissileWarning
    references: list[Reference] = field(default_factory=list)


class CapFeed:
    """Writes messages to ``folder``/<nation>; makes it. Raises BadInput where it cannot be written."""

    def __init__(self, folder: Path, nation: str) -> None:
        self.folder = folder / nation
        self._nation = nation
        self._threads: dict[str, _Thread] = {}
        self._entries: list[tuple[str, str]] = []
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise BadInput(
                f"{self.folder}: cannot be made: {error.strerror}; name a writable folder"
            ) from None

    def offer(self, warning: warning_pb2.MissileWarning) -> Path | None:
        """Write a message for the warning's revision, if it is news; returns its file."""
        thread = self._threads.get(warning.warning_id)
        if thread is not None and not _news(thread.last, warning):
            return None
        if thread is None:
            if warning.status not in (warning_pb2.WARNING_STATUS_ALERT, warning_pb2.WARNING_STATUS_UPDATE):
                return None
            thread = self._threads[warning.warning_id] = _Thread(warning)
        body = alert(warning, thread.references)
        name, sent = identifier(warning), cap_time(warning.time_ns)
        file = self.folder / f"{name}.xml"
        thread.references.append((name, sent))
        thread.last = warning
        self._entries = [(name, sent), *self._entries][:ENTRIES_MAX]
        try:
            write_whole(file, body)
            write_whole(self.folder / INDEX, self._index())
        except OSError as error:
            raise BadInput(f"{file}: cannot be written: {error.strerror}") from None
        return file

    def _index(self) -> bytes:
        feed = ET.Element("feed", xmlns=ATOM)
        ET.SubElement(feed, "id").text = f"urn:triwatch:cap:{self._nation}"
        ET.SubElement(feed, "title").text = f"EXERCISE missile warnings, {self._nation}"
        ET.SubElement(feed, "updated").text = _rfc3339(self._entries[0][1])
        author = ET.SubElement(feed, "author")
        ET.SubElement(author, "name").text = sender(self._nation)
        for name, sent in self._entries:
            entry = ET.SubElement(feed, "entry")
            ET.SubElement(entry, "id").text = f"urn:triwatch:cap:{name}"
            ET.SubElement(entry, "title").text = name
            ET.SubElement(entry, "updated").text = _rfc3339(sent)
            ET.SubElement(entry, "link", href=f"{name}.xml", type="application/cap+xml")
        ET.indent(feed)
        body: bytes = ET.tostring(feed, encoding="utf-8", xml_declaration=True)
        return body


def _news(before: warning_pb2.MissileWarning, now: warning_pb2.MissileWarning) -> bool:
    if now.status != before.status and not _goes_on(before, now):
        return True
    if list(now.threatened) != list(before.threatened) or now.flight.phase != before.flight.phase:
        return True
    if now.flight.HasField("impact") != before.flight.HasField("impact"):
        return True
    a, b = fall_area(before.flight), fall_area(now.flight)
    moved = great_circle_range_m(a.lat_deg, a.lon_deg, b.lat_deg, b.lon_deg)
    return moved > 0.5 * a.ellipse_95_major_m or now.time_ns - before.time_ns >= REPEAT_NS


def _goes_on(before: warning_pb2.MissileWarning, now: warning_pb2.MissileWarning) -> bool:
    going = (warning_pb2.WARNING_STATUS_ALERT, warning_pb2.WARNING_STATUS_UPDATE)
    return before.status in going and now.status == warning_pb2.WARNING_STATUS_UPDATE


def _rfc3339(sent: str) -> str:
    return sent.removesuffix("-00:00") + "Z"
