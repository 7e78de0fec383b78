"""Sizes: what convolution and pooling ask of their tensors, how large their outputs are, and parameter counts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal, cast

from engine.errors import InputError
from engine.sentences import typed
from engine.shown import shown

if TYPE_CHECKING:
    from torch import Tensor

#: One number for every axis, or one number per axis.
Size = int | Sequence[int]
#: Of a picture in pixels: its longer side, or height and width.
PictureSize = int | tuple[int, int]
#: More than this torch takes for no size, and no tensor of that size fits into memory.
LARGEST = 2**31 - 1
#: An input with so many axes.
INPUT_FORMS = {
    1: "length, channels x length or batch x channels x length",
    2: "height x width, channels x height x width or batch x channels x height x width",
}
#: As torch: numbers, or ``"valid"`` (none) or ``"same"`` (as much as keeps the size; stride 1 only). An axis may have its own cells on
#: either side, (before, after), as ``torch.nn.functional.pad`` has them.
Padding = Size | Sequence[int | Sequence[int]] | Literal["valid", "same"]


def per_axis(value: Size, axes: int, name: str, *, least: int) -> tuple[int, ...]:
    """``value`` as one whole number per axis; ``name`` is the parameter's, for the error."""
    given = tuple(value) if isinstance(value, Sequence) else (value,) * axes
    if len(given) == 1:
        given = given * axes
    numbers = all(isinstance(x, int) and not isinstance(x, bool) for x in given)
    if len(given) != axes or not numbers or min(given) < least or max(given) > LARGEST:
        kind = f"one whole number, or {axes}" if axes > 1 else "a whole number"
        bound = f"at most {LARGEST}" if numbers and max(given, default=0) > LARGEST else f"at least {least}"
        raise InputError(f"{name} is {shown(value)}; give {kind}, {bound}")
    return given


def with_batch(x: Tensor, axes: int) -> Tensor:
    """An input with samples and channels, axes of size 1 in front where it has none.

    Raises :class:`InputError` for other numbers of axes, and for no values.
    """
    if not axes <= x.dim() <= axes + 2:
        raise InputError(f"input has shape {typed(x.shape)}; give {INPUT_FORMS[axes]}")
    if not x.numel():
        raise InputError(f"input has shape {typed(x.shape)}, which holds no value; give at least one cell")
    return x[(None,) * (axes + 2 - x.dim())]


def with_batch_as(shape: Sequence[int], gradient: Tensor, what: str, *, batched: bool) -> Tensor:
    """The gradient of an output of that shape, of which axes of size 1 in front may be left out, as of the input.

    Raises :class:`InputError` for any other shape.
    """
    found = gradient[(None,) * (len(shape) - gradient.dim())]
    if tuple(found.shape) != tuple(shape):
        given, needed = typed(gradient.shape), typed(shape[0 if batched else 1 :])
        raise InputError(
            f"grad_output has shape {given}, but the output of the {what} has shape {needed}; give a gradient for each of its cells"
        )
    return found


def conv_output_size(size: int, kernel_size: int, stride: int = 1, padding: int = 0, dilation: int = 1) -> int:
    """Cells along one axis of the output: ⌊(size + 2·padding − dilation·(kernel_size − 1) − 1) / stride⌋ + 1.

    ``padding`` cells are added on both sides. Source: ``torch.nn.Conv2d``, "Shape"; Dumoulin and Visin, arXiv:1603.07285, relationship 14.

    Raises :class:`InputError` if the (dilated) kernel is larger than the padded input.

    >>> conv_output_size(256, 5, stride=2)
    126
    """
    for name, value, least in (
        ("size", size, 1),
        ("kernel_size", kernel_size, 1),
        ("stride", stride, 1),
        ("padding", padding, 0),
        ("dilation", dilation, 1),
    ):
        per_axis(value, 1, name, least=least)
    return padded_output_size(size, kernel_size, stride, (padding, padding), dilation)


def padded_output_size(size: int, kernel_size: int, stride: int, padding: tuple[int, int], dilation: int) -> int:
    """:func:`conv_output_size` with its own padding on either side."""
    reach = dilation * (kernel_size - 1) + 1
    padded = size + sum(padding)
    if reach > padded:
        how = f" (dilated by {dilation} to {reach})" if dilation > 1 else ""
        raise InputError(
            f"the kernel of size {kernel_size}{how} is larger than the padded input of size {padded}; "
            "give a smaller kernel, a larger input or more padding"
        )
    return (padded - reach) // stride + 1


