"""How every gradient of an attention is computed and what is said of it, and the order in which they come."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import product

from torch import Tensor

from engine.blocks import Blocks
from engine.concepts.attention import captions
from engine.concepts.attention.backward_step import AttentionGradStep, Backward
from engine.concepts.attention.stages import worked
from engine.concepts.attention.tokens import TokenNames
from engine.stage import Operand, Stage, Work, number, operand
from engine.step import Cell

#: An index, or all of them.
Index = int | slice
ALL = slice(None)


@dataclass(frozen=True, eq=False)
class AttentionBackwardStages:
    """Of the tensors of the way back; ``spoken`` are names of queries and keys as a sentence says them."""

    inputs: Mapping[str, Tensor]
    outputs: Mapping[str, Tensor]
    divisor: float
    spoken: TokenNames

    @property
    def order(self) -> Blocks:
        """Values, weights, then the softmax row by row, queries, keys."""
        (queries, keys), blocks = self.inputs["weights"].shape, Blocks()

        def whole(stage: Backward, phase: str, path: str) -> None:
            blocks.box(stage, phase, (0, 0), tuple(self.outputs[path].shape))

        whole("value", "gradient of the values", "grad_value")
        whole("weight", "gradient of the weights", "grad_weights")
        for row in range(queries):
            blocks.box("row sum", "through the softmax", (row,), (1,))
            blocks.box("score", "through the softmax", (row, 0), (1, keys))
        whole("query", "gradient of the queries", "grad_query")
        whole("key", "gradient of the keys", "grad_key")
        return blocks

    def all(self) -> dict[str, Stage]:
        """By the kinds of steps."""
        return {
            "value": self._stage("value", "grad_value", self._value, self._says_value),
            "weight": self._stage("weight", "grad_weights", self._weight, self._says_weight),
            "row sum": self._stage("row sum", "row_sum", self._row_sum, self._says_row_sum),
            "score": self._stage("score", "grad_scores", self._score, self._says_score),
            "query": self._stage("query", "grad_query", self._query, self._says_query),
            "key": self._stage("key", "grad_key", self._key, self._says_key),
        }

    def _stage(self, kind: Backward, path: str, work: Callable[[Cell], Work], about: Callable[[Cell], str]) -> Stage:
        return Stage(
            path=path,
            values=self.outputs[path],
            work=lambda cell: work(cell).having(kind=kind, row=cell[0], column=cell[1] if len(cell) > 1 else 0),
            say=lambda cell, work, text: f"{about(cell)}: {worked(text, work)}.",
            caption=captions.backward(kind, self._named),
            shared=captions.BACKWARD_SHARED[kind],
            noun=captions.BACKWARD_KINDS[kind],
            step=AttentionGradStep,
        )

    def _line(self, path: str, *at: Index) -> Operand:
        """A row or a column of a tensor."""
        tensor = self.outputs[path] if path in self.outputs else self.inputs[path]
        axes = [range(size) if isinstance(index, slice) else (index,) for index, size in zip(at, tensor.shape, strict=True)]
        return operand(path, product(*axes), tensor[at].tolist())

    def _one(self, path: str, *cell: int) -> Operand:
        tensor = self.outputs[path] if path in self.outputs else self.inputs[path]
        return number(float(tensor[cell]), path, cell)

    # --- values and weights ----------------------------------------------------------------------------------------------------------

    def _value(self, cell: Cell) -> Work:
        row, column = cell
        return Work([(self._line("weights", ALL, row), self._line("grad_output", ALL, column))])

    def _says_value(self, cell: Cell) -> str:
        return _large(f"{self._named('value', cell[0])} went into every output by its weight, so its number {cell[1]} gets")

    def _weight(self, cell: Cell) -> Work:
        row, column = cell
        return Work([(self._line("grad_output", row, ALL), self._line("value", column, ALL))])

    def _says_weight(self, cell: Cell) -> str:
        row, column = cell
        key, multiplied = self._named("key", column), self._named("value", column)
        return f"The weight of {key} in {self._named('output', row)} multiplied {multiplied}, so its gradient is"

    # --- the softmax -----------------------------------------------------------------------------------------------------------------

    def _row_sum(self, cell: Cell) -> Work:
        return Work([(self._line("weights", *cell, ALL), self._line("grad_weights", *cell, ALL))])

    def _says_row_sum(self, cell: Cell) -> str:
        return f"The weights of {self._named('query', cell[0])} share a sum of 1, so all of them meet here"

    def _score(self, cell: Cell) -> Work:
        weight, total = self._one("weights", *cell), self._one("row_sum", cell[0])
        return Work([(weight, self._one("grad_weights", *cell)), (weight, Operand(total.places, [-total.values[0]]))])

    def _says_score(self, cell: Cell) -> str:
        row, column = cell
        if not self._has_words(row, column):
            return f"Score {row}, {column}: its weight times what its gradient has above the row sum"
        return f"The score of {self.spoken[0][row]} for {self.spoken[1][column]}: its weight times what its gradient has above the row sum"

    # --- queries and keys ------------------------------------------------------------------------------------------------------------

    def _query(self, cell: Cell) -> Work:
        row, column = cell
        return Work([(self._line("grad_scores", row, ALL), self._line("key", ALL, column))], self.divisor)

    def _says_query(self, cell: Cell) -> str:
        return _large(f"{self._named('query', cell[0])} met every key, so its number {cell[1]} gets")

    def _key(self, cell: Cell) -> Work:
        row, column = cell
        return Work([(self._line("grad_scores", ALL, row), self._line("query", ALL, column))], self.divisor)

    def _says_key(self, cell: Cell) -> str:
        return _large(f"{self._named('key', cell[0])} met every query, so its number {cell[1]} gets")

    def _named(self, what: str, row: int) -> str:
        """A query, key, value or output as it stands within a sentence."""
        name = self.spoken[0 if what in ("query", "output") else 1][row]
        if name.startswith("“"):
            return f"the {what} of {name}"
        return f"the bias {what}" if name == "the bias key" else f"{what} {row}"

    def _has_words(self, row: int, column: int) -> bool:
        return self.spoken[0][row].startswith("“") or self.spoken[1][column].startswith("“")


def _large(text: str) -> str:
    """As it begins a sentence."""
    return text[0].upper() + text[1:]
