"""RMS normalisation: the numbers of a row slide out onto a number line."""

from __future__ import annotations

from scenes.norms.picture import Normalization


class RmsNorm(Normalization):
    """Row by row: the root of the mean square goes to 1."""

    concept = "rms_norm"
    whose = ("row",)
