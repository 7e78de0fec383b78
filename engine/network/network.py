"""A network as it is run, wherever it came from: a module, or a function with the modules that it uses."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import nn

from engine.recorder.known import seen


@dataclass(frozen=True, eq=False)
class Network:
    """``call`` is what is called, ``name`` what a heading says; ``module`` is the module that it is, or that it is a method of, if there is
    one; ``file`` is where its code stands, if that is known.
    """

    name: str
    call: Callable[..., Any]
    module: nn.Module | None = None
    file: Path | None = None

    @property
    def modules(self) -> dict[str, nn.Module]:
        """The modules that run: itself under "", or those that a function sees by the names of their variables."""
        found = {name: value for name, value in seen(self.call) if isinstance(value, nn.Module)}
        return {"": next(iter(found.values()))} if len(found) == 1 else found
