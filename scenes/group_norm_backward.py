"""The way back through group normalisation: the gradients of a group over its normalised numbers."""

from __future__ import annotations

from scenes.norms.backward import NormalizationBackward


class GroupNormBackward(NormalizationBackward):
    """Group by group: dots fall to what is left of the gradients."""

    concept = "group_norm_backward"
    whose = ("sample", "group")
    weighted = "channel"
    of_channels = True
