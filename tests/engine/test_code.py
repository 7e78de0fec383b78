"""Torch code as a concept: what becomes a step, how steps are named and said, what is refused, and the way back."""

from __future__ import annotations

import math
from typing import Any, Literal

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from engine import concept
from engine.code.forward import CodeTrace
from engine.errors import CheckError, InputError
from engine.mark import opens_trace
from engine.ops import algebra
from engine.stage import Work, number
from tests.engine.codes import check, check_steps

mark = concept(title="Test", example={})
HALF = torch.tensor(0.5, dtype=torch.float64)


def phases(trace: CodeTrace) -> list[str]:
    return [name for name, _ in trace.phases]


def says(trace: CodeTrace) -> list[str]:
    return [step.say for step in trace]


@mark
def fused(x: Tensor, w: Tensor) -> Tensor:
    """A sum of products through a function, divided, in one step."""
    norm = x.square().sum(-1, keepdim=True)  # the sum of the squares
    return torch.tanh(x @ w.T - 2 * x[..., :1]) / norm


def test_what_one_step_can_do_is_one_step() -> None:
    trace = fused([[1, 2]], [[3, 4]])
    assert phases(trace) == ["norm", "output"]
    assert says(trace) == ["norm[0, 0], the sum of the squares: 1·1 + 2·2 = 5.", "output[0, 0]: tanh(1·3 + 2·4 + (−2)·1) ÷ 5 ≈ 0.2."]
    step = trace[1]
    assert step.places == [
        (("x", (0, 0)), ("w", (0, 0))),
        (("x", (0, 1)), ("w", (0, 1))),
        (None, ("x", (0, 0))),
    ]
    assert step.over == ("norm", (0, 0))
    check_steps(trace)
    check_steps(fused.back([[2]], [[1, 2]], [[3, 4]]))


@mark
def unnamed(x: Tensor) -> Tensor:
    """What one step cannot do gets steps of its own, named by its text."""
    return torch.exp(x) * torch.sin(x) + 1


def test_the_rest_has_steps_of_its_own() -> None:
    trace = unnamed([0.5])
    assert phases(trace) == ["torch.exp(x)", "torch.sin(x)", "output"]
    assert says(trace)[0].startswith("(torch.exp(x))[0]: exp(0.5) ≈ ")
    back = unnamed.back(None, [0.5])
    assert phases(back) == ["grad of torch.sin(x)", "grad of torch.exp(x)", "grad_x"]
    assert float(back.outputs["grad_x"]) == pytest.approx(math.exp(0.5) * (math.sin(0.5) + math.cos(0.5)), rel=1e-12)


@mark
def again(x: Tensor) -> Tensor:
    """A variable that is assigned more than once."""
    for _ in range(2):
        x = x * x + 1
    return x


def test_a_variable_that_is_assigned_again_has_a_number() -> None:
    trace = again([3])
    assert phases(trace) == ["x_2", "x_3"]
    assert [step.value for step in trace] == [10, 101]
    assert again.back([1], [3]).outputs["grad_x"].tolist() == [2 * 10 * 2 * 3]


@mark
def moving(x: Tensor) -> Tensor:
    """What only moves numbers is no step."""
    left, right = x.reshape(2, 2).T.chunk(2)
    joined = torch.cat([left, right], 1)
    return joined * 2


def test_moves_are_seen_through() -> None:
    trace = moving([1, 2, 3, 4])
    assert phases(trace) == ["output"]
    assert [step.places[0][1] for step in trace] == [("x", (0,)), ("x", (2,)), ("x", (1,)), ("x", (3,))]
    check_steps(moving.back(None, [1, 2, 3, 4]))


@mark
def constants(x: Tensor) -> Tensor:
    """What depends on nothing that is given stands among the inputs."""
    mask = torch.tril(torch.ones(2, 2, dtype=torch.float64))
    return x * mask + HALF


def test_what_depends_on_no_input_is_given() -> None:
    trace = constants([[1, 2], [3, 4]])
    assert list(trace.inputs) == ["x", "mask"]
    assert phases(trace) == ["output"]
    assert trace[1].say == "output[0, 1]: 2·0 + 0.5 = 0.5."


@mark
def whole(x: Tensor) -> Tensor:
    """An operation without a rule."""
    inverse = torch.linalg.inv(x)
    return inverse * 2


def test_what_has_no_rule_is_shown_whole() -> None:
    trace = whole([[2, 0], [0, 4]])
    assert trace[0].say == "inverse[0, 0], computed whole by linalg_inv: 0.5."
    assert trace[0].places == [(None,)]
    back = whole.back(None, [[2, 0], [0, 4]])
    torch.testing.assert_close(back.outputs["grad_x"], torch.tensor([[-0.5, -0.25], [-0.25, -0.125]], dtype=torch.float64))
    check_steps(back)


@mark
def shares(scores: Tensor, value: Tensor) -> Tensor:
    """An operation that is more than one step is told in simpler ones."""
    weights = F.log_softmax(scores, dim=-1)
    spread = weights.std(-1, keepdim=True)
    return weights @ value + spread


