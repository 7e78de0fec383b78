"""The way back through RMS normalisation: the gradients of a row over its normalised numbers."""

from __future__ import annotations

from scenes.norms.backward import NormalizationBackward


class RmsNormBackward(NormalizationBackward):
    """Row by row: dots fall to what is left of the gradients."""

    concept = "rms_norm_backward"
    whose = ("row",)
