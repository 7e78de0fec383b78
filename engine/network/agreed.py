"""Whether what an act gives is what the model gave."""

from __future__ import annotations

import torch
from torch import Tensor

from engine.code.forward import compared
from engine.reader import largest
from engine.step import Reference


def agreed(name: str, mine: Tensor, theirs: Tensor, scale: float) -> Reference:
    """Compares numbers with those of the model; of the same numbers none is in doubt, as large as those may be that they are made of.

    Models hide by the largest number there is (``torch.finfo(dtype).min`` in a mask), beside which nothing else could be compared.
    """
    if torch.equal(mine, theirs):
        return Reference(name, 0.0, largest(theirs[theirs.isfinite()].double()))
    return compared(name, mine, theirs, scale)
