"""The value of sharing, from a recording made here: two nations that see a missile at different times."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from nodes.errors import BadInput
from nodes.recording.writer import Writer
from nodes.scoring.alone import SHARED
from nodes.scoring.sharing import as_json, at, report, value_of_sharing
from nodes.scoring.sharing_plot import plot
from triwatch.v1 import envelope_pb2, exercise_pb2, track_pb2
from warning_kit import LAUNCH, LOWER, START_NS, flight
from warning_kit import at as state_at

BODY = flight(300.0, 700.0, 140.0)[0]
SIGMA = np.repeat([60.0, 5.0], 3)


def record(path: Path, until_s: int = 300) -> None:
    """KOR-1 sees the missile from 50 s on, JPN-1 only from 150 s; both report once a second."""
    rng = np.random.default_rng(4)
    # a filter that has settled errs the same from second to second
    error = {node: SIGMA * rng.standard_normal(6) for node in ("KOR-1", "JPN-1")}
    with Writer(path) as out:
        flown = exercise_pb2.TruthFlight(
            object_id="M1",
            launch_time_ns=START_NS,
            launch_lat_deg=LAUNCH[0],
            launch_lon_deg=LAUNCH[1],
            impact_time_ns=START_NS + round(BODY.impact_s * 1e9),
            impact_lat_deg=BODY.impact_lat_deg,
            impact_lon_deg=BODY.impact_lon_deg,
        )
        out.flights(exercise_pb2.TruthFlights(flight=[flown]), START_NS)
        sequence = {"KOR-1": 0, "JPN-1": 0}
        for t in range(40, until_s):
            now_ns, state = START_NS + t * 10**9, state_at(BODY, float(t))
            states = exercise_pb2.TruthStates(
                time_ns=now_ns,
                object_id=["M1"],
                state=state,
                environment=[track_pb2.ENVIRONMENT_SPACE],
                identity=[track_pb2.IDENTITY_HOSTILE],
                boosting=[t < BODY.burnout_s],
            )
            out.truth(states, now_ns)
            for node, nation, from_s in (("KOR-1", "KOR", 50), ("JPN-1", "JPN", 150)):
                if t < from_s:
                    continue
                sequence[node] += 1
                batch = track_pb2.TrackBatch(
                    node_id=node,
                    nation=nation,
                    incarnation=1,
                    sequence=sequence[node],
                    stream="JPN-KOR",
                    local_number=[1],
                    valid_time_ns=[now_ns],
                    state=state + error[node],
                    covariance=np.diag(SIGMA**2)[LOWER],
                    environment=[track_pb2.ENVIRONMENT_SPACE],
                    status=[track_pb2.TRACK_STATUS_MAINTAINING],
                    process_noise=[3000.0 if t < BODY.burnout_s + 5.0 else 1.0],
                )
                envelope = envelope_pb2.Envelope(payload=batch.SerializeToString())
                out.report(node, envelope.SerializeToString(), now_ns, now_ns)


@pytest.mark.slow
def test_the_shared_picture_warns_as_soon_as_the_first_who_sees(tmp_path: Path) -> None:
    record(tmp_path / "a.mcap")
    views = value_of_sharing(tmp_path / "a.mcap")["M1"]
    assert list(views) == ["JPN", "KOR", SHARED]
    japan, korea, shared = views["JPN"], views["KOR"], views[SHARED]
    assert korea.first_warning_after_launch_s is not None
    assert japan.first_warning_after_launch_s is not None
    assert korea.first_warning_after_launch_s == shared.first_warning_after_launch_s < 60.0
    assert japan.first_warning_after_launch_s > 150.0
    assert at(japan, 120.0) is None
    early, late = at(shared, 100.0), at(shared, 290.0)
    assert early is not None
    assert late is not None
    assert not early.known
    assert late.known
    assert late.impact_error_m < late.ellipse_95_major_m < 20e3
    assert early.ellipse_95_major_m > early.impact_error_m

    lines = report({"M1": views})
    assert any(line.startswith("| first warning |") for line in lines)
    assert as_json({"M1": views})["M1"]["JPN"]["predictions"][0]["after_launch_s"] > 150.0
    plot({"M1": views}, tmp_path / "a.png")
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")
    with pytest.raises(BadInput, match="cannot be written"):
        plot({"M1": views}, tmp_path / "a.nonsense")


def test_a_recording_without_flights_is_refused(tmp_path: Path) -> None:
    with Writer(tmp_path / "b.mcap"):
        pass
    with pytest.raises(BadInput, match="no true flights"):
        value_of_sharing(tmp_path / "b.mcap")
