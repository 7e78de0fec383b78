"""Parts of traces for tests in which only the steps matter."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from engine.blocks import Blocks
from engine.step import Cell, Step


class Given:
    """A stage whose steps are given."""

    def __init__(self, made: Callable[[int], Step]) -> None:
        self.made = made

    def cut(self, k: int, phase: str, cell: Cell) -> Step:
        return self.made(k)


def steps(made: Callable[[int], Step], phases: Sequence[tuple[str, int]]) -> dict[str, Any]:
    """The stages and blocks of a trace with these steps."""
    blocks, at = Blocks(), 0
    for name, count in phases:
        blocks.box("given", name, (at,), (count,))
        at += count
    return {"stages": {"given": Given(made)}, "blocks": blocks}
