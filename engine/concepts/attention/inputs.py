"""What attention is given: checked, completed, and projected to queries, keys and values where there are projections."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from engine.budget import Cost
from engine.concepts.attention.budget import forward, hidden, within_budget
from engine.concepts.attention.mask import AttentionMask, MaskKind, check_masked, mask_of
from engine.concepts.attention.step import AttentionSizes
from engine.concepts.attention.tokens import EMBED_DIM, Named, TokenNames, embeddings, named_params, names_of, of_both, words_in
from engine.concepts.attention.weights import bias_pair, drawn, trained, with_bias
from engine.errors import InputError
from engine.reader import check_ground
from engine.sentences import typed
from engine.trace import MaskLike, StateDict, TensorLike, floating, largest, together


@dataclass(frozen=True, eq=False)
class AttentionSetup:
    """``inputs`` are the tensors by the names that a trace gives them; ``sources`` says which of them is projected to q, k and v.

    ``q``, ``k`` and ``v`` have an axis of heads. ``labels`` name the queries and the keys; ``spoken`` does so in a sentence.
    """

    inputs: Mapping[str, Tensor]
    sources: tuple[str, str, str]
    q: Tensor
    k: Tensor
    v: Tensor
    mask: AttentionMask | None
    divisor: float
    labels: TokenNames
    spoken: TokenNames
    params: Mapping[str, Any]

    @property
    def projected(self) -> bool:
        """Whether queries, keys and values are computed."""
        return "W_q" in self.inputs

    @property
    def extra(self) -> int:
        """How many of the keys are no keys of the input: one with ``bias_k``, the last."""
        return int("bias_k" in self.inputs)

    @property
    def sizes(self) -> AttentionSizes:
        """How many of everything there are."""
        heads, queries, width = self.q.shape
        masked = () if self.mask is None else self.mask.changed
        made = len(self.inputs["W_o"]) if "W_o" in self.inputs else 0
        return AttentionSizes(queries, self.k.shape[1], heads, width, self.v.shape[2], self.projected, made, masked, self.extra)


def resolve(
    given: Mapping[str, TensorLike | None],
    mask: MaskLike | None,
    mask_kind: MaskKind,
    causal: bool,
    scale: float | None,
    tokens: str | None,
    named: Named,
    heads: int,
    state_dict: StateDict | None,
    bias: tuple[TensorLike | None, TensorLike | None],
    embed_dim: int | None,
    seed: int,
    device: str,
    dtype: str,
) -> AttentionSetup:
    """Checks and completes the arguments, which :func:`engine.concepts.attention.attention.attention` documents.

    ``given`` are query, key and value, ``named`` words for queries and keys, ``bias`` one more key and its value.

    Raises :class:`InputError` for what does not fit together.
    """
    if heads < 1:
        raise InputError(f"heads is {heads}; give at least 1")
    check_ground(device, dtype)
    words = words_in(tokens, given, named)
    weights = {} if state_dict is None else trained(state_dict, heads)
    cost = forward(projections=_projections(words, heads, weights), output=heads > 1, hidden=hidden(mask, causal))
    vectors = _given(given, heads, embed_dim, cost) if words is None else {}
    if words is not None:
        vectors["embeddings"] = embeddings(words, _width(len(words), heads, weights, embed_dim, cost), seed, device, dtype)
    if not weights and (words is not None or heads > 1):
        weights = drawn(next(iter(vectors.values())), heads, seed, output=heads > 1)
    inputs = together({**vectors, **weights, **_learned(bias, weights)})
    sources = ("query", "key", "value") if words is None else ("embeddings",) * 3
    q, k, v = (_split(_project(inputs, source, role), heads) for source, role in zip(sources, "qkv", strict=True))
    check_pairs(q, k, v)
    labels, spoken = names_of(of_both(named, given["key"], words), q.shape[1], k.shape[1], "bias_k" in inputs)
    k, v = _with_learned(k, v, inputs)
    masking, divisor, _ = scored(q, k, mask, mask_kind, causal, scale, int("bias_k" in inputs))
    drawing = {} if words is None else {"tokens": words, "seed": seed}
    params = {"heads": heads, "scale": 1 / divisor, "causal": bool(causal), **drawing, **named_params(*named)}
    if masking is not None:
        inputs["mask"] = masking.shown
        params["mask_kind"] = masking.kind
    return AttentionSetup(inputs, sources, q, k, v, masking, divisor, labels, spoken, params)


def _with_learned(k: Tensor, v: Tensor, inputs: Mapping[str, Tensor]) -> tuple[Tensor, Tensor]:
    """Keys and values with one more, if it is given."""
    if "bias_k" not in inputs:
        return k, v
    return with_bias(k, inputs["bias_k"], "bias_k"), with_bias(v, inputs["bias_v"], "bias_v")


def _projections(words: list[str] | None, heads: int, weights: Mapping[str, Tensor]) -> int:
    """How many matrices of weights there are."""
    return (4 if heads > 1 else 3) if words is not None else 4 if heads > 1 or weights else 0


def _given(given: Mapping[str, TensorLike | None], heads: int, embed_dim: int | None, cost: Callable[..., Cost]) -> dict[str, Tensor]:
    """Query, key and value, which are not too much."""
    if embed_dim is not None:
        raise InputError(f"embed_dim is {embed_dim}, but query has its own width; leave it out, or give tokens")
    vectors = vectors_of(given)
    widest = max(tensor.shape[1] for tensor in vectors.values())
    within_budget("attention", cost, len(vectors["query"]), len(vectors["key"]), widest, heads)
    return vectors


def _width(words: int, heads: int, weights: Mapping[str, Tensor], embed_dim: int | None, cost: Callable[..., Cost]) -> int:
    """How many numbers embeddings have, for which there is room."""
    width = weights["W_q"].shape[1] if weights else max(EMBED_DIM, 2 * heads) if embed_dim is None else embed_dim
    if weights and embed_dim not in (None, width):
        raise InputError(f"embed_dim is {embed_dim}, but state_dict projects {width} numbers; leave embed_dim out")
    if width < 1:
        raise InputError(f"embed_dim is {width}; give at least 1")
    within_budget("attention", cost, words, words, width, heads, own_width=embed_dim is not None or bool(weights))
    return width


def _learned(bias: tuple[TensorLike | None, TensorLike | None], weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """One more key and its value, where they are given."""
    learned = bias_pair(*bias)
    if learned and "bias_k" in weights:
        raise InputError("bias_k is given, and state_dict has one too; leave one of them out")
    return learned


# --- scores ------------------------------------------------------------------------------------------------------------------------------


def check_pairs(q: Tensor, k: Tensor, v: Tensor) -> None:
    """Refuses queries that are not as wide as keys, and keys without a value."""
    if q.shape[-1] != k.shape[-1]:
        raise InputError(f"query has {q.shape[-1]} numbers in a row and key {k.shape[-1]}; they are multiplied, give equally many")
    if k.shape[-2] != v.shape[-2]:
        raise InputError(f"key has {k.shape[-2]} rows and value {v.shape[-2]}; give one value for every key")


def scored(
    q: Tensor, k: Tensor, mask: MaskLike | None, kind: MaskKind, causal: bool, scale: float | None, extra: int
) -> tuple[AttentionMask | None, float, Tensor]:
    """The mask, which leaves the last ``extra`` keys alone, what scores are divided by, and the scores without the mask."""
    masking = mask_of(mask, kind, causal, q.shape[-2], k.shape[-2], q, extra)
    if not bool(torch.isfinite(q.abs() @ k.abs().mT).all()):
        raise InputError(f"the scores overflow: queries go up to {largest(q):.2g}, keys up to {largest(k):.2g}; give smaller numbers")
    divisor = divisor_of(scale, q)
    scores = q @ k.mT / divisor
    check_masked(scores, masking)
    return masking, divisor, scores


def divisor_of(scale: float | None, q: Tensor) -> float:
    """What the scores of such queries are divided by.

    Raises :class:`InputError` for a scale that is no number other than 0 in the dtype of the queries, or whose reciprocal is none.
    """
    if scale is None:
        return math.sqrt(q.shape[-1])
    limits = torch.finfo(q.dtype)
    if not limits.tiny <= abs(scale) <= limits.max or not limits.tiny <= abs(1 / scale) <= limits.max:
        least, most = max(limits.tiny, 1 / limits.max), min(limits.max, 1 / limits.tiny)
        which = f"other than 0, of a size from {least:.2g} to {most:.2g}, such as 1 for scores that are not scaled"
        raise InputError(f"scale is {scale:g}; give a number {which}")
    return 1 / scale


# --- vectors -----------------------------------------------------------------------------------------------------------------------------


def vectors_of(given: Mapping[str, TensorLike | None]) -> dict[str, Tensor]:
    """Query, key and value as matrices of finite numbers; a key that is not given is the query, a value the key."""
    found: dict[str, Tensor] = {}
    last: TensorLike | None = None
    for name, value in given.items():
        last = value if value is not None else last
        if last is None:
            raise InputError(f"{name} is not given; give one row of numbers for every token, such as [[1,0],[0,1]]")
        found[name] = matrix(name, last)
    return together(found)


def matrix(name: str, value: TensorLike) -> Tensor:
    """A matrix of finite numbers."""
    found = floating(name, value)
    if found.dim() != 2 or found.numel() == 0:
        raise InputError(f"{name} has shape {typed(found.shape)}; give one row of numbers for every token, such as [[1,0],[0,1]]")
    wrong = (~torch.isfinite(found)).nonzero()
    if len(wrong):
        row, column = wrong[0].tolist()
        raise InputError(f"{name} holds {found[row, column]:g} at row {row}, column {column}; give finite numbers")
    return found


# --- projections --------------------------------------------------------------------------------------------------------------------------


def _project(inputs: Mapping[str, Tensor], source: str, role: str) -> Tensor:
    x, weight, bias = inputs[source], inputs.get(f"W_{role}"), inputs.get(f"b_{role}")
    if weight is None:
        return x
    if x.shape[1] != weight.shape[1]:
        if source == "embeddings":
            kind = {"q": "queries", "k": "keys", "v": "values"}[role]
            raise InputError(
                f"state_dict projects {kind} of {weight.shape[1]} numbers, but tokens have {x.shape[1]}; give query, key and value instead"
            )
        raise InputError(f"{source} has {x.shape[1]} numbers in a row, but its projection takes {weight.shape[1]}; give as many")
    made = x @ weight.T
    return made if bias is None else made + bias


def _split(vectors: Tensor, heads: int) -> Tensor:
    """With an axis of heads in front."""
    return vectors.reshape(len(vectors), heads, -1).transpose(0, 1)
