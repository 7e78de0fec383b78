"""Torch code as one writes it: variables assigned again, tensors written into, results of all kinds, operations that are no step."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from engine.code.forward import CodeTrace
from engine.errors import InputError
from engine.mark import concept
from engine.reader import Indices
from tests.engine.codes import check_steps

X = torch.tensor([[1.0, -2.0, 3.0], [0.5, 2.0, -1.0]], dtype=torch.float64)


def both(function: Callable[..., Any], *args: Any, infinite: tuple[str, ...] = ()) -> tuple[CodeTrace, CodeTrace]:
    """There and back; every step adds up."""
    marked: Any = concept(title="Code", example={}, infinite=infinite)(function)
    ways = marked(*args), marked.back(None, *args)
    for way in ways:
        check_steps(way)
    return ways


def assigned_again(x: Tensor) -> Tensor:
    x = x - x.mean()
    x = x * x.abs()
    return x  # noqa: RET504  # this is what is asked


def written_into(x: Tensor) -> Tensor:
    y = x * 2
    y += x
    y.mul_(3)
    y[0] = x[1]
    y[1] += 1
    return y


def argument_written(x: Tensor) -> Tensor:
    x += 1
    return x


def same_twice(x: Tensor) -> tuple[Tensor, ...]:
    y = x * 2
    z = y
    return y, z, y + 1


def with_places(x: Tensor) -> tuple[Tensor, Tensor]:
    most, where = x.max(-1)
    return most, where


def looked_up(x: Tensor, i: Indices) -> Tensor:
    return x[i] * 2 + F.one_hot(i, 3).to(x.dtype)


def of_factories(x: Tensor) -> Tensor:
    ones = torch.ones(3, dtype=x.dtype)
    places = torch.arange(3) * 1.0
    mask = torch.tril(torch.ones(2, 3)).bool() & (x > -1.5)
    return torch.where(mask, x * ones + places, 0.0)


def of_none(x: Tensor) -> Tensor:
    return x[:0].sum() + x[:0].prod() + x.sum()


def without_gradients(x: Tensor) -> Tensor:
    with torch.no_grad():
        mean = x.mean()
    return x * mean + x.detach()


def divided_by_constants(x: Tensor) -> Tensor:
    return (x / torch.tensor([1.0, 2.0, 3.0], dtype=x.dtype)) * x + x


def drawn(x: Tensor) -> Tensor:
    kept = torch.rand_like(x) > 0.5
    return x * kept


def listed(x: Tensor) -> Tensor:
    return torch.stack([row * 2 for row in x])


def rounded(x: Tensor) -> Tensor:
    return (x * 1.1).float().double() * 2


@pytest.mark.parametrize(
    ("function", "names", "args"),
    [
        (assigned_again, ["x.mean()", "x_2", "x.abs()", "x_3"], ()),
        (written_into, ["y", "y_2", "y_3", "y_4"], ()),
        (argument_written, ["x_2"], ()),
        (same_twice, ["y", "output_2"], ()),
        (with_places, ["most"], ()),
        (looked_up, ["output"], ([1, 0, 1],)),
        (of_factories, ["x * ones + places", "output"], ()),
        (of_none, ["output"], ()),
        (without_gradients, ["mean", "output"], ()),
        (divided_by_constants, ["output"], ()),
        (drawn, ["output"], ()),
        (listed, ["row * 2", "row * 2_2", "output"], ()),
        (rounded, ["(x * 1.1).float()", "output"], ()),
    ],
)
def test_both_ways(function: Callable[..., Any], names: list[str], args: tuple[Any, ...]) -> None:
    given = X.clone()
    forward, _ = both(function, given, *args)
    assert set(names) <= set(forward.outputs)
    assert torch.equal(given, X)
    assert torch.equal(forward.inputs["x"], X)


def test_what_is_left_out_is_minus_infinity() -> None:
    def masked(x: Tensor) -> Tensor:
        scores = x.masked_fill(x < 0, -math.inf)
        exp = torch.exp(scores - scores.amax(-1, keepdim=True))
        return exp / exp.sum(-1, keepdim=True)

    forward, backward = both(masked, X)
    torch.testing.assert_close(forward.outputs["output"], torch.softmax(X.masked_fill(X < 0, -math.inf), -1))
    assert bool((backward.outputs["grad_x"][X < 0] == 0).all())


@pytest.mark.parametrize(
    ("function", "op"),
    [
        (lambda x: torch.fft.rfft(x).abs(), "abs"),
        (lambda x: torch.linalg.inv(x @ x.T), "linalg_inv"),
        (lambda x: torch.linalg.solve(x @ x.T, x), "linalg_solve"),
    ],
)
def test_shown_whole(function: Callable[..., Any], op: str) -> None:
    forward, backward = both(function, X)
    last = forward[-1]
    assert f"computed whole by {op}" in last.say
    assert last.terms == [(last.value,)]
    assert "computed whole by autograd" in next(iter(backward)).say


def test_what_is_whole_has_steps_that_others_read() -> None:
    forward, _ = both(lambda x: torch.linalg.inv(x @ x.T) * 2, X)
    assert any("computed whole by linalg_inv" in step.say for step in forward)
    assert all(any(term) for term in forward[-1].places)


def seen_through(x: Tensor) -> Tensor:
    y = x * 2
    row = y[0]
    row += 1
    return y


@pytest.mark.parametrize(
    ("function", "said"),
    [
        (lambda x: (x * 2).half(), "gives torch.float16; give back float64 or float32"),
        (seen_through, r"line \d+ writes into a tensor of which another is a view"),
        (lambda x: x @ x, "cannot be computed with x 2×3"),
    ],
)
def test_refused(function: Callable[..., Any], said: str) -> None:
    marked: Any = concept(title="Code", example={})(function)
    for way in (marked, marked.back):
        with pytest.raises(InputError, match=said):
            way(*([X] if way is marked else [None, X]))


def test_the_first_result_has_a_derivative() -> None:
    marked: Any = concept(title="Code", example={})(lambda x: ((x * 0.5).detach() + 1, x * 2))
    assert marked(X).outputs
    with pytest.raises(InputError, match="nothing that <lambda> is given has a derivative"):
        marked.back(None, X)
