"""The way back through average pooling."""

from __future__ import annotations

from scenes.pooling.backward import PoolBackwardReel


class AvgPool2dBackward(PoolBackwardReel):
    """The gradient of a window is shared by its cells."""

    concept = "avg_pool2d_backward"
