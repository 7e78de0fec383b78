"""For every operation that has a rule, or simpler code, ways to call it; by the names under which the recorder sees them."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F

Shape = tuple[int, ...]


@dataclass(frozen=True)
class Case:
    """A function of tensors of these shapes. ``positive`` numbers are above 0.1.

    What is ``flat`` may read numbers that do not matter; what is ``whole`` is no step.
    """

    function: Callable[..., Any]
    shapes: tuple[Shape, ...]
    positive: bool = False
    flat: bool = False
    whole: bool = False

    def arguments(self, seed: int, ties: bool = False) -> list[torch.Tensor]:
        """Numbers of which no two are the same, or with many ties whole numbers from −1 to 1, or from 1 to 3."""
        generator = torch.Generator().manual_seed(seed)
        found = [torch.randn(shape, generator=generator, dtype=torch.float64) for shape in self.shapes]
        if ties:
            return [one.round().clamp(-1, 1) + 2 * self.positive for one in found]
        return [one.abs() + 0.1 if self.positive else one for one in found]


def written(x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    out = torch.zeros(2, 3, dtype=x.dtype)
    out[0] = x[0] * 2
    out[1] = y
    out[:, 1] += x[:, 0]
    return out


def copied(x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    x = x * 2
    x.copy_(y)
    return x


def thinned(x: torch.Tensor) -> torch.Tensor:
    torch.manual_seed(0)
    return F.dropout(x, 0.5)


def case(function: Callable[..., Any], *shapes: Shape, **flags: bool) -> Case:
    """torch's own functions do not tell which arguments they have."""
    named = (lambda x: function(x), lambda x, y: function(x, y), lambda x, y, z: function(x, y, z))[len(shapes) - 1]
    return Case(function if getattr(function, "__module__", "") == __name__ else named, shapes, **flags)


def cells(function: Callable[..., Any], **flags: bool) -> list[Case]:
    """A function of one tensor, cell by cell."""
    return [case(function, shape, **flags) for shape in ((), (2, 3))]


def pairs(function: Callable[..., Any], **flags: bool) -> list[Case]:
    """A function of two tensors, in the ways in which shapes fit together."""
    shapes: list[tuple[Shape, Shape]] = [((), ()), ((3,), ()), ((2, 3), (3,)), ((2, 1), (1, 3)), ((3,), (2, 1)), ((2, 1, 2), (3, 1))]
    return [case(function, *both, **flags) for both in shapes]


def axes(function: Callable[..., Any], **flags: bool) -> list[Case]:
    """A function of a tensor, axes and whether they are kept."""
    chosen: list[Any] = [0, -1, 1, (0, 1), (-1, 0), (0, 1, 2)]
    bound = [lambda x, a=a, k=k: function(x, dim=a, keepdim=k) for a in chosen for k in (False, True)]
    return [case(one, (2, 3, 2), **flags) for one in bound]


MASK = torch.tensor([[True, False, True], [False, False, True]])
ROWS = torch.tensor([2, 0, 2])
BOTH = torch.tensor([[0, 2, 2], [1, 0, 1]])
X, Y = (2, 3), (3, 2)

