"""Sequences and layers for an LSTM, and torch's own module over them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from hypothesis import strategies as st
from torch import Tensor

from engine.errors import InputError


@dataclass(frozen=True)
class Case:
    """Arguments of :func:`engine.lstm`; biases and states may be left out."""

    arguments: dict[str, Tensor]

    @property
    def units(self) -> int:
        return self.arguments["weight_hh"].shape[1]

    def module(self) -> torch.nn.LSTM:
        """torch's module with these weights; a bias that is left out is zero."""
        weight = self.arguments["weight_ih"]
        module = torch.nn.LSTM(weight.shape[1], self.units, dtype=weight.dtype)
        with torch.no_grad():
            for name, parameter in module.named_parameters():
                parameter.copy_(self.arguments.get(name.removesuffix("_l0"), torch.zeros(())))
        return module

    def state(self, name: str) -> Tensor:
        """h0 or c0 as torch takes it, with an axis of layers."""
        return self.arguments.get(name, torch.zeros(self.units, dtype=self.arguments["input"].dtype))[None]


def made(steps: int, features: int, units: int, names: set[str], seed: int = 0, dtype: torch.dtype = torch.float64) -> Case:
    """A case with the arguments ``names`` besides input and weights."""
    generator = torch.Generator().manual_seed(seed)
    shapes = {
        "input": (steps, features),
        "weight_ih": (4 * units, features),
        "weight_hh": (4 * units, units),
        "bias_ih": (4 * units,),
        "bias_hh": (4 * units,),
        "h0": (units,),
        "c0": (units,),
    }
    numbers = {name: torch.randn(shape, generator=generator, dtype=dtype) for name, shape in shapes.items()}
    return Case({name: tensor for name, tensor in numbers.items() if name in {"input", "weight_ih", "weight_hh", *names}})


OPTIONAL = ("bias_ih", "bias_hh", "h0", "c0")


@st.composite
def cases(draw: st.DrawFn, most: int = 5) -> Case:
    """Any sizes up to ``most``, any of the optional arguments."""
    sizes = [draw(st.integers(1, most)) for _ in range(3)]
    dtype = draw(st.sampled_from([torch.float64, torch.float64, torch.float32]))
    return made(*sizes, draw(st.sets(st.sampled_from(OPTIONAL))), draw(st.integers(0, 1000)), dtype)  # type: ignore[arg-type]  # three of them


def refusal(function: Callable[..., Any], **arguments: Any) -> str:
    """The sentence with which it refuses."""
    try:
        function(**arguments)
    except InputError as error:
        return str(error)
    raise AssertionError("nothing was refused")
