"""The arguments of a layer's module: as they are written, and as they follow from what comes in. What does not fit is refused."""

from __future__ import annotations

import inspect
import math
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Any, NamedTuple

from torch import nn

from engine.errors import InputError
from engine.network.kinds import KINDS, Coming, LayerKind
from engine.network.text import WrittenLayer
from engine.network.values import GLOBAL, Argument
from engine.sentences import count, size_text
from engine.shapes import padding_sides, per_axis
from engine.shown import shown

#: Arguments of modules that a text does not give: they are those of the whole network.
NOT_WRITTEN = ("device", "dtype", "return_indices", "_weight", "_freeze")


class LayerWindow(NamedTuple):
    """What moves along the axes of a layer, a number or a pair for each axis; a transposed convolution ``widens``."""

    kernel_size: Sequence[int]
    stride: Sequence[int]
    padding: Sequence[tuple[int, int]]
    dilation: Sequence[int]
    widens: bool = False

    @property
    def axes(self) -> tuple[Sequence[Any], ...]:
        """Kernel sizes, strides, paddings and dilations."""
        return self[:4]


def window_of(module: Any, axes: int) -> LayerWindow | None:
    """The window of a convolution or a pool along so many axes; none of a pool that fits itself to what comes out."""
    if not hasattr(module, "kernel_size"):
        return None

    def each(name: str, usual: int, least: int) -> tuple[int, ...]:
        value = getattr(module, name, usual)
        return per_axis(value, axes, name, least=least)

    kernel_size, stride, dilation = each("kernel_size", 1, 1), each("stride", 1, 1), each("dilation", 1, 1)
    padding = padding_sides(getattr(module, "padding", 0), kernel_size, stride, dilation)
    return LayerWindow(kernel_size, stride, padding, dilation, bool(getattr(module, "transposed", False)))


def fitted(layer: WrittenLayer, coming: Coming) -> tuple[type[nn.Module], dict[str, Any]]:
    """The class of a layer's module, and its arguments.

    Raises :class:`InputError` for arguments that it does not have, for those that are missing, and for sizes that do not fit.
    """
    kind = KINDS[layer.kind]
    module = kind.module(layer.of, coming)
    known = _parameters(module)
    options = _named(layer, kind, known)
    follows = {name: rule(coming) for name, rule in kind.follows.items() if name in known}
    for name, size in follows.items():
        _check_size(layer, name, options, size, coming)
    usual = {name: rule(coming) for name, rule in kind.usual.items() if name in known}
    found: dict[str, Any] = {**options} if layer.of else {**usual, **follows, **options}
    for name, one in known.items():
        if one.default is one.empty and name not in found:
            raise InputError(f"layers has {layer.text} without its {name}; write {_written(layer, kind, known)}")
    if found.get("kernel_size") == GLOBAL:
        found["kernel_size"] = coming.shape[-kind.spatial :]
    if layer.of:
        found |= _counted(kind, found, known, coming)
    for name in kind.axes:
        _check_axis(layer, name, found.get(name, known[name].default), coming)
    return module, found


def _parameters(module: type[nn.Module]) -> dict[str, inspect.Parameter]:
    """What a text may give; Sigmoid and others take anything, and use none of it."""
    every = inspect.signature(module).parameters.items()
    return {name: one for name, one in every if one.kind in (one.POSITIONAL_OR_KEYWORD, one.KEYWORD_ONLY) and name not in NOT_WRITTEN}


def _named(layer: WrittenLayer, kind: LayerKind, known: Mapping[str, inspect.Parameter]) -> dict[str, Argument]:
    """The arguments that are written, by their names."""
    order = [name for name, one in known.items() if one.kind is not one.KEYWORD_ONLY and (layer.of or name not in kind.follows)]
    if len(layer.arguments) > len(order):
        most = f"at most {count(len(order), 'argument')}: {', '.join(order)}" if order else "no argument"
        raise InputError(f"layers has {layer.text} with {count(len(layer.arguments), 'argument')} without a name; give it {most}")
    found = dict(zip(order, layer.arguments, strict=False))
    for name, value in layer.options.items():
        if name not in known:
            near = get_close_matches(name, known, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"give {_choice(known)}"
            raise InputError(f"layers has {layer.text}, but {layer.of or layer.kind} has no argument {shown(name)}; {hint}")
        if name in found:
            raise InputError(f"layers has {layer.text}, which gives {name} twice; give it once")
        found[name] = value
    for name, value in found.items():
        if isinstance(known[name].default, bool) and not isinstance(value, bool):
            raise InputError(f"layers has {layer.text}, whose {name} is {shown(value)}; give True or False")
    return found


def _choice(known: Mapping[str, inspect.Parameter]) -> str:
    return f"one of {', '.join(known)}" if known else "none"


def _written(layer: WrittenLayer, kind: LayerKind, known: Mapping[str, inspect.Parameter]) -> str:
    """A layer with the arguments that it needs: ``conv2d(out_channels, kernel_size)``."""
    left_out = () if layer.of else (*kind.follows, *kind.usual)
    needed = [name for name, one in known.items() if one.default is one.empty and name not in left_out]
    return f"{f'nn.{layer.of}' if layer.of else layer.kind}({', '.join(needed)})"


def _check_size(layer: WrittenLayer, name: str, options: Mapping[str, Argument], size: int, coming: Coming) -> None:
    if name not in options or options[name] == size:
        return
    whole = math.prod(coming.sample)
    hint = "put a flatten before it" if layer.kind == "linear" and options[name] == whole else f"give {size}"
    there = "" if coming.shape == (size,) else f", where it is {size}"
    raise InputError(
        f"layers has {layer.text}, whose {name} is {shown(options[name])}, but what comes in is {size_text(coming.shape)}{there}; {hint}"
    )


def _check_axis(layer: WrittenLayer, name: str, axis: object, coming: Coming) -> None:
    axes = len(coming.shape)
    if not isinstance(axis, int) or not -axes <= axis < axes:
        raise InputError(
            f"layers has {layer.text}, whose {name} is {shown(axis)}, but what comes in is {size_text(coming.shape)}; "
            f"give an axis from {-axes} to {axes - 1}"
        )


def _counted(kind: LayerKind, found: Mapping[str, Any], known: Mapping[str, inspect.Parameter], coming: Coming) -> dict[str, Any]:
    """Code counts axes with that of the batch, also where one sample comes in without it."""
    axes = {name: found.get(name, known[name].default) for name in kind.axes}
    without = not coming.batched
    return {
        name: coming.channel_axis if axis is None else axis - (without and isinstance(axis, int) and axis > 0)
        for name, axis in axes.items()
    }
