"""Operations within one's own torch code that are shown as the code of a concept."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from engine.code.forward import CodeTrace
from engine.mark import concept
from tests.engine.codes import check_steps

X = torch.tensor([[1.0, 2.0, 0.5], [3.0, 5.0, -1.0]], dtype=torch.float64)
TARGET = torch.tensor([0, 2])


def traced(function: Callable[..., Any]) -> tuple[CodeTrace, CodeTrace]:
    """Its trace and its way back, whose steps are sound; both are compared with the function itself."""
    own: Any = concept(title="Own", example={})(function)
    found = own(X), own.back(None, X)
    for one in found:
        check_steps(one)
    return found


def of_functional(x: Tensor) -> Tensor:
    return F.softmax(x, -1)


def of_torch(x: Tensor) -> Tensor:
    return torch.softmax(x, dim=-1)


def of_a_method(x: Tensor) -> Tensor:
    return x.softmax(-1)


def of_a_module(x: Tensor) -> Tensor:
    return nn.Softmax(dim=-1)(x)


def of_the_same_dtype(x: Tensor) -> Tensor:
    return torch.softmax(x, -1, torch.float64)


@pytest.mark.parametrize("function", [of_functional, of_torch, of_a_method, of_a_module, of_the_same_dtype])
def test_softmax_in_all_its_spellings(function: Callable[..., Any]) -> None:
    forward, back = traced(function)
    assert list(forward.outputs) == ["max", "exp", "sum", "output"]
    assert list(back.outputs) == ["grad_sum", "grad_exp", "grad_x"]
    assert forward[-1].say == "output[1, 2], its share of the sum: 0.002 ÷ 1.14 ≈ 0.002."
    torch.testing.assert_close(forward.outputs["output"], torch.softmax(X, -1))


def test_a_dtype_is_that_of_the_result() -> None:
    def narrow(x: Tensor) -> Tensor:
        return F.softmax(x, dim=-1, dtype=torch.float32)

    own: Any = concept(title="Own", example={})(narrow)
    forward, back = own(X), own.back(None, X)
    assert [forward.outputs[name].dtype for name in ("exp", "output")] == [torch.float32] * 2
    assert back.outputs["grad_x"].dtype == torch.float64
    assert len([step.say for step in back]) == len(back) > 0


def test_log_softmax_in_its_spellings() -> None:
    def twice(x: Tensor) -> Tensor:
        y = torch.log_softmax(x, -1)
        z = x.log_softmax(dim=0, dtype=torch.float64)
        w = F.log_softmax(x, 1)
        return y * z * w

    forward, _ = traced(twice)
    names = ["largest", "shifted", "exp", "log_sum"]
    numbered = [name + number for number in ("", "_2", "_3") for name in names]
    assert [name for name in forward.outputs if name.split("_")[0] in ("largest", "shifted", "exp", "log")] == numbered


def test_what_the_code_does_not_know_is_shown_whole() -> None:
    def old(x: Tensor) -> Tensor:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return F.softmax(x)

    forward, _ = traced(old)
    assert forward[0].say == "output[0, 0], computed whole by softmax: 0.2312."


def losses(function: Callable[..., Tensor], *args: Any, **options: Any) -> list[str]:
    def own(x: Tensor) -> Tensor:
        return function(x, *args, **options)

    return list(traced(own)[0].outputs)


LOGS = ["largest", "shifted", "exp", "log_sum", "log_softmax"]


def test_losses_without_what_else_the_concept_shows() -> None:
    assert losses(F.cross_entropy, TARGET) == [*LOGS, "losses", "output"]
    assert losses(F.cross_entropy, TARGET, reduction="none") == [*LOGS, "output"]
    assert losses(nn.CrossEntropyLoss(weight=torch.tensor([1.0, 2.0, 3.0]).double()), TARGET) == [*LOGS, "losses", "count", "output"]
    assert losses(nn.CrossEntropyLoss(label_smoothing=0.1), TARGET) == [*LOGS, "smoothed", "losses", "output"]
    assert losses(F.cross_entropy, torch.softmax(X, -1)) == [*LOGS, "losses", "output"]
    yes = torch.tensor([[0.0, 1.0, 0.0]] * 2, dtype=torch.float64)
    assert (
        losses(F.binary_cross_entropy_with_logits, yes) == losses(nn.BCEWithLogitsLoss(), yes) == ["log_p", "log_not_p", "each", "output"]
    )


def test_an_option_that_the_concept_lacks_is_shown_whole() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert losses(F.cross_entropy, TARGET, size_average=False) == ["output"]


def test_results_have_the_names_that_they_get_where_the_operation_is_called() -> None:
    def aside(x: Tensor) -> Tensor:
        shares = F.softmax(x, -1)
        rest = F.cross_entropy(x, TARGET)
        output = x * shares
        return output + 0 * rest

    def unused(x: Tensor) -> list[Tensor]:
        shares = x.softmax(-1)
        square = x * x
        return [square, shares.argmax()]

    assert list(traced(aside)[0].outputs) == [
        *("max", "exp", "sum", "shares"),
        *("largest", "shifted", "exp_2", "log_sum", "log_softmax", "losses", "rest"),
        *("output", "output_2"),
    ]
    forward, back = traced(unused)
    assert list(forward.outputs) == ["max", "exp", "sum", "shares", "output_0", "output_1"]
    assert list(back.outputs) == ["grad_x"]


def test_what_a_result_is_made_of_goes_on_from_it() -> None:
    def chained(x: Tensor) -> Tensor:
        loss = F.cross_entropy(F.softmax(x, -1).view(2, 3), TARGET)
        return loss * loss

    forward, back = traced(chained)
    assert list(forward.outputs)[3:] == ["output", "largest", "shifted", "exp_2", "log_sum", "log_softmax", "losses", "loss", "output_2"]
    assert "grad of output" in back.outputs  # grad_output is what comes back to the result
