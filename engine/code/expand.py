"""Operations that are more than one step are replaced by code of simpler ones while code is recorded."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode

from engine.catalogue import code_of
from engine.code import simpler
from engine.errors import InputError
from engine.ops.rules import common_name, has_rule
from engine.recorder.calls import plain_name, written_to
from engine.recorder.nested import found, mapped
from engine.recorder.operation import Operation, Recording
from engine.signature import Signature


class Expansions:
    """A function that computes the same in simpler operations; ``results`` are those of the operations that it calls itself."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function
        self.results: list[Tensor] = []

    @property
    def run(self) -> Callable[..., Any]:
        """The function to call."""

        @functools.wraps(self.function)
        def called(*args: Any, **kwargs: Any) -> Any:
            with _Expanding(self.results):
                return self.function(*args, **kwargs)

        return called

    def needed(self, recording: Recording) -> Recording:
        """Without what the code of an operation computes besides its result."""
        own, results = self.function.__code__.co_filename, {id(one) for one in self.results}
        wanted = {one.source for one in recording.outputs.values()}
        kept: list[Operation] = []
        for operation in reversed(recording.operations):
            is_ours = operation.file.startswith(ENGINE) and operation.file != own
            if not is_ours or operation.index in wanted or any(id(one) in results for one in operation.outputs):
                kept.append(operation)
                wanted |= {one.source for one in operation.reads}
        return replace(recording, operations=kept[::-1])


class _Expanding(TorchFunctionMode):
    """Calls code in place of an operation: that of the concept of its name, or one of ours; none of those that are being called so.

    It notes the results.
    """

    def __init__(self, results: list[Tensor], without: frozenset[str] = frozenset()) -> None:
        super().__init__()
        self.results, self.without = results, without

    def __torch_function__(self, func: Any, types: Any, args: Sequence[Any] = (), kwargs: Mapping[str, Any] | None = None) -> Any:
        kwargs = kwargs or {}
        name = common_name(plain_name(func))
        code = None if name in self.without or written_to(func, args, kwargs) else _code(name)
        taken = None if code is None else _taken(code, name in simpler.OWN, args, kwargs)
        if code is None or taken is None:
            return func(*args, **kwargs)
        with _Expanding([], self.without | {name}):
            result = code(*taken.args, **taken.kwargs)
        if result is NotImplemented:
            return func(*args, **kwargs)
        handed = mapped(_first(result), Tensor, _handed)
        self.results += found(handed, Tensor)
        return handed


def _code(name: str) -> Callable[..., Any] | None:
    """The code of an operation; of one that a step can do only where that is for some of its options."""
    return simpler.OWN.get(name) or (None if has_rule(name) else code_of(name))


def _taken(code: Callable[..., Any], is_ours: bool, args: Sequence[Any], kwargs: Mapping[str, Any]) -> inspect.BoundArguments | None:
    """How code takes the arguments of torch's function, a concept's with checks; none where it does not know one of them, or a value.

    A dtype is that of the first argument; what is None, and no argument of the code, is left out.
    """
    signature = inspect.signature(code)
    dtypes = [one for one in (*args, *kwargs.values()) if isinstance(one, torch.dtype)]
    listed = [one for one in args if not isinstance(one, torch.dtype)]
    left_out = {name for name, one in kwargs.items() if isinstance(one, torch.dtype) or name in IGNORED or one is None}
    named = {name: one for name, one in kwargs.items() if name not in left_out or (one is None and name in signature.parameters)}
    try:
        bound = (signature.bind if is_ours else Signature(signature).bound)(*listed, **named)
    except (TypeError, InputError):
        return None
    if dtypes:
        name = next(iter(bound.arguments))
        bound.arguments[name] = bound.arguments[name].to(dtypes[0])
    return bound


def _handed(result: Tensor) -> Tensor:
    """The same tensor once more, so that it gets the name that it has where the operation was called."""
    return result.view_as(result)


def is_handed(operation: Operation) -> bool:
    """Whether an operation is but the handing over of a result."""
    return operation.file == __file__ and operation.name == "view_as"


def _first(result: Any) -> Any:
    """What an operation gives, of all that the code of a concept does."""
    return next(iter(result.values())) if isinstance(result, Mapping) else result


#: The code of operations stands in here.
ENGINE = str(Path(__file__).parents[1])
#: Arguments of torch's that change nothing here.
IGNORED = ("_stacklevel", "inplace")
