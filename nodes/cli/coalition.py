"""``triwatch coalition``: the members' one policy, its versions and its keys."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from nodes.cli.moments import time_ns
from nodes.cli.output import console, json_option, write_json
from nodes.errors import BadInput

if TYPE_CHECKING:
    from nodes.coalition import Coalition

Command = TypeVar("Command", bound=Callable[..., Any])

LEAD_S = 10.0
"""Scenario time from now on after which a change is in force where the exercise's clock already runs."""


@click.group()
def coalition() -> None:
    """The coalition's policy: members, nodes, keys, who may read what. Every change is a signed version."""


def _root(command: Command) -> Command:
    return click.argument("root", metavar="DIR", type=click.Path(file_okay=False, path_type=Path))(command)


def _at(command: Command) -> Command:
    return click.option(
        "--at",
        metavar="TIME",
        help="In force from this scenario time, UTC: 2026-11-22T09:30:00.  [default: 10 s from now where the "
        "exercise's clock runs, else with the version before]",
    )(command)


@coalition.command()
@_root
@click.option("--nations", metavar="USA,JPN,KOR", help="The members; with a scenario, default: its own.")
@click.option("--scenario", metavar="NAME|FILE", help="Admit this scenario's nodes.")
@json_option
def init(root: Path, nations: str | None, scenario: str | None, json_to: str | None) -> None:
    """Make a coalition in DIR: version 1 of its policy, and everybody's keys."""
    from nodes import coalition as policies
    from nodes.simulation.loader import load
    from nodes.simulation.members import policy_of

    members = _nations(nations)
    if scenario:
        policy = policy_of(load(scenario), members)
    elif members:
        policy = policies.checked(policies.Policy(nations=members), "--nations")
    else:
        raise BadInput("coalition init: name the members with --nations or take a --scenario's")
    made = policies.found(root, policy)
    click.echo(
        f"A coalition of {', '.join(policy.nations)} with {len(policy.nodes)} nodes in {root}; "
        f"the secret keys are in {root / 'keys'}",
        console(json_to),
    )
    write_json(json_to, made.current)


@coalition.command()
@_root
@click.option("--nations", metavar="AUS,PHL", help="Nations to admit.")
@click.option("--node", "node_id", metavar="ID", help="A node to admit.")
@click.option("--of", "nation", metavar="CODE", help="Whose node it is.")
@click.option("--releasable-to", metavar="USA,JPN", help="Who may read its reports.  [default: all members]")
@click.option("--scenario", metavar="NAME|FILE", help="Admit this scenario's nodes that are not in yet.")
@_at
@json_option
def add(
    root: Path,
    nations: str | None,
    node_id: str | None,
    nation: str | None,
    releasable_to: str | None,
    scenario: str | None,
    at: str | None,
    json_to: str | None,
) -> None:
    """Admit nations and nodes, with new keys."""
    from nodes import coalition as policies
    from nodes.simulation.loader import load
    from nodes.simulation.members import policy_of

    held = policies.load(root)
    coming = _nations(nations)
    members = (*held.current.nations, *coming)
    nodes = []
    if node_id is not None:
        if nation is None:
            raise BadInput(f"--node {node_id}: say whose it is with --of")
        to = tuple(sorted({nation, *_nations(releasable_to, "--releasable-to")})) if releasable_to else ()
        nodes.append(policies.Member(id=node_id, nation=nation, releasable_to=to))
    if scenario is not None:
        here = {n.id for n in held.current.nodes}
        plan = policy_of(load(scenario), members)
        nodes += [n for n in plan.nodes if n.id not in here]
    if not coming and not nodes:
        raise BadInput("coalition add: name --nations, a --node or a --scenario with nodes not in yet")
    made = policies.add(root, coming, nodes, _effective_ns(root, at))
    _tell(root, at, made, json_to, f"admitted {', '.join((*coming, *(n.id for n in nodes)))}")


