"""Group normalisation: the numbers of a few channels slide out onto a number line."""

from __future__ import annotations

from scenes.norms.picture import Normalization


class GroupNorm(Normalization):
    """Group by group: the mean goes to 0, the spread to 1."""

    concept = "group_norm"
    whose = ("sample", "group")
