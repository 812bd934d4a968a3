"""Two scored recordings side by side."""

from __future__ import annotations

import io
from typing import Any

import pytest
from test_scorecard import result, row

from nodes.scoring.compare import FIGURES, compare, print_comparison
from nodes.scoring.scorecard import WIDTH


def scored(**changes: Any) -> dict[str, Any]:
    document = result({})
    for key, value in changes.items():
        document["score"]["siap"][key] = value
    return document


@pytest.mark.parametrize(
    ("key", "first", "second", "better"),
    [
        ("completeness", 0.9, 0.95, "second"),
        ("spuriousness", 0.1, 0.2, "first"),
        ("ambiguity", 0.99, 1.05, "first"),
        ("ambiguity", 1.2, 0.9, "second"),
        ("positional_accuracy_m", 20.0, 20.0, None),
        ("positional_accuracy_m", None, 20.0, None),
    ],
)
def test_which_is_better(key: str, first: float | None, second: float, better: str | None) -> None:
    entry = compare(scored(**{key: first}), scored(**{key: second}))["all"][f"siap.{key}"]
    assert entry["better"] == better
    assert entry["difference"] == (None if first is None else pytest.approx(second - first))


def test_environments_that_only_one_has_are_compared_too() -> None:
    first, second = scored(), scored()
    for document, name in ((first, "SPACE"), (second, "SPACE"), (second, "AIR")):
        document["score"]["by_environment"][name] = row(0, None, None)
    assert list(compare(first, second)) == ["all", "AIR", "SURFACE", "SUBSURFACE"]


def test_the_tables_fit_and_say_which_is_which() -> None:
    out = io.StringIO()
    print_comparison(compare(scored(), scored(spuriousness=0.5)), ("a.mcap", "b.mcap"), out)
    lines = out.getvalue().splitlines()
    assert lines[:2] == ["First: a.mcap", "Second: b.mcap"]
    assert max(map(len, lines)) <= WIDTH
    assert "…" not in out.getvalue()
    assert out.getvalue().count("spurious, %") == 5
    assert len(FIGURES) == len({key for _, key, _, _ in FIGURES})
