"""Ways back that are torch code of their own: what they begin with, how they are called, how large their errors may be."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from engine import concept, layer_norm_backward
from engine.catalogue import find, function_of
from engine.code.backward import adjoint, by_autograd, kept
from engine.code.forward import Code, run
from engine.code.scale import scale_of
from engine.errors import InputError
from engine.mark import opens_trace
from engine.signature import Signature

mark = concept(title="Test", example={})


def squares(x: Tensor) -> tuple[Tensor, Tensor]:
    square = x * x
    return square, square + 1


@mark
def with_kept(grad_output: Tensor | None, x: Tensor) -> Tensor:
    """Squares are given, their sums with 2x are not."""
    grad_output = adjoint(grad_output, x)
    square, more = kept(squares, x)
    return square + more + grad_output  # the sum


def test_what_is_kept_is_given_by_its_names() -> None:
    trace = with_kept([1, 1], [2, 3])
    assert list(trace.outputs) == ["output"]
    assert {name: one.tolist() for name, one in trace.inputs.items()} == {
        "grad_output": [1, 1],
        "x": [2, 3],
        "square": [4, 9],
        "more": [5, 10],
    }
    assert [step.say for step in trace] == ["output[0], the sum: 4 + 5 + 1 = 10.", "output[1], the sum: 9 + 10 + 1 = 20."]


def test_what_is_kept_is_computed_as_it_stands_where_nothing_is_recorded() -> None:
    square, more = kept(squares, torch.tensor([2.0]))
    assert (square.item(), more.item()) == (4, 5)


def test_an_adjoint_that_may_be_none_may_be_left_out() -> None:
    assert with_kept(x=[2, 3]).inputs["grad_output"].tolist() == [1, 1]
    assert with_kept(None, [2, 3]).inputs["grad_output"].tolist() == [1, 1]
    assert Signature(with_kept.__wrapped__).ahead == {"grad_output": None}
    with pytest.raises(TypeError, match="x"):
        with_kept(grad_output=[1])


def test_an_adjoint_of_another_shape_is_refused() -> None:
    with pytest.raises(InputError, match="grad_output is 1×2, but output is 2; give the same shape"):
        with_kept([[1, 2]], [2, 3])


def test_code_of_its_own_wins_over_the_way_back_that_is_found() -> None:
    assert find("layer_norm_backward").file.stem == "layer_norm_backward"
    assert function_of("layer_norm_backward") is layer_norm_backward
    assert not hasattr(layer_norm_backward, "back")
    assert not opens_trace(layer_norm_backward.__wrapped__)
    assert not find("layer_norm_backward").of
    required = {one.name for one in find("layer_norm_backward").parameters if one.required}
    assert required == {"input", "normalized_shape"}


def test_by_autograd_has_the_digits_of_float64() -> None:
    x = torch.tensor([1.0, 3.0], dtype=torch.float32)
    (found,) = by_autograd(lambda x, y: ((x + 2**30) ** 2).sum() / 2 - 2**30 * x.sum(), None, {"x": x, "y": None}, ("x", "y"))
    assert found.dtype == torch.float32
    assert found.tolist() == [1, 3]


@mark
def early(x: Tensor, double: bool = False) -> tuple[Tensor, Tensor | None]:
    """The last return names the results, also where one within an ``if`` stands before it."""
    once = x + 1
    if not double:
        return once, None
    twice = once + 1
    return once, twice


def test_results_have_the_names_of_the_last_return() -> None:
    assert list(early([1]).outputs) == ["once"]
    assert list(early([1], True).outputs) == ["once", "twice"]


def shared(x: Tensor, y: Tensor, by: Tensor) -> Tensor:
    """A difference, divided, and another number."""
    gap = x - y
    return gap / by[:1] + by[1:]


@pytest.mark.parametrize(
    ("x", "by", "scale"),
    [(3.0, 2.0, 6.0), (1000.0, 1.0, 4000.0), (1000.0, 0.01, 4e5), (1e-20, 1e-20, 4.0), (3.0, 0.0, 4.0)],
)
def test_errors_grow_where_a_difference_of_large_numbers_is_divided(x: float, by: float, scale: float) -> None:
    """x ÷ by · 4, where 4 is the largest number besides; at least the largest number of all."""
    numbers = {"x": torch.tensor([x]).double(), "y": torch.tensor([x]).double(), "by": torch.tensor([by, 4.0]).double()}
    (output,) = run(Code(shared, Signature(shared), None, "", "", ""), numbers).graph.results.values()
    assert scale_of(output, output.tensor) == pytest.approx(scale)
