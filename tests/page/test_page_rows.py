"""What the page is sent: whatever a browser missed, it ends up with the nation's whole picture."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fusion.update.agreement import Agreement
from fusion.update.decode import UpdateError
from nodes.page.events import EventLog
from nodes.page.roster import Roster
from nodes.page.rows import Rows
from nodes.page.scene import Scene
from nodes.page.trails import Trails
from triwatch.v1 import page_pb2, picture_pb2, status_pb2, warning_pb2

S = 10**9
NODES = ["JPN-1", "KOR-1", "USA-1"]


def update(
    sequence: int, numbers: list[int], removed: list[int] | None = None, snapshot: bool = False
) -> picture_pb2.PictureUpdate:
    """An update whose every value tells which update and which track it is of."""
    out = picture_pb2.PictureUpdate(
        nation="KOR",
        incarnation=1,
        sequence=sequence,
        kind=picture_pb2.PICTURE_KIND_SNAPSHOT if snapshot else picture_pb2.PICTURE_KIND_DELTA,
        time_ns=sequence * S,
        input_digest=f"in{sequence}",
        picture_digest=f"out{sequence}",
        number=numbers,
        removed=removed or [],
        node_id=NODES[sequence % 2 :],
    )
    for number in numbers:
        out.track_time_ns.append(sequence * S)
        out.state.extend([1e6 * number + sequence + k for k in range(6)])
        out.covariance.extend([float(number)] * 21)
        out.mode_probability.extend([0.25] * 4)
        out.environment.append(1)
        out.status.append(2)
        out.call_sign.append(f"C{number}")
        count = 1 + (number + sequence) % 2
        out.contributor_count.append(count)
        out.contributors.extend(range(count))
        out.contributor_time_ns.extend([sequence * S - k for k in range(count)])
    return out


def content(rows: dict[int, tuple[object, ...]], sent: picture_pb2.PictureUpdate) -> None:
    """A browser's own table after an update, written without the code under test."""
    if sent.kind == picture_pb2.PICTURE_KIND_SNAPSHOT:
        rows.clear()
    for number in sent.removed:
        rows.pop(number, None)
    first = 0
    for i, number in enumerate(sent.number):
        count = sent.contributor_count[i]
        pointed = range(first, first + count)
        first += count
        rows[number] = (
            tuple(sent.state[6 * i : 6 * i + 6]),
            sent.call_sign[i],
            tuple((sent.node_id[sent.contributors[k]], sent.contributor_time_ns[k]) for k in pointed),
        )


step = st.tuples(
    st.lists(st.integers(1, 12), unique=True, max_size=6),  # tracks that change
    st.lists(st.integers(1, 12), unique=True, max_size=3),  # tracks that go
    st.booleans(),  # a snapshot
    st.booleans(),  # the browser keeps up
)


@settings(max_examples=150, deadline=None)
@given(st.lists(step, min_size=1, max_size=25))
def test_a_browser_that_skips_updates_holds_what_one_that_saw_all_holds(steps) -> None:
    rows, truth, browser, held = Rows(), {}, {}, 0
    for sequence, (changed, gone, snapshot, keeps_up) in enumerate(steps, 1):
        gone = [n for n in gone if n not in changed]
        one = update(sequence, changed, gone, snapshot)
        assert rows.take(one)
        content(truth, one)
        if keeps_up:
            content(browser, rows.since(held))
            held = rows.version
            assert browser == truth
    content(browser, rows.since(held))
    assert browser == truth
    assert sorted(numbers(rows)) == sorted(truth)


def numbers(rows: Rows) -> list[int]:
    found: list[int] = rows.table.rows["number"].tolist()
    return sorted(found)


def test_old_repeated_and_malformed_updates_change_nothing() -> None:
    rows = Rows()
    rows.take(update(1, [1, 2], snapshot=True))
    rows.take(update(2, [3]))
    before = rows.since(0).SerializeToString(deterministic=True)
    assert not rows.take(update(2, [4]))
    assert not rows.take(update(1, [5], snapshot=True))
    broken = update(3, [6])
    broken.state.pop()
    with pytest.raises(UpdateError):
        rows.take(broken)
    assert rows.since(0).SerializeToString(deterministic=True) == before


def test_a_missing_update_is_noticed_and_a_snapshot_mends_it() -> None:
    rows = Rows()
    assert rows.gap, "who has heard nothing lacks all"
    rows.take(update(1, [1, 2], snapshot=True))
    assert not rows.gap
    assert not rows.take(update(3, [2]))
    assert rows.gap
    assert rows.take(update(3, [2], snapshot=True)), "the core's whole picture as of that very update"
    assert not rows.gap
    assert numbers(rows) == [2]


def test_a_copy_stays_where_it_is() -> None:
    rows = Rows()
    rows.take(update(1, [1, 2], snapshot=True))
    twin = rows.copy()
    rows.take(update(2, [2, 3], removed=[1]))
    assert numbers(twin) == [1, 2]
    assert numbers(rows) == [2, 3]
    assert list(twin.since(1).removed) == []
    assert list(rows.since(1).removed) == [1]