@coalition.command()
@_root
@click.option("--nations", metavar="AUS,PHL", help="Nations to remove, with their nodes and keys.")
@click.option("--node", "node_ids", multiple=True, metavar="ID", help="A node to remove.")
@click.option("--delete-keys", is_flag=True, help="Delete their secret keys that are here, too.")
@_at
@json_option
def remove(
    root: Path,
    nations: str | None,
    node_ids: tuple[str, ...],
    delete_keys: bool,
    at: str | None,
    json_to: str | None,
) -> None:
    """Remove nations and nodes.

    Their secret keys remain, for they sign until the change is in force; with --delete-keys they go at once.
    """
    from nodes import coalition as policies

    going = _nations(nations)
    if not going and not node_ids:
        raise BadInput("coalition remove: name --nations or a --node")
    made = policies.remove(root, going, node_ids, _effective_ns(root, at))
    _tell(root, at, made, json_to, f"removed {', '.join((*going, *node_ids))}")
    for file in policies.keys_left(root):
        if delete_keys:
            file.unlink()
            click.echo(f"Deleted the secret keys {file}; copies elsewhere remain", console(json_to))
        else:
            click.echo(
                f"The secret keys {file} remain; delete them when the change is in force", console(json_to)
            )


@coalition.command()
@_root
@click.argument("who", metavar="ID|CODE")
@_at
@json_option
def rotate(root: Path, who: str, at: str | None, json_to: str | None) -> None:
    """Give a process, or a nation as a member, new keys."""
    from nodes import coalition as policies

    _tell(root, at, policies.rotate(root, who, _effective_ns(root, at)), json_to, f"new keys of {who}")


@coalition.command()
@_root
@click.argument("key")
@_at
@json_option
def revoke(root: Path, key: str, at: str | None, json_to: str | None) -> None:
    """Take KEY (its id, see show) out of the policy: what it signs from then on is refused."""
    from nodes import coalition as policies

    _tell(root, at, policies.revoke(root, key, _effective_ns(root, at)), json_to, f"revoked {key}")


@coalition.command()
@_root
@click.option("--node", "node_id", required=True, metavar="ID", help="A node that is dead, or lost its disk.")
@click.option(
    "--last",
    "ends",
    multiple=True,
    metavar="[STREAM:]START=N",
    help="Of this start nothing after sequence N counts.  [default: all that the running cores hold]",
)
@json_option
def fence(root: Path, node_id: str, ends: tuple[str, ...], json_to: str | None) -> None:
    """Let nothing more of a node's starts count, and wait for nothing more of them: time becomes FINAL again.

    The node may come back: a later start of it is not fenced.
    """
    from nodes import coalition as policies
    from nodes.coalition.held import held_of

    last = dict[str, dict[int, int]]()
    for end in ends:
        stream, _, numbers = end.rpartition(":")
        start, _, number = numbers.partition("=")
        if not (start.isdecimal() and number.isdecimal() and int(start) >= 1 and int(number) < 2**53):
            raise BadInput(f"--last {end}: write a start and its last sequence: 3=1042, or JPN-USA:3=1042")
        last.setdefault(stream, {})[int(start)] = int(number)
    made = policies.fence(root, node_id, last or held_of(root, node_id))
    fences = [f for f in made.current.fences if f.node == node_id]
    text = ", ".join(f"{f.stream and f.stream + ':'}{f.incarnation}={f.last_sequence}" for f in fences)
    _tell(root, "at once", made, json_to, f"fenced {node_id} at {text}")


@coalition.command()
@_root
@json_option
def sign(root: Path, json_to: str | None) -> None:
    """Sign the version that waits in DIR, with the nations' keys that are here."""
    from nodes import coalition as policies

    _tell(root, "as drafted", policies.sign(root), json_to, "complete")


