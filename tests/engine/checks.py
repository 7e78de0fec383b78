"""What holds for every convolution and for every step of it."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import product
from typing import Any

import torch
from torch import Tensor

from engine.concepts.convolution.forward import ConvStep, ConvTrace
from engine.errors import InputError
from engine.numbers import sum_of_products
from tests.engine.strategies import Case

RELATIVE = {torch.float64: 1e-10, torch.float32: 1e-5}


def opened(function: Callable[..., ConvTrace], case: Case) -> ConvTrace:
    return function(case.input, case.weight, case.bias, **case.options)


def check_output(function: Callable[..., ConvTrace], case: Case) -> None:
    """The output is torch's, in torch's shape, and nothing that was given has changed."""
    given = [t if t is None else t.clone() for t in (case.input, case.weight, case.bias)]
    trace = opened(function, case)
    output, expected = trace.outputs["output"], case.torch_output()
    torch.testing.assert_close(output, expected, rtol=0, atol=RELATIVE[expected.dtype] * case.scale)
    assert trace.reference.max_abs_error <= RELATIVE[expected.dtype] * case.scale
    assert trace.reference.name.startswith(f"torch.nn.functional.conv{case.axes}d")
    assert trace.dtype == str(expected.dtype).removeprefix("torch.")
    for before, after in zip(given, (case.input, case.weight, case.bias), strict=True):
        assert before is after is None or torch.equal(before, after)


def check_trace(function: Callable[..., ConvTrace], case: Case) -> None:
    """Everything but the values of the output."""
    trace = opened(function, case)
    output = trace.outputs["output"]
    torch.testing.assert_close(trace.padded, case.padded(), rtol=0, atol=0)
    torch.testing.assert_close(trace.kernel, case.applied, rtol=0, atol=0)
    torch.testing.assert_close(trace.inputs["weight"], case.filters, rtol=0, atol=0)
    torch.testing.assert_close(trace.inputs["input"], case.planes if case.batched else case.planes[0], rtol=0, atol=0)
    assert ("bias" in trace.inputs) == (case.bias is not None)
    assert list(trace.sides) == case.sides
    assert len(trace) == output.numel()
    assert sum(count for _, count in trace.phases) == len(trace)
    assert trace.opening
    assert trace.closing
    assert trace.formula

    steps = list(trace)
    assert [step.index for step in steps] == list(range(len(trace)))
    assert [step.phase for step in steps] == [name for name, count in trace.phases for _ in range(count)]
    cells = [cell for step in steps for cell in step.writes["output"]]
    assert all(step.writes.keys() == {"output"} for step in steps)
    assert sorted(cells) == list(product(*map(range, output.shape)))
    origins = _origins(case)
    for step in steps:
        _check_step(trace, case, step, origins)


def _origins(case: Case) -> list[list[int]]:
    """Per axis, the input cell of which each cell of the padded axis is a copy, −1 for a zero."""
    origins = []
    for axis, size in enumerate(case.planes.shape[2:]):
        ones = [1] * case.axes
        ones[axis] = size
        numbers = (torch.arange(size, dtype=torch.float64) + 1).view(1, 1, *ones).expand(1, 1, *case.planes.shape[2:])
        line = case.padded(numbers)[0, 0].movedim(axis, 0)
        origins.append([int(n) - 1 for n in line.reshape(len(line), -1).amax(1)])
    return origins


def _check_step(trace: ConvTrace, case: Case, step: ConvStep, origins: Sequence[Sequence[int]]) -> None:
    target = step.writes["output"][0]
    assert step.value == trace.outputs["output"][target].item()
    sample, filter, *out = target if case.batched else (0, *target)
    assert (step.sample, step.filter) == (sample, filter)
    per_group = case.filters.shape[1]
    group = filter // (len(case.filters) // case.options.get("groups", 1))
    assert list(step.channels) == list(range(group * per_group, (group + 1) * per_group))

    # The window: one position per tap, where torch's formula puts it.
    taps = list(product(*map(range, case.filters.shape[2:])))
    axes = list(zip(out, case.each("stride"), case.each("dilation"), case.sides, strict=True))
    assert list(step.window) == [tuple(o * s + t * d - before for (o, s, d, (before, _)), t in zip(axes, tap, strict=True)) for tap in taps]

    # The terms: channel by channel, tap by tap, then the bias.
    products = step.terms if case.bias is None else step.terms[:-1]
    where = [(tap, position) for tap, position in zip(taps, step.window, strict=True)]
    expected_terms, read_input, read_weight, inside = [], [], [], []
    for c, channel in enumerate(step.channels):
        for tap, position in where:
            cell = tuple(origin[p + before] for origin, p, (before, _) in zip(origins, position, case.sides, strict=True))
            within = min(cell) >= 0
            x = case.planes[(sample, channel, *cell)].item() if within else 0.0
            expected_terms.append((x, case.applied[(filter, c, *tap)].item()))
            inside.append(within)
            if within:
                read_input.append((sample, channel, *cell) if case.batched else (channel, *cell))
            turned = tuple(n - 1 - t for n, t in zip(case.filters.shape[2:], tap, strict=True)) if case.options.get("flip") else tap
            read_weight.append((filter, c, *turned))
    assert list(products) == expected_terms
    assert list(step.reads["input"]) == read_input
    assert list(step.reads["weight"]) == read_weight
    assert step.reads.keys() == trace.inputs.keys()
    for name, cells in step.reads.items():
        for cell in cells:
            assert len(cell) == trace.inputs[name].dim()
            assert all(0 <= i < n for i, n in zip(cell, trace.inputs[name].shape, strict=True))
    if case.mode == "zeros":
        size = case.planes.shape[2:]
        taps_inside = [all(0 <= p < n for p, n in zip(position, size, strict=True)) for position in step.window]
        assert len(step.reads["input"]) == sum(taps_inside) * len(step.channels)
    else:
        assert len(step.reads["input"]) == len(step.reads["weight"]) == len(products)
    kept = [tap for tap, within in zip(step.reads["weight"], inside, strict=True) if within]

    # The numbers: terms, reads and partial sums all add up to the value.
    allowed = RELATIVE[case.planes.dtype] * math.fsum(abs(math.prod(term)) for term in step.terms)
    assert abs(math.fsum(map(math.prod, step.terms)) - step.value) <= allowed
    tensors = trace.inputs
    from_reads = [
        tensors["input"][cell].item() * tensors["weight"][tap].item() for cell, tap in zip(step.reads["input"], kept, strict=True)
    ]
    if case.bias is None:
        assert step.bias is None
    else:
        assert step.bias == case.bias[filter].item()
        assert step.terms[-1] == (step.bias,)
        assert step.reads["bias"] == [(filter,)]
    bias = step.bias or 0.0
    assert abs(math.fsum([*from_reads, bias]) - step.value) <= allowed
    assert len(step.partial_sums) == per_group
    assert abs(math.fsum([*step.partial_sums, bias]) - step.value) <= allowed
    for c, partial in enumerate(step.partial_sums):
        of_channel = products[c * len(taps) : (c + 1) * len(taps)]
        assert abs(math.fsum(map(math.prod, of_channel)) - partial) <= allowed

    # The words: one sentence and one formula, both with the value as it is written everywhere.
    shown = sum_of_products(step.terms, step.value).value
    assert step.say.endswith(f" {shown}.")
    assert "\n" not in step.say
    assert step.formula.endswith(f" {shown}")


def check_refused(function: Callable[..., Any], options: dict[str, Any], holds: Sequence[str]) -> None:
    """``function`` refuses, in one line that holds what was given."""
    try:
        function(**options)
    except InputError as error:
        message = str(error)
        assert message
        assert "\n" not in message
        for text in holds:
            assert text in message
    else:
        raise AssertionError(f"{options} was accepted")


def impulse(size: Sequence[int]) -> Tensor:
    """Zeros with a one in the middle."""
    x = torch.zeros(tuple(size), dtype=torch.float64)
    x[tuple(n // 2 for n in size)] = 1
    return x
