"""Chosen numbers stand in records that say what they are, and nowhere else where estimates are made."""

from __future__ import annotations

import ast
import json
from pathlib import Path
from typing import Annotated, Final, NamedTuple

import pytest
from click.testing import CliRunner

import fusion.constants as house
from fusion.constants import Chosen, import_all, listed
from nodes.cli import main

REPO = Path(__file__).resolve().parents[2]
KERNELS = (
    "fusion/pairing",
    "fusion/filters",
    "fusion/lifecycle",
    "fusion/fold.py",
    "fusion/report/tracklet.py",
    "fusion/table/spatial_index.py",
)
"""Where a number in the code decides what the picture shows."""
STRUCTURE = {0, 1, 2, 3, 6, 21, 0.5, 1e-9, 1e9}
"""Counting, halves, a state of six and its packed triangle, and seconds in nanoseconds."""
STRUCTURAL = {
    "fusion/filters/compiled.py": {4, 5, 12, 18},  # places in scratch; 12 halvings of a search
    "fusion/filters/reference.py": {1e-10, 1e-6, 1e-30},  # how exactly scipy integrates; never 0
    "fusion/pairing/evidence.py": {4, 5},  # shapes of scratch, places in a state
    "fusion/pairing/gating.py": {4, 9, 14, 16, 20},  # places in a packed triangle; room for pairs
    "fusion/pairing/neighbours.py": {4},  # shapes of scratch
    "fusion/lifecycle/birth.py": {4, 5},  # places in a state
    "fusion/lifecycle/sweep.py": {4, 5},  # places in a state
    "fusion/report/tracklet.py": {4, 5},  # shapes of scratch, places in it
    # cells of 3 x 3 x 3, and the factors that hash them
    "fusion/table/spatial_index.py": {5, 9, 14, 20, 27, 64, 73856093, 19349663, 83492791},
    "fusion/fold.py": {7},  # shapes of scratch
    "fusion/pairing/certainty.py": {4},
}
NAMED = {
    "_SECOND_NS", "BLOCK", "NARROW_M2", "_UNASSIGNED", "_INFORMATIVE", "_NS",
}  # fmt: skip
"""Named values that were not chosen: units, the contract's blocks, what follows from the gates, the largest
cost, the smallest eigenvalue that double precision tells from none."""


def files() -> list[Path]:
    found = [REPO / part for part in KERNELS]
    return sorted(p for f in found for p in (f.rglob("*.py") if f.is_dir() else [f]))


def bare(source: str, allowed: set[float]) -> list[tuple[int, float]]:
    """(line, number) of what stands in functions, or under a name at the top that is not in `NAMED`."""
    found = []
    for node in ast.parse(source).body:
        if isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            if {t.id for t in targets if isinstance(t, ast.Name)} <= NAMED:
                continue
        elif isinstance(node, ast.ClassDef) and any(
            "constants" in ast.unparse(d) for d in node.decorator_list
        ):
            continue
        for number in ast.walk(node):
            value = number.value if isinstance(number, ast.Constant) else None
            if type(value) in (int, float) and value not in STRUCTURE | allowed:
                found.append((number.lineno, value))
    return found


@pytest.mark.parametrize("path", files(), ids=lambda path: str(path.relative_to(REPO)))
def test_no_number_hides_in_a_kernel(path: Path) -> None:
    name = str(path.relative_to(REPO))
    assert bare(path.read_text(), STRUCTURAL.get(name, set())) == []


def test_a_number_that_hides_is_found() -> None:
    assert bare("def f(q):\n    return 0.1 * q\n", set()) == [(2, 0.1)]
    assert bare("GATE = 25.0\n", set()) == [(1, 25.0)]
    assert bare("@constants\nclass A(NamedTuple):\n    a: float = 25.0\n", set()) == []


def test_every_number_says_what_it_is() -> None:
    assert import_all("fusion", "nodes") == [], "all extras are installed here"
    found = list(listed())
    assert len({constant.path for constant in found}) == len(found)
    for constant in found:
        assert constant.unit, constant.path
        assert constant.meaning, constant.path
        assert constant.source, constant.path


def test_a_record_that_says_nothing_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    class Said(NamedTuple):
        gate: Annotated[float, Chosen("m", "how far", "judged")] = 2.0

    class Unsaid(NamedTuple):
        gate: float = 2.0

    known = {"Annotated": Annotated, "Chosen": Chosen}
    monkeypatch.setattr(house, "_modules", {})
    monkeypatch.setattr(house, "_records", [Said])
    monkeypatch.setattr(house, "get_type_hints", lambda record, **_: _hints(record, known))
    assert [(c.name, c.value, c.unit) for c in listed()] == [("gate", 2.0, "m")]
    monkeypatch.setattr(house, "_records", [Unsaid])
    with pytest.raises(TypeError, match="gate"):
        list(listed())


def _hints(record: type, known: dict[str, object]) -> dict[str, object]:
    """Annotations of a class inside a function, which typing alone cannot resolve."""
    return {name: eval(str(hint.__forward_arg__), known) for name, hint in record.__annotations__.items()}


def test_a_number_that_stands_alone_is_listed() -> None:
    hints = {"GATE_M": 'Final[Annotated[float, Chosen("m", "how far", "judged")]]', "other": "int"}
    names = {"Annotated": Annotated, "Chosen": Chosen, "Final": Final, "GATE_M": 2.0, "other": 1}
    (found,) = house.alone("a.b", names | {"__annotations__": hints})
    assert (found.path, found.value, found.unit, found.source) == ("a.b.GATE_M", 2.0, "m", "judged")


def test_the_command_lists_them_all(tmp_path: Path) -> None:
    out = tmp_path / "constants.json"
    said = CliRunner().invoke(main, ["constants", "--json", str(out)])
    assert said.exit_code == 0, said.output
    document = json.loads(out.read_text())["constants"]
    assert [c["name"] for c in document] == [c.name for c in listed()]
    for constant in listed():
        assert f"  {constant.name} = " in said.output
        assert constant.meaning in said.output
    one = CliRunner().invoke(main, ["constants", "fusion.pairing"])
    assert "fit_chi2 = 25" in one.output
    assert "stay_s" not in one.output
