"""What a network is called with: tensors by the names of its parameters, in the type and on the device of its weights."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

import torch
from torch import Tensor

from engine.errors import InputError
from engine.network.network import Network
from engine.reader import floating
from engine.recorder.operation import paths_of
from engine.sentences import count, listed
from engine.shown import bare, shown

#: Kinds of numbers that stay what they are: places and flags.
KEPT = (torch.int64, torch.int32, torch.bool)
#: Arguments that are no tensors, by their annotation or the type of their default.
PLAIN = {"bool": bool, "int": int, "float": float}

_Parameters = Mapping[str, inspect.Parameter]
_MANY = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)


def arguments(network: Network, given: Any) -> tuple[tuple[Any, ...], dict[str, Any], dict[str, Tensor]]:
    """What to call the network with, and the tensors in it by their names.

    ``given`` is one tensor, several in a tuple, or a mapping from names of parameters; shapes stay as they are. Floating tensors get the
    type and the device of the network's parameters; whole numbers of 32 and 64 bits and flags stay so.

    Raises:
        InputError: names that it does not take, what is missing, and what is no tensor.
    """
    known = parameters(network)
    args, kwargs = _ordered(network, known, given)
    like = next(_weights(network), None)
    positions = [name for name, one in known.items() if one.kind not in _MANY]
    names = [*positions, *(f"input{place}" for place in range(len(args)))]
    once: dict[int, Any] = {}  # attention takes another path where query and key are one tensor

    def ready_(name: str, value: Any) -> Any:
        found = _ready(name, value, known.get(name), like)
        return once.setdefault(id(value), found) if isinstance(value, Tensor) else found

    ready = tuple(ready_(name, value) for name, value in zip(names, args, strict=False))
    named = {name: ready_(name, value) for name, value in kwargs.items()}
    tensors = {path: one for name, value in [*zip(names, ready, strict=False), *named.items()] for path, one in paths_of(value, name)}
    return ready, named, tensors


def parameters(network: Network) -> Mapping[str, inspect.Parameter]:
    """Those of forward, or of a function; none of one that is not Python's own."""
    called = getattr(network.call, "_orig_mod", network.call)
    try:
        return inspect.signature(getattr(called, "forward", called)).parameters
    except (TypeError, ValueError):
        return {"input": inspect.Parameter("input", inspect.Parameter.VAR_POSITIONAL)}


def _weights(network: Network) -> Iterator[Tensor]:
    for module in network.modules.values():
        yield from (one for one in (*module.parameters(), *module.buffers()) if one.is_floating_point())


def _ordered(network: Network, known: _Parameters, given: Any) -> tuple[Sequence[Any], dict[str, Any]]:
    """Arguments by their places and by their names, as many as it takes."""
    if isinstance(given, Mapping):
        _check_known(network, known, given)
        first = [name for name, one in known.items() if one.kind is one.POSITIONAL_ONLY and name in given]
        args, kwargs = tuple(given[name] for name in first), {name: value for name, value in given.items() if name not in first}
    else:
        args, kwargs = given if isinstance(given, tuple) else (given,), {}
        _check_count(network, known, len(args))
    positions = [name for name, one in known.items() if one.kind in (one.POSITIONAL_ONLY, one.POSITIONAL_OR_KEYWORD)]
    there = {*positions[: len(args)], *kwargs}
    missing = [name for name in _required(known) if name not in there]
    if missing:
        one = missing[0]
        what = f"{listed(missing)} {'is' if len(missing) == 1 else 'are'} not given"
        raise InputError(f"{network.name} takes {listed(_required(known))}, but {what}; give each by its name, such as {one}=randn:1x8")
    return args, kwargs


def _required(known: _Parameters) -> list[str]:
    return [name for name, one in known.items() if one.default is one.empty and one.kind not in _MANY]


def _check_known(network: Network, known: _Parameters, given: Mapping[Any, Any]) -> None:
    takes_all = any(one.kind is one.VAR_KEYWORD for one in known.values())
    names = [name for name, one in known.items() if one.kind not in _MANY]
    for name in given:
        if name not in names and not (takes_all and isinstance(name, str)):
            near = get_close_matches(str(name), names, n=1)
            instead = f"did you mean {near[0]}?" if near else f"give {listed(names)}" if names else "give inputs without names"
            raise InputError(f"{network.name} takes no {bare(str(name))}; {instead}")


def _check_count(network: Network, known: _Parameters, count_given: int) -> None:
    kinds = [one.kind for one in known.values()]
    most = sum(kind in (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD) for kind in kinds)
    if count_given > most and inspect.Parameter.VAR_POSITIONAL not in kinds:
        takes = listed([name for name, one in known.items() if one.kind not in _MANY]) or "no inputs"
        raise InputError(f"{network.name} takes {takes}, but is given {count(count_given, 'input')} without names; give at most {most}")


# --- one argument ------------------------------------------------------------------------------------------------------------------------


def _ready(name: str, value: Any, parameter: inspect.Parameter | None, like: Tensor | None) -> Any:
    """One argument: a plain one as Python's own value, tensors alone or in tuples and mappings."""
    plain = _plain_kind(parameter)
    if value is None or (parameter is not None and parameter.default is not parameter.empty and isinstance(value, str)):
        return value
    if plain and getattr(value, "numel", lambda: 1)() == 1 and not isinstance(value, list | tuple | str | Mapping):
        return plain(value)
    if isinstance(value, Mapping):
        return {key: _ready(f"{name}.{key}", one, None, like) for key, one in value.items()}
    if isinstance(value, tuple):
        return tuple(_ready(f"{name}.{place}", one, None, like) for place, one in enumerate(value))
    return _tensor(name, value, like)


def _plain_kind(parameter: inspect.Parameter | None) -> type | None:
    if parameter is None:
        return None
    annotation, default = parameter.annotation, parameter.default
    written = annotation.__name__ if isinstance(annotation, type) else str(annotation)
    return PLAIN.get(type(default).__name__ if annotation is parameter.empty else written)


def _tensor(name: str, value: Any, like: Tensor | None) -> Tensor:
    if isinstance(value, str):
        raise InputError(f"{bare(name)} is {shown(value)}; give a tensor, or rows of numbers")
    found = floating(name, value)
    device = found.device if like is None else like.device
    whole = torch.as_tensor(value) if hasattr(value, "dtype") and str(value.dtype).removeprefix("torch.") in _KEPT_NAMES else None
    if whole is not None:
        return whole.detach().clone().to(device)
    return found if like is None else found.to(device=device, dtype=like.dtype)


_KEPT_NAMES = [str(kind).removeprefix("torch.") for kind in KEPT]
