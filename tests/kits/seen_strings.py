"""Every string that a person sees: of commands, the terminal, errors and the page, from the sources.

In Python they are the arguments of what prints, raises and labels, and the help of commands and options; in
the page's TypeScript every literal with a word in it that is no name of the program's own.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

REPO = Path(__file__).resolve().parents[2]
CALLS = {
    "print", "echo", "tell", "_tell", "BadInput", "UsageError", "BadParameter", "ClickException", "fail",
    "_fail", "ReportError", "WireError", "UpdateError", "ValueError", "option", "argument", "version_option",
    "Panel", "Text", "assemble", "add_column", "add_row", "append", "warning", "error", "info",
    "_add", "_table",
}  # fmt: skip
"""What shows its strings to a person: on a terminal, in an error, in a log, on the page."""
WORDED = (
    "nodes/scoring/scorecard.py", "nodes/scoring/worth.py", "nodes/scoring/sharing.py", "nodes/wording.py",
    "nodes/demo/panels.py", "nodes/demo/lines.py", "nodes/demo/result.py", "nodes/demo/warning_words.py",
    "nodes/page/events.py", "nodes/cli/next_steps.py", "nodes/replay/replay.py",
)  # fmt: skip
"""Files that are there to word things: all of their strings with a space in them are seen."""


@dataclass(frozen=True)
class Seen:
    """One string, and where it stands."""

    where: str
    text: str
    """What is filled in stands as {}."""
    filled: tuple[str, ...] = ()
    """The expressions that are filled in."""


def seen_strings() -> list[Seen]:
    """Every string, in the order of the files."""
    found: list[Seen] = []
    for path in sorted([*REPO.glob("nodes/**/*.py"), *REPO.glob("fusion/**/*.py")]):
        found += _python(path)
    for path in sorted(REPO.glob("web/src/**/*.ts")):
        if "gen" not in path.relative_to(REPO / "web/src").parts:
            found += _typescript(path)
    return found


def _python(path: Path) -> Iterator[Seen]:
    name = str(path.relative_to(REPO))
    tree = ast.parse(path.read_text(encoding="utf-8"))
    docstrings = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    inside = {
        id(inner) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for inner in node.values
    }
    roots: list[ast.AST] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _called(node.func) in CALLS:
            roots += [
                *node.args,
                *(k.value for k in node.keywords if k.arg not in ("metavar", "type", "style")),
            ]
        elif isinstance(node, ast.FunctionDef) and any("command" in ast.dump(d) for d in node.decorator_list):
            yield Seen(f"{name}:{node.lineno}", ast.get_docstring(node) or "")
    if name in WORDED:
        roots = [tree]
    taken: set[int] = set()
    for root in roots:
        for node in ast.walk(root):
            if id(node) in taken | docstrings | inside:
                continue
            taken.add(id(node))
            seen = _literal(node, name)
            if seen is not None and _is_worded(seen.text):
                yield seen


def _is_worded(text: str) -> bool:
    """Whether it is of words: a name of the program's own has no space and begins small."""
    return bool(re.search(r"[A-Za-z]{2}", text)) and (" " in text.strip() or text[:1].isupper())


def _called(function: ast.expr) -> str:
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def _literal(node: ast.AST, name: str) -> Seen | None:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return Seen(f"{name}:{node.lineno}", node.value)
    if isinstance(node, ast.JoinedStr):
        text, filled = "", []
        for part in node.values:
            if isinstance(part, ast.Constant):
                text += str(part.value)
            elif isinstance(part, ast.FormattedValue):
                text += "{}"
                filled.append(ast.unparse(part.value))
        return Seen(f"{name}:{node.lineno}", text, tuple(filled))
    return None


_COMMENT = re.compile(r"/\*.*?\*/|(?<![:\"'`])//[^\n]*", re.DOTALL)
_STRING = re.compile(r'"((?:[^"\\\n]|\\.)*)"|`((?:[^`\\]|\\.)*)`')
_FILLED = re.compile(r"\$\{[^{}]*(?:\{[^{}]*\}[^{}]*)*\}")
_CODE = re.compile(r"[{};=<>]|^\.{0,2}/|^[a-z-]+$|\.ts$|px|rgba?\(|^#|:\s*\"|^[a-z]+( [a-z-]+)+$(?<!\.)")


def _typescript(path: Path) -> Iterator[Seen]:
    name = str(path.relative_to(REPO))
    source = path.read_text(encoding="utf-8")
    bare = _COMMENT.sub(lambda m: "\n" * m[0].count("\n"), source)
    for match in _STRING.finditer(bare):
        raw = match[1] if match[1] is not None else match[2]
        line = bare.count("\n", 0, match.start()) + 1
        text = _FILLED.sub("{}", raw)
        plain = text.replace("{}", "").strip()
        if not re.search(r"[A-Za-z]{2}", plain) or _CODE.search(plain):
            continue
        if " " in plain or (plain[0].isupper() and plain.isalpha()):
            yield Seen(f"{name}:{line}", text, tuple(_FILLED.findall(raw)))
