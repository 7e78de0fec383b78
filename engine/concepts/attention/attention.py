"""Attention: scaled dot-product attention and, with projections, multi-head attention."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor

from engine import sentences
from engine.concepts.attention.chosen import highlight, lessons
from engine.concepts.attention.inputs import AttentionSetup, resolve
from engine.concepts.attention.stages import AttentionStages, in_order
from engine.concepts.attention.step import AttentionSizes
from engine.concepts.attention.weights import SEPARATE
from engine.lessons import Lessons
from engine.mark import concept
from engine.numbers import plain
from engine.step import Reference
from engine.trace import MaskLike, StateDict, TensorLike, Trace, compare, largest
from engine.words import Words


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class AttentionTrace(Trace):
    """Adds what a picture needs: how many of everything there are, names of queries and keys, which input each projection reads."""

    sizes: AttentionSizes
    labels: tuple[Sequence[str], Sequence[str]]
    sources: tuple[str, str, str]


@concept(title="Attention", example={"tokens": "the cat sat", "seed": "7"}, finite=True, infinite=("mask", "scores"))
def attention(
    query: TensorLike | None = None,
    key: TensorLike | None = None,
    value: TensorLike | None = None,
    mask: MaskLike | None = None,
    causal: bool = False,
    scale: float | None = None,
    *,
    mask_kind: Literal["auto", "boolean", "additive"] = "auto",
    bias_k: TensorLike | None = None,
    bias_v: TensorLike | None = None,
    tokens: str | None = None,
    labels: Words | None = None,
    key_labels: Words | None = None,
    heads: int = 1,
    state_dict: StateDict | None = None,
    embed_dim: int | None = None,
    seed: int = 0,
    device: str = "cpu",
    dtype: str = "float64",
) -> AttentionTrace:
    """Every query asks all keys how well they match; its output is the mixture of the values in these shares.

    output = softmax(query · keyᵀ · scale) · value

    Rows of scores and weights are queries, columns are keys. The softmax of a row is stable: its maximum is subtracted first. With several
    heads, or the weights of a trained nn.MultiheadAttention, query, key and value are projected first and the heads' outputs afterwards.

    Args:
        query: queries x width.
        key: keys x width; the query if not given.
        value: keys x width of a value; the key if not given.
        mask: queries x keys; 1 where a query may look at a key and 0 where it may not, or numbers that are added to the scores, -Infinity
            where it may not look.
        mask_kind: of the mask; 'auto' takes one of 0 and 1 alone, whatever its dtype, for boolean and any other for additive.
        bias_k: one more key, the last, that is not projected and at which every query may look whatever the mask; as wide as a key.
        bias_v: the value of that key.
        causal: no query looks at a later key.
        scale: of the scores; 1 / √width of a query in one head if not given, 1 for none.
        tokens: words instead of query, key and value; they get embeddings and projections that are drawn at random.
        labels: a word for each query, and where no key is given for each key.
        key_labels: a word for each key.
        heads: attend side by side, each with its share of the width; above 1 with projections.
        state_dict: of a trained nn.MultiheadAttention, whose projections are used; also one with kdim and vdim, or bias_k and bias_v;
            a state dict does not show add_zero_attn, which is left out.
        embed_dim: numbers in the embedding of a token; 4, or twice the number of heads where that is more.
        seed: of what is drawn at random.
        device: of what is drawn at random.
        dtype: of what is drawn at random.

    Returns:
        A trace; its outputs are scores (after scale and mask) and weights, (heads x) queries x keys, and output, queries x width. Others
        are row_max, exp and denominator of each softmax, raw (scores before a mask), and with projections q, k, v and heads.

    Raises:
        InputError: shapes or numbers that do not fit together, a mask that hides a whole row, both tokens and query, another number of
            words than of rows.

    Source: ``torch.nn.functional.scaled_dot_product_attention``, ``torch.nn.MultiheadAttention``; Vaswani et al., arXiv:1706.03762.
    """
    given, words, bias = {"query": query, "key": key, "value": value}, (labels, key_labels), (bias_k, bias_v)
    setup = resolve(given, mask, mask_kind, causal, scale, tokens, words, heads, state_dict, bias, embed_dim, seed, device, dtype)
    blocks, outputs = in_order(setup.sizes), _computed(setup)
    return AttentionTrace(
        params=setup.params,
        inputs=dict(setup.inputs),
        outputs=_squeezed(outputs),
        reference=(reference := _checked(setup, outputs)),
        stages=(stages := AttentionStages(setup, setup.sizes, outputs).all()),
        blocks=blocks,
        opening=_opening(setup),
        closing=sentences.agreement("Every query has its mix of values", reference),
        formula=_formula(setup),
        highlight=highlight(setup, blocks, outputs["weights"]),
        lessons=Lessons(lambda: lessons(setup, stages, blocks, outputs["weights"])),
        sizes=setup.sizes,
        labels=setup.labels,
        sources=setup.sources,
    )


#: Outputs with an axis of heads, which is left out where there is one head.
PER_HEAD = ("scores", "raw", "row_max", "exp", "denominator", "weights")


def _squeezed(outputs: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {name: tensor[0] if name in PER_HEAD and len(tensor) == 1 else tensor for name, tensor in outputs.items()}


def _computed(setup: AttentionSetup) -> dict[str, Tensor]:
    """All values of all steps, by the formulas that the steps state."""
    raw = setup.q @ setup.k.mT / setup.divisor
    scores = raw if setup.mask is None else raw + setup.mask.added
    row_max = scores.amax(dim=-1)
    exp = (scores - row_max[..., None]).exp()
    denominator = exp.sum(dim=-1)
    weights = exp / denominator[..., None]
    mixed = (weights @ setup.v).transpose(0, 1).flatten(1)
    found = {"scores": scores, "row_max": row_max, "exp": exp, "denominator": denominator, "weights": weights, "output": mixed}
    if setup.mask is not None:
        found["raw"] = raw
    if setup.projected:
        given = {"q": setup.q, "k": setup.k[:, : setup.k.shape[1] - setup.extra], "v": setup.v[:, : setup.v.shape[1] - setup.extra]}
        found |= {name: vectors.transpose(0, 1).flatten(1) for name, vectors in given.items()}
    if "W_o" in setup.inputs:
        made = mixed @ setup.inputs["W_o"].T
        found |= {"heads": mixed, "output": made + setup.inputs["b_o"] if "b_o" in setup.inputs else made}
    return found


# --- reference ---------------------------------------------------------------------------------------------------------------------------


def _checked(setup: AttentionSetup, outputs: dict[str, Tensor]) -> Reference:
    """Compares output and weights with torch's; an error of a score counts with the size of the scores."""
    name, output, weights = _torch_output(setup)
    added = 0.0 if setup.mask is None else setup.mask.reach(outputs["weights"])
    size = max(1.0, float((setup.q.abs() @ setup.k.abs().mT).max()) / abs(setup.divisor) + added, *_bounds(setup))
    mixed = largest(setup.v) * size
    made = float(setup.inputs["W_o"].abs().sum(dim=1).max()) * mixed if "W_o" in setup.inputs else mixed
    found = [compare(name, outputs["output"], output, made + size), compare(name, outputs["weights"], weights, size)]
    return max(found, key=lambda reference: reference.max_abs_error)


