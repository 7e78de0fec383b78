"""Sides of padding, adaptive pooling, divisors, masks and biases, together with all other arguments, against torch called by itself."""

from __future__ import annotations

import json
import math
import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

import engine
from engine.catalogue import find
from engine.errors import InputError
from engine.inputs.arguments import opened_from
from engine.trace import Trace

TITLE = "padding per side, causal padding, adaptive pooling, divisors, additive masks and biases, compared with torch"
SMALL, LARGE = 150, 2000

MODES = ("zeros", "reflect", "replicate", "circular")
TOLERANCE = {torch.float64: 1e-9, torch.float32: 1e-4}


@dataclass(frozen=True)
class Case:
    """A call, and what torch makes of it by itself: tensors by the names of outputs; ``by_torch`` raises where torch refuses too."""

    concept: str
    arguments: Mapping[str, Any]
    by_torch: Callable[[], Mapping[str, Tensor]]


def cases(count: int, seed: int) -> Iterator[str | None]:
    dice = random.Random(seed)
    kinds = (
        convolution,
        convolution_backward,
        pooling,
        pooling_backward,
        adaptive,
        adaptive_backward,
        attention,
        attention_backward,
        module,
    )
    for n in range(count):
        generator = torch.Generator().manual_seed(dice.randrange(2**31))
        yield fault(kinds[n % len(kinds)](dice, generator), dice)


def fault(case: Case, dice: random.Random) -> str | None:
    """What is wrong with it, if anything: as Python arguments, or as texts of a command line."""
    call = f"{case.concept}({', '.join(f'{name}={shortened(value)}' for name, value in case.arguments.items())})"
    try:
        expected: Mapping[str, Tensor] | None = case.by_torch()
    except (RuntimeError, ValueError):
        expected = None
    try:
        trace = by_texts(case) if can_be_typed(case) and dice.random() < 0.4 else getattr(engine, case.concept)(**case.arguments)
    except InputError as refusal:
        if "\n" in str(refusal):
            return f"{call}: more than one line: {refusal}"
        return None if expected is None else f"{call}: refused: {refusal}"
    except Exception as error:
        return f"{call}: {type(error).__name__}: {error}"
    if expected is None:
        return f"{call}: torch refuses it"
    return differing(call, trace, expected) or stepped(call, trace, dice)


def differing(call: str, trace: Trace, expected: Mapping[str, Tensor]) -> str | None:
    for name, tensor in expected.items():
        found = trace.outputs[name]
        tolerance = TOLERANCE.get(tensor.dtype, 0.0)
        allowed = tolerance * (1 + largest(tensor))
        if not torch.allclose(found.reshape(tensor.shape), tensor, rtol=tolerance, atol=allowed, equal_nan=True):
            return f"{call}: {name} is {found.tolist()}, torch has {tensor.tolist()}"
    return None


def largest(tensor: Tensor) -> float:
    finite = tensor[torch.isfinite(tensor)].abs()
    return float(finite.max()) if finite.numel() else 0.0


def stepped(call: str, trace: Trace, dice: random.Random) -> str | None:
    """Whether a few steps add up to what they write, and speak in one line."""
    tolerance = 1e-9 if trace.dtype == "float64" else 1e-4
    for step in (trace[dice.randrange(len(trace))] for _ in range(5)):
        products = [math.prod(term) for term in step.terms]
        total = max(products) if step.reduce == "max" else sum(products)
        value = (math.exp(total) if step.apply == "exp" else total) / step.divisor
        size = 1 + sum(abs(x) for x in products if math.isfinite(x))
        if value != step.value and not math.isclose(value, step.value, rel_tol=tolerance, abs_tol=tolerance * size):
            return f"{call}: step {step.index} is {step.value}, its terms give {value}"
        if "\n" in step.say or not step.say.endswith(".") or not step.formula:
            return f"{call}: step {step.index} says {step.say!r}"
    return None


def by_texts(case: Case) -> Trace:
    """As from the command line."""
    texts = {name: typed(value) for name, value in case.arguments.items()}
    dtypes = {value.dtype for value in case.arguments.values() if isinstance(value, Tensor) and value.dtype != torch.bool}
    return opened_from(find(case.concept), texts, device="cpu", dtype="float32" if dtypes == {torch.float32} else "float64")


def can_be_typed(case: Case) -> bool:
    """A state dict is a file there, and a boolean tensor is not told from numbers."""
    return "state_dict" not in case.arguments


def typed(value: Any) -> str:
    if isinstance(value, Tensor):
        return json.dumps(value.double().tolist())
    if isinstance(value, list) and any(isinstance(side, list) for side in value):
        pairs = [side if isinstance(side, list) else [side, side] for side in value]
        return ",".join(f"{before}:{after}" for before, after in pairs)
    return json.dumps(value) if isinstance(value, list) else str(value)


