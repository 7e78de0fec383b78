"""What a recording consists of: operations, what they read and what they made."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, fields, is_dataclass
from typing import Any

import torch
from torch import Tensor
from torch.autograd.graph import get_gradient_edge

from engine.recorder.nested import found, mapped


@dataclass(eq=False)
class Held:
    """A tensor as it was; copied as soon as its memory is about to be written. ``edge`` is then where autograd had it."""

    tensor: Tensor
    is_copy: bool = False
    edge: Any = None

    def keep(self) -> None:
        """Before its memory is written."""
        if not self.is_copy:
            self.edge = get_gradient_edge(self.tensor) if self.tensor.requires_grad else None
            self.tensor, self.is_copy = self.tensor.detach().clone(), True

    @property
    def traced(self) -> Any:
        """What autograd knows it by; none where it does not."""
        return self.tensor if self.tensor.requires_grad else self.edge


@dataclass(frozen=True, eq=False)
class Read:
    """A tensor that an operation was given, or that the code gave back.

    ``source`` is the operation that made it, or that last gave it back as it was, and ``output`` which of its results it is; what comes
    from outside has no source, but a ``name`` if it has one: of an argument, or of a parameter of a module (``layer1.0.weight``).
    ``writers`` are the operations that have written in its memory since, through another tensor: without any, it is what its source made.
    """

    held: Held
    source: int | None = None
    output: int = 0
    name: str = ""
    writers: tuple[int, ...] = ()

    @property
    def tensor(self) -> Tensor:
        """As it was when it was read."""
        return self.held.tensor


@dataclass(frozen=True)
class Drawing:
    """A generator of random numbers from which an operation drew, and its state before that."""

    generator: torch.Generator
    state: Tensor

    @property
    def drew(self) -> bool:
        """Whether numbers were drawn since."""
        return self.generator.get_state().numpy().tobytes() != self.state.numpy().tobytes()

    @contextmanager
    def again(self) -> Iterator[None]:
        """Draws the same numbers; after that the generator is as it was."""
        now = self.generator.get_state()
        self.generator.set_state(self.state)
        try:
            yield
        finally:
            self.generator.set_state(now)


@dataclass(frozen=True, eq=False)
class Operation:
    """A call of a torch function: ``args`` and ``kwargs`` have a :class:`Read` for every tensor.

    ``name`` is that of the function without underscores (``add`` for ``+=``), ``module`` the path of the module in which it was called,
    ``file`` and ``line`` where in the code that is not torch's own, ``text`` the expression there. ``writes`` says that it changed one of
    its arguments. Of what it drew at random the state of the generator before it is kept; ``autocast`` is the type to which torch was told
    to cast by itself.
    """

    index: int
    function: Callable[..., Any]
    name: str
    args: Sequence[Any]
    kwargs: Mapping[str, Any]
    made: Sequence[Held]
    names: Sequence[str]
    module: str
    file: str
    line: int
    text: str
    writes: bool
    drawing: Drawing | None = None
    autocast: torch.dtype | None = None

    @property
    def variables(self) -> tuple[str, ...]:
        """For every result the variable to which the code assigned it first, "" if none."""
        return tuple(self.names)

    @property
    def outputs(self) -> list[Tensor]:
        """The results as they were made."""
        return [held.tensor for held in self.made]

    @property
    def reads(self) -> list[Read]:
        """All tensors that it was given."""
        return found((self.args, self.kwargs), Read)

    def again(self) -> list[Tensor]:
        """The results, computed once more from what was read, with the same random numbers; nothing that is kept is changed."""
        copies: dict[int, Tensor] = {}

        def given(read: Read) -> Tensor:
            # What was one tensor is one again: attention takes another path where query and key are the same.
            return copies.setdefault(id(read.tensor), read.tensor.clone()) if self.writes else read.tensor

        with torch.no_grad(), torch.autocast("cpu", self.autocast, enabled=self.autocast is not None):
            args, kwargs = mapped((self.args, self.kwargs), Read, given)
            result = self.called(args, kwargs)
            return [one.clone() for one in found(args[0] if result is None else result, Tensor)]

    def called(self, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        """What the function gives for other arguments, with the same random numbers."""
        if not self.drawing:
            return self.function(*args, **kwargs)
        with self.drawing.again():
            return self.function(*args, **kwargs)


@dataclass(eq=False)
class Recording:
    """All operations in order, and what the code gave back.

    ``outputs`` says where each tensor of the result comes from: under "output" if it is the result, under its key, its number or its field
    if the result is a dict, a tuple or a dataclass, and under a path (``hidden.0``) if it lies deeper.
    """

    operations: list[Operation] = field(default_factory=list)
    result: Any = None
    outputs: Mapping[str, Read] = field(default_factory=dict)

    def covered(self, indices: Iterable[int]) -> bool:
        """Whether these are all operations, each once and in order."""
        return list(indices) == [operation.index for operation in self.operations]


def paths_of(value: Any, path: str = "") -> Iterator[tuple[str, Tensor]]:
    """All tensors in a result with their paths."""
    if isinstance(value, Tensor):
        yield path or "output", value
    for key, part in _parts(value):
        yield from paths_of(part, f"{path}.{key}" if path else str(key))


def _parts(value: Any) -> Iterable[tuple[Any, Any]]:
    if isinstance(value, Mapping):
        return value.items()
    if is_dataclass(value) and not isinstance(value, type):
        return [(one.name, getattr(value, one.name)) for one in fields(value)]
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return zip(value._fields, value, strict=True)
    return enumerate(value) if isinstance(value, list | tuple) else ()
