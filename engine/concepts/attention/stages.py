"""How every number of an attention is computed and what is said of it, and the order in which they come."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from torch import Tensor

from engine import sentences
from engine.blocks import Blocks
from engine.concepts.attention import captions
from engine.concepts.attention.inputs import AttentionSetup
from engine.concepts.attention.step import AttentionKind, AttentionSizes, AttentionStep
from engine.numbers import Sum, sum_line
from engine.stage import Operand, Stage, Work, number, operand
from engine.step import Cell, Cells

#: Sums with more terms are counted in a sentence, not written out.
SPOKEN_TERMS = 4
#: Kinds of steps that project, with the letter of their weights.
PROJECTED: dict[AttentionKind, str] = {"query": "q", "key": "k", "value": "v"}


def in_order(sizes: AttentionSizes) -> Blocks:
    """Projections; per head all scores, masked ones, softmax row by row, mixtures; the output projection."""
    blocks = Blocks()
    rows = {"query": sizes.queries, "key": sizes.keys - sizes.extra, "value": sizes.keys - sizes.extra}
    for kind in PROJECTED if sizes.projected else ():
        width = sizes.value_width if kind == "value" else sizes.width
        blocks.box(kind, "queries, keys, values", (0, 0), (rows[kind], sizes.heads * width))
    for head in range(sizes.heads):
        _head(blocks, sizes, head)
    blocks.box("project", "output projection", (0, 0), (sizes.queries, sizes.output_width))
    return blocks


def _head(blocks: Blocks, sizes: AttentionSizes, head: int) -> None:
    """What the first head shows is not told again for each of the others."""
    queries, keys, width = sizes.queries, sizes.keys, sizes.value_width

    def phase(name: str) -> str:
        if sizes.heads == 1:
            return name
        return f"head 0: {name}" if head == 0 else "head 1" if sizes.heads == 2 else f"heads 1 to {sizes.heads - 1}"

    scores = phase("masked scores" if sizes.masked else "scores")
    blocks.box("score", scores, (head, 0, 0), (1, queries, keys))
    blocks.cells("mask", scores, [(head, *pair) for pair in sizes.masked])
    for row in range(queries):
        for kind in ("max", "exp", "sum", "weight"):
            across = kind in ("exp", "weight")
            blocks.box(kind, phase("softmax"), (head, row, 0)[: 2 + across], (1, 1, keys)[: 2 + across])
    blocks.box("mix", phase("output"), (0, head * width), (queries, width))


@dataclass(frozen=True, eq=False)
class AttentionStages:
    """Of the tensors of an attention; ``outputs`` have an axis of heads where there may be one."""

    setup: AttentionSetup
    sizes: AttentionSizes
    outputs: Mapping[str, Tensor]

    def all(self) -> dict[str, Stage]:
        """By the kinds of steps."""
        score = "scores" if self.setup.mask is None else "raw"
        made = "heads" if self.sizes.output_width else "output"
        found = {
            "score": self._stage("score", score, self._score, self._says_score, self._writes_score),
            "mask": self._stage("mask", "scores", self._mask, self._says_mask),
            "max": self._stage("max", "row_max", self._max, self._says_max),
            "exp": self._stage("exp", "exp", self._exp, self._says_exp),
            "sum": self._stage("sum", "denominator", self._sum, self._says_sum),
            "weight": self._stage("weight", "weights", self._weight, self._says_weight),
            "mix": self._stage("mix", made, self._mix, self._says_mix, self._plainly(made)),
            "project": self._stage("project", "output", self._project, self._says_project, self._plainly("output")),
        }
        for kind, role in PROJECTED.items():
            found[kind] = self._stage(kind, role, self._projected(role), self._says_projected(kind), self._plainly(role))
        return {kind: stage for kind, stage in found.items() if stage is not None}

    def _stage(
        self,
        kind: AttentionKind,
        path: str,
        work: Callable[[Cell], Work],
        about: Callable[[Cell], str],
        writes: Callable[[Cell], Cells] | None = None,
    ) -> Stage | None:
        """None where the trace has no such tensor."""
        if path not in self.outputs:
            return None
        return Stage(
            path=path,
            values=self.outputs[path],
            work=lambda cell: work(cell).having(**self._fields(kind, cell)),
            say=lambda cell, work, text: f"{about(cell)}{worked(text, work)}.",
            caption=captions.caption(kind, self.setup),
            shared=captions.shared(kind, self.setup),
            noun=captions.KINDS[kind],
            step=AttentionStep,
            writes=writes or (lambda cell: {path: [self._at(*cell)]}),
        )

    def _fields(self, kind: AttentionKind, cell: Cell) -> dict[str, Any]:
        sizes = self.sizes
        if kind in ("query", "key", "value", "mix"):
            head = cell[1] // (sizes.value_width if kind in ("value", "mix") else sizes.width)
        else:
            head = 0 if kind == "project" else cell[0]
        row, column = cell if kind in ("query", "key", "value", "mix", "project") else (*cell[1:], 0)[:2]
        return {"kind": kind, "head": head, "row": row, "column": column}

    # --- cells -----------------------------------------------------------------------------------------------------------------------

    def _at(self, head: int, *cell: int) -> Cell:
        """A cell of a tensor that has an axis of heads if there is more than one."""
        return (head, *cell) if self.sizes.heads > 1 else cell

    def _plainly(self, path: str) -> Callable[[Cell], Cells]:
        """A tensor that never has an axis of heads."""
        return lambda cell: {path: [cell]}

    def _name(self, role: str) -> str:
        """Of the tensor that holds the queries, keys or values of all heads."""
        return role if self.setup.projected else {"q": "query", "k": "key", "v": "value"}[role]

    def _number(self, path: str, *cell: int) -> Operand:
        return number(float(self.outputs[path][cell]), path, self._at(*cell))

    def _across(self, path: str, head: int, row: int) -> Operand:
        """A row of all keys."""
        cells = [self._at(head, row, column) for column in range(self.sizes.keys)]
        return operand(path, cells, self.outputs[path][head, row].tolist())

    # --- projections -----------------------------------------------------------------------------------------------------------------

    def _projection(self, role: str, source: str, cell: Cell) -> Work:
        (row, column), inputs = cell, self.setup.inputs
        weight, bias = f"W_{role}", f"b_{role}"
        x = (self.outputs if source == "heads" else inputs)[source][row].tolist()
        along = range(len(x))
        pairs = (
            operand(source, [(row, n) for n in along], x),
            operand(weight, [(column, n) for n in along], inputs[weight][column].tolist()),
        )
        return Work([pairs, *([(number(float(inputs[bias][column]), bias, (column,)),)] if bias in inputs else [])])

    def _projected(self, role: str) -> Callable[[Cell], Work]:
        source = self.setup.sources["qkv".index(role)]
        return lambda cell: self._projection(role, source, cell)

    def _says_projected(self, kind: AttentionKind) -> Callable[[Cell], str]:
        spoken = self.setup.spoken[0 if kind == "query" else 1]

        def about(cell: Cell) -> str:
            row, column = cell
            who = f"the {kind} of {spoken[row]}" if spoken[row].startswith("“") else f"{kind} {row}"
            return f"Number {column} of {who}: "

        return about

    def _project(self, cell: Cell) -> Work:
        return self._projection("o", "heads", cell)

    def _says_project(self, cell: Cell) -> str:
        return f"Number {cell[1]} of the output of {self._who(cell[0])}, from all heads: "

    # --- scores ----------------------------------------------------------------------------------------------------------------------

    def _score(self, cell: Cell) -> Work:
        head, row, column = cell
        columns = range(head * self.sizes.width, (head + 1) * self.sizes.width)
        query = operand(self._name("q"), [(row, c) for c in columns], self.setup.q[head, row].tolist())
        is_learned, key = column >= self.sizes.keys - self.sizes.extra, self.setup.k[head, column].tolist()
        known = (
            operand("bias_k", [(c,) for c in columns], key) if is_learned else operand(self._name("k"), [(column, c) for c in columns], key)
        )
        return Work([(query, known)], self.setup.divisor)

    def _writes_score(self, cell: Cell) -> Cells:
        """What the mask does not change is a score with its mask already."""
        mask, at = self.setup.mask, self._at(*cell)
        if mask is None:
            return {"scores": [at]}
        return {"raw": [at]} if mask.added[cell[1:]] else {"raw": [at], "scores": [at]}

    def _says_score(self, cell: Cell) -> str:
        _, row, column = cell
        return self._begin(cell, f"the score of {self._who(row)} for {self.setup.spoken[1][column]}, query times key: ")

    def _mask(self, cell: Cell) -> Work:
        assert self.setup.mask is not None
        return Work([(self._number("raw", *cell),), (number(float(self.setup.mask.added[cell[1:]]), "mask", cell[1:]),)])

    def _says_mask(self, cell: Cell) -> str:
        assert self.setup.mask is not None
        _, row, column = cell
        who, key = self._who(row), self.setup.spoken[1][column]
        hides = float(self.setup.mask.added[row, column]) == -math.inf
        about = f"{who} may not look at {key}: " if hides else f"to the score of {who} for {key} comes its number in the mask: "
        return self._begin(cell, about)

    # --- softmax ---------------------------------------------------------------------------------------------------------------------

    def _max(self, cell: Cell) -> Work:
        return Work([(self._across("scores", *cell),)], reduce="max")

    def _says_max(self, cell: Cell) -> str:
        return self._begin(cell, f"the largest score of {self._who(cell[1])}, which is subtracted from all: ")

    def _exp(self, cell: Cell) -> Work:
        largest = self._number("row_max", *cell[:2])
        return Work([(self._number("scores", *cell),), (Operand(largest.places, [-largest.values[0]]),)], apply="exp")

    def _says_exp(self, cell: Cell) -> str:
        _, row, column = cell
        about = f"the score of {self._who(row)} for {self.setup.spoken[1][column]} less the largest one, as an exponential: "
        return self._begin(cell, about)

    def _sum(self, cell: Cell) -> Work:
        return Work([(self._across("exp", *cell),)])

    def _says_sum(self, cell: Cell) -> str:
        return self._begin(cell, f"the exponentials of {self._who(cell[1])} are added up: ")

    def _weight(self, cell: Cell) -> Work:
        return Work([(self._number("exp", *cell),)], self._number("denominator", *cell[:2]))

    def _says_weight(self, cell: Cell) -> str:
        _, row, column = cell
        return self._begin(cell, f"{self._who(row)} gives {self.setup.spoken[1][column]} this share of its attention: ")

    # --- mixtures --------------------------------------------------------------------------------------------------------------------

    def _mix(self, cell: Cell) -> Work:
        (row, column), sizes = cell, self.sizes
        head, within = divmod(column, sizes.value_width)
        given = range(sizes.keys - sizes.extra)
        places: list[tuple[str, Cell]] = [(self._name("v"), (j, column)) for j in given]
        places += [("bias_v", (column,))] * sizes.extra
        return Work([(self._across("weights", head, row), Operand(places, self.setup.v[head, :, within].tolist()))])

    def _says_mix(self, cell: Cell) -> str:
        row, column = cell
        head = column // self.sizes.value_width
        return self._begin((head,), f"number {column} of the output of {self._who(row)} mixes the values by their weights: ")

    # --- words -----------------------------------------------------------------------------------------------------------------------

    def _who(self, row: int) -> str:
        return self.setup.spoken[0][row]

    def _begin(self, cell: Sequence[int], about: str) -> str:
        """The head, if there are several, then what is said."""
        return f"Head {cell[0]}: {about}" if self.sizes.heads > 1 else about[0].upper() + about[1:]


def worked(text: Sum, work: Work) -> str:
    """A sum in words: written out where it is short."""
    terms = work.terms
    if len(terms) <= SPOKEN_TERMS:
        return sum_line(text)
    if work.reduce == "max":
        return f"the largest of {len(terms)} numbers = {text.value}"
    noun = "product" if len(terms[0]) > 1 else "number"
    divided = f", divided by {text.divisor}," if text.divisor != "1" else ""
    return f"the sum of {sentences.count(len(terms), noun)}{divided} {text.relation} {text.value}"
