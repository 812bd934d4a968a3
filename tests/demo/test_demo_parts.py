"""The demo's parts without its processes: pace, latency, agreement, what is shown."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from nodes import coalition
from nodes.cli.output import console, write_json
from nodes.coalition import Member, Policy
from nodes.control.piped_clock import Lines
from nodes.control.wall_clock import join_epoch
from nodes.demo.alarms import Alarms
from nodes.demo.latency import Latency
from nodes.demo.losses import Loss, Losses
from nodes.demo.pacing import HORIZON_NS, HURRIED_HORIZON_NS, Pacer
from nodes.demo.panels import compose
from nodes.demo.picture_comparison import PictureComparison, Row, most_important
from nodes.demo.under_water import ContactView, SearchView
from nodes.demo.view import CoreView, NodeView, View, WarningView
from nodes.errors import BadInput
from triwatch.v1 import picture_pb2, track_pb2, warning_pb2

START_NS = 1_719_446_400_000_000_000
SECOND_NS = 10**9


@given(st.lists(st.integers(1_000, 10**11), min_size=1, max_size=300), st.floats(1.0, 100.0))
def test_latency_percentiles_have_three_digits(samples: list[int], percent: float) -> None:
    latency = Latency()
    for sample in samples:
        latency.add(sample)
    rank = max(1, int(percent * len(samples) / 100.0 + 0.5))  # the nearest one
    exact_ms = sorted(samples)[rank - 1] * 1e-6
    found_ms = latency.percentile_ms(percent)
    assert found_ms is not None
    assert exact_ms * 0.999 <= found_ms <= exact_ms * 1.001
    assert latency.summary_ms()["max"] == max(samples) * 1e-6


def test_alarms_tell_how_far_apart_the_cores_first_words_are() -> None:
    alarms = Alarms()
    assert alarms.spread().summary_ms()["max"] is None
    for warning_id, nation, sent_ms in [
        ("M1", "USA", 100),
        ("M1", "KOR", 103),
        ("M1", "KOR", 900),  # a later revision
        ("M1", "JPN", 101),
        ("M2", "USA", 500),  # nobody else's
        ("M3", "JPN", 700),
        ("M3", "KOR", 720),
    ]:
        alarms.receive(warning_id, nation, sent_ms * 10**6)
    assert alarms.spread().count == 2
    assert alarms.spread().summary_ms()["max"] == 20.0


def test_no_samples_have_no_latency() -> None:
    assert Latency().summary_ms() == {"p50": None, "p99": None, "p999": None, "max": None}


@given(st.lists(st.tuples(st.integers(0, 10**10), st.integers(0, 100 * SECOND_NS)), max_size=40))
def test_nobody_is_granted_more_than_the_horizon_allows(steps: list[tuple[int, int]]) -> None:
    """Whatever the clock and the slowest do: grants never go back, never beyond clock, horizon or end."""
    end_ns = START_NS + 60 * SECOND_NS
    for speed in (2.0, None):
        pacer = Pacer(START_NS, end_ns, speed)
        pacer.start(0)
        clock_ns, slowest_ns, before = 0, START_NS, START_NS
        for passed_ns, progress_ns in steps:
            clock_ns += passed_ns
            slowest_ns = max(slowest_ns, min(START_NS + progress_ns, before))
            granted = pacer.grant(clock_ns, slowest_ns)
            horizon_ns = HORIZON_NS if speed else HURRIED_HORIZON_NS
            assert before <= granted <= min(end_ns, slowest_ns + horizon_ns)
            if speed:
                assert granted <= START_NS + 2 * clock_ns
            before = granted


def test_a_pause_is_caught_up() -> None:
    pacer = Pacer(START_NS, START_NS + 60 * SECOND_NS, 1.0)
    pacer.start(0)
    assert pacer.grant(10 * SECOND_NS, START_NS) == START_NS + HORIZON_NS
    assert pacer.behind_s(10 * SECOND_NS) == pytest.approx(10.0 - HORIZON_NS * 1e-9)
    assert pacer.grant(10 * SECOND_NS, START_NS + 9 * SECOND_NS) == START_NS + 10 * SECOND_NS


def update(nation: str, n: int, made: str, inputs: str = "", **columns: object) -> picture_pb2.PictureUpdate:
    """Update ``n`` of a core, of inputs that are called as it is unless said otherwise."""
    return picture_pb2.PictureUpdate(
        nation=nation,
        incarnation=1,
        sequence=n,
        input_digest=inputs or f"in{n}",
        picture_digest=made,
        **columns,  # type: ignore[arg-type]
    )


def test_unlike_pictures_of_the_same_reports_are_noticed() -> None:
    mirror = PictureComparison(["JPN", "KOR"])
    mirror.take_picture(update("JPN", 1, "out1"))
    assert not mirror.same_now()
    mirror.take_picture(update("KOR", 1, "out1"))
    mirror.take_picture(update("KOR", 1, "out1"))
    assert mirror.same_now()
    assert mirror.agreement.agreed == 1
    mirror.take_picture(update("JPN", 2, "out2"))
    mirror.take_picture(update("KOR", 2, "out9"))
    assert mirror.agreement.disagreed == ["in2"]
    mirror.take_picture(update("JPN", 3, "out3"))
    mirror.take_picture(update("KOR", 3, "out3"))
    assert not mirror.same_now(), "an old disagreement is not forgotten"


def test_the_mirror_follows_deltas_and_shows_what_matters_first() -> None:
    mirror = PictureComparison(["KOR"])

    def tracks(numbers: list[int], environment: int, **columns: object) -> dict[str, object]:
        n = len(numbers)
        common: dict[str, object] = {
            "number": numbers,
            "track_time_ns": [START_NS] * n,
            "state": [7.0e6, 1.0, 1.0, 1.0, 1.0, 1.0] * n,
            "covariance": [1.0] * 21 * n,
            "environment": [environment] * n,
            "call_sign": ["A\x1b[2J"] * n,
            "contributor_count": [2] * n,
            "contributors": [1, 0] * n,
            "node_id": ["KOR-1", "JPN-1"],
        }
        return common | columns

    mirror.take_picture(update("KOR", 1, "a", **tracks([7, 5], track_pb2.ENVIRONMENT_AIR)))
    mirror.take_picture(update("KOR", 2, "b", **tracks([9], track_pb2.ENVIRONMENT_SPACE)))
    hostile = tracks([8], track_pb2.ENVIRONMENT_AIR, identity=[track_pb2.IDENTITY_HOSTILE], removed=[7])
    mirror.take_picture(update("KOR", 4, "d", **tracks([1], track_pb2.ENVIRONMENT_AIR)))
    mirror.take_picture(update("KOR", 3, "c", **hostile))
    rows = list(most_important(mirror.pictures["KOR"], 3))
    assert [row.number for row in rows] == [9, 8, 1]
    assert rows[0].contributors == ("JPN-1", "KOR-1")
    assert rows[0].call_sign == "A?[2J"
    assert len(mirror.pictures["KOR"]) == 4
    mirror.take_picture(update("KOR", 5, "e", number=[3]))
    assert mirror.refused == 1


def test_a_warning_is_told_once_a_status() -> None:
    mirror = PictureComparison(["JPN", "KOR"])
    told = [
        mirror.take_warning(
            warning_pb2.MissileWarning(nation=nation, warning_id="M1", revision=revision, status=status)
        )
        for nation, revision, status in (
            ("JPN", 1, 1),
            ("KOR", 1, 1),
            ("JPN", 2, 2),
            ("JPN", 1, 1),
            ("KOR", 2, 4),
        )
    ]
    assert told == [True, False, True, False, True]
    assert mirror.warnings["JPN"]["M1"].revision == 2


ROW = Row(
    number=812800014,
    time_ns=START_NS,
    state=(-3.1e6, 4.2e6, 3.6e6, 100.0, 0.0, 0.0),
    environment=track_pb2.ENVIRONMENT_SPACE,
    identity=track_pb2.IDENTITY_HOSTILE,
    conflict=True,
    status=track_pb2.TRACK_STATUS_MAINTAINING,
    call_sign="[bold]USS Theodore Roosevelt, with a name too long",
    contributors=("KOR-1", "JPN-1"),
    quality=9,
)
VIEW = View(
    own_tracks=None,
    title="small",
    stage="running",
    time_s=12.0,
    start_ns=START_NS,
    duration_s=60.0,
    speed=10.0,
    behind_s=3.0,
    nation="USA",
    tracks=60,
    rows=tuple(replace(ROW, number=n) for n in range(1, 61)),
    nodes=tuple(NodeView(f"KOR-{n}", "KOR", "alive" if n else "stale", 5, 0.1) for n in range(20)),
    cores=tuple(CoreView(n, "alive", 60, 12.0, 11.0, "in", "out", 3, 0) for n in ("USA", "JPN", "KOR")),
    warnings=(
        WarningView(7, "ALERT", 11.0, "boost", None, (0.0, 0.0), ("JPN", "KOR"), ("USA",)),
        WarningView(8, "UPDATE", 10.0, "free flight", (39.0, 135.0, 400.0), (9e3, 4e3), ("JPN",), ("USA",)),
    ),
    contacts=(ContactView(2, 480e6, (("KOR-1", 359.7), ("JPN-2", 95.0))), ContactView(9, 13.1e6, ())),
    searches=(
        SearchView(100_000_007, "", 24.2e6, 1.0, 475),
        SearchView(0, "JPN-1/2", 3.4e6, 0.61, 1),
    ),
    agreed=5,
    disagreed=0,
    reports=300,
    missing=1,
    latency_ms=(26.04, 94.4, 110.6),
)


@pytest.mark.parametrize(("width", "height"), [(80, 24), (100, 34), (160, 48), (250, 80)])
def test_the_screen_fits_any_terminal(width: int, height: int) -> None:
    out = Console(file=io.StringIO(), width=width, height=height, force_terminal=True, color_system=None)
    out.print(compose(VIEW, ["a line"], width, height))
    shown = out.file.getvalue().splitlines()  # type: ignore[attr-defined]
    assert len(shown) == height
    assert max(map(len, shown)) == width
    text = "\n".join(shown)
    words = ["small", "60 tracks", "ALERT T7", "could still reach JPN", "UPDATE T8", "impact in 6:28"]
    for word in [*words, "20 nodes, 1 stale", "byte for byte", "99 % 94  most 111", "[bold]"]:
        assert word in text, word
    assert "T1000-7 is searched for: 90 %" in text
    assert "area JPN-1/2 is searched:" in text
    assert "T2 is within 480 km², heard on 000°" in text
    assert width < 160 or "000° from KOR-1 and 095° from JPN-2" in text
    assert "T9 is within 13 km²" in text
    assert width < 160 or "within 24 km², 475 looks heard nothing" in text
    assert ("more" in text) == (height < 80)
    assert ("KOR-0" in text) == (height > 24), "who needs attention comes first"


def test_a_screen_with_nothing_yet() -> None:
    out = Console(file=io.StringIO(), width=120, height=40)
    empty = replace(VIEW, rows=(), warnings=(), latency_ms=(None, None, None), speed=None)
    out.print(compose(empty, [], 120, 40))
    assert "0 tracks" in out.file.getvalue()  # type: ignore[attr-defined]


@given(st.lists(st.binary(max_size=20).filter(lambda b: b"\n" not in b), max_size=20), st.integers(1, 7))
def test_lines_come_whole_however_they_are_cut(lines: list[bytes], size: int) -> None:
    data = b"".join(line + b"\n" for line in lines)
    cutter, found = Lines(), []
    for at in range(0, len(data), size):
        found += cutter.feed(data[at : at + size])
    assert found == lines


def test_a_line_without_end_is_refused() -> None:
    cutter = Lines()
    cutter.feed(b"x" * (1 << 20))
    with pytest.raises(ValueError, match="a line of more than"):
        cutter.feed(b"x")


def policy(*releases: tuple[str, ...]) -> Policy:
    nodes = tuple(Member(id=f"N{i}", nation=r[0], releasable_to=r) for i, r in enumerate(releases))
    return Policy(nations=("USA", "JPN", "KOR"), nodes=nodes)


def test_the_policy_says_who_may_have_what() -> None:
    bilateral = policy(("USA", "JPN", "KOR"), ("KOR", "USA"), ("JPN", "USA"))
    assert [n.id for n in bilateral.released_to("JPN")] == ["N0", "N2"]
    assert bilateral.nodes[1].streams == ("KOR-USA",)
    both = Member(id="N", nation="KOR", groups=(("KOR", "USA"),))
    assert both.streams == ("", "KOR-USA")
    assert (both.streams_for("USA"), both.streams_for("JPN")) == (("", "KOR-USA"), ("",))


def test_a_policy_comes_back_as_it_was_saved(tmp_path: Path) -> None:
    root = tmp_path / "new" / "folder"
    made = coalition.found(root, policy(("KOR", "USA"))).current
    assert made.nodes == policy(("KOR", "USA")).nodes
    assert coalition.load(root).current == made


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{", "not a policy"),
        ('{"nations": []}', "not a policy"),
        (
            '{"nations": ["USA"], "nodes": [{"id": "A", "nation": "KOR", "releasable_to": ["USA"]}]}',
            "KOR, not a member",
        ),
        ('{"nations": ["USA", "USA"]}', "twice"),
        (
            '{"nations": ["USA"], "nodes": [{"id": "core-USA", "nation": "USA", "releasable_to": []}]}',
            "taken",
        ),
    ],
)
def test_a_wrong_policy_is_refused_with_its_place(tmp_path: Path, text: str, told: str) -> None:
    (tmp_path / "policy").mkdir()
    document = {"signed": text, "signatures": []}
    (tmp_path / "policy" / "000001.json").write_text(json.dumps(document))
    with pytest.raises(BadInput, match=told) as caught:
        coalition.load(tmp_path)
    assert "000001.json" in str(caught.value)


def test_all_processes_share_the_first_ones_clock(tmp_path: Path) -> None:
    first = join_epoch(tmp_path, START_NS, 5.0)
    assert join_epoch(tmp_path, START_NS, 9.0) == first
    with pytest.raises(BadInput, match="another scenario"):
        join_epoch(tmp_path, START_NS + 1)
    assert [p.name for p in tmp_path.iterdir()] == ["epoch.json"]


def test_json_has_no_numbers_that_json_has_not(
    tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    document = {"a": float("nan"), "b": np.float64(1.5), "c": np.arange(2), "d": float("-inf")}
    write_json(str(tmp_path / "x.json"), document)
    assert json.loads((tmp_path / "x.json").read_text()) == {"a": None, "b": 1.5, "c": [0, 1], "d": None}
    write_json("-", {"a": 1})
    assert json.loads(capsysbinary.readouterr().out) == {"a": 1}
    assert console("-") is not console(None)


def test_what_a_lost_core_had_said_before_is_no_pause_of_its_picture() -> None:
    losses = Losses()
    for nation in ("USA", "JPN"):
        losses.moved(nation, 10.0)
    losses.lose(Loss("core-USA", 15.0), 11.0, ended="USA")
    for nation in ("USA", "JPN"):  # the last of the core that was killed was still under way
        losses.moved(nation, 11.5)
    losses.moved("JPN", 14.5)
    (facts,) = losses.facts(hub=True)
    assert facts["picture_still_s"] == {"JPN": 3.0}
