"""One step of the way back through a 2-D convolution, cut out of its tensors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

from torch import Tensor

from engine import sentences
from engine.conv_backward_step import ConvBackwardStep, Kind
from engine.convolution_arguments import Setup
from engine.numbers import Sum, sum_of_products
from engine.shapes import unravel
from engine.step import Cell


@dataclass(frozen=True, eq=False)
class Way:
    """The tensors of the way back, as :class:`~engine.convolution_backward.ConvBackwardTrace` has them."""

    setup: Setup
    gradient: Tensor
    padded: Tensor
    spread: Tensor
    framed: Tensor
    offsets: Sequence[tuple[int, int]]
    turned: Tensor


@dataclass(frozen=True, eq=False)
class Cutter:
    """Cuts step k out of the tensors: first the cells of ``grad_bias``, then those of ``grad_weight``, then those of ``grad_input``."""

    way: Way
    values: dict[Kind, Tensor]
    ends: Sequence[int]

    def __call__(self, k: int) -> ConvBackwardStep:
        if k < self.ends[0]:
            return self._bias(k)
        return self._weight(k) if k < self.ends[1] else self._input(k)

    def _bias(self, k: int) -> ConvBackwardStep:
        gradient = self.way.gradient[:, k]
        cells = list(product(*map(range, gradient.shape[1:])))
        terms: list[tuple[float, ...]] = [(x,) for x in gradient.flatten().tolist()]
        return self._step(
            k,
            "bias",
            (k,),
            (0, 0),
            (0, k),
            terms,
            {"grad_output": [self._batched(n, k, *cell) for n in range(len(gradient)) for cell in cells]},
            window=cells,
            channels=range(len(gradient)),
            partial_sums=gradient.flatten(1).sum(1),
            where="All of grad_output" + (f" of filter {k}" if self.ends[0] > 1 else ""),
        )

    def _weight(self, k: int) -> ConvBackwardStep:
        setup, way = self.way.setup, self.way
        f, c, *tap = unravel(k - self.ends[0], self.values["weight"].shape)
        channel = f // (len(setup.weight) // setup.groups) * setup.weight.shape[1] + c
        axes = list(zip(tap, setup.dilation, setup.output_size, setup.stride, setup.sides, strict=True))
        here = [slice(t * d, t * d + (o - 1) * s + 1, s) for t, d, o, s, _ in axes]
        positions = [[t * d + o * s - before for o in range(count)] for t, d, count, s, (before, _) in axes]
        window = list(product(*positions))
        x, g = way.padded[:, channel, here[0], here[1]], way.gradient[:, f]
        samples = range(len(x))
        inside = [cell for cell in window if all(0 <= at < n for at, n in zip(cell, setup.input_size, strict=True))]
        return self._step(
            k,
            "weight",
            (f, c, *tap),
            (f, c),
            (0, f),
            list(zip(x.flatten().tolist(), g.flatten().tolist(), strict=True)),
            {
                "input": [self._batched(n, channel, *cell) for n in samples for cell in inside],
                "grad_output": [self._batched(n, f, *cell) for n in samples for cell in product(*map(range, g.shape[1:]))],
            },
            window=window,
            channels=samples,
            partial_sums=(x * g).flatten(1).sum(1),
            where=f"Every input that {sentences.cell_name('weight', (f, c, *tap))} met, times the gradient of its output",
        )

    def _input(self, k: int) -> ConvBackwardStep:
        setup, way = self.way.setup, self.way
        n, channel, *at = unravel(k - self.ends[1], self.values["input"].shape)
        per_group = len(setup.weight) // setup.groups
        group, c = divmod(channel, setup.weight.shape[1])
        filters = range(group * per_group, (group + 1) * per_group)
        here = [slice(a, a + (t - 1) * d + 1, d) for a, t, d in zip(at, setup.kernel_size, setup.dilation, strict=True)]
        g = way.framed[n, filters.start : filters.stop, here[0], here[1]]
        w = way.turned[filters.start : filters.stop, c]
        # Where the taps lie on the spread gradient, whose cells that are no zeros stand a stride apart.
        positions = [
            [a - first + t * d for t in range(count)]
            for a, (first, _), d, count in zip(at, way.offsets, setup.dilation, setup.kernel_size, strict=True)
        ]
        taps = list(product(*(reversed(range(count)) for count in setup.kernel_size)))
        met = [
            (tap, tuple(p // s for p, s in zip(position, setup.stride, strict=True)))
            for tap, position in zip(taps, product(*positions), strict=True)
            if all(p % s == 0 and 0 <= p // s < o for p, s, o in zip(position, setup.stride, setup.output_size, strict=True))
        ]
        windows = sentences.count(len(met), "window")
        return self._step(
            k,
            "input",
            self._batched(n, channel, *at),
            (n, channel),
            (n, filters.start),
            list(zip(g.flatten().tolist(), w.flatten().tolist(), strict=True)),
            {
                "grad_output": [self._batched(n, f, *cell) for f in filters for _, cell in met],
                "weight": [(f, c, *tap) for f in filters for tap, _ in met],
            },
            window=list(product(*positions)),
            channels=filters,
            partial_sums=(g * w).flatten(1).sum(1),
            where=f"Row {at[0]}, column {at[1]} of the input was in {windows if met else 'no window'}",
        )

    def _batched(self, sample: int, *cell: int) -> Cell:
        return (sample, *cell) if self.way.setup.batched else cell

    def _step(
        self,
        k: int,
        kind: Kind,
        target: Cell,
        plane: tuple[int, int],
        first: tuple[int, int],
        terms: list[tuple[float, ...]],
        reads: dict[str, list[Cell]],
        *,
        window: Sequence[Cell],
        channels: range,
        partial_sums: Tensor,
        where: str,
    ) -> ConvBackwardStep:
        values = self.values[kind]
        value = float(values[target if kind != "input" or self.way.setup.batched else (0, *target)])
        text = sum_of_products(terms, value)
        name = sentences.cell_name(f"grad_{kind}", target)
        return ConvBackwardStep(
            index=k,
            phase=f"grad_{kind}",
            reads=reads,
            terms=terms,
            value=value,
            writes={f"grad_{kind}": [target]},
            formula=sentences.sum_formula(name, text),
            say=_say(kind, where, name, text, len(reads["grad_output"])),
            sample=first[0],
            filter=first[1],
            group=first[1] // (len(self.way.setup.weight) // self.way.setup.groups),
            channels=channels,
            window=window,
            partial_sums=tuple(partial_sums.tolist()),
            bias=None,
            kind=kind,
            plane=plane,
        )


def _say(kind: Kind, where: str, name: str, text: Sum, read: int) -> str:
    result = sentences.result(name, text)
    if kind == "bias":
        return f"{where} is added up: {result}."
    if kind == "weight":
        return f"{where}: {sentences.count(read, 'product')} {'gives' if read == 1 else 'add up to'} {result}."
    if not read:
        return f"{where}: {result}."
    if read == 1:
        return f"{where}; 1 gradient times its weight gives {result}."
    return f"{where}; {sentences.count(read, 'gradient')} times their weights add up to {result}."
