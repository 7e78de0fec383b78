"""What attention takes, forward and back."""

from __future__ import annotations

from collections.abc import Callable

from engine import budget
from engine.budget import Cost
from engine.sentences import times

#: Words for what could be smaller. Where two sizes are one, as the queries and keys of a text, they shrink together.
WORDS = {
    "queries": "at most about {} queries",
    "keys": "at most about {} keys",
    "width": "vectors of at most about {} numbers",
    "heads": "at most about {} heads",
}


#: Numbers that are held for every score, with a mask.
MASKED = 15


def within_budget(what: str, cost: Callable[..., Cost], queries: int, keys: int, width: int, heads: int, *, own_width: bool = True) -> None:
    """Raises :class:`InputError` if it is not within the budget; where the width is not given, it follows from the heads."""
    sizes = {"queries": queries, "keys": keys, "width": width, "heads": heads}
    words: dict[tuple[str, ...], str] = {}
    for name in sorted(sizes, key=lambda name: sizes[name], reverse=True):
        together = {"queries": ("queries", "keys"), "keys": ("keys", "queries")}.get(name, (name,)) if queries == keys else (name,)
        words[together] = WORDS[name]
    if not own_width:
        words = {("heads", "width"): WORDS["heads"], **{names: text for names, text in words.items() if names != ("width",)}}
    shape = f"{times([queries, keys])} scores in {heads:,} head{'s' * (heads > 1)} and vectors of {width:,} numbers"
    budget.ask(f"{what} with {shape}", cost, sizes, words)


def hidden(mask: object, causal: bool) -> float:
    """The share of scores that a mask changes, as far as it is known before it is looked at."""
    return 1.0 if mask is not None else 0.5 if causal else 0.0


def forward(*, projections: int, output: bool, hidden: float) -> Callable[..., Cost]:
    """Of attention with so many matrices of projection; ``hidden`` is the share of scores that a mask changes, each of which
    is a step."""

    def cost(queries: int, keys: int, width: int, heads: int) -> Cost:
        cells, weights = heads * queries * keys, projections * width * width
        return Cost(
            values=(MASKED if hidden else 10) * cells + (2.3 if output else 1.4) * weights + 16 * (queries + keys) * width,
            moved=30 * cells + 4 * weights,
            products=8 * queries * keys * width + 3 * (queries + keys) * weights,
            objects=3 * hidden * queries * keys,
            terms=max(keys, width),
        )

    return cost


def back(hidden: float) -> Callable[..., Cost]:
    """Of the way back."""

    def cost(queries: int, keys: int, width: int, heads: int) -> Cost:
        cells = heads * queries * keys
        return Cost(
            values=(22 if hidden else 13) * cells + 16 * (queries + keys) * width,
            moved=55 * cells,
            products=12 * queries * keys * width,
            terms=max(queries, keys, width),
        )

    return cost
