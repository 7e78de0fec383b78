"""A softmax on the bench: scores, their exponentials, these as parts of their sum, and the parts as numbers."""

from __future__ import annotations

import numpy as np

from engine.concepts.attention.step import AttentionStep
from engine.numbers import fitting, plain
from scenes.parts.bench import Row
from scenes.parts.desk import WrittenStep

#: The kinds of steps that make it, in their order.
SOFTMAX = ("max", "exp", "sum", "weight")
#: A sum from here on has no decimals.
LONG = 1000


def softmax_rows(
    work: WrittenStep[AttentionStep], ticks: int, done: bool, scores: np.ndarray, exp: np.ndarray, weights: np.ndarray, whole: float
) -> list[Row]:
    """The rows while a step of the softmax has ``ticks`` of its terms; ``whole`` is the sum of all exponentials."""
    kind, column, count = work.step.kind, work.step.column, len(scores)
    at = np.arange(count)
    exps = at < {"max": 0, "exp": column + done}.get(kind, count)
    parts = at < {"sum": ticks, "weight": count}.get(kind, 0)
    shares = at < (column + done if kind == "weight" else 0)
    summed = kind == "weight" or (kind == "sum" and done)
    total = f"Σ {plain(whole, 2) if whole < LONG else fitting(whole, 6)}" if summed else "Σ"
    written = [term[0] for term in work.written.terms]
    return [
        Row("score", "output", scores.tolist(), written if kind == "max" else texts(scores)),
        Row(
            "exp",
            "output",
            exp.tolist(),
            written if kind == "sum" else texts(exp),
            known=exps.tolist(),
            form="bars",
            note="exp(score − max)",
        ),
        Row(total, "output", weights.tolist(), [], known=parts.tolist(), form="stack", note="sum of all exp"),
        Row("weight", "weight", weights.tolist(), texts(weights), known=shares.tolist(), form="bars", note="exp ÷ Σ"),
    ]


def texts(numbers: np.ndarray) -> list[str]:
    """Numbers as they are usually written."""
    return [plain(float(x), 2) for x in numbers]
