"""Activation functions, and where they let a network learn."""

from __future__ import annotations

import math
from typing import Any, Literal, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from engine.code.aside import aside
from engine.errors import InputError
from engine.mark import concept

#: So many points has a curve on each side of 0, up to at least this number.
HALF, REACH = 100, 4.0
#: More layers than this are no longer told apart.
MOST_LAYERS = 50


class Options(NamedTuple):
    """Numbers that some of the functions have."""

    negative_slope: float
    alpha: float
    weight: float


#: Those of torch.
DEFAULTS = Options(0.01, 1.0, 0.25)


def value_of(name: str, input: Tensor, options: Options) -> Tensor:
    """The function, number by number."""
    if name == "step":
        output = torch.heaviside(input.detach(), input.new_ones(()))  # 1 from 0 on, 0 below
    elif name == "relu":
        output = F.relu(input)  # above 0 it stays | from 0 down it becomes 0
    elif name == "leaky_relu":
        output = F.leaky_relu(input, options.negative_slope)  # above 0 it stays | from 0 down times a slope
    elif name == "prelu":
        output = F.prelu(input, input.new_tensor(options.weight))  # above 0 it stays | from 0 down times the weight
    elif name == "elu" and options.alpha == 1:
        output = F.elu(input)  # above 0 it stays | from 0 down it levels off
    elif name == "elu":
        curved = F.elu(input)  # above 0 it stays | from 0 down it levels off
        output = F.leaky_relu(curved, options.alpha)  # above 0 it stays | from 0 down times alpha
    elif name == "sigmoid":
        output = torch.sigmoid(input)  # squeezed between 0 and 1
    elif name == "tanh":
        output = torch.tanh(input)  # squeezed between −1 and 1
    elif name == "gelu":
        output = F.gelu(input)  # times the share of a normal distribution below it
    else:
        output = F.softplus(input)  # a relu with a smooth corner
    return output


def slope_of(name: str, input: Tensor, output: Tensor, options: Options) -> Tensor:
    """The slope of the function, from its value where that tells it; at 0 it is what torch takes."""
    if name == "step":
        slope = output * 0  # 0, since a step is flat everywhere
    elif name == "relu":
        slope = output.sign()  # a straight rise above 0 | flat from 0 down
    elif name in ("leaky_relu", "prelu"):
        below = options.weight if name == "prelu" else options.negative_slope
        slope = torch.where(input > 0, 1.0, torch.full_like(input, below))  # a straight rise above 0 | the factor from 0 down
    elif name == "elu":
        bent = output + options.alpha  # not needed above 0 | the slope from 0 down
        slope = torch.where(input > 0, 1.0, bent)  # a straight rise above 0 | bent from 0 down
    elif name == "sigmoid":
        slope = output - output.square()  # steep in the middle, flat at both ends
    elif name == "tanh":
        slope = 1 - output.square()  # steep in the middle, flat at both ends
    elif name == "gelu":
        share = torch.special.ndtr(input)  # the share of a normal distribution below it
        density = torch.exp(-0.5 * input.square()) / math.sqrt(2 * math.pi)  # how high the normal distribution is there
        slope = share + input * density  # the share itself, and how fast that grows
    else:
        slope = torch.sigmoid(input)  # a smooth step from 0 to 1
    return slope


def reach_of(input: Tensor) -> float:
    """How far a curve has to go on each side of 0."""
    return max(REACH, float(input.detach().abs().max()))


def curve_of(name: str, reach: float, options: Options, input: Tensor) -> Tensor:
    """Numbers side by side, their values, their slopes."""
    with aside():
        x = reach / HALF * torch.arange(-HALF, HALF + 1, dtype=input.dtype, device=input.device)
        y = value_of(name, x, options)
        return torch.stack([x, y, slope_of(name, x, y, options)])


def _autograd(input: Tensor, name: str, *, negative_slope: float, alpha: float, weight: float, depth: int) -> dict[str, Tensor]:
    """torch.nn.functional with autograd"""
    with torch.enable_grad():
        x = input if input.requires_grad else input.clone().requires_grad_()
        if name == "step":
            return {"output": (x >= 0).to(x.dtype), "slope": torch.zeros_like(x).detach()}
        own: dict[str, list[Any]] = {"leaky_relu": [negative_slope], "elu": [alpha], "prelu": [x.new_tensor(weight)]}
        output = getattr(F, name)(x, *own.get(name, []))
        (slope,) = torch.autograd.grad(output.sum(), x, retain_graph=True)
    return {"output": output if input.requires_grad else output.detach(), "slope": slope}


@concept(
    title="Activation function",
    example={"input": "[-2,-1,-0.5,0,0.5,1,2]", "name": "elu"},
    grad="[1,1,1,1,1,1,1]",
    reference=_autograd,
    formula='"output" = f("input"), quad "slope" = f\'("input")',
    result="Each number has value and slope",
)
def activation(
    input: Tensor,
    name: Literal["step", "relu", "leaky_relu", "prelu", "elu", "sigmoid", "tanh", "gelu", "softplus"] = "relu",
    *,
    negative_slope: float = 0.01,
    alpha: float = 1.0,
    weight: float = 0.25,
    depth: int = 0,
) -> dict[str, Tensor]:
    """Every number goes through an activation function, and what comes back is multiplied by its slope there.

    output = f(input), slope = f′(input)

    Args:
        input: any shape.
        name: the function; step is 1 from 0 on, the others are those of torch.nn.functional.
        negative_slope: what leaky_relu multiplies numbers below 0 by.
        alpha: what elu multiplies its values below 0 by.
        weight: what prelu multiplies numbers below 0 by, which a network learns.
        depth: how many layers what comes back goes through; 0 for none.

    Returns:
        A trace; its outputs are output and slope, in the shape of the input, and curve, three rows without steps: numbers side by side,
        their values, their slopes. With depth also best, the largest slope, and chain, what is left of 1 at best after each layer.

    Raises:
        InputError: depth is negative or more than 50.

    Source: ``torch.nn.functional``; at 0 the slopes are torch's choice: 0 for relu, that of the left side for leaky_relu, prelu and elu.
    """
    if not 0 <= depth <= MOST_LAYERS:
        raise InputError(f"depth is {depth}; give a number of layers from 0 to {MOST_LAYERS}")
    options = Options(negative_slope, alpha, weight)
    output = value_of(name, input, options)
    slope = slope_of(name, input, output, options)
    curve = curve_of(name, reach_of(input), options, input)
    found = {"output": output, "slope": slope, "curve": curve}
    if depth:
        best = slope.max()  # the largest slope
        chain = best.expand(depth).cumprod(0)  # what is left after each layer, at best
        found |= {"best": best, "chain": chain}
    return found
