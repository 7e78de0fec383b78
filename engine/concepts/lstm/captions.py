"""What stands below the picture of an LSTM and of its way back: what a step means, without its numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from engine.concepts.lstm.step import GATES, STAGE_NAMES, StageName
from engine.stage import Work
from engine.step import Cell

#: What a step means, for a unit or for the only one.
MEANS: Mapping[StageName, str] = {
    "i": "How much of the candidate enters {}? Input and h decide.",
    "f": "How much of its past does {} keep? Input and h decide.",
    "g": "What may enter {}: a candidate made of input and h.",
    "o": "How much of itself does {} show? Input and h decide.",
    "c": "The new state of {}: what it keeps, plus what it takes in.",
    "tanh_c": "The cell state of {}, squashed before it is shown.",
    "h": "What {} shows: its squashed state, times the output gate.",
}
SHARED: Mapping[StageName, str] = {
    "i": "Input gate: the share of the candidate that enters.",
    "f": "Forget gate: the share of the old state that stays.",
    "g": "Candidate: what may enter the cell.",
    "o": "Output gate: the share of the cell that is shown.",
    "c": "Cell state: what is kept, plus what is taken in.",
    "tanh_c": "The cell state is squashed before it is shown.",
    "h": "Hidden state: the squashed cell, times the output gate.",
}
#: What the gradient of a gate comes from.
SLOPES: Mapping[str, str] = {
    "i": "∂c times the candidate, times its slope",
    "f": "∂c times the old cell state, times its slope",
    "g": "∂c times the input gate, times its slope",
    "o": "∂h times the squashed cell state, times its slope",
}
#: What holds for all steps that are computed alike.
BACKWARD_SHARED: Mapping[str, str] = {
    "grad_h": "Now ∂h: all that h was used for sends back.",
    "grad_c": "Now ∂c: all that c was used for sends back.",
    "delta": "Every gate: what comes back, times its partner, times its slope.",
    "grad_input": "Now the input: what all gates of its time send back.",
    "grad_weight": "Now the weights: gates’ gradients times what they read, over time.",
    "grad_bias": "Now the biases: the gradients of gates over all times.",
}
#: What all steps of a kind on the way back compute.
BACKWARD_NOUNS: Mapping[str, str] = {
    "grad_h": "∂h",
    "grad_c": "∂c",
    "delta": "the gates",
    "grad_input": "the input",
    "grad_weight": "the weights",
    "grad_bias": "the biases",
}


def forward(name: StageName, units: int) -> Callable[[Cell, Work], str]:
    """Of a stage; the unit is named where there are several."""
    return lambda cell, work: MEANS[name].format(f"unit {cell[1]}" if units > 1 else "the cell")


def backward_shared(name: str) -> str:
    """What is done in all steps that are like those of a stage."""
    return _of_kind(BACKWARD_SHARED, name)


def backward_noun(name: str) -> str:
    """What all steps that are like those of a stage compute."""
    return _of_kind(BACKWARD_NOUNS, name)


def _of_kind(said: Mapping[str, str], name: str) -> str:
    return next(text for kind, text in said.items() if name.startswith(kind))


def backward(name: str, units: int, features: int, last: int) -> Callable[[Cell, Work], str]:
    """Of a stage; ``last`` is the number of the last time step."""

    def unit(cell: Cell) -> str:
        return f" of unit {cell[-1]}" if units > 1 else ""

    def gate(cell: Cell) -> str:
        which, number = divmod(cell[0], units)
        return f"{f'unit {number}’s' if units > 1 else 'the'} {STAGE_NAMES[GATES[which]]}"

    def state(cell: Cell, work: Work) -> str:
        letter, ways = name[5], len(work.sums) > 1
        through = "its output" if letter == "h" else "h"
        if cell[0] == last:
            return f"∂{letter}{unit(cell)}: back from {through}{' and from the last state' * ways}."
        later = f"the {'gates' if letter == 'h' else 'cell'} of time {cell[0] + 1}"
        return f"∂{letter}{unit(cell)}: back from {through} and from {later}."

    def first(cell: Cell, work: Work) -> str:
        return f"∂{name[5:]}{unit(cell)}: {'the first gates send it back' if name == 'grad_h0' else 'back through the first forget gate'}."

    def weight(cell: Cell, work: Work) -> str:
        whole, part, several = ("x", f"Number {cell[1]} of x", features > 1)
        if name == "grad_weight_hh":
            whole, part, several = ("h", f"Unit {cell[1]} of h", units > 1)
        return f"{part if several else whole} to {gate(cell)}: all time steps send back."

    def delta(cell: Cell, work: Work) -> str:
        which = name.removeprefix("delta_")
        return f"{STAGE_NAMES[which].capitalize()}{unit(cell)}: {SLOPES[which]}."

    def given(cell: Cell, work: Work) -> str:
        return f"{f'Number {cell[1]} of x' if features > 1 else 'x'} at time {cell[0]} went into all gates: all send back."

    def bias(cell: Cell, work: Work) -> str:
        return f"The bias of {gate(cell)}: all time steps send back."

    made = {"grad_h": state, "grad_c": state, "grad_h0": first, "grad_c0": first, "grad_input": given, "grad_bias": bias}
    return made.get(name, delta if name.startswith("delta_") else weight)
