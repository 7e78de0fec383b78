"""The way back through batch normalisation: over the numbers of a channel their gradients lose their mean and their slope."""

from __future__ import annotations

from scenes.norms.backward import NormalizationBackward


class BatchNormBackward(NormalizationBackward):
    """Channel by channel: what is left of the gradients lies level around 0."""

    concept = "batch_norm_backward"
    whose = ("channel",)
    weighted = "channel"
    of_channels = True
