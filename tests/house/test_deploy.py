"""The files of deploy/ are what their readers take, and say what docs/operations.md says."""

import configparser
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import click
import pytest
import yaml

from nodes.cli import main
from nodes.cli.configured import defaults


def units(repo: Path) -> list[Path]:
    return sorted((repo / "deploy" / "systemd").glob("*.service"))


def words(line: str) -> list[str]:
    return re.sub(r"\$\{BEGINS:\?\}", "2026-11-22T09:30:00", line).split()


def parsed(arguments: list[str]) -> click.Context:
    """The options of a command line, as the command takes them."""
    name, *rest = arguments
    command = main.get_command(click.Context(main), name)
    assert command is not None
    return command.make_context(name, rest)


def test_the_compose_file_runs_commands_that_there_are(repo: Path) -> None:
    content = yaml.safe_load((repo / "deploy" / "compose.yaml").read_text())
    services = content["services"]
    assert sorted(services) == [f"{role}-{n}" for role in ("core", "node") for n in ("jpn", "kor", "usa")]
    for name, service in services.items():
        options = parsed(words(service["command"])).params
        nation = name.rpartition("-")[2].upper()
        assert nation in (options.get("nation"), str(options.get("node_id"))[:3])
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert service["user"] not in ("root", "0", "0:0")
        assert f"./{nation}:/coalition" in service["volumes"]
        if name.startswith("core"):
            at = service["networks"]["between"]["ipv4_address"]
            assert options["advertise"] == f"{at}:7400"
        else:
            assert service["network_mode"] == f"service:core-{nation.lower()}"


def test_the_configuration_has_options_that_there_are(repo: Path) -> None:
    file = repo / "deploy" / "triwatch.toml"
    ctx = click.Context(main)
    for command in ("core", "node", "status"):
        assert defaults(file, main, ctx, command)
    assert set(tomllib.loads(file.read_text())) == {"all", "core", "node"}


def test_the_units_run_as_nobody_special_and_only_what_there_is(repo: Path) -> None:
    assert [unit.name for unit in units(repo)] == ["triwatch-core.service", "triwatch-node@.service"]
    for unit in units(repo):
        content = configparser.ConfigParser(strict=False, interpolation=None)
        content.optionxform = str  # type: ignore[assignment,method-assign]
        content.read(unit)
        service = content["Service"]
        assert service["User"] == "triwatch"
        assert service["ProtectSystem"] == "strict"
        _, config, file, name, *_ = service["ExecStart"].split()
        assert (config, file) == ("--config", "/etc/triwatch/triwatch.toml")
        assert main.get_command(click.Context(main), name) is not None


def test_systemd_takes_the_units(repo: Path, tmp_path: Path) -> None:
    verify = shutil.which("systemd-analyze")
    if verify is None:
        pytest.skip("needs systemd-analyze (Debian: systemd)")
    for unit in units(repo):
        there = unit.read_text().replace("/opt/triwatch/bin/triwatch", "/bin/true")
        (tmp_path / unit.name.replace("@.", "@KOR-1.")).write_text(there)
    ran = subprocess.run(
        [verify, "verify", *sorted(str(p) for p in tmp_path.iterdir())], capture_output=True, text=True
    )
    ours = [line for line in ran.stderr.splitlines() if "triwatch" in line]
    assert ours == []


def test_the_image_runs_as_nobody_special(repo: Path) -> None:
    lines = (repo / "deploy" / "Containerfile").read_text().splitlines()
    assert [line for line in lines if line.startswith("USER ")] == ["USER 10001:10001"]
    assert 'ENTRYPOINT ["triwatch"]' in lines
    for line in (l for l in lines if l.startswith("COPY ") and "--from" not in l):
        for name in line.split()[1:-1]:
            assert (repo / name).exists(), name


def pins(lock: Path) -> dict[str, str]:
    """Version by package, as pinned."""
    return dict(re.findall(r"^([a-z0-9.-]+)==(\S+)", lock.read_text(), re.MULTILINE))


def test_the_image_has_what_runs_and_nothing_of_the_workshop(repo: Path) -> None:
    """Its pins are those of the tests, less what only tests and tools need."""
    here, every = pins(repo / "deploy/requirements.lock"), pins(repo / "requirements.lock")
    assert here.items() <= every.items(), "run: make lock"
    project = tomllib.loads((repo / "pyproject.toml").read_text())["project"]
    needed = {re.split(r"[^A-Za-z0-9-]", line)[0].lower() for line in project["dependencies"]}
    assert needed <= here.keys()
    assert not {"pytest", "mypy", "ruff", "stonesoup", "playwright"} & here.keys()
