"""What a scene is asked to show next."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["opening", "full", "quick", "sweep", "closing"]


@dataclass(frozen=True)
class Beat:
    """Steps ``start`` to ``stop`` (exclusive) in ``frames`` frames.

    ``full`` shows one step term by term, ``quick`` window and result, ``sweep`` many steps. ``phase`` is the chapter, ``say`` the sentence.
    """

    kind: Kind
    start: int
    stop: int
    phase: str
    say: str
    frames: int

    @property
    def name(self) -> str:
        """For example ``quick 7`` or ``sweep 8 to 24``."""
        if self.kind in ("opening", "closing"):
            return self.kind
        return f"{self.kind} {self.start}" if self.stop - self.start == 1 else f"{self.kind} {self.start} to {self.stop - 1}"
