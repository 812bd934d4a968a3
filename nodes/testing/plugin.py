"""The pytest plugin ``triwatch``: the fixture ``replay``, and the option that accepts golden pictures."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from nodes.testing.replayed import Replayed

_ACCEPTED = pytest.StashKey[list[Path]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """The plugin's one option."""
    parser.getgroup("triwatch").addoption(
        "--triwatch-accept",
        action="store_true",
        help="Write the pictures that assert_golden is given instead of comparing with them.",
    )


@pytest.fixture
def replay(request: pytest.FixtureRequest) -> Callable[[str | Path], Replayed]:
    """``replay(path)``: a recording (MCAP) or table of tracks (CSV, Parquet), folded again.

    A relative path lies beside the test, or in the working directory. See `nodes.testing.replayed.Replayed`.
    """
    from nodes.errors import BadInput
    from nodes.testing.golden import Golden
    from nodes.testing.replayed import Replayed

    accept = bool(request.config.getoption("--triwatch-accept", default=False))
    accepted = request.config.stash.setdefault(_ACCEPTED, [])
    golden = Golden(request.path.parent, accept, request.node.nodeid, accepted)

    def opened(path: str | Path) -> Replayed:
        beside = request.path.parent / path
        try:
            return Replayed(beside if beside.exists() else path, golden)
        except BadInput as error:
            pytest.fail(str(error), pytrace=False)

    return opened


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Say which pictures were accepted: they are to be looked at, and committed."""
    for path in config.stash.get(_ACCEPTED, []):
        terminalreporter.write_line(f"triwatch: accepted {path}")
