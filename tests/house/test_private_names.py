"""Tests look at what everybody sees: a private name of the product only where a reason stands here."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PUBLIC = {"_asdict", "_replace", "_fields", "_make"}
"""Of every NamedTuple."""
OTHERS = {"np._core", "np._core._multiarray_umath", "os._exit", "sys._getframe"}
"""Of libraries that have no other name for it."""
ALLOWED = {
    "a row of the table is read or changed as no report could: which fields a digest covers, which track has"
    " whose detections, what a move between tracks leaves": {
        "tests/fusion/table/test_digest.py": "_table",
        "tests/fusion/registration/test_registration_fold.py": "_table",
        "tests/fusion/pairing/test_side_by_side.py": "_table",
        "tests/fusion/warning/test_warning_fold.py": "_table",
        "tests/kits/fusion_oracle/delivery.py": "_table",
        "tests/kits/origins.py": "_table _names",
    },
    "how much is kept in memory, which nobody sees from outside": {
        "tests/fusion/test_finality.py": "_names _history _table _segments _used _slot _finality _images",
    },
    "one step of a loop or of a sum, where the whole hides which step is wrong": {
        "tests/core/test_trust_equivocation.py": "_came_again _turn",
        "tests/fusion/score/test_score_centralised.py": "_compute_mixing_probabilities"
        " _compute_state_estimate",
        "tests/fusion/score/test_score_siap.py": "siap._cover",
        "tests/campaign/test_campaign.py": "_work",
    },
    "hypotheses that a filter keeps to itself: what it reports is their sum": {
        "tests/tracking/test_burnout.py": "_mode _xs _ps",
        "tests/tracking/test_tracker.py": "_ps _p _imm _one _bank",
    },
    "a fault is planted, or a liar signs, with what an honest process keeps to itself": {
        "tests/link/test_trust_link.py": "_signers",
        "tests/sim/bugs.py": "_replied _compare_with_kept",
        "tests/sim/faults.py": "_write",
        "tests/sim/simulation.py": "_replied _restore",
    },
    "versions of the policy that nobody has signed": {
        "tests/sim/orders.py": "_take",
    },
    "the reader of a recording under the plugin": {
        "tests/testing/test_replay_fixture.py": "_contents",
    },
}
"""Names, by reason and file."""


def private(source: str) -> Iterator[tuple[int, str]]:
    """(line, name) of every private name that is not the module's own: attributes and imports."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Attribute) and node.attr.startswith("_") and not node.attr.startswith("__"):
            of_itself = isinstance(node.value, ast.Name) and node.value.id in {"self", "cls"}
            if not of_itself and node.attr not in PUBLIC and ast.unparse(node) not in OTHERS:
                yield node.lineno, node.attr
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in {"fusion", "nodes"}:
            for name in node.names:
                if name.name.startswith("_"):
                    yield node.lineno, f"{(node.module or '').split('.')[-1]}.{name.name}"


def test_private_names_are_read_for_a_reason_that_stands_here(repo: Path) -> None:
    allowed = {(file, name) for files in ALLOWED.values() for file in files for name in files[file].split()}
    found = {
        (path.relative_to(repo).as_posix(), name): line
        for path in sorted((repo / "tests").rglob("*.py"))
        for line, name in private(path.read_text(encoding="utf-8"))
    }
    unsaid = [f"{file}:{line} {name}" for (file, name), line in found.items() if (file, name) not in allowed]
    assert not unsaid, "\n".join(["ask the public face, or say here why not:", *unsaid])
    assert allowed <= found.keys(), "what is read no more is struck off the list"


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("def f(p):\n    return p._table", ["_table"]),
        ("from fusion.picture import _parsed", ["picture._parsed"]),
        ("def f(self):\n    return self._mine", []),
        ("def f(p):\n    return p._asdict(), p.__dict__", []),
    ],
)
def test_a_private_name_is_found(source: str, found: list[str]) -> None:
    assert [name for _, name in private(source)] == found
