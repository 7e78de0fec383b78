"""What code may give back: tensors with steps, and tensors that no step makes."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

from engine import concept
from engine.code.aside import aside
from engine.errors import CheckError, InputError
from tests.engine.codes import check_steps


def as_concept(function: Any, reference: Any = None) -> Any:
    """A concept of any code, which is compared with itself if there is no reference."""
    return concept(title="Code", example={}, reference=reference)(function)


def test_places_have_no_steps() -> None:
    def largest(input: Tensor) -> Any:
        output, at = input.max(-1)
        return output, at

    trace = as_concept(largest)([[1, 3, 2]])
    assert trace.outputs["at"].tolist() == [1]
    assert (trace.plain, list(trace.stages)) == (["at"], ["output"])
    check_steps(trace)


def test_places_are_compared_with_torchs() -> None:
    def largest(input: Tensor) -> dict[str, Tensor]:
        return {"output": input.amax(-1), "at": input.argmax(-1)}

    def wrong(input: Tensor) -> dict[str, Tensor]:
        """another function"""
        return {"output": input.amax(-1), "at": input.argmin(-1)}

    with pytest.raises(CheckError, match="the step values differ from another function by 1"):
        as_concept(largest, wrong)([[1, 3, 2]])


def test_results_are_compared_by_their_names() -> None:
    def both(input: Tensor) -> dict[str, Tensor]:
        return {"double": 2 * input, "half": input / 2}

    def turned(input: Tensor) -> dict[str, Tensor]:
        """both, in another order"""
        return {"half": input / 2, "double": 2 * input, "more": input}

    concept_of_both = as_concept(both, turned)
    assert concept_of_both([4]).outputs["half"].tolist() == [2]
    assert concept_of_both.back([1], [4]).outputs["grad_input"].tolist() == [2]


def test_what_depends_on_nothing_that_is_given_has_no_steps() -> None:
    def counted(input: Tensor) -> dict[str, Tensor]:
        ones = torch.ones(2, 2, dtype=torch.float64)
        unused = torch.zeros(9)
        return {"output": input * ones, "ones": ones, "count": input.new_tensor(float(len(input) + len(unused)))}

    trace = as_concept(counted)([3, 4])
    assert list(trace.inputs) == ["input", "ones"]
    assert trace.plain == ["ones", "count"]
    assert trace.outputs["count"].item() == 11
    check_steps(trace)


def test_what_is_computed_aside_has_no_steps() -> None:
    def curved(input: Tensor) -> dict[str, Tensor]:
        with aside():
            x = torch.arange(3.0)
            y = x.square()
        return {"output": input.square(), "curve": y}

    trace = as_concept(curved)([3])
    assert trace.outputs["curve"].tolist() == [0, 1, 4]
    assert (trace.plain, list(trace.stages), list(trace.inputs)) == (["curve"], ["output"], ["input"])


@pytest.mark.parametrize("function", [lambda input: input, lambda input: input.flatten()])
def test_what_is_given_back_as_it_was_has_no_steps(function: Any) -> None:
    trace = as_concept(function)([3, 4])
    assert (len(trace), trace.plain) == (0, ["output"])
    assert trace.outputs["output"].tolist() == [3, 4]


def test_nothing_comes_back_to_what_is_given_back_as_it_was() -> None:
    with pytest.raises(InputError, match="nothing that <lambda> is given has a derivative"):
        as_concept(lambda input: input).back(None, [3, 4])


def test_what_was_written_into_has_steps() -> None:
    def doubled(input: Tensor) -> Tensor:
        output = input + 0.5
        output.mul_(2)
        return output

    assert as_concept(doubled)([3])[-1].say == "output_2[0]: 2·3.5 = 7."


def test_nothing_comes_back_from_places() -> None:
    def place(input: Tensor) -> Tensor:
        return input.argmax(-1)

    with pytest.raises(InputError, match="nothing that place is given has a derivative; give numbers that its result depends on"):
        as_concept(place).back(None, [3, 4])


def test_nothing_comes_back_to_what_only_gives_its_shape() -> None:
    def scaled(input: Tensor, other: Tensor) -> Tensor:
        return input * torch.full_like(other, 3.0)

    assert list(as_concept(scaled).back(None, [1, 2], [5, 6]).outputs) == ["grad_input"]