CELLS: dict[str, list[Case]] = {
    "add": [*pairs(lambda x, y: x + y), *pairs(lambda x, y: torch.add(x, y, alpha=3)), *cells(lambda x: 2 + x)],
    "sub": [*pairs(lambda x, y: x - y), *pairs(lambda x, y: torch.sub(x, y, alpha=-2)), *cells(lambda x: x - 0.5)],
    "rsub": cells(lambda x: 2 - x),
    "mul": [*pairs(lambda x, y: x * y), *cells(lambda x: 3 * x)],
    "div": [*pairs(lambda x, y: x / y), *cells(lambda x: x / 4), case(lambda x: torch.div(x, 0.3, rounding_mode="floor"), X, whole=True)],
    "rdiv": cells(lambda x: 1 / x),
    "neg": cells(lambda x: -x),
    "square": [*cells(torch.square), case(lambda x, y: torch.square(x / y), X, X)],
    "pow": [
        *(one for p in (1, 2, 3, 5, -1, -2, -3) for one in cells(lambda x, p=p: x**p)),
        *(one for p in (0.5, -0.5, 1.5, -2.5, 0.1) for one in cells(lambda x, p=p: x**p, positive=True)),
        case(lambda x, y: (x / y) ** 2, X, X),
        case(lambda x, y: (x + y) ** -1, X, X),
        case(lambda x, y: x**y, X, X, positive=True, whole=True),
    ],
    "rpow": [*cells(lambda x: 2**x), *cells(lambda x: 0.5 ** (x + 1))],
    "reciprocal": [*cells(torch.reciprocal), case(lambda x, y: torch.reciprocal(x - y), X, X)],
    **{name: cells(getattr(torch, name)) for name in ("exp", "sin", "cos", "tanh", "sigmoid", "abs", "expm1", "erf", "exp2", "tan")},
    **{name: cells(getattr(torch, name), positive=True) for name in ("sqrt", "rsqrt", "log", "log1p", "log2", "log10")},
    **{name: cells(getattr(torch, name), flat=True) for name in ("sign", "floor")},
    "expit": cells(torch.special.expit),
    "absolute": cells(torch.absolute),
    "negative": cells(torch.negative),
    "subtract": pairs(torch.subtract),
    "multiply": pairs(torch.multiply),
    "divide": pairs(torch.divide),
    "true_divide": pairs(torch.true_divide),
    "log_sigmoid": cells(F.logsigmoid),
    "relu": [*cells(torch.relu), *cells(lambda x: F.relu(x + 0, inplace=True))],
    "silu": [*cells(F.silu), *cells(lambda x: F.silu(x + 0, inplace=True))],
    "gelu": [*cells(F.gelu), *cells(lambda x: F.gelu(x, approximate="tanh"))],
    "elu": [*cells(F.elu), *cells(lambda x: F.elu(x, 0.5))],
    "softplus": [*cells(F.softplus), *cells(lambda x: F.softplus(x, beta=2.0)), case(lambda x: F.softplus(x, 1.0, 2.0), X, whole=True)],
    "leaky_relu": [*cells(F.leaky_relu), *cells(lambda x: F.leaky_relu(x, negative_slope=0.2))],
    **{name: cells(getattr(F, name)) for name in ("selu", "relu6", "mish", "softsign", "tanhshrink")},
    "hardtanh": [*cells(F.hardtanh), *cells(lambda x: F.hardtanh(x, -0.5, 0.25))],
    "glu": [case(lambda x: F.glu(x), (2, 4)), case(lambda x: F.glu(x, 0), (2, 4))],
    "maximum": pairs(torch.maximum),
    "minimum": pairs(torch.minimum),
    "clamp": [
        *cells(lambda x: x.clamp(-1, 1)),
        *cells(lambda x: x.clamp(min=0)),
        *cells(lambda x: x.clamp(max=0)),
        *cells(lambda x: torch.clamp(x, 1, -1), flat=True),
        case(lambda x, low, high: torch.clamp(x, low, high), X, (3,), ()),
    ],
    "clip": cells(lambda x: x.clip(-1, 1)),
    "clamp_min": [*cells(lambda x: x.clamp_min(0.0)), *pairs(torch.clamp_min)],
    "clamp_max": [*cells(lambda x: x.clamp_max(0.0)), *pairs(torch.clamp_max)],
    "addcmul": [case(lambda x, a, b: torch.addcmul(x, a, b), X, X, (3,)), case(lambda x, a, b: torch.addcmul(x, a, b, value=2), X, X, X)],
    "addcdiv": [case(lambda x, a, b: torch.addcdiv(x, a, b), X, X, (3,)), case(lambda x, a, b: torch.addcdiv(x, a, b, value=2), X, X, X)],
    "lerp": [case(lambda a, b: torch.lerp(a, b, 0.25), X, X), case(torch.lerp, X, X, X)],
}

