"""What attention is given: checked, completed, and projected to queries, keys and values where there are projections."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from engine.concepts.attention.budget import forward, within_budget
from engine.concepts.attention.mask import Mask, MaskKind, check_masked, mask_of
from engine.concepts.attention.step import Sizes
from engine.concepts.attention.weights import bias_pair, drawn, trained, with_bias
from engine.errors import InputError
from engine.reader import check_ground
from engine.shown import shown
from engine.trace import MaskLike, StateDict, TensorLike, floating, largest, together

EMBED_DIM = 4
#: Longer tokens are cut short in sentences.
LONGEST = 14


@dataclass(frozen=True, eq=False)
class Setup:
    """``inputs`` are the tensors by the names that a trace gives them; ``sources`` says which of them is projected to q, k and v.

    ``q``, ``k`` and ``v`` have an axis of heads. ``labels`` name the queries and the keys; ``spoken`` does so in a sentence.
    """

    inputs: Mapping[str, Tensor]
    sources: tuple[str, str, str]
    q: Tensor
    k: Tensor
    v: Tensor
    mask: Mask | None
    divisor: float
    labels: tuple[list[str], list[str]]
    spoken: tuple[list[str], list[str]]
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
    def sizes(self) -> Sizes:
        """How many of everything there are."""
        heads, queries, width = self.q.shape
        masked = () if self.mask is None else self.mask.changed
        made = len(self.inputs["W_o"]) if "W_o" in self.inputs else 0
        return Sizes(queries, self.k.shape[1], heads, width, self.v.shape[2], self.projected, made, masked, self.extra)


def resolve(
    given: Mapping[str, TensorLike | None],
    mask: MaskLike | None,
    mask_kind: MaskKind,
    causal: bool,
    scale: float | None,
    tokens: str | None,
    heads: int,
    state_dict: StateDict | None,
    bias: tuple[TensorLike | None, TensorLike | None],
    embed_dim: int | None,
    seed: int,
    device: str,
    dtype: str,
) -> Setup:
    """Checks and completes the arguments, which :func:`engine.concepts.attention.attention.attention` documents.

    ``given`` are query, key and value, ``bias`` one more key and its value.

    Raises :class:`InputError` for what does not fit together.
    """
    if heads < 1:
        raise InputError(f"heads is {heads}; give at least 1")
    check_ground(device, dtype)
    words = _words(tokens, given)
    weights = None if state_dict is None else trained(state_dict, heads)
    if words is None and embed_dim is not None:
        raise InputError(f"embed_dim is {embed_dim}, but query has its own width; leave it out, or give tokens")
    hidden = 1.0 if mask is not None else 0.5 if causal else 0.0
    if words is None:
        vectors = vectors_of(given)
        cost = forward(projections=0 if heads == 1 and not weights else 4, output=heads > 1, hidden=hidden)
        within_budget("attention", cost, len(vectors["query"]), len(vectors["key"]), _widest(vectors), heads)
    else:
        width = weights["W_q"].shape[1] if weights else max(EMBED_DIM, 2 * heads) if embed_dim is None else embed_dim
        if weights and embed_dim not in (None, width):
            raise InputError(f"embed_dim is {embed_dim}, but state_dict projects {width} numbers; leave embed_dim out")
        if width < 1:
            raise InputError(f"embed_dim is {width}; give at least 1")
        cost = forward(projections=4 if heads > 1 else 3, output=heads > 1, hidden=hidden)
        within_budget("attention", cost, len(words), len(words), width, heads, own_width=embed_dim is not None or weights is not None)
        vectors = {"embeddings": _embeddings(words, width, seed, device, dtype)}
    sources = ("query", "key", "value") if words is None else ("embeddings",) * 3
    if weights is None and (words is not None or heads > 1):
        weights = drawn(next(iter(vectors.values())), heads, seed, output=heads > 1)
    learned = bias_pair(*bias)
    if learned and weights and "bias_k" in weights:
        raise InputError("bias_k is given, and state_dict has one too; leave one of them out")
    inputs = together({**vectors, **(weights or {}), **learned})
    q, k, v = (_split(_project(inputs, source, role), heads) for source, role in zip(sources, "qkv", strict=True))
    if q.shape[2] != k.shape[2]:
        raise InputError(f"query has {q.shape[2]} numbers in a row and key {k.shape[2]}; they are multiplied, give equally many")
    if k.shape[1] != v.shape[1]:
        raise InputError(f"key has {k.shape[1]} rows and value {v.shape[1]}; give one value for every key")
    labels, spoken = _names(words, q.shape[1], k.shape[1])
    if "bias_k" in inputs:
        k, v = with_bias(k, inputs["bias_k"], "bias_k"), with_bias(v, inputs["bias_v"], "bias_v")
        labels, spoken = (labels[0], [*labels[1], "bias"]), (spoken[0], [*spoken[1], "the bias key"])
    masking = mask_of(mask, mask_kind, causal, q.shape[1], k.shape[1], q, int("bias_k" in inputs))
    check_scores(q, k)
    divisor = divisor_of(scale, q)
    check_masked(q @ k.mT / divisor, masking)
    params = {"heads": heads, "scale": 1 / divisor, "causal": bool(causal), **({} if words is None else {"tokens": words, "seed": seed})}
    if masking is not None:
        inputs["mask"] = masking.shown
        params["mask_kind"] = masking.kind
    return Setup(inputs, sources, q, k, v, masking, divisor, labels, spoken, params)


def _widest(vectors: Mapping[str, Tensor]) -> int:
    return max(tensor.shape[1] for tensor in vectors.values())


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
        shape = "x".join(map(str, found.shape)) or "a single number"
        raise InputError(f"{name} has shape {shape}; give one row of numbers for every token, such as [[1,0],[0,1]]")
    wrong = (~torch.isfinite(found)).nonzero()
    if len(wrong):
        row, column = wrong[0].tolist()
        raise InputError(f"{name} holds {found[row, column]:g} at row {row}, column {column}; give finite numbers")
    return found


def check_scores(q: Tensor, k: Tensor) -> None:
    """Refuses numbers whose products are too large."""
    if not bool(torch.isfinite(q.abs() @ k.abs().mT).all()):
        raise InputError(f"the scores overflow: queries go up to {largest(q):.2g}, keys up to {largest(k):.2g}; give smaller numbers")


# --- tokens ------------------------------------------------------------------------------------------------------------------------------


def _words(tokens: str | None, given: Mapping[str, TensorLike | None]) -> list[str] | None:
    if tokens is None:
        if given["query"] is None:
            others = [name for name in ("key", "value") if given[name] is not None]
            raise InputError(f"there is no query{f', only {others[0]}' if others else ''}; give query, or tokens such as 'the cat sat'")
        return None
    named = [name for name, value in given.items() if value is not None]
    if named:
        raise InputError(f"both tokens {shown(_short(tokens))} and {named[0]} are given; give one of them")
    words = tokens.split()
    if not words:
        raise InputError(f"tokens is {shown(tokens)}, which holds no word; give words with spaces between them, such as 'the cat sat'")
    return words


def _short(word: str) -> str:
    return word if len(word) <= LONGEST else f"{word[: LONGEST - 1]}…"


def _names(words: list[str] | None, queries: int, keys: int) -> tuple[tuple[list[str], list[str]], tuple[list[str], list[str]]]:
    if words is not None:
        said = [f"“{_short(word)}”" for word in words]
        return (words, words), (said, said)
    labels = ([f"q{i}" for i in range(queries)], [f"k{j}" for j in range(keys)])
    return labels, ([f"query {i}" for i in range(queries)], [f"key {j}" for j in range(keys)])


def _embeddings(words: list[str], width: int, seed: int, device: str, dtype: str) -> Tensor:
    """A vector of halves from −1 to 1 for every word, the same for the same word."""
    distinct = {word: n for n, word in enumerate(dict.fromkeys(words))}
    generator = torch.Generator().manual_seed(seed)
    table = torch.randint(-2, 3, (len(distinct), width), generator=generator).double() / 2
    return table[[distinct[word] for word in words]].to(device=device, dtype=getattr(torch, dtype))


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
