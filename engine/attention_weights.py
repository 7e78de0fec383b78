"""The weights of the projections of an attention: drawn at random, or those of a trained module."""

from __future__ import annotations

import torch
from torch import Tensor

from engine.errors import InputError
from engine.shown import bare
from engine.state_dicts import of_one
from engine.trace import StateDict, floating

NEEDED = ("in_proj_weight", "out_proj.weight")
OPTIONAL = ("in_proj_bias", "out_proj.bias")

#: What no other module has.
SIGNS = ("in_proj_weight", "q_proj_weight")


def drawn(like: Tensor, heads: int, seed: int, *, output: bool) -> dict[str, Tensor]:
    """Weights that can be followed with a pencil: in every row two numbers are 1 or −1, the others 0, so that scores vary by about 1."""
    width = like.shape[1]
    if width % heads:
        raise InputError(f"heads is {heads}, which does not divide the {width} numbers of an embedding; give a divisor of {width}")
    generator = torch.Generator().manual_seed(seed + 1)

    def weights() -> Tensor:
        order, rows = torch.randperm(width, generator=generator), torch.arange(width)
        signs = torch.randint(0, 2, (2, width), generator=generator).double() * 2 - 1
        found = torch.zeros(width, width, dtype=torch.float64)
        found[rows, order], found[rows, order.roll(1)] = signs
        return found.to(like)

    return {name: weights() for name in ("W_q", "W_k", "W_v", *(["W_o"] if output else []))}


def trained(state_dict: StateDict, heads: int) -> dict[str, Tensor]:
    """The weights of an ``nn.MultiheadAttention``, its one input projection split in three."""
    state_dict = _own(state_dict)
    others = sorted(name for name in state_dict if name not in (*NEEDED, *OPTIONAL))
    missing = [name for name in NEEDED if name not in state_dict]
    if others or missing:
        what = f"has no {missing[0]}" if missing else f"has {others[0]}, which is not shown here"
        raise InputError(f"state_dict {what}; give that of an nn.MultiheadAttention: {', '.join((*NEEDED, *OPTIONAL))}")
    given = {name: floating(name, tensor) for name, tensor in state_dict.items()}
    shapes = {name: tuple(tensor.shape) for name, tensor in given.items()}
    rows, width = shapes["in_proj_weight"] if len(shapes["in_proj_weight"]) == 2 else (0, 0)
    inner = rows // 3
    if not rows or rows % 3 or not width:
        raise InputError(f"in_proj_weight has shape {_times(shapes['in_proj_weight'])}; give 3·E x E for embeddings of E numbers")
    expected = {"out_proj.weight": (width, inner), "in_proj_bias": (rows,), "out_proj.bias": (width,)}
    for name, shape in expected.items():
        if name in shapes and shapes[name] != shape:
            at = _times(shapes["in_proj_weight"])
            raise InputError(f"{name} has shape {_times(shapes[name])}, but in_proj_weight {at} goes with {_times(shape)}; give that")
    for name, tensor in given.items():
        if not bool(torch.isfinite(tensor).all()):
            wrong = tensor[~torch.isfinite(tensor)][0]
            raise InputError(f"{name} holds {wrong:g}; give finite numbers")
    if inner % heads:
        raise InputError(f"heads is {heads}, which does not divide the {inner} numbers of a query; give a divisor of {inner}")
    found = {f"W_{role}": part for role, part in zip("qkv", given["in_proj_weight"].chunk(3), strict=True)}
    if "in_proj_bias" in given:
        found |= {f"b_{role}": part for role, part in zip("qkv", given["in_proj_bias"].chunk(3), strict=True)}
    found["W_o"] = given["out_proj.weight"]
    return found | ({"b_o": given["out_proj.bias"]} if "out_proj.bias" in given else {})


def _own(state_dict: StateDict) -> StateDict:
    """Its own tensors; a module around it may have others, whose names have a dot."""
    _, own = of_one(state_dict, SIGNS, "nn.MultiheadAttention")
    return {bare(str(name)): tensor for name, tensor in own.items() if "." not in name or name.startswith("out_proj.") or own is state_dict}


def _times(shape: tuple[int, ...]) -> str:
    return "x".join(map(str, shape)) or "of a single number"
