"""Draws that come out the same on every machine: numpy's PCG64, and of its bits + - x / alone.

No ``normal``, no ``choice``, no libm: a uniform number in [0, 1) is 53 bits of the generator over 2^53, and
all else is made of that.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import numpy as np

from nodes.errors import BadInput

FORMS = ({"from", "to"}, {"one_of"}, {"value"})
_PLAIN = (bool, int, float, str)


def is_distribution(value: Any) -> bool:
    """Whether a value of a theatre's file says how another is drawn."""
    return isinstance(value, Mapping) and bool({"from", "to", "one_of", "value", "share"} & set(value))


class Dice:
    """A stream of draws, seeded by ``seed`` and the name of what is drawn: parts do not shift each other."""

    def __init__(self, seed: int, name: str) -> None:
        digest = hashlib.sha256(name.encode()).digest()
        self._bits = np.random.PCG64([seed, int.from_bytes(digest[:8], "big")])

    def unit(self) -> float:
        """Uniform in [0, 1)."""
        return float(int(self._bits.random_raw()) >> 11) / 9007199254740992.0

    def between(self, low: float, high: float) -> float:
        """Uniform from ``low`` to ``high``."""
        return low + (high - low) * self.unit()

    def whole(self, low: int, high: int) -> int:
        """A whole number from ``low`` to ``high``, both included."""
        return low + int(self.unit() * (high - low + 1))

    def take(self, value: Any, key: str) -> Any:
        """``value`` with every distribution in it drawn; None where its share says that there is none.

        Raises BadInput, beginning with ``key``, for a distribution that is none.
        """
        if isinstance(value, list | tuple):
            return [self.take(one, f"{key}[{i}]") for i, one in enumerate(value)]
        if not isinstance(value, Mapping):
            return value
        if not is_distribution(value):
            taken = {name: self.take(one, f"{key}.{name}") for name, one in value.items()}
            return {name: one for name, one in taken.items() if one is not None}
        _check(value, key)
        there = self.unit() < value.get("share", 1.0)
        if "one_of" in value:
            drawn = self.take(value["one_of"][self.whole(0, len(value["one_of"]) - 1)], key)
        elif "value" in value:
            drawn = self.take(value["value"], key)
        else:
            low, high = value["from"], value["to"]
            both_whole = isinstance(low, int) and isinstance(high, int)
            drawn = self.whole(low, high) if both_whole else self.between(float(low), float(high))
        return drawn if there else None


def _check(value: Mapping[str, Any], key: str) -> None:
    if set(value) - {"share"} not in FORMS:
        raise BadInput(
            f"{key}: expected {{from = 1.0, to = 2.0}}, {{one_of = [...]}} or {{value = ...}}, each perhaps "
            f"with share, got the keys {', '.join(value)}"
        )
    numbers = {name: value[name] for name in ("from", "to", "share") if name in value}
    for name, number in numbers.items():
        if isinstance(number, bool) or not isinstance(number, int | float):
            raise BadInput(f"{key}.{name}: expected a number, got {number!r}")
    if not 0.0 <= numbers.get("share", 1.0) <= 1.0:
        raise BadInput(f"{key}.share: expected 0 to 1, got {numbers['share']:g}")
    if "from" in numbers and numbers["from"] > numbers["to"]:
        raise BadInput(f"{key}: expected from <= to, got {numbers['from']:g} and {numbers['to']:g}")
    if "one_of" in value and not (isinstance(value["one_of"], list) and value["one_of"]):
        raise BadInput(f"{key}.one_of: expected an array with at least one entry")
