"""Layers of networks, written as torch code of simpler operations; the comments are what is said of their steps.

As in :mod:`engine.code.simpler`, ``NotImplemented`` says that the operation itself is called.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

#: h, or h and c.
Hidden = tuple[Tensor, ...]
#: Weights of the input and of the state, and their biases.
Weights = Sequence[Tensor | None]
Recurrence = Callable[[Tensor, Hidden, Weights], Hidden]


# --- recurrence --------------------------------------------------------------------------------------------------------------------------


def _lstm(x: Tensor, state: Hidden, weights: Weights) -> Hidden:
    """Forget, let in, let out."""
    h, c = state
    w_ih, w_hh, b_ih, b_hh = weights
    gates = F.linear(x, w_ih, b_ih) + F.linear(h, w_hh, b_hh)  # type: ignore[arg-type]  # of x and of the state before
    into_i, into_f, into_g, into_o = gates.chunk(4, -1)
    i, f, o = torch.sigmoid(into_i), torch.sigmoid(into_f), torch.sigmoid(into_o)
    g = torch.tanh(into_g)  # what may be let in
    c = f * c + i * g  # what is kept, and what is let in
    tanh_c = torch.tanh(c)
    h = o * tanh_c  # what is let out
    return h, c


def _gru(x: Tensor, state: Hidden, weights: Weights) -> Hidden:
    """Reset, propose, mix."""
    (h,) = state
    w_ih, w_hh, b_ih, b_hh = weights
    of_x = F.linear(x, w_ih, b_ih)  # type: ignore[arg-type]  # of x
    of_h = F.linear(h, w_hh, b_hh)  # type: ignore[arg-type]  # of the state before
    (x_r, x_z, x_n), (h_r, h_z, h_n) = of_x.chunk(3, -1), of_h.chunk(3, -1)
    r = torch.sigmoid(x_r + h_r)  # how much of the state is looked at
    z = torch.sigmoid(x_z + h_z)  # how much of the state is kept
    n = torch.tanh(x_n + r * h_n)  # what is proposed
    h = n - z * n + z * h  # the proposal, and what is kept
    return (h,)


def _rnn(apply: Callable[[Tensor], Tensor]) -> Recurrence:
    def cell(x: Tensor, state: Hidden, weights: Weights) -> Hidden:
        (h,) = state
        w_ih, w_hh, b_ih, b_hh = weights
        h = apply(F.linear(x, w_ih, b_ih) + F.linear(h, w_hh, b_hh))  # type: ignore[arg-type]  # of x and of the state before
        return (h,)

    return cell


def _unrolled(cell: Recurrence) -> Callable[..., Any]:
    """All layers, directions and time steps, as torch's functions take them."""

    def layers(
        input: Tensor,
        hx: Any,
        params: Any,
        has_biases: bool,
        num_layers: int,
        dropout: float,
        train: bool,
        bidirectional: bool,
        batch_first: bool = False,
    ) -> Any:
        directions, per = 1 + bool(bidirectional), 4 if has_biases else 2
        is_packed = not isinstance(has_biases, bool)
        if is_packed or (dropout and train) or len(params) != per * num_layers * directions:
            return NotImplemented
        begins = hx if isinstance(hx, tuple | list) else (hx,)
        sequence: Sequence[Tensor] = input.unbind(1 if batch_first else 0)
        last: list[Hidden] = []
        for layer in range(num_layers):
            runs = []
            for direction in range(directions):
                at = layer * directions + direction
                weights = [*params[at * per : (at + 1) * per], None, None][:4]
                outputs, state = _over_time(cell, sequence[:: -1 if direction else 1], tuple(one[at] for one in begins), weights)
                runs.append(outputs[:: -1 if direction else 1])
                last.append(state)
            sequence = [torch.cat(both, -1) for both in zip(*runs, strict=True)] if bidirectional else runs[0]
        return (torch.stack(tuple(sequence), 1 if batch_first else 0), *(torch.stack(one) for one in zip(*last, strict=True)))

    return layers


def _over_time(cell: Recurrence, sequence: Sequence[Tensor], state: Hidden, weights: Weights) -> tuple[list[Tensor], Hidden]:
    outputs = []
    for x in sequence:
        state = cell(x, state, weights)
        outputs.append(state[0])
    return outputs, state


def lstm_cell(input: Tensor, hx: Hidden, w_ih: Tensor, w_hh: Tensor, b_ih: Tensor | None = None, b_hh: Tensor | None = None) -> Hidden:
    """One time step of an LSTM."""
    return _lstm(input, tuple(hx), (w_ih, w_hh, b_ih, b_hh))


def _one(cell: Recurrence) -> Callable[..., Tensor]:
    def step(input: Tensor, hx: Tensor, w_ih: Tensor, w_hh: Tensor, b_ih: Tensor | None = None, b_hh: Tensor | None = None) -> Tensor:
        return cell(input, (hx,), (w_ih, w_hh, b_ih, b_hh))[0]

    return step


# --- attention ---------------------------------------------------------------------------------------------------------------------------


