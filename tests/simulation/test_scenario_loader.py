"""Scenario files: what is read, and that whatever is wrong is refused with file, key and expectation."""

from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nodes.errors import BadInput
from nodes.simulation.loader import builtin_folder, lasting, load
from nodes.simulation.nations import is_nation
from nodes.simulation.spec import Ballistic, InfraredSpec, RadarSpec, Recorded, SonarSpec, Waypoints

# The file of the interface's own description, extended by every optional key.
EXAMPLE = """
[scenario]
name = "example"
start = 2024-06-27T00:00:00Z
duration_s = 600.0
seed = 7
description = "an example"

[[nodes]]
id = "KOR-1"
nation = "KOR"
report_period_s = 1.0
releasable_to = ["USA", "JPN", "KOR"]
leaves_s = 400.0
joins_s = 0.0
tracker = "ukf"
  [[nodes.sensors]]
  kind = "radar"
  lat_deg = 36.7
  lon_deg = 127.5
  alt_m = 100.0
  range_km = 900.0
  period_s = 1.0
  pd = 0.95
  sigma_range_m = 30.0
  sigma_azimuth_mrad = 1.0
  sigma_elevation_mrad = 1.0
  false_alarms_per_scan = 0.2
  bias_range_m = 0.0
  bias_azimuth_mrad = 0.0
  track = [[0.0, 36.7, 127.5], [600.0, 36.9, 127.9]]
  azimuth_limits_deg = [300, 60]
  min_elevation_deg = -2
  max_elevation_deg = 80
  min_range_km = 2
  min_target_alt_m = -50
  max_target_alt_m = 1e6
  refraction = false
  resolution_range_m = 100
  resolution_angle_mrad = 3
  phase_s = 0.5
  [[nodes.sensors]]
  kind = "infrared"
  lat_deg = 0
  lon_deg = 120
  alt_m = 35786000
  period_s = 2
  sigma_azimuth_mrad = 0.03
  sigma_elevation_mrad = 0.03
  [[nodes.sensors]]
  kind = "sonar"
  lat_deg = 32
  lon_deg = 126
  range_km = 40
  period_s = 10
  sigma_azimuth_mrad = 8

[[nodes]]
id = "JPN-1"
nation = "JPN"
  [[nodes.sensors]]
  kind = "radar"
  lat_deg = 35.8
  lon_deg = 135.2
  range_km = 900
  period_s = 2
  sigma_range_m = 30
  sigma_azimuth_mrad = 1
  sigma_elevation_mrad = 1

[[objects]]
id = "M1"
kind = "ballistic"
launch_s = 30.0
launch_lat_deg = 39.2
launch_lon_deg = 125.7
azimuth_deg = 65.0
apogee_km = 2802.0
range_km = 933.0
burn_s = 145.0
separates_s = 200.0
vehicles = 3
decoys = 1

[[objects]]
id = "F1"
kind = "waypoints"
environment = "AIR"
identity = "FRIEND"
call_sign = "KESTREL"
waypoints = [[0.0, 33.0, 127.0, 9000.0], [600.0, 33.5, 128.2, 9000.0]]

[[objects]]
id = "traffic"
kind = "recorded"
file = "air_traffic.csv"
environment = "AIR"
start_s = 0.0
synthetic = { count = 10, lat_deg = 32.5, lon_deg = 126.5, radius_km = 200, duration_s = 1200 }
"""


RULE = 'tracker = "ukf"\n[[nodes.releases]]\nenvironments = {}\nreleasable_to = {}\n'
CLOUD = "nodes[0].releases[0].environments[0]: 'CLOUD' cannot be used; expected one of AIR, SUR"
JOINER = '[[accessions]]\nnation = "{}"\njoins_s = {}\n[[objects]]'


def refusal(tmp_path: Path, text: str) -> str:
    """What is said of the file, without its name."""
    file = tmp_path / "bad.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(BadInput) as raised:
        load(str(file))
    message = str(raised.value)
    assert message.startswith(f"{file}: ")
    assert "\n" not in message
    return message.removeprefix(f"{file}: ")


