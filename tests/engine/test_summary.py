"""Sizes, parameters, multiply-adds and receptive fields: against torch's modules, gradients, and by hand."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from engine import summary
from engine.concepts.summary import ledger as ledgers
from engine.concepts.summary.field import by_rule, inside, seen, spanned
from engine.concepts.summary.ledger import NetworkLedger
from engine.concepts.summary.ran import ran
from engine.concepts.summary.sizes import Slider
from engine.errors import CheckError, InputError
from engine.network.placed import placed
from engine.network.text import parse
from engine.paths import by_path

CNN = "max_pool2d(2) conv2d(12,17) max_pool2d(3) flatten linear(128) relu linear(10) softmax"


def sizes(trace: Any) -> dict[str, list[float]]:
    return {name: size.tolist() for name, size in trace.outputs["sizes"].items()}


def test_the_network_of_the_lecture() -> None:
    trace = summary(CNN, "3x128x128")
    assert sizes(trace)["conv2d"] == [12, 48, 48]
    assert trace.outputs["parameters"].tolist() == [0, 10416, 0, 0, 393344, 0, 1290, 0]
    assert trace.outputs["total"] == 405050
    assert trace.outputs["share"].tolist() == pytest.approx([0, 2.5715, 0, 0, 97.11, 0, 0.3185, 0], abs=1e-4)
    assert trace.outputs["receptive_field"].flatten().tolist() == [2, 34, 38, 38, 128, 128, 128, 128]
    assert trace.outputs["multiply_adds"].tolist() == [0, 48 * 48 * 10404, 0, 0, 393216, 0, 1280, 0]
    assert [name for name, _ in trace.phases] == ["max_pool2d_1", "conv2d", "max_pool2d_2", "flatten", "linear_1", "linear_2", "total"]
    step = next(step for step in trace if step.kind == "parameters")
    assert list(step.terms) == [(12, 3, 17, 17), (12,)]
    assert step.value == 10416


def test_a_step_reads_what_stands_in_its_places() -> None:
    """Every factor is the number in its place, or made of it as is said, and was computed before."""
    for layers, size in (
        (CNN, "3x128x128"),
        ("skip(conv2d(8,3,padding=1)) dense(conv2d(4,3,padding=2,dilation=2)) avg_pool2d(3,2,ceil_mode=True)", "8x9x7"),
    ):
        trace = summary(layers, size)
        numbers = dict(by_path({**trace.inputs, **trace.outputs}))
        known = {(path, cell) for path, tensor in by_path(trace.inputs) for cell in cells(tensor)}
        for step in trace:
            for term, paths, places in zip(step.terms, step.sources, step.cells, strict=True):
                for factor, path, cell in zip(term, paths, places, strict=True):
                    assert not path or (path, cell) in known
                    assert not path or float(numbers[path][cell]) in (factor, -factor, factor + 1)
            ((path, (cell,)),) = step.writes.items()
            assert float(numbers[path][cell]) == step.value
            known.add((path, cell))


def cells(tensor: Tensor) -> list[tuple[int, ...]]:
    return [tuple(cell) for cell in torch.ones_like(tensor).nonzero().tolist()]


window = st.fixed_dictionaries(
    {"kernel": st.integers(1, 4), "stride": st.integers(1, 3), "padding": st.integers(0, 2), "dilation": st.integers(1, 2)}
)


@settings(deadline=None, max_examples=60)
@given(size=st.integers(9, 24), windows=st.lists(window, min_size=1, max_size=3), ceil=st.booleans())
def test_sizes_are_those_of_modules(size: int, windows: list[dict[str, int]], ceil: bool) -> None:
    """Made with torch alone, and run with numbers."""
    x, texts = torch.zeros(2, size, size + 1), []
    for number, one in enumerate(windows):
        k, s, p, d = (one[name] for name in ("kernel", "stride", "padding", "dilation"))
        p = min(p, k // 2) if number % 2 else p
        if min(x.shape[1:]) + 2 * p < d * (k - 1) + 1:
            break
        with torch.no_grad():
            module = nn.MaxPool2d(k, s, p, d, ceil_mode=ceil) if number % 2 else nn.Conv2d(2, 2, k, s, p, d)
            x = module(x)
        name = f"max_pool2d({k},{s},{p},{d},ceil_mode={ceil})" if number % 2 else f"conv2d(2,{k},stride={s},padding={p},dilation={d})"
        texts.append(name)
    if texts:
        trace = summary(" ".join(texts), f"2x{size}x{size + 1}")
        assert [*sizes(trace).values()][-1] == [*x.shape]
        assert len(list(trace)) == len(trace)


@settings(deadline=None, max_examples=60)
@given(size=st.integers(40, 64), windows=st.lists(window, min_size=1, max_size=3))
def test_a_field_is_what_has_a_gradient(size: int, windows: list[dict[str, int]]) -> None:
    """Of torch's own convolutions, with weights of one."""
    found = [Slider(one["kernel"], one["stride"], (one["padding"],) * 2, one["dilation"], False) for one in windows]
    x = torch.ones(1, 1, size, dtype=torch.float64, requires_grad=True)
    y = x
    for one in found:
        module = nn.Conv1d(1, 1, one.kernel, one.stride, one.pads[0], one.dilation, bias=False, dtype=torch.float64)
        with torch.no_grad():
            module.weight.fill_(1)
        y = module(y)
    (gradient,) = torch.autograd.grad(y[0, 0, y.shape[2] // 2], x)
    looked = gradient.flatten().nonzero().flatten()
    span = int(looked.max() - looked.min()) + 1
    assert seen([[one] for one in found], (size,)) == (span,)
    assert not inside(found, size) or by_rule(found) == span == spanned(found, size)


def test_a_field_of_two_axes_and_of_branches() -> None:
    trace = summary("conv2d(1,(3,5)) max_pool2d((1,2)) conv2d(1,(2,3))", "1x20x20")
    assert trace.outputs["receptive_field"].tolist() == [[3, 5], [3, 6], [4, 10]]
    branches = summary("skip(conv2d(2,3,padding=1) conv2d(2,3,padding=1)) dense(conv2d(1,3,padding=1)) conv2d(1,1)", "2x9x9")
    assert branches.outputs["receptive_field"].flatten().tolist() == [3, 5, 7, 7, 7]


CORNERS: dict[str, tuple[str, str, dict[str, list[float]], list[float]]] = {
    "groups": ("conv2d(8,3,groups=4,bias=False)", "4x9x9", {"conv2d": [8, 7, 7]}, [8 * 1 * 9]),
    "a batch": ("conv2d(6,3) max_pool2d(2)", "64x3x32x32", {"conv2d": [64, 6, 30, 30], "max_pool2d": [64, 6, 15, 15]}, [168, 0]),
    "same": ("conv2d(2,4,padding='same')", "1x5x5", {"conv2d": [2, 5, 5]}, [34]),
    "norm over all": ("layer_norm", "8x112x112", {"layer_norm": [8, 112, 112]}, [200704]),
    "one group": ("group_norm(1)", "8x112x112", {"group_norm": [8, 112, 112]}, [16]),
    "flatten from axis 1": ("nn.Flatten() linear(4)", "3x28x28", {"flatten": [3, 784], "linear": [3, 4]}, [0, 3140]),
    "two directions": ("lstm(7,bidirectional=True)", "5x3", {"lstm": [5, 14]}, [2 * (28 * 3 + 28 * 7 + 56)]),
    "without projection": ("attention(output_projection=False)", "10x4", {"attention": [10, 4]}, [3 * 20]),
    "with projection": ("attention()", "10x4", {"attention": [10, 4]}, [4 * 20]),
    "transposed": ("conv_transpose2d(4,3,stride=2,padding=1,output_padding=1)", "2x9x9", {"conv_transpose2d": [4, 18, 18]}, [76]),
    "concatenated": ("dense(linear(2)) linear(1)", "3", {"linear_1": [2], "dense": [5], "linear_2": [1]}, [8, 0, 6]),
    "gate": ("highway(linear(3), gate=linear(3) sigmoid)", "3", {"linear_1": [3], "sigmoid": [3], "linear_2": [3]}, [12, 0, 12]),
    "global pool": ("adaptive_avg_pool2d(1) flatten", "2x9x9", {"adaptive_avg_pool2d": [2, 1, 1], "flatten": [2]}, [0, 0]),
    "odd and ceil": (
        "max_pool2d(2) max_pool2d(2,ceil_mode=True)",
        "1x11x11",
        {"max_pool2d_1": [1, 5, 5], "max_pool2d_2": [1, 3, 3]},
        [0, 0],
    ),
}


@pytest.mark.parametrize("case", CORNERS)
def test_corners(case: str) -> None:
    layers, size, made, counts = CORNERS[case]
    trace = summary(layers, size)
    assert sizes(trace) == made
    assert trace.outputs["parameters"].tolist() == counts
    assert len(list(trace)) == len(trace)


def test_what_is_left_over_by_a_pool() -> None:
    trace = summary("max_pool2d(3)", "1x11x12")
    assert trace.pages[0].lines[0].left_over == (2, 0)
    assert next(step for step in trace if step.kind == "strides").value == pytest.approx(8 / 3)
    assert next(step for step in trace if step.kind == "size").apply == "floor"


def test_the_blocks_of_a_recurrent_layer_have_names() -> None:
    (step,) = [step for step in summary("rnn(20,num_layers=2)", "5x10") if step.kind == "parameters"]
    assert len(step.blocks) == 8
    assert {"weight_ih_l0", "weight_hh_l0", "bias_ih_l1", "bias_hh_l1"} <= {*step.blocks}
    assert step.value == 1480


def test_shared_modules_are_counted_once() -> None:
    first = placed(parse("linear(4) linear(4)"), (4,))
    (one, two) = ran([first[0], first[0]])
    assert (len(one.weights), len(two.weights)) == (2, 0)


def test_multiply_adds_of_attention() -> None:
    """3nd² + 2n²d without the last projection, nd² more with it."""
    n, d = 10, 4
    bare, whole = (summary(f"attention(output_projection={last})", f"{n}x{d}").outputs["multiply_adds"][0] for last in (False, True))
    assert bare == 3 * n * d**2 + 2 * n**2 * d
    assert whole - bare == n * d**2


def test_a_dense_layer_between_the_same_sizes() -> None:
    trace = summary("conv2d(32,5,stride=2)", "3x256x256", dense=True)
    assert trace.outputs["dense_weights"].tolist() == [99883155456]
    assert "dense_weights" not in summary("conv2d(32,5,stride=2)", "3x256x256").outputs


def test_a_name_in_place_of_a_number() -> None:
    trace = summary("attention(heads=8)", "10xd", vary={"d": [64, 128, 256, 512]})
    assert trace.outputs["total"].tolist() == [16640, 66048, 263168, 1050624]
    assert trace.outputs["d=128"]["sizes"]["attention"].tolist() == [10, 128]
    over = summary("conv2d(4,3)", "3xnxn", vary={"n": [8, 16]})
    assert over.outputs["total"].tolist() == [112, 112]
    assert [count for count, _ in over.grown.multiply_adds] == [108 * 36, 108 * 196]
    assert all(len(list(one)) == len(one) for one in (trace, over))
    assert summary("linear(k) linear(3)", "4", vary={"k": [2, 5]}).outputs["total"].tolist() == [19, 43]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"layers": "linear(3)", "input_size": "10xd"}, "'d' is no size"),
        ({"layers": "linear(3)", "input_size": ""}, "input_size"),
        ({"layers": "linear(3)", "input_size": "3x0"}, "'0' is no size"),
        ({"layers": "linear(n)", "input_size": "3"}, "n"),
        ({"layers": "relu dropout", "input_size": "3"}, "change no size"),
        ({"layers": "linear(3)", "input_size": "3", "vary": {"n": [1, 2]}}, "neither in layers nor in input_size"),
        ({"layers": "linear(n)", "input_size": "3", "vary": {"n": [1, 2], "m": [1]}}, "give one name"),
        ({"layers": "linear(n)", "input_size": "3", "vary": {"n": [4]}}, "from 2 to 16"),
        ({"layers": "linear(n)", "input_size": "3", "vary": {"n": [4, 4.5]}}, "4.5"),
        ({"layers": "linear(n)", "input_size": "3", "vary": {"n": [4, 4]}}, "twice"),
        ({"layers": "linear(n)", "input_size": "3", "vary": {"x": [4, 5]}}, "'x'"),
        ({"layers": "conv2d(2,9)", "input_size": "1x5x5"}, "9"),
        ({"layers": "linear(9000000) linear(9000000)", "input_size": "9000000x9000"}, "more than 2\\*\\*53"),
    ],
)
def test_refusals(arguments: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=words) as refused:
        summary(**arguments)
    assert "\n" not in str(refused.value)


def test_a_wrong_rule_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the comparisons are worth."""
    network = placed(parse("conv2d(4,3)"), (1, 9, 9))
    NetworkLedger.of(network)
    wrong: dict[str, Any] = {"by_rule": lambda _: 4, "numel": lambda _: 1, "size_figures": lambda *_: []}
    for name, rule in wrong.items():
        with monkeypatch.context() as patch:
            patch.setattr(ledgers, name, rule)
            with pytest.raises(CheckError):
                NetworkLedger.of(network)
