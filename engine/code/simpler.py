"""Operations that are more than one step, written as torch code of simpler ones; the comments are what is said of their steps.

Where that does not do with the options that are given, it says ``NotImplemented``, and the operation itself is called.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from engine.code import layers

#: As torch has them; of operations that may decline the result is not said.
Dims = int | tuple[int, ...] | None


# --- along axes --------------------------------------------------------------------------------------------------------------------------


def var_mean(
    input: Tensor, dim: Dims = None, unbiased: bool = True, keepdim: bool = False, *, correction: float | None = None
) -> tuple[Tensor, Tensor]:
    """The mean square of the deviations from the mean, over n − correction; the mean."""
    if isinstance(dim, bool):  # torch.var(input, unbiased)
        unbiased, dim = dim, None
    along: Dims = tuple(range(input.dim())) if dim is None or dim in ((), []) else dim
    mean = input.mean(along, keepdim=True)  # the mean of all
    deviation = input - mean  # how far the number is from the mean
    count = input.numel() / max(1, mean.numel()) - (float(unbiased) if correction is None else correction)
    squares = deviation.square().sum(along, keepdim=keepdim)  # the squared deviations, added up
    return squares / count, mean if keepdim else mean.reshape(squares.shape)


def var(input: Tensor, *args: Any, **kwargs: Any) -> Tensor:
    """The variance."""
    return torch.var_mean(input, *args, **kwargs)[0]


def std(input: Tensor, *args: Any, **kwargs: Any) -> Tensor:
    """The root of the variance."""
    return torch.sqrt(torch.var_mean(input, *args, **kwargs)[0])


def std_mean(input: Tensor, *args: Any, **kwargs: Any) -> tuple[Tensor, Tensor]:
    """The root of the variance, and the mean."""
    variance, mean = torch.var_mean(input, *args, **kwargs)
    return torch.sqrt(variance), mean


def vector_norm(x: Tensor, ord: float = 2, dim: Dims = None, keepdim: bool = False) -> Any:
    """The root of the sum of the squares; of order 1 the sum of the sizes, of order ∞ the largest of them."""
    if ord == 2:
        return torch.sqrt(x.square().sum(dim, keepdim=keepdim))
    if ord == 1:
        return x.abs().sum(dim, keepdim=keepdim)
    if ord == math.inf:
        return x.abs().amax(() if dim is None else dim, keepdim=keepdim)
    return NotImplemented


def norm(input: Tensor, p: float | str | None = "fro", dim: Dims = None, keepdim: bool = False) -> Any:
    """The norm of a vector."""
    if isinstance(p, str) and p != "fro":
        return NotImplemented
    return torch.linalg.vector_norm(input, 2 if p in ("fro", None) else float(p or 0), dim, keepdim)


def linalg_norm(A: Tensor, ord: float | str | None = None, dim: Dims = None, keepdim: bool = False) -> Any:  # noqa: N803
    """The norm of a vector, or without an order of all numbers."""
    if ord is None or isinstance(dim, int) or (A.dim() == 1 and not isinstance(ord, str)):
        return torch.linalg.vector_norm(A, 2 if ord is None else float(ord), dim, keepdim)
    return NotImplemented


def logsumexp(input: Tensor, dim: int | tuple[int, ...], keepdim: bool = False) -> Tensor:
    """The logarithm of a sum of powers of e, the largest exponent taken out."""
    largest = input.amax(dim, keepdim=True)  # the largest number, to be subtracted from all
    exp = torch.exp(input - largest)  # the number less the largest, as a power of e
    log_sum = torch.log(exp.sum(dim, keepdim=keepdim))
    return log_sum + (largest if keepdim else largest.reshape(log_sum.shape))


def log_softmax(input: Tensor, dim: int = -1) -> Tensor:
    """The logarithms of shares."""
    largest = input.detach().amax(dim, keepdim=True)  # the largest number, to be subtracted from all
    shifted = input - largest  # the number less the largest
    exp = torch.exp(shifted)  # e to that power, at most 1
    log_sum = torch.log(exp.sum(dim, keepdim=True))  # the logarithm of the sum of all powers
    return shifted - log_sum  # the logarithm of its share


def amin(input: Tensor, dim: int | tuple[int, ...] = (), keepdim: bool = False) -> Tensor:
    """Of the opposites the largest, turned."""
    opposite = (-input).amax(dim, keepdim=keepdim)  # the largest of the opposites
    return -opposite


def min(input: Tensor, *args: Any, **kwargs: Any) -> Any:
    """Of the opposites the largest, turned; of two tensors cell by cell, along an axis with the places."""
    if any(isinstance(one, Tensor) for one in (*args, *kwargs.values())):
        return torch.minimum(input, *args, **kwargs)
    found = (-input).max(*args, **kwargs)
    return -found if isinstance(found, Tensor) else torch.return_types.min((-found.values, found.indices))


def minimum(input: Tensor, other: Tensor) -> Tensor:
    """Of the opposites the larger one, turned."""
    opposite = torch.maximum(-input, -other)  # the larger one of the opposites
    return -opposite


def trace(input: Tensor) -> Tensor:
    """The sum of the diagonal."""
    return input.diagonal().sum()


# --- products ----------------------------------------------------------------------------------------------------------------------------


def addmm(input: Tensor, mat1: Tensor, mat2: Tensor, *, beta: float = 1, alpha: float = 1) -> Tensor:
    """A product of matrices, added."""
    product = torch.matmul(mat1, mat2)
    return _times(beta, input) + _times(alpha, product)


def addcmul(input: Tensor, tensor1: Tensor, tensor2: Tensor, *, value: float = 1) -> Tensor:
    """A product, added."""
    return input + _times(value, tensor1) * tensor2


def addcdiv(input: Tensor, tensor1: Tensor, tensor2: Tensor, *, value: float = 1) -> Tensor:
    """A quotient, added."""
    return input + _times(value, tensor1) / tensor2


def lerp(input: Tensor, end: Tensor, weight: Tensor | float) -> Tensor:
    """A number between two others."""
    return input + weight * end - weight * input


def vecdot(x: Tensor, y: Tensor, *, dim: int = -1) -> Tensor:
    """Products, added up."""
    return (x * y).sum(dim)


def _times(factor: float, one: Tensor) -> Tensor:
    return one if factor == 1 else factor * one


# --- cell by cell ------------------------------------------------------------------------------------------------------------------------


def pow(input: Tensor | float, exponent: Tensor | float) -> Any:
    """Over what a power would be with the other sign; of numbers above 0 the exponential of the logarithm times the exponent."""
    if isinstance(exponent, Tensor) or not isinstance(input, Tensor):
        return NotImplemented
    if exponent < -1 and exponent == int(exponent):
        return 1 / input ** -int(exponent)
    if exponent != int(exponent) and abs(exponent) != 0.5 and bool((input > 0).all()):
        return torch.exp(exponent * torch.log(input))
    return NotImplemented


def exp2(input: Tensor) -> Tensor:
    """2 to the power of a number."""
    return torch.exp(math.log(2) * input)


def log2(input: Tensor) -> Tensor:
    """The logarithm to base 2."""
    return torch.log(input) / math.log(2)


def log10(input: Tensor) -> Tensor:
    """The logarithm to base 10."""
    return torch.log(input) / math.log(10)


def tan(input: Tensor) -> Tensor:
    """Sine over cosine."""
    return torch.sin(input) / torch.cos(input)


def gelu(input: Tensor, approximate: str = "none") -> Any:
    """The approximation by a tanh."""
    if approximate == "none":
        return NotImplemented
    inner = math.sqrt(2 / math.pi) * input + math.sqrt(2 / math.pi) * 0.044715 * input * input * input
    return 0.5 * input + 0.5 * input * torch.tanh(inner)


def elu(input: Tensor, alpha: float = 1.0) -> Any:
    """alpha times it where the number is below 0."""
    if alpha == 1:
        return NotImplemented
    below = alpha * torch.expm1(input.clamp(max=0))  # what it is below 0
    return torch.where(input > 0, input, below)


def softplus(input: Tensor, beta: float = 1.0, threshold: float = 20.0) -> Any:
    """Of beta times the number, over beta."""
    if beta == 1 or threshold != 20:
        return NotImplemented
    return F.softplus(beta * input) / beta


def selu(input: Tensor) -> Tensor:
    """An elu, scaled."""
    return 1.0507009873554804934193349852946 * F.elu(input, 1.6732632423543772848170429916717)


def relu6(input: Tensor) -> Tensor:
    """Between 0 and 6."""
    return F.hardtanh(input, 0.0, 6.0)


def mish(input: Tensor) -> Tensor:
    """The number times the tanh of its softplus."""
    return input * torch.tanh(F.softplus(input))


def softsign(input: Tensor) -> Tensor:
    """Over 1 more than its size."""
    size = 1 + input.abs()
    return input / size


def tanhshrink(input: Tensor) -> Tensor:
    """What is left of it without its tanh."""
    return input - torch.tanh(input)


def glu(input: Tensor, dim: int = -1) -> Tensor:
    """One half times the sigmoid of the other."""
    a, b = input.chunk(2, dim)
    return a * torch.sigmoid(b)


def mse_loss(input: Tensor, target: Tensor, size_average: Any = None, reduce: Any = None, reduction: str = "mean") -> Tensor:
    """The squares of the differences."""
    each = (input - target).square()  # squared differences
    if reduction == "none":
        return each
    return each.sum() if reduction == "sum" else each.mean()


def dropout(input: Tensor, p: float = 0.5, training: bool = True) -> Tensor:
    """A mask, drawn as torch draws it, takes some numbers away; the others are made larger."""
    if not training or p == 0:
        return input
    if p == 1:
        return input * 0.0
    mask = torch.empty_like(input).bernoulli_(1 - p)
    return input * mask / (1 - p)


_ALONG = (
    var,
    var_mean,
    std,
    std_mean,
    vector_norm,
    norm,
    linalg_norm,
    logsumexp,
    log_softmax,
    amin,
    min,
    minimum,
    trace,
    addmm,
    addcmul,
    addcdiv,
    lerp,
    vecdot,
)
_CELLS = (pow, exp2, log2, log10, tan, gelu, elu, softplus, selu, relu6, mish, softsign, tanhshrink, glu, mse_loss, dropout)
OWN: dict[str, Callable[..., Any]] = {
    **{one.__name__: one for one in (*_ALONG, *_CELLS)},
    **dict.fromkeys(("baddbmm", "addmv"), addmm),
    **layers.OWN,
}
