"""Plain numbers on the command line: whole ones and others, finite, of sensible length, each refused in one sentence."""

from __future__ import annotations

import math
from numbers import Integral
from numbers import Real as RealNumber
from typing import Any

import click

from engine.errors import InputError
from engine.shown import shown
from engine.signature import INT64

#: As the concepts take them, from Python too.
SEEDS = (-INT64, INT64 - 1)
#: A number with more digits was meant to be something else.
LONGEST_NUMBER = 30


class Whole(click.ParamType):  # type: ignore[type-arg]  # generic only in newer versions
    """A whole number from ``least`` to ``most``."""

    name = "integer"

    def __init__(self, least: int | None = None, most: int | None = None) -> None:
        self.least, self.most = least, most

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Raises :class:`InputError` for anything else."""
        number = int(value) if isinstance(value, Integral) and not isinstance(value, bool) else None
        if isinstance(value, str) and len(value) <= LONGEST_NUMBER:
            try:
                number = int(value)
            except ValueError:
                number = None
        least, most = (-math.inf if self.least is None else self.least), (math.inf if self.most is None else self.most)
        if number is None or not least <= number <= most:
            raise _refused(param, value, "a whole number" + (f" from {self.least} to {self.most}" if self.most is not None else ""))
        return number


class Real(click.ParamType):  # type: ignore[type-arg]
    """A finite number, above ``above`` where that is given."""

    name = "float"

    def __init__(self, above: float | None = None) -> None:
        self.above = above

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Raises :class:`InputError` for anything else."""
        number = math.nan
        if (isinstance(value, RealNumber) and not isinstance(value, bool)) or (isinstance(value, str) and len(value) <= LONGEST_NUMBER):
            try:
                number = float(value)
            except (ValueError, OverflowError):
                number = math.nan
        if not math.isfinite(number) or (self.above is not None and number <= self.above):
            raise _refused(param, value, "a finite number" + (f" above {self.above:g}" if self.above is not None else ""))
        return number


def _refused(param: click.Parameter | None, value: Any, what: str) -> InputError:
    flag = max(param.opts, key=len) if param is not None else "what is given"
    return InputError(f"{flag} is {shown(value)}; give {what}")
