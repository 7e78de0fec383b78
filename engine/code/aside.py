"""What torch code computes beside its steps."""

from __future__ import annotations

from contextlib import AbstractContextManager

import torch


def aside() -> AbstractContextManager[None]:
    """What is computed within is taken as it is, without steps: the points of a curve, all that may happen."""
    found: AbstractContextManager[None] = torch._C.DisableTorchFunction()
    return found
