"""What a way back that is torch code of its own begins with, and what it is compared with."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import torch
from torch import Tensor
from torch.overrides import handle_torch_function, has_torch_function

from engine.checks import check_same_shape

T = TypeVar("T")


def adjoint(grad_output: Tensor | None, like: Tensor, name: str = "output") -> Tensor:
    """The adjoint of a result, ones if it is not given. Raises :class:`InputError` if it has not the shape of the result."""
    if grad_output is None:
        return torch.ones(like.shape, dtype=like.dtype, device=like.device)
    check_same_shape("grad_output", grad_output, name, like)
    return grad_output


def kept(function: Callable[..., T], *args: Any) -> T:
    """What the way forward has kept for the way back: it is computed in one go, and given where code is recorded."""

    def call() -> Any:
        # As every function of torch does it; its tensors are no arguments, so that nothing is seen of how the results come about.
        return handle_torch_function(call, tensors) if has_torch_function(tensors) else function(*args)

    tensors = tuple(one for one in args if isinstance(one, Tensor))
    return call()  # type: ignore[no-any-return]


def by_autograd(
    function: Callable[..., Tensor], grad_output: Tensor | None, arguments: Mapping[str, Any], of: Sequence[str]
) -> list[Tensor]:
    """What autograd sends back through a function to those of the arguments ``of`` that are given.

    It is computed in float64: where numbers are nearly the same, some of torch's ways back lose more digits than float32 has.
    """
    given = {name: one.double() if isinstance(one, Tensor) and one.is_floating_point() else one for name, one in arguments.items()}
    wanted = {name: given[name].detach().clone().requires_grad_() for name in of if given[name] is not None}
    with torch.enable_grad():
        output = function(**{**given, **wanted})
        found = torch.autograd.grad(output, list(wanted.values()), adjoint(grad_output, output).double())
    return [grad.to(arguments[name].dtype) for name, grad in zip(wanted, found, strict=True)]


def jacobians(function: Callable[[Tensor], Tensor], rows: Tensor) -> Tensor:
    """The derivatives of each row's results with respect to its numbers, by autograd: the results are the last axis but one."""
    jacobian: Any = torch.autograd.functional.jacobian
    found: Tensor = jacobian(lambda x: function(x).flatten(0, -2).sum(0), rows.detach()[None])
    return found.squeeze(1).movedim(0, -2)
