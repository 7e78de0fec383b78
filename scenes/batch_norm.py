"""Batch normalisation: the numbers of a channel slide out onto a number line, over the whole batch."""

from __future__ import annotations

from scenes.norms.picture import Normalization


class BatchNorm(Normalization):
    """Channel by channel: the mean goes to 0, the spread to 1."""

    concept = "batch_norm"
    together = (*Normalization.together, "output")  # one weight and one bias for all of a channel
    whose = ("channel",)
