"""What stands below the picture of a step of torch code: the comment of its line, or the way by which something comes back."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from torch import Tensor

from engine.code.placed import source
from engine.ops.elementwise import narrow
from engine.ops.rules import WHOLE
from engine.ops.value import Value
from engine.sentences import MOST_CAPTION, MOST_SHARED, listed
from engine.signature import Signature
from engine.stage import Work, spelled
from engine.step import Cell

#: The user's word for a cell of a tensor, empty where there is none.
Word = Callable[[Tensor, Cell], str]
#: So many names are said one by one.
MOST_NAMES = 3
#: Stands between what a comment says of some cells and of the others.
BAR = " | "
PART = "a part of this line"


def words_of(signature: Signature, arguments: Mapping[str, Any]) -> Word:
    """The word of a class or share, in tensors of the shape of the input, where it is plain which axis the words name."""
    words = next((one for name, one in arguments.items() if one is not None and signature.takes(name, ("Words",))), ())
    shape = next((one.shape for one in arguments.values() if isinstance(one, Tensor)), ())
    axes = [axis for axis, size in enumerate(shape) if size == len(words)]

    def word(tensor: Tensor, cell: Cell) -> str:
        return f"“{words[cell[axes[0]]]}”" if words and len(axes) == 1 and tensor.shape == shape else ""

    return word


def about(value: Value, comment: str, cell: Cell) -> str:
    """What a comment says of a cell: of two halves the one before the bar where what the operation reads first holds, or is above 0."""
    halves = comment.split(BAR)
    asked = next((one.tensor for one in value.call.values.values()), None) if value.call and len(halves) == 2 else None
    if asked is None or asked.is_complex() or not _lies_over(asked.shape, value.tensor.shape):
        return comment
    return halves[not asked[narrow(cell, asked.shape)] > 0]


def _lies_over(shape: Sequence[int], result: Sequence[int]) -> bool:
    """Whether a tensor of this shape has a number for every cell of the result, or one for several."""
    return len(shape) <= len(result) and all(size in (1, other) for size, other in zip(reversed(shape), reversed(result), strict=False))


def forward(value: Value, comment: str, word: Word) -> Callable[[Cell, Work], str]:
    """What the comment says of a tensor, or what it is computed from."""
    assert value.call is not None
    name, call = value.name, value.call

    def caption(cell: Cell, work: Work) -> str:
        found = word(value.tensor, cell)
        who = f"{name} of {found}" if found else name
        if call.rule is WHOLE:
            return f"{who}, computed whole by {call.op}."
        if comment and not _is_part(value):
            return f"{who}: {about(value, comment, cell)}."
        return f"{who}{f', {PART}' * _is_part(value)}{_from(work)}."

    return caption


def shared(value: Value, comment: str) -> str:
    """What holds for all cells of a tensor."""
    what = f"Now {value.name}: {'; '.join(comment.split(BAR))}." if comment and not _is_part(value) else ""
    return _short([what, f"Now {value.name}, one cell after the other."], f"Now {PART}, one cell after the other.")


def noun(value: Value) -> str:
    """What all cells of a tensor are."""
    return value.name if len(value.name.split()) <= MOST_NAMES else PART


def _is_part(value: Value) -> bool:
    """Whether a tensor has no name but the text by which it is computed."""
    return value.call is not None and value.name == value.call.text


def back(name: str, senders: Sequence[str], *, is_whole: bool) -> Callable[[Cell, Work], str]:
    """Which way it comes back, and by what it is multiplied there."""

    def caption(cell: Cell, work: Work) -> str:
        if is_whole:
            return f"The gradient of {name}, computed whole by autograd."
        went = f"{name} went into {_some(senders)}"
        if not any(path for path in work.reads):
            return f"{went}, but nothing comes back to this cell."
        back = f"{went}, whose gradient{' comes' if len(senders) == 1 else 's come'} back"
        return _short([f"{back}{_times(work)}."], f"{back}.", MOST_CAPTION)

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


def _times(work: Work) -> str:
    """What comes back is multiplied by: slopes, or what stands somewhere, unless a sign is turned besides."""
    found = [*_ways(work)]
    slopes = dict.fromkeys(spelled(*one) for one in found if one[0] and not one[1].startswith("grad"))
    made = slopes or dict.fromkeys(path for _, path in found if path and not path.startswith("grad") and not any(way for way, _ in found))
    if not made or source(work):
        return ""
    return f", times {next(iter(made))}" if len(made) == 1 else ", times their slopes" * bool(slopes)


def results(names: Sequence[str]) -> str:
    """What there is when all is computed."""
    return f"{_some(names)} {'is' if len(names) == 1 else 'are'} computed" if names else "All is computed"


def results_back(reached: Sequence[str]) -> str:
    """The same of a way back."""
    return f"The gradient{'s' * (len(reached) > 1)} of {_some(reached)} {'is' if len(reached) == 1 else 'are'} known"


def opening_back(reached: Sequence[str], last: str) -> str:
    """Before the way back begins."""
    return f"How does {last} change with {_some(reached)}? Its gradient comes back, step by step, against the arrows."


def _ways(work: Work) -> Iterator[tuple[str, str]]:
    """How all factors are made, and of which tensor."""
    for operand in (one for product in work.sums for one in product):
        yield from dict.fromkeys((way, place[0] if place else "") for way, place in zip(operand.ways, operand.places, strict=True))


def _from(work: Work) -> str:
    names = [path for path in work.reads if path]
    return f", made from {_some(names)}" if names else ""


def _some(names: Sequence[str]) -> str:
    """The names, or the first of them and how many more there are."""
    left = len(names) - MOST_NAMES
    return listed(names) if left <= 1 else listed([*names[:MOST_NAMES], f"{left} more"])


def _short(ways: Sequence[str], otherwise: str, most: int = MOST_SHARED) -> str:
    """The first that is a sentence, and short enough to be read: while steps go by, if nothing else is said."""
    return next((way for way in ways if way and len(way.split()) <= most), otherwise)
