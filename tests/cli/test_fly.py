"""The commands ``fly`` and ``scenarios``: their JSON, and one clear line where the input is wrong."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from nodes.cli import main


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments, standalone_mode=True)


def test_fly_writes_the_agreed_keys(tmp_path: Path) -> None:
    out = tmp_path / "flight.json"
    result = run("fly", "--apogee-km", "300", "--range-km", "1000", "--burn-s", "130", "--json", str(out))
    assert result.exit_code == 0, result.output
    flight = json.loads(out.read_text(encoding="utf-8"))
    assert flight.keys() >= {"flight_time_s", "apogee_km", "range_km", "burnout"}
    assert flight["burnout"].keys() == {"time_s", "altitude_km", "speed_mps", "flight_path_deg"}
    assert flight["apogee_km"] == pytest.approx(300.0, rel=1e-3)
    assert flight["range_km"] == pytest.approx(1000.0, rel=1e-3)
    assert flight["burnout"]["time_s"] == 130.0
    assert 60.0 < flight["burnout"]["altitude_km"] < 150.0
    assert 2000.0 < flight["burnout"]["speed_mps"] < 3500.0
    assert 30.0 < flight["burnout"]["flight_path_deg"] < 60.0
    assert "apogee       300.0 km" in result.stdout


def test_json_on_standard_output_is_nothing_but_json() -> None:
    result = run("fly", "--apogee-km", "100", "--range-km", "400", "--json", "-")
    assert result.exit_code == 0
    assert json.loads(result.stdout)["apogee_km"] == pytest.approx(100.0, rel=1e-3)
    assert "flight time" in result.stderr


def test_the_launch_point_and_bearing_are_the_callers() -> None:
    result = run(
        "fly", "--apogee-km", "100", "--range-km", "111.2", "--azimuth-deg", "0", "--lat-deg", "10",
        "--lon-deg", "20", "--json", "-",
    )  # fmt: skip
    impact = json.loads(result.stdout)["impact"]
    assert impact["lat_deg"] == pytest.approx(11.005, abs=0.01)
    assert impact["lon_deg"] == pytest.approx(20.0, abs=0.01)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--apogee-km", "20", "--range-km", "2000"), "--apogee-km: 20 km is too low for a range of 2000 km"),
        (("--apogee-km", "1000", "--range-km", "30000"), "--range-km: expected 1 to 19000 km, got 30000"),
        (("--apogee-km", "-5", "--range-km", "100"), "--apogee-km: expected 5 to 20000 km, got -5"),
        (("--apogee-km", "0", "--range-km", "0"), "--range-km: expected 1 to 19000 km, got 0"),
        (("--apogee-km", "nan", "--range-km", "100"), "nan is not a finite number"),
        (("--apogee-km", "high", "--range-km", "100"), "high is not a finite number"),
        (("--apogee-km", "1e400", "--range-km", "100"), "1e400 is not a finite number"),
        (("--apogee-km", "100"), "Missing option '--range-km'"),
        (("--apogee-km", "100", "--range-km", "400", "--burn-s", "0"), "--burn-s: expected 1 to 1000 s"),
        (("--apogee-km", "1000", "--range-km", "1000", "--burn-s", "900"), "--burn-s: no flight that burns"),
        (("--apogee-km", "100", "--range-km", "400", "--lat-deg", "91"), "91 is not a number from -90 to 90"),
        (("--apogee-km", "100", "--range-km", "400", "--json", "/no/such/place.json"), "cannot write there"),
        (("--apogee-km", "100", "--range-km", "400", "--up"), "No such option"),
    ],
)  # fmt: skip
def test_nonsense_is_refused_in_one_line(arguments: tuple[str, ...], says: str) -> None:
    result = run("fly", *arguments)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert says in result.stderr
    assert result.stderr.count("\n") == 1
    assert "Traceback" not in result.stderr


def test_scenarios_lists_one_line_each(tmp_path: Path) -> None:
    out = tmp_path / "list.json"
    result = run("scenarios", "--json", str(out))
    assert result.exit_code == 0
    listed = json.loads(out.read_text(encoding="utf-8"))["scenarios"]
    lines = result.stdout.splitlines()
    assert len(lines) == len(listed)
    assert [line.split()[0] for line in lines] == [entry["name"] for entry in listed]
    default = next(entry for entry in listed if entry["name"] == "freedom_edge")
    assert default["duration_s"] == 1200.0
    assert default["nations"] == ["USA", "JPN", "KOR"]
    assert default["description"]
