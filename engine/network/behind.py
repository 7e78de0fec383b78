"""What comes behind the acts of a network: its loss, and the way back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from engine.network.parts import NetworkPart
from engine.play import Act
from engine.step import Reference


@dataclass(frozen=True, eq=False)
class Behind:
    """More ``acts`` and boxes, and what a model's trace says of them; the last ``back`` of the acts go back through these parts."""

    acts: Sequence[Act] = ()
    parts: Sequence[NetworkPart] = ()
    back: Sequence[int] = ()
    params: Mapping[str, Any] = field(default_factory=dict)
    outputs: Mapping[str, Any] = field(default_factory=dict)
    references: Sequence[Reference] = ()
    norms: Mapping[str, float] = field(default_factory=dict)
    opening: str = ""
    closing: str = ""
