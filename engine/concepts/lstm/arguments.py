"""What an LSTM is opened with: a sequence, weights from one of three places, and the states before the first step."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields

import torch
from torch import Tensor

from engine import budget
from engine.budget import Cost
from engine.concepts.lstm.step import GATES
from engine.errors import InputError
from engine.inputs.state_dicts import of_one
from engine.sentences import size_text, typed
from engine.shown import bare
from engine.trace import StateDict, TensorLike, floating, together

PER_UNIT = len(GATES)
DEFAULT_HIDDEN_SIZE = 2
#: Seeded weights of layers up to this size are tenths; those of larger ones are smaller, and hundredths.
LARGEST_IN_TENTHS = 4

#: Where an LSTM is too large, a unit counts as much as so many time steps.
WEIGHED = 10

WEIGHTS = ("weight_ih", "weight_hh")
BIASES = ("bias_ih", "bias_hh")


@dataclass(frozen=True, eq=False)
class LstmLayer:
    """One layer of an LSTM and what it reads, in one dtype on one device. Gates are stacked i, f, g, o, as in torch."""

    input: Tensor
    weight_ih: Tensor
    weight_hh: Tensor
    bias_ih: Tensor | None
    bias_hh: Tensor | None
    h0: Tensor
    c0: Tensor

    @property
    def steps(self) -> int:
        """How many time steps there are."""
        return len(self.input)

    @property
    def features(self) -> int:
        """How many numbers there are in a time step."""
        return self.input.shape[1]

    @property
    def units(self) -> int:
        """The hidden size."""
        return self.weight_hh.shape[1]

    @property
    def tensors(self) -> dict[str, Tensor]:
        """What there is, by torch's names."""
        given = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: tensor for name, tensor in given.items() if tensor is not None}

    @property
    def biases(self) -> dict[str, Tensor]:
        """None, one or two, by torch's names."""
        return {name: getattr(self, name) for name in BIASES if getattr(self, name) is not None}


def resolve(
    input: TensorLike,
    weights: Mapping[str, TensorLike | None],
    h0: TensorLike | None,
    c0: TensorLike | None,
    hidden_size: int | None,
    state_dict: StateDict | None,
    seed: int,
) -> LstmLayer:
    """A layer of which all shapes fit.

    Raises :class:`InputError` if they do not, or if the weights come from nowhere or from two places.
    """
    x = sequence("input", input)
    if x.dim() != 2 or 0 in x.shape:
        shape = size_text(x.shape)
        raise InputError(f"input has shape {shape}; give one sequence, time steps x features, such as [[1],[2],[3]]")
    given = {name: floating(name, tensor) for name, tensor in weights.items() if tensor is not None}
    if state_dict is not None:
        if given:
            raise InputError(f"state_dict is given together with {' and '.join(given)}; give one or the other")
        given = trained(state_dict)
    named = given or seeded(x, hidden_size, seed)
    units = _fitting(x, named, hidden_size)
    within_budget("an LSTM", cost, len(x), x.shape[1], units)
    for name, state in (("h0", h0), ("c0", c0)):
        named[name] = x.new_zeros(units) if state is None else state_of(name, state, units)
    same = together({"input": x, **named})
    return LstmLayer(**{field.name: same.get(field.name) for field in fields(LstmLayer)})  # type: ignore[arg-type]  # weights and states are there


def within_budget(what: str, cost: Callable[..., Cost], steps: int, features: int, units: int) -> None:
    """Raises :class:`InputError` if that is not so."""
    words = {"steps": "at most about {} time steps", "units": "a hidden_size of at most about {}", "features": "at most about {} features"}
    sizes = {"steps": steps, "features": features, "units": units}
    largest_first = sorted(sizes, key=lambda name: sizes[name] * (WEIGHED if name == "units" else 1), reverse=True)
    shape = f"{steps:,} time steps, {features:,} features and {units:,} units"
    budget.ask(f"{what} with {shape}", cost, sizes, {(name,): words[name] for name in largest_first})


def cost(steps: int, features: int, units: int) -> Cost:
    """What the way forward takes: a handful of small tensors for every time step, then all of them together."""
    weights = PER_UNIT * units * (features + units)
    return Cost(
        values=steps * (700 + 37 * units + 5 * features) + 5 * weights,
        moved=steps * (100 * units + 10 * features + PER_UNIT * units * units / 4) + 20 * weights,
        products=4 * steps * weights,
        calls=3.5 * steps,
        terms=features + units,
    )


