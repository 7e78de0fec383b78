"""A step of an LSTM, as plain data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from engine.step import SummedStep

#: What a time step computes, one after the other, for each of its units.
StageName = Literal["i", "f", "g", "o", "c", "tanh_c", "h"]
STAGES: tuple[StageName, ...] = ("i", "f", "g", "o", "c", "tanh_c", "h")
GATES: tuple[StageName, ...] = STAGES[:4]
STAGE_NAMES: dict[str, str] = {
    "i": "input gate",
    "f": "forget gate",
    "g": "candidate",
    "o": "output gate",
    "c": "cell state",
    "tanh_c": "tanh of the cell",
    "h": "hidden state",
}


@dataclass(frozen=True, kw_only=True)
class CellStep(SummedStep):
    """A number of an LSTM, forwards or backwards: ``stage`` says of what; the picture stands at ``time`` and looks at ``unit``."""

    stage: str
    time: int
    unit: int


@dataclass(frozen=True, kw_only=True)
class LstmStep(CellStep):
    """One number of one time step.

    ``parts`` are what the input, the hidden state and the biases add to the sum of a gate; elsewhere it is empty.
    """

    stage: StageName
    parts: Sequence[float] = ()

    @property
    def is_gate(self) -> bool:
        """Whether it is one of the four that read input and hidden state."""
        return self.stage in GATES
