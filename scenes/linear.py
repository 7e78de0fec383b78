"""Linear layer: sums under the lens; with an activation each is carried to its curve."""

from __future__ import annotations

from scenes.curve.graphed import Graphed


class Linear(Graphed):
    """Products tick into a sum; the sum goes to the x axis of the activation, rises to its curve, and comes out at the side."""

    concept = "linear"