def _bounds(setup: AttentionSetup) -> list[float]:
    """The largest sums of absolute values in the projections."""
    return [
        float((setup.inputs[source].abs() @ setup.inputs[f"W_{role}"].abs().T).max())
        for source, role in zip(setup.sources, "qkv", strict=True)
        if setup.projected
    ]


def _torch_output(setup: AttentionSetup) -> tuple[str, Tensor, Tensor]:
    """Name, output and weights of torch's own function, from the inputs on."""
    inputs = setup.inputs
    vectors = [inputs[source] for source in setup.sources]
    width = inputs["W_q"].shape[1] if setup.projected else 0
    if "W_o" in inputs and len(inputs["W_q"]) == width:
        output, weights = _multi_head(setup, vectors)
        return "torch.nn.functional.multi_head_attention_forward", output, weights
    if setup.projected:
        vectors = [F.linear(x, inputs[f"W_{role}"], inputs.get(f"b_{role}")) for x, role in zip(vectors, "qkv", strict=True)]
    if "bias_k" in inputs:
        vectors[1:] = [torch.cat([x, inputs[name][None]]) for x, name in zip(vectors[1:], ("bias_k", "bias_v"), strict=True)]
    q, k, v = (torch.stack(x.chunk(len(setup.q), dim=1)) for x in vectors)
    mask = None if setup.mask is None else setup.mask.for_torch()
    mixed = F.scaled_dot_product_attention(q, k, v, attn_mask=mask, scale=1 / setup.divisor)
    weights = torch.softmax(torch.einsum("hid,hjd->hij", q, k) / setup.divisor + (0 if setup.mask is None else setup.mask.added), dim=-1)
    output = torch.cat(list(mixed), dim=1)
    if "W_o" in inputs:
        output = F.linear(output, inputs["W_o"], inputs.get("b_o"))
    return "torch.nn.functional.scaled_dot_product_attention", output, weights


