"""Fields of buoys: where they fall and when, and what is refused."""

from pathlib import Path

import numpy as np
import pymap3d
import pytest

from nodes.errors import BadInput
from nodes.simulation.loader import checked, load, tables
from nodes.simulation.spec import Scenario, SonarSpec

SCENARIO = """
[scenario]
name = "field"
start = 2024-06-27T00:00:00Z
duration_s = 600.0

[[nodes]]
id = "USA-P8"
nation = "USA"
  [[nodes.fields]]
  pattern = "grid"
  lat_deg = 36.0
  lon_deg = 131.0
  rows = 3
  columns = 2
  spacing_km = 4.0
  drop_s = 60.0
  every_s = 20.0
  life_s = 300.0
    [[nodes.fields.sensors]]
    kind = "sonar"
    alt_m = -30.0
    range_km = 12.0
    period_s = 20.0
    sigma_azimuth_mrad = 40.0
"""
GRID = 'pattern = "grid"\n'
SIZE = "rows = 3\n  columns = 2\n  spacing_km = 4.0"


def loaded(tmp_path: Path, *changes: tuple[str, str]) -> Scenario:
    text = SCENARIO
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    (tmp_path / "field.toml").write_text(text, encoding="utf-8")
    return load(str(tmp_path / "field.toml"))


def km(scenario: Scenario) -> np.ndarray:
    """(n, 2) east and north of the field's centre, by pymap3d."""
    found = []
    for buoy in scenario.nodes[0].sensors:
        east, north, _ = pymap3d.geodetic2enu(buoy.lat_deg, buoy.lon_deg, 0.0, 36.0, 131.0, 0.0)
        found.append((1e-3 * east, 1e-3 * north))
    return np.array(found)


def test_a_grid_is_flown_there_and_back(tmp_path: Path) -> None:
    scenario = loaded(tmp_path)
    expected = [(-2, -4), (-2, 0), (-2, 4), (2, 4), (2, 0), (2, -4)]
    assert km(scenario) == pytest.approx(np.array(expected, dtype=float), abs=2e-3)
    for k, buoy in enumerate(scenario.nodes[0].sensors):
        assert isinstance(buoy, SonarSpec)
        drop_s = 60.0 + 20.0 * k
        assert buoy.stations == ((drop_s, drop_s + 300.0, buoy.lat_deg, buoy.lon_deg),)
        assert (buoy.alt_m, buoy.range_km) == (-30.0, 12.0)


def test_a_line_and_a_circle(tmp_path: Path) -> None:
    line = loaded(
        tmp_path, (GRID, 'pattern = "line"\n'), (SIZE, "count = 3\n  spacing_km = 2.0\n  bearing_deg = 90.0")
    )
    assert km(line) == pytest.approx(np.array([(-2.0, 0.0), (0.0, 0.0), (2.0, 0.0)]), abs=2e-3)
    ring = loaded(
        tmp_path, (GRID, 'pattern = "circle"\n'), (SIZE, "count = 4\n  radius_km = 5.0\n  bearing_deg = 90.0")
    )
    assert km(ring) == pytest.approx(np.array([(5.0, 0.0), (0.0, -5.0), (-5.0, 0.0), (0.0, 5.0)]), abs=2e-3)


def test_a_field_reads_back_as_its_buoys(tmp_path: Path) -> None:
    scenario = loaded(tmp_path)
    again = checked(tables(scenario), scenario.file)
    assert again == scenario
    assert not again.nodes[0].fields


PLACED = (SIZE, "radius_km = 3.0\n  places = [[36.0, 131.0], [36.01, 131.01]]")
REFUSED = [
    ((("rows = 3\n", ""),), "nodes[0].fields[0].rows: missing; a field of pattern grid needs it"),
    (
        ((SIZE, SIZE + "\n  radius_km = 3.0"),),
        "nodes[0].fields[0].radius_km: a field of pattern grid has none",
    ),
    (
        ((GRID, 'pattern = "star"\n'),),
        "nodes[0].fields[0].pattern: 'star' cannot be used; expected one of grid",
    ),
    (
        ((GRID, 'pattern = "placed"\n'), PLACED, ("36.01, 131.01", "36.05, 131.01")),
        "nodes[0].fields[0].places[1]: the buoy is 5.6 km from the field's centre, outside its radius_km",
    ),
    ((("rows = 3", "rows = 40"),), "nodes[0].fields[0]: 80 buoys; the limit is 64"),
    ((("life_s = 300.0", "life_s = 0.0"),), "nodes[0].fields[0].life_s: expected a number > 0"),
    ((("life_s = 300.0\n", ""),), "nodes[0].fields[0].life_s: missing; the key is required"),
    (
        (("alt_m = -30.0", "lat_deg = 36.0"),),
        "nodes[0].fields[0].sensors[0].lat_deg: unknown key; the field says",
    ),
    (
        (("alt_m = -30.0", "altm = -30.0"),),
        "nodes[0].fields[0].sensors[0].altm: unknown key; expected one of",
    ),
    ((('kind = "sonar"', 'kind = "radar"'),), "nodes[0].fields[0].sensors[0].kind: expected one of sonar, "),
    (
        (("sigma_azimuth_mrad = 40.0", "sigma_azimuth_mrad = 0.0"),),
        "nodes[0].fields[0].sensors[0].sigma_azimuth_mrad: expected a number > 0",
    ),
    (
        (("period_s = 20.0", "pd = 0.9"),),
        "nodes[0].fields[0].sensors[0].period_s: missing; the key is required",
    ),
    (
        (("period_s = 20.0", "period_s = 20.0\n    min_range_km = 12.0"),),
        "nodes[0].fields[0].sensors[0].min_range_km: expected less than range_km",
    ),
    (
        (("period_s = 20.0", "period_s = 20.0\n    range_curve = [[2.0, 1.0], [1.0, 0.5]]"),),
        "nodes[0].fields[0].sensors[0].range_curve[1][0]: must increase, got 1 after 2",
    ),
    (
        (("period_s = 20.0", "period_s = 20.0\n    range_curve = [[2.0, 0.0]]"),),
        "nodes[0].fields[0].sensors[0].range_curve: nothing would ever be heard",
    ),
    (
        (("period_s = 20.0", "period_s = 20.0\n    sigma_far_mrad = 20.0"),),
        "nodes[0].fields[0].sensors[0].sigma_far_mrad: expected at least sigma_azimuth_mrad",
    ),
]


@pytest.mark.parametrize(("changes", "message"), REFUSED)
def test_what_is_refused_is_named(tmp_path: Path, changes: tuple[tuple[str, str], ...], message: str) -> None:
    with pytest.raises(BadInput) as refused:
        loaded(tmp_path, *changes)
    assert message in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_node_needs_something_to_look_with(tmp_path: Path) -> None:
    whole = SCENARIO[: SCENARIO.index("  [[nodes.fields]]")]
    (tmp_path / "field.toml").write_text(whole, encoding="utf-8")
    with pytest.raises(BadInput, match=r"nodes\[0\].sensors: expected at least one, or a field of buoys"):
        load(str(tmp_path / "field.toml"))
