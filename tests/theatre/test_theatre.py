"""Theatres drawn at random: the same bytes for a seed, plausible, and fit to run."""

from __future__ import annotations

import hashlib
import math
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import example, given, settings
from hypothesis import strategies as st

from nodes import theatre
from nodes.cli import main
from nodes.errors import BadInput
from nodes.lab import run
from nodes.scoring.registration import DECLARED, KEYS
from nodes.simulation import loader
from nodes.simulation.biases import true_biases
from nodes.simulation.spec import Ballistic, Waypoints
from nodes.simulation.truth import World
from nodes.theatre import draw, drawn, kinds
from nodes.theatre.courses import moved, sine_cosine
from nodes.theatre.dice import Dice

KINDS = ("air", "missiles", "mixed", "sea", "split", "undersea")
DIGESTS = {
    "air": "69ee3fc391692d3b",
    "missiles": "eaa79b74d7b8a4e9",
    "mixed": "71fa1c8908709d71",
    "sea": "7492d41e9dd21dd3",
    "split": "7cd1fc941e520d2a",
    "undersea": "8b560ed083909abc",
}
BEFORE = {
    "air": "e0a4cedf5082d436",
    "missiles": "d2bf362c8bcf1b25",
    "mixed": "41de373060c19da2",
    "sea": "c14649185a36d4d6",
    "split": "f8452efe6946445d",
    "undersea": "e990d1734d690705",
}
"""Of the same without their [biases]: what is off is drawn beside all else."""

NAMES = KEYS + DECLARED

MINE = """
[theatre]
name = "mine"
start = 2024-06-27T00:00:00Z
duration_s = 20.0
[[nodes]]
id = "KOR-R"
nation = "KOR"
lat_deg = 36.0
lon_deg = 128.0
  [[nodes.sensors]]
  kind = "radar"
  range_km = 100.0
  period_s = {from = 1.0, to = 2.0}
  sigma_range_m = 30.0
  sigma_azimuth_mrad = 1.0
  sigma_elevation_mrad = 1.0
[[traffic]]
id = "F"
environment = "AIR"
count = {from = 1, to = 3}
lat_deg = 36.2
lon_deg = 128.2
alt_m = 5000.0
speed_mps = 200.0
"""


def test_all_kinds_are_there() -> None:
    assert kinds() == KINDS


@pytest.mark.parametrize("kind", KINDS)
@given(seed=st.integers(0, 2**63 - 1))
@example(seed=90)  # a course that ended an ulp before its end had a leg of no length
@settings(max_examples=25, deadline=None)
def test_every_draw_is_a_scenario(kind: str, seed: int) -> None:
    """The reader takes it, its tables come back the same, and the seed gives it again."""
    text = draw(kind, seed)
    assert text == draw(kind, seed)
    scenario = loader.checked(tomllib.loads(text), "drawn.toml")
    assert loader.checked(loader.tables(scenario), "drawn.toml") == scenario
    assert scenario.seed == seed
    assert len(scenario.members) == 3
    assert scenario.objects
    for thing in scenario.objects:
        if isinstance(thing, Waypoints):
            assert thing.waypoints[0][0] < scenario.duration_s
            assert thing.waypoints[-1][0] > 0.0


@pytest.mark.parametrize("kind", KINDS)
def test_a_seed_gives_the_bytes_that_it_gave(kind: str) -> None:
    """A change of a kind's distributions changes these: say so in docs/theatres.md."""
    text = "".join(draw(kind, seed) for seed in range(5))
    assert hashlib.sha256(text.encode()).hexdigest()[:16] == DIGESTS[kind]


def off(tables: list[dict[str, Any]], key: str) -> float:
    """Root mean square of what ``key`` is drawn as, in the first table that has it."""
    how = next(table[key] for table in tables if key in table)
    low, high = how["from"], how["to"]
    return math.sqrt(how["share"] * (low * low + low * high + high * high) / 3.0)


