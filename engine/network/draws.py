"""Random numbers that are the same each time, and a user's generators as they were."""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import torch


@contextmanager
def own_draws(seed: int | None = 0) -> Iterator[None]:
    """Puts back torch's, Python's and numpy's generators at the end; within, they begin with the seed, or go on if there is none."""
    before, numpy = random.getstate(), sys.modules.get("numpy")
    others = numpy.random.get_state() if numpy else None
    devices = list(range(torch.cuda.device_count())) if torch.cuda.is_initialized() else []  # type: ignore[no-untyped-call]
    with torch.random.fork_rng(devices):
        try:
            if seed is not None:
                _begin(seed, bool(devices))
            yield
        finally:
            random.setstate(before)
            if numpy:
                numpy.random.set_state(others)


def _begin(seed: int, has_gpu: bool) -> None:
    torch.default_generator.manual_seed(seed)  # torch.manual_seed also seeds a GPU that is used later
    if has_gpu:
        torch.cuda.manual_seed_all(seed)
    random.seed(seed)
    if numpy := sys.modules.get("numpy"):
        numpy.random.seed(seed % 2**32)
