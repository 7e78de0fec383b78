"""Operations that work cell by cell; an axis of one cell serves for all."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import product

from engine.ops import algebra
from engine.ops.value import Call, NotOneStepError, Rule, UnfitError, Value
from engine.stage import Work
from engine.step import Cell


def narrow(cell: Cell, shape: Sequence[int]) -> Cell:
    """The cell of a tensor of this shape that stands behind a cell of the result."""
    own = cell[len(cell) - len(shape) :]
    return tuple(0 if size == 1 else at for at, size in zip(own, shape, strict=True))


def wide(cell: Cell, shape: Sequence[int], result: Sequence[int]) -> Iterable[Cell]:
    """The cells of the result that a cell of a tensor of this shape stands behind."""
    added = len(result) - len(shape)
    axes: list[Sequence[int]] = [range(size) for size in result[:added]]
    axes += [(at,) if size == 1 or own != 1 else range(size) for at, own, size in zip(cell, shape, result[added:], strict=True)]
    return product(*axes)


class Elementwise(Rule):
    """``combine`` makes a work of those of the arguments ``names``; further arguments of torch are ``options``."""

    def __init__(self, combine: Callable[..., Work], names: Sequence[str] = ("input",), options: Sequence[str] = ()) -> None:
        self.combine, self.read, self.names = combine, names, (*names, *options)

    def parts(self, call: Call, cell: Cell) -> list[Work]:
        """The works of the arguments."""
        return [call.cell(name, narrow(cell, call.value(name).tensor.shape)) for name in self.read]

    def work(self, call: Call, output: int, cell: Cell) -> Work:
        try:
            return self.combined(call, output, cell)
        except UnfitError as error:
            raise call.fitted(self.read[min(error.which, len(self.read) - 1)]) from None

    def combined(self, call: Call, output: int, cell: Cell) -> Work:
        """The work of a cell of the result."""
        return self.combine(*self.parts(call, cell))

    def readers(self, call: Call, output: int, argument: str, cell: Cell) -> Iterable[Cell]:
        return wide(cell, call.value(argument).tensor.shape, call.made[output].tensor.shape)


class Scaled(Elementwise):
    """A sum or difference in which torch multiplies the second argument by ``alpha``."""

    def combined(self, call: Call, output: int, cell: Cell) -> Work:
        first, second = self.parts(call, cell)
        alpha = call.get("alpha", 1)
        return self.combine(first, second if alpha == 1 else algebra.multiply(algebra.constant(alpha), second))


class ProductRule(Elementwise):
    """A product; a plain number comes first."""

    def combined(self, call: Call, output: int, cell: Cell) -> Work:
        first, second = self.parts(call, cell)
        if isinstance(call.arguments[self.read[1]], Value):
            return self.combine(first, second)
        try:
            return self.combine(second, first)
        except UnfitError as error:
            raise UnfitError(1 - error.which) from None


class Quotient(Elementwise):
    """A quotient; a rounded one is no single step."""

    def combined(self, call: Call, output: int, cell: Cell) -> Work:
        if call.get("rounding_mode") is not None:
            raise NotOneStepError
        return super().combined(call, output, cell)


#: Whole powers up to this one are products.
MOST_FACTORS = 6
ROOTS = {0.5: "sqrt", -0.5: "rsqrt"}


class Power(Elementwise):
    """x·x·..., a root, or 1 over one of these; of a number above 0 to the power of x, e to the power of x times its logarithm."""

    def combined(self, call: Call, output: int, cell: Cell) -> Work:
        base, power = call.arguments["input"], call.arguments["exponent"]
        if not isinstance(base, Value):
            return self._exponential(float(base), call.cell("exponent", narrow(cell, call.value("exponent").tensor.shape)))
        if isinstance(power, Value):
            raise NotOneStepError
        return self._power(base.work(narrow(cell, base.tensor.shape)), float(power))

    def _exponential(self, base: float, exponent: Work) -> Work:
        if base <= 0:
            raise NotOneStepError
        try:
            return algebra.apply("exp", algebra.multiply(algebra.constant(math.log(base)), exponent))
        except UnfitError:
            raise UnfitError(1) from None

    def _power(self, base: Work, power: float) -> Work:
        if power in ROOTS:
            return algebra.apply(ROOTS[power], base)
        if power == -1:
            return self._reciprocal(base)
        if not power.is_integer() or not 1 <= power <= MOST_FACTORS:
            raise NotOneStepError
        return algebra.power(base, int(power)) if power > 1 else base

    def _reciprocal(self, base: Work) -> Work:
        if not algebra.is_number(base):
            raise UnfitError(0)
        return algebra.divide(algebra.constant(1.0), base)


class FunctionRule(Elementwise):
    """A function of one cell, by its name in :data:`engine.functions.FUNCTIONS`; ``usual`` are options with the values that it has."""

    def __init__(self, function: str, options: Sequence[str] = (), usual: Sequence[object] = ()) -> None:
        super().__init__(lambda one: algebra.apply(function, one), ("input",), options)
        self.usual = dict(zip(options, usual, strict=False))

    def combined(self, call: Call, output: int, cell: Cell) -> Work:
        if any(not _is(call.get(name, value), value) for name, value in self.usual.items()):
            raise NotOneStepError
        return super().combined(call, output, cell)


def _is(given: object, usual: object) -> bool:
    """Whether an option has the usual value, in all cells if it is a tensor."""
    return bool(given.tensor.eq(float(usual)).all()) if isinstance(given, Value) and isinstance(usual, float) else given == usual


class Clamp(Elementwise):
    """A number between two bounds, or the bound that it is beyond, with the other numbers that are looked at beside.

    What is ``read`` are the number, the least and the largest. A number that is a bound is taken itself, or where that is
    ``strict`` the bound: what comes back goes there.
    """

    alone = True

    def __init__(self, read: tuple[str, str, str], names: Sequence[str] = (), strict: bool = False) -> None:
        super().__init__(algebra.add, read)
        self.names, self.strict = names or read, strict

    def combined(self, call: Call, output: int, cell: Cell) -> Work:
        found = {name: one for name in self.read if (one := self._part(call, name, cell)) is not None}
        for which, name in enumerate(self.read):
            if name in found and not algebra.is_number(found[name]):
                raise UnfitError(which)
        values = {name: work.terms[0][0] for name, work in found.items()}
        taken = self._taken(values)
        if taken != self.read[0] and values.get(self.read[1]) == values.get(self.read[2]) and values[self.read[0]] < values[taken]:
            return replace(algebra.constant(values[taken]), beside=[work.sums[0][0] for work in found.values()])  # torch sends back to none
        return replace(found[taken], beside=[work.sums[0][0] for name, work in found.items() if name != taken])

    def _part(self, call: Call, name: str, cell: Cell) -> Work | None:
        if call.get(name) is None:
            return None
        return call.cell(name, narrow(cell, call.value(name).tensor.shape))

    def _taken(self, values: Mapping[str, float]) -> str:
        """Of least and largest the largest counts, as in torch."""
        number, least, most = self.read
        x = values[number]
        if most in values and (max(x, values.get(least, x)) > values[most] or (self.strict and x == values[most])):
            return most
        return least if least in values and (x < values[least] or (self.strict and x == values[least])) else number


class Slope(Elementwise):
    """A straight line on each side of 0: the number times 1, or times ``slope``."""

    def combined(self, call: Call, output: int, cell: Cell) -> Work:
        (part,) = self.parts(call, cell)
        if not algebra.is_number(part):
            raise UnfitError(0)
        slope = 1.0 if part.terms[0][0] > 0 else float(call.get("negative_slope", 0.01))
        return algebra.multiply(algebra.constant(slope), part)


class Prelu(Elementwise):
    """The number where it is above 0, else times a weight: one for all, or one for every channel."""

    def __init__(self) -> None:
        super().__init__(algebra.multiply, ("input", "weight"))

    def parts(self, call: Call, cell: Cell) -> list[Work]:
        part, is_one = call.cell("input", cell), call.value("weight").tensor.numel() == 1
        if not algebra.is_number(part):
            raise UnfitError(0)
        at = (0,) * call.value("weight").tensor.dim() if is_one else cell[1:2]
        return [part, algebra.constant(1.0) if part.terms[0][0] > 0 else call.cell("weight", at)]

    def readers(self, call: Call, output: int, argument: str, cell: Cell) -> Iterable[Cell]:
        if argument == "input":
            return [cell]
        shape = call.made[output].tensor.shape
        is_one = call.value("weight").tensor.numel() == 1
        every = product(*((cell[0],) if axis == 1 and not is_one else range(size) for axis, size in enumerate(shape)))
        x = call.value("input").tensor
        return [at for at in every if not x[at] > 0]
