"""What the code is given: arguments, parameters, buffers and variables from outside, with their names."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import FunctionType
from typing import Any

import torch
from torch import Tensor, nn

from engine.errors import InputError
from engine.recorder.operation import paths_of

#: A tensor, the operation that made it and which of its results it is, or its name.
Origin = tuple[Tensor, int | None, int, str]


@dataclass(eq=False)
class Origins:
    """Of tensors where they come from, and of modules their paths, both by their ids."""

    origin: dict[int, Origin] = field(default_factory=dict)
    paths: dict[int, str] = field(default_factory=dict)

    def name(self, tensor: Tensor, name: str) -> None:
        """The first name counts: that of an argument, and of two parameters that are tied to each other the first."""
        self.origin.setdefault(id(tensor), (tensor, None, 0, name))


def known_to(function: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any]) -> Origins:
    """All that has a name before a function or module is called."""
    known = Origins()
    _seeable("what was given", function)
    for name, value in _arguments(function, args, kwargs).items():
        for path, tensor in paths_of(value, name):
            known.name(tensor, path)
    for name, value in seen(function):
        _seeable(f"function {name!r}", value)
        if isinstance(value, nn.Module):
            _learn(known, name, value)
        elif isinstance(value, Tensor):
            known.name(value, name)
    return known


def _arguments(function: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any]) -> Mapping[str, Any]:
    """By their names, if they fit; if not, the call will say so."""
    function = getattr(function, "_orig_mod", function)
    called = function.forward if isinstance(function, nn.Module) else function
    try:
        return inspect.signature(called).bind(*args, **kwargs).arguments
    except (TypeError, ValueError):
        return {}


def seen(function: Callable[..., Any]) -> Iterator[tuple[str, Any]]:
    """The module that is called, or whose method is, without a name; or what a function sees of the variables around it.

    Functions of the same file that it sees, as that behind a decorator, are looked through too.
    """
    owner = getattr(function, "__self__", function)
    if isinstance(owner, nn.Module):
        yield "", owner
    elif inspect.isfunction(function):
        yield from _variables(function, [])


def _variables(function: FunctionType, looked_through: list[FunctionType]) -> Iterator[tuple[str, Any]]:
    looked_through.append(function)
    around = inspect.getclosurevars(function)
    for name, value in {**around.globals, **around.nonlocals}.items():
        yield name, value
        if inspect.isfunction(value) and value.__module__ == function.__module__ and value not in looked_through:
            yield from _variables(value, looked_through)


def _seeable(what: str, value: Any) -> None:
    if isinstance(value, torch.jit.ScriptModule | torch.jit.ScriptFunction):
        raise InputError(f"{what} is scripted, and its operations are not seen; give the code that torch.jit.script was given")


def _learn(known: Origins, name: str, module: nn.Module) -> None:
    for path, one in module.named_modules(prefix=name):
        _seeable(f"module {_short(path)!r}", one)
        known.paths.setdefault(id(one), _short(path))
    for path, tensor in (*module.named_parameters(prefix=name), *module.named_buffers(prefix=name)):
        known.name(tensor, _short(path))


def _short(path: str) -> str:
    """Without the layer that compiling adds."""
    return ".".join(part for part in path.split(".") if part != "_orig_mod")
