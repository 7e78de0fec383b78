"""Modules that hold other layers, and layers of which torch has none, or none that hands on one tensor alone."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Self

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class Skip(nn.Module):
    """What comes in, projected or not, is added to what the body makes of it."""

    def __init__(self, body: nn.Module, project: nn.Module | None = None) -> None:
        super().__init__()
        self.body = body
        self.project = project

    def forward(self, x: Tensor) -> Tensor:
        """``x + body(x)``, or ``project(x) + body(x)``."""
        if self.project is None:
            return x + self.body(x)  # type: ignore[no-any-return]
        return self.project(x) + self.body(x)  # type: ignore[no-any-return]


class Dense(nn.Module):
    """What comes in and what the body makes of it stand side by side along an axis, as in a DenseNet."""

    def __init__(self, body: nn.Module, dim: int = -1) -> None:
        super().__init__()
        self.body = body
        self.dim = dim

    def forward(self, x: Tensor) -> Tensor:
        """``[x, body(x)]``."""
        return torch.cat([x, self.body(x)], dim=self.dim)


class Highway(nn.Module):
    """A gate says how much of the body comes through, the rest is what came in."""

    def __init__(self, body: nn.Module, gate: nn.Module) -> None:
        super().__init__()
        self.body = body
        self.gate = gate

    def forward(self, x: Tensor) -> Tensor:
        """``gate·body + (1 − gate)·x``."""
        gate = self.gate(x)
        return gate * self.body(x) + (1 - gate) * x  # type: ignore[no-any-return]


class PositionalEncoding(nn.Module):
    """Adds to every position sines and cosines of it, or numbers that are learnt.

    Source: Vaswani et al., arXiv:1706.03762, 3.5.
    """

    encoding: Tensor

    def __init__(self, d_model: int, max_len: int, base: float = 10000.0, learned: bool = False) -> None:
        super().__init__()
        self.base = base
        if learned:
            self.encoding = nn.Parameter(torch.randn(max_len, d_model))
        else:
            self.register_buffer("encoding", waves(max_len, d_model, base).float(), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        """``x + encoding``."""
        length = x.shape[-2]
        if length > len(self.encoding):
            raise ValueError(f"{length} positions come in, but max_len is {len(self.encoding)}")
        return x + self.encoding[:length]

    def _apply(self, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> Self:
        """Waves have all digits of the dtype that they go to."""
        super()._apply(fn, recurse)  # type: ignore[no-untyped-call]  # torch says nothing of it
        if "encoding" in self._buffers:
            self.encoding = waves(len(self.encoding), self.encoding.shape[1], self.base).to(self.encoding)
        return self


def waves(length: int, d_model: int, base: float) -> Tensor:
    """Sines in even columns, cosines in odd ones; of an odd ``d_model`` the last column is a sine."""
    position, column = torch.arange(length, dtype=torch.float64), torch.arange(0, d_model, 2, dtype=torch.float64)
    angle = position[:, None] * torch.exp(column * (-math.log(base) / d_model))
    return torch.stack([angle.sin(), angle.cos()], dim=-1).flatten(1)[:, :d_model]


class SelfAttention(nn.Module):
    """Self-attention of which each head has queries, keys and values of ``d_k`` numbers; with an output projection or without."""

    def __init__(
        self,
        embed_dim: int,
        heads: int = 1,
        d_k: int | None = None,
        output_projection: bool = True,
        bias: bool = True,
        causal: bool = False,
    ) -> None:
        super().__init__()
        if d_k is None and embed_dim % heads:
            raise ValueError(f"{embed_dim} features cannot be divided among {heads} heads; give d_k")
        self.heads = heads
        self.causal = causal
        self.width = heads * (embed_dim // heads if d_k is None else d_k)
        self.q_proj = nn.Linear(embed_dim, self.width, bias)
        self.k_proj = nn.Linear(embed_dim, self.width, bias)
        self.v_proj = nn.Linear(embed_dim, self.width, bias)
        self.out_proj = nn.Linear(self.width, embed_dim, bias) if output_projection else None

    def forward(self, x: Tensor) -> Tensor:
        """Every position looks at all of them, or with ``causal`` at itself and those before it."""
        q, k, v = self.q_proj(x), self.k_proj(x), self.v_proj(x)
        if self.heads > 1:
            q, k, v = self._apart(q), self._apart(k), self._apart(v)
        z = F.scaled_dot_product_attention(q, k, v, is_causal=self.causal)
        if self.heads > 1:
            z = z.transpose(-3, -2).flatten(-2)
        return z if self.out_proj is None else self.out_proj(z)

    def _apart(self, x: Tensor) -> Tensor:
        """An axis of heads in front of the positions."""
        return x.reshape(*x.shape[:-1], self.heads, -1).transpose(-3, -2)


class MultiheadAttention(nn.MultiheadAttention):
    """Torch's, as self-attention that hands on its output alone."""

    def forward(self, x: Tensor) -> Tensor:  # type: ignore[override]  # one tensor comes in
        """Queries, keys and values are all made of ``x``."""
        return super().forward(x, x, x, need_weights=False)[0]


class _Sequence(nn.Module):
    """Hands on the output of all time steps, not the states after the last one."""

    def forward(self, x: Tensor) -> Tensor:
        """The output sequence."""
        return super().forward(x)[0]  # type: ignore[no-any-return]  # torch's class that comes next has it


class RNN(_Sequence, nn.RNN):  # type: ignore[misc]  # one tensor comes in and goes out
    """Torch's, with the output sequence alone."""

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        nonlinearity: str = "tanh",
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
    ) -> None:
        nn.RNN.__init__(self, input_size, hidden_size, num_layers, nonlinearity, bias, batch_first, dropout, bidirectional)


class LSTM(_Sequence, nn.LSTM):  # type: ignore[misc]  # one tensor comes in and goes out
    """Torch's, with the output sequence alone."""

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        proj_size: int = 0,
    ) -> None:
        nn.LSTM.__init__(self, input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional, proj_size)


class GRU(_Sequence, nn.GRU):  # type: ignore[misc]  # one tensor comes in and goes out
    """Torch's, with the output sequence alone."""

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
    ) -> None:
        nn.GRU.__init__(self, input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional)


class _OneSample(nn.Module):
    """For a sample without a batch axis, which torch's own forward takes for the batch."""

    def forward(self, x: Tensor) -> Tensor:
        """With a batch of one."""
        return super().forward(x[None])[0]  # type: ignore[no-any-return]  # torch's class that comes next has it


def _alone(module: type[nn.Module]) -> type[nn.Module]:
    return type(module.__name__, (_OneSample, module), {"__doc__": "Torch's, for one sample."})


#: Modules that take the first axis for the batch, and what they are where there is none; their names are the same.
ALONE: dict[type[nn.Module], type[nn.Module]] = {
    module: _alone(module) for module in (nn.BatchNorm1d, nn.BatchNorm2d, nn.GroupNorm, nn.PReLU)
}
