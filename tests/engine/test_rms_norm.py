"""RMS norm: steps, torch, the way back, and what is refused."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from engine import rms_norm, rms_norm_backward
from engine.errors import InputError
from tests.engine.codes import check


def test_of_a_row_one_number_after_the_other() -> None:
    trace = rms_norm([[3, 4]], 2, [1, 2], 0)
    assert [step.say for step in trace] == [
        "mean_square[0, 0], the mean of the row’s squares: (3·3 + 4·4) ÷ 2 = 12.5.",
        "rms[0, 0], the root of the mean square: sqrt(12.5 + 0) ≈ 3.54.",
        "normalized[0, 0], the number, divided by the RMS of its row: 3 ÷ 3.54 ≈ 0.85.",
        "normalized[0, 1], the number, divided by the RMS of its row: 4 ÷ 3.54 ≈ 1.13.",
        "output[0, 0], the normalised number, times its weight: 0.8485·1 = 0.8485.",
        "output[0, 1], the normalised number, times its weight: 1.13·2 ≈ 2.26.",
    ]


@pytest.mark.parametrize("weighted", [True, False])
@pytest.mark.parametrize("shape", [(3,), (2, 3), (2, 2, 3)])
def test_as_torch(shape: tuple[int, ...], weighted: bool) -> None:
    generator = torch.Generator().manual_seed(1)
    x = torch.randn(2, *shape, generator=generator, dtype=torch.float64)
    weight = torch.randn(shape, generator=generator, dtype=torch.float64) if weighted else None
    check(rms_norm, F.rms_norm, x, shape, weight, 1e-3)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (([[1, 2]], 3), r"input is 1×2, but normalized_shape is 3; its shape is \(\*, normalized_shape\)"),
        (([[1, 2]], 2, [1]), r"weight is 1, but normalized_shape is 2; its shape is \(normalized_shape\)"),
        (([[0, 0]], 2, None, 0), r"output\[0, 0\] is divided by rms\[0, 0\], which is 0, in step 2"),
        (([[1, 2]], "2"), "normalized_shape is '2'; give a whole number, or several"),
    ],
)
def test_refused(arguments: tuple[object, ...], said: str) -> None:
    with pytest.raises(InputError, match=said):
        rms_norm(*arguments)


def test_the_way_back_of_ones() -> None:
    assert torch.equal(
        rms_norm_backward(None, [[1, 2]], 2).outputs["grad_input"], rms_norm_backward([[1, 1]], [[1, 2]], 2).outputs["grad_input"]
    )
