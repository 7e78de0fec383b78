"""What an attention computes, head by head, and how much of it is known."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from engine.concepts.attention.step import AttentionStep
from engine.concepts.attention.strongest import strongest
from scenes.parts.story import Story


class Computed:
    """Tensors with an axis of heads: ``q``, ``k``, ``v``, ``scores``, ``exp``, ``weights``, ``denominators``, ``mixed``."""

    def __init__(self, trace: Story[AttentionStep]) -> None:
        self.sizes, inputs, outputs = trace.sizes, trace.inputs, trace.outputs
        sizes = self.sizes
        names = [("q", "query"), ("k", "key"), ("v", "value")]
        #: Of all heads side by side.
        self.whole = [outputs[role] if sizes.projected else inputs[name] for role, name in names]
        if sizes.extra:
            learned = (inputs["bias_k"], inputs["bias_v"])
            self.whole[1:] = [np.vstack([x, bias]) for x, bias in zip(self.whole[1:], learned, strict=True)]
        self.joined = outputs["heads"] if sizes.output_width else outputs["output"]
        self.q, self.k, self.v, self.mixed = (np.split(x, sizes.heads, axis=1) for x in (*self.whole, self.joined))
        # One head has no axis of its own in a trace.
        shape = (sizes.heads, sizes.queries, sizes.keys)
        self.scores, self.weights, self.exp = (
            outputs[name].reshape(shape) for name in ("raw" if "raw" in outputs else "scores", "weights", "exp")
        )
        self.masked = outputs["scores"].reshape(shape)
        self.denominators = outputs["denominator"].reshape(shape[:2])

    def known(self, values: np.ndarray, count: int, head: int) -> np.ndarray:
        """Of a head's numbers those that are known when ``count`` of all heads are; nan stands for the others."""
        flags = np.arange(values.size).reshape(values.shape) + head * values.size < count
        return np.where(flags, values, np.nan)

    def known_scores(self, head: int, counts: Mapping[str, int]) -> np.ndarray:
        """Scores, those that the mask has reached already with it."""
        scores, masked = self.known(self.scores[head], counts["score"], head), self.sizes.masked
        for cell in masked[: max(0, counts["mask"] - head * len(masked))]:
            scores[cell] = self.masked[head][cell]
        return scores

    def strongest(self, head: int, row: int, count: int, needed: int | None) -> list[int]:
        """The keys with the highest scores of a query, the highest first; one that is ``needed`` takes the last place, if it has none."""
        return strongest(self.masked[head, row], count, needed)

    def winner(self, head: int, row: int) -> int:
        """The key with the highest score of a query."""
        return int(self.masked[head, row].argmax())
