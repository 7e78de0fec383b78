"""A step of the way back through an LSTM, as plain data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from engine.concepts.lstm.step import CellStep

#: What is computed of a time step, in this order: the gradients of its states, then of the sums in its gates.
TIMED = ("grad_h", "grad_c", "delta_i", "delta_f", "delta_g", "delta_o")
DELTAS = TIMED[2:]
BackwardStageName = Literal[
    "grad_h",
    "grad_c",
    "delta_i",
    "delta_f",
    "delta_g",
    "delta_o",
    "grad_h0",
    "grad_c0",
    "grad_input",
    "grad_weight_ih",
    "grad_weight_hh",
    "grad_bias",
]


@dataclass(frozen=True, kw_only=True)
class LstmBackwardStep(CellStep):
    """One number, the ``cell`` of that of which its stage is."""

    stage: BackwardStageName
    cell: Sequence[int]

    @property
    def is_timed(self) -> bool:
        """Whether it belongs to the way through time; the others add up over time, or over gates."""
        return self.stage in TIMED or self.stage in ("grad_h0", "grad_c0")
