from __future__ import annotations

import importlib
import math
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings

from engine import conv2d
from engine.errors import InputError
from engine.inputs.kernels import kernel
from tests.engine.checks import check_output, check_refused, check_trace, impulse
from tests.engine.strategies import Case, cases

IMAGE = [[1.0, 3, -2, 4], [0, 8, 6, 5], [2, 1, -9, 0], [4, -1, 3, 7]]
KERNEL = [[1.0, 2], [-2, -1]]
ones = torch.ones


@settings(max_examples=200, derandomize=True)
@given(cases(2))
def test_output_is_torchs(case: Case) -> None:
    check_output(conv2d, case)


@settings(max_examples=100, derandomize=True)
@given(cases(2, torch.float32, room=8))
def test_output_is_torchs_in_float32(case: Case) -> None:
    check_output(conv2d, case)


@settings(max_examples=80, derandomize=True)
@given(cases(2, room=2))
def test_steps(case: Case) -> None:
    check_trace(conv2d, case)


@settings(max_examples=25, derandomize=True)
@given(cases(2, torch.float32, room=1))
def test_steps_in_float32(case: Case) -> None:
    check_trace(conv2d, case)


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
@pytest.mark.parametrize("flip", [False, True])
@pytest.mark.parametrize("mode", ["zeros", "reflect", "replicate", "circular"])
def test_a_larger_one(dtype: torch.dtype, flip: bool, mode: Any) -> None:
    generator = torch.Generator().manual_seed(1)
    x = torch.randn(2, 12, 31, 40, generator=generator, dtype=dtype)
    w, b = torch.randn(16, 3, 5, 3, generator=generator, dtype=dtype), torch.randn(16, generator=generator, dtype=dtype)
    trace = conv2d(x, w, b, (2, 1), (2, 3), (1, 2), 4, padding_mode=mode, flip=flip)
    padded = F.pad(x, (3, 3, 2, 2), mode="constant" if mode == "zeros" else mode)
    expected = F.conv2d(padded, w.flip(2, 3) if flip else w, b, (2, 1), 0, (1, 2), 4)
    scale = float(x.abs().max() * w.abs().flatten(1).sum(1).max() + b.abs().max())
    torch.testing.assert_close(trace.outputs["output"], expected, rtol=0, atol={torch.float64: 1e-10, torch.float32: 1e-5}[dtype] * scale)
    assert len(trace) == expected.numel()


@pytest.mark.parametrize("name", ["sobel_x", "sobel_y", "prewitt_v", "prewitt_h", "sharpen", "mean5", "gaussian5", "laplacian", "identity"])
def test_impulse_is_answered_by_the_kernel(name: str) -> None:
    taps = kernel(name)
    size = [2 * n - 1 for n in taps.shape]
    assert torch.equal(conv2d(impulse(size), taps, flip=True).outputs["output"][0], taps)
    assert torch.equal(conv2d(impulse(size), taps).outputs["output"][0], taps.flip(0, 1))


def test_identity_kernel_changes_nothing() -> None:
    assert conv2d(IMAGE, kernel("identity"), padding="same").outputs["output"][0].tolist() == IMAGE


@pytest.mark.parametrize(
    ("input", "weight", "shape"),
    [
        (ones(4, 5), ones(2, 2), (1, 3, 4)),
        (ones(3, 4, 5), ones(2, 2), (1, 3, 4)),
        (ones(3, 4, 5), ones(3, 2, 2), (1, 3, 4)),
        (ones(3, 4, 5), ones(7, 3, 2, 2), (7, 3, 4)),
        (ones(1, 3, 4, 5), ones(2, 2), (1, 1, 3, 4)),
        (ones(6, 3, 4, 5), ones(7, 3, 2, 2), (6, 7, 3, 4)),
        (ones(4, 5), ones(7, 1, 2, 2), (7, 3, 4)),
    ],
)
def test_shapes_that_can_be_left_out(input: torch.Tensor, weight: torch.Tensor, shape: tuple[int, ...]) -> None:
    trace = conv2d(input, weight)
    assert trace.outputs["output"].shape == shape
    assert len(trace) == math.prod(shape)
    assert torch.equal(trace.outputs["output"], torch.full(shape, 4.0 * trace.inputs["weight"].shape[1]))