MOVES: dict[str, list[Case]] = {
    **{name: [case(lambda x, name=name: getattr(2 * x, name)(), X)] for name in ("clone", "contiguous", "double", "t", "adjoint", "ravel")},
    **{name: [case(lambda x, name=name: getattr(x, name), X)] for name in ("T", "mT", "H", "mH")},
    **{
        name: [case(lambda x, name=name: getattr(torch, name)(2 * x), X)]
        for name in ("fliplr", "flipud", "rot90", "atleast_1d", "atleast_2d", "atleast_3d", "diag", "diag_embed", "positive")
    },
    "float": [case(lambda x: x.float().double() * 2, X)],
    "detach": [case(lambda x: x * x.detach(), X, flat=True), case(lambda x: x * (x.sum() + 1).detach(), X, flat=True)],
    "to": [case(lambda x: (2 * x).to(torch.float64), X), case(lambda x: x.to(x.device, copy=True), X)],
    "type_as": [case(lambda x, y: (2 * x).type_as(y) + y, X, X)],
    "view_as": [case(lambda x, y: x.view_as(y), X, Y)],
    "reshape_as": [case(lambda x, y: x.reshape_as(y), X, Y)],
    "expand_as": [case(lambda x, y: x.expand_as(y), (3,), X)],
    "view": [case(lambda x: x.view(3, -1), X), case(lambda x: x.view((6,)), X)],
    "reshape": [case(lambda x: x.reshape(3, 2), X), case(lambda x: torch.reshape(x, (1,)), ())],
    "permute": [case(lambda x: x.permute(2, 0, 1), (2, 3, 2)), case(lambda x: torch.permute(x, dims=(1, 0)), X)],
    "expand": [case(lambda x: x.expand(2, -1), (3,)), case(lambda x: x.expand((2, 3)), ())],
    "repeat": [case(lambda x: x.repeat(2, 1, 2), X)],
    "tile": [case(lambda x: x.tile((2,)), X)],
    "flip": [case(lambda x: x.flip(0), X), case(lambda x: torch.flip(x, dims=(-1, 0)), X)],
    "roll": [case(lambda x: x.roll(1), X), case(lambda x: torch.roll(x, (1, 2), dims=(0, 1)), X)],
    "transpose": [case(lambda x: x.transpose(0, -1), (2, 3, 2))],
    "swapaxes": [case(lambda x: torch.swapaxes(x, 0, 1), X)],
    "swapdims": [case(lambda x: torch.swapdims(x, 0, 1), X)],
    "movedim": [case(lambda x: x.movedim(0, -1), (2, 3, 2))],
    "moveaxis": [case(lambda x: x.moveaxis((0, 1), (1, 0)), X)],
    "flatten": [case(lambda x: x.flatten(), X), case(lambda x: torch.flatten(x, start_dim=1), (2, 3, 2))],
    "unflatten": [case(lambda x: x.unflatten(-1, (3, 1)), X)],
    "squeeze": [case(lambda x: x.squeeze(), (2, 1)), case(lambda x: x.squeeze(-1), (2, 1))],
    "unsqueeze": [case(lambda x: x.unsqueeze(-1), X)],
    "broadcast_to": [case(lambda x: torch.broadcast_to(x, (2, 3)), (3,))],
    "repeat_interleave": [case(lambda x: x.repeat_interleave(2, dim=1), X), case(lambda x: torch.repeat_interleave(x, 2), X)],
    "diagonal": [case(lambda x: x.diagonal(), X), case(lambda x: torch.diagonal(x, 1, 0, 2), (2, 3, 2))],
    "unfold": [case(lambda x: x.unfold(-1, 2, 1), X), case(lambda x: F.unfold(x, 2, padding=1), (1, 1, 2, 2))],
    "chunk": [case(lambda x: x.chunk(2, -1), X), case(lambda x: torch.chunk(x, 2)[1], X)],
    "split": [case(lambda x: x.split([1, 2], dim=-1), X), case(lambda x: torch.split(x, 1)[1], X)],
    "split_with_sizes": [case(lambda x: torch.split_with_sizes(x, [1, 2], 1), X)],
    "tensor_split": [case(lambda x: torch.tensor_split(x, (1, 2), dim=1), X)],
    "hsplit": [case(lambda x: torch.hsplit(x, 3), X)],
    "vsplit": [case(lambda x: torch.vsplit(x, 2), X)],
    "dsplit": [case(lambda x: torch.dsplit(x, 2), (2, 3, 2))],
    "unbind": [case(lambda x: list(x), X), case(lambda x: x.unbind(-1)[1], X)],
    "pixel_shuffle": [case(lambda x: F.pixel_shuffle(x, 2), (1, 4, 1, 2))],
    "pixel_unshuffle": [case(lambda x: F.pixel_unshuffle(x, 2), (1, 1, 2, 2))],
    "channel_shuffle": [case(lambda x: F.channel_shuffle(x, 2), (1, 4, 1, 2))],
    "select": [case(lambda x: x.select(-1, 1), X)],
    "narrow": [case(lambda x: x.narrow(1, 1, 2), X)],
    "getitem": [case(lambda x, i=i: x[i], X) for i in (0, -1, (slice(None), 1), (..., None), slice(1, None), ROWS % 2, [0, 0], MASK, None)],
    "index_select": [case(lambda x: x.index_select(1, ROWS), X)],
    "masked_select": [case(lambda x: x.masked_select(MASK), X)],
    "take_along_dim": [case(lambda x: torch.take_along_dim(x, BOTH, dim=1), X)],
    "gather": [case(lambda x: x.gather(-1, BOTH), X), case(lambda x: torch.gather(x, 1, index=BOTH), X)],
    "embedding": [case(lambda w: F.embedding(ROWS, w), Y), case(lambda w: F.embedding(BOTH, w, padding_idx=-1), Y, flat=True)],
    "cat": [case(lambda x, y: torch.cat([x, y]), X, (1, 3)), case(lambda x, y: torch.cat((x, y, x), dim=-1), X, (2, 1))],
    **{name: [case(lambda x, y, name=name: getattr(torch, name)([x, y], -1), X, X)] for name in ("concat", "concatenate", "stack")},
    **{
        name: [case(lambda x, y, name=name: getattr(torch, name)((x, y)), X, X)]
        for name in ("hstack", "vstack", "row_stack", "dstack", "column_stack")
    },
    "pad": [
        *(case(lambda x, m=m: F.pad(x, (1, 2), mode=m), X) for m in ("constant", "replicate", "circular", "reflect")),
        case(lambda x: F.pad(x, (1, 0, 0, 1), value=2.5), X),
        case(lambda x: F.pad(x, (-1, 0)), X),
        case(lambda x: F.pad(x, (1, 1, 1, 0), mode="reflect"), (1, 2, 3)),
    ],
    "masked_fill": [case(lambda x: x.masked_fill(MASK, 3.0), X), case(lambda x: x[0].masked_fill(MASK, 0.5), X)],
    "where": [
        case(lambda x, y: torch.where(MASK, x, y), X, (3,)),
        case(lambda x: torch.where(MASK, x, 0.0), X),
        case(lambda x: torch.where(MASK, 1.0, x), ()),
        case(lambda x, y: torch.where(x > y, x + y, x * y), X, X),
        case(lambda x: x.where(x > 0, 0.5), X),
    ],
    "tril": [case(lambda x: x.tril(), X), case(lambda x: torch.tril(x * x + x, -1), X)],
    "triu": [case(lambda x: x.triu(1), X), case(lambda x: torch.triu(x * x + x, 1) * 2, X)],
    "setitem": [case(written, X, (3,))],
    "copy": [case(copied, X, (3,))],
    "sort": [
        case(lambda x: x.sort(), X),
        case(lambda x: torch.sort(x, 0, descending=True), X),
        case(lambda x: x.sort(stable=True, dim=0), X),
    ],
    "topk": [case(lambda x: x.topk(2), X), case(lambda x: torch.topk(x, 1, dim=0, largest=False)[0] * 2, X)],
}