def scaled_dot_product_attention(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attn_mask: Tensor | None = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    scale: float | None = None,
    enable_gqa: bool = False,
) -> Any:
    """Rows of the value, mixed by how well queries fit to keys."""
    if dropout_p:
        return NotImplemented
    if enable_gqa:
        key, value = (one.repeat_interleave(query.shape[-3] // one.shape[-3], -3) for one in (key, value))
    if is_causal:
        attn_mask = torch.ones(query.shape[-2], key.shape[-2], dtype=torch.bool, device=query.device).tril()
    return _mixed(query, key, value, None if attn_mask is None else _additive(attn_mask, allowed=True, like=query), scale)[0]


def _mixed(query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None, scale: float | None = None) -> tuple[Tensor, Tensor]:
    """What every query gets, and the shares."""
    divisor = math.sqrt(query.shape[-1]) if scale is None else 1 / scale
    scores = query @ key.mT / divisor  # how well a query fits to a key
    if mask is not None:
        scores = scores + mask  # the mask hides
    weights = torch.softmax(scores, -1)
    heads = weights @ value  # the values, by their shares
    return heads, weights


def _additive(mask: Tensor, *, allowed: bool, like: Tensor) -> Tensor:
    """A mask as numbers to be added; of truths −∞ where they are not ``allowed``."""
    if mask.dtype is not torch.bool:
        return mask
    hidden = ~mask if allowed else mask
    return torch.zeros(mask.shape, dtype=like.dtype, device=like.device).masked_fill(hidden, -math.inf)


def multi_head_attention_forward(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    embed_dim_to_check: int,
    num_heads: int,
    in_proj_weight: Tensor | None,
    in_proj_bias: Tensor | None,
    bias_k: Tensor | None,
    bias_v: Tensor | None,
    add_zero_attn: bool,
    dropout_p: float,
    out_proj_weight: Tensor,
    out_proj_bias: Tensor | None,
    training: bool = True,
    key_padding_mask: Tensor | None = None,
    need_weights: bool = True,
    attn_mask: Tensor | None = None,
    use_separate_proj_weight: bool = False,
    q_proj_weight: Tensor | None = None,
    k_proj_weight: Tensor | None = None,
    v_proj_weight: Tensor | None = None,
    static_k: Tensor | None = None,
    static_v: Tensor | None = None,
    average_attn_weights: bool = True,
    is_causal: bool = False,
) -> Any:
    """Projections, attention in every head, a projection of all heads."""
    odd = (bias_k, bias_v, static_k, static_v)
    if any(one is not None for one in odd) or add_zero_attn or (training and dropout_p):
        return NotImplemented
    own = (q_proj_weight, k_proj_weight, v_proj_weight)
    q, k, v = _projected((query, key, value), own if use_separate_proj_weight else in_proj_weight, in_proj_bias)
    mask = _mask(query, key, num_heads, attn_mask, key_padding_mask)
    heads, weights = _mixed(_by_head(q, num_heads), _by_head(k, num_heads), _by_head(v, num_heads), mask)
    joined = heads.movedim(-3, -2).flatten(-2)  # (batch, length, embed) or (length, embed)
    output = F.linear(joined.transpose(0, 1) if query.dim() == 3 else joined, out_proj_weight, out_proj_bias)  # all heads together
    if not need_weights:
        return output, None
    return output, weights.mean(-3) if average_attn_weights else weights


def _projected(given: tuple[Tensor, Tensor, Tensor], weight: Any, bias: Tensor | None) -> tuple[Tensor, Tensor, Tensor]:
    """Queries, keys and values; ``weight`` is one of all three, or one of each."""
    query, key, value = given
    w_q, w_k, w_v = weight.chunk(3) if isinstance(weight, Tensor) else weight
    b_q, b_k, b_v = (None,) * 3 if bias is None else bias.chunk(3)
    q = F.linear(query, w_q, b_q)  # queries
    k = F.linear(key, w_k, b_k)  # keys
    v = F.linear(value, w_v, b_v)  # values
    return q, k, v


def _by_head(one: Tensor, num_heads: int) -> Tensor:
    """(length, batch, embed) as (batch, heads, length, width), or the same without a batch."""
    parts = one.reshape(*one.shape[:-1], num_heads, -1)
    return parts.permute(1, 2, 0, 3) if one.dim() == 3 else parts.transpose(0, 1)


def _mask(query: Tensor, key: Tensor, num_heads: int, attn_mask: Tensor | None, key_padding_mask: Tensor | None) -> Tensor | None:
    """Both masks as one that is added to the scores of all heads."""
    found = None
    if attn_mask is not None:
        found = _additive(attn_mask, allowed=False, like=query)
        if found.dim() == 3:
            shape = (query.shape[1], num_heads) if query.dim() == 3 else (num_heads,)
            found = found.reshape(*shape, query.shape[0], key.shape[0])
    if key_padding_mask is not None:
        hidden = _additive(key_padding_mask, allowed=False, like=query)
        hidden = hidden[:, None, None, :] if hidden.dim() == 2 else hidden[None, None, :]
        found = hidden if found is None else found + hidden
    return found


# --- norms -------------------------------------------------------------------------------------------------------------------------------


def instance_norm(
    input: Tensor,
    running_mean: Tensor | None = None,
    running_var: Tensor | None = None,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    use_input_stats: bool = True,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Any:
    """The group norm of every channel by itself."""
    if running_mean is not None or not use_input_stats:
        return NotImplemented
    return F.group_norm(input, input.shape[1], weight, bias, eps)


def normalize(input: Tensor, p: float = 2.0, dim: int = 1, eps: float = 1e-12) -> Tensor:
    """Over its norm."""
    length: Tensor = input.norm(p, dim, keepdim=True).clamp_min(eps)  # how long
    return input / length


OWN: dict[str, Callable[..., Any]] = {
    "lstm": _unrolled(_lstm),
    "gru": _unrolled(_gru),
    "rnn_tanh": _unrolled(_rnn(torch.tanh)),
    "rnn_relu": _unrolled(_rnn(torch.relu)),
    "lstm_cell": lstm_cell,
    "gru_cell": _one(_gru),
    "rnn_tanh_cell": _one(_rnn(torch.tanh)),
    "rnn_relu_cell": _one(_rnn(torch.relu)),
    **{one.__name__: one for one in (scaled_dot_product_attention, multi_head_attention_forward, instance_norm, normalize)},
}
