"""Dropout: torch's own mask, a given one, all of them, the way back, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from engine import dropout, dropout_backward
from engine.errors import InputError
from tests.engine.codes import check, check_steps


def test_of_units_one_after_the_other() -> None:
    trace = dropout([0.3342, 0.8208], mask=[1, 0], weight=[[2, 1]], bias=[-1])
    assert [step.say for step in trace] == [
        "output[0], kept units are made larger, dropped ones are 0: (0.3342·1) ÷ 0.5 = 0.6684.",
        "output[1], kept units are made larger, dropped ones are 0: (0.82·0) ÷ 0.5 = 0.",
        "z[0], what a neuron of the next layer adds up: 0.6684·2 + 0·1 + (−1) = 0.3368.",
    ]
    assert trace.outputs["mask"].tolist() == [1, 0]


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
@pytest.mark.parametrize("seed", [0, 5])
@pytest.mark.parametrize("p", [0.0, 0.2, 0.5, 0.9, 1.0])
@pytest.mark.parametrize("shape", [(4,), (3, 20)])
def test_as_torch_draws_it(shape: tuple[int, ...], p: float, seed: int, dtype: torch.dtype) -> None:
    def reference(input: Tensor, p: float, *, seed: int) -> Tensor:
        with torch.random.fork_rng([]):
            torch.manual_seed(seed)
            return F.dropout(input, p)

    check(dropout, reference, torch.randn(shape, generator=torch.Generator().manual_seed(1), dtype=dtype), p, seed=seed)


@pytest.mark.parametrize("p", [0.0, 0.25, 0.8])
@pytest.mark.parametrize("shape", [(6,), (2, 5), (2, 2, 3)])
def test_with_a_mask(shape: tuple[int, ...], p: float) -> None:
    generator = torch.Generator().manual_seed(2)
    x = torch.randn(shape, generator=generator, dtype=torch.float64)
    mask = torch.bernoulli(torch.full(shape, 0.5, dtype=torch.float64), generator=generator)
    check(dropout, lambda input, p, *, mask: input.masked_fill(mask == 0, 0) / (1 - p), x, p, mask=mask)


def test_nothing_comes_back_to_a_mask() -> None:
    assert list(dropout_backward([1, 1], [3, 4], mask=[1, 0]).outputs) == ["grad_input"]


def test_torchs_own_random_numbers_are_left_alone() -> None:
    before = torch.get_rng_state()
    dropout([1, 2, 3])
    assert torch.equal(torch.get_rng_state(), before)


def test_when_not_training_nothing_changes() -> None:
    trace = dropout([1, -2], training=False, weight=[[1, 1]])
    assert [step.say for step in trace] == [
        "output[0], nothing is dropped: input[0] = 1.",
        "output[1], nothing is dropped: input[1] = −2.",
        "z[0], what a neuron of the next layer adds up: 1·1 + (−2)·1 = −1.",
    ]
    assert list(trace.outputs) == ["output", "z"]
    check(dropout, lambda input, p, training: input.clone(), torch.randn(3, dtype=torch.float64), 0.5, False)


@pytest.mark.parametrize("options", [{"p": 1.0}, {"p": 1.0, "mask": [0, 0, 0]}, {"mask": [0, 0, 0]}])
def test_all_units_dropped(options: dict[str, Any]) -> None:
    trace = dropout([1, 2, 3], **options)
    assert trace.outputs["output"].tolist() == [0, 0, 0]
    assert ("units_needed" in trace.outputs) == ("p" not in options)


def test_of_numbers_of_units() -> None:
    found = dropout(torch.ones(2, 10), 0.2).outputs
    assert (found["kept"].item(), found["units_needed"].item()) == (8, 12.5)


@pytest.mark.parametrize("layer", [True, False])
@pytest.mark.parametrize("p", [0.0, 0.2, 0.7, 1.0])
def test_all_masks_on_average(p: float, layer: bool) -> None:
    generator = torch.Generator().manual_seed(4)
    x, weight, bias = (torch.randn(size, generator=generator, dtype=torch.float64) for size in ((4,), (2, 4), (2,)))
    trace = dropout(x, p, enumerate=True, **({"weight": weight, "bias": bias} if layer else {}))
    check_steps(trace)
    found = trace.outputs
    assert {tuple(row) for row in found["masks"].tolist()} == {(a, b, c, d) for a in (0, 1) for b in (0, 1) for c in (0, 1) for d in (0, 1)}
    assert len(trace.stages["probability"].values) == 16
    terms = weight * x if layer else torch.diag(x)
    mean = (1 - p) * terms.sum(-1) + (bias if layer else 0)
    torch.testing.assert_close(found["mean"], mean)
    torch.testing.assert_close(found["weight_scaled"], mean)
    torch.testing.assert_close(found["variance"], p * (1 - p) * terms.square().sum(-1))


def test_one_step_for_each_mask() -> None:
    trace = dropout([1, 2], 0.2, mask=[1, 1], weight=[[3, 1]], enumerate=True)
    steps = [step.say for step in trace if "probability" in step.writes or "thinned" in step.writes]
    assert steps == [
        "probability[0], how likely this mask is: 0.2·0.2 = 0.04.",
        "probability[1], how likely this mask is: 0.2·0.8 = 0.16.",
        "probability[2], how likely this mask is: 0.8·0.2 = 0.16.",
        "probability[3], how likely this mask is: 0.8·0.8 = 0.64.",
        "thinned[0, 0], what comes out with that mask: 1·0·3 + 2·0·1 = 0.",
        "thinned[1, 0], what comes out with that mask: 1·0·3 + 2·1·1 = 2.",
        "thinned[2, 0], what comes out with that mask: 1·1·3 + 2·0·1 = 3.",
        "thinned[3, 0], what comes out with that mask: 1·1·3 + 2·1·1 = 5.",
    ]


@pytest.mark.parametrize(
    ("arguments", "options", "said"),
    [
        (([1, 2], -0.1), {}, "p is -0.1; give the chance to be dropped, from 0 to 1"),
        (([1, 2], 1.5), {}, "p is 1.5; give the chance to be dropped, from 0 to 1"),
        (([1, 2],), {"mask": [1, 0.5]}, "mask holds 0.5; give 0 for what is dropped and 1 for what is kept"),
        (([1, 2],), {"mask": [1, 0, 1]}, "mask is 3, but input is 2; give the same shape"),
        (([1, 2], 1), {"mask": [1, 0]}, "p is 1, so that nothing is kept, but mask keeps 1 unit; give a smaller p"),
        (([1, 2],), {"bias": [1]}, "bias is given without weight; give the weight of the next layer too"),
        (([1, 2],), {"weight": [[1]]}, "weight is 1×1, but in_features is 2 in input"),
        ((torch.ones(13),), {"enumerate": True}, "input is 13, of which enumerate wants all masks; give one row of up to 12"),
        (([[1, 2]],), {"enumerate": True}, "input is 1×2, of which enumerate wants all masks; give one row of up to 12"),
    ],
)
def test_refused(arguments: tuple[Any, ...], options: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said):
        dropout(*arguments, **options)
