"""The one way to compile: a function for numba, its type kept.

A kernel is compiled when it is first called, without fast-math, and cached beside its source. numba's own
decorator is untyped; through this one a type checker sees what was written.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

from numba import njit
from numba.extending import overload

F = TypeVar("F", bound=Callable[..., Any])


def kernel(function: F) -> F:
    """``function`` compiled; called from Python or from another kernel as it stands."""
    return cast(F, njit(cache=True)(function))


def inlined(function: F) -> F:
    """``function`` as part of whichever kernel calls it: for one that takes another kernel as an argument.

    A kernel that hands another on by its address could not be cached.
    """
    return cast(F, njit(cache=True, inline="always")(function))


def compiled_as(function: Callable[..., Any]) -> Callable[[F], F]:
    """What stands for ``function`` in compiled code: the decorated function gives it (numba ``overload``)."""
    return cast("Callable[[F], F]", overload(function, strict=False))
