"""Recordings in the formats of others, read back by readers that share no code with this project."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path
from typing import Any

import geojson
import numpy as np
import pymap3d
import pytest
from capvalidator import check_schema
from click.testing import CliRunner
from pymap3d.vincenty import vdist

from nodes.cli import main
from nodes.errors import BadInput
from nodes.gateways.csv_export import COLUMNS, COVARIANCE, STATE, write_csv
from nodes.gateways.geojson_export import collection
from nodes.gateways.moments import Moment, TrackRecord, moments
from nodes.recording import Recording
from nodes.recording.writer import Writer
from triwatch.v1 import envelope_pb2, picture_pb2, track_pb2, warning_pb2

START_NS = 1_719_446_400 * 10**9  # 2024-06-27T00:00:00Z
S = 10**9
SECONDS = 6


def states(t: int) -> np.ndarray:
    """Two tracks: an aircraft going north-east, and a missile, at second ``t``."""
    found = []
    for lat, lon, alt, enu in ((37.0, 129.0, 9e3, (150, 150, 0)), (39.0, 131.0, 400e3, (900, -200, 1500))):
        place = np.array(pymap3d.geodetic2ecef(lat, lon, alt))
        velocity = np.array(pymap3d.enu2uvw(*enu, lat, lon))
        found.append(np.concatenate([place + t * velocity, velocity]))
    return np.array(found)


def warning(t: int, burning: bool, **changes: Any) -> warning_pb2.MissileWarning:
    impact = picture_pb2.GroundPoint(
        lat_deg=40.0,
        lon_deg=140.0 + 0.01 * t,
        time_ns=START_NS + 600 * S,
        ellipse_95_major_m=20_000.0,
        ellipse_95_minor_m=5_000.0,
        ellipse_orientation_deg=60.0,
    )
    phase = picture_pb2.FLIGHT_PHASE_BOOST if burning else picture_pb2.FLIGHT_PHASE_FREE_FLIGHT
    launch = picture_pb2.GroundPoint(lat_deg=39.0, lon_deg=126.0, time_ns=START_NS - 60 * S)
    fields: dict[str, Any] = {
        "warning_id": "M2",
        "nation": "JPN",
        "status": warning_pb2.WARNING_STATUS_ALERT if t == 1 else warning_pb2.WARNING_STATUS_UPDATE,
        "revision": t,
        "time_ns": START_NS + t * S,
        "threatened": ["JPN"],
        "flight": picture_pb2.Flight(
            track=2, phase=phase, launch=launch, **{"reach" if burning else "impact": impact}
        ),
    }
    return warning_pb2.MissileWarning(**(fields | changes))


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    """Six seconds of a picture; the missile is warned of from the second on and burns until the third."""
    path = tmp_path / "run.mcap"
    covariance = np.zeros((2, 21))
    covariance[:, [0, 2, 5]] = 100.0**2
    with Writer(path) as writer:
        for t in range(SECONDS):
            now_ns = START_NS + t * S
            update = picture_pb2.PictureUpdate(
                nation="JPN",
                incarnation=1,
                sequence=t + 1,
                kind=picture_pb2.PICTURE_KIND_DELTA if t else picture_pb2.PICTURE_KIND_SNAPSHOT,
                time_ns=now_ns,
                node_id=["JPN-1", "KOR-1"],
                number=[2, 1],
                track_time_ns=[now_ns] * 2,
                state=states(t)[::-1].ravel(),
                covariance=covariance.ravel(),
                environment=[track_pb2.ENVIRONMENT_SPACE, track_pb2.ENVIRONMENT_AIR],
                identity=[track_pb2.IDENTITY_HOSTILE, track_pb2.IDENTITY_FRIEND],
                status=[track_pb2.TRACK_STATUS_MAINTAINING] * 2,
                contributor_count=[2, 1],
                contributors=[0, 1, 1],
                call_sign=["", 'A "quoted", name'],
            )
            writer.picture("JPN", update.SerializeToString(), now_ns, now_ns)
            if t:
                payload = warning(t, t < 3).SerializeToString()
                envelope = envelope_pb2.Envelope(payload=payload).SerializeToString()
                writer.warning("JPN", envelope, now_ns, now_ns)
    return path


def export(recording: Path, form: str, *more: str) -> Path:
    out = recording.parent / f"out.{form}"
    result = CliRunner().invoke(main, ["export", str(recording), "--to", form, "--out", str(out), *more])
    assert result.exit_code == 0, result.output
    return out


def test_csv_rows_are_the_states(recording: Path) -> None:
    with export(recording, "csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 2 * SECONDS
    aircraft, missile = rows[-2:]
    assert (aircraft["number"], missile["number"]) == ("1", "2")
    assert aircraft["call_sign"] == 'A "quoted", name'
    assert missile["contributors"].split() == ["JPN-1", "KOR-1"]
    assert (missile["environment"], missile["identity"]) == ("SPACE", "HOSTILE")
    assert missile["time"] == "2024-06-27T00:00:05.000Z"
    for row, state in zip((aircraft, missile), states(SECONDS - 1), strict=True):
        lat, lon, alt = pymap3d.ecef2geodetic(*state[:3])
        east, north, up = pymap3d.uvw2enu(*state[3:], lat, lon)
        assert float(row["lat_deg"]) == pytest.approx(lat, abs=1e-6)
        assert float(row["lon_deg"]) == pytest.approx(lon, abs=1e-6)
        assert float(row["alt_m"]) == pytest.approx(alt, abs=0.1)
        assert float(row["speed_mps"]) == pytest.approx(np.hypot(east, north), abs=0.01)
        assert float(row["course_deg"]) == pytest.approx(np.degrees(np.arctan2(east, north)) % 360, abs=0.01)
        assert float(row["climb_mps"]) == pytest.approx(up, abs=0.01)
        assert float(row["sigma_m"]) == pytest.approx(100.0)
        assert [float(row[name]) for name in STATE] == pytest.approx(state, abs=1e-3)
        for name in COVARIANCE:
            assert float(row[name]) == 100.0**2 * (name in ("cov_x_x_m2", "cov_y_y_m2", "cov_z_z_m2"))


def test_every_column_of_the_csv_is_described() -> None:
    page = (Path(__file__).parents[2] / "docs" / "exports.md").read_text(encoding="utf-8")
    assert len(COLUMNS) == len(set(COLUMNS)) == 17 + 6 + 21
    described = re.findall(r"`([a-z0-9_]+)`", page)
    assert [name for name in COLUMNS if name not in described] == []


def test_moments_are_as_far_apart_as_asked_and_the_last_is_among_them(recording: Path) -> None:
    times = [(m.time_ns - START_NS) // S for m in moments(Recording(recording), "JPN", 2.0)]
    assert times == [0, 2, 4, 5]


def test_geojson_is_valid_and_draws_the_ellipse(recording: Path) -> None:
    found = geojson.loads(export(recording, "geojson").read_text(encoding="utf-8"))
    assert found.is_valid, found.errors()
    by_id = {feature["id"]: feature for feature in found["features"]}
    assert set(by_id) == {"track-1", "track-2", "launch-M2", "impact-M2", "area-M2"}
    assert by_id["track-2"]["properties"]["contributors"] == ["JPN-1", "KOR-1"]
    lon, lat = by_id["impact-M2"]["geometry"]["coordinates"]
    ring = np.array(by_id["area-M2"]["geometry"]["coordinates"][0][0])
    away = [vdist(lat, lon, b, a)[0].item() for a, b in ring]
    assert max(away) == pytest.approx(20_000.0, rel=0.005)
    assert min(away) == pytest.approx(5_000.0, rel=0.01)
    assert signed_area(ring) > 0.0  # counter-clockwise


def test_geojson_at_a_time_has_no_impact_while_the_engine_burns(recording: Path) -> None:
    found = geojson.loads(export(recording, "geojson", "--at", "2").read_text(encoding="utf-8"))
    assert found["properties"]["time"] == "2024-06-27T00:00:02.000Z"
    assert [f["id"] for f in found["features"]] == ["track-1", "track-2", "launch-M2"]


@pytest.mark.parametrize("lon_deg", [179.98, -179.98])
def test_geojson_cuts_what_crosses_the_antimeridian(lon_deg: float) -> None:
    def area(lon: float) -> tuple[Any, float]:
        said = warning(4, False)
        said.flight.impact.lon_deg = lon
        made = collection(Moment(START_NS, (), (said,)), "JPN")
        polygons = geojson.loads(json.dumps(made))["features"][-1]["geometry"]
        assert polygons.is_valid, polygons.errors()
        return polygons["coordinates"], sum(signed_area(np.array(p[0])) for p in polygons["coordinates"])

    cut, total = area(lon_deg)
    whole, expected = area(140.0)
    assert (len(cut), len(whole)) == (2, 1)
    assert total == pytest.approx(expected, rel=1e-3)
    assert all(abs(lon) <= 180.0 for part in cut for lon, _ in part[0])


@pytest.mark.parametrize(
    ("lat_deg", "lon_deg"),
    [(90.0, 0.0), (89.99, 17.0), (89.9, -179.99), (-90.0, 0.0), (-89.95, 100.0), (-89.99, 180.0)],
)
def test_geojson_draws_one_ring_around_a_pole(lat_deg: float, lon_deg: float) -> None:
    said = warning(4, False)
    said.flight.impact.lat_deg, said.flight.impact.lon_deg = lat_deg, lon_deg
    said.flight.impact.ellipse_95_minor_m = 15_000.0
    made = geojson.loads(json.dumps(collection(Moment(START_NS, (), (said,)), "JPN")))["features"][-1]
    assert made["geometry"].is_valid, made["geometry"].errors()
    ((ring,),) = made["geometry"]["coordinates"]
    pole = np.sign(lat_deg) * 90.0
    assert signed_area(np.array(ring)) > 0.0  # counter-clockwise
    assert ring[0] == ring[-1]
    assert all(abs(lon) <= 180.0 for lon, _ in ring)
    assert [-180.0, pole] in ring
    assert [180.0, pole] in ring
    edge = [(lon, lat) for lon, lat in ring if lat != pole]
    lons = [lon for lon, _ in edge[:-1]] if pole > 0.0 else [-lon for lon, _ in edge[:-1]]
    assert lons == sorted(lons)
    # on a map the point itself lies between the ring's edge and the pole
    assert abs(lat_deg) >= np.interp(
        lon_deg, *zip(*sorted((lon, abs(lat)) for lon, lat in edge), strict=True)
    )
    away = [vdist(lat_deg, lon_deg, lat, lon)[0].item() for lon, lat in edge]
    assert max(away) == pytest.approx(20_000.0, rel=0.01)
    assert min(away) == pytest.approx(15_000.0, rel=0.02)


@pytest.mark.parametrize(
    ("east", "north", "course"), [(-1e-3, 250.0, 0.0), (-1e-16, 250.0, 0.0), (-0.5, 250.0, 359.89), (0, 0, 0)]
)
def test_courses_lie_below_360_and_nothing_is_minus_zero(east: float, north: float, course: float) -> None:
    record = TrackRecord(
        *(7, START_NS, "AIR", "FRIEND", "CONFIRMED", "", 0, 9, ("KOR-1",), np.zeros(3)),
        *(-1e-9, -1e-9, -0.01, float(np.hypot(east, north))),
        *(float(np.degrees(np.arctan2(east, north)) % 360.0), -1e-3, 100.0),
        *(np.full(6, -1e-9), np.full(21, -0.0)),
    )
    moment = Moment(START_NS, (record,), ())
    shown = collection(moment, "JPN")["features"][0]
    assert shown["properties"]["course_deg"] == course
    assert "-0.0" not in json.dumps(shown)
    file = io.StringIO()
    write_csv([moment], file)
    row = next(csv.DictReader(io.StringIO(file.getvalue())))
    assert float(row["course_deg"]) == course
    assert not any(cell.startswith("-0") for cell in row.values())


def test_a_picture_that_cannot_be_read_is_not_said_to_be_absent(tmp_path: Path) -> None:
    with Writer(tmp_path / "x.mcap") as writer:
        envelope = envelope_pb2.Envelope(payload=picture_pb2.PictureUpdate(nation="JPN").SerializeToString())
        writer.picture("JPN", envelope.SerializeToString(), START_NS, START_NS)
    with pytest.raises(BadInput, match=r"holds no picture of JPN that can be read$"):
        list(moments(Recording(tmp_path / "x.mcap"), "JPN"))


def test_czml_plays_the_states_and_the_ellipse_from_burnout_on(recording: Path) -> None:
    packets = json.loads(export(recording, "czml").read_text(encoding="utf-8"))
    assert [p["id"] for p in packets] == ["document", "track-1", "track-2", "launch-M2", "impact-M2"]
    samples = np.array(packets[2]["position"]["cartesian"]).reshape(-1, 4)
    assert samples[:, 0].tolist() == list(range(SECONDS))
    assert samples[:, 1:] == pytest.approx(np.array([states(t)[1, :3] for t in range(SECONDS)]), abs=0.06)
    ellipse = packets[4]["ellipse"]
    assert packets[4]["availability"] == "2024-06-27T00:00:03.000Z/2024-06-27T00:00:05.000Z"
    assert ellipse["rotation"][0]["number"] == pytest.approx(-np.radians(60.0))
    assert [v["number"] for v in ellipse["semiMajorAxis"]] == [20_000.0] * 2
    assert [v["interval"][11:19] for v in packets[4]["position"]] == ["00:00:03", "00:00:04"]


def test_czml_is_what_an_independent_library_reads(recording: Path) -> None:
    czml3 = pytest.importorskip("czml3", reason="czml3 is not installed (pip install czml3)")
    read = czml3.Document.model_validate(json.loads(export(recording, "czml").read_text(encoding="utf-8")))
    assert [p.id for p in read.packets] == ["document", "track-1", "track-2", "launch-M2", "impact-M2"]


def test_cap_messages_are_valid(recording: Path) -> None:
    files = sorted((export(recording, "cap") / "JPN").glob("triwatch-*.xml"))
    assert files
    assert all(check_schema(file.read_bytes()).passed for file in files)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--to", "asterix", "--out", "x"], "'asterix' is not one of 'cap', 'csv', 'czml', 'foxglove', "),
        (["--to", "csv", "--out", "/no/such/folder/x"], "cannot be written"),
        (["--to", "csv", "--out", "x", "--nation", "AUS"], "holds no picture of AUS; it holds those of JPN"),
        (["--to", "csv", "--out", "x", "--every", "nan"], "nan is not a number above 0"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(
    recording: Path,
    options: list[str],
    said: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(recording.parent)
    with pytest.raises(SystemExit) as ended:
        main(["export", str(recording), *options])
    assert ended.value.code == 2
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1
    assert said in lines[0]
    assert sorted(file.name for file in recording.parent.iterdir()) == [recording.name]


def signed_area(ring: np.ndarray) -> float:
    """Of a closed ring, positive where it goes counter-clockwise."""
    x, y = ring[:, 0], ring[:, 1]
    return 0.5 * float((x[:-1] * y[1:] - x[1:] * y[:-1]).sum())
