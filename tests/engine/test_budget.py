from __future__ import annotations

import ast
import errno
import itertools
import math
import sys
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F

import engine
from engine import budget
from engine.budget import Cost
from engine.catalogue import find
from engine.concepts.attention import budget as attention_budget
from engine.concepts.backprop import budget as graph_budget
from engine.concepts.backprop.reference import Evaluation
from engine.concepts.backprop.statements import statements
from engine.concepts.convolution import arguments as convolution_arguments
from engine.concepts.lstm import arguments as lstm_arguments
from engine.concepts.pooling import arguments as pooling_arguments
from engine.concepts.pooling import budget as pooling_budget
from engine.errors import InputError
from engine.inputs.arguments import parse
from engine.inputs.load import GENERATORS
from engine.mark import concept
from engine.trace import Trace
from tests.campaign.commands import called


def refusal(function: Any, /, *args: Any, **kwargs: Any) -> str:
    with pytest.raises(InputError) as caught:
        function(*args, **kwargs)
    return str(caught.value)


# --- the budget itself -------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("size", "words"),
    [(4e9, "4 GB"), (11.94e9, "12 GB"), (4.04e9, "4 GB"), (0.35e9, "0.3 GB"), (9.99e12, "9,990 GB"), (4.2e13, "42 TB"), (3e21, "3e09 TB")],
)
def test_amounts_in_words(size: float, words: str) -> None:
    assert budget.amount(size) == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(20, "20 seconds"), (89, "89 seconds"), (90, "1.5 minutes"), (5400, "1.5 hours"), (86400 * 3, "3 days"), (31557600 * 40, "40 years")],
)
def test_durations_in_words(seconds: float, words: str) -> None:
    assert budget.duration(seconds) == words


def square(side: int, height: int = 1) -> Cost:
    return Cost(values=side * side * height)


def test_what_fits_is_not_refused() -> None:
    budget.ask("it", square, {"side": 21_000}, {("side",): "at most about {}"})


def test_the_sentence_says_what_it_takes_and_the_most_that_fits() -> None:
    # 30000² numbers of 8 bytes are 7.2 GB, with 0.35 GB to begin with; √((4 − 0.35) GB / 8 bytes) = 21,360, to two digits downwards.
    said = refusal(budget.ask, "it", square, {"side": 30_000}, {("side",): "at most about {} of them"})
    assert said == "it would take about 7.5 GB, more than the 4 GB allowed; give at most about 21,000 of them"


def test_sizes_that_do_not_help_are_passed_over() -> None:
    words = {("height",): "less height", ("side",): "a side of at most about {}"}
    assert refusal(budget.ask, "it", square, {"side": 30_000, "height": 1}, words).endswith("; give a side of at most about 21,000")
    # Neither alone: both must become smaller.
    both = refusal(budget.ask, "it", lambda a, b: Cost(values=1e9 * (a + b)), {"a": 30, "b": 30}, {("a",): "less a", ("b",): "less b"})
    assert both.endswith("; give much smaller inputs")
    some = refusal(budget.ask, "it", lambda a, b: Cost(values=1e7 * (a + b)), {"a": 300, "b": 300}, {("a",): "less a", ("b",): "less b"})
    assert some.endswith("; give sizes of at most about 1/14 of these")  # 22 of 300


def test_time_is_counted_too() -> None:
    # 2 s to begin with, then 20 µs for each of ten million calls.
    said = refusal(budget.ask, "it", lambda calls: Cost(calls=calls), {"calls": 10**7}, {("calls",): "at most about {} calls"})
    assert said == "it would take about 3.4 minutes, more than the 20 seconds allowed; give at most about 900,000 calls"


@pytest.mark.parametrize("size", [1, 9, 10, 99, 100, 12_345, 987_654_321])
def test_what_is_proposed_fits_and_a_tenth_more_does_not(size: int) -> None:
    def cost(n: int) -> Cost:
        return Cost(values=(4e9 - budget.START_BYTES) / 8 * n / size)

    said = refusal(budget.ask, "it", cost, {"n": 10 * size}, {("n",): "{}"})
    proposed = int(said.rpartition("give ")[2].replace(",", ""))
    assert cost(proposed).fits
    assert 0.9 * size <= proposed <= size


# --- no memory all the same --------------------------------------------------------------------------------------------------------------


def torch_cannot() -> None:
    torch.empty(2**58, dtype=torch.float64)


def numpy_cannot() -> None:
    np.empty(2**58)


def system_cannot() -> None:
    raise OSError(errno.ENOMEM, "Cannot allocate memory")


def library_cannot() -> None:
    raise ImportError("libtorch_cpu.so: failed to map segment from shared object")


