"""Single keys of a scenario set from outside."""

import pytest

from nodes.errors import BadInput
from nodes.lab.overrides import override
from nodes.lab.run import prepared
from nodes.simulation.loader import builtin, checked, load, tables
from nodes.simulation.spec import Scenario


@pytest.mark.parametrize("scenario", builtin(), ids=lambda s: s.name)
def test_a_scenario_as_tables_is_the_same_scenario(scenario: Scenario) -> None:
    assert checked(tables(scenario), scenario.file) == scenario


def test_keys_are_set_by_id_by_place_and_for_all() -> None:
    changed = prepared(
        "crossing", seed=11, set={"nodes.KOR-AEW.sensors.0.pd": 0.5, "nodes.*.report_period_s": 2.0}
    )
    before = load("crossing")
    assert changed.seed == 11
    assert {node.report_period_s for node in changed.nodes} == {2.0}
    assert changed.node("KOR-AEW").sensors[0].pd == 0.5  # type: ignore[union-attr]
    others = [n.id for n in before.nodes if n.id != "KOR-AEW"]
    assert others
    assert all(changed.node(n).sensors == before.node(n).sensors for n in others)
    assert changed.objects == before.objects


def test_a_scenario_and_its_file_give_the_same() -> None:
    values = {"scenario.duration_s": 30, "nodes.0.leaves_s": 20.0}
    assert prepared(load("crossing"), 4, values) == prepared("crossing", 4, values)


def test_none_takes_a_key_out() -> None:
    raw = {"nodes": [{"id": "A", "leaves_s": 3.0}]}
    override(raw, {"nodes.A.leaves_s": None, "nodes.A.joins_s": None})
    assert raw == {"nodes": [{"id": "A"}]}


def test_the_longest_id_is_meant() -> None:
    """Ids may hold dots."""
    raw = {"objects": [{"id": "F"}, {"id": "F.1"}]}
    override(raw, {"objects.F.1.alt_m": 5.0})
    assert raw == {"objects": [{"id": "F"}, {"id": "F.1", "alt_m": 5.0}]}


@pytest.mark.parametrize(
    ("path", "value", "says"),
    [
        ("nodes.PRK-1.leaves_s", 1.0, "PRK-1 names none of"),
        ("nodes.99.leaves_s", 1.0, "99 names none of"),
        ("sensors.0.pd", 0.5, "there is no sensors; there are scenario, nodes, objects"),
        ("nodes.KOR-AEW.sensors.7.pd", 0.5, "7 names none of 0 to"),
        ("nodes.KOR-AEW", 0.5, "names none of"),
        ("scenario.seed.deep", 1, "deep is no key of a table"),
        ("", 1, "is no key of a table"),
        ("nodes.KOR-AEW.leavs_s", 1.0, "leavs_s: unknown key; expected one of"),
        ("nodes.KOR-AEW.sensors.0.pd", 2.0, "pd"),
        ("scenario.duration_s", "long", "duration_s"),
        ("scenario.duration_s", float("nan"), "expected a finite number"),
    ],
)
def test_what_cannot_be_set_is_said_in_one_line(path: str, value: object, says: str) -> None:
    with pytest.raises(BadInput) as caught:
        prepared("crossing", set={path: value})
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)
