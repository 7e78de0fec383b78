"""What stands below the picture of an attention and of its way back: what a step means, in the user's tokens, without its numbers."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

from engine.concepts.attention.backward_step import Backward
from engine.concepts.attention.inputs import AttentionSetup
from engine.concepts.attention.step import AttentionKind
from engine.stage import Work
from engine.step import Cell

#: The letters of what is projected.
LETTERS: Mapping[str, str] = {"query": "q", "key": "k", "value": "v"}
NOUNS: Mapping[str, str] = {"query": "queries", "key": "keys", "value": "values"}
KINDS: Mapping[AttentionKind, str] = {
    **{"query": "the queries", "key": "the keys", "value": "the values", "score": "the scores", "mask": "the mask"},
    **{"max": "the largest scores", "exp": "the exponentials", "sum": "the row sums", "weight": "the weights"},
    **{"mix": "the output", "project": "the output of all heads"},
}
SHARED: Mapping[AttentionKind, str] = {
    "mask": "Now the mask comes on top of the scores.",
    "max": "Now softmax: the largest score of a row, to be subtracted.",
    "exp": "Each score, less the largest, as a power of e.",
    "sum": "The exponentials of a row are added up.",
    "weight": "Each exponential over their sum: a share of the attention.",
    "mix": "Now the output: the values, mixed by the weights.",
    "project": "Now the outputs of all heads, through W_o.",
}


def shared(kind: AttentionKind, setup: AttentionSetup) -> str:
    """What is done in all steps of a kind."""
    if kind == "score":
        return f"Now the scores: each query times each key{_scaled(setup)}."
    if kind not in LETTERS:
        return SHARED[kind]
    return f"Now the {NOUNS[kind]}: each {_source(kind, setup)} times W_{LETTERS[kind]}."


def caption(kind: AttentionKind, setup: AttentionSetup) -> Callable[[Cell, Work], str]:
    """Of a kind of steps: who asks, and whom."""
    asks, meets = setup.spoken
    heads = len(setup.q)

    def named(cell: Cell) -> str:
        head, row, column = (*cell, 0)[:3]
        return _within(f"Head {head}: " * (heads > 1), _between(kind, setup, asks[row], meets[column], (head, row, column)))

    def projected(cell: Cell) -> str:
        row, column = cell
        spoken = (asks if kind == "query" else meets)[row]
        who = f"the {kind} of {spoken}" if spoken.startswith("“") else spoken if kind != "value" else f"value {row}"
        return _within(_number(column, setup), f"{who}: its {_source(kind, setup)} times W_{LETTERS[kind]}.")

    def mixed(cell: Cell) -> str:
        row, column = cell
        width = setup.v.shape[2]
        head = f"Head {column // width}: " * (heads > 1)
        return _within(head, f"{'this number of ' * (width > 1)}the output of {asks[row]}: all values, mixed by its weights.")

    def put_together(cell: Cell) -> str:
        return f"The output of {asks[cell[0]]}: what all heads found, through W_o."

    made = {"query": projected, "key": projected, "value": projected, "mix": mixed, "project": put_together}.get(kind, named)
    return lambda cell, work: made(cell)


def _between(kind: AttentionKind, setup: AttentionSetup, query: str, key: str, cell: Cell) -> str:
    """Of a query, or of a query and a key."""
    if kind == "mask":
        assert setup.mask is not None
        hides = float(setup.mask.added[cell[1:]]) == -math.inf
        return f"{query} may not look at {key}." if hides else f"the mask changes the score of {query} for {key}."
    return {
        "score": f"how well {key} suits {query}: query times key{_scaled(setup)}.",
        "max": f"the largest score of {query}, which is subtracted from all.",
        "exp": f"the score of {query} for {key}, less the largest, as a power of e.",
        "sum": f"the exponentials of {query}, added up.",
        "weight": f"the share of its attention that {query} gives to {key}.",
    }[kind]


def _source(kind: AttentionKind, setup: AttentionSetup) -> str:
    """One row of what is projected."""
    source = setup.sources["qkv".index(LETTERS[kind])]
    return "embedding" if source == "embeddings" else f"row of {source}"


def _scaled(setup: AttentionSetup) -> str:
    return ", scaled" if setup.divisor != 1 else ""


def _number(column: int, setup: AttentionSetup) -> str:
    return f"Number {column} of " if setup.q.shape[0] * setup.q.shape[2] > 1 else ""


def _within(head: str, about: str) -> str:
    return head + about if head else about[0].upper() + about[1:]


# --- back --------------------------------------------------------------------------------------------------------------------------------

BACKWARD_KINDS: Mapping[Backward, str] = {
    **{"value": "the values", "weight": "the weights", "row sum": "the row sums"},
    **{"score": "the scores", "query": "the queries", "key": "the keys"},
}
BACKWARD_SHARED: Mapping[Backward, str] = {
    "value": "Now the values: the gradient of each output, by its weights.",
    "weight": "Now the weights: the gradient of each output, times the values.",
    "row sum": "The weights of a query share one sum: their gradients meet.",
    "score": "Through the softmax: how far a gradient is from that sum.",
    "query": "Now the queries: gradients of their scores, times the keys.",
    "key": "Now the keys: gradients of their scores, times the queries.",
}


def backward(kind: Backward, named: Callable[[str, int], str]) -> Callable[[Cell, Work], str]:
    """Of a kind of steps of the way back; ``named`` are queries, keys, values and outputs as they stand within a sentence."""
    about: Mapping[Backward, Callable[[int, int], str]] = {
        "value": lambda row, _: f"{named('value', row)} went into every output: their gradients come back by its weights.",
        "weight": lambda row, column: f"{named('output', row)} took {named('value', column)} by this weight: gradient times value.",
        "row sum": lambda row, _: f"the weights of {named('query', row)} share one sum, so their gradients meet.",
        "score": lambda row, column: f"the score of {named('query', row)} for {named('key', column)}: back through the softmax.",
        "query": lambda row, _: f"{named('query', row)} met every key: each sends back the gradient of its score.",
        "key": lambda row, _: f"{named('key', row)} met every query: each sends back the gradient of its score.",
    }
    return lambda cell, work: _within("", about[kind](*(*cell, 0)[:2]))
