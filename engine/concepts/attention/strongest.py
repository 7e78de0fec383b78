"""Which of many rows count most, in numpy: it is asked for while frames are drawn, where there is no torch."""

from __future__ import annotations

import numpy as np


def strongest(strength: np.ndarray, count: int, needed: int | None = None) -> list[int]:
    """The places of the ``count`` largest numbers, the largest first; one that is ``needed`` takes the last place, if it has none."""
    found: list[int] = np.argsort(-strength, kind="stable")[:count].tolist()
    return found if needed is None or needed in found else [*found[:-1], needed]


def strengths(*factors: np.ndarray) -> np.ndarray:
    """How much each product counts in a sum, whatever its sign."""
    found: np.ndarray = np.prod(np.abs(factors), axis=0)
    return found