def shortened(value: Any) -> str:
    text = repr(value.tolist()) if isinstance(value, Tensor) else "{...}" if isinstance(value, dict) else repr(value)
    return text if len(text) <= 200 else f"{text[:190]}..."


# --- numbers -----------------------------------------------------------------------------------------------------------------------------


def numbers(dice: random.Random, generator: torch.Generator, dtype: torch.dtype, *shape: int) -> Tensor:
    if dice.random() < 0.5:
        return torch.randint(-9, 10, shape, generator=generator).to(dtype)
    return torch.randn(shape, generator=generator, dtype=torch.float64).mul(10 ** dice.randint(-2, 2)).to(dtype)


def any_dtype(dice: random.Random) -> torch.dtype:
    return dice.choice((torch.float64, torch.float64, torch.float32))


def per_axis(dice: random.Random, axes: int, least: int, most: int) -> list[int]:
    return [dice.randint(least, most) for _ in range(axes)]


# --- convolution -------------------------------------------------------------------------------------------------------------------------


def padding_of(dice: random.Random, axes: int, kernel: list[int], dilation: list[int]) -> tuple[Any, list[list[int]]]:
    """A padding as it is given, and the sides that it means."""
    way = dice.choice(("sides", "sides", "sides", "one pair", "mixed", "same", *(("causal",) if axes == 1 else ())))
    totals = [d * (k - 1) for d, k in zip(dilation, kernel, strict=True)]
    if way == "same":
        return way, [[total // 2, total - total // 2] for total in totals]
    if way == "causal":
        return way, [[totals[0], 0]]
    sides = [per_axis(dice, 2, 0, 3) for _ in range(axes)]
    if way == "one pair":
        return [sides[0]], [sides[0]] * axes
    if way == "mixed":
        sides[0] = [sides[0][0]] * 2
        return [sides[0][0], *sides[1:]] if axes > 1 else sides, sides
    return sides, sides


def convolved(dice: random.Random, generator: torch.Generator, axes: int) -> tuple[dict[str, Any], list[list[int]]]:
    """Input, weight and options of a convolution, and the sides of its padding."""
    kernel, dilation = per_axis(dice, axes, 1, 4), per_axis(dice, axes, 1, 3)
    padding, sides = padding_of(dice, axes, kernel, dilation)
    stride = [1] * axes if padding == "same" else per_axis(dice, axes, 1, 3)
    size = [
        max(1, dice.randint(1, 6) + (d * (k - 1) - sum(side)) * (dice.random() < 0.9))
        for k, d, side in zip(kernel, dilation, sides, strict=True)
    ]
    groups, per_group, dtype = dice.choice((1, 1, 2)), dice.randint(1, 2), any_dtype(dice)
    samples = dice.choice(((), (1,), (2,)))
    weight = numbers(dice, generator, dtype, groups * dice.randint(1, 2), per_group, *kernel)
    given = {"input": numbers(dice, generator, dtype, *samples, groups * per_group, *size), "weight": weight, "padding": padding}
    return {**given, "stride": stride, "dilation": dilation, "groups": groups}, sides


def torch_convolution(
    given: Mapping[str, Any], sides: list[list[int]], mode: str, weight: Tensor, bias: Tensor | None, x: Tensor
) -> Tensor:
    axes = len(sides)
    batch = x if x.dim() == axes + 2 else x[None]
    padded = F.pad(batch, [cells for side in reversed(sides) for cells in side], mode="constant" if mode == "zeros" else mode)
    conv: Any = {1: F.conv1d, 2: F.conv2d}[axes]
    output = conv(padded, weight, bias, given["stride"], 0, given["dilation"], given["groups"])
    return output if x.dim() == axes + 2 else output[0]


def convolution(dice: random.Random, generator: torch.Generator) -> Case:
    axes = dice.randint(1, 2)
    given, sides = convolved(dice, generator, axes)
    mode, flip = dice.choice(MODES), dice.random() < 0.3
    bias = numbers(dice, generator, given["weight"].dtype, len(given["weight"])) if dice.random() < 0.4 else None
    weight = given["weight"].flip(list(range(2, 2 + axes))) if flip else given["weight"]
    arguments = {**given, "padding_mode": mode, "flip": flip, **({} if bias is None else {"bias": bias})}
    return Case(f"conv{axes}d", arguments, lambda: {"output": torch_convolution(given, sides, mode, weight, bias, given["input"])})


def convolution_backward(dice: random.Random, generator: torch.Generator) -> Case:
    given, sides = convolved(dice, generator, 2)
    leaves = [given["weight"].clone().requires_grad_(), given["input"].clone().requires_grad_()]
    try:
        output = torch_convolution(given, sides, "zeros", leaves[0], None, leaves[1])
    except RuntimeError:  # a kernel that is too large
        return Case("conv2d_backward", {**given, "grad_output": torch.ones(1, 1)}, refused)
    gradient = numbers(dice, generator, output.dtype, *output.shape)

    def by_torch() -> dict[str, Tensor]:
        found = torch.autograd.grad(output, leaves, gradient)
        return dict(zip(("grad_weight", "grad_input"), found, strict=True))

    return Case("conv2d_backward", {"grad_output": gradient, **given}, by_torch)


def refused() -> Mapping[str, Tensor]:
    raise ValueError


# --- pooling -----------------------------------------------------------------------------------------------------------------------------


def averaged(dice: random.Random, generator: torch.Generator) -> tuple[Tensor, dict[str, Any]]:
    x = numbers(dice, generator, any_dtype(dice), *dice.choice(((1,), (2,), (2, 2))), *per_axis(dice, 2, 1, 7))
    kernel = [dice.randint(1, min(4, n + 1)) for n in x.shape[-2:]]
    options: dict[str, Any] = {
        "kernel_size": kernel,
        "padding": [dice.randint(0, k // 2) for k in kernel],
        "ceil_mode": dice.random() < 0.5,
    }
    if dice.random() < 0.6:
        options["stride"] = per_axis(dice, 2, 1, 3)
    options |= {"count_include_pad": dice.random() < 0.5, "divisor_override": dice.choice((1, 2, 3, 7, 10**6, -1, -4))}
    return x, options


def pooling(dice: random.Random, generator: torch.Generator) -> Case:
    x, options = averaged(dice, generator)
    return Case("avg_pool2d", {"input": x, **options}, lambda: {"output": F.avg_pool2d(x, **options)})


def pooling_backward(dice: random.Random, generator: torch.Generator) -> Case:
    x, options = averaged(dice, generator)
    return back("avg_pool2d_backward", F.avg_pool2d, x, options, dice, generator)


def back(
    concept: str, pool: Callable[..., Tensor], x: Tensor, options: dict[str, Any], dice: random.Random, generator: torch.Generator
) -> Case:
    """The way back through a pooling, by autograd."""
    leaf = x.clone().requires_grad_()
    try:
        output = pool(leaf, **options)
    except RuntimeError:  # a window that is too large
        return Case(concept, {"grad_output": torch.ones(1, 1, 1), "input": x, **options}, refused)
    gradient = numbers(dice, generator, x.dtype, *output.shape)
    by_torch = lambda: {"grad_input": torch.autograd.grad(output, leaf, gradient)[0]}  # noqa: E731
    return Case(concept, {"grad_output": gradient, "input": x, **options}, by_torch)


def wanted(dice: random.Random, generator: torch.Generator) -> tuple[Tensor, int | list[int]]:
    x = numbers(dice, generator, any_dtype(dice), *dice.choice(((1,), (2,), (2, 2))), *per_axis(dice, 2, 1, 11))
    return x, dice.choice((dice.randint(1, 8), per_axis(dice, 2, 1, 13)))


def adaptive(dice: random.Random, generator: torch.Generator) -> Case:
    x, output_size = wanted(dice, generator)
    arguments = {"input": x, "output_size": output_size}
    if dice.random() < 0.5:
        return Case("avg_pool2d", arguments, lambda: {"output": F.adaptive_avg_pool2d(x, output_size)})

    def by_torch() -> dict[str, Tensor]:
        output, indices = F.adaptive_max_pool2d(x, output_size, return_indices=True)
        return {"output": output, "indices": indices}

    return Case("max_pool2d", arguments, by_torch)


def adaptive_backward(dice: random.Random, generator: torch.Generator) -> Case:
    x, output_size = wanted(dice, generator)
    name = dice.choice(("max", "avg"))
    pool = F.adaptive_max_pool2d if name == "max" else F.adaptive_avg_pool2d
    return back(f"{name}_pool2d_backward", pool, x, {"output_size": output_size}, dice, generator)


# --- attention ---------------------------------------------------------------------------------------------------------------------------


def masked(dice: random.Random, generator: torch.Generator, dtype: torch.dtype, queries: int, keys: int) -> tuple[dict[str, Any], Tensor]:
    """Mask and causal as they are given, and what they add to the scores."""
    causal = dice.random() < 0.3
    visible = torch.rand(queries, keys, generator=generator) < 0.7
    visible[:, 0] = True
    kind = dice.choice(("numbers", "numbers", "large", "ones", "boolean", "bool"))
    added = numbers(dice, generator, dtype, queries, keys).clamp(-50, 50).masked_fill(~visible, -math.inf)
    given: dict[str, Any] = {"causal": causal}
    if kind == "large":
        least = dice.choice((-1e9, -1e30, torch.finfo(dtype).min))
        added = torch.zeros(queries, keys, dtype=dtype).masked_fill(~visible, least)
    if kind in ("numbers", "large"):
        given |= {"mask": added, "mask_kind": dice.choice(("auto", "additive"))}
        # Of 0 and 1 alone it would be taken for a boolean one.
        given["mask_kind"] = "additive" if bool(((added == 0) | (added == 1)).all()) else given["mask_kind"]
    elif kind == "ones":
        added = visible.to(dtype)
        given |= {"mask": added, "mask_kind": "additive"}
    else:
        added = torch.zeros(queries, keys, dtype=dtype).masked_fill(~visible, -math.inf)
        given |= {"mask": visible if kind == "bool" else visible.to(dtype), "mask_kind": dice.choice(("auto", "boolean"))}
    return given, added.masked_fill(torch.ones(queries, keys).triu(1).bool(), -math.inf) if causal else added


def attended(dice: random.Random, generator: torch.Generator) -> tuple[dict[str, Any], dict[str, Any], Tensor]:
    """Query, key, value and bias; mask and scale; what is added to the scores, the bias left alone."""
    dtype = any_dtype(dice)
    queries, keys, width, made = per_axis(dice, 4, 1, 5)
    tensors = {
        "query": numbers(dice, generator, dtype, queries, width).clamp(-9, 9),
        "key": numbers(dice, generator, dtype, keys, width).clamp(-9, 9),
        "value": numbers(dice, generator, dtype, keys, made),
    }
    options, added = masked(dice, generator, dtype, queries, keys)
    if dice.random() < 0.5:
        options["scale"] = dice.choice((1.0, 0.3, -0.5))
    if dice.random() < 0.5:
        tensors |= {"bias_k": numbers(dice, generator, dtype, width).clamp(-9, 9), "bias_v": numbers(dice, generator, dtype, made)}
        added = F.pad(added, (0, 1))
    return tensors, options, added


def with_bias(tensors: Mapping[str, Tensor]) -> tuple[Tensor, Tensor]:
    key, value = tensors["key"], tensors["value"]
    if "bias_k" not in tensors:
        return key, value
    return torch.cat([key, tensors["bias_k"][None]]), torch.cat([value, tensors["bias_v"][None]])


def attention(dice: random.Random, generator: torch.Generator) -> Case:
    tensors, options, added = attended(dice, generator)

    def by_torch() -> dict[str, Tensor]:
        key, value = with_bias(tensors)
        output = F.scaled_dot_product_attention(tensors["query"], key, value, attn_mask=added, scale=options.get("scale"))
        return {"output": output}

    return Case("attention", {**tensors, **options}, by_torch)


def attention_backward(dice: random.Random, generator: torch.Generator) -> Case:
    tensors, options, added = attended(dice, generator)
    gradient = numbers(dice, generator, added.dtype, len(tensors["query"]), tensors["value"].shape[1])

    def by_torch() -> dict[str, Tensor]:
        key, value = with_bias(tensors)
        leaves = [x.clone().requires_grad_() for x in (tensors["query"], key, value)]
        output = F.scaled_dot_product_attention(*leaves, attn_mask=added, scale=options.get("scale"))
        return dict(zip(("grad_query", "grad_key", "grad_value"), torch.autograd.grad(output, leaves, gradient), strict=True))

    return Case("attention_backward", {"grad_output": gradient, **tensors, **options}, by_torch)


def module(dice: random.Random, generator: torch.Generator) -> Case:
    """A trained module, with keys and values of any width."""
    dtype, heads = any_dtype(dice), dice.randint(1, 3)
    width, kdim, vdim = heads * dice.randint(1, 3), *per_axis(dice, 2, 1, 7)
    if dice.random() < 0.3:
        kdim = vdim = width
    made = nn.MultiheadAttention(width, heads, bias=dice.random() < 0.6, add_bias_kv=dice.random() < 0.6, kdim=kdim, vdim=vdim, dtype=dtype)
    for parameter in made.parameters():
        parameter.data = torch.randn(parameter.shape, generator=generator, dtype=torch.float64).to(dtype)
    queries, keys = per_axis(dice, 2, 1, 5)
    vectors = [
        torch.randn(n, wide, generator=generator, dtype=torch.float64).to(dtype)
        for n, wide in ((queries, width), (keys, kdim), (keys, vdim))
    ]
    options, added = masked(dice, generator, dtype, queries, keys)

    def by_torch() -> dict[str, Tensor]:
        with torch.no_grad():
            output, weights = made(*vectors, attn_mask=added, average_attn_weights=False)
        return {"output": output, "weights": weights}

    given = dict(zip(("query", "key", "value"), vectors, strict=True))
    return Case("attention", {**given, "heads": heads, "state_dict": made.state_dict(), **options}, by_torch)
