"""Mutation tests of the rooms that decide what counts: make mutants [ROOM=finality] [SAMPLE=120]

Every mutant is one small change of one line (cosmic-ray's operators). A room's tests must fail for it: a
mutant that they let pass shows a line that nothing holds. Runs in a copy of the tree; needs cosmic-ray, which
`make mutants` installs into an environment of its own. Prints a table and each survivor with its line; exits
with 1 where a room kills less than 85 %.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from cosmic_ray.commands import execute, init
from cosmic_ray.config import ConfigDict
from cosmic_ray.modules import find_modules
from cosmic_ray.work_db import use_db
from cosmic_ray.work_item import TestOutcome, WorkerOutcome, WorkResult

REPO = Path(__file__).resolve().parents[2]
KILLED_MIN = 0.85
SEED = 20261129
EQUIVALENT = re.compile(r"_Is$|_IsNot$|_BitOr_|RemoveDecorator")
"""Operators whose mutants mostly mean the same here: `is` between small integers, `|` in annotations that
nobody evaluates, the decorators that compile."""


class Room(NamedTuple):
    """What is mutated, and what must notice."""

    modules: tuple[str, ...]
    tests: tuple[str, ...]
    interpreted: bool = False
    """Kernels: Python runs their lines, since to compile the fold anew takes a minute a mutant."""


ROOMS = {
    "finality": Room(
        ("fusion/finality.py",),
        ("tests/fusion/test_finality_by_definition.py",),
    ),
    "history": Room(
        ("fusion/table/history.py",),
        ("tests/fusion/test_history_by_itself.py",),
    ),
    "pairing": Room(
        ("fusion/pairing",),
        (
            "tests/fusion/pairing/test_crowded.py",
            "tests/fusion/pairing/test_assignment.py",
            "tests/fusion/pairing/test_evidence.py",
            "tests/fusion/test_lifecycle.py",
        ),
        interpreted=True,
    ),
    "admission": Room(("nodes/admission",), ("tests/admission/test_admission_by_definition.py",)),
}


def copy_of_the_tree(to: Path) -> None:
    """The tree as it is now, without what git ignores."""
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "-z"], cwd=REPO, capture_output=True, check=True
    )
    for name in listed.stdout.decode().split("\0"):
        if name and (REPO / name).is_file():
            (to / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(REPO / name, to / name)


@contextlib.contextmanager
def tests_of(room: Room, python: str, socket: Path) -> Iterator[str]:
    """The command that runs the room's fast tests, stopped at the first failure, by a server of its own."""
    server = Path(__file__).with_name("server.py")
    how = {"NUMBA_DISABLE_JIT": "1"} if room.interpreted else {}
    # a mutant may have the size and the second of the one before it: its bytecode must not be taken for it
    environment = os.environ | how | {"PYTHONDONTWRITEBYTECODE": "1"}
    serving = subprocess.Popen([python, str(server), str(socket)], stdin=subprocess.PIPE, env=environment)
    while not socket.exists() and serving.poll() is None:
        time.sleep(0.05)
    options = ("-x", "-q", "--timeout", "0", "-p", "no:cacheprovider", "-m", "not slow and not processes")
    try:
        yield shlex.join([sys.executable, "-S", "-E", str(server), str(socket), *options, *room.tests])
    finally:
        serving.communicate()
        socket.unlink(missing_ok=True)


def seconds_without_mutants(name: str, room: Room, command: str) -> float:
    """How long the room's tests take where all is well, kernels compiled before."""
    took = 0.0
    for _ in range(1 if room.interpreted else 2):
        began = time.monotonic()
        if subprocess.run(shlex.split(command), stdout=subprocess.DEVNULL).returncode:
            sys.exit(f"{name}: its tests fail without any mutant; run: pytest {' '.join(room.tests)}")
        took = time.monotonic() - began
    return took


def mutate(
    name: str, room: Room, command: str, sample: int, tree: Path, longest_s: float
) -> tuple[int, int, list[str]]:
    """(killed, run, survivors) of a seeded sample of the room's mutants; one that takes longer is killed."""
    config = ConfigDict(
        {
            "module-path": list(room.modules),
            "timeout": longest_s,
            "excluded-modules": [],
            "test-command": command,
            "distributor": {"name": "local"},
        }
    )
    with use_db(str(tree / f"{name}.sqlite")) as database:
        paths = [Path(found) for found in find_modules([Path(module) for module in room.modules])]
        init(paths, database, {})
        items = sorted(database.work_items, key=lambda item: str(item.mutations))
        telling = [i for i in items if not any(EQUIVALENT.search(m.operator_name) for m in i.mutations)]
        chosen = {item.job_id for item in random.Random(SEED).sample(telling, min(sample, len(telling)))}
        for item in items:
            if item.job_id not in chosen:
                skipped = WorkResult(worker_outcome=WorkerOutcome.SKIPPED, output="not in the sample")
                database.set_result(item.job_id, skipped)
        execute(database, config)
        survivors = []
        killed = run = 0
        for job_id, result in database.results:
            if job_id not in chosen:
                continue
            run += 1
            killed += result.test_outcome != TestOutcome.SURVIVED
            if result.test_outcome == TestOutcome.SURVIVED:
                survivors.append(result.diff or str(job_id))
    return killed, run, survivors


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--room", choices=[*ROOMS, ""], default="", help="one room; all where empty")
    options.add_argument("--sample", type=int, default=120, help="mutants a room, drawn with a fixed seed")
    options.add_argument("--python", required=True, help="the interpreter that runs the tests")
    given = options.parse_args()
    failed = False
    with tempfile.TemporaryDirectory(prefix="triwatch-mutants-") as folder:
        tree = Path(folder)
        copy_of_the_tree(tree)
        os.chdir(tree)
        os.environ["PYTHONPATH"] = f"{tree}:{tree / 'proto'}"
        for name, room in ROOMS.items():
            if given.room not in ("", name):
                continue
            if not all(Path(path).exists() for path in (*room.modules, *room.tests)):
                sys.exit(f"{name}: {room.modules} or {room.tests} is not there; mend ROOMS in {__file__}")
            with tests_of(room, given.python, tree / "mutants.socket") as command:
                longest_s = 60.0 + 2.0 * seconds_without_mutants(name, room, command)
                killed, run, survivors = mutate(name, room, command, given.sample, tree, longest_s)
            share = killed / run if run else 0.0
            failed |= share < KILLED_MIN
            for diff in survivors:
                print(diff)
            print(f"{name}: {killed} of {run} mutants killed, {100 * share:.0f} %", flush=True)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
