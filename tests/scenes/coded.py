"""Traces as torch code gives them, made by hand."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from engine.blocks import Blocks
from engine.code.step import CodeStep
from engine.numbers import Sum, sum_line
from engine.stage import Operand, Stage, Work, number, operand
from engine.trace import Cell, Reference, Trace


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class CodeTrace(Trace):
    """A trace with the line of torch that computes every stage."""

    code: Mapping[str, str]


@dataclass(frozen=True)
class Made:
    """A tensor that is computed: its name, values and line of code, and how one cell comes about."""

    path: str
    values: Tensor
    code: str
    work: Callable[[Cell], Work]


def trace(concept: str, inputs: Mapping[str, Tensor], results: Iterable[Made]) -> CodeTrace:
    stages, blocks, outputs, code = {}, Blocks(), {}, {}
    for made in results:
        blocks.box(made.path, made.path, (0,) * made.values.ndim, tuple(made.values.shape))
        stages[made.path] = Stage(path=made.path, values=made.values, work=_placed(made.work), say=_say(made.path), step=CodeStep)
        outputs[made.path], code[made.path] = made.values, made.code
    return CodeTrace(
        params={},
        inputs=inputs,
        outputs=outputs,
        reference=Reference("torch", 0.0),
        stages=stages,
        blocks=blocks,
        opening="Every row is divided by a number of its own.",
        closing="All cells are computed.",
        formula=" ".join(f'"{name}"' for name in outputs),
        concept=f"{concept}_by_hand",  # no concept of that name has a picture of its own
        title=concept.replace("_", " ").capitalize(),
        code={path: line for path, line in code.items() if line},
    )


def _placed(work: Callable[[Cell], Work]) -> Callable[[Cell], Work]:
    def placed(cell: Cell) -> Work:
        found = work(cell)
        over = found.divisor.places[0] if isinstance(found.divisor, Operand) else None
        return found.having(places=found.places, over=over)

    return placed


def _say(path: str) -> Callable[[Cell, Work, Sum], str]:
    return lambda cell, work, text: f"A cell of {path}: {sum_line(text)}." if len(work.terms) < 4 else f"A cell of {path} is computed."


def values(*shape: int, seed: int = 1) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def whole(*shape: int, seed: int = 1) -> Tensor:
    return torch.randint(-9, 10, shape, generator=torch.Generator().manual_seed(seed)).double()


def row(path: str, tensor: Tensor, *lead: int) -> Operand:
    """All numbers of the last axis."""
    return operand(path, [(*lead, j) for j in range(tensor.shape[-1])], tensor[lead].tolist())


def at(path: str, tensor: Tensor, *cell: int) -> Operand:
    return number(float(tensor[cell]), path, cell)


def rms_norm(input: Tensor, weight: Tensor, eps: float = 1e-5, names: tuple[str, str] = ("input", "weight")) -> CodeTrace:
    x, w = names
    mean_square = input.square().mean(-1, keepdim=True)
    rms = torch.sqrt(mean_square + eps)
    count = input.shape[-1]
    return trace(
        "rms_norm",
        {x: input, w: weight},
        [
            Made(
                "mean_square",
                mean_square,
                f"mean_square = {x}.square().mean(-1, keepdim=True)",
                lambda cell: Work([(row(x, input, *cell[:-1]), row(x, input, *cell[:-1]))], divisor=count),
            ),
            Made(
                "rms",
                rms,
                "rms = torch.sqrt(mean_square + eps)",
                lambda cell: Work([(at("mean_square", mean_square, *cell),), (number(eps),)], apply="sqrt"),
            ),
            Made(
                "output",
                input / rms * weight,
                f"output = {x} / rms * {w}",
                lambda cell: Work([(at(x, input, *cell), at(w, weight, cell[-1]))], divisor=at("rms", rms, *cell[:-1], 0)),
            ),
        ],
    )


def linear(input: Tensor, weight: Tensor, bias: Tensor) -> CodeTrace:
    output = input @ weight.T + bias

    def work(cell: Cell) -> Work:
        return Work([(row("input", input, cell[0]), row("weight", weight, cell[1])), (at("bias", bias, cell[1]),)])

    return trace(
        "linear", {"input": input, "weight": weight, "bias": bias}, [Made("output", output, "output = input @ weight.T + bias", work)]
    )


def softmax(input: Tensor) -> CodeTrace:
    largest = input.amax(-1, keepdim=True)
    exp = torch.exp(input - largest)
    total = exp.sum(-1, keepdim=True)
    minus_one = -1.0
    return trace(
        "softmax",
        {"input": input},
        [
            Made("max", largest, "max = input.amax(-1, keepdim=True)", lambda c: Work([(row("input", input, *c[:-1]),)], reduce="max")),
            Made(
                "exp",
                exp,
                "exp = torch.exp(input - max)",
                lambda c: Work(
                    [(at("input", input, *c),), (Operand([("max", (*c[:-1], 0))], [minus_one * float(largest[(*c[:-1], 0)])]),)],
                    apply="exp",
                ),
            ),
            Made("sum", total, "sum = exp.sum(-1, keepdim=True)", lambda c: Work([(row("exp", exp, *c[:-1]),)])),
            Made(
                "output", exp / total, "output = exp / sum", lambda c: Work([(at("exp", exp, *c),)], divisor=at("sum", total, *c[:-1], 0))
            ),
        ],
    )


def rms_norm_backward(grad: Tensor, input: Tensor, weight: Tensor) -> CodeTrace:
    rms = torch.sqrt(input.square().mean(-1, keepdim=True))
    scaled = input / rms
    grad_weight = (grad * scaled).sum(0)
    grad_rms = -(grad * weight * input).sum(-1, keepdim=True) / rms
    grad_input = grad * weight / rms
    rows, columns = input.shape

    def column(path: str, tensor: Tensor, j: int) -> Operand:
        return operand(path, [(i, j) for i in range(rows)], tensor[:, j].tolist())

    def minus(path: str, tensor: Tensor, i: int) -> Operand:
        return Operand([(path, (i, j)) for j in range(columns)], (-tensor[i]).tolist())

    def weights() -> Operand:
        return operand("weight", [(j,) for j in range(columns)], weight.tolist())

    return trace(
        "rms_norm_backward",
        {"grad_output": grad, "input": input, "weight": weight, "rms": rms, "scaled": scaled},
        [
            Made("grad_weight", grad_weight, "", lambda c: Work([(column("grad_output", grad, c[0]), column("scaled", scaled, c[0]))])),
            Made(
                "grad_rms",
                grad_rms,
                "",
                lambda c: Work([(minus("grad_output", grad, c[0]), weights(), row("input", input, c[0]))], divisor=at("rms", rms, c[0], 0)),
            ),
            Made(
                "grad_input",
                grad_input,
                "",
                lambda c: Work([(at("grad_output", grad, *c), at("weight", weight, c[1]))], divisor=at("rms", rms, c[0], 0)),
            ),
        ],
    )


def elementwise(input: Tensor, name: str = "input") -> CodeTrace:
    """relu(x), whatever the shape."""
    return trace(
        "relu",
        {name: input},
        [Made("output", input.relu(), f"output = torch.relu({name})", lambda c: Work([(at(name, input, *c),)], apply="relu"))],
    )


def total(input: Tensor) -> CodeTrace:
    """A sum of all, whose shape is ()."""
    return trace("total", {"input": input}, [Made("output", input.sum(), "output = input.sum()", lambda c: Work([(row("input", input),)]))])


def total_of(count: int) -> CodeTrace:
    """The sum of many tensors."""
    given = {f"x{n}": values(3, 4, seed=n) for n in range(count)}
    made = Made("output", sum(given.values()), f"output = {' + '.join(given)}", lambda c: Work([(at(x, t, *c),) for x, t in given.items()]))
    return trace("total", given, [made])


def chain(count: int) -> CodeTrace:
    """One result after the other."""
    tensors = [values(3, 4) + n for n in range(count + 1)]
    names = ["input", *(f"hidden{n}" for n in range(count))]

    def work(n: int) -> Callable[[Cell], Work]:
        return lambda c: Work([(at(names[n], tensors[n], *c),), (number(1.0),)])

    made = [Made(names[n + 1], tensors[n + 1], f"{names[n + 1]} = {names[n]} + 1", work(n)) for n in range(count)]
    return trace("chain", {"input": tensors[0]}, made)


LONG = "normalized_shape_of_it"

STAND_INS: dict[str, Callable[[], CodeTrace]] = {
    "rms_norm 2x3": lambda: rms_norm(torch.tensor([[1.0, -2, 2], [3, 0, -4]]).double(), torch.tensor([1.0, 2, 1]).double(), 0.0),
    "rms_norm 4x8": lambda: rms_norm(values(4, 8), values(8, seed=2)),
    "rms_norm 16x64": lambda: rms_norm(values(16, 64), values(64, seed=2)),
    "linear 3x2": lambda: linear(whole(3, 2), whole(1, 2, seed=2), whole(1, seed=3)),
    "linear 5x16": lambda: linear(whole(5, 16), whole(12, 16, seed=2), whole(12, seed=3)),
    "linear 32x256": lambda: linear(values(32, 256), values(64, 256, seed=2), values(64, seed=3)),
    "softmax 2x3": lambda: softmax(whole(2, 3)),
    "softmax 6x9": lambda: softmax(values(6, 9)),
    "rms_norm_backward 2x3": lambda: rms_norm_backward(whole(2, 3), whole(2, 3, seed=4), torch.tensor([1.0, 2, 1]).double()),
    "relu 5": lambda: elementwise(whole(5)),
    "total 5": lambda: total(whole(5)),
    "relu 2x2x3": lambda: elementwise(whole(2, 2, 3)),
    "relu 2x3x4x4": lambda: elementwise(values(2, 3, 4, 4)),
    "total of 7": lambda: total_of(7),
    "chain of 12": lambda: chain(12),
    "relu not finite": lambda: elementwise(
        torch.tensor([[1.0, float("inf"), -float("inf"), float("nan")], [1e9, 1e-9, -3e5, 0.0]]).double()
    ),
    "rms_norm long names": lambda: rms_norm(values(3, 4), values(4, seed=2), names=(LONG, f"{LONG}_weight")),
}
