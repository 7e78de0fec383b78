"""Random configurations of all concepts, with numbers from the smallest to the largest, in both dtypes.

Every outcome is a trace that agrees with torch, which is called here and not by what is tried, or one sentence; where the numbers are
ordinary, it is a trace.
"""

from __future__ import annotations

import math
import random
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

import engine
from engine.errors import InputError
from engine.paths import by_path
from tests.campaign.commands import LONGEST

TITLE = "Random arguments of all concepts with numbers from the smallest to the largest, compared with torch"
SMALL, LARGE = 240, 10_000

TOLERANCE = {torch.float64: 1e-9, torch.float32: 1e-4}
#: What torch gives, and a bound on the numbers that were added up for it.
Expected = Mapping[str, tuple[Tensor, Tensor]]


@dataclass
class Draw:
    """One random configuration: whether its numbers are ordinary, and what draws them."""

    random: random.Random
    dtype: torch.dtype
    tame: bool

    def size(self, most: int, least: int = 1) -> int:
        return self.random.randint(least, most)

    def maybe(self, value: Any, otherwise: Any = None) -> Any:
        return value if self.random.random() < 0.5 else otherwise

    def numbers(self, *shape: int) -> Tensor:
        """Ordinary ones, or of any kind: whole, equal, of one magnitude or of all."""
        generator = torch.Generator().manual_seed(self.random.getrandbits(40))
        ordinary = torch.randn(shape, generator=generator, dtype=torch.float64)
        most = 300 if self.dtype == torch.float64 else 36
        kind = self.random.choice(["ordinary", "whole"] if self.tame else ["ordinary", "whole", "zero", "one size", "all sizes", "ends"])
        if kind == "whole":
            ordinary = torch.randint(-9, 10, shape, generator=generator).double()
        elif kind == "zero":
            ordinary = ordinary * (torch.rand(shape, generator=generator) < 0.2)
        elif kind == "one size":
            ordinary = ordinary * 10.0 ** self.random.randint(-most, most)
        elif kind == "all sizes":
            ordinary = ordinary * 10.0 ** torch.randint(-most, most, shape, generator=generator).double()
        elif kind == "ends":
            info = torch.finfo(self.dtype)
            ends = torch.tensor([info.max, -info.max, info.tiny, info.smallest_normal * info.eps, 0.0, 1.0], dtype=torch.float64)
            ordinary = ends[torch.randint(0, len(ends), shape, generator=generator)]
        return ordinary.to(self.dtype)


# --- what torch makes of it --------------------------------------------------------------------------------------------------------------