def test_the_example_is_read_as_it_is_written(tmp_path: Path) -> None:
    (tmp_path / "example.toml").write_text(EXAMPLE, encoding="utf-8")
    found = load(str(tmp_path / "example.toml"))
    assert (found.name, found.duration_s, found.seed, found.description) == (
        "example",
        600.0,
        7,
        "an example",
    )
    assert found.start_ns == int(datetime(2024, 6, 27, tzinfo=UTC).timestamp()) * 10**9
    assert found.time_ns(1.5) == found.start_ns + 1_500_000_000
    assert found.members == ("USA", "JPN", "KOR")
    kor, jpn = found.nodes
    assert (kor.joins_s, kor.leaves_s, kor.tracker, kor.releasable_to) == (
        0.0,
        400.0,
        "ukf",
        ("USA", "JPN", "KOR"),
    )
    assert (jpn.report_period_s, jpn.leaves_s, jpn.tracker, jpn.releasable_to) == (1.0, None, "ekf", None)
    assert [type(s) for s in kor.sensors] == [RadarSpec, InfraredSpec, SonarSpec]
    assert isinstance(kor.sensors[1].lat_deg, float), "a whole number does where a number is asked"
    assert [type(o) for o in found.objects] == [Ballistic, Waypoints, Recorded]
    assert found.node("JPN-1") is jpn
    with pytest.raises(KeyError):
        found.node("USA-1")


def test_times_without_offset_are_refused_and_others_become_utc(tmp_path: Path) -> None:
    assert "start" in refusal(tmp_path, EXAMPLE.replace("00:00:00Z", "00:00:00"))
    (tmp_path / "seoul.toml").write_text(EXAMPLE.replace("00:00:00Z", "09:00:00.25+09:00"), encoding="utf-8")
    expected = int(datetime(2024, 6, 27, tzinfo=UTC).timestamp()) * 10**9 + 250_000_000
    assert load(str(tmp_path / "seoul.toml")).start_ns == expected


