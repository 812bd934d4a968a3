"""Whether a true impact counts as inside an ellipse: against the outline that the exports draw."""

from __future__ import annotations

import numpy as np
import pytest

from nodes.gateways.ellipse import outline
from nodes.scoring.warnings import score_warnings
from triwatch.v1 import exercise_pb2, picture_pb2, warning_pb2


def scored(point: picture_pb2.GroundPoint, lat_deg: float, lon_deg: float) -> dict:
    said = warning_pb2.MissileWarning(
        status=warning_pb2.WARNING_STATUS_ALERT, flight=picture_pb2.Flight(track=1, impact=point)
    )
    flight = exercise_pb2.TruthFlight(object_id="T0", impact_lat_deg=lat_deg, impact_lon_deg=lon_deg)
    (entry,) = score_warnings({"USA": [said]}, [flight], {"USA": {1: "T0"}})
    return entry


@pytest.mark.parametrize("bearing_deg", [0.0, 37.0, 90.0, 140.0])
def test_the_edge_is_where_it_is_drawn(bearing_deg: float) -> None:
    point = picture_pb2.GroundPoint(
        lat_deg=38.0,
        lon_deg=130.0,
        ellipse_95_major_m=30e3,
        ellipse_95_minor_m=6e3,
        ellipse_orientation_deg=bearing_deg,
    )
    middle = np.array([point.lat_deg, point.lon_deg])
    for corner in outline(point):
        for share, inside in ((0.98, True), (1.02, False)):
            entry = scored(point, *(middle + share * (np.array(corner) - middle)))
            assert entry["impact_inside_95"] is inside
            assert (entry["impacts_told"], entry["impacts_told_inside_95"]) == (1, int(inside))