def pool_output_size(size: int, kernel_size: int, stride: int, padding: int, dilation: int = 1, ceil_mode: bool = False) -> int:
    """Windows along one axis: as :func:`conv_output_size`, but with ``ceil_mode`` a last one may reach beyond the padding.

    It must begin within the input or the padding before it. Source: ``torch.nn.MaxPool2d``, "Shape" and its note on ``ceil_mode``.

    >>> pool_output_size(5, 2, 2, 0), pool_output_size(5, 2, 2, 0, ceil_mode=True)
    (2, 3)
    """
    reach = dilation * (kernel_size - 1) + 1
    count = (size + 2 * padding - reach + (stride - 1 if ceil_mode else 0)) // stride + 1
    if ceil_mode and (count - 1) * stride >= size + padding:
        count -= 1
    # For windows that fit nowhere the convolutions have the words.
    return count if count > 0 else padded_output_size(size, kernel_size, stride, (padding, padding), dilation)


def padding_sides(
    padding: Padding | Literal["causal"], kernel_size: Sequence[int], stride: Sequence[int], dilation: Sequence[int]
) -> list[tuple[int, int]]:
    """Cells added before and after the input, per axis.

    ``same`` puts the odd cell after, as torch does; ``causal`` puts all cells before a sequence, so that no window sees what comes later.
    """
    axes = len(kernel_size)
    if padding == "valid":
        return [(0, 0)] * axes
    if padding == "causal" and axes == 1:
        return [(dilation[0] * (kernel_size[0] - 1), 0)]
    if padding == "same":
        if any(s != 1 for s in stride):
            raise InputError(f"padding is 'same' with stride {_short(stride)}; 'same' needs stride 1, or give the padding as numbers")
        totals = [d * (k - 1) for d, k in zip(dilation, kernel_size, strict=True)]
        return [(total // 2, total - total // 2) for total in totals]
    if isinstance(padding, str):
        words = "'valid', 'same' or 'causal'" if axes == 1 else "'valid' or 'same'"
        raise InputError(f"padding is {shown(padding)}; give numbers, {words}")
    if not isinstance(padding, Sequence) or not any(isinstance(side, Sequence) and not isinstance(side, str) for side in padding):
        return [(p, p) for p in per_axis(cast("Size", padding), axes, "padding", least=0)]
    sides = [_side(side, padding) for side in cast("Sequence[int | Sequence[int]]", padding)]
    if len(sides) not in (1, axes):
        raise InputError(f"padding is {shown(padding)}, which is for {len(sides)} axes; give {axes} or one for all")
    return sides * axes if len(sides) == 1 else sides


def _side(side: int | Sequence[int], padding: object) -> tuple[int, int]:
    """The cells before and after one axis."""
    pair = tuple(side) if isinstance(side, Sequence) else (side, side)
    if len(pair) != 2 or not all(isinstance(x, int) and not isinstance(x, bool) and 0 <= x <= LARGEST for x in pair):
        raise InputError(
            f"padding is {shown(padding)}; give for each axis one whole number, or a pair of those before and after it such as [1,0], "
            f"each from 0 to {LARGEST}"
        )
    return pair[0], pair[1]


def _short(values: Sequence[int]) -> str:
    return str(values[0]) if len(set(values)) == 1 else "x".join(map(str, values))


def one_or_list(values: Sequence[int]) -> int | list[int]:
    """As short as it can be given: one number that serves for all axes."""
    return values[0] if len(set(values)) == 1 else list(values)


def conv_parameter_count(in_channels: int, out_channels: int, kernel_size: Sequence[int], groups: int = 1, bias: bool = True) -> int:
    """Weights and biases of a convolution: out·(in/groups)·∏kernel_size (+ out).

    >>> conv_parameter_count(3, 32, (3, 3))
    896
    """
    taps = 1
    for k in kernel_size:
        taps *= k
    return out_channels * (in_channels // groups * taps + bias)


def linear_parameter_count(in_features: int, out_features: int, bias: bool = True) -> int:
    """Weights and biases of a fully connected layer: out·(in + 1), or out·in without bias."""
    return out_features * (in_features + bias)


def unravel(k: int, shape: Sequence[int]) -> tuple[int, ...]:
    """The cell with number ``k`` of a tensor, in memory order."""
    cell = []
    for n in reversed(shape):
        k, i = divmod(k, n)
        cell.append(i)
    return tuple(reversed(cell))


def ravel(cell: Sequence[int], shape: Sequence[int]) -> int:
    """The number of a cell of a tensor, in memory order."""
    k = 0
    for i, n in zip(cell, shape, strict=True):
        k = k * n + i
    return k


#: The sizes of some axes.
Shape = tuple[int, ...]


def last_axes(shape: Shape) -> tuple[int, ...]:
    """The axes at the end of a tensor that have these sizes."""
    return tuple(range(-len(shape), 0))