WRONG: list[tuple[str, str, str]] = [
    # unknown, missing
    ("seed = 7", "sed = 7", "scenario.sed: unknown key; expected one of name, start, duration_s, seed"),
    ("pd = 0.95", "pdd = 0.95", "nodes[0].sensors[0].pdd: unknown key; expected one of lat_deg, lon_deg"),
    ("burn_s = 145.0", "burns = 145.0", "objects[0].burns: unknown key; expected one of id, launch_s"),
    ("start_s = 0.0", "pd = 0.5", "objects[2].pd: unknown key; expected one of id, file"),
    ("radius_km = 200", "radius = 200", "objects[2].synthetic.radius: unknown key; expected one of count"),
    ("[scenario]", "[extra]\nx = 1\n[scenario]", "extra: unknown key; expected one of scenario, nodes, obje"),
    ("alt_m = 35786000", "range_m = 1", "nodes[0].sensors[1].range_m: unknown key"),
    ("duration_s = 600.0", "", "scenario.duration_s: missing; the key is required"),
    ('nation = "KOR"', "", "nodes[0].nation: missing; the key is required"),
    ('kind = "sonar"', "", "nodes[0].sensors[2].kind: missing; the key is required; expected one of radar,"),
    ('kind = "ballistic"', "", "objects[0].kind: missing; the key is required; expected one of ballistic, w"),
    ("sigma_range_m = 30.0", "", "nodes[0].sensors[0].sigma_range_m: missing; the key is required"),
    # wrong type
    ("seed = 7", 'seed = "7"', "scenario.seed: expected a whole number, got a string"),
    ("seed = 7", "seed = 7.5", "scenario.seed: expected a whole number, got a number"),
    ("duration_s = 600.0", "duration_s = true", "scenario.duration_s: expected a number, got a boolean"),
    ("start = 2024-06-27T00:00:00Z", "start = 2024-06-27", "scenario.start: expected a date and time, got `"),
    ("start = 2024-06-27T00:00:00Z", 'start = "soon"', "scenario.start: 'soon' cannot be used"),
    ("leaves_s = 400.0", 'leaves_s = "never"', "nodes[0].leaves_s: expected a number, got a string"),
    ("track = [[0.0, 36.7, 127.5]", "track = [[0.0, 36.7]", "nodes[0].sensors[0].track[0]: expected an arra"),
    ("[[0.0, 33.0, 127.0, 9000.0],", "[[0.0, 33.0, 127.0],", "objects[1].waypoints[0]: expected an array of"),
    ("vehicles = 3", "vehicles = 1.5", "objects[0].vehicles: expected a whole number, got a number"),
    # out of range
    ("lat_deg = 36.7", "lat_deg = 96.7", "nodes[0].sensors[0].lat_deg: expected a number <= 90.0, got 96.7"),
    ("launch_lon_deg = 125.7", "launch_lon_deg = -181", "objects[0].launch_lon_deg: expected a number >= -1"),
    ("pd = 0.95", "pd = 1.5", "nodes[0].sensors[0].pd: expected a number <= 1.0, got 1.5"),
    ("pd = 0.95", "pd = nan", "nodes[0].sensors[0].pd: expected a finite number, got nan"),
    ("range_km = 900.0", "range_km = inf", "nodes[0].sensors[0].range_km: expected a finite number, got inf"),
    ("period_s = 1.0\n  pd", "period_s = 0\n  pd", "nodes[0].sensors[0].period_s: expected a number >= 0.02"),
    ("duration_s = 600.0", "duration_s = -1", "scenario.duration_s: expected a number > 0.0, got -1"),
    ("report_period_s = 1.0", "report_period_s = 0.0", "nodes[0].report_period_s: expected a number >= 0.02"),
    ("sigma_range_m = 30.0", "sigma_range_m = 0", "nodes[0].sensors[0].sigma_range_m: expected a number > 0"),
    ("false_alarms_per_scan = 0.2", "false_alarms_per_scan = -1", "nodes[0].sensors[0].false_alarms_per_sca"),
    ("count = 10", "count = 0", "objects[2].synthetic.count: expected a whole number >= 1, got 0"),
    ('nation = "KOR"', 'nation = "kor"', "nodes[0].nation: expected a string matching regex '^[A-Z]{3}$', g"),
    ('id = "F1"', 'id = "F 1"', "objects[1].id: expected a string matching regex"),
    ('id = "F1"', 'id = "../F1"', "objects[1].id: expected a string matching regex"),
    ("start = 2024-06-27T00:00:00Z", "start = 1969-12-31T23:59:50Z", "scenario.start: expected from 1971-01"),
    ("start = 2024-06-27T00:00:00Z", "start = 1970-01-01T00:00:00Z", "scenario.start: expected from 1971-01"),
    ("start = 2024-06-27T00:00:00Z", "start = 0001-01-01T00:00:00Z", "scenario.start: expected from 1971-01"),
    ("start = 2024-06-27T00:00:00Z", "start = 2117-01-01T00:00:00Z", "scenario.start: expected from 1971-01"),
    ("start = 2024-06-27T00:00:00Z", "start = 2116-01-01T00:00:00Z", "scenario.start: expected from 1971-01"),
    ("start = 2024-06-27T00:00:00Z", "start = 9999-12-31T23:59:59Z", "scenario.start: expected from 1971-01"),
    ("duration_s = 600.0", f"duration_s = 1{'0' * 400}", "scenario.duration_s: number out of range, got 1"),
    ("[300, 60]", "[0, 0]", "nodes[0].sensors[0].azimuth_limits_deg: expected two bearings up to one turn a"),
    ("[300, 60]", "[-360, 360]", "nodes[0].sensors[0].azimuth_limits_deg: expected two bearings up to one"),
    ("[300, 60]", "[0, 721]", "nodes[0].sensors[0].azimuth_limits_deg[1]: expected a number <= 720.0"),
    ("[600.0, 33.5, 128.2, 9000.0]", "[1719536400.0, 33.5, 128.2, 9000.0]", "objects[1].waypoints[1][0]: ex"),
    ("[[0.0, 33.0, 127.0, 9000.0],", "[[-1e18, 33.0, 127.0, 9000.0],", "objects[1].waypoints[0][0]: expec"),
    ("[600.0, 33.5, 128.2, 9000.0]", "[1e-9, 33.5, 128.2, 9000.0]", "objects[1].waypoints[1]: 125 km in 1"),
    ("[600.0, 36.9, 127.9]", "[1e300, 36.9, 127.9]", "nodes[0].sensors[0].track[1][0]: expected -864000 to"),
    ("launch_s = 30.0", "launch_s = 1719536400.0", "objects[0].launch_s: expected up to 864000, got 1.71954"),
    ("launch_s = 30.0", "launch_s = -1e18", "objects[0].launch_s: expected up to 864000, got -1e+18"),
    ("duration_s = 1200 }", "duration_s = 1e15 }", "objects[2].synthetic.duration_s: expected up to 864000"),
    ("decoys = 1", "decoys = 1\nseparation_mps = 1e9", "objects[0].separation_mps: expected up to 1000, got"),
    ("decoys = 1", "decoys = 1\npull_up_g = 1e9", "objects[0].pull_up_g: expected up to 100, got 1e+09"),
    # not one of the words
    ('kind = "sonar"', 'kind = "lidar"', "nodes[0].sensors[2].kind: 'lidar' cannot be used; expected one of"),
    ('kind = "waypoints"', 'kind = "track"', "objects[1].kind: 'track' cannot be used; expected one of ball"),
    ('kind = "waypoints"\nenvironment = "AIR"', 'kind = "waypoints"\nenvironment = "LAND"', "objects[1].env"),
    ('identity = "FRIEND"', 'identity = "FOE"', "objects[1].identity: 'FOE' cannot be used; expected one of"),
    ('tracker = "ukf"', 'tracker = "pf"', "nodes[0].tracker: 'pf' cannot be used; expected one of ekf, ukf,"),
    # parts against each other
    ('id = "JPN-1"', 'id = "KOR-1"', "nodes[1].id: KOR-1 is already used by nodes[0]"),
    ('id = "F1"', 'id = "M1"', "objects[1].id: M1 is already used by objects[0]"),
    ('nation = "KOR"', 'nation = "JAP"', "nodes[0].nation: JAP is not an ISO 3166-1 alpha-3 country code"),
    ('["USA", "JPN", "KOR"]', '["USA", "UKR", "ENG"]', "nodes[0].releasable_to: ENG is not an ISO 3166-1"),
    ('["USA", "JPN", "KOR"]', '["USA", "USA"]', "nodes[0].releasable_to[1]: USA is already used by"),
    ('["USA", "JPN", "KOR"]', "[]", "nodes[0].releasable_to: expected at least one nation"),
    ("joins_s = 0.0", "joins_s = 400.0", "nodes[0].joins_s: expected less than 400 s, when the node leaves,"),
    ("leaves_s = 400.0\njoins_s = 0.0", "joins_s = 700.0", "nodes[0].joins_s: expected less than 600 s"),
    ("[600.0, 36.9, 127.9]", "[0.0, 36.9, 127.9]", "nodes[0].sensors[0].track[1][0]: times must increase, g"),
    ("[600.0, 33.5, 128.2, 9000.0]", "[-1.0, 33.5, 128.2, 9000.0]", "objects[1].waypoints[1][0]: times must"),
    ("min_elevation_deg = -2", "min_elevation_deg = 85", "nodes[0].sensors[0].min_elevation_deg: expected l"),
    ("min_range_km = 2", "min_range_km = 900", "nodes[0].sensors[0].min_range_km: expected less than range_"),
    ("min_target_alt_m = -50", "min_target_alt_m = 2e6", "nodes[0].sensors[0].min_target_alt_m: expected le"),
    ("resolution_angle_mrad = 3", "", "nodes[0].sensors[0].resolution_range_m: expected together with"),
    ("range_km = 933.0", "range_km = 20500", "objects[0].range_km: expected 1 to 19000 km, got 20500"),
    ("apogee_km = 2802.0", "apogee_km = 1", "objects[0].apogee_km: expected 5 to 20000 km, got 1"),
    ("burn_s = 145.0", "burn_s = 0.5", "objects[0].burn_s: expected 1 to 1000 s, got 0.5"),
    ("separates_s = 200.0", "", "objects[0].separates_s: missing; it says when"),
    ("vehicles = 3\ndecoys = 1", "", "objects[0].vehicles: expected at least one vehicle or decoy"),
    ("decoys = 1", "decoys = 1\nfails_s = 60", "objects[0].fails_s: a missile that fails"),
    ('tracker = "ukf"', RULE.format('[]', '["USA"]'), "nodes[0].releases[0].environments: expected"),
    ('tracker = "ukf"', RULE.format('["CLOUD"]', '["USA"]'), CLOUD),
    ('tracker = "ukf"', RULE.format('["AIR", "AIR"]', '["USA"]'), "nodes[0].releases[0].environments[1]: A"),
    ('tracker = "ukf"', RULE.format('["AIR"]', "[]"), "nodes[0].releases[0].releasable_to: expected at"),
    ('tracker = "ukf"', RULE.format('["AIR"]', '["ENG"]'), "nodes[0].releases[0].releasable_to: ENG is not"),
    ("[[objects]]", JOINER.format("JPN", 600), "accessions[0].joins_s: expected less than 600 s"),
    ("[[objects]]", JOINER.format("AUS", 60), "accessions[0].nation: expected the nation of some node"),
    ("[[objects]]", JOINER.format("JPN", 60), "accessions[0]: node JPN-1 is there from 0 s"),
    ("separates_s = 200.0\nvehicles = 3\ndecoys = 1", "fragments = 3", "objects[0].fails_s: missing"),
]  # fmt: skip


