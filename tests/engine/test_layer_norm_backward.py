"""The way back through layer norm: its steps, autograd, and what is refused."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import layer_norm, layer_norm_backward
from engine.errors import InputError
from tests.engine.norms import check_back, drawn, dtypes, epsilons, flags, maybe, seeds

ROWS = [[1.0, -2.0, 4.0], [3.0, 0.0, -1.0]]
shapes = st.lists(st.integers(1, 3), min_size=1, max_size=2).map(tuple)
batches = st.lists(st.integers(1, 3), max_size=2).map(tuple)


def test_back_in_these_very_steps() -> None:
    trace = layer_norm_backward([[3, 0, 0]], [[1, 2, 3]], 3, [1, 2, 1], [0, 0, 0], 0)
    assert list(trace.outputs) == ["grad_normalized", "m1", "m2", "grad_input", "grad_weight", "grad_bias"]
    assert {"std", "normalized"} <= trace.inputs.keys()
    assert [step.say for step in trace][:6] == [
        "grad_normalized[0, 0], what comes back, times the weight: 3·1 = 3.",
        "grad_normalized[0, 1], what comes back, times the weight: 0·2 = 0.",
        "grad_normalized[0, 2], what comes back, times the weight: 0·1 = 0.",
        "m1[0, 0], the mean of what comes back: (3 + 0 + 0) ÷ 3 = 1.",
        "m2[0, 0], how much it goes along with normalized, on average: (3·(−1.2247) + 0·0 + 0·1.2247) ÷ 3 = −1.2247.",
        "grad_input[0, 0], without its mean and that part, divided by std: (3 + (−1) + 1.225·(−1.225)) ÷ 0.816 ≈ 0.612.",
    ]
    step = trace[5]
    assert step.places == [
        (("grad_normalized", (0, 0)),),
        (("m1", (0, 0)),),
        (("normalized", (0, 0)), ("m2", (0, 0))),
    ]
    assert step.over == ("std", (0, 0))
    assert trace.reference.name == "torch.autograd.grad of torch.nn.functional.layer_norm"


@settings(max_examples=20)
@given(batches, shapes, dtypes, flags, flags, flags, epsilons, seeds)
def test_back_as_autograd(
    batch: tuple[int, ...],
    shape: tuple[int, ...],
    dtype: torch.dtype,
    weighted: bool,
    biased: bool,
    ones: bool,
    eps: float,
    seed: int,
) -> None:
    arguments = {
        "input": drawn(*batch, *shape, seed=seed, dtype=dtype),
        "normalized_shape": shape,
        "weight": maybe(weighted, drawn(*shape, seed=seed + 1, dtype=dtype)),
        "bias": maybe(biased, drawn(*shape, seed=seed + 2, dtype=dtype)),
        "eps": eps,
    }
    check_back(layer_norm_backward, F.layer_norm, maybe(not ones, drawn(*batch, *shape, seed=seed + 3, dtype=dtype)), arguments)


def test_back_is_the_found_way_back_too() -> None:
    arguments = ([[1, 0, -1], [2, 0.5, -1]], ROWS, 3, [1, 2, 1], [0, 1, -1])
    mine, found = layer_norm_backward(*arguments).outputs, layer_norm.back(*arguments).outputs
    for name in ("grad_input", "grad_weight", "grad_bias", "grad_normalized"):
        torch.testing.assert_close(mine[name], found[name])


def test_nothing_comes_back_of_a_constant() -> None:
    """Output that is shifted alike changes nothing in the input that gives it."""
    grads = layer_norm_backward([[5, 5, 5]], [[1, -2, 4]], 3).outputs["grad_input"]
    torch.testing.assert_close(grads, torch.zeros(1, 3, dtype=torch.float64))


def test_another_adjoint_is_refused() -> None:
    with pytest.raises(InputError, match="grad_output is 3, but output is 2×3; give the same shape"):
        layer_norm_backward([1, 2, 3], ROWS, 3)