def conv(draw: Draw, axes: int) -> tuple[dict[str, Any], Callable[[], Expected]]:
    groups = draw.random.choice([1, 1, 2])
    channels, filters = groups * draw.size(2), groups * draw.size(2)
    kernel = [draw.size(3) for _ in range(axes)]
    options = {"stride": draw.size(2), "padding": draw.size(2, 0), "dilation": draw.size(2)}
    size = [options["dilation"] * (k - 1) + draw.size(3) for k in kernel]
    x, w = draw.numbers(draw.size(2), channels, *size), draw.numbers(filters, channels // groups, *kernel)
    b = draw.maybe(draw.numbers(filters))
    function: Any = {1: F.conv1d, 2: F.conv2d}[axes]

    def expected() -> Expected:
        bound = function(x.abs(), w.abs(), None if b is None else b.abs(), **options, groups=groups)
        return {"output": (function(x, w, b, **options, groups=groups), bound)}

    return {"input": x, "weight": w, "bias": b, **options, "groups": groups}, expected


def conv2d_backward(draw: Draw) -> tuple[dict[str, Any], Callable[[], Expected]]:
    arguments, _ = conv(draw, 2)
    arguments.pop("bias")
    x, w = arguments["input"], arguments["weight"]
    options = {name: arguments[name] for name in ("stride", "padding", "dilation", "groups")}
    g = draw.numbers(*F.conv2d(x, w, None, **options).shape)

    def gradients(x: Tensor, w: Tensor, g: Tensor) -> dict[str, Tensor]:
        x, w, b = x.clone().requires_grad_(), w.clone().requires_grad_(), torch.zeros(len(w), dtype=x.dtype).requires_grad_()
        found = torch.autograd.grad(F.conv2d(x, w, b, **options), (x, w, b), g)
        return dict(zip(("grad_input", "grad_weight", "grad_bias"), found, strict=True))

    def expected() -> Expected:
        return paired(gradients(x, w, g), gradients(x.abs(), w.abs(), g.abs()))

    return {"grad_output": g, **arguments}, expected


def paired(values: Mapping[str, Tensor], bounds: Mapping[str, Tensor]) -> Expected:
    return {name: (value, bounds[name]) for name, value in values.items()}


def pool(draw: Draw, name: str) -> tuple[dict[str, Any], Callable[[], Expected]]:
    kernel = draw.size(3)
    options: dict[str, Any] = {"kernel_size": kernel, "stride": draw.size(3), "padding": draw.size(kernel // 2, 0)}
    largest = name.startswith("max")
    if largest:
        options["dilation"] = draw.size(2)
    else:
        options["count_include_pad"] = draw.maybe(True, False)
    options["ceil_mode"] = draw.maybe(True, False)
    x = draw.numbers(draw.size(2), draw.size(2), *(options.get("dilation", 1) * (kernel - 1) + draw.size(4) for _ in range(2)))
    function: Any = F.max_pool2d if largest else F.avg_pool2d
    back = name.endswith("_backward")
    g = draw.numbers(*function(x, **options).shape) if back else None

    def gradient(g: Tensor) -> Tensor:
        leaf = x.clone().requires_grad_()
        return torch.autograd.grad(function(leaf, **options), leaf, g)[0]

    def expected() -> Expected:
        if g is not None:
            return {"grad_input": (gradient(g), gradient(g.abs()))}
        return {"output": (function(x, **options), F.avg_pool2d(x.abs(), kernel, 1).max() * kernel**2 if not largest else x.abs().max())}

    return ({"grad_output": g} if back else {}) | {"input": x, **options}, expected


def attention(draw: Draw) -> tuple[dict[str, Any], Callable[[], Expected]]:
    arguments, visible = queries(draw)
    q, k, v, scale = (arguments[name] for name in ("query", "key", "value", "scale"))

    def expected() -> Expected:
        width = math.sqrt(q.shape[1])
        size = 1 + (q.abs() @ k.abs().T).max() * (1 / width if scale is None else abs(scale))
        made = F.scaled_dot_product_attention(q[None], k[None], v[None], attn_mask=visible, scale=scale)[0]
        return {"output": (made, size * v.abs().max())}

    return arguments, expected


def queries(draw: Draw) -> tuple[dict[str, Any], Tensor | None]:
    rows, keys, width, made = draw.size(4), draw.size(4), draw.size(3), draw.size(3)
    mask = draw.maybe(torch.rand(rows, keys, generator=torch.Generator().manual_seed(draw.random.getrandbits(40))) < 0.6)
    if mask is not None:
        mask[:, 0] = True
    scale = draw.random.choice([None, 1.0, 0.5] if draw.tame else [None, 1.0, 1e300, 1e-300, 5e-324, -2.0, 1e38])
    found = {"query": draw.numbers(rows, width), "key": draw.numbers(keys, width), "value": draw.numbers(keys, made)}
    return {**found, "mask": mask, "scale": scale}, mask


def attention_backward(draw: Draw) -> tuple[dict[str, Any], Callable[[], Expected]]:
    arguments, visible = queries(draw)
    q, k, v, scale = (arguments[name] for name in ("query", "key", "value", "scale"))
    g = draw.numbers(len(q), v.shape[1])

    def expected() -> Expected:
        leaves = [tensor.clone().requires_grad_() for tensor in (q, k, v)]
        a, b, c = leaves
        made = F.scaled_dot_product_attention(a[None], b[None], c[None], attn_mask=visible, scale=scale)[0]
        factor = 1 / math.sqrt(q.shape[1]) if scale is None else abs(scale)
        tiny = torch.finfo(q.dtype).tiny
        size = 1 + (q.abs() @ k.abs().T).max() * factor
        arrived = (g.abs() @ v.abs().T).max().clamp(min=tiny) * size * len(q) * 4
        bounds = (arrived * k.abs().max() * factor, arrived * q.abs().max() * factor, g.abs().sum(0).max() * size)
        names = ("grad_query", "grad_key", "grad_value")
        return dict(zip(names, zip(torch.autograd.grad(made, leaves, g), bounds, strict=True), strict=True))

    return {"grad_output": g, **arguments}, expected


def layer(draw: Draw) -> dict[str, Any]:
    steps, features, units = draw.size(4), draw.size(3), draw.size(3)
    found = {"input": draw.numbers(steps, features), "weight_ih": draw.numbers(4 * units, features)}
    found |= {"weight_hh": draw.numbers(4 * units, units), "bias_ih": draw.numbers(4 * units), "bias_hh": draw.numbers(4 * units)}
    return found | {"h0": draw.numbers(units), "c0": draw.numbers(units)}


def module(arguments: Mapping[str, Any]) -> tuple[torch.nn.LSTM, tuple[Tensor, Tensor]]:
    w = arguments["weight_ih"]
    found = torch.nn.LSTM(w.shape[1], len(w) // 4, dtype=w.dtype)
    found.load_state_dict({f"{name}_l0": arguments[name] for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")})
    return found, (arguments["h0"][None], arguments["c0"][None])


def lstm(draw: Draw) -> tuple[dict[str, Any], Callable[[], Expected]]:
    arguments = layer(draw)

    def expected() -> Expected:
        # With large weights the last bit of an early state grows into another sequence: only the first state is a matter of one step.
        made, states = module(arguments)
        output, _ = made(arguments["input"], states)
        found = {"output": (output.detach(), torch.ones(()))} if draw.tame else {}
        first, second = made(arguments["input"][:1], states)[1]
        size = {name: tensor.double().abs() for name, tensor in arguments.items()}
        bound = 1 + size["bias_ih"].sum() + size["bias_hh"].sum() + size["c0"].max()
        bound += size["input"].max() * size["weight_ih"].sum(1).max() + size["h0"].max() * size["weight_hh"].sum(1).max()
        return {**found, "h": (first.detach(), bound), "c": (second.detach(), bound)}

    return arguments, expected


def lstm_backward(draw: Draw) -> tuple[dict[str, Any], Callable[[], Expected]]:
    arguments = layer(draw)
    g = draw.numbers(len(arguments["input"]), len(arguments["h0"]))

    def expected() -> Expected:
        if not draw.tame:
            return {}
        made, states = module(arguments)
        x = arguments["input"].clone().requires_grad_()
        output, _ = made(x, states)
        weights = dict(made.named_parameters())
        found = torch.autograd.grad(output, (x, *weights.values()), g)
        names = ["grad_input", *(f"grad_{name.removesuffix('_l0')}" for name in weights)]
        return {name: (value, 1 + 100 * value.abs().max()) for name, value in zip(names, found, strict=True)}

    return {"grad_output": g, **arguments}, expected


#: Graphs, and the same as torch has them.
GRAPHS: dict[str, Callable[..., Tensor]] = {
    "L = sum((w @ x - y)**2)/2": lambda w, x, y: ((w @ x - y) ** 2).sum() / 2,
    "m = mean(x, 0); d = x - m; v = mean(d**2, 0); L = sum(d/sqrt(v + 0.1))": lambda x: (
        (x - x.mean(0)) / torch.sqrt(((x - x.mean(0)) ** 2).mean(0) + 0.1)
    ).sum(),
    "p = softmax(x, 0); L = -sum(y*log(p))": lambda x, y: -(y * x.softmax(0).log()).sum(),
    "L = sum(exp(x)*tanh(y)) + max(x)": lambda x, y: (x.exp() * y.tanh()).sum() + x.amax(),
    "L = sum(sigmoid(x)/(1 + relu(y)))": lambda x, y: (x.sigmoid() / (1 + y.relu())).sum(),
}


def backprop(draw: Draw) -> tuple[dict[str, Any], Callable[[], Expected]]:
    expr, function = draw.random.choice(list(GRAPHS.items()))
    rows, columns = draw.size(3), draw.size(2)
    shapes = {"w": (rows, rows), "x": (rows, columns), "y": (rows, columns)}
    names = function.__code__.co_varnames[: function.__code__.co_argcount]
    values = {name: draw.numbers(*shapes[name]) for name in names}

    def expected() -> Expected:
        leaves = [tensor.clone().requires_grad_() for tensor in values.values()]
        made = function(*leaves)
        found = {f"adjoints.{name}": g for name, g in zip(values, torch.autograd.grad(made, leaves), strict=True)}
        found["values.L"] = made.detach()
        bound = 1 + 100 * max(float(t.abs().max()) for t in (*found.values(), *values.values()))
        return {name: (value, torch.tensor(bound**2)) for name, value in found.items()} if draw.tame else {}

    return {"expr": expr, "values": values}, expected


MAKERS: dict[str, Callable[[Draw], tuple[dict[str, Any], Callable[[], Expected]]]] = {
    "conv1d": lambda draw: conv(draw, 1),
    "conv2d": lambda draw: conv(draw, 2),
    "conv2d_backward": conv2d_backward,
    **{name: lambda draw, name=name: pool(draw, name) for name in ("max_pool2d", "avg_pool2d")},  # type: ignore[misc]
    **{name: lambda draw, name=name: pool(draw, name) for name in ("max_pool2d_backward", "avg_pool2d_backward")},  # type: ignore[misc]
    "attention": attention,
    "attention_backward": attention_backward,
    "lstm": lstm,
    "lstm_backward": lstm_backward,
    "backprop": backprop,
}


def cases(count: int, seed: int) -> Iterator[str | None]:
    for number in range(count):
        draw = Draw(random.Random(f"{seed} {number}"), [torch.float64, torch.float32][number % 2], number % 4 < 2)
        name = list(MAKERS)[number // 4 % len(MAKERS)]
        arguments, expected = MAKERS[name](draw)
        found = _fault(name, arguments, expected, draw)
        yield None if found is None else f"case {number} of seed {seed}: {name}: {found[:300]}; it was given {_plain(arguments)}"[:2000]


def _fault(name: str, arguments: dict[str, Any], expected: Callable[[], Expected], draw: Draw) -> str | None:
    try:
        trace = getattr(engine, name)(**arguments)
        step = trace[draw.random.randrange(len(trace))]
    except InputError as error:
        if draw.tame:
            return f"refused: {error}"
        return None if 0 < len(str(error)) < LONGEST and str(error).isprintable() else f"no sentence: {error}"
    except Exception as error:  # whatever it is, it is a fault
        return f"{type(error).__name__}: {error}"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        wanted = expected()
    outputs = dict(by_path(trace.outputs))
    lost = [path for path, tensor in outputs.items() if tensor.isnan().any() or (tensor == math.inf).any()]
    if lost:
        return f"{lost[0]} is not finite"
    for path, (value, bound) in wanted.items():
        ours = outputs[path]
        ours = ours[: len(value)] if value.dim() else ours
        room = TOLERANCE[draw.dtype] * bound.double() + torch.finfo(draw.dtype).tiny
        if not bool(((ours.double() - value.double()).abs() <= room).logical_or(ours == value).all()):
            return f"{path} is {ours.tolist()}, torch has {value.tolist()}"
    return _fault_of_step(step, outputs)


def _fault_of_step(step: Any, outputs: Mapping[str, Tensor]) -> str | None:
    """A step writes what stands in the output."""
    for path, cells in step.writes.items():
        if path != "indices" and not step.accumulate and not all(float(outputs[path][tuple(cell)]) == step.value for cell in cells):
            return f"step {step.index} has {step.value}, {path} another number at {cells}"
    return None if step.say.isprintable() else f"step {step.index} says {step.say!r}"


def _plain(value: Any) -> Any:
    """As one would type it."""
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    return value.tolist() if isinstance(value, Tensor) else value
