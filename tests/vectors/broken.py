"""The cases of foreign/ and refused/: bytes that others may send, and bytes that nobody may."""

from __future__ import annotations

import math

from messages import NS, START_NS, STATE, minimal_batch, triangle
from triwatch.v1 import envelope_pb2, track_pb2

LINE: dict[str, list[float] | list[int]] = {
    "line_contact": [9],
    "line_time_ns": [START_NS + 31 * NS],
    "line_position": STATE[:3],
    "line_bearing": [1.375],
    "line_sigma": [0.0175],
}
"""One line of bearing that is well formed."""


def foreign() -> list[tuple[str, str, str, bytes]]:
    """Bytes that another implementation, or a later version, may well send: (name, about, message, bytes)."""
    plain = minimal_batch().SerializeToString()
    later = bytes.fromhex("aa0603") + b"new" + bytes.fromhex("b00601")  # fields 101 (bytes) and 102 (varint)
    column = bytes.fromhex("82010107")  # field 16, packed: one value, 7
    single = bytes.fromhex("800107")  # field 16, not packed
    if plain.count(column) != 1:
        raise ValueError("the minimal batch no longer holds its local number as expected")
    return [
        (
            "track_batch_later_version",
            "fields this version does not know, kept and ignored",
            "TrackBatch",
            plain + later,
        ),
        (
            "track_batch_unpacked",
            "local_number written value by value: a reader accepts both forms",
            "TrackBatch",
            plain.replace(column, single),
        ),
        (
            "track_batch_unknown_enum",
            "an environment of a later version: taken as UNSPECIFIED",
            "TrackBatch",
            plain.replace(bytes.fromhex("a2010102"), bytes.fromhex("a2010163")),
        ),
        (
            "track_batch_repeated_header",
            "node_id stands twice: the last one counts",
            "TrackBatch",
            bytes.fromhex("0a0558") + b"XXXX" + plain,
        ),
    ]


