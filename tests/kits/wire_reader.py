"""A second reader of the wire, written from proto/README.md and sharing no code with the bindings.

It knows the protobuf encoding (varints, fixed 64-bit values, length-delimited fields) and one table
of field numbers typed in by hand. What it returns is compared with the bindings, field by field.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Any

# field number: (name, kind); a kind ending in * repeats. Kinds that name a message nest.
TABLES: dict[str, dict[int, tuple[str, str]]] = {
    "Envelope": {1: ("key_id", "string"), 2: ("signature", "bytes"), 3: ("payload", "bytes")},
    "TrackBatchEnvelope": {
        1: ("key_id", "string"),
        2: ("signature", "bytes"),
        3: ("payload", "TrackBatch"),
    },
    "Label": {1: ("policy", "string"), 2: ("classification", "string"), 3: ("releasable_to", "string*")},
    "TrackBatch": {
        1: ("node_id", "string"),
        2: ("nation", "string"),
        3: ("incarnation", "varint"),
        4: ("sequence", "varint"),
        5: ("stream", "string"),
        6: ("sent_time_ns", "fixed64"),
        7: ("label", "Label"),
        8: ("exercise", "bool"),
        16: ("local_number", "varint*"),
        17: ("valid_time_ns", "fixed64*"),
        18: ("state", "double*"),
        19: ("covariance", "double*"),
        20: ("environment", "varint*"),
        21: ("status", "varint*"),
        22: ("process_noise", "double*"),
        23: ("identity", "varint*"),
        24: ("identity_confidence", "double*"),
        25: ("motion_model", "varint*"),
        26: ("call_sign", "string*"),
        27: ("quality", "varint*"),
        28: ("parent_local_number", "varint*"),
        29: ("tracklet_information", "double*"),
        30: ("tracklet_vector", "double*"),
        31: ("tracklet_told", "bool*"),
        32: ("sensor_kind", "varint*"),
        33: ("sensor_position", "double*"),
        34: ("tracklet_sensor", "varint*"),
        35: ("line_contact", "varint*"),
        36: ("line_time_ns", "fixed64*"),
        37: ("line_position", "double*"),
        38: ("line_bearing", "double*"),
        39: ("line_sigma", "double*"),
        40: ("line_environment", "varint*"),
        41: ("line_sound_speed", "double*"),
        42: ("line_reach", "double*"),
        43: ("sensor_platform", "varint*"),
        44: ("bias_sensor", "varint*"),
        45: ("bias_kind", "varint*"),
        46: ("bias_sigma", "double*"),
        50: ("look_time_ns", "fixed64*"),
        51: ("look_position", "double*"),
        52: ("look_source", "double*"),
        53: ("look_probability", "double*"),
        54: ("look_range", "double*"),
        55: ("look_steepness", "varint*"),
        56: ("look_blind", "double*"),
        57: ("look_sector", "double*"),
        60: ("area_number", "varint*"),
        61: ("area_time_ns", "fixed64*"),
        62: ("area_until_ns", "fixed64*"),
        63: ("area_centre", "double*"),
        64: ("area_half", "double*"),
        65: ("area_prior", "double*"),
    },
    "Punctuation": {
        1: ("stream", "string"),
        2: ("last_sequence", "varint"),
        3: ("low_watermark_ns", "fixed64"),
    },
    "NodeStatus": {
        1: ("node_id", "string"),
        2: ("nation", "string"),
        3: ("incarnation", "varint"),
        4: ("state", "varint"),
        5: ("time_ns", "fixed64"),
        6: ("punctuation", "Punctuation*"),
        7: ("position", "double*"),
        8: ("tracks", "varint"),
        9: ("sensor", "SensorReach*"),
        10: ("previous_incarnation", "varint"),
        11: ("previous_last_sequence", "varint"),
        12: ("previous_low_watermark_ns", "fixed64"),
        13: ("earlier", "EarlierStart*"),
    },
    "EarlierStart": {
        1: ("incarnation", "varint"),
        2: ("last_sequence", "varint"),
    },
    "SensorReach": {
        1: ("kind", "string"),
        2: ("position", "double*"),
        3: ("range_m", "double"),
        4: ("azimuth_from_deg", "double"),
        5: ("azimuth_to_deg", "double"),
    },
    "CoreStatus": {
        1: ("nation", "string"),
        2: ("time_ns", "fixed64"),
        3: ("final_time_ns", "fixed64"),
        4: ("input_digest", "string"),
        5: ("picture_digest", "string"),
        6: ("tracks", "varint"),
        7: ("reports_folded", "varint"),
        8: ("reports_late", "varint"),
        9: ("reports_duplicate", "varint"),
        10: ("reports_rejected", "varint"),
        11: ("reports_missing", "varint"),
        12: ("incarnation", "varint"),
        13: ("picture_sequence", "varint"),
        14: ("warning_sequence", "varint"),
        15: ("holding", "Holding*"),
        16: ("hub", "string"),
    },
    "Holding": {
        1: ("node_id", "string"),
        2: ("incarnation", "varint"),
        3: ("stream", "string"),
        4: ("last_sequence", "varint"),
    },
    "Request": {1: ("id", "varint"), 2: ("repair", "RepairRequest"), 3: ("snapshot", "SnapshotRequest")},
    "Reply": {
        1: ("id", "varint"),
        2: ("refusal", "string"),
        3: ("repair", "RepairReply"),
        4: ("snapshot", "SnapshotReply"),
    },
    "SequenceRange": {1: ("first", "varint"), 2: ("last", "varint")},
    "RepairRequest": {
        1: ("topic", "string"),
        2: ("incarnation", "varint"),
        3: ("missing", "SequenceRange*"),
    },
    "RepairReply": {
        1: ("topic", "string"),
        2: ("incarnation", "varint"),
        3: ("message", "RetainedMessage*"),
        4: ("first_retained", "varint"),
    },
    "RetainedMessage": {1: ("sequence", "varint"), 2: ("body", "bytes"), 3: ("sent_clock_ns", "fixed64")},
    "SnapshotRequest": {1: ("nation", "string"), 2: ("national", "bool")},
    "SnapshotReply": {1: ("picture", "bytes")},
    "Lineage": {
        1: ("event", "varint"),
        2: ("time_ns", "fixed64"),
        3: ("track", "varint"),
        4: ("other", "varint"),
        5: ("node_id", "string"),
        6: ("local_number", "varint"),
    },
    "GroundPoint": {
        1: ("lat_deg", "double"),
        2: ("lon_deg", "double"),
        3: ("time_ns", "fixed64"),
        4: ("time_sigma_s", "double"),
        5: ("ellipse_95_major_m", "double"),
        6: ("ellipse_95_minor_m", "double"),
        7: ("ellipse_orientation_deg", "double"),
    },
    "Flight": {
        1: ("track", "varint"),
        2: ("phase", "varint"),
        3: ("launch", "GroundPoint"),
        4: ("impact", "GroundPoint"),
        5: ("apogee_m", "double"),
        6: ("lofted", "bool"),
        7: ("class_probability", "double*"),
        8: ("depressed", "bool"),
        9: ("manoeuvring", "bool"),
        10: ("reach", "GroundPoint"),
        11: ("lat_deg", "double"),
        12: ("lon_deg", "double"),
        13: ("alt_m", "double"),
        14: ("heading_deg", "double"),
        15: ("speed_mps", "double"),
    },
    "HeardTarget": {
        1: ("track", "varint"),
        2: ("weight", "double*"),
        3: ("position", "double*"),
        4: ("covariance", "double*"),
        5: ("line", "BearingLine*"),
    },
    "BearingLine": {
        1: ("node_id", "string"),
        2: ("contact", "varint"),
        3: ("time_ns", "fixed64"),
        4: ("position", "double*"),
        5: ("bearing", "double"),
        6: ("sigma", "double"),
        7: ("reach_m", "double"),
    },
    "SearchMaps": {1: ("map", "SearchMap*")},
    "SearchMap": {
        1: ("track", "varint"),
        2: ("node_id", "string"),
        3: ("area", "varint"),
        4: ("since_ns", "fixed64"),
        5: ("time_ns", "fixed64"),
        6: ("centre", "double*"),
        7: ("cell_m", "double"),
        8: ("cells", "varint"),
        9: ("probability", "float*"),
        10: ("outside", "double"),
        11: ("exists", "double"),
        12: ("looks", "varint"),
        13: ("looked_ns", "fixed64"),
        14: ("region_m2", "double"),
    },
    "PictureUpdate": {
        1: ("nation", "string"),
        2: ("incarnation", "varint"),
        3: ("sequence", "varint"),
        4: ("kind", "varint"),
        5: ("finality", "varint"),
        6: ("time_ns", "fixed64"),
        7: ("final_time_ns", "fixed64"),
        8: ("input_digest", "string"),
        9: ("picture_digest", "string"),
        10: ("node_id", "string*"),
        11: ("sent_time_ns", "fixed64"),
        16: ("number", "varint*"),
        17: ("track_time_ns", "fixed64*"),
        18: ("state", "double*"),
        19: ("covariance", "double*"),
        20: ("environment", "varint*"),
        21: ("identity", "varint*"),
        22: ("identity_confidence", "double*"),
        23: ("identity_conflict", "bool*"),
        24: ("status", "varint*"),
        25: ("contributor_count", "varint*"),
        26: ("contributors", "varint*"),
        27: ("contributor_time_ns", "fixed64*"),
        28: ("mode_probability", "double*"),
        29: ("call_sign", "string*"),
        30: ("parent", "varint*"),
        31: ("birth_time_ns", "fixed64*"),
        32: ("quality", "varint*"),
        33: ("process_noise", "double*"),
        34: ("stream", "string*"),
        40: ("removed", "varint*"),
        41: ("lineage", "Lineage*"),
        42: ("flight", "Flight*"),
        43: ("sensor_bias", "SensorBias*"),
        44: ("node_consistency", "NodeConsistency*"),
        45: ("search", "SearchMaps"),
        46: ("heard", "HeardTarget*"),
    },
    "SensorBias": {
        1: ("node_id", "string"),
        2: ("sensor", "varint"),
        3: ("kind", "varint"),
        4: ("bias", "double*"),
        5: ("sigma", "double*"),
        6: ("used", "bool"),
        7: ("shared", "varint"),
        8: ("misfits", "varint"),
        9: ("jump_time_ns", "fixed64"),
        10: ("beyond", "bool"),
        11: ("declared_kind", "varint*"),
        12: ("declared_bias", "double*"),
        13: ("declared_sigma", "double*"),
    },
    "NodeConsistency": {
        1: ("node_id", "string"),
        2: ("environment", "varint"),
        3: ("factor", "double"),
        4: ("normalised_error", "double"),
        5: ("samples", "varint"),
        6: ("expected", "varint"),
        7: ("unconfirmed", "varint"),
        8: ("alone", "bool"),
    },
    "MissileWarning": {
        1: ("warning_id", "string"),
        2: ("nation", "string"),
        3: ("status", "varint"),
        4: ("revision", "varint"),
        5: ("time_ns", "fixed64"),
        6: ("flight", "Flight"),
        7: ("released_to", "string*"),
        8: ("threatened", "string*"),
        9: ("reason", "string"),
        10: ("label", "Label"),
        11: ("exercise", "bool"),
        12: ("node_id", "string*"),
        13: ("incarnation", "varint"),
        14: ("sequence", "varint"),
        15: ("picture_digest", "string"),
        16: ("finality", "varint"),
        17: ("restricted", "bool"),
    },
    "TruthStates": {
        1: ("time_ns", "fixed64"),
        2: ("object_id", "string*"),
        3: ("state", "double*"),
        4: ("environment", "varint*"),
        5: ("identity", "varint*"),
        6: ("boosting", "bool*"),
    },
    "TruthFlight": {
        1: ("object_id", "string"),
        2: ("launch_time_ns", "fixed64"),
        3: ("launch_lat_deg", "double"),
        4: ("launch_lon_deg", "double"),
        5: ("impact_time_ns", "fixed64"),
        6: ("impact_lat_deg", "double"),
        7: ("impact_lon_deg", "double"),
        8: ("burnout_time_ns", "fixed64"),
        9: ("parent_object_id", "string"),
    },
    "TruthFlights": {1: ("flight", "TruthFlight*")},
    "DetectionScan": {
        1: ("node_id", "string"),
        2: ("sensor", "varint"),
        3: ("kind", "varint"),
        4: ("time_ns", "fixed64"),
        5: ("position", "double*"),
        6: ("axes", "double*"),
        7: ("sigma", "double*"),
        8: ("measurement", "double*"),
        10: ("incarnation", "varint"),
        11: ("sequence", "varint"),
        12: ("replies", "TransponderReplies"),
        13: ("detection_sigma", "double*"),
        14: ("axis_bearing", "double"),
        15: ("ping_time_ns", "fixed64"),
        16: ("ping_position", "double*"),
    },
    "TransponderReplies": {
        1: ("call_sign", "string*"),
        2: ("identity", "varint*"),
        3: ("position", "double*"),
    },
    "ScanOrigins": {
        1: ("node_id", "string"),
        2: ("sensor", "varint"),
        3: ("time_ns", "fixed64"),
        4: ("object_id", "string*"),
        10: ("incarnation", "varint"),
        11: ("sequence", "varint"),
    },
}

UNKNOWN = "unknown"  # where fields without a row in the table end up, as (number, raw bytes)


def varint(data: bytes, at: int) -> tuple[int, int]:
    """The base-128 number at an offset, least significant group first, and the offset after it."""
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at


def fields(data: bytes) -> Iterator[tuple[int, int, bytes, bytes]]:
    """(field number, wire type, content, raw bytes with the tag) of each field in order."""
    at = 0
    while at < len(data):
        start = at
        tag, at = varint(data, at)
        number, wire_type = tag >> 3, tag & 7
        if wire_type == 0:
            begin = at
            _, at = varint(data, at)
        elif wire_type == 1:
            begin, at = at, at + 8
        elif wire_type == 2:
            length, begin = varint(data, at)
            at = begin + length
        else:
            raise ValueError(f"wire type {wire_type} is not used by this contract")
        if at > len(data):
            raise ValueError("the message ends inside a field")
        yield number, wire_type, data[begin:at], data[start:at]


def scalars(content: bytes, kind: str) -> list[Any]:
    """Every value packed in a field's content."""
    if kind == "double":
        return list(struct.unpack(f"<{len(content) // 8}d", content))
    if kind == "float":
        return list(struct.unpack(f"<{len(content) // 4}f", content))
    if kind == "fixed64":
        return list(struct.unpack(f"<{len(content) // 8}Q", content))
    values, at = [], 0
    while at < len(content):
        value, at = varint(content, at)
        values.append(bool(value) if kind == "bool" else value)
    return values


def read(name: str, data: bytes) -> dict[str, Any]:
    """A message as nested dictionaries: present fields only, enums as numbers, times as ints."""
    found: dict[str, Any] = {}
    for number, _, content, raw in fields(data):
        if number not in TABLES[name]:
            found.setdefault(UNKNOWN, []).append((number, raw))
            continue
        field, kind = TABLES[name][number]
        base = kind.rstrip("*")
        if base == "string":
            values: list[Any] = [content.decode("utf-8")]
        elif base == "bytes":
            values = [content]
        elif base in TABLES:
            values = [read(base, content)]
        else:
            values = scalars(content, base)
        if kind.endswith("*"):
            found.setdefault(field, []).extend(values)
        else:
            found[field] = values[-1]
    return found
