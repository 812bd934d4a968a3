"""What is compiled before an exercise is all that an exercise compiles."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

KITS = Path(__file__).parents[1] / "kits"
AFTER_WARMING = """
import sys
import numba.core.dispatcher as dispatcher
from fusion.warm import warm_fold
warm_fold()

def known():
    return {
        (kernel.py_func.__module__, kernel.py_func.__name__, signature)
        for name, module in list(sys.modules.items()) if name.startswith("fusion.")
        for kernel in vars(module).values() if isinstance(kernel, dispatcher.Dispatcher)
        for signature in kernel.overloads
    }

before = known()
from fusion import Picture
from heard_kit import TWO_PLATFORMS, Course, heard
picture = Picture()
for report in heard(1, TWO_PLATFORMS, [Course(15e3, 20e3, 2.0, 1.0)]):
    picture.fold(report)
picture.snapshot()
assert before
print(sorted(f"{module}.{name}" for module, name, _ in known() - before))
"""


def test_lines_of_bearing_compile_nothing() -> None:
    """A core that has to waits for half a minute, and nobody is warned of anything meanwhile."""
    path = os.pathsep.join([*sys.path, str(KITS)])
    done = subprocess.run(
        [sys.executable, "-c", AFTER_WARMING],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == "[]\n"
