"""What comes back to a tensor from all that read it, added up: each in its place, as what was read may be a part of it, or moved."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import torch
from torch import Tensor

from engine import sentences
from engine.blocks import Blocks
from engine.code.forward import CodeTrace, said
from engine.code.placed import named, placed
from engine.code.step import CodeStep
from engine.lessons import Lessons, of_stages
from engine.numbers import Sum
from engine.ops import algebra
from engine.reader import largest
from engine.shapes import unravel
from engine.stage import Operand, Stage, Work
from engine.step import Cell, Reference
from engine.verdict import compare


class Sent(NamedTuple):
    """What an act sends back: a tensor among its outputs, or with no ``maker`` one from outside.

    ``order`` has for each of its cells the number of the cell that it goes to, none where that is the same. ``scale`` is how large the
    numbers are that it was made of.
    """

    maker: str
    path: str
    tensor: Tensor
    order: Tensor | None
    scale: float

    def is_whole(self, count: int) -> bool:
        """Whether every one of so many cells gets one number."""
        if self.order is None:
            return self.tensor.numel() == count
        return self.order.numel() == count and bool((self.order.bincount(minlength=count) == 1).all())

    def placed(self, like: Tensor) -> Tensor:
        """Every number where it goes to, those that meet added up."""
        flat = self.tensor.reshape(-1)
        found = flat if self.order is None else torch.zeros_like(like).reshape(-1).index_add(0, self.order.to(flat.device), flat)
        return found.reshape(like.shape)

    def way(self, like: Tensor) -> Callable[[Tensor], Tensor] | None:
        """The same for any tensor that stands there, if every cell gets one number; none where they are in the same order."""
        if self.order is None:
            return None
        inverse = self.order.argsort()
        return lambda tensor: tensor.reshape(-1)[inverse.to(tensor.device)].reshape(like.shape)


@dataclass(frozen=True, eq=False)
class Arriving:
    """Where the numbers stand that go to one cell."""

    sent: Sent
    name: str

    @cached_property
    def sorted(self) -> tuple[Tensor, Tensor]:
        """Cells in order, and which numbers go there."""
        assert self.sent.order is not None
        return torch.sort(self.sent.order, stable=True)

    def operand(self, number: int) -> Operand:
        """All that goes to the cell with this number."""
        cells = [unravel(one, self.sent.tensor.shape) for one in self._numbers(number)]
        return Operand([(self.name, cell) for cell in cells], [float(self.sent.tensor[cell]) for cell in cells], self.name if cells else "")

    def _numbers(self, number: int) -> list[int]:
        if self.sent.order is None:
            return [number]
        cells, numbers = self.sorted
        first, stop = torch.searchsorted(cells, torch.tensor([number, number + 1], device=cells.device)).tolist()
        return [int(one) for one in numbers[first:stop].tolist()]


def total(sent: Sequence[Sent], like: Tensor) -> Tensor:
    """All of it added up."""
    return torch.stack([one.placed(like) for one in sent]).sum(0)


def checked(name: str, found: Tensor, theirs: Tensor, sent: Sequence[Sent]) -> Reference:
    """Compares what came back with autograd. Raises :class:`CheckError` if that is something else."""
    # As in every comparison, it is relative to the numbers of which it is made: what cancels out is no mistake.
    scale = max([largest(theirs), *(one.scale for one in sent)])
    return compare(f"torch.autograd of the model, for {name},", found.reshape(theirs.shape), theirs, scale)


def plain(name: str) -> str:
    """A name of letters and digits alone."""
    return re.sub(r"[^0-9A-Za-z]+", "_", name).strip("_")


def names_of(sent: Sequence[Sent]) -> list[str]:
    """What the parts of a sum are called: by who sends them."""
    found: list[str] = []
    for one in sent:
        name = f"from_{plain(one.maker.removesuffix(BACK))}" if one.maker else "given"
        free = (name, *(f"{name}_{number}" for number in range(2, len(sent) + 2)))
        found.append(next(one for one in free if one not in found))
    return found


def sum_trace(label: str, sent: Sequence[Sent], like: Tensor, reference: Reference) -> CodeTrace:
    """The gradient of a tensor that is called so, one step for each of its cells."""
    names, values = names_of(sent), total(sent, like)
    parts = [Arriving(one, name) for one, name in zip(sent, names, strict=True)]
    path = f"grad_{plain(label)}"
    blocks = Blocks()
    blocks.box(path, path, (0,) * values.dim(), tuple(values.shape))
    stages = {path: _stage(path, label, values, parts)}
    return CodeTrace(
        params={},
        inputs={name: one.tensor for name, one in zip(names, sent, strict=True)},
        outputs={path: values},
        reference=reference,
        stages=stages,
        blocks=blocks,
        opening=f"{_readers(names)} {label}: what comes back is added up.",
        closing=sentences.agreement(f"The gradient of {label} is known", reference, "torch.autograd", "gradients"),
        formula=f"{sentences.in_quotes(path)} = {' + '.join(map(sentences.in_quotes, names))}",
        lessons=Lessons(lambda: of_stages(stages, blocks, stages)),
        code={path: f"{path} = {' + '.join(names)}"},
        results=[path],
        concept="gradient_sum",
        title="Sum of gradients",
    )


def _readers(names: Sequence[str]) -> str:
    return f"{len(names)} acts read" if len(names) > 1 else "An act reads a part of"


def _stage(path: str, label: str, values: Tensor, parts: Sequence[Arriving]) -> Stage:
    def work(cell: Cell) -> Work:
        number = _number(cell, values.shape)
        operands = [one for one in (part.operand(number) for part in parts) if one.values]
        return placed(Work([(one,) for one in operands]) if operands else algebra.constant(0.0))

    def say(cell: Cell, work: Work, text: Sum) -> str:
        return f"{named(path, cell)}{'' if work.reads else ', to which nothing comes back'}: {said(work, text)}."

    return Stage(
        path=path,
        values=values,
        work=work,
        say=say,
        caption=lambda cell, work: f"The gradient of {label}: all that comes back to it.",
        shared=f"All that comes back to {label} is added up.",
        step=CodeStep,
        called=lambda cell: named(path, cell),
    )


def _number(cell: Cell, shape: Sequence[int]) -> int:
    number = 0
    for place, size in zip(cell, shape, strict=True):
        number = number * size + place
    return number


#: Behind the name of an act, that of its way back.
BACK = ", back"
