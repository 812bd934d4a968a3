"""The house's rules, read off the source: pure rooms, one-way arrows, one edge for each outside thing."""

import ast
from collections.abc import Iterator
from pathlib import Path
from statistics import median

IMPURE = {"asyncio", "datetime", "io", "multiprocessing", "os", "pathlib", "random", "secrets", "select"}
IMPURE |= {"shutil", "signal", "socket", "ssl", "subprocess", "sys", "tempfile", "threading", "time", "zmq"}
WALL_CLOCK = {"time"}

ROOMS = (
    ("cli",),
    ("bench", "campaign", "testing"),
    ("lab", "contenders"),
    ("theatre", "demo", "replay", "page"),
    ("core", "sensor_node", "scoring", "gateways"),
    ("recording", "admission", "tracking", "simulation"),
    ("operations", "coalition", "link", "control", "sensing"),
    ("framed_log", "plugins", "labels", "names", "errors", "units", "wording"),
)
"""Of nodes/, from the top: a room imports from the lines below its own, and in its line from the right."""

APART = {room: {"simulation", "recording", "scoring"} for room in ("tracking", "core", "link", "admission")}
APART |= {"gateways": {"coalition", "tracking", "simulation"}, "page": {"core", "simulation"}}
"""What a room does without although it lies below: what is in earnest imports nothing of an exercise, and
what shows a picture reads the published contract."""


def modules(repo: Path, room: str) -> Iterator[tuple[Path, ast.Module]]:
    """Every hand-written module of a room with its syntax tree; paths relative to the project."""
    for path in sorted((repo / room).rglob("*.py")):
        if not path.name.endswith("_pb2.py"):
            yield path.relative_to(repo), ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def imported(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """(line, dotted name) of everything a module imports, at any depth of nesting."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            name = "." * node.level + (node.module or "")
            if name == "nodes":  # rooms, each by its own name
                yield from ((node.lineno, f"nodes.{alias.name}") for alias in node.names)
            else:
                yield node.lineno, name


def offences(repo: Path, room: str, forbidden: set[str]) -> list[str]:
    """file:line of every import in a room whose top-level name is forbidden there."""
    return [
        f"{path}:{line} imports {name}"
        for path, tree in modules(repo, room)
        for line, name in imported(tree)
        if name.split(".")[0] in forbidden
    ]


def test_fusion_is_pure(repo: Path) -> None:
    assert offences(repo, "fusion", IMPURE) == []


def test_fusion_opens_no_file_and_draws_no_random_number(repo: Path) -> None:
    found = []
    for path, tree in modules(repo, "fusion"):
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "open":
                found.append(f"{path}:{node.lineno} opens a file")
            if isinstance(node, ast.Attribute) and node.attr in {
                "random",
                "default_rng",
                "fromfile",
                "memmap",
            }:
                found.append(f"{path}:{node.lineno} uses .{node.attr}")
    assert found == []


def test_arrows_run_one_way(repo: Path) -> None:
    assert offences(repo, "fusion", {"nodes", "benchmarks", "tests"}) == []
    assert offences(repo, "nodes", {"benchmarks", "tests"}) == []
    assert offences(repo, "proto", {"fusion", "nodes", "benchmarks", "tests"}) == []


def misplaced(repo: Path) -> list[str]:
    """file:line of every import between rooms of nodes/ that the table does not have."""
    place = {room: (floor, i) for floor, line in enumerate(ROOMS) for i, room in enumerate(line)}
    found = []
    for path, tree in modules(repo, "nodes"):
        room = path.parts[1].removesuffix(".py")
        if room == "__init__":
            continue
        if room not in place:
            found.append(f"{path}: {room} has no place in ROOMS")
            continue
        for line, name in imported(tree):
            other = name.split(".")[1] if name.startswith("nodes.") else room
            below = other == room or place.get(other, (0, 0)) > place[room]
            if not below or other in APART.get(room, ()):
                found.append(f"{path}:{line} imports {name}")
    return found


def test_rooms_import_from_the_rooms_below(repo: Path) -> None:
    assert misplaced(repo) == []


def test_the_table_bites(tmp_path: Path) -> None:
    """Up, to the left, what is kept apart, a room that has no place: all are found."""
    planted = {
        "sensing/up.py": "from nodes.tracking import tracker",
        "link/left.py": "def f():\n    from nodes import coalition",
        "admission/apart.py": "import nodes.simulation.spec",
        "attic/old.py": "",
        "core/good.py": "from nodes.admission import rules\nimport nodes.core.views, nodes.errors",
    }
    for path, text in planted.items():
        (tmp_path / "nodes" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "nodes" / path).write_text(text, encoding="utf-8")
    assert misplaced(tmp_path) == [
        "nodes/admission/apart.py:1 imports nodes.simulation.spec",
        "nodes/attic/old.py: attic has no place in ROOMS",
        "nodes/link/left.py:2 imports nodes.coalition",
        "nodes/sensing/up.py:1 imports nodes.tracking",
    ]


def test_one_edge_for_sockets(repo: Path) -> None:
    link = Path("nodes/link")
    assert [o for o in offences(repo, "nodes", {"zmq"}) if link not in Path(o.split(":")[0]).parents] == []


def test_one_edge_for_the_wall_clock(repo: Path) -> None:
    clock = "nodes/control/clock.py:"
    assert [o for o in offences(repo, "nodes", WALL_CLOCK) if not o.startswith(clock)] == []
    # datetime may format and parse; it may not ask what time it is.
    asks = [
        f"{path}:{node.lineno} asks the wall clock"
        for path, tree in modules(repo, "nodes")
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and node.attr in {"now", "utcnow", "today"}
        and isinstance(node.value, ast.Name)
        and node.value.id in {"datetime", "date"}
    ]
    assert asks == []


def test_the_contract_holds_no_code_at_its_top(repo: Path) -> None:
    """proto/ is on the import path in development: a module at its top would shadow others."""
    assert list((repo / "proto").glob("*.py")) == []
    assert [p for p in (repo / "proto" / "triwatch").rglob("*.py") if not p.name.endswith("_pb2.py")] == []


def test_files_are_one_idea(repo: Path) -> None:
    """Half of the files stay under 150 lines and none has grown past all bounds."""
    lines = {
        str(path): len((repo / path).read_text(encoding="utf-8").splitlines())
        for room in ("fusion", "nodes")
        for path, _ in modules(repo, room)
    }
    assert median(n for n in lines.values() if n) < 150
    assert {path: n for path, n in lines.items() if n > 600} == {}


def test_the_rules_bite(tmp_path: Path) -> None:
    """The checks above are not empty: planted offences are found, with their place."""
    room = tmp_path / "fusion"
    room.mkdir()
    (room / "planted.py").write_text("def f():\n    import time\n    from os import path\n", encoding="utf-8")
    assert offences(tmp_path, "fusion", IMPURE) == [
        "fusion/planted.py:2 imports time",
        "fusion/planted.py:3 imports os",
    ]
