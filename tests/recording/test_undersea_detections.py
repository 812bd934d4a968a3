"""How a recording's echoes, towed arrays and faint bearings become columns for the score."""

from dataclasses import replace

import numpy as np
import pymap3d
import pytest

from fusion.contract import RADAR, SONAR
from fusion.physics.geodesy import enu_axes, geodetic2ecef
from nodes.recording.tables import DetectionColumns
from nodes.sensing.scan import Ping, Scan
from nodes.sensing.wire import to_message
from nodes.simulation.source import to_origins

LAT, LON, NS = 36.0, 131.0, 10**9
EARS, AXES = np.array(geodetic2ecef(LAT, LON, 0.0)), enu_axes(LAT, LON)
BEARINGS = Scan(
    100 * NS,
    0,
    "sonar",
    EARS,
    AXES,
    np.array([0.04]),
    np.array([[0.5], [1.5]]),
    detection_sigma=np.array([[0.05], [0.1]]),
)


def columns(scan: Scan, *owner: str) -> DetectionColumns:
    found = DetectionColumns({"A": 0, "B": 1}, {"N": [200 * NS]})
    found.add(to_message(scan, "N", 1, 1))
    found.add_origins(to_origins(scan, owner, "N", 1, 1))
    return found


def test_an_echo_is_a_range_at_the_time_of_the_hit() -> None:
    """Its scatter about the truth is what the columns say, to a tenth."""
    source = np.array(pymap3d.enu2ecef(6_000.0, 3_000.0, -30.0, LAT, LON, 0.0))
    target = np.array(pymap3d.enu2ecef(-2_000.0, 5_000.0, -100.0, LAT, LON, 0.0))
    out_m, away_m = np.linalg.norm(target - source), np.linalg.norm(target - EARS)
    azimuth = np.radians(pymap3d.ecef2aer(*target, LAT, LON, 0.0)[0])
    rng, off = np.random.default_rng(3), []
    for _ in range(400):
        z = np.array([out_m + away_m, azimuth]) + [80.0, 0.03] * rng.standard_normal(2)
        ping = Ping(80 * NS, source, 1_500.0)
        scan = Scan(100 * NS, 0, "multistatic", EARS, AXES, np.array([80.0, 0.03]), z[None], ping=ping)
        table = columns(scan, "A").table()
        assert table is not None
        assert table.kind.tolist() == [RADAR]
        assert table.time_ns[0] * 1e-9 == pytest.approx(80.0 + out_m / 1_500.0, abs=0.5)
        off.append((table.measurement[0, 0] - away_m) / table.sigma[0, 0])
    assert np.mean(off) == pytest.approx(0.0, abs=0.2)
    assert np.std(off) == pytest.approx(1.0, abs=0.1)


def test_faint_and_clear_bearings_keep_their_own_sigma() -> None:
    table = columns(BEARINGS, "A", "B").table()
    assert table is not None
    assert table.kind.tolist() == [SONAR, SONAR]
    assert table.sigma[:, 1].tolist() == [0.05, 0.1]
    assert table.object.tolist() == [0, 1]
    assert table.measurement[:, 1].tolist() == [0.5, 1.5]


def test_a_towed_array_shows_its_contacts_and_tells_no_place() -> None:
    table = columns(replace(BEARINGS, detection_sigma=None, axis_rad=0.3), "A", "").table()
    assert table is not None
    assert (table.kind.tolist(), table.object.tolist()) == ([0], [0])


def test_what_does_not_fit_is_refused() -> None:
    broken = to_message(BEARINGS, "N", 1, 1)
    del broken.detection_sigma[1:]
    with pytest.raises(ValueError, match="do not fit"):
        DetectionColumns({}, {}).add(broken)
    broken = to_message(BEARINGS, "N", 1, 1)
    broken.ping_position.extend([1.0, 2.0, 3.0])
    with pytest.raises(ValueError, match="do not fit"):
        DetectionColumns({}, {}).add(broken)
