"""A row and a number for a new track."""

from __future__ import annotations

from fusion.kernel import kernel
from fusion.table.arrays import Arrays

BLOCK = 100_000
"""Track numbers in a node's block."""


@kernel
def free_row(a: Arrays) -> int:
    """A row for a new track; the caller has reserved room."""
    n = a.counters[0].rows
    for row in range(n):
        if a.numbers[row] == 0:
            return row
    a.counters[0].rows = n + 1
    return n


@kernel
def free_number(a: Arrays, number: int) -> int:
    """``number``, or the next above it that no live track carries."""
    taken = True
    while taken:
        taken = False
        for row in range(a.counters[0].rows):
            if a.numbers[row] == number:
                taken = True
                break
        if taken:
            number += 1
    return number