@pytest.mark.parametrize(("right", "wrong", "message"), WRONG)
def test_what_is_wrong_is_said(tmp_path: Path, right: str, wrong: str, message: str) -> None:
    assert right in EXAMPLE
    assert refusal(tmp_path, EXAMPLE.replace(right, wrong, 1)).startswith(message)


@pytest.mark.parametrize("limits", ["[0.0, 360.0]", "[-180, 180]", "[90, 450]", "[180, -180]", "[360, 0]"])
def test_limits_a_whole_turn_apart_are_the_full_circle(tmp_path: Path, limits: str) -> None:
    file = tmp_path / "full.toml"
    file.write_text(EXAMPLE.replace("[300, 60]", limits), encoding="utf-8")
    plain = EXAMPLE.replace("azimuth_limits_deg = [300, 60]", "")
    (tmp_path / "plain.toml").write_text(plain, encoding="utf-8")
    assert load(str(file)).nodes == load(str(tmp_path / "plain.toml")).nodes


@pytest.mark.parametrize("limits", ["[300, 60]", "[-60, 60]", "[300, 420]"])
def test_limits_that_leave_some_of_it_stay(tmp_path: Path, limits: str) -> None:
    file = tmp_path / "part.toml"
    file.write_text(EXAMPLE.replace("[300, 60]", limits), encoding="utf-8")
    kept = load(str(file)).nodes[0].sensors[0].azimuth_limits_deg
    assert kept is not None
    assert (kept[1] - kept[0]) % 360.0 == 120.0