@pytest.mark.parametrize("kind", KINDS)
def test_owners_declare_what_their_sensors_are_off_by(kind: str) -> None:
    """Neither more nor less: one sigma of what is declared is the root mean square of what is drawn."""
    text = (Path(theatre.__file__).parent / "kinds" / f"{kind}.toml").read_text(encoding="utf-8")
    file = tomllib.loads(text)
    biases = file["biases"]
    compared = 0
    for node in file["nodes"]:
        for sensor in node["sensors"]:
            tables = [sensor, node, biases.get(sensor["kind"], {}), biases["node"]]
            said = next((t["misalignment"] for t in tables if "misalignment" in t), {})
            for name, sigma in said.items():
                assert sigma == pytest.approx(off(tables, f"bias_{name}"), rel=0.04), (node["id"], name)
                compared += 1
    for name, sigma in biases["platform"]["misalignment"].items():
        assert sigma == pytest.approx(off([biases["platform"]], f"bias_{name}"), rel=0.04), name
        compared += 1
    assert compared >= 3


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_off_is_drawn_beside_all_else(kind: str, tmp_path: Path) -> None:
    """Every kind draws what its sensors can have, in some seed; without that all else is as it was."""
    text = (Path(theatre.__file__).parent / "kinds" / f"{kind}.toml").read_text(encoding="utf-8")
    (tmp_path / "before.toml").write_text(text[: text.index("\n[biases]")], encoding="utf-8")
    before = "".join(draw(str(tmp_path / "before.toml"), seed) for seed in range(5))
    assert hashlib.sha256(before.encode()).hexdigest()[:16] == BEFORE[kind]
    (tmp_path / "none.toml").write_text(
        text.replace("[theatre]", "[theatre]\nbiases = false"), encoding="utf-8"
    )
    seen: set[tuple[str, str]] = set()
    kinds_of = set()
    for seed in range(40):
        one = drawn(kind, seed)
        aligned = drawn(str(tmp_path / "none.toml"), seed)
        assert not any(any(row) for rows in true_biases(aligned).values() for row in rows)
        assert aligned.objects == one.objects
        for node in one.nodes:
            for sensor, row in zip(node.sensors, true_biases(one)[node.id], strict=True):
                kinds_of.add((sensor.kind, bool(sensor.track)))
                seen |= {(sensor.kind, name) for name, value in zip(NAMES, row, strict=True) if value}
    can = {"radar": NAMES[:4], "infrared": (*NAMES[1:4], *NAMES[7:]), "sonar": (NAMES[1], NAMES[3])}
    for sensor_kind, sails in kinds_of:
        wanted = {*can[sensor_kind], *(NAMES[4:7] if sails else ())}
        assert wanted <= {name for one, name in seen if one == sensor_kind}


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["missiles", "split", "mixed"])
def test_every_missile_drawn_can_fly(kind: str) -> None:
    for seed in range(4):
        scenario = drawn(kind, seed)
        missiles = [thing for thing in scenario.objects if isinstance(thing, Ballistic)]
        assert len(World(scenario).flights()) >= len(missiles)


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_a_draw_runs(kind: str) -> None:
    """The first minutes of one of each kind, in process: all is reported and folded."""
    seconds = 300.0 if kind == "undersea" else 70.0
    result = run(drawn(kind, 101), set={"scenario.duration_s": seconds}).result
    assert result["reports"]["published"] == result["reports"]["folded"] > 0
    assert len({(p["input_digest"], p["picture_digest"]) for p in result["pictures"]}) == 1
    assert result["score"] is not None


def test_one_more_ship_leaves_the_rest_as_it_was(tmp_path: Path) -> None:
    """Each part has its own stream of draws."""
    (tmp_path / "a.toml").write_text(MINE, encoding="utf-8")
    more = MINE.replace(
        '[[traffic]]\nid = "F"',
        '[[traffic]]\nid = "G"\nenvironment = "AIR"\nlat_deg = 36\n'
        'lon_deg = {from = 127.0, to = 129.0}\n[[traffic]]\nid = "F"',
    )
    (tmp_path / "b.toml").write_text(more, encoding="utf-8")
    for seed in range(5):
        a, b = (drawn(str(tmp_path / name), seed) for name in ("a.toml", "b.toml"))
        assert a.nodes == b.nodes
        assert a.objects == tuple(thing for thing in b.objects if not thing.id.startswith("G"))


