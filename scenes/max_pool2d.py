"""Max pooling: the largest number of every window."""

from __future__ import annotations

from scenes.pooling.forward import PoolReel


class MaxPool2d(PoolReel):
    """The window slides, its numbers are compared, the output fills up."""

    concept = "max_pool2d"
