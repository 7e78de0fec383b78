"""The way back through a pooling: a maximum routes the gradient of a window to its winner, a mean spreads it over the window."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
import torch.nn.functional as F
from torch import Tensor

from engine import sentences
from engine.budget import Cost
from engine.concepts.pooling import captions
from engine.concepts.pooling.arguments import PoolSetup
from engine.concepts.pooling.backward_step import PoolBackwardStep
from engine.concepts.pooling.budget import cost, described, windows, within_budget
from engine.concepts.pooling.forward import divisors, in_order, pads, seen, torch_avg, torch_max, window_of, winners
from engine.errors import InputError
from engine.lessons import MOST_BLOCKS, Lessons, first, overlapping
from engine.numbers import Sum, plain, sum_line, sum_of_products, written
from engine.shapes import with_batch_as
from engine.stage import Stage, Work, number
from engine.step import Cell, Reference
from engine.trace import TensorLike, Trace, compare, floating, largest, together


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class PoolBackwardTrace(Trace):
    """Adds what a picture needs.

    ``shares`` is what every window gives (batch x channels x windows), ``cells`` the numbers (row·width + column) of the cells that get it
    (batch x channels x cells of a window x windows; one cell for a maximum), −1 in the padding. ``hit`` says how many windows reach a cell.
    ``spans`` are the cells of all windows along both axes.
    """

    shares: Tensor
    cells: Tensor
    hit: Tensor
    kernel_size: Sequence[int]
    spans: Sequence[Sequence[Sequence[int]]]
    routes: bool


def with_gradient(setup: PoolSetup, grad_output: TensorLike) -> tuple[PoolSetup, Tensor]:
    """The setup in the dtype of both, and the gradient of every window, (batch x channels x height x width).

    Raises :class:`InputError` if the gradient is not as large as the output.
    """
    both = together({"grad_output": floating("grad_output", grad_output), "input": setup.input})
    setup = replace(setup, input=both["input"])
    shape = (*setup.input.shape[:2], *setup.output_size)
    return setup, with_batch_as(shape, both["grad_output"], "pooling", batched=setup.batched)


def max_routed(setup: PoolSetup, grad_output: TensorLike) -> PoolBackwardTrace:
    """The trace of the way back through a maximum."""
    setup, gradient = with_gradient(setup, grad_output)
    for axis, name in enumerate(("row", "column")):
        for at in range(setup.output_size[axis]):
            if not any(0 <= cell < setup.input_size[axis] for cell in setup.span(axis, at)):
                raise InputError(
                    f"the windows of {name} {at} of the output lie in the padding alone, where no cell can win; "
                    f"give less padding than {setup.padding[axis]} or less dilation than {setup.dilation[axis]}"
                )
    within_budget(setup, f"the way back through {described(setup)}", functools.partial(_cost, routes=True))
    _, places = winners(setup, F.pad(setup.input, pads(setup), value=-torch.inf))
    return _trace(setup, gradient, gradient, places[:, :, None], routes=True)


def avg_spread(setup: PoolSetup, grad_output: TensorLike) -> PoolBackwardTrace:
    """The trace of the way back through a mean."""
    setup, gradient = with_gradient(setup, grad_output)
    within_budget(setup, f"the way back through {described(setup)}", functools.partial(_cost, routes=False))
    shares = gradient / divisors(setup, gradient)
    height, width = setup.input_size
    numbers = torch.arange(height * width, device=gradient.device).reshape(1, 1, height, width)
    padded = F.pad(numbers, pads(setup), value=-1)
    cells = torch.stack([of_tap[0, 0] for of_tap in seen(setup, padded, -1)]).expand(*gradient.shape[:2], -1, -1, -1)
    return _trace(setup, gradient, shares, cells, routes=False)


def _cost(setup: PoolSetup, *, routes: bool, **sizes: int) -> Cost:
    """The way forward; then all cells that windows reach, side by side."""
    forward, (_, output, cells) = cost(setup, **sizes), windows(setup, **sizes)
    every = sizes["planes"] * (output * (1 if routes else cells) + sizes["input0"] * sizes["input1"])
    return replace(forward, values=forward.values + 5 * every, moved=forward.moved + 50 * every, objects=forward.objects + 2 * output)


def _expected(setup: PoolSetup, gradient: Tensor, *, routes: bool) -> tuple[str, Tensor]:
    with torch.enable_grad():
        x = setup.input.clone().requires_grad_()
        name, y, *_ = torch_max(setup, x) if routes else torch_avg(setup, x)
        (found,) = torch.autograd.grad(y, x, gradient)
    return f"{name}, by torch.autograd", found


def _accumulated(setup: PoolSetup, shares: Tensor, cells: Tensor) -> tuple[Tensor, Tensor]:
    """The shares added up in their cells, and how many windows reach a cell."""
    size = setup.input_size[0] * setup.input_size[1]
    flat = cells.flatten(2).where(cells.flatten(2) >= 0, torch.full((), size, device=cells.device))
    values = shares[:, :, None].expand(cells.shape).flatten(2)
    # One place more takes what falls into the padding.
    total = values.new_zeros(*values.shape[:2], size + 1).scatter_add_(2, flat, values)
    hit = torch.zeros_like(total).scatter_add_(2, flat, torch.ones_like(values))
    shape = (*values.shape[:2], *setup.input_size)
    return total[..., :size].reshape(shape), hit[..., :size].reshape(shape)


def _trace(setup: PoolSetup, gradient: Tensor, shares: Tensor, cells: Tensor, *, routes: bool) -> PoolBackwardTrace:
    total, hit = _accumulated(setup, shares, cells)
    name, expected = _expected(setup, gradient, routes=routes)
    finite = shares[torch.isfinite(shares)]
    reference = compare(name, total, expected, largest(finite) * max(1.0, largest(hit)))
    trim = slice(None) if setup.batched else 0
    blocks, stage = in_order(setup, "share"), _PoolShares(setup, gradient, shares, cells, routes).stage()
    return PoolBackwardTrace(
        params=setup.params,
        inputs={"grad_output": gradient[trim], "input": setup.input[trim]},
        outputs={"grad_input": total[trim]},
        reference=reference,
        stages={"share": stage},
        blocks=blocks,
        opening=_opening(setup, routes=routes),
        closing=_closing(total, hit, reference),
        formula=FORMULAS[routes] if setup.override is None else OVERRIDDEN,
        highlight=int(shares.abs().flatten().nan_to_num(-1.0).argmax()),
        lessons=Lessons(
            lambda: (first(stage, blocks.of("share", MOST_BLOCKS)), overlapping(cells[0, 0].flatten(1).T, shares[0, 0].flatten()))
        ),
        shares=shares,
        cells=cells,
        hit=hit,
        kernel_size=setup.kernel_size,
        spans=setup.spans,
        routes=routes,
    )


FORMULAS = {
    True: '"grad_input"_x = sum_("windows that" x "wins") "grad_output"',
    False: '"grad_input"_x = sum_("windows around" x) "grad_output" / "cells of the window"',
}
OVERRIDDEN = '"grad_input"_x = sum_("windows around" x) "grad_output" / "divisor_override"'


def _opening(setup: PoolSetup, *, routes: bool) -> str:
    size, how = ("", "adaptive ") if setup.adaptive else (f"{sentences.times(setup.kernel_size)} ", "")
    if routes:
        return f"The winner of every {size}window gets its gradient: the way back through {how}max pooling."
    return f"Every {size}window spreads its gradient evenly: the way back through {how}average pooling."


def _closing(total: Tensor, hit: Tensor, reference: Reference) -> str:
    reached = int((hit > 0).sum())
    return f"{reached:,} of {total.numel():,} cells have a gradient; torch.autograd {sentences.agrees(reference)}."


@dataclass(frozen=True, eq=False)
class _PoolShares:
    """What every window gives to each of the cells that its gradient reaches, and what is said of it."""

    setup: PoolSetup
    gradient: Tensor
    shares: Tensor
    cells: Tensor
    routes: bool

    def stage(self) -> Stage:
        return Stage(
            path="grad_input",
            values=self.shares,
            work=self.work,
            say=self.say,
            caption=captions.backward(routes=self.routes),
            shared=captions.BACKWARD_SHARED[self.routes],
            step=PoolBackwardStep,
            writes=lambda cell: {"grad_input": [self.setup.place((*cell[:2], *at)) for at in self.reached(cell)]},
            called=lambda _: "share",
        )

    def reached(self, cell: Cell) -> list[Cell]:
        """The cells of the input's plane that get the share."""
        sample, channel, y, x = cell
        places: list[int] = self.cells[sample, channel, :, y, x].tolist()
        return [divmod(place, self.setup.input_size[1]) for place in places if place >= 0]

    def before(self, cell: Cell, first: Cell) -> float:
        """What earlier windows have given to the first cell that is reached."""
        sample, channel, y, x = cell
        earlier = y * self.shares.shape[3] + x
        hits = self.cells.flatten(3)[sample, channel, :, :earlier] == first[0] * self.setup.input_size[1] + first[1]
        return float((self.shares[sample, channel].flatten()[:earlier] * hits).sum())

    def work(self, cell: Cell) -> Work:
        window, numbers = window_of(self.setup, cell, 0.0)
        inside = [x if place else None for place, x in zip(numbers.places, numbers.values, strict=True)]
        first = self.reached(cell)[0]
        winner = window.index(first) if self.routes else None
        fields = {
            "sample": cell[0],
            "channel": cell[1],
            "window": window,
            "numbers": inside,
            "winner": winner,
            "ties": 1 if winner is None else sum(x == inside[winner] for x in inside),
            "before": self.before(cell, first),
        }
        return Work(
            [(number(float(self.gradient[cell]), "grad_output", self.setup.place(cell)),)],
            1 if self.routes else self.setup.divisor(cell[2:]),
            accumulate=True,
            beside=[numbers] if self.routes else [],
            fields=fields,
        )

    def say(self, cell: Cell, work: Work, _: Sum) -> str:
        name = sentences.cell_name("grad_output", self.setup.place(cell))
        return self._says_routed(name, work) if self.routes else self._says_spread(name, float(self.shares[cell]), work)

    def _says_routed(self, name: str, work: Work) -> str:
        ((share,),) = work.terms
        winner, ties, before = (work.fields[field] for field in ("winner", "ties", "before"))
        row, column = work.fields["window"][winner]
        first = f", the first of {ties} equal ones" if ties > 1 else ""
        there = f"Row {row}, column {column} won this window{first}: it gets all of {name}"
        if not before:
            return f"{there}, {plain(share)}."
        line = sum_of_products([(before,), (share,)], before + share)
        return f"{there} on top of {line.terms[0][0]}: {line.terms[0][0]} + {line.terms[1][0]} {line.relation} {line.value}."

    def _says_spread(self, name: str, share: float, work: Work) -> str:
        numbers, divisor = work.fields["numbers"], int(work.by)
        reached = len(numbers) - numbers.count(None)
        text = written([(share * divisor,)], share, "sum", divisor)
        added = " on top of what is there" if work.fields["before"] else ""
        each = f"{sum_line(text)} for each of {sentences.count(reached, 'cell')}{added}"
        if self.setup.override is not None:
            return f"{name} is divided by {text.divisor}: {each}."
        outside = f"; {divisor - reached} of its {divisor} cells lie in the padding" if reached < divisor else ""
        return f"{name} is shared among {divisor}: {each}{outside}."
