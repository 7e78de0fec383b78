"""From what a user names to a network: a module, a function, or a text such as ``net.py:Net`` or ``torchvision.models:resnet18``.

Code that a text names is run, as Python runs a file that is imported.
"""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import reduce
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import torch
from torch import nn

from engine.errors import InputError
from engine.imported import importable, imported, told
from engine.network.draws import own_draws
from engine.network.network import Network
from engine.shown import listed, shown

_NAME = r"[^\W\d]\w*(?:\.[^\W\d]\w*)*"
_FILE = re.compile(r"(?P<place>.*\.py)(?::(?P<name>.*))?")
_IMPORTABLE = re.compile(rf"(?P<place>{_NAME}):(?P<name>{_NAME}(?:\(.*\))?)")
_TORCH = Path(torch.__file__).parent

__all__ = ["Network", "names_code", "network"]


def names_code(text: str) -> bool:
    """Whether a text names code that would be run: ``FILE.py:NAME``, or a module that can be imported and a name in it.

    What names no code is a text of layers, which is never run.
    """
    return bool(_match(text))


def network(source: Any, *, seed: int = 0) -> Network:
    """The network that a module, a function or a text stands for; a class is made without arguments.

    Of a text the name stands for: a class, which is made; a call, ``make(3, hidden=8)``, whose arguments are literals; a module. A function
    without a call is the network itself, unless it can be called without arguments and then gives a module: it is called to find out. What
    is made here draws its weights with ``seed``, and a user's generators stay as they are.

    Raises:
        InputError: nothing of that name, what needs arguments or fails, and what is neither a module nor a function.
    """
    if isinstance(source, Network):
        return source
    if not isinstance(source, str):
        return _object(source, seed)
    with own_draws(seed):
        return _named(source.strip())


def _match(text: str) -> re.Match[str] | None:
    return _FILE.fullmatch(text.strip()) or _IMPORTABLE.fullmatch(text.strip())


def _object(source: Any, seed: int) -> Network:
    """What was given from Python."""
    if isinstance(source, type) and issubclass(source, nn.Module):
        with own_draws(seed), told(_file_of(source) or Path(), source.__name__):
            return _network(source.__name__, _made(source, source.__name__, None))
    if isinstance(source, type) or not callable(source):
        raise InputError(f"the model is {shown(source)}; give a module, a function, or a text such as 'net.py:Net'")
    name = type(source).__name__ if isinstance(source, nn.Module) else getattr(source, "__name__", type(source).__name__)
    return _network(name, source)


def _network(name: str, value: Any, file: Path | None = None) -> Network:
    module = value if isinstance(value, nn.Module) else getattr(value, "__self__", None)
    return Network(name, value, module if isinstance(module, nn.Module) else None, file or _file_of(value))


def _file_of(value: Any) -> Path | None:
    """Where its code stands, unless that is torch."""
    try:
        found = inspect.getsourcefile(type(value) if isinstance(value, nn.Module) else inspect.unwrap(value))
    except (TypeError, OSError):
        return None
    return None if found is None or Path(found).is_relative_to(_TORCH) or not Path(found).exists() else Path(found)


# --- names -------------------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Call:
    """What is written behind a name, in parentheses."""

    args: Sequence[Any]
    kwargs: Mapping[str, Any]


def _named(text: str) -> Network:
    """What a text names."""
    match = _match(text)
    if match is None:
        raise InputError(f"the model is {shown(text)}; give a file and a name in it such as net.py:Net, or layers such as 'linear(4) relu'")
    place, name = match["place"], match["name"] or ""
    file = Path(place).expanduser().absolute() if place.endswith(".py") else None
    with importable(file or Path("net.py").absolute()):
        module = imported(file, place) if file else _imported_name(place)
        if not name:
            raise InputError(f"{place} is a file; say what in it is the model, such as {place}:{(_offered(module) or ['Net'])[0]}")
        dotted, call = _parsed(name, place)
        value, given = _found(module, dotted, place), f"{place}:{dotted}"
        with told(file or _file_of(value) or Path(), place):
            return _network(dotted if call is None else name, _standing(value, given, call), file or _file_of(value))


def _imported_name(name: str) -> ModuleType:
    """A module by its name. One that is there may want another one that is not."""
    with told(Path(name), name):
        try:
            return import_module(name)
        except ModuleNotFoundError as error:
            if error.name is None or not f"{name}.".startswith(f"{error.name}."):
                raise
            above, _, last = error.name.rpartition(".")
            instead = f"look for another in {above}" if above else f"install {last}"
            raise InputError(f"there is no module {shown(error.name)} to import; {instead}, or give a file such as net.py:Net") from error


