"""The undersea picture's score: by hand, and of a recording in which two nations hear one quiet contact."""

from __future__ import annotations

import io
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from fusion.contract import SUBSURFACE, SURFACE
from fusion.physics.geodesy import enu2ecef, enu_axes
from fusion.score.tables import Truth
from fusion.score.undersea import Contact, Course, figures
from fusion.update.region import Region
from heard_kit import START_NS, TWO_PLATFORMS, heard
from heard_kit import Course as Way
from nodes.recording.writer import Writer
from nodes.scoring.recording import score_recording
from nodes.scoring.sharing import add_sharing
from nodes.scoring.undersea_card import undersea
from triwatch.v1 import envelope_pb2, exercise_pb2, track_pb2

S = 10**9
AXES = enu_axes(34.0, 128.0)


def place(east_m: float, north_m: float) -> np.ndarray:
    return np.asarray(enu2ecef(np.array([east_m, north_m, 0.0]), 34.0, 128.0, 0.0)).reshape(3)


def contact(number: int, east_m: float, north_m: float, sigma_m: float) -> Contact:
    at = place(east_m, north_m)
    region = Region(at, AXES, np.ones(1), np.zeros((1, 2)), np.eye(2)[None] * sigma_m**2)
    return Contact(number, at, np.zeros(3), region)


def truth(instants: int) -> Truth:
    """A submarine at the origin and a ship 8 km north of it, every 10 s."""
    state = np.zeros((instants, 2, 6))
    state[:, 0, :3], state[:, 1, :3] = place(0, 0), place(0, 8_000)
    code = np.tile([SUBSURFACE, SURFACE], (instants, 1))
    seen = np.ones((instants, 2), np.bool_)
    times = START_NS + 10 * S * np.arange(instants)
    return Truth(times, ("S1", "V1"), state, code, np.zeros_like(code), seen)


def test_figures_by_hand() -> None:
    """Ten instants. Nobody holds it at the first two; alone, a wide area has it from the third on; together
    it is 500 m off within 250 m from the fifth on, under another number from the ninth on. Something else is
    shown 30 km off, and the ship is heard, too."""
    world = truth(10)
    alone, shared = Course(), Course()
    seen = np.array([True, True])
    for k in range(10):
        alone.take(world, k, seen, [contact(1, 9_000, 0, 6_000)] if k >= 2 else [])
        both = [contact(7, 0, 30_000, 500), contact(8, 0, 8_100, 100)]
        if k >= 4:
            both += [contact(2 if k < 8 else 3, 300, 400, 250)]
        shared.take(world, k, seen, both)
    found = figures(world, world.in_view, {"JPN": alone, "shared": shared})
    mine, ours = found["contacts"]["S1"]["JPN"], found["contacts"]["S1"]["shared"]
    assert (mine["first_held_s"], mine["first_fix_s"], mine["held"]) == (0.0, None, 1.0)
    assert mine["rmse_m"] == pytest.approx(9_000.0, rel=1e-3)
    assert mine["containment_95"] == 1.0
    assert mine["area_km2"] == pytest.approx(-2 * math.log(0.05) * math.pi * 36.0, rel=1e-6)
    assert (ours["first_held_s"], ours["first_fix_s"]) == (20.0, 20.0)
    assert ours["held"] == pytest.approx(6 / 8)
    assert ours["rmse_m"] == pytest.approx(500.0, rel=1e-3)
    assert ours["containment_95"] == 1.0, "2 sigma; 95 % lie within 2.45"
    assert (ours["numbers"], ours["one_number"]) == (2.0, pytest.approx(4 / 6))
    view = found["views"]["shared"]
    assert (view["contacts"], view["objects"], view["tracks_each"]) == (1, 1, 1.0)
    assert view["spurious"] == pytest.approx(10 / 16), "the ship's is of neither"
    assert found["views"]["JPN"]["spurious"] == 0.0


def test_what_is_too_sure_is_not_inside_and_a_second_track_is_redundant() -> None:
    world, course = truth(4), Course()
    for k in range(4):
        course.take(world, k, np.ones(2, np.bool_), [contact(2, 300, 400, 200), contact(9, 800, 0, 900)])
    (view,) = figures(world, world.in_view, {"shared": course})["views"].values()
    assert (view["containment_95"], view["tracks_each"], view["spurious"]) == (0.0, 2.0, 0.0)
    assert view["rmse_m"] == pytest.approx(500.0, rel=1e-3)


def test_what_the_coalition_does_not_see_counts_for_nobody() -> None:
    world, course = truth(4), Course()
    in_view = world.in_view.copy()
    in_view[2:, 0] = False
    for k in range(4):
        course.take(world, k, in_view[k], [contact(2, 300, 400, 200)])
    found = figures(replace(world, in_view=in_view), in_view, {"shared": course})
    assert found["contacts"]["S1"]["shared"]["held"] == 1.0
    assert course.tracks == 2


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two platforms of two nations hear a quiet contact for twelve minutes, each minute."""
    path, target = tmp_path_factory.mktemp("undersea") / "a.mcap", Way(12e3, 14e3, 1.0, -1.7)
    with Writer(path) as out:
        for t in range(12 * 60 + 10):
            now_ns = START_NS + t * S
            velocity = target.at(t + 1.0) - target.at(float(t))
            states = exercise_pb2.TruthStates(
                time_ns=now_ns,
                object_id=["S1"],
                state=[*target.at(float(t)), *velocity],
                environment=[track_pb2.ENVIRONMENT_SUBSURFACE],
                identity=[track_pb2.IDENTITY_HOSTILE],
                boosting=[False],
            )
            out.truth(states, now_ns)
        for batch in heard(5, TWO_PLATFORMS, [target], 12):
            batch.stream = "JPN-KOR"
            now_ns = batch.line_time_ns[0]
            envelope = envelope_pb2.Envelope(payload=batch.SerializeToString())
            out.report(batch.node_id, envelope.SerializeToString(), now_ns, now_ns)
    return path


def test_two_nations_that_share_bearings_know_where_it_is_and_neither_alone_does(recording: Path) -> None:
    result = score_recording(recording)
    assert add_sharing(recording, result) == {}
    views = result["undersea"]["contacts"]["S1"]
    assert list(views) == ["JPN", "KOR", "shared"]
    assert views["JPN"]["first_held_s"] == 0.0
    assert views["JPN"]["first_fix_s"] is None
    assert views["KOR"]["first_fix_s"] is None
    assert 120.0 < views["shared"]["first_fix_s"] < 600.0
    assert views["shared"]["numbers"] <= 2, "while it is a wedge of each nation, either may be the one"
    assert views["shared"]["one_number"] > 0.6
    assert views["shared"]["containment_95"] > 0.8
    best = min(views[name]["rmse_m"] for name in ("JPN", "KOR"))
    assert views["shared"]["rmse_m"] < best
    out = Console(file=io.StringIO(), width=100)
    for part in undersea(result["undersea"]):
        out.print(part)
    text = out.file.getvalue()  # type: ignore[attr-defined]
    assert "S1: known to 2 km" in text
    assert "no nation alone ever knew as much" in text
    assert "KOR alone" in text