@pytest.mark.parametrize("fails", [torch_cannot, numpy_cannot, system_cannot, library_cannot])
def test_a_shortage_of_memory_is_a_sentence(fails: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def within() -> None:
        with budget.enough_memory():
            fails()

    monkeypatch.setattr(budget, "_address_limit", lambda: None)
    assert refusal(within) == "the memory is used up; give smaller inputs, or let the program have more of it"
    monkeypatch.setattr(budget, "_address_limit", lambda: 2_000_000_000)
    assert refusal(within).startswith("the memory is used up, of which this process may have 2 GB (ulimit -v); ")


@pytest.mark.parametrize(
    "error", [RuntimeError("shapes differ"), OSError(errno.ENOSPC, "no space"), ImportError("no module"), InputError("x")]
)
def test_other_errors_stay_what_they_are(error: Exception) -> None:
    with pytest.raises(type(error)) as caught, budget.enough_memory():
        raise error
    assert caught.value is error


def test_every_concept_says_so() -> None:
    @concept(title="Too much", example={})
    def much() -> Trace:
        torch_cannot()
        raise AssertionError

    assert refusal(much).startswith("the memory is used up")


def test_with_less_memory_than_torch_takes_nothing_begins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(budget, "_address_limit", lambda: 500_000_000)
    said = "this process may have 0.5 GB of memory (ulimit -v), torch alone takes 0.7 GB; allow more"
    assert refusal(budget.check_addresses) == said
    monkeypatch.setattr(budget, "_address_limit", lambda: None)
    budget.check_addresses()


# --- what concepts say they take ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "command", [["trace", "conv1d", "--input", "[1]", "--weight", "[1]"], ["render", "lstm", "--input", "[[1]]"], ["lecture", "x.toml"]]
)
def test_commands_ask_for_it_first(command: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(budget, "_address_limit", lambda: 500_000_000)
    result = called(command)
    assert (result.exit_code, result.stderr.startswith("Error: this process may have 0.5 GB of memory")) == (2, True)


@pytest.mark.parametrize("several", [["zeros:90000000", "zeros:90000000"], ["ones:3", "zeros:30000x30000"], ["randn:134217728", "[1]"]])
def test_all_options_share_one_budget(several: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(GENERATORS, "zeros", lambda shape, _: ZERO.expand(shape))
    monkeypatch.setattr(sys.modules["engine.inputs.load"], "checked", lambda tensor, *_: tensor)
    found = find("conv1d")
    said = refusal(parse, found, {"input": several[0], "weight": several[1]})
    assert "values, with those of the options before it, would take about" in said
    assert said.endswith("give at most about 110,000,000 in all")


ZERO = torch.zeros(1, dtype=torch.float64)


def zeros(*shape: int) -> torch.Tensor:
    return torch.zeros(shape, dtype=torch.float64)


@pytest.mark.parametrize(
    ("name", "arguments", "takes", "fits"),
    [
        ("attention", {"tokens": "a b", "heads": 100_000}, "2,945 GB", "at most about 3,500 heads"),
        ("attention", {"tokens": "a b", "embed_dim": 60_000}, "GB", "vectors of at most about"),
        ("attention", {"query": zeros(20_000, 1)}, "32 GB", "at most about 6,700 queries"),
        ("attention", {"query": zeros(1, 1), "key": zeros(10**6, 1)}, "62 seconds", "at most about"),
        ("attention_backward", {"grad_output": zeros(20_000, 1), "query": zeros(20_000, 1)}, "GB", "queries"),
        ("conv2d", {"input": zeros(3, 3), "weight": zeros(1, 1), "padding": 16_000}, "90 GB", "cells of padding"),
        ("conv2d", {"input": zeros(3, 3), "weight": zeros(3000, 3000), "padding": 3000}, "GB", "at most about"),
        ("conv2d", {"input": zeros(3, 3), "weight": zeros(1, 1), "padding": 16_000, "padding_mode": "replicate"}, "GB", "cells of padding"),
        ("conv2d", {"input": zeros(3, 3), "weight": zeros(9, 9), "padding": 8000, "dilation": 2}, "GB", "cells of padding"),
        ("conv1d", {"input": zeros(5), "weight": zeros(500_001), "padding": 250_000}, "seconds", "a kernel of at most about"),
        ("conv1d", {"input": zeros(5), "weight": zeros(3), "padding": 2**30}, "GB", "cells of padding"),
        ("max_pool2d", {"input": zeros(3, 3), "kernel_size": 20_001, "padding": 10_000}, "536 GB", "a kernel of at most about"),
        ("avg_pool2d", {"input": zeros(3, 3), "kernel_size": 20_001, "padding": 10_000, "ceil_mode": True}, "GB", "a kernel of at most"),
        ("max_pool2d", {"input": zeros(2000, 2000), "kernel_size": "global"}, "minutes", "a kernel of at most about"),
        ("avg_pool2d", {"input": zeros(3, 3), "output_size": 100_000}, "GB", "an output_size of at most about"),
        ("max_pool2d", {"input": zeros(3, 3), "output_size": [1, 2**31 - 1]}, "GB", "an output_size of at most about"),
        ("max_pool2d", {"input": zeros(2000, 2000), "output_size": 2}, "seconds", "an input of at most about"),
        ("lstm", {"input": zeros(3_000_000, 1)}, "19 GB", "at most about 250,000 time steps"),
        ("lstm", {"input": zeros(3, 1), "hidden_size": 100_000}, "GB", "a hidden_size of at most about"),
        ("backprop", {"expr": "L = sum(a*b)", "values": {"a": zeros(30_000, 1), "b": zeros(1, 30_000)}}, "GB", "nodes of at most about"),
        ("backprop", {"expr": "z = a@b; L = sum(z@b.T)", "values": {"a": zeros(30_000, 1), "b": zeros(1, 30_000)}}, "GB", "nodes of at"),
        (
            "backprop",
            {"expr": "".join(f"z{n + 1} = tanh(z{n}); " for n in range(90)) + "L = sum(z90)", "values": {"z0": zeros(2_000_000)}},
            "GB",
            "nodes of at most about",
        ),
        (
            "conv2d_backward",
            {"grad_output": zeros(1100, 1100), "input": zeros(1100, 1100), "weight": zeros(1, 1)},
            "seconds",
            "an input of at most about",
        ),
    ],
)
def test_absurd_sizes_are_refused(name: str, arguments: dict[str, Any], takes: str, fits: str) -> None:
    cost, _, way = refusal(getattr(engine, name), **arguments).partition("; give ")
    assert takes in cost
    assert "more than the " in cost
    assert fits in way


def convolution(input: torch.Tensor, weight: torch.Tensor, **given: int) -> convolution_arguments.ConvSetup:
    padding, stride = given.get("padding", 0), given.get("stride", 1)
    return convolution_arguments.resolve(input.dim() - 1, input, weight, None, stride, padding, 1, 1, "zeros", False)


def cost_of(setup: convolution_arguments.ConvSetup) -> Cost:
    found: list[Cost] = []

    def keep(setup: convolution_arguments.ConvSetup, **sizes: int) -> Cost:
        found.append(convolution_arguments.cost(setup, **sizes))
        return found[-1]

    convolution_arguments.within_budget(setup, "it", keep)
    return found[0]


@pytest.mark.parametrize(
    ("input", "weight", "given", "gigabytes"),
    [
        ((1, 20_000_000), (1, 1, 1), {}, 2.132),
        ((1, 20_000_000), (1, 1, 9), {}, 2.638),
        ((1, 2000, 2000), (1, 1, 7, 7), {}, 2.007),
        ((3, 224, 224), (64, 3, 7, 7), {"stride": 2, "padding": 3}, 0.297),
        ((256, 56, 56), (256, 256, 3, 3), {"padding": 1}, 0.381),
    ],
)
def test_convolutions_that_were_measured_fit(input: tuple[int, ...], weight: tuple[int, ...], given: Any, gigabytes: float) -> None:
    cost = cost_of(convolution(ZERO.expand(input), ZERO.expand(weight), **given))
    assert gigabytes <= cost.bytes / 1e9 <= 2 * gigabytes
    assert cost.fits


@pytest.mark.parametrize(
    ("cost", "gigabytes"),
    [
        (attention_budget.forward(projections=0, output=False, hidden=0.0)(3000, 3000, 64, 1), 0.930),
        (attention_budget.forward(projections=0, output=False, hidden=0.5)(3000, 3000, 4, 1), 2.282),
        (attention_budget.forward(projections=4, output=True, hidden=0.5)(1500, 1500, 64, 8), 2.067),
        (attention_budget.forward(projections=0, output=False, hidden=1.0)(1500, 1500, 4, 1), 1.171),
        (attention_budget.forward(projections=4, output=True, hidden=0.0)(1500, 1500, 64, 8), 1.571),
        (attention_budget.forward(projections=3, output=False, hidden=0.0)(2, 2, 4000, 1), 0.740),
        (attention_budget.forward(projections=4, output=True, hidden=0.0)(2, 2, 2000, 1000), 0.488),
        (attention_budget.back(0.0)(3000, 3000, 64, 1), 1.192),
        (attention_budget.back(0.5)(2000, 2000, 64, 1), 0.921),
        (lstm_arguments.cost(100_000, 1, 2), 0.940),
        (lstm_arguments.cost(20_000, 1, 64), 0.790),
        (lstm_arguments.cost(10, 1, 2000), 0.607),
        (graph_budget.sized("L = sum(relu(a*b), 0)@b.T", {"a": (3000, 1), "b": (1, 3000)}).cost(9_000_000), 1.112),
    ],
)
def test_what_was_measured_fits_and_is_not_said_to_be_less(cost: Cost, gigabytes: float) -> None:
    assert gigabytes <= cost.bytes / 1e9 <= 2 * gigabytes
    assert cost.fits


# --- sizes, compared with torch's --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cells", "kernel", "stride", "ceil"), list(itertools.product((1, 5, 8), (1, 2, 3, 5), (1, 2, 3, 7), (False, True)))
)
def test_windows_of_a_pooling(cells: int, kernel: int, stride: int, ceil: bool) -> None:
    for padding in range(kernel // 2 + 1):
        try:
            expected = F.max_pool2d(zeros(1, cells, cells), kernel, stride, padding, ceil_mode=ceil).numel()
        except RuntimeError:
            continue  # the kernel is larger than what it slides over
        setup = pooling_arguments.resolve(zeros(cells, cells), kernel, stride, padding, None, ceil_mode=ceil, extra={})
        sizes = {f"{name}{axis}": n for name, n in (("input", cells), ("kernel", kernel), ("padding", padding)) for axis in (0, 1)}
        assert pooling_budget.windows(setup, **sizes)[1:] == (expected, kernel**2)


@pytest.mark.parametrize(("cells", "wanted"), [(6, 3), (7, 3), (5, 5), (4, 9), (9, 1)])
def test_windows_for_an_output(cells: int, wanted: int) -> None:
    setup = pooling_arguments.resolve(zeros(cells, cells), None, None, 0, wanted, ceil_mode=False, extra={})
    sizes = {f"{name}{axis}": n for name, n in (("input", cells), ("output", wanted), ("kernel", 1), ("padding", 0)) for axis in (0, 1)}
    padded, output, taps = pooling_budget.windows(setup, **sizes)
    assert (padded, output) == (cells**2, F.adaptive_avg_pool2d(zeros(1, cells, cells), wanted).numel())
    assert math.prod(setup.kernel_size) <= taps


@pytest.mark.parametrize(("cells", "kernel", "stride", "padding"), list(itertools.product((1, 5, 8), (1, 2, 3), (1, 2, 7), (0, 1, 4))))
def test_cells_of_a_convolution(cells: int, kernel: int, stride: int, padding: int) -> None:
    if kernel > cells + 2 * padding:
        return
    setup = convolution(zeros(1, cells, 6), zeros(1, 1, kernel, 2), stride=stride, padding=padding)
    sizes = {"input0": cells, "input1": 6, "kernel0": kernel, "kernel1": 2, "padding0": 2 * padding, "padding1": 2 * padding}
    expected = F.conv2d(zeros(1, cells, 6), zeros(1, 1, kernel, 2), stride=stride, padding=padding).numel()
    assert convolution_arguments.output_cells(setup, **sizes) == expected


@pytest.mark.parametrize(
    "expr",
    [
        "z = a*b; L = sum(z)",
        "z = a@b + m; y = softmax(z, 0); L = mean(y.T@a, dim=1)",
        "z = -a/2 + b**2; L = max(relu(z), -1)",
        "z = v@m; y = m@w; L = v@m@w + sum(z) + sum(y*v)",
        "z = sum(m, -2); L = softmax(z)@w",
    ],
)
def test_shapes_of_a_graph(expr: str) -> None:
    leaves = {"a": zeros(4, 1), "b": zeros(1, 3), "m": zeros(4, 3), "v": zeros(4), "w": zeros(3)}
    found = graph_budget.sized(expr, {name: tensor.shape for name, tensor in leaves.items()})
    evaluation = Evaluation(leaves, {})
    evaluation.run(expr)
    named, at = evaluation.named, evaluation.at
    assert {name: found.named[name] for name in named} == {name: tuple(tensor.shape) for name, tensor in named.items()}
    operations = [
        node for _, value in statements(expr) for node in ast.walk(value) if isinstance(node, ast.BinOp | ast.Call | ast.Attribute)
    ]
    assert found.count >= len(operations)
    assert found.largest == max(math.prod(tensor.shape) for tensor in (*named.values(), *at.values()))


def test_shapes_that_do_not_fit_are_left_to_those_who_compute() -> None:
    assert graph_budget.sized("z = a*b; y = z@a; L = sum(y)", {"a": (4, 1), "b": (1, 3)}).named.keys() == {"a", "b", "z"}
    said = refusal(engine.backprop, "z = a*b; y = z@a; L = sum(y)", {"a": zeros(4, 1), "b": zeros(1, 3)})
    assert said.startswith("expr multiplies z")
