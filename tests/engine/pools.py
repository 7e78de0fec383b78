"""Poolings of any size, and what holds for every step of one."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import product
from typing import Any

import torch
import torch.nn.functional as F
from hypothesis import strategies as st
from torch import Tensor

from engine.concepts.pooling.forward import PoolTrace


@dataclass(frozen=True, eq=False)
class Case:
    """What is given to a pooling; ``options`` by torch's names."""

    input: Tensor
    options: dict[str, Any]

    @property
    def batch(self) -> Tensor:
        """With batch and channels."""
        x = self.input.double()
        while x.dim() < 4:
            x = x.unsqueeze(0)
        return x

    def axis(self, name: str, axis: int) -> int:
        """An option for one axis."""
        value = self.options.get(name, 1 if name == "dilation" else 0)
        if name == "stride" and not value:
            value = self.options["kernel_size"]
        if value == "global":
            return self.input.shape[-2:][axis]
        return value if isinstance(value, int) else value[axis]


@st.composite
def cases(draw: st.DrawFn, *, dilated: bool) -> Case:
    """Windows that fit."""
    size = draw(st.tuples(st.integers(1, 9), st.integers(1, 9)))
    lead = draw(st.sampled_from([(), (1,), (3,), (2, 2)]))
    kernel = tuple(draw(st.integers(1, min(4, n))) for n in size)
    padding = tuple(draw(st.integers(0, k // 2)) for k in kernel)
    options: dict[str, Any] = {"kernel_size": kernel, "padding": padding, "ceil_mode": draw(st.booleans())}
    if draw(st.booleans()):
        options["stride"] = draw(st.tuples(st.integers(1, 4), st.integers(1, 4)))
    if dilated:
        most = [max(1, (n + 2 * p - 1) // max(1, k - 1)) for n, k, p in zip(size, kernel, padding, strict=True)]
        options["dilation"] = tuple(draw(st.integers(1, min(3, m))) for m in most)
    else:
        options["count_include_pad"] = draw(st.booleans())
        divisor = draw(st.sampled_from([None, None, 1, 3, 10, -2]))
        options |= {} if divisor is None else {"divisor_override": divisor}
    return Case(draw(inputs(lead, size)), options)


@st.composite
def adaptive_cases(draw: st.DrawFn) -> Case:
    """Outputs smaller than the input, as large as it, or larger."""
    size = draw(st.tuples(st.integers(1, 9), st.integers(1, 9)))
    output = draw(st.one_of(st.integers(1, 11), st.tuples(st.integers(1, 11), st.integers(1, 11))))
    return Case(draw(inputs(draw(st.sampled_from([(), (1,), (3,), (2, 2)])), size)), {"output_size": output})


@st.composite
def inputs(draw: st.DrawFn, lead: tuple[int, ...], size: tuple[int, int]) -> Tensor:
    """Whole numbers, many of them equal, or others; of either dtype."""
    generator = torch.Generator().manual_seed(draw(st.integers(0, 2**31)))
    whole = draw(st.booleans())
    x = torch.randint(-3, 4, (*lead, *size), generator=generator).double() if whole else torch.randn((*lead, *size), generator=generator)
    return x.to(draw(st.sampled_from([torch.float64, torch.float32])))


def window(case: Case, y: int, x: int) -> list[tuple[int, int]]:
    """Where the cells of a window lie, row by row."""
    if "output_size" in case.options:
        counts = case.options["output_size"]
        counts = (counts, counts) if isinstance(counts, int) else counts
        return list(product(*(even(n, count, at) for n, count, at in zip(case.input.shape[-2:], counts, (y, x), strict=True))))
    spans = []
    for axis, at in enumerate((y, x)):
        kernel, stride, padding, dilation = (case.axis(name, axis) for name in ("kernel_size", "stride", "padding", "dilation"))
        spans.append([at * stride - padding + t * dilation for t in range(kernel)])
    return list(product(*spans))


def even(size: int, count: int, at: int) -> list[int]:
    """The cells of window ``at`` of torch's adaptive pooling: those whose one, among zeros, it has in its mean."""
    means = F.adaptive_avg_pool1d(torch.eye(size)[None], count)[0]
    return means[:, at].nonzero().flatten().tolist()


def check_steps(case: Case, trace: PoolTrace, padding: float) -> None:
    """Every step reads what it says and writes one cell of the output, in memory order; ``padding`` is what padding cells hold."""
    batch, output = case.batch, trace.outputs["output"]
    height, width = batch.shape[2:]
    flat = output.reshape(-1).tolist()
    assert len(trace) == len(flat) == sum(count for _, count in trace.phases)
    shape = (*batch.shape[:2], *output.shape[-2:])
    for k, (n, c, y, x) in enumerate(product(*map(range, shape))):
        step = trace[k]
        cells = window(case, y, x)
        inside = [0 <= row < height and 0 <= column < width for row, column in cells]
        numbers = [float(batch[n, c, row, column]) if there else padding for (row, column), there in zip(cells, inside, strict=True)]
        prefix = (n, c) if case.input.dim() == 4 else (c,)
        assert (step.index, step.sample, step.channel, step.window) == (k, n, c, cells)
        assert step.terms == [(number,) for number in numbers]
        assert step.reads == {"input": [(*prefix, *cell) for cell, there in zip(cells, inside, strict=True) if there]}
        assert step.writes["output"] == [(*prefix, y, x)]
        assert float(output[step.writes["output"][0]]) == step.value == flat[k]
        if padding:
            check_winner(step, numbers, inside)
        else:
            assert math.isclose(
                step.value, math.fsum(numbers) / step.divisor, rel_tol=1e-5 if case.input.dtype == torch.float32 else 1e-10, abs_tol=1e-6
            )
            assert (step.reduce, step.winner) == ("sum", None)
            assert step.divisor == case.options.get("divisor_override", step.divisor)


def check_winner(step: Any, numbers: list[float], inside: list[bool]) -> None:
    """The first of the largest cells of the input."""
    assert step.reduce == "max"
    assert step.value == max(numbers)
    if any(inside):
        assert step.winner == next(i for i, number in enumerate(numbers) if inside[i] and number == step.value)
        assert step.ties == numbers.count(step.value)
    else:
        assert step.winner is None
        assert step.say.count("padding") == 2


REFUSED = {
    "a number": ({"input": 5.0}, ["input has shape a single number", "height x width"]),
    "one axis": ({"input": [1.0, 2.0]}, ["input has shape 2"]),
    "five axes": ({"input": torch.ones(1, 1, 1, 2, 2)}, ["input has shape 1x1x1x2x2"]),
    "nothing": ({"input": torch.ones(0, 2)}, ["holds no value"]),
    "kernel 0": ({"kernel_size": 0}, ["kernel_size is 0", "at least 1"]),
    "a word": ({"kernel_size": "all"}, ["kernel_size is 'all'", "'global'"]),
    "too large": ({"kernel_size": 9}, ["kernel of size 9", "padded input of size 4"]),
    "stride 0": ({"stride": 0}, ["stride is 0"]),
    "padding over half": ({"padding": 2}, ["padding is 2 with a kernel of size 2", "at most half of it, 1"]),
    "padding below 0": ({"padding": -1}, ["padding is -1"]),
    "no window": ({"kernel_size": None}, ["there is no kernel_size", "or output_size"]),
    "kernel and output": ({"output_size": 2}, ["both output_size 2 and kernel_size 2 are given", "leave one out"]),
    "stride and output": ({"kernel_size": None, "output_size": [2, 3], "stride": 1}, ["both output_size [2, 3] and stride 1 are given"]),
    "padding and output": ({"kernel_size": None, "output_size": 2, "padding": 1}, ["both output_size 2 and padding 1"]),
    "ceil_mode and output": ({"kernel_size": None, "output_size": 2, "ceil_mode": True}, ["both output_size 2 and ceil_mode True"]),
    "output 0": ({"kernel_size": None, "output_size": 0}, ["output_size is 0", "at least 1"]),
    "three axes": ({"kernel_size": None, "output_size": (1, 2, 3)}, ["output_size is (1, 2, 3)"]),
    "padding around everything": ({"kernel_size": "global", "padding": 1}, ["padding is 1 with kernel_size 'global'"]),
}
