"""The scorecard in words: what sharing was worth comes first, and nothing is cut at 80 columns."""

from __future__ import annotations

import io
from typing import Any

import pytest

from nodes.scoring.scorecard import WIDTH, print_scorecard


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def view(warned_s: float | None, known_s: float | None = None, off_m: float | None = None) -> dict[str, Any]:
    return {
        "first_warning_after_launch_s": warned_s,
        "impact_known_after_launch_s": known_s,
        "impact_error_m": off_m,
    }


def row(objects: int, shared_m: float | None, alone_m: float | None) -> dict[str, Any]:
    held = {"objects": objects, "completeness": 0.987654}
    siap = {
        "completeness": 0.987654,
        "ambiguity": 1.0023,
        "spuriousness": 0.00987,
        "continuity": 0.999,
        "positional_accuracy_m": 12_345.6,
        "velocity_accuracy_mps": 12.3,
        "commonality": 1.0,
    }
    return {
        "siap": siap,
        "objects": objects,
        "mean_objects_in_view": float(objects),
        "gospa_m": 12_345.6,
        "anees": 1.234,
        "anees_interval_95": [0.9, 1.1],
        "rmse_m": {"shared": 12_345.6, "best_single_nation": 12_345.6, "centralised": 12_345.6},
        "sharing": {
            "shared": held,
            "alone": {"USA": held | {"objects": objects // 2}, "KOR": held | {"objects": 0}},
            "no_nation_alone": objects - objects // 2,
            "typical_error_m": {"shared": shared_m, "alone": alone_m},
            "nearer": objects,
            "compared": objects,
        },
    }


def result(sharing: dict[str, Any], late: int = 0, behind_s: float = 0.0) -> dict[str, Any]:
    warning = {
        "track": "502700012",
        "object_id": "M1",
        "status": "ALL_CLEAR",
        "first_warning_after_launch_s": 39.0,
        "warned_before_impact_s": 1066.0,
        "launch_error_m": 400.0,
        "impact_error_m": 12_345.6,
        "impact_ellipse_95_m": [12_345.6, 9_876.5],
        "threatened": ["JPN", "KOR", "USA"],
    }
    names = ("AIR", "SPACE", "SURFACE", "SUBSURFACE")
    environments = {name: row(1234 if name == "AIR" else 2, 25.0, 149.0) for name in names}
    environments["SUBSURFACE"] = row(1, 9_876.0, 9_999.0)
    missiles = {"launched": 1, "warned": 1, "false_warnings": 0}
    latency = {"p50": 1234.5, "p99": 12345.6, "p999": 123456.7, "max": 123456.7}
    picture = {"tracks": 12_345, "input_digest": "f" * 64, "picture_digest": "f" * 64}
    return {
        "scenario": "a_scenario_of_a_long_name",
        "seed": 20_240_627,
        "duration_s": 1200.0,
        "score": row(1239, 26.0, 150.0) | {"by_environment": environments, "missiles": missiles},
        "warnings": [warning],
        "sharing": sharing,
        "pictures": [{"nation": nation, **picture} for nation in ("USA", "JPN", "KOR")],
        "reports": {"published": 123_456, "folded": 123_456, "late": late, "missing": 0},
        "latency_ms": {"report_to_picture": latency, "by_nation": {"USA": latency, "JPN": latency}},
        "behind_s_max": behind_s,
    }


def printed(document: dict[str, Any], out: io.StringIO) -> str:
    print_scorecard(document, out)
    return out.getvalue()


M1 = {
    "KOR": view(44.0, 254.0, 100.0),
    "USA": view(45.0),
    "JPN": view(None),
    "shared": view(39.0, 200.0, 90.0),
}


def test_what_sharing_was_worth_comes_first_and_every_environment_speaks_for_itself() -> None:
    text = printed(result({"M1": M1}), io.StringIO())
    first, then = text.split("How good the shared picture was")
    words = " ".join(first.split())
    for said in (
        "Missile T5027-12 (M1) Warned of 39 s after launch, 5 s sooner than by any nation alone"
        " (KOR 44 s, USA 45 s, JPN never)",
        "Impact known to 20 km (95 %) after 3:20, 0.1 km off; alone KOR after 4:14, 0.1 km off; USA never;",
        "Every nation was shown 1,239 objects; alone 619 (USA) and 0 (KOR): 620 more than any nation",
    ):
        assert said in words, said
    for line in ("air", "space", "surface", "subsurface"):
        assert f"\n  {line} " in first, "one weak contact must not hide the rest"
    assert "RMS" not in first
    assert "Missile T5027-12 (M1), last word all clear" in then


@pytest.mark.parametrize(
    ("views", "said"),
    [
        ({"USA": view(39.2), "shared": view(39.0)}, "as soon as by the first nation alone"),
        ({"USA": view(30.0), "shared": view(39.0)}, "9 s later than by the first nation alone"),
        ({"USA": view(None), "shared": view(39.0)}, "no nation alone would have been"),
        ({"USA": view(39.0), "shared": view(None)}, "The shared picture did not warn of it; alone USA 39 s"),
        ({"USA": view(39.0), "shared": view(20.0)}, "Impact never known to 20 km (95 %); alone USA never"),
    ],
)
def test_where_sharing_was_worth_nothing_it_says_so(views: dict[str, Any], said: str) -> None:
    assert said in " ".join(printed(result({"M1": views}), io.StringIO()).split())


def test_at_eighty_columns_nothing_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", str(WIDTH))
    monkeypatch.setenv("TERM", "dumb")
    lines = printed(result({"M1": M1}, late=12, behind_s=58.0), Terminal()).splitlines()
    assert max(map(len, lines)) <= WIDTH
    text = " ".join(" ".join(lines).split())
    assert "…" not in text
    for word in ("spurious", "typically", "environment", "every detection in one place", "subsurface"):
        assert word in text, word
    assert "[" not in text, "markup"


def test_a_busy_machine_is_named_where_it_made_reports_late() -> None:
    busy = " ".join(printed(result({}, late=12, behind_s=58.0), io.StringIO()).split())
    assert "12 reports came late because this machine was busy: the exercise fell up to 58 s behind" in busy
    loaded = result({}, late=12) | {"load_per_processor": 7.3}
    crowded = " ".join(printed(loaded, io.StringIO()).split())
    assert "12 reports came late because this machine was busy: 7.3 processes waited" in crowded
    slow = " ".join(printed(result({}, late=12, behind_s=0.5), io.StringIO()).split())
    assert "busy" not in slow
    assert "12 reports came after newer ones had been folded" in slow
    assert "late" not in " ".join(printed(result({}), io.StringIO()).replace("0 late", "").split())
