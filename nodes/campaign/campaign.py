"""A campaign from its file to its report: planned, run where rows are missing, tabulated."""

from __future__ import annotations

import hashlib
import shlex
import tomllib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final

from msgspec.structs import replace

from fusion.constants import OPERATION, Chosen
from nodes import plugins
from nodes.campaign import design
from nodes.campaign.case import Case, digest_of, key_of, scenario_of
from nodes.campaign.code_version import code_version
from nodes.campaign.journal import Journal
from nodes.campaign.plan import CampaignFile, read_plan
from nodes.campaign.results import Results
from nodes.campaign.run_case import Row, Work
from nodes.errors import BadInput
from nodes.simulation import loader
from nodes.simulation.recorded import find_recording
from nodes.theatre import draw

CHECKED_BEFORE: Final[
    Annotated[
        int,
        Chosen(
            "1",
            "cases whose scenarios are checked before anything starts; of more, so many evenly chosen ones",
            OPERATION,
        ),
    ]
] = 200


@dataclass(frozen=True)
class Progress:
    """How far a campaign is."""

    planned: int
    there: int
    """Rows there are, failed ones included."""
    failed: int
    made: int
    """Of them since this start."""


class Campaign:
    """A campaign file read, checked and laid out in cases. Raises BadInput for whatever cannot be run."""

    def __init__(self, path: Path, runs: int | None = None, contenders: Sequence[str] = ()) -> None:
        self.path = path
        self.plan: CampaignFile = read_plan(path, contenders)
        self.plan = _with_paths(self.plan, path.parent)
        self.raw, self.file = _scenario(self.plan, path.parent)
        nations = _nations(self.raw)
        seeds = self._seeds(design.size(self.plan, nations), runs)
        self.cases: Sequence[Case] = list(design.cases(self.plan, nations, seeds))
        self._refuse_unusable()
        self.source = self._source()
        self.code = code_version()
        self.keys: Sequence[str] = [key_of(case, self.source, self.code) for case in self.cases]
        self._own_name = runs

    def missing(self, rows: dict[str, Row], retry: bool = False) -> Iterator[Work]:
        """What is still to be run, each once; ``retry``: also what failed."""
        asked = set()
        for case, key in zip(self.cases, self.keys, strict=True):
            row = rows.get(key)
            if key not in asked and (row is None or (retry and row.status == "failed")):
                asked.add(key)
                yield self._work(case, key)

    def work(self, key: str) -> Work:
        """One run, by a key or how it begins. Raises BadInput where it names none or several."""
        found = {k: case for case, k in zip(self.cases, self.keys, strict=True) if k.startswith(key)}
        if len(found) != 1:
            many = "no run" if not found else f"{len(found)} runs"
            raise BadInput(
                f"--repeat {key}: {many} of {self.path} (code {self.code}); give a key of its rows"
            )
        ((whole, case),) = found.items()
        return self._work(case, whole)

    def results(self, rows: dict[str, Row]) -> Results:
        """The plan and its rows so far."""
        return Results(self.plan, self.cases, self.keys, rows)

    def about(self) -> dict[str, str]:
        """What the table and the report say of where they come from."""
        return {
            "campaign": self.plan.campaign.name,
            "scenario": Path(self.file).name if self.plan.campaign.scenario else "theatres drawn by seed",
            "scenario_sha256": self.source[:16],
            "code": self.code,
        }

    def command(self, key: str) -> str:
        """How to repeat one run."""
        runs = "" if self._own_name is None else f" --runs {self._own_name}"
        return f"triwatch campaign {shlex.quote(str(self.path))}{runs} --repeat {key}"

    def _work(self, case: Case, key: str) -> Work:
        head = self.plan.campaign
        return Work(key, case, self.raw, self.file, head.detections, head.contenders)

    def _source(self) -> str:
        """A hash of what all runs have in common: scenario, recorded traffic, code of others."""
        head = self.plan.campaign
        foreign = sorted({*_named(self.raw), *(name for case in self.cases for name in _named(case.set))})
        code = [plugins.source_digest(name) for name in (*foreign, *head.contenders)]
        parts = (
            digest_of(self.raw),
            _data_digest(self.raw, self.file),
            head.detections,
            head.contenders,
            code,
        )
        return hashlib.sha256(repr(parts).encode()).hexdigest()

    def _seeds(self, size: int, runs: int | None) -> int:
        """Repetitions of each case. Raises BadInput where there would be too many runs, or too few."""
        if runs is not None and runs < size:
            raise BadInput(
                f"--runs {runs}: the design of {self.path} alone has {size:,} cases; give so many or more"
            )
        seeds = self.plan.campaign.seeds if runs is None else runs // size
        most = self.plan.campaign.largest
        if size * seeds > most:
            raise BadInput(
                f"{self.path}: cases times seeds, {size:,} times {seeds:,}, are {size * seeds:,} runs,"
                f" more than {most:,}; take fewer levels, samples or seeds, or set campaign.largest"
            )
        return seeds

    def _refuse_unusable(self) -> None:
        step = max(1, len(self.cases) // CHECKED_BEFORE)
        first = self.plan.campaign.first_seed
        for case in [c for c in self.cases if c.seed == first][::step]:
            try:
                scenario_of(case, self.raw, self.file)
            except BadInput as error:
                values = ", ".join(f"{name} = {value}" for name, value in case.factors.items())
                where = f"arm {case.arm}" + (f", {values}" if values else "")
                raise BadInput(f"{self.path}: {where}: {error}") from None


def run_campaign(
    campaign: Campaign,
    journal: Journal,
    run: Callable[[Iterator[Work]], Iterator[Row]],
    tell: Callable[[Progress], None],
    retry: bool = False,
) -> None:
    """Run what is missing in the journal, keeping every row the moment it comes."""
    keys = set(campaign.keys)
    there = {
        key for key, row in journal.rows.items() if key in keys and not (retry and row.status == "failed")
    }
    failed = sum(journal.rows[key].status == "failed" for key in there)
    made = 0
    tell(Progress(len(keys), len(there), failed, made))
    for row in run(campaign.missing(journal.rows, retry)):
        journal.add(row)
        made += 1
        there.add(row.key)
        failed += row.status == "failed"
        tell(Progress(len(keys), len(there), failed, made))


def _scenario(plan: CampaignFile, beside: Path) -> tuple[dict[str, Any], str]:
    """The tables of the scenario meant: a file beside the campaign's, else as everywhere. Of theatres, which
    have one for every seed, the first: it names the nations."""
    head = plan.campaign
    if head.theatre:
        return tomllib.loads(draw(head.theatre, head.first_seed)), head.theatre
    return loader.read(_near(head.scenario, beside))


def _with_paths(plan: CampaignFile, beside: Path) -> CampaignFile:
    """Files of distributions beside the campaign's, by their whole path."""
    if not plan.campaign.theatre:
        return plan
    head = replace(plan.campaign, theatre=_near(plan.campaign.theatre, beside))
    arms = tuple(
        replace(arm, theatre=_near(arm.theatre, beside)) if arm.theatre else arm for arm in plan.arms
    )
    return replace(plan, campaign=head, arms=arms)


def _near(name: str, beside: Path) -> str:
    return str(beside / name) if (beside / name).is_file() else name


def _nations(raw: dict[str, Any]) -> tuple[str, ...]:
    """Who owns a node, in the order of the file."""
    nodes = raw.get("nodes", [])
    tables = [node for node in nodes if isinstance(node, dict)] if isinstance(nodes, list) else []
    return tuple(dict.fromkeys(str(node.get("nation")) for node in tables))


def _named(value: Any) -> Iterator[str]:
    """Every ``package.module:factory`` in the tables of a scenario."""
    if isinstance(value, str) and plugins.is_named(value):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _named(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _named(inner)


def _data_digest(raw: dict[str, Any], file: str) -> str:
    """Of the recorded traffic that a scenario names, where it is there."""
    found = hashlib.sha256()
    objects = raw.get("objects", [])
    for thing in objects if isinstance(objects, list) else []:
        if isinstance(thing, dict) and thing.get("kind") == "recorded":
            path = find_recording(str(thing.get("file")), Path(file).parent)
            found.update(b"absent" if path is None else hashlib.sha256(path.read_bytes()).digest())
    return found.hexdigest()
