"""What of echoes, sources, towed arrays and stations is refused: one line that names the key."""

from pathlib import Path

import pytest

from nodes.errors import BadInput
from nodes.simulation.loader import checked, load, tables
from nodes.simulation.spec import Scenario

SCENARIO = """
[scenario]
name = "echoes"
start = 2024-06-27T00:00:00Z
duration_s = 600.0

[[sources]]
id = "S1"
lat_deg = 36.0
lon_deg = 131.0
period_s = 60.0

[[nodes]]
id = "JPN-DDG"
nation = "JPN"
  [[nodes.sensors]]
  kind = "multistatic"
  lat_deg = 36.0
  lon_deg = 131.1
  range_km = 20.0
  period_s = 60.0
  sigma_range_m = 100.0
  sigma_azimuth_mrad = 30.0
  source = "S1"
  frequency_hz = 3000.0
  sigma_doppler_hz = 1.0
  [[nodes.sensors]]
  kind = "sonar"
  array = "towed"
  lat_deg = 36.0
  lon_deg = 131.1
  range_km = 40.0
  period_s = 20.0
  sigma_azimuth_mrad = 15.0
  track = [[0.0, 36.0, 131.1], [600.0, 36.03, 131.1]]
"""
DIPS = "stations = [[0.0, 100.0, 36.0, 131.0], [200.0, 300.0, 36.1, 131.0]]"


def loaded(tmp_path: Path, *changes: tuple[str, str]) -> Scenario:
    text = SCENARIO
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    (tmp_path / "echoes.toml").write_text(text, encoding="utf-8")
    return load(str(tmp_path / "echoes.toml"))


def test_what_is_right_loads_and_reads_back(tmp_path: Path) -> None:
    for changes in ((), (('source = "S1"\n', DIPS + "\n"),)):
        scenario = loaded(tmp_path, *changes)
        assert checked(tables(scenario), scenario.file) == scenario


TOWED = "nodes[0].sensors[1]"
ECHO = "nodes[0].sensors[0]"
REFUSED = [
    (
        "frequency_hz = 3000.0\n",
        "",
        f"{ECHO}.frequency_hz: missing; without it sigma_doppler_hz says nothing",
    ),
    ("sigma_doppler_hz = 1.0", "sigma_doppler_hz = 0.0", f"{ECHO}.sigma_doppler_hz: expected a number > 0"),
    ("sigma_range_m = 100.0\n", "", f"{ECHO}.sigma_range_m: missing; the key is required"),
    ("sigma_range_m = 100.0", "sigma_range_m = 0.0", f"{ECHO}.sigma_range_m: expected a number > 0.0"),
    (
        "lat_deg = 36.0\n  lon_deg = 131.1\n  range_km = 20",
        "range_km = 20",
        f"{ECHO}.lat_deg: missing; the key is",
    ),
    ('source = "S1"', 'source = "S2"', f"{ECHO}.source: S2 is no source; expected one of S1"),
    ('source = "S1"', 'source = "S1"\n  phase_s = 3.0', f"{ECHO}.phase_s: its source says when it pings"),
    (
        "period_s = 60.0\n  sigma",
        "period_s = 50.0\n  sigma",
        f"{ECHO}.period_s: expected that of its source, 60",
    ),
    (
        "range_km = 20.0",
        "range_km = 50.0",
        f"{ECHO}.period_s: expected at least 66.7 s, in which the last echo",
    ),
    ("range_km = 20.0", "range_km = 20.0\n  min_range_km = 20.0", f"{ECHO}.min_range_km: expected less than"),
    (
        'id = "S1"\nlat_deg',
        'id = "S1"\nlatitude',
        "sources[0].latitude: unknown key; expected one of id, lat_deg",
    ),
    (
        "period_s = 60.0\n\n",
        "period_s = 60.0\nsilent_s = [[9.0, 3.0]]\n\n",
        "sources[0].silent_s[0]: expected a start",
    ),
    (
        "period_s = 60.0\n\n",
        'period_s = 60.0\n[[sources]]\nid = "S1"\nlat_deg = 36.0\nlon_deg = 131.0\nperiod_s = 9.0\n',
        "sources[1].id: S1 is already used by sources[0]",
    ),
    (
        "track = [[0.0, 36.0, 131.1], [600.0, 36.03, 131.1]]",
        "",
        f"{TOWED}.array: towed, and it does not move",
    ),
    ("[600.0, 36.03, 131.1]", "[600.0, 36.0, 131.1]", f"{TOWED}.array: towed, and it does not move"),
    (
        'array = "towed"',
        'array = "flank"',
        f"{TOWED}.array: 'flank' cannot be used; expected one of hull, towed",
    ),
    (
        'array = "towed"',
        'array = "towed"\n  azimuth_limits_deg = [0, 90]',
        f"{TOWED}.azimuth_limits_deg: a towed",
    ),
    (
        'source = "S1"',
        DIPS.replace("200.0", "50.0"),
        f"{ECHO}.stations[1][0]: it is still at the place before",
    ),
    (
        'source = "S1"',
        DIPS.replace("300.0", "150.0"),
        f"{ECHO}.stations[1][1]: expected later than 200, got 150",
    ),
    (
        'array = "towed"',
        DIPS,
        f"{TOWED}.stations: what is let into the water stays in its place; leave out track",
    ),
]


@pytest.mark.parametrize(("old", "new", "message"), REFUSED)
def test_what_is_refused_is_named(tmp_path: Path, old: str, new: str, message: str) -> None:
    with pytest.raises(BadInput) as refused:
        loaded(tmp_path, (old, new))
    assert message in str(refused.value)
    assert "\n" not in str(refused.value)
