"""What is told of a call that failed, by its name: which shapes met in it, and what would work."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from torch import Tensor

from engine.recorder.failed import FailedCall
from engine.sentences import count, listed, typed

#: What a call gets, and what would work.
Mismatch = tuple[str, str]


def story(call: FailedCall) -> Mismatch:
    """What came to the call that failed, with the shapes."""
    tensors = call.tensors
    told = _types(call.name, tensors) or STORIES.get(call.name, _shapes)(call, tensors)
    return told or _shapes(call, tensors)


def _shapes(call: FailedCall, tensors: Sequence[Tensor]) -> Mismatch:
    shapes = listed([typed(tensor.shape) for tensor in tensors[:4]])
    return f" gets {shapes}" if shapes else "", "check the sizes on the way there"


def _types(name: str, tensors: Sequence[Tensor]) -> Mismatch | None:
    """Numbers of several types, where that may be the reason."""
    kinds = dict.fromkeys(str(one.dtype).removeprefix("torch.") for one in tensors)
    if name == "embedding":
        first = next(iter(kinds))
        return (f" reads places, but gets {first} numbers", "write whole numbers, as in ids:101,2023") if "float" in first else None
    if name not in PRODUCTS or len(kinds) < 2:
        return None
    is_whole = "int" in next(iter(kinds))
    instead = "write numbers without ids:, or convert them with .float()" if is_whole else "convert one with .to(other.dtype)"
    return f" gets {' and '.join(kinds)} numbers", instead


def _linear(call: FailedCall, tensors: Sequence[Tensor]) -> Mismatch | None:
    if len(tensors) < 2 or not (tensors[0].dim() and tensors[1].dim()):
        return None
    x, weight = tensors[:2]
    out, features = (weight.shape[0] if weight.dim() > 1 else 1), x.shape[-1]
    wanted = weight.shape[-1]
    if features == wanted:
        return None
    return (
        f" gets {typed(x.shape)}, but its weight is {typed(weight.shape)}",
        f"give it {wanted} features, or make the layer nn.Linear({features}, {out})",
    )


def _convolution(call: FailedCall, tensors: Sequence[Tensor]) -> Mismatch | None:
    if len(tensors) < 2 or tensors[1].dim() < 3:
        return None
    x, weight = tensors[:2]
    gets, axes = f" gets {typed(x.shape)}, but its weight is {typed(weight.shape)}", weight.dim() - 2
    if x.dim() not in (axes + 1, axes + 2):
        sizes = "length" if axes == 1 else " x ".join(("depth", "height", "width")[-axes:])
        return gets, f"give it channels x {sizes}, with or without a batch in front"
    is_transposed = "transpose" in call.name
    channels, wanted = x.shape[-axes - 1], weight.shape[0] if is_transposed else weight.shape[1] * _groups(call)
    if channels != wanted:
        return gets, f"give it {count(wanted, 'channel')}, or make the layer one that takes {channels}"
    return gets, "give a larger input, or padding"


def _groups(call: FailedCall) -> int:
    """Of a convolution; it stands last, behind the dilation."""
    found = call.kwargs.get("groups", call.args[6] if len(call.args) > 6 else 1)
    return found if isinstance(found, int) else 1


def _product(call: FailedCall, tensors: Sequence[Tensor]) -> Mismatch | None:
    if len(tensors) < 2:
        return None
    one, other = (typed(tensor.shape) for tensor in tensors[:2])
    return f" multiplies {one} by {other}", "the last size of the first must be the last but one of the second, which .mT exchanges"


def _pair(call: FailedCall, tensors: Sequence[Tensor]) -> Mismatch | None:
    if len(tensors) < 2:
        return None
    one, other = (typed(tensor.shape) for tensor in tensors[:2])
    return f" gets {one} and {other}", "from the last axis on, sizes must be alike or 1"


def _joined(call: FailedCall, tensors: Sequence[Tensor]) -> Mismatch | None:
    alike = "all sizes must be alike" + (" but the one along which they are joined" if call.name != "stack" else "")
    return f" joins {listed([typed(tensor.shape) for tensor in tensors[:4]])}", alike


def _reshaped(call: FailedCall, tensors: Sequence[Tensor]) -> Mismatch | None:
    wanted = [one for one in _flat(call.args[1:]) if isinstance(one, int)]
    if len(tensors) != 1 or not wanted:
        return None
    x = tensors[0]
    fixed = math.prod(size for size in wanted if size > 0)
    is_order = x.numel() % fixed == 0
    instead = "write .reshape in place of .view" if is_order else f"give it sizes with a product of {x.numel()}, or write flatten(1)"
    return f" gets {typed(x.shape)}, which is {x.numel():,} numbers, for a shape of {typed(wanted)}", instead


def _flat(values: Sequence[object]) -> list[object]:
    return [one for value in values for one in (_flat(value) if isinstance(value, list | tuple) else [value])]


def _channels(call: FailedCall, tensors: Sequence[Tensor]) -> Mismatch | None:
    if len(tensors) < 2 or tensors[0].dim() < 2 or tensors[1].dim() != 1 or tensors[0].shape[1] == len(tensors[1]):
        return None
    x, needed = tensors[0], len(tensors[1])
    return f" gets {typed(x.shape)}, but is for {count(needed, 'channel')}", f"make the layer one for {x.shape[1]}"


def _embedding(call: FailedCall, tensors: Sequence[Tensor]) -> Mismatch | None:
    if len(tensors) < 2 or not tensors[0].numel() or not tensors[1].dim():
        return None
    ids, rows = tensors[0], len(tensors[1])
    wrong = [int(one) for one in (ids.min(), ids.max()) if not 0 <= int(one) < rows]
    return (f" gets place {wrong[-1]}, but has {rows} rows", f"give whole numbers from 0 to {rows - 1}") if wrong else None


CONVOLUTIONS = [f"conv{kind}{axes}d" for kind in ("", "_transpose") for axes in (1, 2, 3)]
#: Calls in which numbers of two types do not meet.
PRODUCTS = ["linear", "matmul", "mm", "bmm", "rmatmul", "einsum", "addmm", "baddbmm", *CONVOLUTIONS]
#: What is told of a call, by its name.
STORIES: dict[str, Callable[[FailedCall, Sequence[Tensor]], Mismatch | None]] = {
    "linear": _linear,
    **dict.fromkeys(CONVOLUTIONS, _convolution),
    **dict.fromkeys(("matmul", "mm", "bmm"), _product),
    **dict.fromkeys(("add", "sub", "mul", "div", "truediv", "radd", "rsub", "rmul", "where", "maximum", "minimum"), _pair),
    **dict.fromkeys(("cat", "concat", "concatenate", "stack"), _joined),
    **dict.fromkeys(("view", "reshape"), _reshaped),
    **dict.fromkeys(("batch_norm", "instance_norm", "group_norm"), _channels),
    "embedding": _embedding,
}
