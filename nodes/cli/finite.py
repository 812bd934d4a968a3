"""Numbers on the command line: float() also reads "nan" and "inf", and no option means either."""

from __future__ import annotations

import math

import click


class Finite(click.ParamType[float]):
    """A finite number from ``low`` to ``high``, ``low`` itself left out where ``above`` is set."""

    name = "number"

    def __init__(self, low: float = -math.inf, high: float = math.inf, *, above: bool = False) -> None:
        self.low, self.high, self.above = low, high, above

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> float:
        try:
            number = float(str(value))
        except ValueError:
            number = math.nan
        within = self.low <= number <= self.high and not (self.above and number == self.low)
        if not math.isfinite(number) or not within:
            self.fail(f"{value} is not {self._expected()}", param, ctx)
        return number

    def _expected(self) -> str:
        if math.isinf(self.low) and math.isinf(self.high):
            return "a finite number"
        lower = "above" if self.above else "from"
        return f"a number {lower} {self.low:,g} {'up to' if self.above else 'to'} {self.high:,g}"
