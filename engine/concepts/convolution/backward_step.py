"""A step of the way back through a convolution, as plain data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from engine.concepts.convolution.step import ConvStep

#: What a step computes a cell of, in the order in which they are computed.
ConvBackwardKind = Literal["bias", "weight", "input"]


@dataclass(frozen=True, kw_only=True)
class ConvBackwardStep(ConvStep):
    """One cell of ``grad_bias``, ``grad_weight`` or ``grad_input``, which is a convolution of its own; ``kind`` says which.

    ``window`` and ``channels`` are those of that convolution: of ``grad_output`` spread out and padded under the turned weights for
    ``grad_input`` (its channels are the filters), of the input under ``grad_output`` for ``grad_weight`` (its channels are the samples), of
    all of ``grad_output`` for ``grad_bias``. ``plane`` is which plane of the result the cell is in: (sample, channel), (filter, channel of
    the filter), or (0, 0). ``sample``, ``filter`` and ``group`` are the first that are read of ``grad_output``.
    """

    kind: ConvBackwardKind
    plane: tuple[int, int]