ALONG: dict[str, list[Case]] = {
    "sum": [*axes(torch.sum), *cells(torch.sum), case(lambda x: x.sum(0, True), X), case(lambda x: x.sum(axis=(0, 1)), X)],
    "mean": [*axes(torch.mean), *cells(torch.mean), case(lambda x, y: (x * y).mean(-1), X, X)],
    "amax": [*axes(torch.amax), *cells(torch.amax), case(lambda x, y: (x + y).amax(0), X, (3,))],
    "amin": [*axes(torch.amin), *cells(torch.amin), case(lambda x, y: (x + y).amin(0), X, (3,))],
    "prelu": [case(F.prelu, X, (3,)), case(F.prelu, X, (1,)), case(F.prelu, (2, 3, 2), (3,))],
    "heaviside": cells(lambda x: torch.heaviside(x.detach(), x.new_tensor(1.0)) * x, flat=True),
    "ndtr": cells(torch.special.ndtr),
    "dropout": [
        case(thinned, X, flat=True),
        case(lambda x: F.dropout(x, 1.0), X, flat=True),
        case(lambda x: F.dropout(2 * x, training=False), X),
    ],
    "prod": [*axes(torch.prod)[:6], *cells(torch.prod), case(lambda x, y: (x + y).prod(0), X, (3,))],
    "max": [*axes(lambda x, dim, keepdim: x.max(dim, keepdim))[:6], *cells(torch.max), *pairs(torch.max)],
    "min": [*axes(lambda x, dim, keepdim: x.min(dim, keepdim)[0])[:6], *cells(torch.min), *pairs(lambda x, y: torch.min(x, other=y))],
    "cumsum": [case(lambda x: x.cumsum(0), X), case(lambda x: torch.cumsum(x, dim=-1) * 2, X), case(lambda x: x.cumsum(0), ())],
    "cumprod": [case(lambda x: x.cumprod(0), X), case(lambda x: torch.cumprod(x, dim=-1) + 2, X)],
    **{name: axes(getattr(torch, name)) for name in ("var", "std")},
    **{name: axes(getattr(torch, name))[:4] for name in ("var_mean", "std_mean")},
    "vector_norm": [case(lambda x, p=p: torch.linalg.vector_norm(x, p, -1), X) for p in (2, 1, math.inf)],
    "norm": [case(lambda x: x.norm(), X), case(lambda x: torch.norm(x, dim=1, keepdim=True), X), case(lambda x: x.norm(1, 0), X)],
    "linalg_norm": [case(torch.linalg.norm, X), case(lambda x: torch.linalg.norm(x, 2), X, whole=True)],
    "logsumexp": axes(torch.logsumexp),
    "log_softmax": [case(lambda x: F.log_softmax(x, dim=-1), X), case(lambda x: torch.special.log_softmax(x, 0), X)],
    "trace": [case(torch.trace, X)],
    "mse_loss": [case(F.mse_loss, X, X), *(case(lambda x, y, r=r: F.mse_loss(x, y, reduction=r), X, X) for r in ("none", "sum", "mean"))],
}

