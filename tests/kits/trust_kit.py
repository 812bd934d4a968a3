"""A coalition with keys for the tests: made once a session, copied to where a test wants it."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from functools import cache
from pathlib import Path

from nodes import coalition
from nodes.coalition import Credentials, Ledger, Member
from nodes.coalition.keys import load_ring
from nodes.coalition.policy import Policy

NATIONS = ("USA", "JPN", "KOR")
NODES = ("KOR-1", "KOR-2", "KOR-9", "KOR-10", "JPN-1", "USA-1", "KOR-PROBE")
ALL = ("JPN", "KOR", "USA")


@cache
def home() -> Path:
    """The directory of the session's coalition; do not change it."""
    folder = Path(tempfile.mkdtemp(prefix="triwatch-test-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    nodes = tuple(Member(id=name, nation=name[:3], releasable_to=ALL) for name in NODES)
    coalition.found(folder, Policy(nations=NATIONS, nodes=nodes), exercise=True)
    return folder


def settle(root: Path) -> Path:
    """The session's coalition in ``root``, unless there is one already."""
    if not (root / "policy").exists():
        for part in ("policy", "keys"):
            shutil.copytree(home() / part, root / part)
        for folder in (root / "keys", *(root / "keys").iterdir()):
            folder.chmod(0o700)
    return root


def nation_of(process_id: str) -> str:
    """Whose process it is, as the kit names them."""
    return process_id.removeprefix("core-").removeprefix("reader-")[:3]


def credentials(root: Path, process_id: str) -> Credentials:
    """What a process believes; of the control of the exercise where the name is that."""
    if process_id == "exercise":
        return coalition.of_reader(root)
    return coalition.of_process(root, process_id, nation_of(process_id))


@cache
def signer(process_id: str) -> Credentials:
    """The session's credentials of a process, to sign with."""
    return credentials(home(), process_id)


@cache
def ledger() -> Ledger:
    """Whose signature counts by the session's policy."""
    return Ledger(coalition.load(home()))


def secrets(root: Path) -> list[str]:
    """Every secret of a coalition directory, as its files have them."""
    found = []
    for file in (root / "keys").rglob("*.json"):
        ring = load_ring(root, "" if file.parent.name == "exercise" else file.parent.name, file.stem)
        found += [*ring.signing, *ring.transport]
    return found
