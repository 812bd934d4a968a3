"""As much of OR-Tools' ``pywraplp`` as Stone Soup's multi-frame assignment asks for, by scipy's HiGHS.

Binary variables, sums that must be equal to a number, one sum that is to be least.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp


class Variable:
    """0 or 1."""

    __array_ufunc__ = None  # numpy's numbers leave the product to __rmul__

    def __init__(self, index: int) -> None:
        self.index = index
        self.value = 0.0

    def __rmul__(self, factor: float) -> Term:
        return Term(float(factor), self)

    def solution_value(self) -> float:
        """What the solution gave it."""
        return self.value


class Term:
    """A variable times a number."""

    def __init__(self, factor: float, variable: Variable) -> None:
        self.factor = factor
        self.variable = variable


class Total:
    """Of terms."""

    def __init__(self, parts: Iterable[Term | Variable]) -> None:
        self.terms = [part if isinstance(part, Term) else Term(1.0, part) for part in parts]

    def __eq__(self, value: object) -> Constraint:  # type: ignore[override]
        assert isinstance(value, int | float)
        return Constraint(self, float(value))

    def row(self, size: int) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        """Factors of all variables (size,)."""
        found = np.zeros(size)
        for term in self.terms:
            found[term.variable.index] += term.factor
        return found


class Constraint:
    """A sum and what it must be."""

    def __init__(self, total: Total, value: float) -> None:
        self.total = total
        self.value = value


class Solver:
    """A programme that is built up, then solved."""

    OPTIMAL, FEASIBLE, INFEASIBLE = 0, 1, 2

    def __init__(self) -> None:
        self._variables: list[Variable] = []
        self._constraints: list[Constraint] = []
        self._least = Total(())

    @classmethod
    def CreateSolver(cls, name: str) -> Solver:
        """Whatever the name: HiGHS."""
        return cls()

    def BoolVar(self, name: str) -> Variable:
        """A new variable."""
        self._variables.append(Variable(len(self._variables)))
        return self._variables[-1]

    def Sum(self, parts: Iterable[Term | Variable]) -> Total:
        """Of terms."""
        return Total(parts)

    def Add(self, constraint: Constraint) -> None:
        """The solution keeps to it."""
        self._constraints.append(constraint)

    def Minimize(self, total: Total) -> None:
        """What is to be least."""
        self._least = total

    def Solve(self) -> int:
        """Give every variable its value; OPTIMAL, or INFEASIBLE."""
        size = len(self._variables)
        if not size:
            return self.OPTIMAL if all(c.value == 0.0 for c in self._constraints) else self.INFEASIBLE
        rows = np.array([c.total.row(size) for c in self._constraints]).reshape(-1, size)
        value = np.array([c.value for c in self._constraints])
        constraints = [LinearConstraint(rows, value, value)] if len(rows) else []
        found = milp(
            self._least.row(size), integrality=np.ones(size), bounds=Bounds(0.0, 1.0), constraints=constraints
        )
        if found.x is None:
            return self.INFEASIBLE
        for variable, x in zip(self._variables, np.round(found.x), strict=True):
            variable.value = float(x)
        return self.OPTIMAL