PRODUCTS: dict[str, list[Case]] = {
    "matmul": [
        *(
            case(lambda x, y: x @ y, *both)
            for both in ((X, Y), ((3,), Y), (X, (3,)), ((3,), (3,)), ((2, 1, 2, 3), (2, 3, 1)), ((2, 2, 3), Y))
        ),
        case(lambda x, y: x @ y.T, X, X),
        case(lambda x: x @ x, (2, 2)),
        case(lambda x, y: torch.matmul(x + y, (x - y).mT), X, X),
    ],
    "rmatmul": [case(lambda x, y: x.__rmatmul__(y), Y, X)],
    "mm": [case(torch.mm, X, Y)],
    "bmm": [case(torch.bmm, (2, 2, 3), (2, 3, 1))],
    "mv": [case(torch.mv, X, (3,))],
    "dot": [case(torch.dot, (3,), (3,))],
    "outer": [case(torch.outer, (2,), (3,))],
    "ger": [case(torch.ger, (2,), (3,))],
    "linear": [
        case(F.linear, X, (4, 3), (4,)),
        case(lambda x, w: F.linear(x, w), (2, 2, 3), (4, 3)),
        case(F.linear, (3,), (2, 3), (2,)),
        case(F.linear, X, (3,)),
        case(lambda x, w, b: F.linear(x.exp(), w, bias=b * 2), X, (4, 3), (4,)),
    ],
    "einsum": [
        *(case(lambda x, y, e=e: torch.einsum(e, x, y), X, X) for e in ("ij,ij->i", "ij,kj->ik", "ij,ij", "ij,ij->", "ij,kl->iljk")),
        case(lambda x, y: torch.einsum("bij, bjk -> bik", [x, y]), (2, 1, 3), (2, 3, 2)),
        case(lambda x: torch.einsum("ij->ji", x), X, whole=True),
        case(lambda x, y: torch.einsum("...j,...j->...", x, y), X, X, whole=True),
        case(lambda x, y: torch.einsum("ii,ij->j", x, y), (2, 2), X, whole=True),
        case(lambda x, y, z: torch.einsum("ij,ij,ij->i", x, y, z), X, X, X, whole=True),
    ],
    "addmm": [case(torch.addmm, (2,), X, Y), case(lambda x, a, b: torch.addmm(x, a, b, beta=0.5, alpha=2), (2, 2), X, Y)],
    "addmv": [case(torch.addmv, (2,), X, (3,))],
    "baddbmm": [case(torch.baddbmm, (2, 2, 1), (2, 2, 3), (2, 3, 1))],
    "vecdot": [case(torch.linalg.vecdot, X, X)],
}

