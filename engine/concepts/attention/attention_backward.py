"""The way back through scaled dot-product attention."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor

from engine import sentences
from engine.concepts.attention.backward_stages import AttentionBackwardStages
from engine.concepts.attention.backward_step import Backward
from engine.concepts.attention.budget import back, hidden, within_budget
from engine.concepts.attention.inputs import check_pairs, matrix, scored, vectors_of
from engine.concepts.attention.mask import AttentionMask
from engine.concepts.attention.tokens import named_params, names_of, of_both
from engine.concepts.attention.weights import bias_pair, with_bias
from engine.errors import InputError
from engine.lessons import MOST_BLOCKS, Lessons, first
from engine.mark import concept
from engine.numbers import plain
from engine.step import Reference
from engine.trace import MaskLike, TensorLike, Trace, compare, largest, together
from engine.words import Words


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class AttentionBackwardTrace(Trace):
    """Adds the names of queries and keys."""

    labels: tuple[Sequence[str], Sequence[str]]


#: The most instructive first.
LESSONS: tuple[Backward, ...] = ("value", "weight", "row sum", "score", "query", "key")


@concept(
    title="Back through attention",
    example={
        "grad_output": "[[1,0],[0,1],[1,-1]]",
        "query": "[[1,0],[0,2],[1,2]]",
        "key": "[[0,1],[1,0],[1,1]]",
        "value": "[[1,0],[1,2],[2,2]]",
    },
    finite=True,
    infinite=("mask",),
)
def attention_backward(
    grad_output: TensorLike,
    query: TensorLike,
    key: TensorLike | None = None,
    value: TensorLike | None = None,
    mask: MaskLike | None = None,
    causal: bool = False,
    scale: float | None = None,
    *,
    mask_kind: Literal["auto", "boolean", "additive"] = "auto",
    bias_k: TensorLike | None = None,
    bias_v: TensorLike | None = None,
    labels: Words | None = None,
    key_labels: Words | None = None,
) -> AttentionBackwardTrace:
    """From the gradient of the output to those of query, key and value, by way of weights and scores.

    With weights = softmax(query · keyᵀ · scale) and output = weights · value:

    grad_value = weightsᵀ · grad_output; grad_weights = grad_output · valueᵀ;
    grad_scores = weights ∗ (grad_weights − row sums of grad_weights ∗ weights);
    grad_query = grad_scores · key · scale; grad_key = grad_scoresᵀ · query · scale

    Args:
        grad_output: the gradient that arrives, queries x width of a value.
        query: queries x width.
        key: keys x width; the query if not given.
        value: keys x width of a value; the key if not given.
        mask: queries x keys; 1 where a query may look at a key and 0 where it may not, or numbers that are added to the scores, -Infinity
            where it may not look.
        causal: no query looks at a later key.
        scale: of the scores; 1 / √width if not given, 1 for none.
        mask_kind: of the mask; 'auto' takes one of 0 and 1 alone, whatever its dtype, for boolean and any other for additive.
        bias_k: one more key, at which every query may look whatever the mask.
        bias_v: the value of that key.
        labels: a word for each query, and where no key is given for each key.
        key_labels: a word for each key.

    Returns:
        A trace; its outputs are grad_query, grad_key and grad_value, and on the way grad_weights, row_sum and grad_scores. The weights of
        the way forward are among its inputs. With bias_k and bias_v these are the last rows of key and value, and their gradients those
        of grad_key and grad_value.

    Raises:
        InputError: shapes or numbers that do not fit together, another number of words than of rows.

    Source: ``torch.autograd`` through ``torch.nn.functional.scaled_dot_product_attention``.
    """
    inputs = together({"grad_output": matrix("grad_output", grad_output), **vectors_of({"query": query, "key": key, "value": value})})
    _check_shapes(inputs)
    learned = bias_pair(bias_k, bias_v)
    names, spoken = names_of(of_both((labels, key_labels), key), len(inputs["query"]), len(inputs["key"]), bool(learned))
    inputs = _with_bias(inputs, learned)
    _, q, k, v = inputs.values()
    within_budget("the way back through attention", back(hidden(mask, causal)), len(q), len(k), max(q.shape[1], v.shape[1]), 1)
    masking, divisor, scores = scored(q, k, mask, mask_kind, causal, scale, int(bool(learned)))
    inputs |= _weighed(scores, masking)
    outputs = _computed(inputs, divisor)
    found, blocks = (stages := AttentionBackwardStages(inputs, outputs, divisor, spoken)).all(), stages.order
    return AttentionBackwardTrace(
        params={"scale": 1 / divisor, "causal": bool(causal), **_kind(masking), **named_params(labels, key_labels)},
        inputs=inputs,
        outputs=outputs,
        reference=(reference := _checked(inputs, masking, divisor, outputs)),
        stages=found,
        blocks=blocks,
        opening="The output’s gradient, dO, goes back: to values and weights, through the softmax, then to queries and keys.",
        closing=sentences.agreement("Queries, keys and values have gradients", reference, noun="gradients"),
        formula=_formula(q.shape[1], scale),
        highlight=blocks.start("query") + int(outputs["grad_query"].abs().argmax()),
        lessons=Lessons(lambda: (first(found[kind], blocks.of(kind, MOST_BLOCKS)) for kind in LESSONS)),
        labels=names,
    )


def _weighed(scores: Tensor, masking: AttentionMask | None) -> dict[str, Tensor]:
    """The weights of the way forward, and the mask where there is one."""
    if masking is None:
        return {"weights": torch.softmax(scores, dim=1)}
    return {"weights": torch.softmax(scores + masking.added, dim=1), "mask": masking.shown}


def _kind(masking: AttentionMask | None) -> dict[str, str]:
    """Which kind of mask there is, if there is one."""
    return {} if masking is None else {"mask_kind": masking.kind}


def _with_bias(inputs: Mapping[str, Tensor], learned: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """One more row of keys and values, if it is given."""
    wide = together({**inputs, **learned})
    for bias, name in zip(learned, ("key", "value"), strict=False):
        wide[name] = with_bias(wide[name][None], wide.pop(bias), bias)[0]
    return wide


def _formula(width: int, scale: float | None) -> str:
    first = "dif V = W^T dif O, quad dif W = dif O V^T, quad dif S = W dot.o (dif W - Sigma)"
    queries, keys = "dif S K", "dif S^T Q"
    if scale is None:
        queries, keys = f"({queries}) / sqrt({width})", f"({keys}) / sqrt({width})"
    elif scale != 1:
        queries, keys = (f"{product} dot {plain(scale)}" for product in (queries, keys))
    return f"{first}, quad dif Q = {queries}, quad dif K = {keys}"


def _check_shapes(inputs: Mapping[str, Tensor]) -> None:
    g, q, k, v = inputs.values()
    check_pairs(q, k, v)
    if g.shape != (len(q), v.shape[1]):
        raise InputError(f"grad_output has shape {sentences.typed(g.shape)}, but the output of these has {len(q)}x{v.shape[1]}; give that")


def _computed(inputs: Mapping[str, Tensor], divisor: float) -> dict[str, Tensor]:
    """All values of all steps, by the formulas that the steps state."""
    g, q, k, v, w = (inputs[name] for name in ("grad_output", "query", "key", "value", "weights"))
    grad_weights = g @ v.T
    row_sum = (grad_weights * w).sum(dim=1)
    grad_scores = w * grad_weights + w * -row_sum[:, None]
    return {
        "grad_value": w.T @ g,
        "grad_weights": grad_weights,
        "row_sum": row_sum,
        "grad_scores": grad_scores,
        "grad_query": grad_scores @ k / divisor,
        "grad_key": grad_scores.T @ q / divisor,
    }


def _checked(inputs: Mapping[str, Tensor], masking: AttentionMask | None, divisor: float, outputs: Mapping[str, Tensor]) -> Reference:
    """Compares with autograd: the gradients of the inputs through torch's own attention, those on the way through its softmax."""
    with torch.enable_grad():
        q, k, v = (inputs[name].detach().clone().requires_grad_() for name in ("query", "key", "value"))
        mask = None if masking is None else masking.for_torch()
        made = F.scaled_dot_product_attention(q[None], k[None], v[None], attn_mask=mask, scale=1 / divisor)[0]
        expected = dict(
            zip(("grad_query", "grad_key", "grad_value"), torch.autograd.grad(made, (q, k, v), inputs["grad_output"]), strict=True)
        )
        scores = torch.einsum("id,jd->ij", q, k) / divisor
        weights = torch.softmax(scores if masking is None else scores + masking.added, dim=1)
        found = torch.autograd.grad(weights @ v, (weights, scores), inputs["grad_output"])
        expected |= dict(zip(("grad_weights", "grad_scores"), found, strict=True))
    q, k, v = (inputs[name].abs() for name in ("query", "key", "value"))
    added = 0.0 if masking is None else masking.reach(inputs["weights"])
    size = max(1.0, float((q @ k.T).max()) / abs(divisor) + added)
    arrived = float((inputs["grad_output"].abs() @ v.T).max()) + float(inputs["grad_output"].abs().sum(dim=0).max())
    products = arrived * size * len(q) * (largest(q) + largest(k))
    # What is too large before it is divided is lost.
    scale = arrived * size + products / abs(divisor) if products < torch.finfo(q.dtype).max else math.inf
    name = "torch.autograd"
    return max((compare(name, outputs[key], expected[key], scale) for key in expected), key=lambda reference: reference.max_abs_error)