@pytest.mark.parametrize(
    ("input", "weight", "dtype"),
    [
        (IMAGE, KERNEL, "float64"),
        (torch.tensor(IMAGE, dtype=torch.int32), torch.tensor(KERNEL, dtype=torch.uint8), "float64"),
        (torch.tensor(IMAGE) > 0, KERNEL, "float64"),
        (torch.tensor(IMAGE, dtype=torch.float64), torch.tensor(KERNEL, dtype=torch.float64), "float64"),
        (torch.tensor(IMAGE), torch.tensor(KERNEL), "float32"),
        (torch.tensor(IMAGE), KERNEL, "float64"),
        (torch.tensor(IMAGE), torch.tensor(KERNEL, dtype=torch.float64), "float64"),
        (torch.tensor(IMAGE), torch.tensor(KERNEL, dtype=torch.int64), "float64"),
        ([[1, 2], [3, 4]], [[1]], "float64"),
        (tuple(map(tuple, IMAGE)), KERNEL, "float64"),
    ],
)
def test_dtypes(input: Any, weight: Any, dtype: str) -> None:
    if isinstance(weight, torch.Tensor) and weight.dtype == torch.uint8:
        weight = torch.tensor([[1, 2], [2, 1]], dtype=torch.uint8)
    trace = conv2d(input, weight)
    assert trace.dtype == dtype
    x, w = (torch.as_tensor(t, dtype=torch.float64)[None, None] for t in (input, weight))
    torch.testing.assert_close(trace.outputs["output"][0].double(), F.conv2d(x, w)[0, 0], rtol=0, atol=1e-5)
    assert all(isinstance(x, float) for term in trace[0].terms for x in term)


def test_tensors_with_gradients_are_taken() -> None:
    x, w, b = torch.rand(1, 2, 3, 3, requires_grad=True), torch.nn.Parameter(torch.rand(2, 2, 2, 2)), torch.nn.Parameter(torch.rand(2))
    trace = conv2d(x, w, b)
    torch.testing.assert_close(trace.outputs["output"], F.conv2d(x, w, b).detach(), rtol=0, atol=1e-5)
    assert not any(t.requires_grad for t in (*trace.inputs.values(), *trace.outputs.values(), trace.kernel, trace.padded))
    assert x.requires_grad
    assert w.requires_grad


def test_tensors_that_are_not_contiguous() -> None:
    x = torch.rand(6, 8, 3, dtype=torch.float64).permute(2, 0, 1)[:, ::2]
    w = torch.rand(3, 2, 2, 4, dtype=torch.float64).transpose(0, 3)[:, [0, 1, 0]]
    torch.testing.assert_close(conv2d(x, w).outputs["output"], F.conv2d(x[None], w)[0], rtol=0, atol=1e-12)


def test_steps_stay_as_checked_when_the_given_tensors_change() -> None:
    x, w, b = torch.tensor(IMAGE, dtype=torch.float64), torch.tensor(KERNEL, dtype=torch.float64), torch.tensor([0.5], dtype=torch.float64)
    trace = conv2d(x, w, b)
    before = trace[0]
    for t in (x, w, b):
        t.fill_(100.0)
    assert trace[0] == before
    assert trace.inputs["input"][0].tolist() == IMAGE


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
def test_values_that_are_not_finite(value: float, dtype: torch.dtype) -> None:
    x = torch.tensor(IMAGE, dtype=dtype)
    x[0, 1] = value
    trace = conv2d(x, torch.tensor([[1.0, 2], [2, 1]], dtype=dtype))
    got = trace.outputs["output"][0]
    assert torch.isfinite(got).tolist() == [[False, False, True], [True] * 3, [True] * 3]
    assert str(trace[0].value) == str(value)


def test_no_step_is_cut_before_it_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    convolution, cut = importlib.import_module("engine.concepts.convolution.forward"), []
    real = convolution.ConvStep
    monkeypatch.setattr(convolution, "ConvStep", lambda **fields: cut.append(fields["index"]) or real(**fields))
    trace = conv2d(ones(1, 3, 64, 64), ones(8, 3, 3, 3))
    assert len(trace) == 8 * 62 * 62
    assert cut == []
    assert trace[3].index == 3
    assert trace[-1].index == len(trace) - 1
    assert cut == [3, len(trace) - 1]


