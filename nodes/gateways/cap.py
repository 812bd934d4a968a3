"""Missile warnings as Common Alerting Protocol 1.2 messages.

Source: OASIS *Common Alerting Protocol Version 1.2*, 1 July 2010, section 3.2 (element definitions).
Always of status Exercise and scope Restricted: what is simulated must never look like the real thing.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Final
from xml.etree import ElementTree as ET

from fusion import contract
from fusion.constants import OPERATION, Chosen
from nodes.gateways.cap_text import Facts, languages, text
from nodes.gateways.ellipse import outline
from triwatch.v1 import picture_pb2, warning_pb2

NAMESPACE = "urn:oasis:names:tc:emergency:cap:1.2"
EXPIRES_S: Final[
    Annotated[
        int,
        Chosen(
            "s",
            "A message is valid so long past the predicted impact, or past its sending where that is later",
            OPERATION,
        ),
    ]
] = 600
POLYGON_MAX_M: Final[
    Annotated[
        float,
        Chosen(
            "m",
            "A larger area is given as a circle: a polygon of straight sides would not be it any more",
            OPERATION,
        ),
    ]
] = 1_500e3
CLASS_SURE: Final[Annotated[float, Chosen("1", "probability from which a class is named", OPERATION)]] = 0.6

Reference = tuple[str, str]
"""Identifier and time of sending of an earlier message."""


def sender(nation: str) -> str:
    """Who says so."""
    return f"triwatch.{nation}@exercise.invalid"


def identifier(warning: warning_pb2.MissileWarning) -> str:
    """Unique among all messages: of a nation, a core's life, a missile, a revision and the picture behind
    it."""
    own = "-own" if warning.restricted else ""
    of = f"-{warning.picture_digest[:8]}" if warning.picture_digest else ""
    return f"triwatch-{warning.nation}-{warning.incarnation}-{warning.warning_id}{own}-{warning.revision}{of}"


def cap_time(time_ns: int) -> str:
    """UTC ns in the one form that CAP allows, whose UTC is "-00:00" (section 3.3.2)."""
    return datetime.fromtimestamp(time_ns // 10**9, UTC).strftime("%Y-%m-%dT%H:%M:%S-00:00")


def alert(warning: warning_pb2.MissileWarning, earlier: Sequence[Reference] = ()) -> bytes:
    """The CAP message of a warning for the people of the nation whose core gave it.

    `earlier` are the messages of the same missile before it: without any, it is of type Alert.
    """
    root = ET.Element("alert", xmlns=NAMESPACE)
    ended = _ended(warning)
    kind = "Cancel" if ended == "cancel" and earlier else "Update" if earlier else "Alert"
    _add(root, "identifier", identifier(warning))
    _add(root, "sender", sender(warning.nation))
    _add(root, "sent", cap_time(warning.time_ns))
    _add(root, "status", "Exercise")
    _add(root, "msgType", kind)
    _add(root, "scope", "Restricted")
    _add(root, "restriction", "REL TO " + ", ".join(warning.released_to or [warning.nation]))
    _add(root, "note", "EXERCISE EXERCISE EXERCISE" + (f": {warning.reason}" if warning.reason else ""))
    if earlier:
        _add(root, "references", " ".join(f"{sender(warning.nation)},{i},{t}" for i, t in earlier))
    _add(root, "incidents", warning.warning_id)
    facts = _facts(warning, ended)
    for language in languages(warning.nation):
        root.append(_info(warning, facts, language))
    ET.indent(root)
    body: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return body


def _ended(warning: warning_pb2.MissileWarning) -> str:
    if warning.status == warning_pb2.WARNING_STATUS_CANCEL:
        return "cancel"
    return "clear" if warning.status == warning_pb2.WARNING_STATUS_ALL_CLEAR else ""


def _facts(warning: warning_pb2.MissileWarning, ended: str) -> Facts:
    flight = warning.flight
    likely = max(range(len(flight.class_probability)), key=lambda i: flight.class_probability[i], default=-1)
    sure = likely >= 0 and flight.class_probability[likely] >= CLASS_SURE
    return Facts(
        nation=warning.nation,
        threatened=tuple(warning.threatened),
        ended=ended,
        known=flight.HasField("impact"),
        launched=_clock(flight.launch.time_ns or warning.time_ns),
        heading_deg=flight.heading_deg,
        impact=_clock(flight.impact.time_ns),
        impact_sigma_s=flight.impact.time_sigma_s,
        place=_place(contract.fall_area(flight)),
        missile_class=likely if sure else -1,
    )


def _info(warning: warning_pb2.MissileWarning, facts: Facts, language: str) -> ET.Element:
    flight, said = warning.flight, text(language, facts)
    fall = contract.fall_area(flight)
    at_risk = facts.nation in facts.threatened and not facts.ended
    info = ET.Element("info")
    _add(info, "language", language)
    _add(info, "category", "Security")
    _add(info, "event", said.event)
    response = "Shelter" if at_risk else "AllClear" if facts.ended else "Monitor"
    _add(info, "responseType", response)
    _add(info, "urgency", "Past" if facts.ended else "Immediate" if at_risk else "Expected")
    _add(info, "severity", "Extreme" if at_risk else "Minor")
    certainty = "Unlikely" if facts.ended == "cancel" else "Likely" if facts.known else "Possible"
    _add(info, "certainty", "Observed" if facts.ended == "clear" else certainty)
    _add(info, "effective", cap_time(warning.time_ns))
    if not facts.ended and facts.known:
        _add(info, "onset", cap_time(flight.impact.time_ns))
    _add(info, "expires", cap_time(max(fall.time_ns, warning.time_ns) + EXPIRES_S * 10**9))
    _add(info, "senderName", said.sender)
    _add(info, "headline", said.headline)
    _add(info, "description", said.description)
    _add(info, "instruction", said.instruction)
    for name, value in _parameters(warning):
        parameter = ET.SubElement(info, "parameter")
        _add(parameter, "valueName", name)
        _add(parameter, "value", value)
    area = ET.SubElement(info, "area")
    _add(area, "areaDesc", f"{said.area}: {facts.place}")
    shape, outline = impact_area(fall)
    _add(area, shape, outline)
    return info


def _parameters(warning: warning_pb2.MissileWarning) -> list[tuple[str, str]]:
    flight = warning.flight
    named = [
        ("phase", contract.word(picture_pb2.FlightPhase, flight.phase)),
        ("apogee_km", f"{flight.apogee_m / 1e3:.0f}"),
        ("heading_deg", f"{flight.heading_deg:.1f}"),
        ("impact_known", "true" if flight.HasField("impact") else "false"),
    ]
    if flight.HasField("impact"):
        named += [
            ("impact_time_sigma_s", f"{flight.impact.time_sigma_s:.1f}"),
            ("impact_ellipse_95_major_m", f"{flight.impact.ellipse_95_major_m:.0f}"),
            ("impact_ellipse_95_minor_m", f"{flight.impact.ellipse_95_minor_m:.0f}"),
            ("impact_ellipse_orientation_deg", f"{flight.impact.ellipse_orientation_deg:.1f}"),
        ]
    if flight.HasField("launch"):
        named.append(("launch_point", f"{flight.launch.lat_deg:.4f},{flight.launch.lon_deg:.4f}"))
        named.append(("launch_time", cap_time(flight.launch.time_ns)))
    if warning.threatened:
        named.append(("threatened", " ".join(warning.threatened)))
    return named


def impact_area(point: picture_pb2.GroundPoint) -> tuple[str, str]:
    """The 95 % ellipse as CAP has areas: element name, "polygon" or "circle", and its text."""
    corners = outline(point)
    lons = [lon for _, lon in corners]
    if point.ellipse_95_major_m > POLYGON_MAX_M or max(lons) - min(lons) > 180.0:
        return "circle", f"{point.lat_deg:.4f},{point.lon_deg:.4f} {point.ellipse_95_major_m / 1e3:.3f}"
    return "polygon", " ".join(f"{lat:.5f},{lon:.5f}" for lat, lon in [*corners, corners[0]])


def _place(point: picture_pb2.GroundPoint) -> str:
    north, east = "N" if point.lat_deg >= 0 else "S", "E" if point.lon_deg >= 0 else "W"
    return f"{abs(point.lat_deg):.2f}°{north} {abs(point.lon_deg):.2f}°{east}"


def _clock(time_ns: int) -> str:
    return datetime.fromtimestamp(time_ns // 10**9, UTC).strftime("%H:%M:%S")


def _add(parent: ET.Element, name: str, value: str) -> None:
    ET.SubElement(parent, name).text = value
