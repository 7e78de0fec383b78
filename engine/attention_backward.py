"""The way back through scaled dot-product attention."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from engine import sentences
from engine.attention_backward_step import AttentionGradStep, Backward, BackwardPlan
from engine.attention_inputs import check_scores, divisor_of, matrix, vectors_of
from engine.attention_mask import visible_pairs
from engine.errors import InputError
from engine.numbers import plain, sum_line, written
from engine.step import Cell, Reference
from engine.trace import TensorLike, Trace, compare, concept, largest, together

#: The most instructive first.
LESSONS: tuple[Backward, ...] = ("value", "weight", "row sum", "score", "query", "key")
SPOKEN_TERMS = 4


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class AttentionGradTrace(Trace):
    """Adds what a picture needs: the order of the steps."""

    plan: BackwardPlan


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
    mask: TensorLike | None = None,
    causal: bool = False,
    scale: float | None = None,
) -> AttentionGradTrace:
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
        mask: queries x keys, 1 where a query may look at a key and 0 where it may not.
        causal: no query looks at a later key.
        scale: of the scores; 1 / √width if not given, 1 for none.

    Returns:
        A trace; its outputs are grad_query, grad_key and grad_value, and on the way grad_weights, row_sum and grad_scores. The weights of
        the way forward are among its inputs.

    Raises:
        InputError: shapes or numbers that do not fit together.

    Source: ``torch.autograd`` through ``torch.nn.functional.scaled_dot_product_attention``.
    """
    inputs = together({"grad_output": matrix("grad_output", grad_output), **vectors_of({"query": query, "key": key, "value": value})})
    _check_shapes(inputs)
    _, q, k, v = inputs.values()
    visible = visible_pairs(mask, causal, len(q), len(k), q.device)
    check_scores(q, k)
    divisor = divisor_of(scale, q.shape[1])
    scores = q @ k.T / divisor
    inputs["weights"] = torch.softmax(scores if visible is None else scores.masked_fill(~visible, -torch.inf), dim=1)
    if visible is not None:
        inputs["mask"] = visible.to(q.dtype)
    outputs = _computed(inputs, divisor)
    reference = _checked(inputs, visible, divisor, outputs)
    plan = BackwardPlan(len(q), len(k), q.shape[1], v.shape[1])
    return AttentionGradTrace(
        params={"scale": 1 / divisor, "causal": bool(causal)},
        inputs=inputs,
        outputs=outputs,
        reference=reference,
        length=plan.length,
        cut=_Cutter(plan, inputs, outputs, divisor),
        phases=plan.parts,
        opening="d marks gradients: from dO they go back to values and weights, through the softmax to scores, then to queries and keys.",
        closing=sentences.agreement(sum(outputs[name].numel() for name in ("grad_query", "grad_key", "grad_value")), reference),
        formula=_formula(q.shape[1], scale),
        highlight=plan.first("query") + int(outputs["grad_query"].abs().argmax()),
        lessons=[plan.first(kind) for kind in LESSONS],
        plan=plan,
    )


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
    if q.shape[1] != k.shape[1]:
        raise InputError(f"query has {q.shape[1]} numbers in a row and key {k.shape[1]}; they are multiplied, give equally many")
    if len(k) != len(v):
        raise InputError(f"key has {len(k)} rows and value {len(v)}; give one value for every key")
    if g.shape != (len(q), v.shape[1]):
        shape = "x".join(map(str, g.shape))
        raise InputError(f"grad_output has shape {shape}, but the output of these has {len(q)}x{v.shape[1]}; give that")


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


def _checked(inputs: Mapping[str, Tensor], visible: Tensor | None, divisor: float, outputs: Mapping[str, Tensor]) -> Reference:
    """Compares with autograd: the gradients of the inputs through torch's own attention, those on the way through its softmax."""
    with torch.enable_grad():
        q, k, v = (inputs[name].detach().clone().requires_grad_() for name in ("query", "key", "value"))
        made = F.scaled_dot_product_attention(q[None], k[None], v[None], attn_mask=visible, scale=1 / divisor)[0]
        expected = dict(
            zip(("grad_query", "grad_key", "grad_value"), torch.autograd.grad(made, (q, k, v), inputs["grad_output"]), strict=True)
        )
        scores = torch.einsum("id,jd->ij", q, k) / divisor
        weights = torch.softmax(scores if visible is None else torch.where(visible, scores, -torch.inf), dim=1)
        found = torch.autograd.grad(weights @ v, (weights, scores), inputs["grad_output"])
        expected |= dict(zip(("grad_weights", "grad_scores"), found, strict=True))
    q, k, v = (inputs[name].abs() for name in ("query", "key", "value"))
    size = max(1.0, float((q @ k.T).max()) / abs(divisor))
    arrived = float((inputs["grad_output"].abs() @ v.T).max()) + float(inputs["grad_output"].abs().sum(dim=0).max())
    scale = arrived * size * (1 + len(q) * (largest(q) + largest(k)) / abs(divisor))
    name = "torch.autograd"
    return max((compare(name, outputs[key], expected[key], scale) for key in expected), key=lambda reference: reference.max_abs_error)