def _multi_head(setup: AttentionSetup, vectors: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
    """torch knows one scale here, 1 / √width; any other is brought into the projection of the queries."""
    inputs, heads = setup.inputs, len(setup.q)
    width = inputs["W_q"].shape[1]
    factor = (width // heads) ** 0.5 / setup.divisor
    mask = None if setup.mask is None else setup.mask.for_torch()[:, : setup.k.shape[1] - setup.extra]
    learned = (inputs[name].reshape(1, 1, -1) if name in inputs else None for name in ("bias_k", "bias_v"))
    biases = [inputs.get(f"b_{role}", inputs["W_q"].new_zeros(width)) for role in "qkv"]
    query, key, value = (x[:, None] for x in vectors)
    projections = (inputs["W_q"] * factor, inputs["W_k"], inputs["W_v"])
    separate = len({weight.shape for weight in projections}) > 1
    output, weights = F.multi_head_attention_forward(
        query,
        key,
        value,
        embed_dim_to_check=width,
        num_heads=heads,
        in_proj_weight=None if separate else torch.cat(projections),
        in_proj_bias=torch.cat([biases[0] * factor, *biases[1:]]),
        bias_k=next(learned),
        bias_v=next(learned),
        add_zero_attn=False,
        dropout_p=0.0,
        out_proj_weight=inputs["W_o"],
        out_proj_bias=inputs.get("b_o"),
        training=False,
        # Here true is what may not be looked at.
        attn_mask=~mask if mask is not None and mask.dtype == torch.bool else mask,
        use_separate_proj_weight=separate,
        **(dict(zip(SEPARATE, projections, strict=True)) if separate else {}),
        average_attn_weights=False,
    )
    assert weights is not None
    return output[:, 0], weights[0]


# --- words -------------------------------------------------------------------------------------------------------------------------------


def _opening(setup: AttentionSetup) -> str:
    sizes = setup.sizes
    what = sentences.count(len(setup.labels[0]), "token") if "embeddings" in setup.inputs else "What is given"
    verb = "becomes" if what.startswith(("1 ", "What")) else "become"
    if setup.projected:
        heads = f" in {sizes.heads} heads" if sizes.heads > 1 else ""
        return f"{what} {verb} queries, keys and values{heads}; softmax turns their scores into weights that mix the values."
    keys = sentences.count(sizes.keys - sizes.extra, "key") + " and a bias" * sizes.extra
    asks = f"{'every' if sizes.queries > 1 else 'the'} query meets {keys}"
    asks = f"In each of {sizes.heads} heads {asks}" if sizes.heads > 1 else asks[0].upper() + asks[1:]
    return f"{asks}; softmax turns scores into weights that mix the values."


def _formula(setup: AttentionSetup) -> str:
    inside = "Q K^T" if setup.divisor == 1 else f"(Q K^T) / {_root(setup)}"
    masked = " + M" if setup.mask is not None else ""
    if len(setup.q) == 1 and "W_o" not in setup.inputs:
        return f'"output" = op("softmax")({inside}{masked}) V'
    small = inside.replace("Q", "Q_h").replace("K", "K_h")
    return f'"head"_h = op("softmax")({small}{masked}) V_h, quad "output" = ["head"_0 dots.c "head"_{len(setup.q) - 1}] W_o^T'


def _root(setup: AttentionSetup) -> str:
    width = setup.q.shape[2]
    return f"sqrt({width})" if setup.divisor == width**0.5 else plain(setup.divisor)
