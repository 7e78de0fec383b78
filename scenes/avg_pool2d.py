"""Average pooling: the mean of every window."""

from __future__ import annotations

from scenes.pooling.forward import PoolReel


class AvgPool2d(PoolReel):
    """The window slides, its numbers are added up and divided, the output fills up."""

    concept = "avg_pool2d"