class Named(NamedTuple):
    """Cells of a tensor."""

    name: str
    cells: Sequence[Cell]


@dataclass(frozen=True, eq=False)
class _Cutter:
    plan: BackwardPlan
    inputs: Mapping[str, Tensor]
    outputs: Mapping[str, Tensor]
    divisor: float

    def __call__(self, k: int) -> AttentionGradStep:
        kind, row, column = self.plan.place(k)
        made, (one, other), about, divisor = self._parts(kind, row, column)
        target: Cell = (row,) if kind == "row sum" else (row, column)
        a, b = self._numbers(one), self._numbers(other)
        terms = [*zip(a, b, strict=True)]
        if kind == "score":
            terms = [(a[0], b[0]), (a[0], -float(self.outputs["row_sum"][row]))]
        value = float(self.outputs[made][target])
        text = written(terms, value, "sum", divisor)
        reads: dict[str, Sequence[Cell]] = dict([one, other])
        if kind == "score":
            reads["row_sum"] = [(row,)]
        worked = sum_line(text)
        if len(terms) > SPOKEN_TERMS:
            divided = f", divided by {text.divisor}," if text.divisor != "1" else ""
            worked = f"the sum of {sentences.count(len(terms), 'product')}{divided} {text.relation} {text.value}"
        return AttentionGradStep(
            index=k,
            phase=next(name for name, end in self._ends() if k < end),
            reads=reads,
            terms=terms,
            value=value,
            writes={made: [target]},
            formula=sentences.sum_formula(sentences.cell_name(made, target), text),
            say=f"{about}: {worked}.",
            divisor=divisor,
            kind=kind,
            row=row,
            column=column,
        )

    def _ends(self) -> list[tuple[str, int]]:
        at, found = 0, []
        for name, steps in self.plan.parts:
            at += steps
            found.append((name, at))
        return found

    def _parts(self, kind: Backward, row: int, column: int) -> tuple[str, tuple[Named, Named], str, float]:
        """The tensor that is written, the cells of two tensors that are multiplied pair by pair, what is said, the divisor."""
        queries, keys, made = range(self.plan.queries), range(self.plan.keys), range(self.plan.value_width)
        if kind == "value":
            weights, arrived = Named("weights", [(i, row) for i in queries]), Named("grad_output", [(i, column) for i in queries])
            return "grad_value", (weights, arrived), f"Value {row} went into every output by its weight, so its number {column} gets", 1
        if kind == "weight":
            arrived, values = Named("grad_output", [(row, c) for c in made]), Named("value", [(column, c) for c in made])
            about = f"The weight of key {column} in output {row} multiplied value {column}, so its gradient is"
            return "grad_weights", (arrived, values), about, 1
        if kind == "row sum":
            weights, grads = Named("weights", [(row, j) for j in keys]), Named("grad_weights", [(row, j) for j in keys])
            return "row_sum", (weights, grads), f"The weights of query {row} share a sum of 1, so all of them meet here", 1
        if kind == "score":
            weights, grads = Named("weights", [(row, column)]), Named("grad_weights", [(row, column)])
            about = f"Score {row}, {column}: its weight times what its gradient has above the row sum"
            return "grad_scores", (weights, grads), about, 1
        if kind == "query":
            scores, keyed = Named("grad_scores", [(row, j) for j in keys]), Named("key", [(j, column) for j in keys])
            return "grad_query", (scores, keyed), f"Query {row} met every key, so its number {column} gets", self.divisor
        scores, asked = Named("grad_scores", [(i, row) for i in queries]), Named("query", [(i, column) for i in queries])
        return "grad_key", (scores, asked), f"Key {row} met every query, so its number {column} gets", self.divisor

    def _numbers(self, named: Named) -> list[float]:
        name, cells = named
        tensor = self.outputs[name] if name in self.outputs else self.inputs[name]
        return [float(tensor[cell]) for cell in cells]