def test_indexing() -> None:
    trace = conv2d(IMAGE, KERNEL)
    steps = list(trace)
    assert len(steps) == 9
    for k in range(9):
        assert trace[k] == steps[k]
        assert trace[k - 9] == steps[k]
    for part in (slice(None), slice(2, 5), slice(None, None, -2), slice(-3, None), slice(7, 99), slice(5, 5)):
        assert trace[part] == steps[part]
    for k in (9, -10, 100):
        with pytest.raises(IndexError, match=str(k)):
            trace[k]


def test_trace_says_what_was_asked_for() -> None:
    trace = conv2d(ones(4, 8, 8), ones(2, 2, 3, 3), ones(2), 2, (1, 2), (1, 1), 2, padding_mode="circular", flip=True)
    assert (trace.concept, trace.title, trace.device, trace.dtype) == ("conv2d", "2-D convolution", "cpu", "float32")
    assert trace.params == {"stride": 2, "padding": [1, 2], "dilation": 1, "groups": 2, "padding_mode": "circular", "flip": True}
    assert list(trace.phases) == [("filter 0", 20), ("filter 1", 20)]
    assert conv2d(IMAGE, KERNEL, padding="same").params["padding"] == "same"
    assert list(conv2d(ones(2, 1, 2, 2), ones(2, 1, 1, 1)).phases) == [
        ("sample 0, filter 0", 4),
        ("sample 0, filter 1", 4),
        ("sample 1, filter 0", 4),
        ("sample 1, filter 1", 4),
    ]


def test_words_of_a_step() -> None:
    trace = conv2d(IMAGE, KERNEL, padding=1)
    for words in ("ows −1 to 0", "columns −1 to 0", "padding", "4 products", "output[0, 0, 0] = −1."):
        assert words in trace[0].say
    assert "padding" not in trace[6].say
    assert "output" in trace[6].formula
    assert trace[6].formula.endswith(" = 1 dot 1 + 3 dot 2 + 0 dot (−2) + 8 dot (−1) = −1")
    assert trace.formula.endswith("floor((4 + 2 dot 1 - 2) / 1) + 1 = 5")
    for words in ("2×2", "4×4", "padding"):
        assert words in trace.opening


# --- refusals ----------------------------------------------------------------------------------------------------------------------------


def given_with(**options: Any) -> dict[str, Any]:
    return {"input": IMAGE, "weight": KERNEL} | options


