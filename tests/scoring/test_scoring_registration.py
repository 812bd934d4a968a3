"""The scorecard's table of sensors: what was found beside what is so."""

from __future__ import annotations

import pytest

from nodes.scoring.registration import cells, headings, registration, remarks
from nodes.simulation.biases import true_biases
from nodes.simulation.loader import load
from triwatch.v1 import picture_pb2


def told(node_id: str, bias: list[float], **fields: object) -> picture_pb2.SensorBias:
    sigma = [1.0, 1e-5, 2e-5, 4e-3]
    return picture_pb2.SensorBias(node_id=node_id, sensor=1, kind=1, bias=bias, sigma=sigma, **fields)


TOLD = [told("A-1", [121.0, 2.01e-3, 1e-5, 0.031], used=True, shared=20), told("B-1", [0.0, 0.0, 0.0, -0.03])]
TRUTH = {"A-1": [[120.0, 2e-3, 0.0, 0.05]], "B-1": [[0.0, 0.0, 0.0, -0.01]]}


def test_truth_stands_beside_the_estimate_clocks_against_their_mean() -> None:
    first, second = registration(TOLD, TRUTH)
    assert first["truth"]["clock_s"] == pytest.approx(0.03)
    assert second["truth"]["clock_s"] == pytest.approx(-0.03)
    assert cells(first) == ["121±1 (120)", "2.01±0.01 (2.00)", "0.01±0.02 (0.00)", "31±4 (30)"]


def test_without_the_truth_there_is_none() -> None:
    assert registration(TOLD, None)[0]["truth"] is None
    assert cells(registration(TOLD, {})[0])[0] == "121±1"


def test_who_is_broken_misfits_or_jumped_is_said() -> None:
    rows = registration(
        [
            told("A-1", [5e3, 0.0, 0.0, 0.0], beyond=True),
            told("B-1", [0.0] * 4, shared=10, misfits=6),
            told("C-1", [0.0] * 4, shared=10, misfits=5, jump_time_ns=1),
            told("D-1", [0.0] * 4),
        ],
        None,
    )
    said = list(remarks(rows))
    assert said[0] == "Of 4 sensors 0 had biases that were taken out of their reports"
    assert [line.split()[0] for line in said[1:3]] == ["A-1/1", "B-1/1"]
    assert "C-1/1" in said[3]
    assert said[4].startswith("D-1/1 says of no target")
    assert len(said) == 5


def test_the_world_tells_biases_at_the_end() -> None:
    truth = true_biases(load("misaligned"))
    assert truth["KOR-AEW"] == [[120.0, 2e-3, 0.0, 0.0, *[0.0] * 5]]
    assert truth["USA-AEW"] == [[0.0] * 9]


def test_what_is_declared_beside_the_first_four_has_its_column() -> None:
    ship = told("D-1", [0.0] * 4, declared_kind=[5, 7, 99], declared_bias=[4e-3, -120.0, 1.0])
    ship.declared_sigma.extend([1e-4, 5.0, 1.0])
    rows = registration([*TOLD, ship], {**TRUTH, "D-1": [[0.0, 0.0, 0.0, 0.0, 5e-3, 80.0, -110.0, 0.0, 0.0]]})
    assert headings(rows) == [
        "range m",
        "azimuth mrad",
        "elevation mrad",
        "clock ms",
        "heading mrad",
        "north m",
    ]
    assert cells(rows[0], rows)[4:] == ["", ""]
    assert cells(rows[2], rows)[4:] == ["4.00±0.10 (5.00)", "-120±5 (-110)"]
    assert headings(rows[:2]) == headings(rows)[:4]
    # a recording from before knows of four
    assert registration([ship], {"D-1": [[0.0] * 4]})[0]["truth"]["heading_rad"] == 0.0
