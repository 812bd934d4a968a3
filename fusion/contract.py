"""The contract's enumerations as this version knows them: a value of a later one is taken as 0.

Source: proto/README.md, section 12. Readers take values and their names from here and nowhere else.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]


def known(enum: Any, value: int) -> int:
    """``value`` where the bindings' enumeration has it, else 0."""
    return value if value in enum.DESCRIPTOR.values_by_number else 0


def known_column(enum: Any, values: NDArray[Any]) -> Ints:
    """`known` of every value (n,)."""
    found = values.astype(np.int64)
    strange = (found < 0) | (found > _highest(enum))
    if strange.any():
        found[strange] = 0
    return found


def word(enum: Any, value: int) -> str:
    """The name of a value without the enumeration's own: "MAINTAINING" of ``TRACK_STATUS_MAINTAINING``."""
    name: str = enum.Name(known(enum, value))
    return name.removeprefix(_prefix(enum))


@cache
def _highest(enum: Any) -> int:
    """The contract's values run from 0 without gaps."""
    highest: int = max(enum.DESCRIPTOR.values_by_number)
    return highest


@cache
def _prefix(enum: Any) -> str:
    """What all names of an enumeration begin with: its own in capitals."""
    own = enum.DESCRIPTOR.name
    return "".join(f"_{c}" if c.isupper() and k else c for k, c in enumerate(own)).upper() + "_"
