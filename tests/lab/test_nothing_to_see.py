"""Exercises in which nobody sees anything: reports of nothing, a picture of nothing, exports of nothing."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from nodes.cli import main
from nodes.lab import run

HEAD = """
[scenario]
name = "nothing"
start = 2024-06-28T01:00:00Z
duration_s = 16.0
seed = 7
"""
NODE = """
[[nodes]]
id = "{nation}-1"
nation = "{nation}"
report_period_s = 2.0
  [[nodes.sensors]]
  kind = "radar"
  lat_deg = 34.0
  lon_deg = {lon}
  alt_m = 9000.0
  range_km = {range_km}
  period_s = 2.0
  pd = {pd}
  sigma_range_m = 30.0
  sigma_azimuth_mrad = 1.0
  sigma_elevation_mrad = 1.0
"""
AIRCRAFT = """
[[objects]]
id = "F1"
kind = "waypoints"
environment = "AIR"
waypoints = [[{start_s}, 34.0, 138.5, 9000.0], [600.0, 34.5, 139.0, 9000.0]]
"""
JPN = NODE.format(nation="JPN", lon=138.0, range_km=450.0, pd=0.95)
SCENES = {
    "no objects": (1, JPN),
    "out of reach": (
        1,
        NODE.format(nation="JPN", lon=138.0, range_km=20.0, pd=0.95) + AIRCRAFT.format(start_s=0.0),
    ),
    "a sensor that detects nothing": (
        1,
        NODE.format(nation="JPN", lon=138.0, range_km=450.0, pd=0.0) + AIRCRAFT.format(start_s=0.0),
    ),
    "an object that comes after the end": (1, JPN + AIRCRAFT.format(start_s=20.0)),
    "two nations": (2, JPN + NODE.format(nation="KOR", lon=128.0, range_km=20.0, pd=0.95)),
}
REPORTS = 9
"""Of a node that reports at 0, 2, ... 16 s."""


@pytest.mark.parametrize("scene", SCENES)
def test_nothing_is_reported_shown_and_exported(scene: str, tmp_path: Path) -> None:
    nodes, text = SCENES[scene]
    plan, recording = tmp_path / "nothing.toml", tmp_path / "nothing.mcap"
    plan.write_text(HEAD + text, encoding="utf-8")
    result = run(plan, record=recording).result
    assert result["reports"]["published"] == result["reports"]["folded"] == REPORTS * nodes
    assert [picture["tracks"] for picture in result["pictures"]] == [0] * nodes
    for form in ("csv", "geojson", "czml"):
        out = tmp_path / f"out.{form}"
        done = CliRunner().invoke(main, ["export", str(recording), "--to", form, "--out", str(out)])
        assert done.exit_code == 0, done.output
        if form == "csv":
            assert len(list(csv.reader(out.open(encoding="utf-8")))) == 1
        else:
            document = json.loads(out.read_text(encoding="utf-8"))
            assert len(document["features"] if form == "geojson" else document[1:]) == 0
