"""What the page is sent of sensors and nodes: the newest, once, with the course of every estimate."""

from __future__ import annotations

import pytest

from nodes.page.biases import BiasHistory, true_biases
from nodes.page.rows import Rows
from triwatch.v1 import picture_pb2

S = 10**9


def told(value: float, node_id: str = "KOR-1") -> picture_pb2.SensorBias:
    return picture_pb2.SensorBias(node_id=node_id, sensor=1, kind=1, bias=[value] * 4, sigma=[1.0] * 4)


def test_a_history_grows_thins_and_forgets_what_was_undone() -> None:
    history = BiasHistory()
    for window in range(600):
        history.take(window * 10 * S, [told(float(window)), told(0.0, "JPN-1")])
    twin = history.copy()
    first, second = history.messages()
    assert (first.node_id, second.node_id) == ("JPN-1", "KOR-1")
    assert 100 < len(second.time_ns) <= 240
    assert second.time_ns[0] == 0
    assert list(second.time_ns)[-50:] == [window * 10 * S for window in range(550, 600)]
    assert list(second.bias[::4]) == [time_ns / (10 * S) for time_ns in second.time_ns]
    assert len(second.sigma) == 4 * len(second.time_ns)
    history.take(5_950 * S, [told(-1.0)])
    assert list(history.messages()[1].time_ns)[-2:] == [5_940 * S, 5_950 * S]
    assert history.version > twin.version
    assert list(twin.messages()[1].time_ns) == list(second.time_ns)


def test_a_browser_is_sent_sensors_and_nodes_when_they_were_told_anew() -> None:
    def update(sequence: int, *biases: picture_pb2.SensorBias) -> picture_pb2.PictureUpdate:
        word = picture_pb2.NodeConsistency(node_id="KOR-1", environment=1, factor=1.0)
        kind = picture_pb2.PICTURE_KIND_SNAPSHOT if sequence == 1 else picture_pb2.PICTURE_KIND_DELTA
        return picture_pb2.PictureUpdate(
            nation="KOR",
            incarnation=1,
            sequence=sequence,
            kind=kind,
            time_ns=sequence * S,
            sensor_bias=biases,
            node_consistency=[word] if biases else [],
        )

    rows = Rows()
    rows.take(update(1, told(1.0)))
    rows.take(update(2))
    assert not rows.since(1).sensor_bias
    assert not rows.since(1).node_consistency
    assert len(rows.since(0).sensor_bias) == len(rows.since(0).node_consistency) == 1
    rows.take(update(3, told(2.0)))
    assert rows.since(2).sensor_bias[0].bias[0] == 2.0
    assert not rows.since(3).sensor_bias


def test_true_clocks_are_told_against_their_mean() -> None:
    first, second = true_biases({"A": [[1.0, 0.0, 0.0, 0.03]], "B": [[0.0, 0.0, 0.0, -0.01]]})
    assert first.bias == pytest.approx([1.0, 0.0, 0.0, 0.02])
    assert second.bias[3] == pytest.approx(-0.02)
    assert true_biases({}) == []


def test_what_a_node_declares_stands_behind_and_a_new_declaration_begins_anew() -> None:
    history = BiasHistory()
    history.take(1, [told(1.0)])
    ship = told(2.0)
    ship.declared_kind.append(5)
    ship.declared_bias.append(4e-3)
    ship.declared_sigma.append(1e-4)
    for time_ns in (2, 3):
        history.take(time_ns, [ship])
    (one,) = history.messages()
    assert list(one.time_ns) == [2, 3]
    assert list(one.bias) == 2 * [2.0, 2.0, 2.0, 2.0, 4e-3]
    nine = true_biases({"A": [[1.0, 0.0, 0.0, 0.03, 4e-3, 0.0, 0.0, 0.0, 0.0]]})[0]
    assert list(nine.bias) == [1.0, 0.0, 0.0, 0.0, 4e-3, 0.0, 0.0, 0.0, 0.0]