def test_a_byte_order_mark_is_read(tmp_path: Path) -> None:
    file = tmp_path / "marked.toml"
    file.write_bytes(b"\xef\xbb\xbf" + EXAMPLE.encode())
    assert load(str(file)).name == "example"


def test_files_that_are_no_scenario(tmp_path: Path) -> None:
    assert refusal(tmp_path, "").startswith("scenario: missing; the key is required")
    assert refusal(tmp_path, "[scenario").startswith("not valid TOML: ")
    assert refusal(tmp_path, EXAMPLE.split("[[nodes]]")[0]).startswith("nodes: missing; the key is required")
    assert refusal(tmp_path, "nodes = []\n" + EXAMPLE.split("[[nodes]]")[0]).startswith(
        "nodes: expected an array of length >= 1"
    )
    assert refusal(tmp_path, f"x = 1{'0' * 5000}").startswith("not valid TOML: Exceeds the limit")
    assert len(refusal(tmp_path, EXAMPLE.replace('"example"', f'"{"a" * 100_000}"'))) < 300
    assert refusal(tmp_path, "x = " + "[" * 10_000).startswith("nested too deeply")
    assert refusal(tmp_path, "x = " + "{a=" * 10_000).startswith("nested too deeply")
    (tmp_path / "bad.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(BadInput, match="cannot be read as UTF-8 text"):
        load(str(tmp_path / "bad.toml"))


@pytest.mark.parametrize("name", ["no_such_scenario", "no/such/file.toml", "../freedom_edge", ""])
def test_a_name_that_is_nothing_lists_what_there_is(name: str) -> None:
    with pytest.raises(
        BadInput, match=r"no such scenario file, and not one of the built-in ones: .*freedom_edge"
    ):
        load(name)


def test_a_folder_is_no_scenario(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no such scenario file"):
        load(str(tmp_path))


def test_a_built_in_is_found_by_name() -> None:
    assert load("freedom_edge") == load(str(builtin_folder() / "freedom_edge.toml"))


def test_lasting_changes_the_duration_alone() -> None:
    whole = load("freedom_edge")
    assert lasting(whole, None) is whole
    short = lasting(whole, 60)
    assert short.duration_s == 60.0
    assert (short.nodes, short.objects, short.seed) == (whole.nodes, whole.objects, whole.seed)
    for wrong in (0.0, -1.0, 1e9, float("nan"), float("inf")):
        with pytest.raises(BadInput, match="duration"):
            lasting(whole, wrong)


def test_nations() -> None:
    assert all(map(is_nation, ("USA", "JPN", "KOR", "AUS", "PHL", "TWN", "XXA", "QMZ", "AAA", "ZZZ")))
    assert not any(map(is_nation, ("JAP", "ROK", "ENG", "usa", "US", "", "USAA", "QAA")))


values = st.recursive(
    st.none() | st.booleans() | st.integers(-10, 10) | st.floats() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["id", "kind", "x"]), inner, max_size=3)
    ),
    max_leaves=5,
)


@given(st.integers(0, 200), values)
def test_any_line_may_hold_anything_and_is_read_or_refused(
    tmp_path_factory: Any, line: int, value: Any
) -> None:
    """Whatever a key's value is replaced by, the file is read or refused with BadInput."""
    lines = EXAMPLE.splitlines()
    keys = [i for i, text in enumerate(lines) if " = " in text]
    at = keys[line % len(keys)]
    lines[at] = lines[at].split(" = ")[0] + " = " + toml(value)
    file = tmp_path_factory.getbasetemp() / "any.toml"
    file.write_text("\n".join(lines), encoding="utf-8")
    with suppress(BadInput):
        load(str(file))


def toml(value: Any) -> str:
    """A value in TOML's notation; None, which it lacks, as nothing."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return '"' + "".join(f"\\U{ord(c):08x}" for c in value if not 0xD800 <= ord(c) < 0xE000) + '"'
    if isinstance(value, list):
        return "[" + ", ".join(toml(v) for v in value if v is not None) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{k} = {toml(v)}" for k, v in value.items() if v is not None) + "}"
    return repr(value)
