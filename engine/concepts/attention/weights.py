"""The weights of the projections of an attention: drawn at random, or those of a trained module."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from engine.errors import InputError
from engine.inputs.state_dicts import of_one
from engine.sentences import count, typed
from engine.shown import bare
from engine.trace import StateDict, TensorLike, floating

#: What a trained module always has, what it has of projections where keys and values are as wide as queries, or where they are not, and
#: what it may have.
NEEDED = ("out_proj.weight",)
JOINT = ("in_proj_weight",)
SEPARATE = ("q_proj_weight", "k_proj_weight", "v_proj_weight")
OPTIONAL = ("in_proj_bias", "out_proj.bias", "bias_k", "bias_v")

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
    """The weights of an ``nn.MultiheadAttention``; its one input projection, if it is one, split in three.

    With ``kdim`` or ``vdim`` it has three. ``bias_k`` and ``bias_v`` are one more key and its value.
    """
    state_dict = _own(state_dict)
    projections = SEPARATE if any(name in state_dict for name in SEPARATE) else JOINT
    known = (*projections, *NEEDED, *OPTIONAL)
    others = sorted(name for name in state_dict if name not in known)
    missing = [name for name in (*projections, *NEEDED) if name not in state_dict]
    if others or missing:
        what = f"has no {missing[0]}" if missing else f"has {others[0]}, which is not shown here"
        raise InputError(f"state_dict {what}; give that of an nn.MultiheadAttention: {', '.join(known)}")
    given = {name: floating(name, tensor) for name, tensor in state_dict.items()}
    _check_shapes(given, projections)
    for name, tensor in given.items():
        if not bool(torch.isfinite(tensor).all()):
            wrong = tensor[~torch.isfinite(tensor)][0]
            raise InputError(f"{name} holds {wrong:g}; give finite numbers")
    parts = given["in_proj_weight"].chunk(3) if projections == JOINT else [given[name] for name in SEPARATE]
    inner = len(parts[0])
    if inner % heads:
        raise InputError(f"heads is {heads}, which does not divide the {inner} numbers of a query; give a divisor of {inner}")
    found = {f"W_{role}": part for role, part in zip("qkv", parts, strict=True)}
    if "in_proj_bias" in given:
        found |= {f"b_{role}": part for role, part in zip("qkv", given["in_proj_bias"].chunk(3), strict=True)}
    found["W_o"] = given["out_proj.weight"]
    found |= {"b_o": given["out_proj.bias"]} if "out_proj.bias" in given else {}
    return found | bias_pair(given.get("bias_k"), given.get("bias_v"))


def _check_shapes(given: Mapping[str, Tensor], projections: Sequence[str]) -> None:
    """Raises :class:`InputError` for tensors that do not go together."""
    shapes = {name: tuple(tensor.shape) for name, tensor in given.items()}
    first, times = projections[0], 3 if projections == JOINT else 1
    rows, width = shapes[first] if len(shapes[first]) == 2 else (0, 0)
    if not rows or rows % times or not width:
        form = "3·E x E for embeddings of E numbers" if times == 3 else "E x E for queries of E numbers"
        raise InputError(f"{first} has shape {typed(shapes[first])}; give {form}")
    inner = rows // times
    expected: dict[str, tuple[int, ...]] = {"out_proj.weight": (width, inner), "in_proj_bias": (3 * inner,), "out_proj.bias": (width,)}
    expected |= dict.fromkeys(("bias_k", "bias_v"), (1, 1, inner))
    for name in projections[1:]:
        # Keys and values may be of any width.
        expected[name] = (inner, shapes[name][1] if len(shapes[name]) == 2 and shapes[name][1] else 1)
    for name, shape in expected.items():
        if name in shapes and shapes[name] != shape:
            at = f"{first} {typed(shapes[first])}"
            raise InputError(f"{name} has shape {typed(shapes[name])}, but {at} goes with {typed(shape)}; give that")


def bias_pair(bias_k: TensorLike | None, bias_v: TensorLike | None) -> dict[str, Tensor]:
    """One more key and its value as vectors, if they are given."""
    given = {name: value for name, value in (("bias_k", bias_k), ("bias_v", bias_v)) if value is not None}
    if len(given) == 1:
        (name,) = given
        other = "bias_v" if name == "bias_k" else "bias_k"
        raise InputError(f"{name} is given without {other}; a key comes with its value, give both")
    found = {name: floating(name, value) for name, value in given.items()}
    for name, tensor in found.items():
        if not tensor.numel() or tensor.numel() != tensor.shape[-1:].numel():
            raise InputError(f"{name} has shape {typed(tensor.shape)}; give one row of numbers")
        if not bool(torch.isfinite(tensor).all()):
            raise InputError(f"{name} holds {tensor[~torch.isfinite(tensor)][0]:g}; give finite numbers")
    return {name: tensor.flatten() for name, tensor in found.items()}


def with_bias(vectors: Tensor, bias: Tensor, name: str) -> Tensor:
    """The keys, or the values, of each head and behind them that of ``bias``."""
    heads, _, width = vectors.shape
    if len(bias) != heads * width:
        others = "keys" if name == "bias_k" else "values"
        raise InputError(f"{name} has {count(len(bias), 'number')}, but the {others} have {heads * width}; give as many")
    return torch.cat([vectors, bias.reshape(heads, 1, width)], dim=1)


def _own(state_dict: StateDict) -> StateDict:
    """Its own tensors; a module around it may have others, whose names have a dot."""
    _, own = of_one(state_dict, SIGNS, "nn.MultiheadAttention")
    return {bare(str(name)): tensor for name, tensor in own.items() if "." not in name or name.startswith("out_proj.") or own is state_dict}
