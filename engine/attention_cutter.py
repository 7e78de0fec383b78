"""Cuts single steps out of the tensors of an attention, with their terms, sentences and formulas."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from torch import Tensor

from engine import sentences
from engine.attention_inputs import Setup
from engine.attention_step import AttentionStep, Place, Plan
from engine.numbers import Sum, sum_line, written
from engine.step import Cell

#: Sums with more terms are counted in a sentence, not written out.
SPOKEN_TERMS = 4


@dataclass(frozen=True)
class Draft:
    """What is particular to a step; ``about`` begins its sentence."""

    reads: Mapping[str, Sequence[Cell]]
    terms: Sequence[tuple[float, ...]]
    writes: Mapping[str, Sequence[Cell]]
    about: str
    divisor: float = 1
    apply: str = ""
    largest: bool = False


@dataclass(frozen=True, eq=False)
class Cutter:
    """``outputs`` are those of the trace."""

    setup: Setup
    plan: Plan
    outputs: Mapping[str, Tensor]

    def __call__(self, k: int) -> AttentionStep:
        place = self.plan.place(k)
        draft: Draft = getattr(self, f"_{place.kind}")(place)
        name, (cell, *_) = next(iter(draft.writes.items()))
        value = float(self.outputs[name][cell])
        text = written(draft.terms, value, "max" if draft.largest else "sum", draft.divisor, draft.apply)
        return AttentionStep(
            index=k,
            phase=self._phase(k),
            reads=draft.reads,
            terms=draft.terms,
            value=value,
            writes=draft.writes,
            formula=sentences.sum_formula(sentences.cell_name(name, cell), text),
            say=f"{draft.about}{_worked(text, draft)}.",
            reduce="max" if draft.largest else "sum",
            divisor=draft.divisor,
            apply=draft.apply,
            **place._asdict(),
        )

    def _phase(self, k: int) -> str:
        for name, steps in self.plan.phases:
            if k < steps:
                return name
            k -= steps
        raise IndexError(k)

    # --- numbers ---------------------------------------------------------------------------------------------------------------------

    def _at(self, head: int, *cell: int) -> Cell:
        """A cell of a tensor that has an axis of heads if there is more than one."""
        return (head, *cell) if self.plan.heads > 1 else cell

    def _name(self, role: str) -> str:
        """Of the tensor that holds the queries, keys or values of all heads."""
        return role if self.setup.projected else {"q": "query", "k": "key", "v": "value"}[role]

    def _keyed(self, role: str, row: int, columns: Sequence[int]) -> dict[str, Sequence[Cell]]:
        """Where numbers of a key stand; the last one may be a bias."""
        if row >= self.plan.keys - self.plan.extra:
            return {f"bias_{role}": [(c,) for c in columns]}
        return {self._name(role): [(row, c) for c in columns]}

    def _columns(self, head: int, width: int) -> range:
        """Where a head's numbers lie in a vector of all heads."""
        return range(head * width, (head + 1) * width)

    def _row(self, name: str, head: int, row: int) -> list[float]:
        numbers: list[float] = self.outputs[name][self._at(head, row)].tolist()
        return numbers

    # --- projections -----------------------------------------------------------------------------------------------------------------

    def _projection(self, place: Place, role: str, source: str, target: str, about: str) -> Draft:
        weight, bias = f"W_{role}", f"b_{role}"
        x = (self.outputs if source == "heads" else self.setup.inputs)[source][place.row].tolist()
        w = self.setup.inputs[weight][place.column].tolist()
        terms: list[tuple[float, ...]] = [*zip(x, w, strict=True)]
        reads: dict[str, Sequence[Cell]] = {
            source: [(place.row, n) for n in range(len(x))],
            weight: [(place.column, n) for n in range(len(x))],
        }
        if bias in self.setup.inputs:
            terms.append((float(self.setup.inputs[bias][place.column]),))
            reads[bias] = [(place.column,)]
        return Draft(reads, terms, {target: [(place.row, place.column)]}, about)

    def _query(self, place: Place) -> Draft:
        return self._projected(place, "q", 0, "query")

    def _key(self, place: Place) -> Draft:
        return self._projected(place, "k", 1, "key")

    def _value(self, place: Place) -> Draft:
        return self._projected(place, "v", 2, "value")

    def _projected(self, place: Place, role: str, source: int, word: str) -> Draft:
        who = self.setup.spoken[min(source, 1)][place.row]
        about = (
            f"Number {place.column} of the {word} of {who}: " if who.startswith("“") else f"Number {place.column} of {word} {place.row}: "
        )
        return self._projection(place, role, self.setup.sources[source], role, about)

    def _project(self, place: Place) -> Draft:
        about = f"Number {place.column} of the output of {self._who(place)}, from all heads: "
        return self._projection(place, "o", "heads", "output", about)

    # --- scores ----------------------------------------------------------------------------------------------------------------------

    def _score(self, place: Place) -> Draft:
        head, row, column = place.head, place.row, place.column
        q, k = self.setup.q[head, row].tolist(), self.setup.k[head, column].tolist()
        columns = self._columns(head, self.plan.width)
        reads: dict[str, Sequence[Cell]] = {self._name("q"): [(row, c) for c in columns], **self._keyed("k", column, columns)}
        cell = self._at(head, row, column)
        mask = self.setup.mask
        targets = [*(["raw"] if mask is not None else []), *(["scores"] if mask is None or not mask.added[row, column] else [])]
        about = self._begin(place, f"the score of {self._who(place)} for {self.setup.spoken[1][column]}, query times key: ")
        return Draft(reads, [*zip(q, k, strict=True)], {name: [cell] for name in targets}, about, divisor=self.setup.divisor)

    def _mask(self, place: Place) -> Draft:
        assert self.setup.mask is not None
        cell, pair = self._at(place.head, place.row, place.column), (place.row, place.column)
        score, added = float(self.outputs["raw"][cell]), float(self.setup.mask.added[pair])
        who, key = self._who(place), self.setup.spoken[1][place.column]
        about = (
            f"{who} may not look at {key}: " if added == -math.inf else f"to the score of {who} for {key} comes its number in the mask: "
        )
        reads: dict[str, Sequence[Cell]] = {"raw": [cell], "mask": [pair]}
        return Draft(reads, [(score,), (added,)], {"scores": [cell]}, self._begin(place, about))

    # --- softmax ---------------------------------------------------------------------------------------------------------------------

    def _across(self, place: Place) -> list[Cell]:
        return [self._at(place.head, place.row, column) for column in range(self.plan.keys)]

    def _max(self, place: Place) -> Draft:
        terms = [(x,) for x in self._row("scores", place.head, place.row)]
        about = self._begin(place, f"the largest score of {self._who(place)}, which is subtracted from all: ")
        return Draft({"scores": self._across(place)}, terms, {"row_max": [self._at(place.head, place.row)]}, about, largest=True)

    def _exp(self, place: Place) -> Draft:
        cell, row = self._at(place.head, place.row, place.column), self._at(place.head, place.row)
        terms = [(float(self.outputs["scores"][cell]),), (-float(self.outputs["row_max"][row]),)]
        about = f"the score of {self._who(place)} for {self.setup.spoken[1][place.column]} less the largest one, as an exponential: "
        return Draft({"scores": [cell], "row_max": [row]}, terms, {"exp": [cell]}, self._begin(place, about), apply="exp")

    def _sum(self, place: Place) -> Draft:
        terms = [(x,) for x in self._row("exp", place.head, place.row)]
        about = self._begin(place, f"the exponentials of {self._who(place)} are added up: ")
        return Draft({"exp": self._across(place)}, terms, {"denominator": [self._at(place.head, place.row)]}, about)

    def _weight(self, place: Place) -> Draft:
        cell, row = self._at(place.head, place.row, place.column), self._at(place.head, place.row)
        whole = float(self.outputs["denominator"][row])
        about = self._begin(place, f"{self._who(place)} gives {self.setup.spoken[1][place.column]} this share of its attention: ")
        reads = {"exp": [cell], "denominator": [row]}
        return Draft(reads, [(float(self.outputs["exp"][cell]),)], {"weights": [cell]}, about, divisor=whole)

    # --- mixtures --------------------------------------------------------------------------------------------------------------------

    def _mix(self, place: Place) -> Draft:
        values = self.setup.v[place.head, :, place.column - place.head * self.plan.value_width].tolist()
        terms = [*zip(self._row("weights", place.head, place.row), values, strict=True)]
        given = range(self.plan.keys - self.plan.extra)
        reads: dict[str, Sequence[Cell]] = {"weights": self._across(place), self._name("v"): [(j, place.column) for j in given]}
        if self.plan.extra:
            reads["bias_v"] = [(place.column,)]
        target = "heads" if self.plan.output_width else "output"
        about = f"number {place.column} of the output of {self._who(place)} mixes the values by their weights: "
        return Draft(reads, terms, {target: [(place.row, place.column)]}, self._begin(place, about))

    # --- words -----------------------------------------------------------------------------------------------------------------------

    def _who(self, place: Place) -> str:
        return self.setup.spoken[0][place.row]

    def _begin(self, place: Place, about: str) -> str:
        """The head, if there are several, then what is said."""
        return f"Head {place.head}: {about}" if self.plan.heads > 1 else about[0].upper() + about[1:]


def _worked(text: Sum, draft: Draft) -> str:
    """The sum in words: written out where it is short."""
    terms: Sequence[Any] = draft.terms
    if len(terms) <= SPOKEN_TERMS:
        return sum_line(text)
    if draft.largest:
        return f"the largest of {len(terms)} numbers = {text.value}"
    noun = "product" if len(terms[0]) > 1 else "number"
    divided = f", divided by {text.divisor}," if text.divisor != "1" else ""
    return f"the sum of {sentences.count(len(terms), noun)}{divided} {text.relation} {text.value}"
