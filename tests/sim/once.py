"""What one core works out of a missile the others work out of the same numbers: a simulation does it once.

That equal numbers give equal results in every process and on every machine is shown where it belongs, in
tests/fusion and by `make determinism`; here it would cost a run with a missile most of its time.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

from fusion.warning import watch

RESULTS_MAX = 100_000
"""Remembered from one run to the next, too: nodes report the same missile in each."""
FUNCTIONS = ("predict_fall", "predict_burning", "estimate_launch")
"""Of `fusion.warning.watch`: functions of their arguments alone, whose results nobody changes."""


@cache
def _remembering(name: str) -> Callable[..., Any]:
    work_out, known = getattr(watch, name), dict[tuple[Any, ...], Any]()

    def worked_out(*arguments: Any, **named: Any) -> Any:
        key = (_key(arguments), tuple((name, _key(value)) for name, value in sorted(named.items())))
        if key not in known:
            if len(known) >= RESULTS_MAX:
                known.clear()
            known[key] = work_out(*arguments, **named)
        return known[key]

    return worked_out


def _key(value: Any) -> Any:
    """Equal for arguments that are equal bit by bit."""
    if isinstance(value, np.ndarray):
        return value.shape, value.tobytes()
    if isinstance(value, (tuple, list)):
        return tuple(map(_key, value))
    if hasattr(value, "__dataclass_fields__"):
        return tuple(_key(getattr(value, name)) for name in value.__dataclass_fields__)
    return value.hex() if isinstance(value, float) else value


def prepare(patch: Any) -> None:
    """Within, cores of one world share what they work out."""
    for name in FUNCTIONS:
        patch.setattr(watch, name, _remembering(name))
