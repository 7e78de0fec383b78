"""The whole of an attention: what is given side by side, and at the end who looked at whom and all that came of it."""

from __future__ import annotations

import numpy as np
from manim import Mobject

from engine.concepts.attention.step import AttentionStep
from scenes.heads.computed import Computed
from scenes.heads.heads import Heads
from scenes.heads.pattern import Pattern
from scenes.heads.product import WordedMatrix, side_by_side
from scenes.heads.roster import Roster, room_for
from scenes.parts.frame import STAGE
from scenes.parts.heading import Heading
from scenes.parts.rooms import columns
from scenes.parts.story import Story
from scenes.parts.theme import Theme

MOST_DIGITS = 8
LARGEST = (1.5, 1.2)  # cells


class Ending:
    """Two pictures: ``open`` shows queries, keys and values, ``end`` all shares and the output."""

    def __init__(self, trace: Story[AttentionStep], computed: Computed, theme: Theme) -> None:
        self.computed, sizes = computed, trace.sizes
        asks, meets = trace.labels
        kinds = [("queries", "query", asks), ("keys", "key", meets), ("values", "value", meets)]
        self.given = side_by_side(
            [
                WordedMatrix(values, Heading(title, role), names, chooses=True)
                for values, (title, role, names) in zip(computed.whole, kinds, strict=True)
            ],
            theme,
            bench=False,
        )
        left, right = columns(STAGE, (1.2, 1), gap=0.4)
        self.pattern: Pattern | None = None
        self.heads: Heads | None = None
        if sizes.heads > 1:
            self.heads = Heads(sizes.heads, sizes.queries, sizes.keys, left, theme, largest=4.0)
        else:
            digits = max(sizes.queries, sizes.keys) <= MOST_DIGITS
            self.pattern = Pattern(
                computed.scores, computed.weights, trace.labels, left, theme, digits=digits, others=computed.masked, largest=LARGEST
            )
        made = trace.outputs["output"]
        self.output = Roster(made, asks, right, Heading("output", "output"), theme, words=room_for(asks), most=LARGEST)

    def parts(self, scenery: str) -> list[Mobject]:
        """From back to front."""
        if scenery == "open":
            return [*self.given]
        shares: list[Mobject] = [part for part in (self.heads, self.pattern) if part is not None]
        return [*shares, self.output]

    def fill(self, scenery: str) -> None:
        """Everything is known."""
        for roster in self.given:
            roster.show(True, roster.window(0))
        self.output.show(True)
        weights = self.computed.weights
        if self.heads is not None:
            self.heads.show([*weights], float(np.quantile(weights, 0.985)) or 1.0, None)
        if self.pattern is not None:
            self.pattern.show(self.computed.masked[0], weights[0])
