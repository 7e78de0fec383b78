"""Which of many rows are shown, and what is said of the choice."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

MOST_ROWS = 8  # of a picture over time beside others


def most_changed(values: np.ndarray, first: int | None = None) -> list[int]:
    """Rows of ``values`` (rows x time) that change the most, :data:`MOST_ROWS` at most and in their order; ``first`` is one of them."""
    if len(values) <= MOST_ROWS:
        return [*range(len(values))]
    change = np.abs(np.diff(np.nan_to_num(values, posinf=0, neginf=0), axis=1, prepend=0.0)).sum(axis=1)
    if first is not None:
        change[first] = np.inf
    return sorted(np.argsort(-change, kind="stable")[:MOST_ROWS].tolist())


def by_time(values: np.ndarray) -> np.ndarray:
    """The order in which rows are the largest, the early ones first."""
    size = np.abs(np.nan_to_num(values, posinf=0, neginf=0))
    when = (size * np.arange(size.shape[1])).sum(axis=1) / np.maximum(size.sum(axis=1), 1e-300)
    return np.argsort(when, kind="stable")


def told(chosen: Sequence[int], many: int, what: str) -> str:
    """What is said of the choice; nothing where all are shown."""
    return f"{len(chosen)} of {many} {what}" if len(chosen) < many else ""