LINE, PLANE, SPACE = (1, 2, 5), (1, 2, 3, 4), (1, 1, 2, 3, 2)
WINDOWS: dict[str, list[Case]] = {
    "conv1d": [
        case(F.conv1d, LINE, (2, 2, 3), (2,)),
        case(lambda x, w: F.conv1d(x, w, stride=2, padding=1, dilation=2), (2, 5), (1, 2, 2)),
        case(lambda x, w: F.conv1d(x, w, padding="same"), LINE, (1, 2, 3)),
        case(lambda x, w: F.conv1d(2 * x, w, padding=(3,)), (1, 3), (1, 1, 2)),
        case(lambda x, w: F.conv1d(x.relu() + 1, w, padding="valid"), (1, 3), (1, 1, 2)),
    ],
    "conv2d": [
        case(F.conv2d, PLANE, (2, 2, 2, 2), (2,)),
        case(lambda x, w, b: F.conv2d(x, w, b, (2, 1), (1, 0), 1, 2), PLANE, (2, 1, 2, 3), (2,)),
        case(lambda x, w, b: F.conv2d(x, w, b * 2, padding=1, groups=2), (2, 2, 3), (4, 1, 3, 2), (4,)),
    ],
    "conv3d": [case(lambda x, w: F.conv3d(x, w, padding=(0, 1, 0)), SPACE, (1, 1, 2, 2, 2))],
    "conv_transpose1d": [
        case(F.conv_transpose1d, (1, 2, 3), (2, 1, 2), (1,)),
        case(lambda x, w: F.conv_transpose1d(x, w, None, 2, 1, 1, 2, 2), (2, 3), (2, 1, 3)),
    ],
    "conv_transpose2d": [case(lambda x, w, b: F.conv_transpose2d(x, w, b, stride=2, padding=1), (1, 2, 2, 2), (2, 2, 2, 3), (2,))],
    "conv_transpose3d": [case(lambda x, w: F.conv_transpose3d(x, w), (1, 1, 1, 2, 2), (1, 2, 2, 1, 2))],
    **{
        f"{kind}_pool{rank}": [
            case(lambda x, f=f: f(x, 2), shape),
            case(lambda x, f=f: f(x, 2, 2, 1, ceil_mode=True), shape),
            case(lambda x, f=f: f(x + 1, (2,) * (x.dim() - 1), stride=1), shape[1:]),
        ]
        for kind in ("max", "avg")
        for rank, shape in (("1d", LINE), ("2d", PLANE), ("3d", (1, 1, 2, 3, 3)))
        for f in [getattr(F, f"{kind}_pool{rank}")]
    },
    **{
        f"max_pool{rank}_with_indices": [case(lambda x, f=f: f(x, 2, 1, return_indices=True), shape)]
        for rank, shape in (("1d", LINE), ("2d", PLANE), ("3d", (1, 1, 2, 3, 2)))
        for f in [getattr(F, f"max_pool{rank}")]
    },
    **{
        f"adaptive_{kind}_pool{rank}": [case(lambda x, f=f: f(x, 2), shape), case(lambda x, f=f: f(3 * x, 1), shape[1:])]
        for kind in ("max", "avg")
        for rank, shape in (("1d", LINE), ("2d", PLANE), ("3d", (1, 1, 2, 3, 3)))
        for f in [getattr(F, f"adaptive_{kind}_pool{rank}")]
    },
    **{
        f"adaptive_max_pool{rank}_with_indices": [case(lambda x, f=f: f(x, 2, True), shape)]
        for rank, shape in (("1d", LINE), ("2d", PLANE), ("3d", (1, 1, 2, 3, 2)))
        for f in [getattr(F, f"adaptive_max_pool{rank}")]
    },
}
WINDOWS["max_pool2d"].append(case(lambda x: F.max_pool2d(x, (2, 1), dilation=2), (1, 3, 3)))
WINDOWS["avg_pool2d"] += [
    case(lambda x: F.avg_pool2d(x, 3, 2, 1, False, False), PLANE),
    case(lambda x: F.avg_pool2d(x, 2, divisor_override=3), PLANE),
    case(lambda x: F.avg_pool2d(x, 3, stride=2, padding=1, ceil_mode=True, count_include_pad=False), (1, 3, 4)),
]


