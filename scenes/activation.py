"""Activation functions: the curve above, its slope below, and where learning stops."""

from __future__ import annotations

from scenes.curve.sloped import Sloped


class Activation(Sloped):
    """Numbers go to the x axis and turn into outputs on the curve; then a dot rides over it, its slope a bar."""

    concept = "activation"