def test_larger_operations_are_told_in_simpler_ones() -> None:
    x, v = torch.randn(2, 3, dtype=torch.float64), torch.randn(3, 2, dtype=torch.float64)
    assert {"shifted", "log_sum", "weights", "mean", "deviation", "spread"} <= set(phases(shares(x, v)))
    check(shares, shares.__wrapped__, x, v)


@mark
def several(x: Tensor) -> dict[str, Tensor]:
    """More than one result."""
    double = x * 2
    return {"first": double + 1, "second": double * double}


def test_results_have_the_names_that_they_are_given_back_by() -> None:
    trace = several([3])
    assert phases(trace) == ["double", "first", "second"]
    assert several.back(None, [3]).outputs["grad_x"].tolist() == [2]  # of the first


def test_the_code_beside_the_steps() -> None:
    trace = fused([[1, 2]], [[3, 4]])
    assert trace.code["norm"] == "norm = x.square().sum(-1, keepdim=True)"
    assert fused.back(None, [[1, 2]], [[3, 4]]).code["grad_norm"].startswith("output = torch.tanh(")


def test_plain_arguments_and_defaults() -> None:
    @mark
    def shifted(x, by: float = 2, *, twice=False):  # type: ignore[no-untyped-def]
        """Numbers, moved."""
        return x + by * (2 if twice else 1)

    assert shifted([1]).outputs["output"].tolist() == [3]
    assert shifted([1], 3, twice=True).outputs["output"].tolist() == [7]
    assert shifted([1], 3, twice=True).params == {"by": 3.0, "twice": True}
    with pytest.raises(InputError, match="twice is 'yes'; give True or False"):
        shifted([1], twice="yes")


def test_the_reference_is_asked() -> None:
    def wrong(x: Tensor) -> Tensor:
        """Something else."""
        return x * 2

    other = concept(title="Other", example={}, reference=wrong)(lambda x: x * 3)
    with pytest.raises(CheckError, match="the step values differ from Something else"):
        other([1])


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: fused([[1, 2]], [[3, 4, 5]]), r"fused in .*test_code\.py, line \d+, cannot be computed with x 1×2, w 1×3: mat1 and mat2"),
        (lambda: fused([[]], [[1]]), "x has shape 1×0, which holds no value; give at least one number"),
        (lambda: fused([[0, 0]], [[1, 1]]), r"output\[0, 0\] is divided by norm\[0, 0\], which is 0, in step 1 \(output\)"),
        (lambda: fused.back([1], [[1, 2]], [[3, 4]]), "grad_output is 1, but output is 1×1; give the same shape"),
        (lambda: unnamed([1000.0]), r"torch\.exp\(x\)\[0\] is infinite in step 0 \(torch\.exp\(x\)\), since float64 ends at 1\.8e\+308"),
    ],
)
def test_refusals(call: Any, said: str) -> None:
    with pytest.raises(InputError, match=said):
        call()


def test_nothing_with_a_derivative_has_no_way_back() -> None:
    signs = mark(lambda x: torch.sign(x.detach()))
    with pytest.raises(InputError, match="nothing that <lambda> is given has a derivative"):
        signs.back(None, [1.0])


def test_float32_and_its_dtype() -> None:
    trace = fused(torch.tensor([[1.0, 2.0]]), torch.tensor([[3.0, 4.0]]))
    assert trace.dtype == "float32"
    check_steps(trace)


def test_which_functions_open_a_trace() -> None:
    from engine import conv2d, rms_norm

    assert opens_trace(conv2d.__wrapped__)
    assert not opens_trace(rms_norm.__wrapped__)


def test_the_algebra_refuses_what_is_no_step() -> None:
    one, share = algebra.constant(2.0), algebra.divide(algebra.constant(1.0), Work([(number(4.0, "n", ()),)]))
    assert share.result == 0.25
    assert algebra.multiply(share, one).result == 0.5
    for wrong in (
        lambda: algebra.add(one, share),
        lambda: algebra.divide(share, one),
        lambda: algebra.multiply(algebra.add(one, one), one),
        lambda: algebra.apply("exp", algebra.apply("exp", one)),
        lambda: algebra.maximum([algebra.add(one, one)]),
        lambda: algebra.multiply(share, share),
    ):
        with pytest.raises(algebra.UnfitError):
            wrong()


def test_a_function_without_a_value_is_named() -> None:
    roots = mark(lambda x: torch.rsqrt(x))
    with pytest.raises(InputError, match=r"output\[1\] is NaN in step 1"):
        roots([4.0, -1.0])
    with pytest.raises(InputError, match=r"is infinite in step 0|is NaN in step 0"):
        mark(lambda x: torch.log(x)).back(None, [0.0])


@mark
def chosen(x: Tensor, weight: Tensor | None = None, *, name: Literal["relu", "tanh"] = "relu", halved: bool = False) -> Tensor:
    """A choice for every line."""
    bent = getattr(F, name)(x)
    output = bent if weight is None else bent * weight
    return bent if not halved else output


def test_the_code_is_that_which_was_executed() -> None:
    assert [*chosen([1.0]).code.values()] == ["bent = F.relu(x)"]
    assert [*chosen([1.0], [2.0], name="tanh").code.values()] == ["bent = F.tanh(x)", "output = bent * weight"]
    assert chosen.back(None, [1.0], [2.0], halved=True).code["grad_bent"] == "output = bent * weight"