def recurrent(x: torch.Tensor, h: torch.Tensor, w: torch.Tensor, v: torch.Tensor, b: torch.Tensor, name: str, **options: Any) -> Any:
    """One layer, or as many as ``params`` say; the second bias is a multiple of the first one."""
    states = (h, h * 2) if "lstm" in name else h
    given = {"num_layers": 1, "dropout": 0.0, "train": False, "bidirectional": False, "batch_first": False} | options
    params = [w, v, b, b * 2] * (given["num_layers"] * (1 + given["bidirectional"]))
    return getattr(torch, name)(x, states, params, True, *given.values())


def cell_of(name: str) -> Callable[..., Any]:
    def step(x: torch.Tensor, h: torch.Tensor, w: torch.Tensor, v: torch.Tensor, b: torch.Tensor) -> Any:
        return getattr(torch, name)(x, (h, h * 2) if "lstm" in name else h, w, v, b, b * 2)

    return step


def layer_of(name: str, **options: Any) -> Callable[..., Any]:
    def layer(x: torch.Tensor, h: torch.Tensor, w: torch.Tensor, v: torch.Tensor, b: torch.Tensor) -> Any:
        return recurrent(x, h, w, v, b, name, **options)

    return layer


def heads_of(**options: Any) -> Callable[..., Any]:
    def heads(x: torch.Tensor, w: torch.Tensor, b: torch.Tensor, o: torch.Tensor) -> Any:
        given = (None, None, False, 0.0, o, b[:2])
        return F.multi_head_attention_forward(x, x, x, 2, 2, w, b, *given, need_weights=False, **options)[0]

    return heads


GATES = {"lstm": 4, "gru": 3, "rnn_tanh": 1, "rnn_relu": 1}
QUERIES: tuple[Shape, ...] = ((2, 2), (3, 2), (3, 2))
LAYERS: dict[str, list[Case]] = {
    **{name: [Case(layer_of(name), ((2, 1, 2), (1, 1, 2), (2 * n, 2), (2 * n, 2), (2 * n,)))] for name, n in GATES.items()},
    **{f"{name}_cell": [Case(cell_of(f"{name}_cell"), ((1, 2), (1, 1), (n, 2), (n, 1), (n,)))] for name, n in GATES.items()},
    "scaled_dot_product_attention": [
        case(F.scaled_dot_product_attention, *QUERIES),
        case(lambda q, k, v: F.scaled_dot_product_attention(q, k, v, is_causal=True, scale=0.5), *QUERIES, flat=True),
        case(lambda q, k, v: F.scaled_dot_product_attention(q, k, v, attn_mask=MASK), *QUERIES, flat=True),
        case(lambda q, k, v: F.scaled_dot_product_attention(q, k, v, enable_gqa=True), (2, 1, 2), (1, 2, 2), (1, 2, 2)),
    ],
    "multi_head_attention_forward": [
        Case(heads_of(), ((2, 2), (6, 2), (6,), (2, 2))),
        Case(heads_of(key_padding_mask=torch.tensor([[False, True]])), ((2, 1, 2), (6, 2), (6,), (2, 2)), flat=True),
        Case(heads_of(attn_mask=torch.tensor([[False, True], [False, False]])), ((2, 2), (6, 2), (6,), (2, 2)), flat=True),
    ],
    "instance_norm": [case(lambda x: F.instance_norm(x), (1, 2, 3))],
    "normalize": [case(lambda x: F.normalize(x), X), case(lambda x: F.normalize(x, 1, 0), X)],
}
LAYERS["lstm"].append(Case(layer_of("lstm", batch_first=True), ((1, 1, 2), (1, 1, 2), (8, 2), (8, 2), (8,))))
LAYERS["gru"].append(Case(layer_of("gru", bidirectional=True), ((2, 1, 1), (2, 1, 1), (3, 1), (3, 1), (3,))))
LAYERS["rnn_tanh"].append(Case(layer_of("rnn_tanh", num_layers=2), ((1, 1, 2), (2, 1, 2), (2, 2), (2, 2), (2,))))

CASES = CELLS | MOVES | ALONG | PRODUCTS | WINDOWS | LAYERS
