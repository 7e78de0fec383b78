"""The way back through max pooling."""

from __future__ import annotations

from scenes.pooling.backward import PoolBackwardReel


class MaxPool2dBackward(PoolBackwardReel):
    """The gradient of a window goes to the cell that won it."""

    concept = "max_pool2d_backward"
