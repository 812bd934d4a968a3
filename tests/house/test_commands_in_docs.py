"""Every command that the documentation shows is one that there is, with options that there are."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from nodes.cli import main

REPO = Path(__file__).parents[2]
WRONG_ON_PURPOSE = {"docs/bad-input.md"}
FILES = sorted(
    path
    for path in (
        *REPO.glob("*.md"),
        *REPO.glob("docs/**/*.md"),
        REPO / "proto/README.md",
        *REPO.glob("deploy/*"),
    )
    if path.is_file() and path.name != "CHANGELOG.md" and str(path.relative_to(REPO)) not in WRONG_ON_PURPOSE
)
_COMMAND = re.compile(r"(?:^|[`(\s])(?:\S*/)?triwatch ((?:--?)?[a-z][^`#|;)\n]*)")


def commands(text: str) -> Iterator[str]:
    """What stands after the name of the program, in code: in a line of a block, or between marks."""
    for block in re.findall(r"^```.*?^```", text, re.MULTILINE | re.DOTALL):
        yield from _COMMAND.findall(block)
    for span in re.findall(r"`([^`\n]+)`", re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)):
        yield from _COMMAND.findall(span)


def options(command: click.Command) -> set[str]:
    return {"--help"} | {name for param in command.params for name in (*param.opts, *param.secondary_opts)}


def wrong(line: str) -> str:
    """What of a command line there is not; empty where all of it is there. Capitals stand for anything."""
    command: click.Command = main
    known = options(main)
    for word in shlex.split(re.sub(r"[\[\]]", " ", line)):
        if word.startswith("-") and word not in ("-", "…") and not word[1:2].isdigit():
            if word.partition("=")[0] not in known:
                return f"{command.name} has no {word}"
        elif isinstance(command, click.Group):
            found = command.get_command(click.Context(command), word)
            if found is not None:
                command = found
                known |= options(found)
            elif re.fullmatch(r"[a-z]+", word):
                return f"there is no {command.name} {word}"
    return ""


SHOWN = [
    (str(path.relative_to(REPO)), line)
    for path in FILES
    for line in commands(path.read_text(encoding="utf-8"))
]


def test_every_command_shown_is_there() -> None:
    assert len(SHOWN) > 60
    assert [f"{where}: triwatch {line}: {found}" for where, line in SHOWN if (found := wrong(line))] == []


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("demo --scenario FILE --speed max", ""),
        ("coalition rotate DIR KOR-1 --at TIME", ""),
        ("coalition rotate DIR --when TIME", "rotate has no --when"),
        ("coalition expel DIR", "there is no coalition expel"),
        ("fuse x.mcap", "there is no main fuse"),
    ],
)
def test_what_is_not_there_is_noticed(line: str, found: str) -> None:
    assert wrong(line) == found


def test_what_the_operators_page_names_is_there() -> None:
    """Its table of changes leaves the first words of each command out."""
    page = (REPO / "docs/operations.md").read_text(encoding="utf-8")
    changes = re.findall(r"^\| `((?:rotate|revoke|remove) [^`]+)`", page, re.MULTILINE)
    assert len(changes) == 3
    assert [wrong(f"coalition {change}") for change in changes] == ["", "", ""]