@pytest.mark.parametrize(
    ("options", "holds"),
    [
        # shapes
        (given_with(input=[1.0, 2.0]), ["input", "shape 2"]),
        (given_with(input=3.0), ["input", "single number"]),
        (given_with(input=ones(1, 1, 1, 4, 4)), ["input", "1x1x1x4x4"]),
        (given_with(weight=[1.0, 2.0]), ["weight", "shape 2"]),
        (given_with(weight=ones(1, 1, 1, 2, 2)), ["weight", "1x1x1x2x2"]),
        (given_with(input=ones(3, 4, 4), weight=ones(5, 2, 2, 2)), ["5x2x2x2", "3 channels"]),
        (given_with(input=ones(3, 4, 4), weight=ones(2, 2, 2)), ["2 channels", "3 channels"]),
        (given_with(weight=ones(5, 3, 2, 2)), ["5x3x2x2", "1 channels"]),
        (given_with(input=ones(4, 4, 4), weight=ones(2, 4, 2, 2), groups=2), ["4 channels", "2 groups"]),
        (given_with(input=ones(4, 4, 4), weight=ones(4, 1, 2, 2), groups=3), ["groups is 3", "4 input channels"]),
        (given_with(input=ones(4, 4, 4), weight=ones(3, 2, 2, 2), groups=2), ["groups is 2", "3 filters"]),
        (given_with(input=ones(4, 4, 4), weight=ones(2, 2), groups=3), ["groups is 3", "4 input channels"]),
        (given_with(groups=0), ["groups is 0"]),
        (given_with(groups=-1), ["groups is -1"]),
        (given_with(groups=1.5), ["groups is 1.5"]),
        (given_with(groups=True), ["groups is True"]),
        (given_with(weight=ones(5, 2)), ["size 5", "size 4"]),
        (given_with(weight=ones(2, 7), padding=1), ["size 7", "size 6"]),
        (given_with(weight=ones(3, 3), dilation=2), ["size 3", "dilated by 2 to 5", "size 4"]),
        (given_with(weight=ones(5, 5), padding="valid"), ["size 5", "size 4"]),
        (given_with(bias=[1.0, 2.0]), ["bias", "shape 2", "1 in all"]),
        (given_with(bias=[[1.0]]), ["bias", "shape 1x1", "1 in all"]),
        (given_with(input=ones(3, 4, 4), weight=ones(5, 3, 2, 2), bias=[1.0, 2.0]), ["bias", "shape 2", "5 in all"]),
        (given_with(input=ones(3, 4, 4), weight=ones(5, 3, 2, 2), bias=1.0), ["bias", "single number", "5 in all"]),
        # sizes
        (given_with(stride=0), ["stride is 0"]),
        (given_with(stride=-2), ["stride is -2"]),
        (given_with(stride=(1, 0)), ["stride is (1, 0)"]),
        (given_with(stride=(1, 1, 1)), ["stride is (1, 1, 1)"]),
        (given_with(stride=[]), ["stride is []"]),
        (given_with(stride=1.5), ["stride is 1.5"]),
        (given_with(stride=(1.5, 1)), ["stride is (1.5, 1)"]),
        (given_with(stride=True), ["stride is True"]),
        (given_with(stride=None), ["stride is None"]),
        (given_with(stride="2"), ["stride is '2'"]),
        (given_with(dilation=0), ["dilation is 0"]),
        (given_with(dilation=(1, 2, 3)), ["dilation is (1, 2, 3)"]),
        (given_with(dilation=None), ["dilation is None"]),
        (given_with(padding=-1), ["padding is -1"]),
        (given_with(padding=(0, -1)), ["padding is (0, -1)"]),
        (given_with(padding=(1, 1, 1)), ["padding is (1, 1, 1)"]),
        (given_with(padding=[[1, 1, 1], [1, 1]]), ["padding is [[1, 1, 1], [1, 1]]"]),
        (given_with(padding=0.5), ["padding is 0.5"]),
        (given_with(padding=None), ["padding is None"]),
        (given_with(padding="full"), ["padding is 'full'", "valid", "same"]),
        (given_with(padding="same", stride=2), ["'same'", "stride 2"]),
        (given_with(padding="same", stride=(1, 2)), ["'same'", "stride 1x2"]),
        (given_with(padding_mode="mirror"), ["'mirror'", "reflect"]),
        (given_with(padding_mode=None), ["None", "reflect"]),
        (given_with(padding=4, padding_mode="reflect"), ["padding is 4", "'reflect'", "4 cells", "at most 3"]),
        (given_with(padding=5, padding_mode="circular"), ["padding is 5", "'circular'", "4 cells", "at most 4"]),
        (given_with(padding=(0, 5), padding_mode="circular"), ["padding is 5", "'circular'", "at most 4"]),
        # numbers
        (given_with(input=ones(0, 4, 4)), ["input", "0x4x4", "no value"]),
        (given_with(input=ones(0, 1, 4, 4)), ["input", "0x1x4x4", "no value"]),
        (given_with(input=[[]]), ["input", "1x0"]),
        (given_with(weight=ones(0, 2)), ["weight", "0x2", "no value"]),
        (given_with(weight=ones(0, 1, 2, 2)), ["weight", "0x1x2x2", "no value"]),
        (given_with(bias=[]), ["bias", "shape 0"]),
        (given_with(input=ones(4, 4, dtype=torch.half)), ["input", "float16"]),
        (given_with(weight=ones(2, 2, dtype=torch.bfloat16)), ["weight", "bfloat16"]),
        (given_with(bias=ones(1, dtype=torch.complex64)), ["bias", "complex64"]),
        (given_with(input=[[1j, 2], [3, 4]]), ["input", "complex"]),
        (given_with(input=[[1, 2], [3]]), ["input", "length 2", "got 1"]),
        (given_with(weight=[[1, 2], 3]), ["weight"]),
        (given_with(input="image"), ["input", "str"]),
        (given_with(weight=[["a", "b"]]), ["weight", "str"]),
        (given_with(input=None), ["input", "NoneType"]),
        (given_with(input=[[10**400, 1], [1, 1]]), ["input"]),
        (given_with(input=ones(4, 4, device="meta")), ["input is on the device meta", "give one on cpu"]),
    ],
    ids=" ".join,
)
def test_refusals(options: dict[str, Any], holds: list[str]) -> None:
    check_refused(conv2d, options, holds)


