"""The rules of all operations, by their names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import torch

from engine.ops import algebra, contraction
from engine.ops.contraction import Contraction
from engine.ops.elementwise import Clamp, Elementwise, FunctionRule, Power, Prelu, ProductRule, Quotient, Scaled, Slope
from engine.ops.move import Embedding, Move, Picked
from engine.ops.reduction import Pair, Reduction, Running, averaged, most, multiplied, summed
from engine.ops.value import Call, Rule
from engine.ops.window import WINDOWS
from engine.recorder.operation import Read
from engine.stage import Work, number
from engine.step import Cell

TWO = ("input", "other")


class WholeRule(Rule):
    """An operation that is shown as what it is, a call of torch: no step says how its numbers are made."""

    names = ("*arguments",)
    alone = True

    def work(self, call: Call, output: int, cell: Cell) -> Work:
        return Work([(number(call.made[output].tensor[cell].item()),)])

    def readers(self, call: Call, output: int, argument: str, cell: Cell) -> Iterable[Cell]:
        return []


WHOLE = WholeRule()
SAME = Move(("input", "*rest"))
SEVERAL = Move(("tensors", "dim"), ("tensors",))
PRODUCT = Contraction(contraction.matmul, TWO, TWO)
WHERE = Move(("input", "condition", "other"), TWO)
SORTED = Picked(("input", "dim", "descending"))

RULES: dict[str, Rule] = {
    # cell by cell
    "add": Scaled(algebra.add, TWO, ("alpha",)),
    "sub": Scaled(algebra.subtract, TWO, ("alpha",)),
    "mul": ProductRule(algebra.multiply, TWO),
    "div": Quotient(algebra.divide, TWO, ("rounding_mode",)),
    "neg": Elementwise(algebra.negate),
    "square": Elementwise(lambda one: algebra.power(one, 2)),
    "pow": Power(algebra.multiply, ("input", "exponent")),
    "reciprocal": Elementwise(lambda one: algebra.divide(algebra.constant(1.0), one)),
    **{
        name: FunctionRule(name)
        for name in ("sqrt", "rsqrt", "exp", "log", "sin", "cos", "tanh", "sigmoid", "abs", "sign", "floor", "expm1", "log1p", "erf")
    },
    "relu": FunctionRule("relu", ("inplace",)),
    "log_sigmoid": FunctionRule("logsigmoid"),
    "silu": FunctionRule("silu", ("inplace",)),
    "gelu": FunctionRule("gelu", ("approximate",), ("none",)),
    "elu": FunctionRule("elu", ("alpha", "inplace"), (1.0,)),
    "softplus": FunctionRule("softplus", ("beta", "threshold"), (1.0, 20.0)),
    "leaky_relu": Slope(algebra.multiply, ("input",), ("negative_slope", "inplace")),
    "prelu": Prelu(),
    "heaviside": FunctionRule("step", ("values",), (1.0,)),
    "ndtr": FunctionRule("ndtr"),
    "maximum": Elementwise(lambda a, b: algebra.maximum([a, b]), TWO),
    "clamp": Clamp(("input", "min", "max")),
    "clamp_min": Clamp(("input", "min", "max")),
    "clamp_max": Clamp(("input", "min", "max"), ("input", "max")),
    "hardtanh": Clamp(("input", "min_val", "max_val"), strict=True),
    # moves
    **dict.fromkeys(("clone", "contiguous", "detach", "to", "double", "float", "view_as", "reshape_as", "expand_as", "type_as"), SAME),
    **dict.fromkeys(
        ("view", "reshape", "permute", "expand", "repeat", "flip", "tile", "T", "mT", "t", "H", "mH", "adjoint", "ravel"), SAME
    ),
    **dict.fromkeys(("fliplr", "flipud", "rot90", "atleast_1d", "atleast_2d", "atleast_3d", "diag", "diag_embed", "positive"), SAME),
    **dict.fromkeys(("tensor_split", "hsplit", "vsplit", "dsplit", "pixel_shuffle", "pixel_unshuffle", "channel_shuffle"), SAME),
    "transpose": Move(("input", "dim0", "dim1")),
    "swapaxes": Move(("input", "axis0", "axis1")),
    "movedim": Move(("input", "source", "destination")),
    "flatten": Move(("input", "start_dim", "end_dim")),
    "unflatten": Move(("input", "dim", "sizes")),
    "squeeze": Move(("input", "dim")),
    "unsqueeze": Move(("input", "dim")),
    "broadcast_to": Move(("input", "size")),
    "repeat_interleave": Move(("input", "repeats", "dim")),
    "roll": Move(("input", "shifts", "dims")),
    "diagonal": Move(("input", "offset", "dim1", "dim2")),
    "unfold": Move(("input", "dimension", "size", "step")),
    "chunk": Move(("input", "chunks", "dim")),
    "split": Move(("input", "split_size_or_sections", "dim")),
    "unbind": Move(("input", "dim")),
    "select": Move(("input", "dim", "index")),
    "narrow": Move(("input", "dim", "start", "length")),
    "getitem": Move(("input", "index")),
    "index_select": Move(("input", "dim", "index")),
    "gather": Move(("input", "dim", "index")),
    "take_along_dim": Move(("input", "indices", "dim")),
    "masked_select": Move(("input", "mask")),
    "embedding": Embedding(("input", "weight", "padding_idx", "max_norm"), ("weight",)),
    **dict.fromkeys(("cat", "stack"), SEVERAL),
    **dict.fromkeys(("hstack", "vstack", "dstack", "column_stack"), SEVERAL),
    "pad": Move(("input", "pad", "mode", "value"), ("input",), "value"),
    "masked_fill": Move(("input", "mask", "value"), ("input",), "value"),
    "where": Move(("condition", "input", "other"), TWO),
    "setitem": Move(("input", "index", "value"), ("input", "value")),
    "copy": Move(("input", "src"), ("input", "src")),
    "tril": Move(("input", "diagonal")),
    "triu": Move(("input", "diagonal")),
    "sort": SORTED,
    "topk": Picked(("input", "k", "dim")),
    # along axes
    "sum": Reduction(summed, side_by_side=True),
    "mean": Reduction(averaged, side_by_side=True),
    "prod": Reduction(multiplied),
    "amax": Reduction(most, side_by_side=True),
    "max": Pair(most, side_by_side=True),
    "cumsum": Running(algebra.total),
    "cumprod": Running(algebra.product),
    # products of matrices
    **dict.fromkeys(("matmul", "mm", "bmm", "mv", "dot"), PRODUCT),
    "outer": Contraction(contraction.outer, TWO, TWO),
    "linear": Contraction(contraction.linear, ("input", "weight", "bias"), ("input", "weight"), "bias"),
    "einsum": Contraction(contraction.einsum, ("equation", "*operands"), ("operands.0", "operands.1")),
    # windows
    **WINDOWS,
}

#: Operations that take nothing of a tensor but its shape and dtype: what they make depends on no number.
MADE_ANEW = frozenset({f"{name}_like" for name in ("empty", "zeros", "ones", "full", "rand", "randn", "randint")}) | {
    f"new_{name}" for name in ("empty", "zeros", "ones", "full", "tensor")
}
#: Other names of the same operations.
ALIASES = {
    "divide": "div",
    "true_divide": "div",
    "multiply": "mul",
    "subtract": "sub",
    "negative": "neg",
    "absolute": "abs",
    "clip": "clamp",
    "expit": "sigmoid",
    "ger": "outer",
    "concat": "cat",
    "concatenate": "cat",
    "row_stack": "vstack",
    "moveaxis": "movedim",
    "swapdims": "swapaxes",
    "split_with_sizes": "split",
}
#: Operations of Python with their sides exchanged.
TURNED = {"rsub": "sub", "rdiv": "div", "rpow": "pow", "rmatmul": "matmul"}
#: What torch puts before the names of operations of a kind, and names that are other operations without it.
KINDS, OF_A_KIND = ("special_", "linalg_"), ("linalg_norm",)


def common_name(op: str) -> str:
    """The name of an operation by which others of the same kind go."""
    for kind in KINDS if op not in OF_A_KIND else ():
        op = op.removeprefix(kind)
    return ALIASES.get(op, op)


def has_rule(op: str) -> bool:
    """Whether one step does it."""
    return op in TURNED or common_name(op) in RULES


def turned(op: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> tuple[Rule, Sequence[Any]]:
    """The rule of an operation, with its arguments in the rule's order; of one that has none that it is shown whole."""
    if op in TURNED and len(args) > 1:
        return RULES[TURNED[op]], [args[1], args[0], *args[2:]]
    other = args[1] if len(args) > 1 else kwargs.get("other")
    if op == "max" and isinstance(other, Read):
        op = "maximum"
    if op == "where" and len(args) > 1 and not _is_condition(args[0]):  # x.where(condition, other)
        return WHERE, args
    return RULES.get(common_name(op), WHOLE), args


def _is_condition(one: Any) -> bool:
    return isinstance(one, Read) and one.tensor.dtype is torch.bool


#: Names that some operations have for arguments of others.
RENAMED = {"axis": "dim", "self": "input", "axes": "dim", "A": "input"}
#: Arguments that say where a result is put.
NO_ARGUMENTS = ("out",)


def bound(rule: Rule, args: Sequence[Any], kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """Arguments by their names; those that end a rule's names with a star are all that follow."""
    found = {name: one for name, one in kwargs.items() if name not in NO_ARGUMENTS}
    for number_, name in enumerate(rule.names):
        if name.startswith("*"):
            found[name[1:]] = list(args[number_:])
        elif number_ < len(args):
            found[name] = args[number_]
    return {RENAMED.get(name, name): one for name, one in found.items()}