def test_trails_are_bounded_keep_their_first_point_and_end_where_asked() -> None:
    trails, rows = Trails(limit=40), Rows()
    for sequence in range(1, 1001):
        for one in rows.take(update(sequence, [7], snapshot=sequence == 1)):
            trails.add(one.rows)
    (whole,) = trails.of(rows, 10**18)
    assert len(whole.time_ns) <= 40
    assert whole.time_ns[0] == S
    assert whole.time_ns[-1] == 1000 * S
    assert np.all(np.diff(np.array(whole.time_ns, np.int64)) > 0)
    (part,) = trails.of(rows, 500 * S)
    assert part.time_ns[-1] <= 500 * S
    assert len(trails.of(rows, 10**18, limit=5)[0].time_ns) <= 5


def heartbeat(node: str, t_s: float, leaving: bool = False) -> status_pb2.NodeStatus:
    state = status_pb2.NODE_STATE_LEAVING if leaving else status_pb2.NODE_STATE_ALIVE
    return status_pb2.NodeStatus(node_id=node, nation=node[:3], state=state, time_ns=round(t_s * S))


def test_a_node_goes_stale_then_gone_and_comes_back() -> None:
    scene = Scene(events=EventLog())
    for t in range(60):
        scene.node_status(heartbeat("KOR-1", t))
        if t < 20 or t >= 50:
            scene.node_status(heartbeat("JPN-1", t))
        scene.advance(t * S)
        state = scene.roster.liveness("JPN-1", t * S)
        if t < 24 or t >= 50:
            assert state == page_pb2.LIVENESS_ALIVE
        if 24 <= t <= 31:
            assert state == page_pb2.LIVENESS_STALE
        if 31 < t < 50:
            assert state == page_pb2.LIVENESS_GONE
    scene.node_status(heartbeat("KOR-1", 60, leaving=True))
    scene.advance(61 * S)
    told = [(e.kind, e.node_id) for e in scene.events.events]
    assert told == [
        (page_pb2.EVENT_KIND_NODE_LOST, "JPN-1"),
        (page_pb2.EVENT_KIND_NODE_BACK, "JPN-1"),
        (page_pb2.EVENT_KIND_NODE_LOST, "KOR-1"),
    ]
    assert scene.events.events[0].time_ns == 19 * S, "lost when it was last heard, not when it was missed"


def test_a_node_that_speaks_seldom_is_not_called_stale() -> None:
    roster = Roster()
    for t in range(0, 200, 10):
        roster.status(heartbeat("USA-1", t))
    assert roster.liveness("USA-1", 215 * S) == page_pb2.LIVENESS_ALIVE


@pytest.mark.parametrize("speed", [1.0, 10.0])
def test_a_beating_node_is_alive_and_its_silence_the_one_of_the_specification(speed: float) -> None:
    roster, beat_s = Roster(), 0.5 * speed
    for k in range(40):
        roster.status(heartbeat("USA-1", k * beat_s))
        due_ns = round((k + 1) * beat_s * S)
        assert k == 0 or roster.liveness("USA-1", due_ns) == page_pb2.LIVENESS_ALIVE
    last_s = 39 * beat_s
    stale_s = last_s + 2.0 * speed
    assert roster.liveness("USA-1", round((stale_s - 0.1) * S)) == page_pb2.LIVENESS_ALIVE
    assert roster.liveness("USA-1", round((stale_s + 0.1) * S)) == page_pb2.LIVENESS_STALE
    assert roster.liveness("USA-1", round((stale_s + 8.1) * S)) == page_pb2.LIVENESS_GONE


def test_only_pictures_of_the_same_input_are_compared() -> None:
    agreement = Agreement()
    agreement.note("JPN", "in1", "out1", 1 * S)
    agreement.note("KOR", "in2", "out2", 2 * S)
    assert agreement.common is None
    agreement.note("JPN", "in2", "out2", 2 * S)
    assert agreement.common == (True, 2 * S)
    agreement.note("JPN", "in3", "out3", 3 * S)
    agreement.note("KOR", "in1", "out1", 1 * S)
    assert agreement.common == (True, 2 * S), "what all had folded before is no news"
    agreement.note("KOR", "in3", "something else", 3 * S)
    assert agreement.common == (False, 3 * S)
    assert (agreement.agreed, agreement.disagreed) == (2, ["in3"])


def test_an_event_is_told_once_however_many_nations_say_it() -> None:
    events, scene = EventLog(), None
    scene = Scene(events=events)
    flight = picture_pb2.Flight(track=502_700_012)
    flight.launch.lat_deg, flight.launch.lon_deg = 39.2, 125.7
    for nation in ("JPN", "KOR"):
        one = update(1, [1], snapshot=True)
        one.flight.append(flight)
        one.lineage.add(event=picture_pb2.LINEAGE_EVENT_SPLIT, track=9, other=1, time_ns=S)
        scene.picture(nation, one)
        for revision in (1, 2):
            warning = warning_pb2.MissileWarning(
                warning_id="W1",
                status=warning_pb2.WARNING_STATUS_ALERT,
                revision=revision,
                flight=flight,
                threatened=["JPN"],
            )
            scene.warning(nation, warning)
    kinds = sorted(e.kind for e in events.events)
    assert kinds == [
        page_pb2.EVENT_KIND_LAUNCH,
        page_pb2.EVENT_KIND_SEPARATION,
        page_pb2.EVENT_KIND_WARNING,
    ]
    assert any("T5027-12" in e.text and "39.2° N, 125.7° E" in e.text for e in events.events)
    assert scene.nation("KOR").warnings["W1"].revision == 2