@pytest.mark.parametrize(("dtype", "large"), [(torch.float64, 1e308), (torch.float32, 1e38)])
def test_sums_that_may_overflow_are_refused(dtype: torch.dtype, large: float) -> None:
    """The order of a sum decides what an overflow gives: such numbers cannot be compared with torch's."""
    with pytest.raises(InputError, match="give smaller numbers") as caught:
        conv2d(torch.full((3, 3), large, dtype=dtype), torch.ones(2, 2, dtype=dtype))
    assert f"{large:.2g}" in str(caught.value)
    assert "\n" not in str(caught.value)
    fitting = conv2d(torch.full((3, 3), large / 8, dtype=dtype), torch.ones(2, 2, dtype=dtype))
    assert torch.isfinite(fitting.outputs["output"]).all()
    given_infinite = conv2d(torch.tensor([[large, float("inf")]], dtype=dtype), torch.ones(1, 1, dtype=dtype))
    assert given_infinite.outputs["output"].tolist() == [[[pytest.approx(large), float("inf")]]]


@pytest.mark.parametrize("size", [(2, 2), (3, 2), (4, 3), (2, 5)])
def test_how_a_flipped_kernel_is_centred(size: tuple[int, int]) -> None:
    """As the guide says it: along each axis by itself."""
    height, width = size
    x = [[float((7 * r + 3 * c) % 11 - 5) for c in range(6)] for r in range(5)]
    w = [[float(2 ** (r * width + c)) for c in range(width)] for r in range(height)]

    def full(m: int, n: int) -> float:
        return sum(w[r][c] * x[m - r][n - c] for r in range(height) for c in range(width) if 0 <= m - r < len(x) and 0 <= n - c < len(x[0]))

    same = conv2d(x, w, padding="same", flip=True).outputs["output"][0].tolist()
    assert same == [[full(i + height // 2, j + width // 2) for j in range(6)] for i in range(5)]
    scipys = [[full(i + (height - 1) // 2, j + (width - 1) // 2) for j in range(6)] for i in range(5)]
    sides = [[n // 2, (n - 1) // 2] for n in size]
    assert conv2d(x, w, padding=sides, flip=True).outputs["output"][0].tolist() == scipys
    assert same != scipys


def test_every_side_has_its_own_padding() -> None:
    trace = conv2d([[1.0, 2], [3, 4]], [[1.0, 10], [100, 1000]], padding=[[1, 0], [2, 1]])
    assert trace.outputs["output"].tolist() == [[[0, 1000, 2100, 200], [0, 3010, 4321, 402]]]
    assert trace.sides == [(1, 0), (2, 1)]
    assert trace.params["padding"] == [[1, 0], [2, 1]]
    assert trace.formula == (
        '"output height" = floor((2 + 1 + 0 - 2) / 1) + 1 = 2, quad "output width" = floor((2 + 2 + 1 - 2) / 1) + 1 = 4'
    )
    assert conv2d([[1.0, 2], [3, 4]], [[1.0]], padding=[[1, 1], [2, 2]]).params["padding"] == [1, 2]
    assert conv2d([[1.0, 2], [3, 4]], [[1.0]], padding=[[0, 1], 2]).params["padding"] == [[0, 1], [2, 2]]


def test_windows_of_padding_alone_look_at_the_input_and_read_nothing_of_it() -> None:
    trace = conv2d([[2.0]], [[1.0, 3.0]], padding=2)
    assert trace[0].reads == {"input": [], "weight": [(0, 0, 0, 0), (0, 0, 0, 1)]}
    assert trace[0].terms == [(0, 1), (0, 3)]
    assert [step.value for step in trace if step.reads["input"]] == [6, 2]


def test_a_cell_that_reflection_repeats_is_read_as_often() -> None:
    (step,) = conv2d([[1.0, 2.0]], [[1.0, 1.0, 1.0, 1.0]], padding=[[0, 0], [1, 1]], padding_mode="reflect")
    assert step.reads["input"] == [(0, 0, 1), (0, 0, 0), (0, 0, 1), (0, 0, 0)]
