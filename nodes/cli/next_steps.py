"""What a person may do after an exercise, as commands that can be typed where they are."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from pathlib import Path
from typing import TextIO


def print_next_steps(recording: Path | None, page: str | None, out: TextIO) -> None:
    """Write what to do next; ``recording`` where one was kept, ``page`` where the picture page stays."""
    me = _command()
    steps = []
    if page is not None:
        steps.append(("The picture page stays until Ctrl-C", page))
    if recording is not None:
        file = shlex.quote(str(recording))
        steps.append(("See it again in a browser", f"{me} page {file}"))
        steps.append(("Fold it again: the same bytes", f"{me} replay {file}"))
        steps.append(("As a table", f"{me} export {file} --to csv --out picture.csv"))
    else:
        steps.append(("Keep a recording", f"{me} demo --record exercise.mcap"))
    if page is None:
        steps.append(("Keep the picture page open", f"{me} demo --keep-page"))
    steps.append(("Other exercises", f"{me} scenarios"))
    steps.append(("One of your own", f"{me} scenarios --copy medium_range"))
    width = max(len(what) for what, _ in steps)
    print("\nWhat next", file=out)
    for what, how in steps:
        print(f"  {what:<{width}}  {how}", file=out)
    out.flush()


def _command() -> str:
    """``triwatch``, where a shell finds it; else where it was called from."""
    called = Path(sys.argv[0])
    if called.name != "triwatch" or shutil.which("triwatch"):
        return "triwatch"
    return shlex.quote(os.path.relpath(called))