def refused() -> list[tuple[str, str, str, str, bytes]]:
    """Live messages a receiver must refuse: (name, reason, about, topic, body)."""
    topic = "report/JPN-KOR-USA/KOR-1"

    def sealed(batch: track_pb2.TrackBatch) -> bytes:
        return envelope_pb2.Envelope(payload=batch.SerializeToString()).SerializeToString()

    def changed(**columns: object) -> bytes:
        """The minimal report with other columns."""
        batch = minimal_batch()
        for name, value in columns.items():
            if isinstance(value, list):
                del getattr(batch, name)[:]
                getattr(batch, name).extend(value)
            else:
                setattr(batch, name, value)
        return sealed(batch)

    def look(**columns: list[float]) -> dict[str, list[float]]:
        """A sonobuoy's look, with other columns."""
        return {
            "look_time_ns": [START_NS + 31 * NS],
            "look_position": STATE[:3],
            "look_probability": [0.5],
            "look_range": [4_000.0],
            "look_steepness": [4],
            **columns,
        }

    twice = minimal_batch()
    twice.MergeFrom(track_pb2.TrackBatch(local_number=[7], valid_time_ns=twice.valid_time_ns[:]))
    twice.MergeFrom(track_pb2.TrackBatch(state=STATE, covariance=triangle(64.0, 16.0)))
    twice.MergeFrom(track_pb2.TrackBatch(environment=[2], status=[1]))
    crossed = triangle(64.0, 16.0)
    crossed[1] = 5_000.0  # correlation above 1 between x and y
    flat = triangle(64.0, 16.0)
    flat[20] = 0.0
    return [
        ("topic_lower_case", "topic", "trigraphs are capitals", "report/jpn-kor-usa/KOR-1", changed()),
        ("topic_unknown", "topic", "no such kind of message", "rumour/KOR-1", changed()),
        ("body_random", "envelope", "bytes that are no Envelope", topic, bytes.fromhex("ff" * 17)),
        (
            "payload_cut",
            "payload",
            "the payload ends inside a field",
            topic,
            envelope_pb2.Envelope(payload=minimal_batch().SerializeToString()[:-40]).SerializeToString(),
        ),
        ("other_node", "mismatch", "node_id is not the topic's", topic, changed(node_id="KOR-2")),
        ("other_stream", "mismatch", "stream is not the topic's", topic, changed(stream="KOR-USA")),
        ("incarnation_zero", "mismatch", "incarnations begin at 1", topic, changed(incarnation=0)),
        ("sequence_zero", "mismatch", "sequences begin at 1", topic, changed(sequence=0)),
        ("state_nan", "not finite", "a state component is NaN", topic, changed(state=[*STATE[:5], math.nan])),
        (
            "covariance_infinite",
            "not finite",
            "a variance is infinite",
            topic,
            changed(covariance=[math.inf, *triangle(64.0, 16.0)[1:]]),
        ),
        ("state_short", "content", "five values where six belong", topic, changed(state=STATE[:5])),
        (
            "covariance_full",
            "content",
            "the whole matrix instead of its lower triangle",
            topic,
            changed(covariance=[1.0 if i % 7 == 0 else 0.0 for i in range(36)]),
        ),
        (
            "covariance_indefinite",
            "content",
            "a correlation above 1",
            topic,
            changed(covariance=crossed),
        ),
        ("variance_zero", "content", "a velocity known exactly", topic, changed(covariance=flat)),
        ("position_far", "content", "beyond 10^8 m", topic, changed(state=[2e8, *STATE[1:]])),
        (
            "position_kilometres",
            "content",
            "kilometres for metres: near the Earth's centre",
            topic,
            changed(state=[x / 1000.0 for x in STATE]),
        ),
        (
            "sensor_not_declared",
            "content",
            "a row names the second sensor of one",
            topic,
            changed(sensor_kind=[1], sensor_position=STATE[:3], tracklet_sensor=[2]),
        ),
        (
            "sensor_nowhere",
            "content",
            "a sensor without a place",
            topic,
            changed(sensor_kind=[1, 1], sensor_position=STATE[:3], tracklet_sensor=[1]),
        ),
        (
            "bias_of_nobody",
            "content",
            "a sensor that is not declared may be off",
            topic,
            changed(
                sensor_kind=[1], sensor_position=STATE[:3], bias_sensor=[2], bias_kind=[5], bias_sigma=[1e-3]
            ),
        ),
        (
            "bias_twice",
            "content",
            "two sigmas of one heading",
            topic,
            changed(
                sensor_kind=[1],
                sensor_position=STATE[:3],
                bias_sensor=[1, 1],
                bias_kind=[5, 5],
                bias_sigma=[1e-3, 2e-3],
            ),
        ),
        (
            "look_certain",
            "content",
            "a look whose silence would prove that nothing is there",
            topic,
            changed(**look(look_probability=[1.0])),
        ),
        ("look_nowhere", "content", "a look without a place", topic, changed(**look(look_position=[]))),
        (
            "area_ended_before",
            "content",
            "an area searched until before it began",
            topic,
            changed(
                area_number=[1],
                area_time_ns=[START_NS + 31 * NS],
                area_until_ns=[START_NS + 30 * NS],
                area_centre=STATE[:3],
                area_half=[5_000.0, 5_000.0],
                area_prior=[0.5],
            ),
        ),
        (
            "line_nowhere",
            "content",
            "a line of bearing without a place",
            topic,
            changed(**LINE | {"line_position": []}),
        ),
        ("line_sigma_zero", "content", "a sigma of nothing", topic, changed(**LINE | {"line_sigma": [0.0]})),
        (
            "line_nan",
            "not finite",
            "a bearing that is no number",
            topic,
            changed(**LINE | {"line_bearing": [math.nan]}),
        ),
        (
            "line_twice",
            "content",
            "one contact twice from one place at one time",
            topic,
            changed(**{name: 2 * column for name, column in LINE.items()}),
        ),
        ("velocity_high", "content", "above 20,000 m/s", topic, changed(state=[*STATE[:3], 3e4, 0.0, 0.0])),
        ("time_zero", "content", "a row without a time", topic, changed(valid_time_ns=[0])),
        ("noise_negative", "content", "a negative spectral density", topic, changed(process_noise=[-1.0])),
        ("confidence_above_one", "content", "1.5", topic, changed(identity_confidence=[1.5])),
        ("call_sign_extra", "content", "two names for one row", topic, changed(call_sign=["A", "B"])),
        ("row_twice", "content", "one local number twice at one time", topic, sealed(twice)),
        ("local_number_zero", "content", "local numbers begin at 1", topic, changed(local_number=[0])),
        ("quality_sixteen", "content", "above 15", topic, changed(quality=[16])),
        ("quality_extra", "content", "two qualities for one row", topic, changed(quality=[1, 2])),
    ]
