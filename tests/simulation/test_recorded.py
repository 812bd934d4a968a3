"""Recorded traffic: a file's rows, in whatever form its times and bytes come, and the paths through them.

Oracles: pymap3d, Vincenty's great circles on the ellipsoid among it.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pymap3d
import pytest
from pymap3d.vincenty import vreckon

from nodes.errors import BadInput
from nodes.simulation.knots import Bundle, Trajectory
from nodes.simulation.recorded import Traffic, recorded_traffic
from nodes.simulation.spec import Recorded
from nodes.simulation.traffic_file import LATEST_S

HEADER = "time_s,object_id,lat_deg,lon_deg,alt_m"
START_NS = 1_719_536_400 * 10**9  # 2024-06-28T01:00:00Z
Row = tuple[object, str, float, float, float]


def text_of(rows: Sequence[Row]) -> str:
    return "\n".join([HEADER, *(",".join(map(str, row)) for row in rows)]) + "\n"


def read(
    folder: Path,
    content: str | bytes | Sequence[Row],
    environment: str = "AIR",
    start_s: float = 0.0,
    until_s: float = LATEST_S,
) -> Traffic:
    """The traffic of a file with this content."""
    file = folder / "rows.csv"
    if not isinstance(content, str | bytes):
        content = text_of(content)
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    spec = Recorded(id="r", file="rows.csv", environment=environment, start_s=start_s)  # type: ignore[arg-type]
    return recorded_traffic(spec, file, START_NS, until_s)


def north(seconds: int = 61, name: str = "A", time: object = None, lat: float = 34.0) -> list[Row]:
    """An aircraft going north at 250 m/s, a row a second."""
    return [(k, name, lat + 0.00225 * k, 139.3, 9000.0) for k in range(seconds)]


def off_m(path: Trajectory, rows: Sequence[Row], start_s: float = 0.0) -> float:
    """How far the path is from the rows at the worst. All must be within its time."""
    bundle, worst = Bundle([path]), 0.0
    for time, _, lat, lon, alt in rows:
        alive, state = bundle.at(float(str(time)) + start_s)
        assert len(alive) == 1, f"not there at {time} s"
        there = np.array(pymap3d.geodetic2ecef(lat, lon, alt))
        worst = max(worst, float(np.linalg.norm(state[0, :3] - there)))
    return worst


def speeds_and_accelerations(path: Trajectory) -> tuple[np.ndarray, np.ndarray]:
    velocity = path.state[:, 3:]
    gain = np.linalg.norm(np.diff(velocity, axis=0), axis=1) / np.diff(path.time_s)
    return np.linalg.norm(velocity, axis=1), gain


# --- the path goes through the rows, wherever on the Earth


GREAT_CIRCLES = {
    "Seoul to New York": (37.5, 126.5, 11.0, 30.0),
    "London to Tokyo": (51.5, -0.4, 31.0, 30.0),
    "over the north pole": (82.0, 20.0, 0.0, 30.0),
    "over the south pole": (-85.0, -100.0, 180.0, 10.0),
    "beside the pole": (89.0, 0.0, 70.0, 5.0),
    "along the equator, over 180": (0.0, 179.0, 90.0, 20.0),
    "south, over 0": (-50.0, 0.5, 250.0, 20.0),
}


@pytest.mark.parametrize("flight", GREAT_CIRCLES)
def test_a_great_circle_is_flown_through_its_rows(tmp_path: Path, flight: str) -> None:
    lat0, lon0, azimuth, every_s = GREAT_CIRCLES[flight]
    time = np.arange(0.0, 200 * every_s, every_s)
    lat, lon = vreckon(lat0, lon0, 250.0 * time, azimuth)
    rows: list[Row] = [
        (t, "X", float(la), (float(lo) + 180.0) % 360.0 - 180.0, 11_000.0)
        for t, la, lo in zip(time, lat, lon, strict=True)
    ]
    path = read(tmp_path, rows).paths["X"]
    assert off_m(path, rows) < 1.0
    speeds, gain = speeds_and_accelerations(path)
    assert speeds == pytest.approx(250.0, rel=0.01)
    assert gain.max() < 0.1


@pytest.mark.parametrize(
    ("lat0", "lon"),
    [
        (-17.0, (179.9997, -179.9997)),
        (40.0, (0.0003, 359.9997)),
        (40.0, (0.0003, -0.0003)),
        (40.0, (180.0, -180.0)),
    ],
)
def test_a_flight_along_the_meridian_where_longitudes_jump(
    tmp_path: Path, lat0: float, lon: tuple[float, float]
) -> None:
    rows: list[Row] = [(4.0 * k, "X", lat0 + 0.009 * k, lon[k % 2], 9000.0) for k in range(31)]
    path = read(tmp_path, rows).paths["X"]
    assert (path.time_s[0], path.time_s[-1]) == (0.0, 120.0)
    assert off_m(path, rows) < 40.0, "31 m to either side: the path goes between"
    assert speeds_and_accelerations(path)[0] == pytest.approx(250.0, rel=0.01)


@pytest.mark.parametrize("every_s", [0.2, 0.25, 0.4, 0.49, 1.0])
def test_rows_that_come_fast_make_the_same_path(tmp_path: Path, every_s: float) -> None:
    count = int(60.0 / every_s) + 1
    rows: list[Row] = [(every_s * k, "X", 34.0 + 0.00225 * every_s * k, 139.0, 9000.0) for k in range(count)]
    path = read(tmp_path, rows).paths["X"]
    assert (path.time_s[0], path.time_s[-1]) == (rows[0][0], rows[-1][0])
    assert off_m(path, rows) < 1.0
    assert speeds_and_accelerations(path)[0] == pytest.approx(249.93, abs=0.1)


def test_a_long_gap_is_crossed_along_the_great_circle_at_its_height(tmp_path: Path) -> None:
    """Two hours without a row: a straight line through the Earth would pass 60 km below."""
    time = np.concatenate([np.arange(0.0, 300.0, 10.0), np.arange(7500.0, 7800.0, 10.0)])
    lat, lon = vreckon(60.0, 170.0, 240.0 * time, 60.0)
    rows: list[Row] = [
        (t, "X", float(la), float(lo), 10_000.0) for t, la, lo in zip(time, lat, lon, strict=True)
    ]
    path = read(tmp_path, rows).paths["X"]
    height = pymap3d.ecef2geodetic(*path.state[:, :3].T)[2]
    assert height == pytest.approx(10_000.0, abs=5.0)
    assert speeds_and_accelerations(path)[0] == pytest.approx(240.0, rel=0.01)


def test_of_a_long_recording_the_exercise_takes_its_part_unchanged(tmp_path: Path) -> None:
    rows: list[Row] = [
        (10.0 * k - 3000.0, "X", 34.0 + 0.01 * np.sin(k / 9.0), 139.0, 900.0) for k in range(2000)
    ]
    rows += [(k, "LATER", 10.0, 10.0, 0.0) for k in range(500, 600)]
    whole, part = read(tmp_path, rows), read(tmp_path, rows, until_s=60.0)
    assert list(part.paths) == ["X"]
    assert len(part.paths["X"].time_s) < 16
    for t in (0.0, 0.1, 33.3, 59.99, 60.0):
        (alive, here), (_, there) = Bundle([part.paths["X"]]).at(t), Bundle([whole.paths["X"]]).at(t)
        assert len(alive) == 1
        assert here[0] == pytest.approx(there[0], abs=1e-6)


# --- real traffic


def test_recorded_aircraft_fly_plausibly(shared_data: Path) -> None:
    spec = Recorded(id="t", file="air_traffic.csv", environment="AIR")
    paths = recorded_traffic(spec, shared_data / "air_traffic.csv", 0).paths
    assert len(paths) == 78
    for object_id, path in paths.items():
        speeds, gain = speeds_and_accelerations(path)
        assert speeds.max() < 300.0, object_id
        assert gain.max() < 2.0 * 9.81, object_id


def test_recorded_ships_sail_plausibly(shared_data: Path) -> None:
    spec = Recorded(id="s", file="shipping.csv", environment="SURFACE")
    paths = recorded_traffic(spec, shared_data / "shipping.csv", 0).paths
    assert len(paths) == 81
    for object_id, path in paths.items():
        speeds, gain = speeds_and_accelerations(path)
        assert speeds.max() < 25.0, object_id
        assert gain.max() < 0.05 * 9.81, object_id
        assert np.abs(pymap3d.ecef2geodetic(*path.state[:, :3].T)[2]).max() < 1e-3, object_id


# --- rows that are mistaken, doubled, alone


def test_a_recording_is_followed_and_its_blunders_are_not(tmp_path: Path) -> None:
    """A smooth flight with jitter, irregular times, one false height and one false place, also at the end."""
    rng = np.random.default_rng(3)
    time = np.cumsum(rng.uniform(5.0, 15.0, 60))

    def true(t: np.ndarray) -> np.ndarray:
        return np.stack([32.0 + 0.0018 * t, 126.0 + 0.05 * np.sin(t / 100.0), 9000.0 + 3.0 * t], axis=-1)

    rows = true(time) + rng.normal(0.0, 1.0, (60, 3)) * [2e-5, 2e-5, 4.0]
    rows[20, 2] += 4000.0
    rows[40, 0] += 0.5
    rows[59, 2] -= 5000.0
    traffic = read(tmp_path, [(float(t), "x", *map(float, row)) for t, row in zip(time, rows, strict=True)])
    path = traffic.paths["x"]
    assert traffic.remarks == (
        f"{tmp_path / 'rows.csv'}: of 60 rows are left out: 3 where the object cannot have been",
    )
    assert path.time_s[0] == pytest.approx(time[0], abs=1e-3)
    assert path.time_s[-1] == pytest.approx(time[58], abs=1e-3), (
        "the last row is a blunder: it is not flown to"
    )
    off = np.linalg.norm(
        path.state[:, :3] - np.stack(pymap3d.geodetic2ecef(*true(path.time_s).T), axis=-1), axis=1
    )
    assert np.sqrt(np.mean(off**2)) < 15.0
    assert off.max() < 60.0
    slope = np.gradient(np.stack(pymap3d.geodetic2ecef(*true(path.time_s).T), axis=-1), path.time_s, axis=0)
    assert np.linalg.norm(path.state[2:-2, 3:] - slope[2:-2], axis=1).max() < 5.0


def test_short_and_doubled_recordings(tmp_path: Path) -> None:
    traffic = read(
        tmp_path,
        [
            (0.0, "once", 32.0, 126.0, 0.0),
            (0.0, "twice", 32.0, 126.0, 0.0),
            (10.0, "twice", 32.001, 126.0, 0.0),
            (0.0, "doubled", 32.0, 126.0, 0.0),
            (0.0, "doubled", 32.0, 126.0, 0.0),
            (0.001, "doubled", 32.0001, 126.0, 0.0),
            (20.0, "doubled", 32.002, 126.0, 0.0),
            (10.0, "doubled", 32.001, 126.0, 0.0),
        ],
        start_s=7.0,
    )
    assert sorted(traffic.paths) == ["doubled", "twice"]
    assert traffic.paths["twice"].time_s[0] == 7.0
    for path in traffic.paths.values():
        assert np.linalg.norm(path.state[:, 3:], axis=1) == pytest.approx(11.09, abs=0.05)
    assert traffic.remarks == (f"{tmp_path / 'rows.csv'}: of 3 objects 1 left out, with too few rows: once",)


def test_every_row_twice_changes_nothing(tmp_path: Path) -> None:
    rows = north()
    once, twice = read(tmp_path, rows), read(tmp_path, [row for row in rows for _ in range(2)])
    assert np.array_equal(once.paths["A"].state, twice.paths["A"].state)
    assert twice.remarks == ()


# --- times


@pytest.mark.parametrize("odd", [1_742_963_444, -1_742_963_444, 1.7e18, LATEST_S + 1.0])
def test_one_row_at_an_impossible_time_is_left_out_counted_and_named(tmp_path: Path, odd: float) -> None:
    rows = north()
    traffic = read(tmp_path, [*rows, (odd, "A", 34.0, 139.3, 9000.0)])
    assert off_m(traffic.paths["A"], rows) < 1.0
    (remark,) = traffic.remarks
    assert "of 62 rows are left out: 1 at a time that no exercise has, the first in line 63 at " in remark


def test_unix_seconds_are_moments(tmp_path: Path) -> None:
    rows = north()
    unix = [(START_NS // 10**9 + 5 + int(str(row[0])), *row[1:]) for row in rows]
    path = read(tmp_path, unix).paths["A"]
    assert (path.time_s[0], path.time_s[-1]) == (5.0, 65.0)
    assert off_m(path, rows, start_s=5.0) < 1.0
    traffic = read(tmp_path, [*unix, (7, "A", 34.0, 139.3, 9000.0)])
    assert off_m(traffic.paths["A"], rows, start_s=5.0) < 1.0
    assert "1 at a time that no exercise has, the first in line 63 at 7 s" in traffic.remarks[0]


@pytest.mark.parametrize(
    "form", ["2024-06-28T01:00:{:02d}Z", "2024-06-28 10:00:{:02d}+09:00", "20240628T0100{:02d}+0000"]
)
def test_iso_times_with_a_zone_are_moments(tmp_path: Path, form: str) -> None:
    rows = north(60)
    path = read(tmp_path, [(form.format(int(str(row[0]))), *row[1:]) for row in rows]).paths["A"]
    assert (path.time_s[0], path.time_s[-1]) == (0.0, 59.0)
    assert off_m(path, rows) < 1.0


def test_a_file_of_another_day_is_refused_with_what_to_write(tmp_path: Path) -> None:
    rows = [(f"2023-06-28T01:00:{k:02d}Z", *row[1:]) for k, row in enumerate(north(60))]
    with pytest.raises(BadInput, match=r"366\.0 days before .* start_s = 31622400\.0") as refused:
        read(tmp_path, rows)
    assert "\n" not in str(refused.value)
    assert read(tmp_path, rows, start_s=31_622_400.0).paths["A"].time_s[0] == 0.0


@pytest.mark.parametrize("factor", [1e3, 1e6, 1e9])
def test_a_file_in_unix_milliseconds_is_refused_in_one_line(tmp_path: Path, factor: float) -> None:
    rows = [(int(1_719_536_400 * factor) + k, *row[1:]) for k, row in enumerate(north())]
    with pytest.raises(BadInput, match=r"rows\.csv: its rows lie between .* days after"):
        read(tmp_path, rows)


def test_objects_that_are_never_there_are_spoken_of(tmp_path: Path) -> None:
    rows: list[Row] = [(7200.0 + k, "A", 34.0 + 0.00225 * k, 139.3, 9000.0) for k in range(60)]
    traffic = read(tmp_path, rows, until_s=60.0)
    assert traffic.paths == {}
    assert "none of its objects is there in the 60 s of the exercise" in traffic.remarks[0]


# --- bytes and cells


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\n\n"])
def test_files_as_others_write_them(tmp_path: Path, encoding: str, newline: str) -> None:
    rows = north(20, name="전투기")
    content = text_of(rows).replace("\n", newline).encode(encoding)
    mark = {"utf-16-le": b"\xff\xfe", "utf-16-be": b"\xfe\xff"}.get(encoding, b"")
    assert off_m(read(tmp_path, mark + content).paths["전투기"], rows) < 1.0


def test_quoted_cells_are_cells(tmp_path: Path) -> None:
    text = HEADER + "\n" + "".join(f'"{k}","A, ""the first""",34,{139.0 + k / 1000},0\n' for k in range(9))
    assert list(read(tmp_path, text).paths) == ['A, "the first"']


