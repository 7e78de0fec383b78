"""What is said of the numbers of a ledger."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from engine import sentences
from engine.numbers import Sum

if TYPE_CHECKING:
    from engine.concepts.summary.ledger import NetworkLedger
    from engine.concepts.summary.step import Figure

#: What holds for all figures of a kind.
SHARED = {
    "strides": "How many strides the window makes after its first place.",
    "size": "The places that a window has along an axis.",
    "features": "A size that the layer itself says.",
    "flat": "Axes that become one have the product of their sizes.",
    "parameters": "The sizes of every block of weights multiplied, the blocks added up.",
    "dense_weights": "A fully connected layer has a weight for each pair of numbers.",
    "multiply_adds": "Every weight is used once for each place of the result.",
    "receptive_field": "The field grows by window less one, times all strides before.",
    "total": "All parameters together.",
    "share": "The share that each layer has of all parameters.",
}
NOUNS = {
    "strides": "the strides",
    "size": "the sizes",
    "features": "the features",
    "flat": "the flat sizes",
    "parameters": "the parameters",
    "dense_weights": "the weights of dense layers",
    "multiply_adds": "the multiply-adds",
    "receptive_field": "the receptive fields",
    "total": "the sum of all parameters",
    "share": "the shares",
}


def meant(figure: Figure, ledger: NetworkLedger) -> str:
    """What a step means, without its numbers."""
    line = ledger.ran[figure.line] if figure.line >= 0 else None
    name = line.name if line else ""
    axis = _axis(figure, len(line.made)) if line else ""
    is_all = len(figure.terms) == 1 and len(figure.terms[0]) == 1
    return {
        "strides": f"How often the window of {name} moves on along {axis}.",
        "size": f"The places of the window of {name} along {axis}" + (": what is left over is cut off." if figure.apply else "."),
        "features": f"{name} says itself how many {_features(figure, line)} it makes." if line else "",
        "flat": f"{name} lays all cells in one row.",
        "parameters": f"The parameters of {name}: {_blocks(figure.blocks)}.",
        "dense_weights": f"A dense layer in place of {name} has a weight for each pair of numbers.",
        "multiply_adds": f"The multiply-adds of {name}: {_uses(figure.blocks)}.",
        "receptive_field": f"What one cell behind {name} looks at in the input{': all of it' * is_all}.",
        "total": "All parameters of the network.",
        "share": f"The share of {name} in all parameters.",
    }[figure.kind]


def _features(figure: Figure, line: object) -> str:
    name = figure.terms[0][0].name
    return {"out_channels": "channels", "out_features": "numbers"}.get(name, "numbers")


def _blocks(names: Sequence[str]) -> str:
    """``weights and biases``, or how many blocks there are."""
    named = [{"weight": "weights", "bias": "biases"}.get(name, name) for name in names]
    return sentences.listed(named) if len(named) < 3 else f"{len(named)} blocks of weights"


def _uses(names: Sequence[str]) -> str:
    return "projections, scores and mixtures" if "scores" in names else "its weights, at every place"


def _axis(figure: Figure, axes: int) -> str:
    names = {1: "its length", 2: "its width"} if axes < 3 else {axes - 2: "the height", axes - 1: "the width"}
    return names.get(figure.axis, f"axis {figure.axis}")


def said(figure: Figure, ledger: NetworkLedger, text: Sum) -> str:
    """The same with its numbers."""
    goes = sentences.cell_name(figure.path, figure.cell)
    return f"{meant(figure, ledger).rstrip('.').replace(': ', ', ')}: {sentences.result(goes, text)}."
