"""Layer normalisation: the numbers of a row slide out onto a number line."""

from __future__ import annotations

from scenes.norms.picture import Normalization


class LayerNorm(Normalization):
    """Row by row: the mean goes to 0, the spread to 1."""

    concept = "layer_norm"
