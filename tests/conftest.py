"""What every test shares: the order of the run, and the recorded data beside the project."""

import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

import fault_table
from nodes.testing import plugin

REPO = Path(__file__).resolve().parents[1]

# A machine that is busy is no fault of what is tested.
settings.register_profile("triwatch", deadline=None)
settings.load_profile("triwatch")


def pytest_configure(config: pytest.Config) -> None:
    """The project's own plugin, where the tree is tested without having been installed since it came."""
    if not config.pluginmanager.has_plugin("triwatch"):
        config.pluginmanager.register(plugin, "triwatch")


ON_REQUEST = {
    "faults": "breaks a network of its own, needs root: make faults",
    "determinism": "one case of a long matrix of settings and processors: make determinism",
    "long": "more seeds or scenes of what was run: make long",
}


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Fast tests first, then slow ones, then those that start processes: a mistake shows early.

    The sort is stable, so tests keep their written order within each class. Those marked as in ON_REQUEST
    are skipped unless the run asks for the mark. Where files run side by side the order is turned round: what
    takes long comes first, so that all end together.
    """
    for mark, reason in ON_REQUEST.items():
        if mark not in config.getoption("markexpr"):
            for item in items:
                if item.get_closest_marker(mark):
                    item.add_marker(pytest.mark.skip(reason=reason))
    items.sort(
        key=lambda item: (
            item.get_closest_marker("processes") is not None,
            item.get_closest_marker("slow") is not None,
        ),
        reverse=hasattr(config, "workerinput"),
    )


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Side by side run files, but the page's one after the other: two browsers that draw a globe at once are
    each too slow. (pytest-xdist's own groups do nothing under pytest 9.2.)"""
    from xdist.scheduler import LoadFileScheduling

    class Files(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return "page" if nodeid.startswith("tests/page/") else nodeid.split("::")[0]

    return Files(config, log)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """After faults were injected: what became of it, in a table."""
    stats = terminalreporter.stats
    found = fault_table.rows([*stats.get("passed", ()), *stats.get("failed", ())])
    if found:
        terminalreporter.section("faults")
        terminalreporter.write_line(fault_table.table(found))


@pytest.fixture(scope="session")
def repo() -> Path:
    """The project's own tree."""
    return REPO


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of recorded traffic and published flights: $TRIWATCH_DATA, or ../shared/data."""
    named = os.environ.get("TRIWATCH_DATA")
    folder = Path(named) if named else REPO.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip(f"no recorded data: {folder} is absent (TRIWATCH_DATA names another folder)")
    return folder
