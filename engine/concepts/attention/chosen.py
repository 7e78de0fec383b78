"""Which steps of an attention tell most."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from torch import Tensor

from engine.blocks import Blocks
from engine.concepts.attention.inputs import AttentionSetup
from engine.concepts.attention.step import AttentionKind
from engine.lessons import MOST_BLOCKS, MOST_CUT, best, first
from engine.stage import Stage
from engine.step import Cell

#: Kinds of steps, the most instructive first: where time is short, the first of these are shown term by term.
LESSONS: tuple[AttentionKind, ...] = ("score", "mix", "weight", "exp", "sum", "max", "query", "mask", "project")
#: With more keys than this a row with a few of them is no example.
MANY = 24
#: Rows that are looked at for one that tells most, and how many times as large its winner's weight is to be as the next one.
MOST_ROWS, CLEAR = 64, 1.5


def highlight(setup: AttentionSetup, blocks: Blocks, weights: Tensor) -> int:
    """The step of the largest weight; a query that sees one key only has no choice, and is left out."""
    rows = weights.amax(dim=-1)
    if setup.mask is not None and bool((setup.mask.visible.sum(dim=1) > 1).any()):
        rows = rows.masked_fill(setup.mask.visible.sum(dim=1) < 2, -1.0)
    head, row = divmod(int(rows.flatten().argmax()), setup.sizes.queries)
    return blocks.step("weight", (head, row, int(weights[head, row].argmax())))


def lessons(setup: AttentionSetup, stages: Mapping[str, Stage], blocks: Blocks, weights: Tensor) -> Iterator[int | None]:
    """The first of each kind that is worth seeing; a softmax and a mixture are those of one row of the first head."""
    row = _telling(setup, weights[0])
    winner, most = int(weights[0, row].argmax()), weights[0, row].max()
    # The winner's exponential is 1 anyway, that of the next one says more.
    second = int(weights[0, row].masked_fill(weights[0, row] == most, -1.0).argmax())
    chosen: dict[str, Cell] = {"max": (0, row), "exp": (0, row, second), "sum": (0, row), "weight": (0, row, winner)}
    for kind in LESSONS:
        if kind == "mix":
            cells = [(row, column) for column in range(min(setup.sizes.value_width, MOST_CUT))]
            yield best(stages[kind], [(blocks.step(kind, cell), cell) for cell in cells])
        elif kind in stages:
            yield blocks.step(kind, chosen[kind]) if kind in chosen else first(stages[kind], blocks.of(kind, MOST_BLOCKS))


def _telling(setup: AttentionSetup, weights: Tensor) -> int:
    """The first row in which there is a choice, of many keys between many, and one wins clearly; if none does, the first with a choice."""
    some, keys = weights[:MOST_ROWS], setup.sizes.keys
    seen = weights.new_full((len(some),), keys) if setup.mask is None else setup.mask.visible[:MOST_ROWS].sum(dim=1)
    wanted = 2 if keys <= MANY else keys // 2
    has_choice = seen >= min(wanted, int(seen.max()))
    if keys < 2:
        return 0
    most, second = some.topk(2, dim=1).values.unbind(1)
    is_clear = has_choice & (most >= CLEAR * second)
    return int((is_clear if bool(is_clear.any()) else has_choice).int().argmax())
