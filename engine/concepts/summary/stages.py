"""From figures to steps: a stage for every kind of figure, a chapter for every line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from engine import sentences
from engine.blocks import Blocks
from engine.concepts.summary import words
from engine.concepts.summary.ledger import NetworkLedger
from engine.concepts.summary.step import Factor, Figure, LedgerStep
from engine.numbers import Sum
from engine.stage import Operand, Stage, Work, number
from engine.step import Cell, Cells

#: Of every line a number each.
COUNTS = ("parameters", "share", "multiply_adds")
#: The chapter after the last line.
ENDING = "total"


@dataclass(frozen=True)
class LedgerEntry:
    """A figure, the ledger that it is in, and that one's number."""

    figure: Figure
    ledger: NetworkLedger
    number: int

    @property
    def phase(self) -> str:
        """The chapter: a line, or what comes after all of them."""
        line = ENDING if self.figure.line < 0 or self.figure.kind == "share" else self.ledger.ran[self.figure.line].name
        return f"{self.ledger.before.removesuffix('.')}, {line}" if self.ledger.before else line


def in_order(ledgers: Sequence[NetworkLedger]) -> tuple[dict[str, list[LedgerEntry]], Blocks]:
    """All entries by their kinds, and in which order they come."""
    kinds: dict[str, list[LedgerEntry]] = {}
    blocks = Blocks()
    for place, ledger in enumerate(ledgers):
        for figure in ledger.figures:
            entry = LedgerEntry(figure, ledger, place)
            own = kinds.setdefault(figure.kind, [])
            blocks.cells(figure.kind, entry.phase, [(len(own),)])
            own.append(entry)
    return kinds, blocks


def stages(kinds: Mapping[str, Sequence[LedgerEntry]]) -> dict[str, Stage]:
    """One for every kind."""
    return {kind: _Kind(kind, entries).stage() for kind, entries in kinds.items()}


@dataclass(frozen=True, eq=False)
class _Kind:
    """How the figures of one kind are computed, and what is said of them."""

    kind: str
    entries: Sequence[LedgerEntry]

    def stage(self) -> Stage:
        return Stage(
            path=self.kind,
            values=torch.tensor([entry.figure.value for entry in self.entries], dtype=torch.float64),
            work=self.work,
            say=self.say,
            caption=self.caption,
            shared=words.SHARED[self.kind],
            noun=words.NOUNS[self.kind],
            step=LedgerStep,
            writes=self.writes,
            called=self.called,
        )

    def of(self, cell: Cell) -> LedgerEntry:
        """The entry in a cell."""
        return self.entries[cell[0]]

    def work(self, cell: Cell) -> Work:
        entry = self.of(cell)
        figure = entry.figure
        sums = [tuple(operand(factor) for factor in term) for term in figure.terms]
        fields: dict[str, Any] = {"kind": figure.kind, "line": figure.line, "axis": figure.axis, "ledger": entry.number}
        fields |= {"blocks": figure.blocks, "names": [[factor.name for factor in term] for term in figure.terms]}
        fields |= {"sources": [[factor.path for factor in term] for term in figure.terms]}
        fields |= {"cells": [[factor.cell for factor in term] for term in figure.terms]}
        lone = len(figure.terms) == len(figure.terms[0]) == 1 and figure.divisor is None
        fields |= {"source": figure.terms[0][0].name if lone else ""}
        divisor = 1 if figure.divisor is None else operand(figure.divisor)
        return Work(sums, divisor, figure.apply, fields=fields)

    def writes(self, cell: Cell) -> Cells:
        figure = self.of(cell).figure
        return {figure.path: [figure.cell]}

    def called(self, cell: Cell) -> str:
        figure = self.of(cell).figure
        return sentences.cell_name(figure.path, figure.cell)

    def say(self, cell: Cell, work: Work, text: Sum) -> str:
        entry = self.of(cell)
        return words.said(entry.figure, entry.ledger, text)

    def caption(self, cell: Cell, work: Work) -> str:
        entry = self.of(cell)
        return words.meant(entry.figure, entry.ledger)


def lessons(kinds: Mapping[str, Sequence[LedgerEntry]], blocks: Blocks) -> list[int]:
    """The first step of every kind, where something is left over that one, of shares the largest."""
    found = dict.fromkeys(kinds, 0)
    found |= {
        kind: next((n for n, one in enumerate(kinds[kind]) if telling(one.figure)), 0) for kind in ("strides", "size") if kind in kinds
    }
    if "share" in kinds:
        found["share"] = max(range(len(kinds["share"])), key=lambda n: kinds["share"][n].figure.value)
    return sorted(blocks.step(kind, (n,)) for kind, n in found.items())


def telling(figure: Figure) -> bool:
    """Whether something is left over."""
    return bool(figure.apply) or figure.value != int(figure.value)


def operand(factor: Factor) -> Operand:
    """A factor with the place that it comes from."""
    return number(float(factor.value), factor.path, factor.cell, factor.made)


def outputs_of(ledger: NetworkLedger) -> dict[str, Any]:
    """All that is known of a network: sizes of every line, and a number for every line of what it has."""
    kinds = {figure.kind for figure in ledger.figures}
    found: dict[str, Any] = {"sizes": {line.name: _tensor(line.made) for line in ledger.ran}}
    found |= {kind: _zeros(len(ledger.ran)) for kind in (*COUNTS, *({"dense_weights"} & kinds))}
    for figure in ledger.figures:
        if figure.kind == "strides":
            line = ledger.ran[figure.line]
            own = found.setdefault("strides", {}).setdefault(line.name, _zeros(len(line.made)))
            own[figure.cell] = figure.value
        elif figure.kind in found and figure.kind != "sizes":
            found[figure.kind][figure.cell] = figure.value
    return found | ({"receptive_field": _fields(ledger)} if "receptive_field" in kinds else {})


def _fields(ledger: NetworkLedger) -> Tensor:
    """What a cell looks at behind every line; where a line changes nothing it is that of the line it reads."""
    figures = ledger.of_kind("receptive_field")
    own = {figure.cell: figure.value for figure in figures}
    found = _zeros(len(ledger.ran) + 1, 1 + max(figure.axis for figure in figures))
    found[-1] = 1
    for row, line in enumerate(ledger.ran):
        for axis in range(found.shape[1]):
            found[row, axis] = own.get((row, axis), float(found[line.looked, axis]))
    return found[:-1]


def inputs_of(ledger: NetworkLedger) -> dict[str, Any]:
    """What is given: the size of the input, and of every line its numbers and the sizes of its weights."""
    layers = {name: {one: _tensor(values) for one, values in own.items()} for name, own in ledger.inputs.items()}
    weights = {line.name: {name: _tensor(shape) for name, shape in line.weights} for line in ledger.ran if line.weights}
    found: dict[str, Any] = {"input_size": _tensor(ledger.shape)}
    return found | ({"layers": layers} if layers else {}) | ({"weights": weights} if weights else {})


def _tensor(numbers: Any) -> Tensor:
    return torch.tensor(numbers, dtype=torch.float64)


def _zeros(*sizes: int) -> Tensor:
    return torch.zeros(sizes, dtype=torch.float64)
