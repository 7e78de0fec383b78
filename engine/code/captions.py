"""What stands below the picture of a step of torch code: the comment of its line, or the way by which something comes back."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from torch import Tensor

from engine.code.placed import source
from engine.ops.rules import WHOLE
from engine.ops.value import Value
from engine.sentences import MOST_SHARED, listed
from engine.signature import Signature
from engine.stage import Work, spelled
from engine.step import Cell

#: The user's word for a cell of a tensor, empty where there is none.
Word = Callable[[Tensor, Cell], str]
#: So many names are said one by one.
MOST_NAMES = 3


def words_of(signature: Signature, arguments: Mapping[str, Any]) -> Word:
    """The word of a class or share, in tensors of the shape of the input, where it is plain which axis the words name."""
    words = next((one for name, one in arguments.items() if one is not None and signature.takes(name, ("Words",))), ())
    shape = next((one.shape for one in arguments.values() if isinstance(one, Tensor)), ())
    axes = [axis for axis, size in enumerate(shape) if size == len(words)]

    def word(tensor: Tensor, cell: Cell) -> str:
        return f"“{words[cell[axes[0]]]}”" if words and len(axes) == 1 and tensor.shape == shape else ""

    return word


def forward(value: Value, comment: str, word: Word) -> Callable[[Cell, Work], str]:
    """What the comment says of a tensor, or what it is computed from."""
    assert value.call is not None
    name, call = value.name, value.call

    def caption(cell: Cell, work: Work) -> str:
        found = word(value.tensor, cell)
        who = f"{name} of {found}" if found else name
        if call.rule is WHOLE:
            return f"{who}, computed whole by {call.op}."
        return f"{who}: {comment}." if comment and name != call.text else f"{who}{_from(work)}."

    return caption


def shared(value: Value, comment: str) -> str:
    """What holds for all cells of a tensor."""
    assert value.call is not None
    is_part = value.name == value.call.text
    ways = [f"Now {value.name}: {comment}." if comment and not is_part else "", f"Now {value.name}, one cell after the other."]
    return _short(ways, "Now a part of this line, one cell after the other.")


def back(name: str, senders: Sequence[str], *, is_whole: bool) -> Callable[[Cell, Work], str]:
    """Which way it comes back, and by what it is multiplied there."""

    def caption(cell: Cell, work: Work) -> str:
        if is_whole:
            return f"The gradient of {name}, computed whole by autograd."
        is_read = any(path for path in work.reads)
        return f"{'To' if is_read else 'Nothing comes to'} {name}, back from {_some(senders)}{_slopes(work)}."

    return caption


def back_shared(name: str, senders: Sequence[str]) -> str:
    """What holds for all cells of an adjoint."""
    return _short(
        [f"Now the gradient of {name}, back from {_some(senders)}.", f"Now the gradient of {name}."], "The gradients go on, back."
    )


def factors(work: Work) -> str:
    """Which factors are made of what stands somewhere, unless the number is only handed on."""
    made = dict.fromkeys(spelled(*one) for one in _ways(work) if one[0])
    return f", with {listed([*made])}" if made and not source(work) else ""


def _slopes(work: Work) -> str:
    """The same of the slopes alone: a gradient whose sign is turned is none."""
    made = dict.fromkeys(spelled(*one) for one in _ways(work) if one[0] and not one[1].startswith("grad"))
    if not made or source(work):
        return ""
    return f", times {listed([*made])}" if len(made) == 1 else ", times their slopes"


def opening_back(reached: Sequence[str], last: str) -> str:
    """Before the way back begins."""
    return f"How does {last} change with {_some(reached)}? Its gradient comes back, step by step, against the arrows."


def _ways(work: Work) -> Iterator[tuple[str, str]]:
    """How all factors are made, and of which tensor."""
    for operand in (one for product in work.sums for one in product):
        yield from dict.fromkeys((way, place[0] if place else "") for way, place in zip(operand.ways, operand.places, strict=True))


def _from(work: Work) -> str:
    names = [path for path in work.reads if path]
    return f", from {_some(names)}" if names else ""


def _some(names: Sequence[str]) -> str:
    """The names, or the first of them and how many more there are."""
    left = len(names) - MOST_NAMES
    return listed(names) if left <= 1 else listed([*names[:MOST_NAMES], f"{left} more"])


def _short(ways: Sequence[str], otherwise: str) -> str:
    """The first that is a sentence, and short enough to be read while steps go by."""
    return next((way for way in ways if way and len(way.split()) <= MOST_SHARED), otherwise)
