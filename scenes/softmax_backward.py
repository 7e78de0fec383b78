"""Softmax, backward: shares keep their colour on the way back."""

from __future__ import annotations

from engine.code.step import CodeStep
from scenes.parts.general import General
from scenes.parts.shown import Shown


class SoftmaxBackward(General[CodeStep]):
    """The general picture; what the way forward has made are shares."""

    concept = "softmax_backward"

    def survey(self) -> Shown:
        return Shown(self.trace, "output")
