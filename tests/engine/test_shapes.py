from __future__ import annotations

from typing import Any

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from engine.errors import InputError
from engine.shapes import conv_output_size, conv_parameter_count, linear_parameter_count, padded_output_size, padding_sides, per_axis

quick = settings(max_examples=200, derandomize=True)
sizes = st.integers(1, 5)


@quick
@given(st.integers(1, 40), st.integers(1, 7), sizes, st.integers(0, 6), st.integers(1, 4))
def test_output_size_is_torchs(size: int, kernel_size: int, stride: int, padding: int, dilation: int) -> None:
    try:
        expected = F.conv1d(torch.zeros(1, 1, size), torch.zeros(1, 1, kernel_size), None, stride, padding, dilation).shape[-1]
    except RuntimeError:
        with pytest.raises(InputError, match=f"size {kernel_size}.* size {size + 2 * padding}"):
            conv_output_size(size, kernel_size, stride, padding, dilation)
    else:
        assert conv_output_size(size, kernel_size, stride, padding, dilation) == expected
        assert padded_output_size(size, kernel_size, stride, (padding, padding), dilation) == expected


@quick
@given(st.integers(1, 20), sizes, sizes, st.integers(0, 6), st.integers(0, 6), st.integers(1, 3))
def test_sides_of_their_own(size: int, kernel_size: int, stride: int, before: int, after: int, dilation: int) -> None:
    windows = [o for o in range(0, size + before + after, stride) if o + dilation * (kernel_size - 1) < size + before + after]
    if windows:
        assert padded_output_size(size, kernel_size, stride, (before, after), dilation) == len(windows)
    else:
        with pytest.raises(InputError):
            padded_output_size(size, kernel_size, stride, (before, after), dilation)


@pytest.mark.parametrize(
    ("sizes", "out"),
    [
        ((256, 5, 2), 126),
        ((1, 1), 1),
        ((4, 2, 1, 1), 5),
        ((5, 3, 3, 0, 2), 1),
        ((32, 3, 2, 1), 16),
        ((7, 3, 1, 0, 3), 1),
        ((10**9, 1), 10**9),
    ],
)
def test_output_sizes(sizes: tuple[int, ...], out: int) -> None:
    assert conv_output_size(*sizes) == out


@pytest.mark.parametrize(
    ("sizes", "holds"),
    [
        ((2, 3), ["size 3", "size 2"]),
        ((4, 3, 1, 0, 2), ["size 3", "dilated by 2 to 5", "size 4"]),
        ((1, 9, 1, 3), ["size 9", "size 7"]),
        ((0, 1), ["size is 0", "at least 1"]),
        ((4, 0), ["kernel_size is 0", "at least 1"]),
        ((4, 2, 0), ["stride is 0", "at least 1"]),
        ((4, 2, 1, -1), ["padding is -1", "at least 0"]),
        ((4, 2, 10**20), ["stride is 1", "at most 2147483647"]),
    ],
)
def test_sizes_that_do_not_fit(sizes: tuple[int, ...], holds: list[str]) -> None:
    with pytest.raises(InputError) as caught:
        conv_output_size(*sizes)
    assert "\n" not in str(caught.value)
    for text in holds:
        assert text in str(caught.value)


@settings(max_examples=60, derandomize=True)
@given(st.integers(1, 4), st.integers(1, 4), st.lists(st.integers(1, 5), min_size=1, max_size=3), sizes, st.booleans())
def test_convolution_parameters_are_torchs(per_group: int, filters: int, kernel: list[int], groups: int, bias: bool) -> None:
    module: Any = {1: nn.Conv1d, 2: nn.Conv2d, 3: nn.Conv3d}[len(kernel)]
    channels, filters = per_group * groups, filters * groups
    expected = sum(p.numel() for p in module(channels, filters, kernel, groups=groups, bias=bias).parameters())
    assert conv_parameter_count(channels, filters, kernel, groups, bias) == expected


@settings(max_examples=40, derandomize=True)
@given(st.integers(1, 30), st.integers(1, 30), st.booleans())
def test_linear_parameters_are_torchs(features: int, out: int, bias: bool) -> None:
    assert linear_parameter_count(features, out, bias) == sum(p.numel() for p in nn.Linear(features, out, bias=bias).parameters())