@coalition.command()
@_root
@click.argument("out", metavar="OUT", type=click.Path(file_okay=False, path_type=Path))
@click.option("--of", "nation", required=True, metavar="CODE", help="Whose machine it is for.")
@click.option("--signing", is_flag=True, help="With the key that signs the policy for the nation.")
@json_option
def copy(root: Path, out: Path, nation: str, signing: bool, json_to: str | None) -> None:
    """Make in OUT what one nation's machine needs: the policy, and the keys of that nation's processes."""
    from nodes import coalition as policies

    taken = policies.copy(root, out, nation, signing=signing)
    click.echo(f"In {out}: the policy and the secret keys of {', '.join(taken)}", console(json_to))
    write_json(json_to, {"keys": taken})


@coalition.command()
@_root
@json_option
def show(root: Path, json_to: str | None) -> None:
    """Check every version of the policy and show it: members, nodes, keys, who signed."""
    from nodes import coalition as policies
    from nodes.coalition.chain import describe

    held = policies.load(root)
    out = console(json_to)
    for version in describe(held):
        _show(version, out)
    if held.refused:
        click.echo(f"Version {held.current.version + 1} in {root} is none of this coalition's: refused", out)
    document = {"id": held.id, "versions": list(describe(held)), "refused": held.refused}
    write_json(json_to, document)


def _show(version: dict[str, Any], out: Any) -> None:
    """One version for people."""
    since = utc(version["effective_ns"]) if version["effective_ns"] else "the beginning"
    click.echo(f"Version {version['version']}, in force from {since}, {version['digest'][:16]}", out)
    click.echo(f"  signed by {', '.join(version['signed_by'])}; members {', '.join(version['nations'])}", out)
    for node in version["nodes"]:
        groups = [node["releasable_to"], *node["groups"]]
        released = "; ".join(", ".join(group) or "every member" for group in groups)
        click.echo(f"  node {node['id']} of {node['nation']}, released to {released}", out)
    for end in version.get("fences", ()):
        of = f"start {end['incarnation']}" + (f" in {end['stream']}" if end["stream"] else "")
        click.echo(f"  fence: of {end['node']}'s {of} nothing after {end['last_sequence']}", out)
    for key in version["keys"]:
        click.echo(f"  key {key['id']} {key['owner']}: {key['use']}{_validity(key)}", out)


def _validity(key: dict[str, Any]) -> str:
    text = f" from {utc(key['not_before_ns'])}" if key.get("not_before_ns") else ""
    return text + (f" to {utc(key['not_after_ns'])}" if key.get("not_after_ns") is not None else "")


def _tell(root: Path, at: str | None, made: Coalition, json_to: str | None, what: str) -> None:
    """What a change came to."""
    from nodes.coalition.chain import describe
    from nodes.control.wall_clock import scenario_now_ns

    if at is None and scenario_now_ns(root) is None:
        click.echo(
            f"No exercise's clock runs in {root}: the change is in force with the version before it, also "
            "for what was reported since; where there are reports already, name a time with --at",
            err=True,
        )

    *_, newest = describe(made)
    since = utc(newest["effective_ns"]) if newest["effective_ns"] else "the beginning"
    click.echo(
        f"Version {newest['version']}, in force from {since}: {what}; signed by "
        f"{', '.join(newest['signed_by'])}",
        console(json_to),
    )
    write_json(json_to, newest)


def utc(time_ns: int) -> str:
    """A time for people."""
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=time_ns // 1000)
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")


def _effective_ns(root: Path, at: str | None) -> int:
    """The scenario time that ``--at`` names, or its default."""
    from nodes.control.wall_clock import scenario_now_ns

    if at is None:
        now_ns = scenario_now_ns(root)
        return 0 if now_ns is None else now_ns + round(LEAD_S * 1e9)
    return time_ns(at, "--at")


def _nations(codes: str | None, option: str = "--nations") -> tuple[str, ...]:
    """The nations of an option's list with commas."""
    from nodes.simulation.nations import is_nation

    listed = tuple(code.strip() for code in codes.split(",")) if codes else ()
    for code in listed:
        if not is_nation(code):
            raise BadInput(f"{option}: {code!r} is not an ISO 3166-1 alpha-3 country code")
    return listed
