"""Words and formulas that more than one concept needs."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from engine.functions import FUNCTIONS
from engine.numbers import CANCELS, MINUS, Sum, products

if TYPE_CHECKING:
    from engine.step import Cell, Reference

#: Words that a sentence has at most that holds for many steps, and one that stands below a single step.
MOST_SHARED, MOST_CAPTION = 12, 15
#: More terms than this are cut short in a step's formula.
FORMULA_TERMS = 12


def times(size: Sequence[int]) -> str:
    """``3×4``."""
    return "×".join(map(str, size))


def size_text(shape: Sequence[int]) -> str:
    """The same in words where there are no axes."""
    return times(shape) or "a single number"


def sized(name: str, shape: Sequence[int]) -> str:
    """``x is 3×4``, ``x has 3 numbers``."""
    return f"{name} has {count(shape[0], 'number')}" if len(shape) == 1 else f"{name} is {times(shape)}"


def typed(shape: Sequence[int]) -> str:
    """``3x4``, as a user types it."""
    return "x".join(map(str, shape)) or "a single number"


def count(number: int, noun: str) -> str:
    """``1 product``, ``4 products``."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def cell_name(tensor: str, cell: Cell) -> str:
    """``output[0, 1, 2]``, as one writes it in torch; a single number has no cells."""
    return f"{tensor}[{', '.join(map(str, cell))}]" if cell else tensor


def span(name: str, at: Sequence[int]) -> str:
    """Evenly spaced positions: ``row 3``, ``rows 0 to 2``, ``rows 0, 2, 4``, ``every third row from 0 to 9``."""
    if len(at) == 1:
        return f"{name} {_place(at[0])}"
    gap = at[1] - at[0]
    if gap == 1:
        return f"{name}s {_place(at[0])} to {_place(at[-1])}"
    if len(at) <= 3:
        return f"{name}s {', '.join(map(_place, at))}"
    ordinal = {2: "second", 3: "third"}.get(gap, f"{gap}th")
    return f"every {ordinal} {name} from {_place(at[0])} to {_place(at[-1])}"


def _place(index: int) -> str:
    return str(index).replace("-", MINUS)


def result(name: str, written: Sum) -> str:
    """A cell and its value, as they stand behind "gives" or "add up to": ``output[0] = 3``, ``output[0], cancelling to 1e−10``."""
    return f"{name}, cancelling to {written.value}" if written.relation == CANCELS else f"{name} {written.relation} {written.value}"


def meaning(say: str) -> str:
    """What a sentence says before its numbers come: "The score of a, query times key" of one that goes on with ": 1·2 = 2."."""
    return f"{say.partition(': ')[0].rstrip('.')}."


def listed(names: Sequence[str]) -> str:
    """``a``, ``a and b``, ``a, b and c``."""
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def narrowed(name: str, most: int) -> str:
    """A name of ``most`` characters at most: what is left out is in its middle."""
    after = (most - 1) // 2
    return name if len(name) <= most else f"{name[: most - 1 - after].rstrip()}…{name[len(name) - after :].lstrip()}"


def within(name: str, room: float, width: Callable[[str], float]) -> str:
    """As much of a name as fits: without its middle if it does not fit whole, its first letter where there is no room for more."""
    whole = width(name)
    if whole <= room:
        return name
    likely = min(len(name) - 1, int(len(name) * room / whole) + 4)
    ways = (narrowed(name, most) for most in range(likely, 1, -1))
    return next((way for way in ways if width(way) <= room), name[:1])


def in_quotes(text: str) -> str:
    """Words as they stand in a formula."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def sum_formula(name: str, written: Sum) -> str:
    """A step in Typst math, cut short after :data:`FORMULA_TERMS` terms; ``name`` is plain text."""
    is_max = written.reduce == "max"
    shown = [text for (text,) in written.terms] if is_max else products(written, " dot ")
    if len(shown) > FORMULA_TERMS:
        shown = [*shown[: FORMULA_TERMS - 2], "dots.c", shown[-1]]
    relation = {"=": "=", "≈": "approx"}.get(written.relation, f'"{written.relation}"')
    result = f"max({', '.join(shown)})" if is_max else " + ".join(shown)
    if written.apply:
        result = f"{FUNCTIONS[written.apply].math}({result})"
    if written.divisor != "1":
        result = f"({result}) / {written.divisor}"
    middle = "" if written.is_lone else f"{'=' if relation == '=' else 'approx'} {result} "
    return f"{in_quotes(name)} {middle}{relation} {written.value}"


def size_formula(
    size: Sequence[int],
    kernel_size: Sequence[int],
    stride: Sequence[int],
    sides: Sequence[tuple[int, int]],
    dilation: Sequence[int],
    output_size: Sequence[int],
    *,
    ceil: bool = False,
) -> str:
    """The arithmetic of :func:`engine.shapes.conv_output_size` with its numbers, in Typst math; once if all axes are alike.

    With ``ceil`` it is that of :func:`engine.shapes.pool_output_size`.
    """
    axes = [_axis_formula(*axis, ceil=ceil) for axis in zip(size, kernel_size, stride, sides, dilation, output_size, strict=True)]
    names = ["output size"] if len(set(axes)) == 1 else ["output height", "output width"]
    return ", quad ".join(f'"{name}" = {axis} = {out}' for name, axis, out in zip(names, axes, output_size, strict=False))


def _axis_formula(size: int, kernel: int, stride: int, side: tuple[int, int], dilation: int, out: int, *, ceil: bool) -> str:
    pad = "" if side == (0, 0) else f" + 2 dot {side[0]}" if side[0] == side[1] else f" + {side[0]} + {side[1]}"
    reach = f"{dilation} dot ({kernel} - 1) - 1" if dilation > 1 else f"{kernel}"
    if not ceil:
        return f"floor(({size}{pad} - {reach}) / {stride}) + 1"
    # A last window that would begin beyond the input is left out.
    begins_outside = -(-(size + sum(side) - dilation * (kernel - 1) - 1) // stride) + 1 > out
    return f"ceil(({size}{pad} - {reach}) / {stride}) + 1{' - 1' * begins_outside}"


def agreement(result: str, reference: Reference, name: str = "", noun: str = "numbers") -> str:
    """What is said when all is computed: the ``result`` in words, which may stand alone; ``name`` is a shorter one of the reference."""
    return f"{result}; {name or reference.name} {agrees(reference, noun)}."


def agrees(reference: Reference, noun: str = "numbers") -> str:
    """How well torch agrees, relative to the size of the numbers: ``agrees to 15 digits``."""
    if reference.max_abs_error == 0:
        return f"gives the same {noun}"
    # A difference of logarithms, since the quotient of a tiny and a huge number is 0.
    has_digits = reference.max_abs_error < reference.size < math.inf
    digits = math.log10(reference.size) - math.log10(reference.max_abs_error) if has_digits else 0.0
    return f"agrees to {count(math.floor(digits), 'digit')}" if digits >= 1 else "agrees, as far as numbers so small have digits"
