"""To which variables results went, and which expression made them.

The bytecode after the call tells it where the result is stored at once, also through ``return`` (``y = gelu(x)``). What goes another way
(``a, b = f(x), g(x)``, what a module makes of an LSTM's states, the variable of a loop) is found in the frames, by identity: before every
operation, and when the code is done, in those that ran since the last one. A frame that is held keeps its variables after its return.
"""

from __future__ import annotations

import linecache
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from dis import opname
from inspect import CO_GENERATOR
from itertools import islice
from types import CodeType, FrameType
from typing import Any

from torch import Tensor
from torch.overrides import handle_torch_function

#: What a store leaves to unpack: a name, targets of its own for the parts of the value, or nothing that is known.
Target = str | list["Target"] | None
#: What comes next in a code: the name of an instruction and its argument.
Instructions = Generator[tuple[CodeType, str, int], None, None]
_RETURN = "return"  # no variable can have this name
_SKIPPED = ("CACHE", "NOP", "EXTENDED_ARG", "JUMP_FORWARD")


@dataclass(eq=False)
class Unnamed:
    """A result that may still get a name, which then stands in ``names``."""

    index: int
    names: list[str]
    number: int

    def name(self, name: str) -> None:
        """The variable to which it went first."""
        self.names[self.number] = name


class Names:
    """Follows the frames of the code, from the innermost outwards, and names results in them."""

    def __init__(self) -> None:
        self.born: dict[FrameType, int] = {}
        self.unnamed: dict[int, Unnamed] = {}
        self.guesses: list[tuple[FrameType, int, str, int]] = []

    def look(self, frames: Sequence[FrameType], count: int) -> None:
        """Before operation number ``count``, which these frames are about to call; at the end there are none."""
        self._settle(frames)
        for frame, born in self.born.items():
            if frame not in frames:
                self._scan(frame, born)
        for frame in frames:
            self._scan(frame, self.born.get(frame, count))
            if frame in self.born:
                break  # those further out have waited since the last look
        self.born = {frame: self.born.get(frame, count) for frame in frames}

    def add(self, index: int, result: Any, made: Sequence[Tensor], caller: FrameType) -> list[str]:
        """The names of the results of an operation, "" for each until it is known; ``caller`` has just called it."""
        names = [""] * len(made)
        for number, tensor in enumerate(made):
            self.unnamed[id(tensor)] = Unnamed(index, names, number)
        frame = _receiver(caller)
        if frame in self.born:
            self.guesses = [(frame, frame.f_lasti, name, id(one)) for name, one in _matched(_target(_after(frame)), result)]
        return names

    def _settle(self, frames: Sequence[FrameType]) -> None:
        """What the bytecode said holds, unless the frame is still at that call: in ``y = sum(xs)`` it is the last sum that y gets.

        Nor did y get what now stands in y's list: ``y = list(map(f, xs))``.
        """
        for frame, at, name, key in self.guesses:
            value = frame.f_locals.get(name)
            waits = frame in frames and frame.f_lasti == at
            if id(value) == key or not (waits or isinstance(value, list | tuple)):
                self._found(key, name)
        self.guesses = []

    def _scan(self, frame: FrameType, born: int) -> None:
        """An argument that was made before the function was called is not assigned there."""
        code = frame.f_code
        given = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
        for name, value in frame.f_locals.items():
            found = self.unnamed.get(id(value))
            if found and (found.index >= born or name not in given):
                self._found(id(value), name)

    def _found(self, key: int, name: str) -> None:
        found = self.unnamed.pop(key, None)
        if found:
            found.name(name)


def _receiver(frame: FrameType) -> FrameType:
    """The frame in which the result of a call is used, that is not only returned.

    torch's own ``handle_torch_function`` returns it too, after a look whether it is one.
    """
    while frame.f_back and (frame.f_code is handle_torch_function.__code__ or _target(_after(frame)) == _RETURN):
        if frame.f_code.co_flags & CO_GENERATOR:
            break
        frame = frame.f_back
    return frame


def _after(frame: FrameType) -> Instructions:
    """The instructions that follow the one at which a frame is; jumps forward are followed."""
    code, at, extended = frame.f_code, frame.f_lasti + 2, 0
    raw = code.co_code
    while at < len(raw):
        name, argument = opname[raw[at]], raw[at + 1] | extended << 8
        extended = argument if name == "EXTENDED_ARG" else 0
        at += 2 + 2 * argument if name == "JUMP_FORWARD" else 2
        if name.startswith("STORE_FAST_"):  # two in one, from Python 3.13 on: STORE_FAST_LOAD_FAST
            yield code, "STORE_FAST", argument >> 4
            yield code, name.removeprefix("STORE_FAST_"), argument & 15
        elif name not in _SKIPPED:
            yield code, name, argument


def _target(instructions: Instructions) -> Target:
    """Where the next instructions put a value; of ``a = b = f(x)`` and of ``(a := f(x))`` it is a."""
    for code, name, argument in instructions:
        match name:
            case "COPY":
                continue
            case "RETURN_VALUE":
                return _RETURN
            case "UNPACK_SEQUENCE":
                return [_target(instructions) for _ in range(argument)]
            case "STORE_FAST" | "STORE_DEREF":
                return str(code._varname_from_oparg(argument))  # type: ignore[attr-defined]  # as dis does it
            case "STORE_NAME" | "STORE_GLOBAL":
                return code.co_names[argument]
        break
    instructions.close()  # what follows an unknown store is none of the targets
    return None


def _matched(target: Target, value: Any) -> Iterator[tuple[str, Tensor]]:
    """The tensors of a value with the variables that they go to."""
    if isinstance(target, str) and isinstance(value, Tensor) and target != _RETURN:
        yield target, value
    elif isinstance(target, list) and isinstance(value, list | tuple) and len(target) == len(value):
        for one, part in zip(target, value, strict=True):
            yield from _matched(one, part)


def text(frame: FrameType) -> str:
    """The source of the expression at which a frame is, "" where there is none."""
    first, last, start, end = next(islice(frame.f_code.co_positions(), frame.f_lasti // 2, None), (None,) * 4)
    lines = linecache.getlines(frame.f_code.co_filename, frame.f_globals)
    if first is None or last is None or start is None or end is None or last > len(lines):
        return ""
    margin = len(lines[first - 1]) - len(lines[first - 1].lstrip())
    found = [line.encode() for line in lines[first - 1 : last]]  # columns count bytes
    found[-1] = found[-1][:end]
    found[0] = found[0][start:]
    return "\n".join([found[0].decode().rstrip("\n"), *(_without(line.decode().rstrip("\n"), margin) for line in found[1:])])


def _without(line: str, margin: int) -> str:
    return line[margin:] if not line[:margin].strip() else line
