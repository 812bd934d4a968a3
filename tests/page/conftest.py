"""A short film of a small exercise, made once for all tests of the page."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from browser import chromium
from film import FILM, FILM_S, LOST_NODE, LOST_S, film
from nodes.page.recorded import RecordedSource
from nodes.page.server import BUNDLE, Server
from nodes.recording import Recording


@pytest.fixture(scope="session")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small exercise's first minutes: a launch, its warning, and a node that falls silent."""
    path = tmp_path_factory.mktemp("page") / "film.mcap"
    film(path, FILM, FILM_S, LOST_NODE, LOST_S)
    return path


@pytest.fixture(scope="session")
def source(recording: Path) -> RecordedSource:
    """The film, read."""
    made = RecordedSource(Recording(recording), "film")
    made.read()
    return made


@pytest.fixture(scope="session")
def built() -> None:
    """The page's bundle; tests that need it are skipped without."""
    if not (BUNDLE / "index.html").is_file():
        pytest.skip("the picture page is not built (python -m nodes.page.build)")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One browser a module: Playwright's loop must not live on into tests with a loop of their own."""
    with chromium() as made:
        yield made


@pytest.fixture
def server(source: RecordedSource, built: None) -> Iterator[Server]:
    """The film, served."""
    made = Server(source)
    made.start()
    yield made
    made.stop()