REFUSED = {
    "other columns": (
        "a,b\n1,2\n",
        "line 1: expected the columns time_s,object_id,lat_deg,lon_deg,alt_m, got a,b",
    ),
    "nothing": ("", "line 1: expected the columns"),
    "a byte-order mark alone": (b"\xef\xbb\xbf", "line 1: expected the columns"),
    "no row": (HEADER + "\n", "holds no row"),
    "blank lines": (HEADER + "\n\n\n", "holds no row"),
    "a word for a number": (f"{HEADER}\n0,x,32,126,zero\n", "line 2: expected a number, got 'zero'"),
    "too few cells": (f"{HEADER}\n0,x,32\n", "line 2: expected 5 cells, got 3"),
    "decimal commas": (f"{HEADER}\n0,A,34,35,139,3,9000\n", "line 2: expected 5 cells, got 7"),
    "decimal commas, quoted": (f'{HEADER}\n0,A,"34,35",139,0\n', "line 2: expected a number, got '34,35'"),
    "one comma too many": (
        f"{HEADER}\n0,A,34,139,9000\n1,A,34,139,9000,\n",
        "line 3: expected 5 cells, got 6",
    ),
    "semicolons": (f"{HEADER.replace(',', ';')}\n0;A;34;139;0\n", "line 1: expected the columns"),
    "not a number": (f"{HEADER}\n0,x,nan,126,0\n", "line 2: expected a finite number"),
    "an endless height": (f"{HEADER}\n0,x,32,126,inf\n", "line 2: expected a finite number"),
    "beyond the pole": (f"{HEADER}\n0,x,95,126,0\n", "line 2: expected a place on the Earth"),
    "beyond the moon": (f"{HEADER}\n0,x,32,126,1e12\n", "line 2: expected a place on the Earth"),
    "nobody": (f"{HEADER}\n0,,32,126,0\n", "line 2: expected an object_id"),
    "a name without an end": (f"{HEADER}\n0,{'x' * 65},32,126,0\n", "line 2: expected an object_id"),
    "an open quote": (f'{HEADER}\n0,A,34,139,0\n1,"A,34,139,0\n', "line 3: not valid CSV"),
    "a cell without an end": (f"{HEADER}\n0,{'x' * 200_000},32,126,0\n", "line 2: not valid CSV"),
    "a time without a zone": (f"{HEADER}\n2024-06-28T01:00:00,A,34,139,0\n", "line 2: the time has no zone"),
    "a time that is none": (
        f"{HEADER}\nnoon,A,34,139,0\n",
        "line 2: expected a number of seconds, or a date",
    ),
    "a date among seconds": (
        f"{HEADER}\n0,A,34,139,0\n2024-06-28T01:00:01Z,A,34,139,0\n",
        "line 3: expected a",
    ),
    "not text": (b"\xff\xff\x00\x80", "cannot be read as text"),
    "Latin-1": (f"{HEADER}\n0,Zürich,34,139,0\n".encode("latin-1"), "cannot be read as text in UTF-8"),
    "half a character": (HEADER.encode("utf-16")[:-1], "cannot be read as text"),
    "one row": (f"{HEADER}\n0,A,34,139,0\n", "no object has two rows"),
    "one moment": (f"{HEADER}\n0,A,34,139,0\n0,A,34,139,0\n", "no object has two rows"),
    "places that none can have had": (f"{HEADER}\n0,A,34,139,0\n1,A,-34,139,0\n", "no object has two rows"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_cannot_be_used_is_refused_in_one_line(tmp_path: Path, what: str) -> None:
    content, said = REFUSED[what]
    with pytest.raises(BadInput) as refused:
        read(tmp_path, content)
    assert str(refused.value).startswith(f"file: {tmp_path / 'rows.csv'}: ")
    assert said in str(refused.value)
    assert len(str(refused.value)) < 400 + len(str(tmp_path))
    assert "\n" not in str(refused.value)


def test_a_file_is_bounded_in_rows_and_objects(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nodes.simulation.traffic_file.ROWS_MAX", 100)
    monkeypatch.setattr("nodes.simulation.traffic_file.OBJECTS_MAX", 3)
    with pytest.raises(BadInput, match="line 102: more than 100 rows"):
        read(tmp_path, north(101))
    with pytest.raises(BadInput, match="line 8: more than 3 objects"):
        read(tmp_path, [row for name in "ABCD" for row in north(2, name)])


def test_a_folder_in_place_of_the_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "rows.csv").mkdir()
    spec = Recorded(id="r", file="rows.csv", environment="AIR")
    with pytest.raises(BadInput, match=r"rows\.csv: cannot be read"):
        recorded_traffic(spec, tmp_path / "rows.csv", 0)
