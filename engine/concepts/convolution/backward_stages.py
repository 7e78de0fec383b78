"""How every number of the three gradients of a 2-D convolution is computed and what is said of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

from torch import Tensor

from engine import sentences
from engine.blocks import Blocks
from engine.concepts.convolution import captions
from engine.concepts.convolution.arguments import ConvSetup
from engine.concepts.convolution.backward_step import ConvBackwardKind, ConvBackwardStep
from engine.concepts.convolution.forward import seen
from engine.stage import Stage, Work, operand
from engine.step import Cell


@dataclass(frozen=True, eq=False)
class ConvBackward:
    """The tensors of the way back, as :class:`~engine.concepts.convolution.backward.ConvBackwardTrace` has them."""

    setup: ConvSetup
    gradient: Tensor
    padded: Tensor
    spread: Tensor
    framed: Tensor
    offsets: Sequence[tuple[int, int]]
    turned: Tensor


def in_order(values: Mapping[ConvBackwardKind, Tensor]) -> Blocks:
    """A gradient after the other, each in memory order.

    However many filters there are: chapters of their own would leave a clip no time for the gradient that comes last.
    """
    blocks = Blocks()
    for kind, tensor in values.items():
        blocks.box(kind, f"grad_{kind}", (0,) * tensor.dim(), tuple(tensor.shape))
    return blocks


@dataclass(frozen=True, eq=False)
class ConvBackwardStages:
    """Of the three gradients; cells of that of the input begin with the sample, also where the user gave no batch."""

    way: ConvBackward
    values: Mapping[ConvBackwardKind, Tensor]

    def all(self) -> dict[str, Stage]:
        """By the kinds of steps."""
        return {
            "bias": self._stage("bias", self._bias, self._says_bias),
            "weight": self._stage("weight", self._weight, self._says_weight),
            "input": self._stage("input", self._input, self._says_input),
        }

    def _stage(self, kind: ConvBackwardKind, work: Callable[[Cell], Work], about: Callable[[Cell, Work], str]) -> Stage:
        path = f"grad_{kind}"

        def at(cell: Cell) -> Cell:
            return self.way.setup.at(*cell) if kind == "input" else cell

        return Stage(
            path=path,
            values=self.values[kind],
            work=work,
            say=lambda cell, work, text: f"{about(cell, work)} {sentences.result(sentences.cell_name(path, at(cell)), text)}.",
            caption=captions.backward(kind, self.way.setup),
            shared=captions.SHARED[kind],
            noun=captions.KINDS[kind],
            step=ConvBackwardStep,
            writes=lambda cell: {path: [at(cell)]},
        )

    def _fields(self, kind: ConvBackwardKind, plane: tuple[int, int], *others: Any) -> dict[str, Any]:
        return seen(self.way.setup, *others) | {"bias": None, "kind": kind, "plane": plane}

    def _gradients(self, filter: int) -> list[Cell]:
        """The cells of the gradient of a filter, in all samples."""
        samples, _, *size = map(range, self.way.gradient.shape)
        return [self.way.setup.at(n, filter, *cell) for n in samples for cell in product(*size)]

    # --- all of the gradient ---------------------------------------------------------------------------------------------------------

    def _bias(self, cell: Cell) -> Work:
        (f,), gradient = cell, self.way.gradient[:, cell[0]]
        samples, *size = map(range, gradient.shape)
        return Work(
            [(operand("grad_output", self._gradients(f), gradient.flatten().tolist()),)],
            fields=self._fields("bias", (0, 0), 0, f, samples, size, gradient),
        )

    def _says_bias(self, cell: Cell, work: Work) -> str:
        return "All of grad_output" + (f" of filter {cell[0]}" if len(self.values["bias"]) > 1 else "") + " is added up:"

    # --- the input under the gradient ------------------------------------------------------------------------------------------------

    def _weight(self, cell: Cell) -> Work:
        setup, way, (f, c, *tap) = self.way.setup, self.way, cell
        channel = f // setup.filters_per_group * setup.weight.shape[1] + c
        x, g = way.padded[:, channel][setup.met(tap)], way.gradient[:, f]
        axes = zip(tap, setup.dilation, setup.output_size, setup.stride, setup.sides, strict=True)
        positions = [range(t * d - before, t * d - before + o * s, s) for t, d, o, s, (before, _) in axes]
        size = setup.input_size
        met = [at if all(0 <= p < n for p, n in zip(at, size, strict=True)) else None for at in product(*positions)]
        inputs = [at and setup.at(n, channel, *at) for n in range(len(x)) for at in met]
        return Work(
            [(operand("input", inputs, x.flatten().tolist()), operand("grad_output", self._gradients(f), g.flatten().tolist()))],
            fields=self._fields("weight", (f, c), 0, f, range(len(x)), positions, x * g),
        )

    def _says_weight(self, cell: Cell, work: Work) -> str:
        products = len(work.terms)
        met = f"Every input that {sentences.cell_name('weight', cell)} met, times the gradient of its output"
        return f"{met}: {sentences.count(products, 'product')} {'gives' if products == 1 else 'add up to'}"

    # --- the gradient under the turned weights ---------------------------------------------------------------------------------------

    def _input(self, cell: Cell) -> Work:
        setup, way, (n, channel, *at) = self.way.setup, self.way, cell
        group, c = divmod(channel, setup.weight.shape[1])
        filters = range(group * setup.filters_per_group, (group + 1) * setup.filters_per_group)
        taken = [slice(a, a + t * d, d) for a, t, d in zip(at, setup.kernel_size, setup.dilation, strict=True)]
        g, w = way.framed[n, filters.start : filters.stop, taken[0], taken[1]], way.turned[filters.start : filters.stop, c]
        # Where the taps lie on the spread gradient, whose cells that are no zeros stand a stride apart.
        positions = [range(s.start - first, s.stop - first, s.step) for s, (first, _) in zip(taken, way.offsets, strict=True)]
        axes = zip(positions, setup.stride, way.gradient.shape[2:], strict=True)
        sources = product(*([p // s if p % s == 0 and p // s < size else -1 for p in along] for along, s, size in axes))
        taps = product(*(reversed(range(count)) for count in setup.kernel_size))
        # A weight that meets one of the zeros is not read.
        met = [(tap, source) if min(source) >= 0 else None for tap, source in zip(taps, sources, strict=True)]
        gradients = [pair and setup.at(n, f, *pair[1]) for f in filters for pair in met]
        weights = [pair and (f, c, *pair[0]) for f in filters for pair in met]
        return Work(
            [(operand("grad_output", gradients, g.flatten().tolist()), operand("weight", weights, w.flatten().tolist()))],
            fields=self._fields("input", (n, channel), n, filters.start, filters, positions, g * w),
        )

    def _says_input(self, cell: Cell, work: Work) -> str:
        read = len(work.reads["grad_output"])
        where = f"Row {cell[2]}, column {cell[3]} of the input was in"
        if not read:
            return f"{where} no window:"
        gives = "1 gradient times its weight gives" if read == 1 else f"{read} gradients times their weights add up to"
        return f"{where} {sentences.count(read // self.way.setup.filters_per_group, 'window')}; {gives}"
