"""What a tensor is, by its name: the one place that says which colour it has."""

from __future__ import annotations

import re

WEIGHTS = {"weight", "weights", "bias", "kernel", "gamma", "beta", "running"}


def role_of(path: str, computed: bool) -> str:
    """Adjoints and slopes are gradients, what is learned or kept is a weight, what is ``computed`` an output, all else an input."""
    words = re.split(r"[_.]", path)
    if path.rpartition(".")[2].startswith(("grad", "slope")):
        return "gradient"
    if computed:
        return "output"
    return "weight" if WEIGHTS & set(words) else "input"
