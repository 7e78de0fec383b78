"""What a layer has and does: its parameters, a term for each block of them, and its multiply-adds, a term for each product of matrices."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from torch import nn

from engine.concepts.summary.ran import Ran
from engine.concepts.summary.sizes import CONVOLUTIONS, TRANSPOSED, windows
from engine.concepts.summary.step import Factor, Figure
from engine.network.composed import SelfAttention

Term = tuple[Factor, ...]
#: What the axes of a block of weights are, where it has so many.
AXES = {1: ("out",), 2: ("out", "in"), 3: ("out", "in", "kernel"), 4: ("out", "in", "rows", "columns")}


def parameter_figure(line: Ran, number: int, before: str) -> Figure | None:
    """All blocks of weights, each as the product of its sizes."""
    terms = tuple(block_factors(f"{before}weights.{line.name}.{name}", shape) for name, shape in line.weights)
    blocks = tuple(name for name, _ in line.weights)
    return Figure(kind="parameters", path=f"{before}parameters", cell=(number,), line=number, terms=terms, blocks=blocks) if terms else None


def block_factors(path: str, shape: tuple[int, ...]) -> Term:
    """The sizes of a block of weights."""
    words = AXES.get(len(shape), ("size",) * len(shape))
    return tuple(Factor(size, word, path, (axis,)) for axis, (size, word) in enumerate(zip(shape, words, strict=True)))


def work_figure(line: Ran, number: int, before: str, given: Sequence[Factor], made: Sequence[Factor]) -> Figure | None:
    """Multiply-adds; normalisations, activations and softmax are left out, as is usual. ``given`` and ``made`` are sizes."""
    shapes = {name: tuple(weight.shape) for name, weight in line.module.named_parameters()}
    found = _Work(line, shapes, before, tuple(given), tuple(made)).terms()
    if not found:
        return None
    terms, path = tuple(found.values()), f"{before}multiply_adds"
    return Figure(kind="multiply_adds", path=path, cell=(number,), line=number, terms=terms, blocks=(*found,))


@dataclass(frozen=True)
class _Work:
    """Of every product its name and the sizes that are multiplied."""

    line: Ran
    shapes: dict[str, tuple[int, ...]]
    before: str
    given: Term
    made: Term

    def terms(self) -> dict[str, Term]:
        module = self.line.module
        if isinstance(module, CONVOLUTIONS):
            return {"weight": (*self._without_channels(self.made), *self.weight("weight"))}
        if isinstance(module, TRANSPOSED):
            return {"weight": (*self._without_channels(self.given), *self.weight("weight"))}
        if isinstance(module, nn.Linear):
            return {"weight": (*self.given[:-1], *self.weight("weight"))}
        if isinstance(module, nn.RNNBase):
            return {name: (*self.given[:-1], *self.weight(name)) for name in self.shapes if name.startswith("weight")}
        if isinstance(module, SelfAttention):
            return self.projected(module.width)
        if isinstance(module, nn.MultiheadAttention):
            return self.attention("")
        if isinstance(module, nn.TransformerEncoderLayer):
            wide = {name: (*self.given[:-1], *self.weight(f"{name}.weight")) for name in ("linear1", "linear2")}
            return self.attention("self_attn.") | wide
        return {}

    def weight(self, name: str) -> Term:
        """The sizes of a block of weights."""
        return block_factors(f"{self.before}weights.{self.line.name}.{name}", self.shapes[name])

    def attention(self, of: str) -> dict[str, Term]:
        """Projections, scores and mixtures: every query meets every key."""
        tokens, width = self.given[:-1], self.given[-1]
        pairs = (*tokens, tokens[-1], width)
        projected = (*tokens, *self.weight(f"{of}in_proj_weight"))
        return {"projections": projected, "scores": pairs, "mixtures": pairs, "out_proj": (*tokens, *self.weight(f"{of}out_proj.weight"))}

    def projected(self, width: int) -> dict[str, Term]:
        """The same with a block of weights for each projection, the last of which may be left out."""
        tokens = self.given[:-1]
        blocks = {name.removesuffix(".weight"): (*tokens, *self.weight(name)) for name in self.shapes if name.endswith("weight")}
        wide = block_factors(f"{self.before}weights.{self.line.name}.q_proj.weight", (width,))
        pairs = dict.fromkeys(("scores", "mixtures"), (*tokens, tokens[-1], *wide))
        return (
            {name: term for name, term in blocks.items() if name != "out_proj"}
            | pairs
            | {n: t for n, t in blocks.items() if n == "out_proj"}
        )

    def _without_channels(self, sizes: Term) -> Term:
        at = len(sizes) - len(windows(self.line)) - 1
        return sizes[:at] + sizes[at + 1 :]


def dense_figure(number: int, before: str, given: Sequence[Factor], made: Sequence[Factor]) -> Figure:
    """The weights between all numbers that come in and all that go out."""
    return Figure(kind="dense_weights", path=f"{before}dense_weights", cell=(number,), line=number, terms=((*given, *made),))


def left_over(line: Ran) -> tuple[int, ...]:
    """Cells along every axis of a window that no window comes to."""
    found = windows(line)
    axes = len(found)
    pairs = zip(found, line.given[-axes:], line.made[-axes:], strict=True) if axes else ()
    return () if isinstance(line.module, TRANSPOSED) else tuple(window.left_over(size, out) for window, size, out in pairs)


def numel(line: Ran) -> int:
    """How many parameters a layer adds."""
    return sum(math.prod(shape) for _, shape in line.weights)
