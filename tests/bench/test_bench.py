"""`triwatch bench`: what is sent is what was asked for, all of it comes, and figures are of that."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from itertools import pairwise

import pytest
from click.testing import CliRunner

from nodes.bench.fold import measure
from nodes.bench.load import Load, checked
from nodes.bench.traffic import NS, START_NS, Traffic
from nodes.cli import main
from nodes.errors import BadInput
from triwatch.v1 import track_pb2


@pytest.mark.parametrize(
    ("rate", "rows", "nodes"), [(400, 25, 4), (400, 10, 1), (600, 25, 6), (300, 25, 12), (70, 9, 3)]
)
def test_the_traffic_is_what_was_asked_for(rate: int, rows: int, nodes: int) -> None:
    load = checked(Load(rate=rate, rows=rows, nodes=nodes))
    traffic, seconds = load.traffic(), 3
    assert len(traffic.nodes) == nodes
    sent = list(traffic.reports(seconds))
    assert sum(one.rows for one in sent) == seconds * load.targets * load.seen_by
    assert all(one.rows <= rows for one in sent)
    assert [one.time_ns for one in sent] == sorted({one.time_ns for one in sent})
    assert all(START_NS <= one.time_ns < START_NS + seconds * NS for one in sent)
    last: dict[str, int] = defaultdict(int)
    told: Counter[tuple[str, int]] = Counter()
    for one in sent:
        batch = track_pb2.TrackBatch.FromString(one.payload)
        assert batch.sequence == last[batch.node_id] + 1
        assert one.status.punctuation[0].last_sequence == batch.sequence
        last[batch.node_id] = batch.sequence
        told.update((batch.node_id, number) for number in batch.local_number)
    assert set(last) == set(traffic.nodes)
    assert set(told.values()) == {seconds}, "a node reports each of its tracks once a second"
    assert len(told) == load.targets * load.seen_by


def test_batches_are_spread_over_the_second() -> None:
    sent = list(Load(rate=400, rows=25).traffic().reports(1))
    gaps = {round((b.time_ns - a.time_ns) / 1e6) for a, b in pairwise(sent)}
    assert gaps <= {62, 63}


def test_the_fold_makes_one_track_of_a_target_and_says_what_it_costs() -> None:
    found = measure(Traffic(60, seen_by=3, rows=20, sector=20, nodes=3))
    assert found["us_a_report"] > 0.0
    assert found["filterpy_imm_over_report"] == pytest.approx(
        found["filterpy_imm_us"] / found["us_a_report"], rel=0.05
    )


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"rate": 0}, "--rate: expected 1 to 200,000, got 0"),
        ({"rows": 5000}, "--rows: expected 1 to 1,000"),
        ({"nodes": 0}, "--nodes: expected 1 to 1,000"),
        ({"cores": 9}, "--cores: expected 1 to 8, got 9"),
        ({"seconds": 2}, "--seconds: expected 3 to 600"),
        ({"rate": 100, "nodes": 40}, "4 batches a second, fewer than nodes; take a higher --rate"),
    ],
)
def test_what_cannot_be_sent_is_refused_in_a_line(change: dict[str, int], said: str) -> None:
    with pytest.raises(BadInput, match=said.replace("(", r"\(")):
        checked(Load(**change))  # type: ignore[arg-type]


@pytest.mark.slow
@pytest.mark.processes
@pytest.mark.timeout(600)
@pytest.mark.parametrize("plain", [pytest.param(True, marks=pytest.mark.long), False])
def test_every_report_reaches_every_cores_reader_beside_the_floor(plain: bool) -> None:
    arguments = ["bench", "latency", "--rate", "200", "--nodes", "4", "--cores", "2", "--seconds", "5"]
    done = CliRunner().invoke(main, [*arguments, *(["--plain"] if plain else []), "--asleep", "--json", "-"])
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    assert found["keys"] is not plain
    for name in ("floor", "product"):
        figures = found[name]
        assert figures["got"] == figures["wanted"] == 2 * 8 * 3, name  # cores, batches a second, seconds
        assert 0.0 < figures["p50_ms"] <= figures["p99_ms"] <= figures["p999_ms"] <= figures["max_ms"]
    assert found["product"]["bytes_an_update"] > 25 * 100