@pytest.mark.parametrize(
    ("padding", "kernel", "stride", "dilation", "sides"),
    [
        ("valid", (3, 5), (2, 1), (1, 1), [(0, 0), (0, 0)]),
        ("same", (3, 5), (1, 1), (1, 1), [(1, 1), (2, 2)]),
        ("same", (2, 4), (1, 1), (1, 1), [(0, 1), (1, 2)]),
        ("same", (2, 2), (1, 1), (3, 2), [(1, 2), (1, 1)]),
        ("same", (1,), (1,), (5,), [(0, 0)]),
        (0, (3,), (1,), (1,), [(0, 0)]),
        (2, (3, 3), (1, 1), (1, 1), [(2, 2), (2, 2)]),
        ((1, 2), (3, 3), (1, 1), (1, 1), [(1, 1), (2, 2)]),
        ([3], (3, 3), (1, 1), (1, 1), [(3, 3), (3, 3)]),
        ([[1, 0], [2, 1]], (3, 3), (1, 1), (1, 1), [(1, 0), (2, 1)]),
        (((1, 0), 2), (3, 3), (2, 2), (1, 1), [(1, 0), (2, 2)]),
        ([[0, 3]], (3, 3), (1, 1), (1, 1), [(0, 3), (0, 3)]),
        ([[2, 0]], (3,), (1,), (1,), [(2, 0)]),
        ("causal", (3,), (2,), (4,), [(8, 0)]),
        ("causal", (1,), (1,), (5,), [(0, 0)]),
    ],
)
def test_padding_sides(padding: Any, kernel: Any, stride: Any, dilation: Any, sides: list[tuple[int, int]]) -> None:
    assert padding_sides(padding, kernel, stride, dilation) == sides


@pytest.mark.parametrize(
    ("padding", "axes", "holds"),
    [
        ("causal", 2, "padding is 'causal'; give numbers, 'valid' or 'same'"),
        ("left", 1, "padding is 'left'; give numbers, 'valid', 'same' or 'causal'"),
        (
            [[1, 0, 2]],
            2,
            "padding is [[1, 0, 2]]; give for each axis one whole number, or a pair of those before and after it such as [1,0]",
        ),
        ([[-1, 0]], 1, "padding is [[-1, 0]]; give for each axis"),
        ([[1, 0.5]], 1, "padding is [[1, 0.5]]; give for each axis"),
        ([[True, 0]], 1, "padding is [[True, 0]]; give for each axis"),
        ([[2**31, 0]], 1, "each from 0 to 2147483647"),
        ([[]], 1, "padding is [[]]; give for each axis"),
        ([[1, 0], [1, 0], [1, 0]], 2, "which is for 3 axes; give 2 or one for all"),
        ([2, 0], 1, "padding is [2, 0]; give a whole number"),
    ],
)
def test_padding_that_is_none(padding: Any, axes: int, holds: str) -> None:
    with pytest.raises(InputError) as caught:
        padding_sides(padding, (3,) * axes, (1,) * axes, (1,) * axes)
    assert holds in str(caught.value)


@pytest.mark.parametrize(
    ("value", "axes", "result"),
    [(3, 1, (3,)), (3, 2, (3, 3)), ((3, 4), 2, (3, 4)), ([3, 4], 2, (3, 4)), ([3], 2, (3, 3)), (torch.Size([2, 1]), 2, (2, 1))],
)
def test_per_axis(value: Any, axes: int, result: tuple[int, ...]) -> None:
    assert per_axis(value, axes, "stride", least=1) == result


@pytest.mark.parametrize("value", [0, -1, (1, 0), (1, 1, 1), [], True, (True, 1), "3", "33", (1.0, 1), 1.0, None, [[1, 1]], {}])
def test_per_axis_refuses(value: Any) -> None:
    with pytest.raises(InputError) as caught:
        per_axis(value, 2, "stride", least=1)
    assert f"stride is {value!r}" in str(caught.value)
    assert "\n" not in str(caught.value)
