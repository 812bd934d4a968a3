"""``triwatch scenarios``: listed, checked and copied; and what to do next, as commands that can be typed."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from nodes.cli import main
from nodes.cli.next_steps import print_next_steps
from nodes.simulation.loader import builtin, load


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["scenarios", *arguments], standalone_mode=True)


@pytest.mark.parametrize("name", [scenario.name for scenario in builtin()])
def test_a_copy_can_be_run_as_the_original(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = run("--copy", name)
    assert result.exit_code == 0, result.output
    copied, original = load(str(tmp_path / f"{name}.toml")), load(name)
    assert (copied.nodes, copied.objects, copied.seed) == (original.nodes, original.objects, original.seed)
    again = run("--copy", name)
    assert again.exit_code == 2
    assert f"{name}.toml is there already; name another with --out" in again.stderr


def test_a_checked_file_says_what_is_in_it(tmp_path: Path) -> None:
    file, told = tmp_path / "mine.toml", tmp_path / "told.json"
    assert run("--copy", "medium_range", "--out", str(file)).exit_code == 0
    result = run("--check", str(file), "--json", str(told))
    assert result.exit_code == 0, result.output
    assert "can be run: medium_range, 12:00, seed" in result.stdout
    assert "1 missile flight" in result.stdout
    assert json.loads(told.read_text())["nations"] == ["USA", "JPN", "KOR"]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (("seed", "sed"), "scenario.sed: unknown key"),
        (("range_km", "range_m"), "range_m: unknown key"),
        (("[[nodes]]", "[[nodes"), "not valid TOML"),
    ],
)
def test_a_wrong_file_is_refused_with_the_place(tmp_path: Path, change: tuple[str, str], told: str) -> None:
    file = tmp_path / "mine.toml"
    run("--copy", "medium_range", "--out", str(file))
    file.write_text(file.read_text().replace(*change))
    result = run("--check", str(file))
    assert result.exit_code == 2
    assert result.stderr.count("\n") == 1
    assert str(file) in result.stderr
    assert told in result.stderr


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--copy", "nothing"), "not one of the built-in scenarios: accession,"),
        (("--copy", "../scenarios/salvo"), "not one of the built-in scenarios"),
        (("--copy", "salvo", "--out", "/no/such/folder/a.toml"), "name another place with --out"),
        (("--check", "nothing.toml"), "there is no such file"),
        (("--check", "a", "--copy", "b"), "give either --check or --copy"),
        (("--out", "a.toml"), "give --copy NAME with it"),
    ],
)
def test_what_cannot_be_is_said_in_one_line(arguments: tuple[str, ...], told: str) -> None:
    result = run(*arguments)
    assert result.exit_code == 2
    assert told in result.stderr
    assert result.stderr.count("\n") == 1


def test_next_steps_are_commands(tmp_path: Path) -> None:
    for recording in (None, tmp_path / "an exercise.mcap"):
        out = io.StringIO()
        print_next_steps(recording, None, out)
        heading, *lines = out.getvalue().strip().splitlines()
        assert heading == "What next"
        for line in lines:
            what, command = line.strip().split("  ", 1)
            name, *arguments = command.split()
            assert name == "triwatch", what
            assert arguments[0] in main.list_commands(None)  # type: ignore[arg-type]
            options = {o for p in main.get_command(None, arguments[0]).params for o in p.opts}  # type: ignore[arg-type,union-attr]
            assert {a for a in arguments if a.startswith("--")} <= options
            assert len(line) <= 80 or str(tmp_path) in line
