"""One run of a campaign: what it changes in the scenario, its seed, and the key its row is kept by."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from nodes.campaign.plan import Level
from nodes.errors import BadInput
from nodes.lab.overrides import override
from nodes.simulation import loader
from nodes.simulation.spec import Scenario
from nodes.theatre import draw

KEY_LENGTH = 20


class Case(Struct, frozen=True, kw_only=True):
    """One run, whole in itself: a worker needs nothing else."""

    arm: str
    point: int
    """Of the design, from 0."""
    factors: dict[str, Level]
    """What each factor is here."""
    seed: int
    set: dict[str, Any]
    without: tuple[str, ...] = ()
    nodes: tuple[dict[str, Any], ...] = ()
    theatre: str = ""
    """Drawn by the seed instead of the campaign's scenario."""
    nations: tuple[str, ...] | None = None
    """Members of the coalition; None: all of the scenario's."""


def key_of(case: Case, source: str, code: str) -> str:
    """The hash that a row is kept by: scenario, what the case changes in it, seed, code.

    Arms, points and names of factors are left out: a run is the same whatever it is called.
    """
    what = (
        source,
        code,
        case.seed,
        case.set,
        case.without,
        case.nodes,
        case.nations,
        Path(case.theatre).name,
    )
    return hashlib.sha256(msgspec.json.encode(what, order="sorted")).hexdigest()[:KEY_LENGTH]


def digest_of(raw: Mapping[str, Any]) -> str:
    """Of the tables of a scenario file, whatever the order of their keys."""
    return hashlib.sha256(msgspec.json.encode(raw, order="sorted")).hexdigest()


def scenario_of(case: Case, raw: Mapping[str, Any], file: str) -> Scenario:
    """The scenario that a case runs. Raises BadInput where it changes what is not there, or breaks a rule."""
    tables = deepcopy(dict(raw))
    if case.theatre:
        file = f"theatre {Path(case.theatre).name}, seed {case.seed}"
        tables = tomllib.loads(draw(case.theatre, case.seed))
    _leave_out(tables, case.without, file)
    if case.nations is not None:
        _keep_nations(tables, frozenset(case.nations))
    if case.nodes:
        tables["nodes"] = [*tables.get("nodes", []), *deepcopy(list(case.nodes))]
    override(tables, {"scenario.seed": case.seed, **case.set})
    return loader.checked(tables, file)


def _leave_out(tables: dict[str, Any], ids: tuple[str, ...], file: str) -> None:
    there = [node.get("id") for node in tables.get("nodes", [])]
    for node_id in ids:
        if node_id not in there:
            raise BadInput(f"without: {file} has no node {node_id}; it has {', '.join(map(str, there))}")
    tables["nodes"] = [node for node in tables.get("nodes", []) if node.get("id") not in ids]


def _keep_nations(tables: dict[str, Any], nations: frozenset[str]) -> None:
    """Leave out what other nations own, and their names where something is released to them."""

    def narrowed(table: dict[str, Any]) -> None:
        named = table.get("releasable_to")
        if named is not None:
            kept = [nation for nation in named if nation in nations]
            table["releasable_to"] = kept or [owner]

    tables["nodes"] = [node for node in tables.get("nodes", []) if node.get("nation") in nations]
    for node in tables["nodes"]:
        owner = node.get("nation")
        narrowed(node)
        for rule in node.get("releases", []):
            narrowed(rule)
    if "accessions" in tables:
        tables["accessions"] = [one for one in tables["accessions"] if one.get("nation") in nations]
