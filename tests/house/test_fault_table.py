"""The table at the end of make faults says the worst of what the runs said."""

from types import SimpleNamespace

import fault_table


def run(name: str, passed: bool = True, **said: object) -> SimpleNamespace:
    return SimpleNamespace(
        when="call", keywords={"faults": 1}, nodeid=name, passed=passed, user_properties=list(said.items())
    )


def test_it_shows_the_worst() -> None:
    found = fault_table.rows(
        [
            run("tests/a.py::test_a_cut[3.0]", recovery_s=0.4, lost=0, digests_equal=True),
            run("tests/a.py::test_a_cut[9.0]", False, recovery_s=7.25, lost=2, digests_equal=False),
            run("tests/b.py::test_a_flood"),
            SimpleNamespace(when="call", keywords={}, nodeid="tests/c.py::test_else", passed=True),
        ]
    )
    assert found == [("a cut", "2", "1", "7.2 s", "2", "NO"), ("a flood", "1", "1", "-", "-", "-")]
    head, *lines = fault_table.table(found).splitlines()
    assert head.split("  ")[0] == "fault"
    assert len(lines) == 2