def test_draws_are_even() -> None:
    """Frequencies of whole numbers, shares and the mean of a range, over 20,000 draws."""
    dice = Dice(1, "test")
    whole = np.array([dice.take({"from": 1, "to": 4}, "k") for _ in range(20_000)])
    assert np.bincount(whole)[1:] == pytest.approx(5_000, rel=0.06)
    share = [dice.take({"value": 1.0, "share": 0.3}, "k") for _ in range(20_000)]
    assert sum(one is not None for one in share) == pytest.approx(6_000, rel=0.06)
    even = np.array([dice.take({"from": -2.0, "to": 6.0}, "k") for _ in range(20_000)])
    assert even.mean() == pytest.approx(2.0, abs=0.08)
    assert even.std() == pytest.approx(8.0 / math.sqrt(12.0), rel=0.03)


@given(st.floats(-1e4, 1e4))
def test_sines_are_those_of_libm(angle_deg: float) -> None:
    sine, cosine = sine_cosine(angle_deg)
    assert sine == pytest.approx(math.sin(math.radians(angle_deg)), abs=1e-9)
    assert cosine == pytest.approx(math.cos(math.radians(angle_deg)), abs=1e-9)


def test_places_are_moved_by_metres() -> None:
    pymap3d = pytest.importorskip("pymap3d")
    lat, lon = moved(35.0, 128.0, 30_000.0, -40_000.0)
    east, north, _ = pymap3d.geodetic2enu(lat, lon, 0.0, 35.0, 128.0, 0.0)
    assert (east, north) == pytest.approx((-40_000.0, 30_000.0), rel=0.01)


def test_the_command_writes_the_file(tmp_path: Path) -> None:
    out = tmp_path / "drawn.toml"
    done = CliRunner().invoke(main, ["theatre", "sea", "--seed", "3", "--out", str(out)])
    assert done.exit_code == 0, done.output
    assert out.read_text(encoding="utf-8") == draw("sea", 3)
    shown = CliRunner().invoke(main, ["theatre", "sea", "--seed", "3"])
    assert shown.stdout == draw("sea", 3)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        (
            "{from = 1.0, to = 2.0}",
            "{from = 2.0, to = 1.0}",
            "sensors[0].period_s: expected from <= to",
        ),
        ("{from = 1.0, to = 2.0}", "{from = 1.0}", "expected {from = 1.0, to = 2.0}, {one_of"),
        ("{from = 1.0, to = 2.0}", "{one_of = []}", "one_of: expected an array with at least one"),
        ("{from = 1.0, to = 2.0}", '{from = "a", to = 2.0}', "period_s.from: expected a number"),
        ("{from = 1.0, to = 2.0}", "{value = 1.0, share = 2.0}", "share: expected 0 to 1"),
        ("{from = 1.0, to = 2.0}", "{from = 0.0, to = 0.001}", "period_s: expected"),
        ("period_s", "perod_s", "perod_s: unknown key"),
        ("speed_mps", "sped_mps", "traffic[0].sped_mps: unknown key; expected one of id, environment"),
        ("{from = 1, to = 3}", "{from = 1.0, to = 3.5}", "traffic F.count: expected a whole number"),
        ("{from = 1, to = 3}", "100000", "traffic F.count: expected a whole number from 0 to 2000"),
        ("duration_s = 20.0", "duration_s = -1.0", "theatre.duration_s: expected a positive number"),
        ("lat_deg = 36.2", 'lat_deg = "x"', "traffic F.lat_deg: expected a number"),
        ('id = "KOR-R"', "", "nodes[0].id: missing"),
        ("[theatre]", "[theatr]", "theatr: unknown key; expected one of theatre, nodes"),
        ("count =", "count", "not valid TOML"),
    ],
)
def test_what_cannot_be_drawn_is_said_in_one_line(tmp_path: Path, old: str, new: str, says: str) -> None:
    assert old in MINE
    path = tmp_path / "mine.toml"
    path.write_text(MINE.replace(old, new), encoding="utf-8")
    done = CliRunner().invoke(main, ["theatre", str(path), "--seed", "1"])
    with pytest.raises(BadInput) as caught:
        draw(str(path), 1)
    assert says in str(caught.value)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)
    assert done.exit_code == 2


def test_what_is_no_kind_is_said() -> None:
    with pytest.raises(BadInput, match="none of the kinds air, missiles, mixed, sea, split, undersea"):
        draw("space", 1)
    with pytest.raises(BadInput, match="seed: expected 0 to"):
        draw("air", -1)
