"""Sums of products of two tensors: matrix products in all their forms, told apart by an equation of einsum alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import product

from engine.ops import algebra
from engine.ops.elementwise import narrow
from engine.ops.value import Call, NotOneStepError, Rule, Value
from engine.stage import Operand, Work
from engine.step import Cell

#: The letters of both factors and of the result.
Subscripts = tuple[str, str, str]


class Contraction(Rule):
    """``letters`` are those of an equation of einsum; of a letter whose axis has one cell in one factor that cell serves for all.

    ``factors`` names the two tensors, ``bias`` one whose last axis is that of the result, which is added.
    """

    def __init__(self, letters: Callable[[Call], Subscripts], names: Sequence[str], factors: tuple[str, str], bias: str = "") -> None:
        self.letters, self.names, self.factors, self.bias = letters, names, factors, bias

    def work(self, call: Call, output: int, cell: Cell) -> Work:
        letters = left, right, out = self.letters(call)
        ranges: dict[str, Sequence[int]] = {letter: range(size) for letter, size in self._sizes(call, left, right).items()}
        ranges |= {letter: (at,) for letter, at in zip(out, cell, strict=True)}
        only = call.only[0] if call.only else ""
        if call.only and only in self.factors:
            shape = self._value(call, only).tensor.shape
            fixed = zip(letters[self.factors.index(only)], call.only[1], shape, strict=True)
            ranges |= {letter: (at,) for letter, at, size in fixed if size != 1}
        summed = [letter for letter in dict.fromkeys(left + right) if letter not in out]
        pairs = list(zip(self.factors, (left, right), strict=True))
        sums = []
        if not self.bias or only != self.bias:
            sums.append(tuple(one for name, own in pairs for one in self._factor(call, name, own, ranges, summed)))
        if self.bias and call.get(self.bias) is not None and only in ("", self.bias):
            sums.append(added(call, self.bias, cell))
        return Work(sums)

    def _factor(self, call: Call, name: str, letters: str, ranges: dict[str, Sequence[int]], summed: Sequence[str]) -> tuple[Operand, ...]:
        """Its numbers, in the order in which the products are summed."""
        value = self._value(call, name)
        return side_by_side(value, _cells(letters, value.tensor.shape, ranges, summed))

    def _value(self, call: Call, name: str) -> Value:
        return call.values[name]

    def _sizes(self, call: Call, left: str, right: str) -> dict[str, int]:
        sizes: dict[str, int] = {}
        for name, letters in zip(self.factors, (left, right), strict=True):
            for letter, size in zip(letters, self._value(call, name).tensor.shape, strict=True):
                sizes[letter] = max(size, sizes.get(letter, 1))
        return sizes

    def readers(self, call: Call, output: int, argument: str, cell: Cell) -> Iterable[Cell]:
        left, right, out = self.letters(call)
        result = call.made[output].tensor.shape
        if argument not in self.factors:
            free = len(result) - len(cell)
            return (before + cell for before in product(*map(range, result[:free])))
        own, shape = (left if argument == self.factors[0] else right), self._value(call, argument).tensor.shape
        fixed = {letter: at for letter, at, size in zip(own, cell, shape, strict=True) if size != 1 or letter not in out}
        return product(*((fixed[letter],) if letter in fixed else range(size) for letter, size in zip(out, result, strict=True)))


def side_by_side(value: Value, cells: Sequence[Cell]) -> tuple[Operand, ...]:
    """Many cells as one factor; those of an expression that is a product are all factors of the product."""
    if value.is_had and cells:
        return (value.column(cells),)
    works = [value.work(cell) for cell in cells]
    if not all(algebra.is_product(work) and work.divisor == 1 for work in works):
        raise NotOneStepError(value)
    found = algebra.total(works)
    if len(found.sums) != 1:
        raise NotOneStepError(value)
    return found.sums[0]


def added(call: Call, name: str, cell: Cell) -> tuple[Operand, ...]:
    """The number of an argument that is added in a cell."""
    value = call.value(name)
    one = value.work(narrow(cell, value.tensor.shape))
    if not algebra.is_number(one):
        raise NotOneStepError(value)
    return one.sums[0]


def _cells(letters: str, shape: Sequence[int], ranges: dict[str, Sequence[int]], summed: Sequence[str]) -> list[Cell]:
    """The cells of a factor, in the order in which the products are summed."""
    sized = list(zip(letters, shape, strict=True))
    if [letter for letter, size in sized if letter in summed and size != 1] == list(summed):
        return list(product(*(ranges[letter] if size != 1 else (0,) for letter, size in sized)))
    first = {letter: ranges[letter][0] for letter in letters}
    every = (first | dict(zip(summed, at, strict=True)) for at in product(*(ranges[one] for one in summed)))
    return [tuple(0 if size == 1 else at[letter] for letter, size in sized) for at in every]


def matmul(call: Call) -> Subscripts:
    """Rows times columns, batch by batch; a vector is a row at the left and a column at the right."""
    a, b = (call.values[name].tensor.dim() for name in ("input", "other"))
    batch = "abcdefgh"[: max(a, b) - 2] if max(a, b) > 2 else ""
    left = (batch[len(batch) - (a - 2) :] if a > 2 else "") + ("i" if a > 1 else "") + "k"
    right = (batch[len(batch) - (b - 2) :] if b > 2 else "") + ("kj" if b > 1 else "k")
    return left, right, batch + ("i" if a > 1 else "") + ("j" if b > 1 else "")


def linear(call: Call) -> Subscripts:
    """Every row of the input with every row of the weight; a weight of one row may be a vector."""
    before = "abcdefgh"[: call.values["input"].tensor.dim() - 1]
    out = "j" if call.values["weight"].tensor.dim() == 2 else ""
    return before + "k", out + "k", before + out


def outer(call: Call) -> Subscripts:
    """Every number with every other."""
    return "i", "j", "ij"


def einsum(call: Call) -> Subscripts:
    """As its equation says; one of other than two factors, with an ellipsis or with a letter twice is no single step."""
    equation = str(call.arguments["equation"]).replace(" ", "")
    inputs, arrow, out = equation.partition("->")
    factors = inputs.split(",")
    if len(factors) != 2 or "." in equation or any(len(set(one)) < len(one) for one in factors) or len(call.values) != 2:
        raise NotOneStepError
    left, right = factors
    if not arrow:
        both = left + right
        out = "".join(sorted(letter for letter in set(both) if both.count(letter) == 1))
    return left, right, out
