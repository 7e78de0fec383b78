"""What a tensor on the stage is called."""

from __future__ import annotations

from typing import NamedTuple


class Heading(NamedTuple):
    """Its name, in the colour of its role; above the tensor, or ``beside`` it, at the left."""

    text: str
    role: str
    beside: bool = False

    @property
    def align(self) -> int:
        """What is beside a tensor begins where its room does."""
        return -1 if self.beside else 0
