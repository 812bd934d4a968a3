"""What a campaign file says, as typed records; read and checked."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from nodes.errors import BadInput
from nodes.plugins import is_named
from nodes.simulation.explain import words_of

Name = Annotated[str, Meta(min_length=1, max_length=64)]
Level = float | int | bool | str
Distribution = Literal["uniform", "log-uniform", "normal", "triangular"]
DesignName = Literal["list", "grid", "latin-hypercube", "sobol", "coalitions"]
SAMPLED = ("latin-hypercube", "sobol")

_NEEDS: dict[str, tuple[str, ...]] = {
    "uniform": ("low", "high"),
    "log-uniform": ("low", "high"),
    "normal": ("mean", "sigma"),
    "triangular": ("low", "mode", "high"),
}


class _Record(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A table of the file: unknown keys are refused."""


class Factor(_Record, frozen=True):
    """Keys of the scenario that take the same value together: one of ``levels``, or one of a distribution."""

    name: Name
    key: str | tuple[str, ...]
    """As in `nodes.lab.run`'s ``set``: ``nodes.KOR-1.sensors.0.pd``, ``nodes.*.report_period_s``."""
    levels: tuple[Level, ...] = ()
    distribution: Distribution | None = None
    low: float | None = None
    high: float | None = None
    mean: float | None = None
    sigma: float | None = None
    mode: float | None = None
    whole: bool = False
    """Values of the distribution are rounded to whole numbers."""

    @property
    def keys(self) -> tuple[str, ...]:
        """Every key it sets."""
        return (self.key,) if isinstance(self.key, str) else self.key


class Arm(_Record, frozen=True):
    """One of the things compared; the first arm of a file is what the others are compared with."""

    name: Name
    set: dict[str, Any] = {}
    """Keys of the scenario that this arm changes."""
    without: tuple[str, ...] = ()
    """Ids of nodes that it leaves out."""
    nodes: tuple[dict[str, Any], ...] = ()
    """Nodes that it adds, as the scenario file would hold them."""
    theatre: str = ""
    """Another kind of theatre than the file's."""


class Header(_Record, frozen=True):
    """The file's [campaign] table."""

    name: Name
    scenario: str = ""
    """A built-in's name, or a file: beside the campaign's own, or absolute."""
    theatre: str = ""
    """Instead: a kind of theatre, or a file of distributions; every seed draws its own."""
    design: DesignName = "grid"
    seeds: Annotated[int, Meta(ge=1, le=1_000_000)] = 10
    """How many runs each case gets, with the same seeds in every arm."""
    first_seed: Annotated[int, Meta(ge=0, le=2**62)] = 1
    samples: Annotated[int, Meta(ge=2, le=1_000_000)] = 64
    """Points of a Latin hypercube; base sample of Saltelli's design, a power of two."""
    figures: tuple[str, ...] = ("rmse_m.shared", "siap.completeness", "siap.ambiguity", "anees")
    """Columns of the table that the report shows, the most important first."""
    partners: tuple[str, ...] = ()
    """Nations whose coalitions are formed; none: every nation that has a node."""
    empty: float = 0.0
    """What the first figure is worth to a coalition of nobody."""
    largest: Annotated[int, Meta(ge=1)] = 100_000
    """More runs than this are refused before they start."""
    timeout_s: Annotated[float, Meta(gt=0.0)] = 3600.0
    """Wall time after which a local run is ended and counts as failed."""
    detections: bool = True
    """Record detections, so that the centralised bound is among the figures."""
    contenders: tuple[str, ...] = ()
    """Fusions as ``package.module:factory``, scored on the reports of every run: `contender.NAME.…`."""
    set: dict[str, Any] = {}
    """Keys of the scenario changed in every run."""


class CampaignFile(_Record, frozen=True):
    """The whole file."""

    campaign: Header
    factors: tuple[Factor, ...] = ()
    arms: tuple[Arm, ...] = ()


_TABLES: dict[str, type[Struct]] = {"campaign": Header, "factors": Factor, "arms": Arm}


