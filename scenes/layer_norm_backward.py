"""The way back through layer normalisation: over the numbers of a sample their gradients lose their mean and their slope."""

from __future__ import annotations

from scenes.norms.backward import NormalizationBackward


class LayerNormBackward(NormalizationBackward):
    """Sample by sample: what is left of the gradients lies level around 0."""

    concept = "layer_norm_backward"
