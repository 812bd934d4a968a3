"""The one way to compile: a function for numba, its type kept.

A kernel is compiled when it is first called, without fast-math, and cached beside its source. numba's own
decorator is untyped; through this one a type checker sees what was written.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any, TypeVar, cast

from numba import njit
from numba.extending import overload

F = TypeVar("F", bound=Callable[..., Any])


def kernel(function: F) -> F:
    """``function`` compiled; called from Python or from another kernel as it stands."""
    return cast(F, _compiled(function))


def inlined(function: F) -> F:
    """``function`` as part of whichever kernel calls it: for one that takes another kernel as an argument.

    A kernel that hands another on by its address could not be cached.
    """
    return cast(F, _compiled(function, inline="always"))


def _compiled(function: Callable[..., Any], **options: Any) -> Any:
    try:
        return njit(cache=True, **options)(function)
    except RuntimeError as error:
        if "cannot cache" not in str(error):
            raise
        warnings.warn(_NOT_KEPT, RuntimeWarning, stacklevel=4)
        return njit(**options)(function)


_NOT_KEPT = (
    "kernels are compiled anew in every process, which takes a minute: neither the program's folder "
    "nor the home folder can be written to; set NUMBA_CACHE_DIR to one that can"
)


def compiled_as(function: Callable[..., Any]) -> Callable[[F], F]:
    """What stands for ``function`` in compiled code: the decorated function gives it (numba ``overload``)."""
    return cast("Callable[[F], F]", overload(function, strict=False))