def read_plan(path: Path, contenders: Sequence[str] = ()) -> CampaignFile:
    """Read and check one campaign file, with more ``contenders``. Raises BadInput, naming file and key."""
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{path}: cannot be read as UTF-8 text: {error}") from None
    except (ValueError, RecursionError) as error:
        raise BadInput(f"{path}: not valid TOML: {error}") from None
    try:
        plan = msgspec.convert(raw, CampaignFile)
    except msgspec.ValidationError as error:
        raise BadInput(f"{path}: {_explain(str(error))}") from None
    if contenders:
        every = tuple(dict.fromkeys((*plan.campaign.contenders, *contenders)))
        plan = msgspec.structs.replace(
            plan, campaign=msgspec.structs.replace(plan.campaign, contenders=every)
        )
    try:
        _check(plan)
    except ValueError as error:
        raise BadInput(f"{path}: {error}") from None
    return plan


def _explain(message: str) -> str:
    what, _, where = message.partition(" - at `$")
    key = where.rstrip("`").removeprefix(".")
    found = re.fullmatch(r"Object contains unknown field `(.*)`", what)
    if found:
        table = _TABLES.get(key.split("[")[0], CampaignFile)
        known = ", ".join(f.name for f in msgspec.structs.fields(table))
        return f"{key + '.' if key else ''}{found[1]}: unknown key; expected one of {known}"
    missing = re.fullmatch(r"Object missing required field `(.*)`", what)
    if missing:
        return f"{key + '.' if key else ''}{missing[1]}: missing; the key is required"
    refused = re.fullmatch(r"Invalid enum value '(.*)'", what)
    if refused:
        table, name = _TABLES[re.split(r"[.\[]", key)[0]], key.rpartition(".")[2]
        types = {f.name: f.type for f in msgspec.structs.fields(table)}
        return f"{key}: {refused[1]!r} cannot be used; expected one of {', '.join(words_of(types[name]))}"
    return f"{key}: {what[0].lower()}{what[1:].replace('`', '')}"


def _check(plan: CampaignFile) -> None:
    """Raise ValueError where tables do not fit each other."""
    head = plan.campaign
    for what, names in (("factors", [f.name for f in plan.factors]), ("arms", [a.name for a in plan.arms])):
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"{what}: the name {name} is used twice")
    for i, factor in enumerate(plan.factors):
        _check_factor(f"factors[{i}] ({factor.name})", factor, head.design)
    if bool(head.scenario) == bool(head.theatre):
        raise ValueError("campaign.scenario: expected a scenario or a theatre, one of the two")
    if head.scenario and any(arm.theatre for arm in plan.arms):
        raise ValueError("arms: a theatre of its own goes with campaign.theatre")
    if head.design == "coalitions" and plan.arms:
        raise ValueError("arms: a design of coalitions makes its own; leave them out")
    if head.design in SAMPLED and not plan.factors:
        raise ValueError(f"factors: missing; a design {head.design} needs at least one")
    if head.design == "sobol" and head.samples & (head.samples - 1):
        raise ValueError(f"campaign.samples: expected a power of two, got {head.samples}")
    lengths = {len(f.levels) for f in plan.factors}
    if head.design == "list" and len(lengths) > 1:
        raise ValueError("factors: a list takes one level of each in turn, so all have as many levels")
    for name in head.contenders:
        if not is_named(name):
            raise ValueError(f"campaign.contenders: {name}: expected package.module:factory")
    if not head.figures:
        raise ValueError("campaign.figures: expected at least one")


def _check_factor(where: str, factor: Factor, design: str) -> None:
    if not factor.keys:
        raise ValueError(f"{where}.key: expected at least one key of the scenario")
    if design in SAMPLED:
        if factor.levels:
            return
        if factor.distribution is None:
            raise ValueError(
                f"{where}.distribution: missing; a design {design} draws from it, or from levels"
            )
        numbers = {name: getattr(factor, name) for name in _NEEDS[factor.distribution]}
        for name, value in numbers.items():
            if value is None:
                raise ValueError(f"{where}.{name}: missing; {factor.distribution} needs it")
        if "low" in numbers and not numbers["low"] < numbers["high"]:
            raise ValueError(f"{where}.high: expected more than low")
        if factor.distribution == "log-uniform" and not numbers["low"] > 0.0:
            raise ValueError(f"{where}.low: expected more than 0 for log-uniform")
        if factor.distribution == "normal" and not numbers["sigma"] > 0.0:
            raise ValueError(f"{where}.sigma: expected more than 0")
        if factor.distribution == "triangular" and not numbers["low"] <= numbers["mode"] <= numbers["high"]:
            raise ValueError(f"{where}.mode: expected low to high")
    elif not factor.levels:
        raise ValueError(f"{where}.levels: missing; a design {design} goes through them")