def trained(state_dict: StateDict) -> dict[str, Tensor]:
    """The tensors of a one-layer ``nn.LSTM`` in the state dict of it, or of a module that has one.

    Raises :class:`InputError` for another kind of layer, which has other numbers of rows for each unit.
    """
    prefix, own = of_one(state_dict, ("weight_ih_l0",), "LSTM")
    if "weight_ih_l0" not in own:
        raise InputError(f"state_dict has no weight_ih_l0, but {_few(own)}; give that of an nn.LSTM")
    for sign, what, instead in (
        ("_l0_reverse", "of a bidirectional LSTM", "one direction"),
        ("_l1", "of stacked LSTM layers", "one layer"),
        ("weight_hr_l0", "of an LSTM with a projection", "proj_size=0"),
    ):
        named = [name for name in own if name.endswith(sign)]
        if named:
            raise InputError(f"state_dict is {what} (it has {bare(prefix + named[0])}); give that of nn.LSTM with {instead}")
    if "weight_hh_l0" not in own:
        raise InputError(f"state_dict has {bare(prefix + 'weight_ih_l0')}, but no weight_hh_l0; give that of an nn.LSTM")
    _check_kind(own["weight_hh_l0"], prefix)
    return {name: floating(bare(f"{prefix}{name}_l0"), own[f"{name}_l0"]) for name in (*WEIGHTS, *BIASES) if f"{name}_l0" in own}


def _check_kind(weight_hh: Tensor, prefix: str) -> None:
    rows, units = weight_hh.shape if weight_hh.dim() == 2 else (0, 0)
    for kind, blocks in (("nn.GRU", 3), ("nn.RNN", 1)):
        if units and rows == blocks * units:
            name = bare(f"{prefix}weight_hh_l0")
            raise InputError(
                f"state_dict is of an {kind} ({name} is {rows}x{units}); give that of an nn.LSTM, which has {PER_UNIT * units} rows"
            )


def seeded(x: Tensor, hidden_size: int | None, seed: int) -> dict[str, Tensor]:
    """Weights and biases as torch begins with, uniform in ±1/√hidden_size, but rounded so that they can be followed with a pencil."""
    units = DEFAULT_HIDDEN_SIZE if hidden_size is None else hidden_size
    if units < 1:
        raise InputError(f"hidden_size is {units}; give at least 1")
    within_budget("an LSTM", cost, len(x), x.shape[1], units)
    shapes = {"weight_ih": (PER_UNIT * units, x.shape[1]), "weight_hh": (PER_UNIT * units, units), "bias_ih": (PER_UNIT * units,)}
    shapes["bias_hh"] = shapes["bias_ih"]
    generator = torch.Generator().manual_seed(seed)
    bound, decimals = 1 / math.sqrt(units), 1 if units <= LARGEST_IN_TENTHS else 2

    def drawn(shape: tuple[int, ...]) -> Tensor:
        numbers = (torch.rand(shape, generator=generator, dtype=torch.float64) * 2 - 1) * bound
        # Zero must not come out negative.
        return (numbers.round(decimals=decimals) + 0.0).to(dtype=x.dtype, device=x.device)

    return {name: drawn(shape) for name, shape in shapes.items()}


def _fitting(x: Tensor, named: Mapping[str, Tensor], hidden_size: int | None) -> int:
    """The hidden size that all of them have."""
    missing = [name for name in WEIGHTS if name not in named]
    if missing:
        raise InputError(f"{next(iter(named))} is given without {missing[0]}; give weight_ih and weight_hh, or neither for seeded weights")
    ih, hh = (named[name] for name in WEIGHTS)
    units = hh.shape[-1] if hh.dim() else 0
    if hh.dim() != 2 or tuple(hh.shape) != (PER_UNIT * units, units) or not units:
        raise InputError(f"weight_hh has shape {typed(hh.shape)}; give 4·hidden_size x hidden_size, such as 8x2")
    if hidden_size is not None and hidden_size != units:
        raise InputError(
            f"hidden_size is {hidden_size}, but weight_hh has shape {typed(hh.shape)}; give hidden_size {units}, or leave it out"
        )
    if tuple(ih.shape) != (PER_UNIT * units, x.shape[1]):
        raise InputError(
            f"weight_ih has shape {typed(ih.shape)}, but input has {x.shape[1]} features and weight_hh {units} units; "
            f"give weight_ih of shape {PER_UNIT * units}x{x.shape[1]}"
        )
    for name in BIASES:
        if name in named and tuple(named[name].shape) != (PER_UNIT * units,):
            raise InputError(f"{name} has shape {typed(named[name].shape)}, but there are {units} units; give {PER_UNIT * units} numbers")
    return units


def sequence(name: str, value: TensorLike) -> Tensor:
    """Numbers of every time step; a batch of one sequence, in front or behind the time steps as torch may have it, is that sequence."""
    found = floating(name, value)
    return found.flatten(0, 1) if found.dim() == 3 and 1 in found.shape[:2] else found


def state_of(name: str, state: TensorLike, units: int) -> Tensor:
    """A state before the first time step, or after the last one."""
    values = bare = floating(name, state)
    # torch has axes of layers and of a batch in front.
    while 1 < bare.dim() <= 3 and len(bare) == 1:
        bare = bare[0]
    if tuple(bare.shape) != (units,):
        raise InputError(f"{name} has shape {typed(values.shape)}, but there are {units} hidden units; give {units} numbers")
    return bare


def _few(state_dict: StateDict) -> str:
    names = list(map(str, state_dict))
    return f"{', '.join(map(bare, names[:3]))}{', ...' if len(names) > 3 else ''}" if names else "nothing"