def _parsed(name: str, place: str) -> tuple[str, _Call | None]:
    """The name itself, and what it is called with."""
    try:
        node = ast.parse(name.strip(), mode="eval").body
        target = node.func if isinstance(node, ast.Call) else node
        if not re.fullmatch(_NAME, dotted := ast.unparse(target)):
            raise SyntaxError
    except (SyntaxError, ValueError, RecursionError):
        raise InputError(f"{shown(name)} is no name in {place}; write {place}:Net, or a call such as {place}:make(3)") from None
    return dotted, _Call(*_literals(node, place)) if isinstance(node, ast.Call) else None


def _literals(node: ast.Call, place: str) -> tuple[list[Any], dict[str, Any]]:
    def literal(one: ast.expr) -> Any:
        try:
            return ast.literal_eval(one)
        except (ValueError, TypeError):
            given = shown(ast.unparse(one))
            raise InputError(f"{given} in a call of {place} is no literal; write numbers and texts, or a function make()") from None

    named = {one.arg: literal(one.value) for one in node.keywords if one.arg}
    if len(named) < len(node.keywords) or any(isinstance(one, ast.Starred) for one in node.args):
        raise InputError(f"{shown(ast.unparse(node))} has a star; write each argument, or a function make() that needs none")
    return [literal(one) for one in node.args], named


def _found(module: ModuleType, dotted: str, place: str) -> Any:
    try:
        return reduce(getattr, dotted.split("."), module)
    except AttributeError:
        names = _offered(module)
        near = get_close_matches(dotted, [*names, *vars(module)], n=1)
        instead = f"did you mean {near[0]}?" if near else f"it has {listed(names)}" if names else "it has no module and no function"
        raise InputError(f"there is no {shown(dotted)} in {place}; {instead}") from None


def _offered(module: ModuleType) -> list[str]:
    """The names in a module of what may be a network, its own ones if there are any."""
    fits = {name: one for name, one in vars(module).items() if name[0] != "_" and (_is_class(one) or _is_network(one))}
    own = [name for name, one in fits.items() if isinstance(one, nn.Module) or getattr(one, "__module__", "") == module.__name__]
    return own or list(fits)


# --- what a name stands for --------------------------------------------------------------------------------------------------------------


def _is_class(value: Any) -> bool:
    return isinstance(value, type) and issubclass(value, nn.Module)


def _is_network(value: Any) -> bool:
    return callable(value) and not isinstance(value, type)


def _standing(value: Any, given: str, call: _Call | None) -> Any:
    if call is not None:
        return _made(value, given, call)
    if isinstance(value, type) and not _is_class(value):
        raise InputError(f"{given} is a class, but not one of nn.Module; name a module, a function, or a call that makes one")
    if _is_class(value):
        return _made(value, given, None)
    if not _is_network(value):
        raise InputError(f"{given} is {shown(value)}, which is neither a module nor a function; name one that is")
    return _itself_or_made(value, given)


def _itself_or_made(value: Callable[..., Any], given: str) -> Any:
    signature = None if isinstance(value, nn.Module) else _signature(value)
    if signature is None or _required(signature):
        return value
    made = value()
    if signature.parameters and not isinstance(made, nn.Module):
        return value
    return _checked_made(made, given)


def _made(value: Any, given: str, call: _Call | None) -> Any:
    """What a class or function gives."""
    if not callable(value) or isinstance(value, nn.Module):
        raise InputError(f"{given} is not made by a call; leave out the parentheses")
    call, signature = call or _Call((), {}), _signature(value)
    try:
        if signature is not None:
            signature.bind(*call.args, **call.kwargs)
    except TypeError as error:
        missing = _required(signature)[len(call.args) :] if signature else []
        missing = [name for name in missing if name not in call.kwargs]
        if not missing:
            raise InputError(f"{given} takes {signature}: {error}; write its arguments as there") from None
        raise InputError(
            f"{given} needs {' and '.join(missing)}; write them, as in {given}({', '.join(f'{one}=8' for one in missing)}), "
            "or write make() that makes one and name make()"
        ) from None
    return _checked_made(value(*call.args, **call.kwargs), given)


def _checked_made(made: Any, given: str) -> Any:
    if not _is_network(made):
        raise InputError(f"{given}() gives {shown(made)}, which is neither a module nor a function; let it return the model")
    return made


def _signature(value: Callable[..., Any]) -> inspect.Signature | None:
    """None of functions that are not Python's own."""
    try:
        return inspect.signature(value)
    except (TypeError, ValueError):
        return None


def _required(signature: inspect.Signature) -> list[str]:
    many = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    return [name for name, one in signature.parameters.items() if one.default is one.empty and one.kind not in many]
