"""Options from a file and from the environment: what counts before what, and what is refused."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from nodes.cli import main
from nodes.cli.core import core

FILE = """
[all]
coalition = "from-all"
peer = ["KOR=10.0.0.2:7400", "JPN=10.0.0.3:7400"]
log-format = "json"

[core]
nation = "USA"
listen = "0.0.0.0:7400"
"""


@pytest.fixture
def called(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the command core was called with, in place of running one."""
    options: dict[str, Any] = {}
    monkeypatch.setattr(core, "callback", lambda **given: options.update(given))
    return options


def run(tmp_path: Path, text: str, *arguments: str, env: dict[str, str] | None = None) -> Any:
    file = tmp_path / "triwatch.toml"
    file.write_text(text)
    return CliRunner().invoke(main, ["--config", str(file), "core", *arguments], env=env)


def test_a_file_gives_what_the_command_line_does_not(tmp_path: Path, called: dict[str, Any]) -> None:
    assert run(tmp_path, FILE, "--advertise", "10.0.0.1:7400").exit_code == 0
    assert (called["nation"], called["listen"], called["advertise"]) == (
        "USA",
        "0.0.0.0:7400",
        "10.0.0.1:7400",
    )
    assert called["peers"] == ("KOR=10.0.0.2:7400", "JPN=10.0.0.3:7400")
    assert called["root"] == Path("from-all")
    assert called["log_format"] == "json"


def test_a_flag_counts_before_the_environment_and_that_before_the_file(
    tmp_path: Path, called: dict[str, Any]
) -> None:
    env = {"TRIWATCH_CORE_NATION": "JPN", "TRIWATCH_CORE_PEERS": "AUS=10.0.0.9:7400"}
    assert run(tmp_path, FILE, env=env).exit_code == 0
    assert (called["nation"], called["peers"]) == ("JPN", ("AUS=10.0.0.9:7400",))
    assert run(tmp_path, FILE, "--nation", "KOR", env=env).exit_code == 0
    assert called["nation"] == "KOR"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("[core]\nnaton = 'USA'", r"\[core\] naton: no such option; expected one of"),
        ("[all]\nnaton = 'USA'", r"\[all\] naton: no command has such an option"),
        ("[cores]\nnation = 'USA'", r"\[cores\]: no such command"),
        ("nation = 'USA'", r"\[nation\]: no such command"),
        ("[core", "--config"),
        ("[core]\nmetrics-port = 70000\nnation = 'USA'\ncoalition = 'x'", "metrics-port"),
    ],
)
def test_what_is_wrong_in_a_file_is_said_in_one_line(
    tmp_path: Path, text: str, why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "triwatch.toml"
    file.write_text(text)
    with pytest.raises(SystemExit) as ended:
        main(["--config", str(file), "core"])
    assert ended.value.code == 2
    told = capsys.readouterr().err
    assert told.count("\n") == 1
    assert re.search(why, told)
