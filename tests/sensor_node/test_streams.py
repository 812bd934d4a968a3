"""A node's release groups: each stream is the same with and without the tracks of another."""

import msgspec
import numpy as np
import pytest

from fusion.report.reported_sensors import NO_SENSOR
from nodes.sensor_node.report import to_batch
from nodes.sensor_node.simulated import simulated_node
from nodes.sensor_node.streams import Streams
from nodes.simulation.loader import load
from nodes.simulation.spec import Node, ReleaseRule
from nodes.tracking.columns import TrackColumns
from triwatch.v1 import track_pb2

AIR, SPACE, SURFACE = (
    track_pb2.ENVIRONMENT_AIR,
    track_pb2.ENVIRONMENT_SPACE,
    track_pb2.ENVIRONMENT_SURFACE,
)
ENDED, GOING = track_pb2.TRACK_STATUS_TERMINATED, track_pb2.TRACK_STATUS_MAINTAINING
SCENARIO = load("bilateral_only")


def node(*rules: ReleaseRule, releasable_to: tuple[str, ...] | None = None) -> Node:
    return msgspec.structs.replace(SCENARIO.node("KOR-DDG"), releases=rules, releasable_to=releasable_to)


AIR_TO_USA = ReleaseRule(environments=("AIR",), releasable_to=("USA",))
SPACE_TO_ALL = ReleaseRule(environments=("SPACE",))


def columns(second: int, *rows: tuple[int, int, int]) -> TrackColumns:
    """Number, environment and status of each track."""
    n = len(rows)
    number, environment, status = (np.array([row[k] for row in rows], dtype=np.int64) for k in range(3))
    state = np.zeros((n, 6))
    state[:, 0], state[:, 1] = 6.4e6 + number, second
    return TrackColumns(
        time_ns=10**18 + second * 10**9,
        number=number,
        state=state,
        covariance=np.broadcast_to(np.eye(6) * 100.0, (n, 6, 6)),
        environment=environment,
        status=status,
        process_noise=np.ones(n),
        motion_model=np.zeros(n, dtype=np.int64),
        identity=np.zeros(n, dtype=np.int64),
        identity_confidence=np.zeros(n),
        parent=np.where(number > 100, number - 100, 0),
        tracklet_information=np.zeros((n, 6, 6)),
        tracklet_vector=np.zeros((n, 6)),
        tracklet_told=np.zeros(n, dtype=np.bool_),
        tracklet_sensor=np.full(n, NO_SENSOR),
        call_sign=("",) * n,
    )


def told(streams: Streams, *moments: TrackColumns) -> dict[str, list[bytes]]:
    """The bytes of every report by stream, and what the heartbeats count."""
    said: dict[str, list[bytes]] = {}
    for moment in moments:
        for stream, part in streams.split(moment):
            reports = said.setdefault(stream.name, [])
            if len(part):
                stream.sequence += 1
                batch = to_batch(part, "KOR-DDG", "KOR", 1, stream.sequence, stream.name)
                reports.append(batch.SerializeToString(deterministic=True))
            reports.append(b"%d" % stream.tracks)
    return said


@pytest.mark.parametrize("seed", range(30))
def test_a_stream_tells_nothing_of_another(seed: int) -> None:
    chance = np.random.default_rng(seed)
    days = []
    living: dict[int, int] = {}
    for second in range(20):
        rows = []
        for number in range(1, 12):
            if number not in living:
                living[number] = int(chance.choice([AIR, SURFACE]))
            if chance.random() < 0.7:
                rows.append((number, living[number], GOING))
        days.append((second, rows))
    full = told(Streams(SCENARIO, node(AIR_TO_USA)), *(columns(s, *rows) for s, rows in days))
    ships = [(s, [row for row in rows if row[1] == SURFACE]) for s, rows in days]
    alone = told(Streams(SCENARIO, node(AIR_TO_USA)), *(columns(s, *rows) for s, rows in ships))
    assert full[""] == alone[""]
    assert full["KOR-USA"] != alone["KOR-USA"]


def test_the_first_rule_that_fits_decides() -> None:
    streams = Streams(SCENARIO, node(SPACE_TO_ALL, AIR_TO_USA, releasable_to=("KOR",)))
    parts = {
        stream.name: part.environment.tolist()
        for stream, part in streams.split(columns(0, (1, AIR, GOING), (2, SPACE, GOING), (3, SURFACE, GOING)))
    }
    assert parts == {"": [SPACE], "KOR-USA": [AIR], "KOR": [SURFACE]}


def test_numbers_of_two_streams_never_meet() -> None:
    streams = Streams(SCENARIO, node(AIR_TO_USA))
    seen = [
        {n for _, part in [pair] for n in part.number.tolist()}
        for pair in streams.split(columns(0, *((n, AIR if n % 2 else SURFACE, GOING) for n in range(1, 9))))
    ]
    assert all(len(numbers) == 4 for numbers in seen)
    assert not seen[0] & seen[1]


def test_a_track_that_is_taken_for_something_else_is_told_no_more_where_it_was() -> None:
    streams = Streams(SCENARIO, node(AIR_TO_USA))
    streams.split(columns(0, (1, SURFACE, GOING)))
    parts = {
        stream.name: (part.status.tolist(), stream.tracks)
        for stream, part in streams.split(columns(1, (1, AIR, GOING)))
    }
    assert parts == {"": ([], 0), "KOR-USA": ([GOING], 1)}
    (_, ship), _ = streams.split(columns(2, (1, SURFACE, GOING)))
    assert ship.number.tolist() == [2], "back as a new track"
    (_, ended), _ = streams.split(columns(3, (1, SURFACE, ENDED)))
    assert (ended.number.tolist(), ended.status.tolist()) == ([2], [ENDED])


def test_a_parent_is_told_within_its_stream_only() -> None:
    streams = Streams(SCENARIO, node(AIR_TO_USA))
    moment = columns(0, (1, SURFACE, GOING), (2, AIR, GOING), (101, SURFACE, GOING), (102, SURFACE, GOING))
    (_, ships), _ = streams.split(moment)
    assert ships.parent.tolist() == [0, ships.number[0], 0]
    assert ships.number.tolist() == [1, 2, 3]


def test_one_stream_keeps_the_trackers_own_numbers() -> None:
    ((stream, part),) = Streams(SCENARIO, node()).split(columns(0, (7, AIR, GOING), (9, SURFACE, GOING)))
    assert part.number.tolist() == [7, 9]
    assert (stream.name, stream.tracks) == ("", 2)


@pytest.mark.parametrize(("to", "declaring"), [(None, {"", "KOR-USA"}), (("USA",), {"KOR-USA"}), ((), set())])
def test_sensors_are_declared_where_only_those_read_who_may_know(
    to: tuple[str, ...] | None, declaring: set[str]
) -> None:
    rule = ReleaseRule(environments=("AIR",), releasable_to=("USA",))
    nodes = tuple(
        msgspec.structs.replace(n, releases=(rule,), releasable_to=None, declares_sensors_to=to)
        if n.id == "KOR-DDG"
        else n
        for n in SCENARIO.nodes
    )
    made = simulated_node(msgspec.structs.replace(SCENARIO, nodes=nodes, duration_s=30.0), "KOR-DDG")
    batches = [one for one in made.advance(SCENARIO.time_ns(30.0)) if isinstance(one, track_pb2.TrackBatch)]
    assert {batch.stream for batch in batches} == {"", "KOR-USA"}
    assert {batch.stream for batch in batches if len(batch.sensor_kind)} == declaring
