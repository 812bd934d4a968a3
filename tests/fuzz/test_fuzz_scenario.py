"""Any bytes of a scenario are BadInput in one line, or a scenario that is the same when written and read."""

from __future__ import annotations

import pytest

import bad_input
from fuzz_kit import check_one_line, fuzzed, new_folder
from nodes.errors import BadInput
from nodes.simulation import loader

_FOLDER = new_folder()
SAMPLES = [bad_input.SCENARIO.encode()]


def holds(data: bytes) -> None:
    path = _FOLDER / "fuzzed.toml"
    path.write_bytes(data)
    try:
        scenario = loader.load(str(path))
    except BadInput as error:
        check_one_line(error)
        return
    assert loader.checked(loader.tables(scenario), str(path)) == scenario


def test_samples_are_scenarios() -> None:
    (_FOLDER / "good.toml").write_bytes(SAMPLES[0])
    assert loader.load(str(_FOLDER / "good.toml")).name == "small"


test_holds = pytest.mark.slow(fuzzed(holds, SAMPLES, 200))
