"""Which of many rows are shown, and what is said of the choice."""

from __future__ import annotations

from collections.abc import Sequence

MOST_ROWS = 8  # of a picture over time beside others


def shown(ranked: Sequence[int], order: Sequence[int]) -> list[int]:
    """The first of the rows that are ranked, :data:`MOST_ROWS` at most, in an order."""
    first = {*ranked[:MOST_ROWS]}
    return [row for row in order if row in first]


def told(chosen: Sequence[int], many: int, what: str = "") -> str:
    """What is said of the choice; nothing where all are shown."""
    return f"{len(chosen)} of {many} {what}".strip() if len(chosen) < many else ""
