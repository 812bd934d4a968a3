"""A lay-down study over drawn traffic: common seeds are worth what they are said to be worth."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from nodes.campaign import statistics
from nodes.campaign.campaign import Campaign
from nodes.campaign.run_case import run_case

TRAFFIC = """
[theatre]
name = "lanes"
start = 2024-06-27T00:00:00Z
duration_s = 40.0

[[nodes]]
id = "KOR"
nation = "KOR"
lat_deg = 36.0
lon_deg = 127.5
  [[nodes.sensors]]
  kind = "radar"
  range_km = 400.0
  period_s = 2.0
  sigma_range_m = 40.0
  sigma_azimuth_mrad = 1.5
  sigma_elevation_mrad = 1.5

[[traffic]]
id = "F"
environment = "AIR"
count = 3
lat_deg = {from = 34.0, to = 37.5}
lon_deg = {from = 127.0, to = 132.0}
alt_m = 9000.0
speed_mps = {from = 160.0, to = 260.0}
course_deg = {from = 0.0, to = 360.0}
"""
STUDY = """
[campaign]
name = "where the second radar stands"
theatre = "lanes.toml"
seeds = 10
figures = ["rmse_m.shared"]
detections = false
"""
ARM = """
[[arms]]
name = "{name}"
  [[arms.nodes]]
  id = "JPN-1"
  nation = "JPN"
    [[arms.nodes.sensors]]
    kind = "radar"
    lat_deg = {lat_deg}
    lon_deg = {lon_deg}
    range_km = 400.0
    period_s = 2.0
    sigma_range_m = 40.0
    sigma_azimuth_mrad = 1.5
    sigma_elevation_mrad = 1.5
"""


@pytest.mark.slow
def test_paired_intervals_of_two_sites_are_at_most_half_as_wide(tmp_path: Path) -> None:
    """Ten seeds; each draws its traffic, which both sites then see with the same noise."""
    (tmp_path / "lanes.toml").write_text(TRAFFIC, encoding="utf-8")
    sites = (("coast", 35.5, 129.3), ("thirty kilometres on", 35.7, 129.5))
    text = STUDY + "".join(ARM.format(name=name, lat_deg=lat, lon_deg=lon) for name, lat, lon in sites)
    (tmp_path / "study.toml").write_text(text, encoding="utf-8")
    planned = Campaign(tmp_path / "study.toml")
    found: dict[str, list[float]] = {name: [] for name, _, _ in sites}
    for work in planned.missing({}):
        row = run_case(work)
        assert row.status == "done", row.said
        found[work.case.arm].append(row.figures["rmse_m.shared"])
    first, second = (np.array(values) for values in found.values())
    difference = statistics.difference(second, first)
    assert difference is not None
    assert difference.n == 10
    assert 0.0 < difference.half_width <= 0.5 * difference.half_width_unpaired
