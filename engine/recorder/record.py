"""Records what any torch code does, while it runs as always.

A :class:`~torch.overrides.TorchFunctionMode` sees every call of a torch function at the grain at which a lecture speaks of it
(``torch.nn.functional.linear``, ``+=``, ``flatten``); the frames of Python tell in which module and where in the code it happens.
Nothing that the code computes is changed.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from types import FrameType
from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from engine.recorder.calls import is_getter_of_outside, plain_name, written_to
from engine.recorder.failed import FailedCall, note
from engine.recorder.known import Origins, known_to
from engine.recorder.names import Names, text
from engine.recorder.nested import found, mapped
from engine.recorder.operation import Drawing, Held, Operation, Read, Recording, paths_of

_TORCH = str(Path(torch.__file__).parent)
_CALL = nn.Module._call_impl.__code__
#: A mode of someone else's that stands between code and its call.
_MODE = "__torch_function__"


def record(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Recording:
    """Calls a function or module and records what it does.

    Gradients are not recorded: the code runs under ``torch.no_grad``; see :func:`record_with_gradients`. Everything else, modes, random
    numbers, hooks of one's own, is as without the recorder. All tensors that the code makes are kept alive, and what is about to be
    overwritten is copied: a forward pass takes the memory of all that it computes. What is compiled runs as it was before; what runs
    without torch's Python functions, such as an extension of one's own or a scripted function that another function calls, is not seen,
    and its results have neither source nor name.

    Raises:
        InputError: a module in it is scripted, or a function that it names.

    What the code raises comes out as it is; :func:`engine.recorder.failed.stopped` says of it what was recorded before, and which call it
    was.
    """
    with torch.no_grad():
        return record_with_gradients(function, *args, **kwargs)


def record_with_gradients(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Recording:
    """The same under the modes of torch that are set: where gradients are wanted, results know where they come from."""
    mode = _Mode(known_to(function, args, kwargs))
    with _eager(), mode:
        try:
            result = function(*args, **kwargs)
        except Exception as error:
            note(error, mode.ended(None), mode.failed)
            raise
    return mode.ended(result)


def _eager() -> AbstractContextManager[Any]:
    """Whatever is compiled was so by dynamo, whose import takes seconds; it is not needed where nothing is."""
    return torch.compiler.set_stance("force_eager") if "torch._dynamo" in sys.modules else nullcontext()


class _Mode(TorchFunctionMode):
    """Knows of every tensor where it came from; keeps all of them alive, so that an id is used once."""

    def __init__(self, known: Origins) -> None:
        super().__init__()
        self.recording = Recording()
        self.known = known
        self.frames: list[FrameType] = []
        self.module = ""
        self.names = Names()
        self.holding: dict[int, dict[int, Held]] = {}
        self.written: dict[int, list[int]] = {}
        self.failed: tuple[BaseException, FailedCall] | None = None

    def __torch_function__(self, func: Any, types: Any, args: Sequence[Any] = (), kwargs: Mapping[str, Any] | None = None) -> Any:
        kwargs = kwargs or {}
        self.frames, self.module = _frames(self.known.paths)
        self.names.look(self.frames, len(self.recording.operations))
        return func(*args, **kwargs) if is_getter_of_outside(func) else self._call(func, args, dict(kwargs))

    def _call(self, func: Any, args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
        changed = written_to(func, args, kwargs)
        given, named = mapped((args, kwargs), Tensor, self._read)
        for tensor in changed:
            self._keep(tensor)
        generators = (torch.default_generator, *found((args, kwargs), torch.Generator))
        drawings = [Drawing(one, one.get_state()) for one in generators]
        try:
            result = func(*args, **kwargs)
        except Exception as error:
            self.failed = error, FailedCall(plain_name(func), given, named, self.module, *_where(self.frames))
            raise
        value = args[0] if changed and result is None else result
        if made := found(value, Tensor):
            index, drawing = len(self.recording.operations), next((one for one in drawings if one.drew), None)
            names = self.names.add(index, value, made, _caller())
            autocast = torch.get_autocast_dtype("cpu") if torch.is_autocast_enabled("cpu") else None
            held, where = self._made(index, made, changed), _where(self.frames)
            self.recording.operations.append(
                Operation(index, func, plain_name(func), given, named, held, names, self.module, *where, bool(changed), drawing, autocast)
            )
        return result

    def ended(self, result: Any) -> Recording:
        """All frames have returned."""
        self.names.look([], len(self.recording.operations))
        self.frames = []
        self.recording.result = result
        self.recording.outputs = {path: self._read(tensor) for path, tensor in paths_of(result)}
        return self.recording

    def _made(self, index: int, made: Sequence[Tensor], changed: Sequence[Tensor]) -> list[Held]:
        for memory in {_memory(tensor) for tensor in changed}:
            self.written.setdefault(memory, []).append(index)
        for number, tensor in enumerate(made):
            self.known.origin[id(tensor)] = (tensor, index, number, "")
        return [self._hold(tensor) for tensor in made]

    def _read(self, tensor: Tensor) -> Read:
        _, source, output, name = self.known.origin.setdefault(id(tensor), (tensor, None, 0, ""))
        writers = tuple(index for index in self.written.get(_memory(tensor), ()) if source is None or index > source)
        return Read(self._hold(tensor), source, output, name, writers)

    def _hold(self, tensor: Tensor) -> Held:
        return self.holding.setdefault(_memory(tensor), {}).setdefault(id(tensor), Held(tensor))

    def _keep(self, tensor: Tensor) -> None:
        """Copies everything that stands in the same memory."""
        for held in self.holding.pop(_memory(tensor), {}).values():
            held.keep()


def _caller() -> FrameType:
    """The frame that called a torch function: outside this file, or that of :func:`record` itself."""
    frame = sys._getframe(1)
    while frame.f_code.co_filename == __file__ and frame.f_code is not record_with_gradients.__code__ and frame.f_back:
        frame = frame.f_back
    return frame


def _frames(paths: Mapping[int, str]) -> tuple[list[FrameType], str]:
    """The frames of code that is not torch's, from the innermost to the call of :func:`record`; the path of the innermost module."""
    frame, path = _caller(), None
    frames = []
    while frame.f_back and frame.f_code is not record_with_gradients.__code__:
        if frame.f_code is _CALL and path is None:
            path = paths.get(id(frame.f_locals["self"]))
        elif not frame.f_code.co_filename.startswith(_TORCH) and frame.f_code.co_name != _MODE:
            frames.append(frame)
        frame = frame.f_back
    return frames, path or ""


def _where(frames: Sequence[FrameType]) -> tuple[str, int, str]:
    """File, line and expression of the innermost."""
    return (frames[0].f_code.co_filename, frames[0].f_lineno, text(frames[0])) if frames else ("", 0, "")


def _memory(tensor: Tensor) -> int:
    """Where its numbers stand; a sparse tensor has no memory that another could share."""
    return tensor.untyped_storage().data_ptr() if tensor.layout is torch.strided else id(tensor)


__all__ = ["Held", "Operation", "Read", "Recording", "record"]
