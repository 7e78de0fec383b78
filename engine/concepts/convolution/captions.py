"""What stands below the picture of a convolution and of its way back: what a step means, without its numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from engine.concepts.convolution.arguments import ConvSetup
from engine.concepts.convolution.backward_step import ConvBackwardKind
from engine.stage import Work
from engine.step import Cell

SLIDES = "The window slides on; every stop gives one cell."
KINDS: Mapping[ConvBackwardKind, str] = {"bias": "the bias", "weight": "the weights", "input": "the input"}
SHARED: Mapping[ConvBackwardKind, str] = {
    "bias": "Now the bias: the gradients of all its outputs, added up.",
    "weight": "Now the weights: inputs under each one, times the gradients there.",
    "input": "Now the input: gradients of the windows around it, times their weights.",
}


def forward(setup: ConvSetup) -> Callable[[Cell, Work], str]:
    """A window under the kernel: which filter, if there are several, and whether it reaches over the edge."""
    channels = " over all channels" if setup.weight.shape[1] > 1 else ""
    bias = " with the bias" if setup.bias is not None else ""
    where = "" if channels or bias else " under the window"

    def caption(cell: Cell, work: Work) -> str:
        edge = "; zeros outside" if None in work.sums[0][0].places else ""
        return _begun(_filter(setup, cell[1]), f"numbers{where} times weights, added up{channels}{bias}{edge}.")

    return caption


def backward(kind: ConvBackwardKind, setup: ConvSetup) -> Callable[[Cell, Work], str]:
    """Of a gradient of that kind."""

    def bias(cell: Cell, work: Work) -> str:
        return _begun(_filter(setup, cell[0]), "its bias went into every output, so their gradients add up.")

    def weight(cell: Cell, work: Work) -> str:
        return _begun(_filter(setup, cell[0]), "each input that this weight met, times the gradient of its output.")

    def received(cell: Cell, work: Work) -> str:
        if not work.reads["grad_output"]:
            return "No window held this cell: nothing comes back."
        return "Each window around this cell sends its gradient, times the weight."

    return {"bias": bias, "weight": weight, "input": received}[kind]


def _filter(setup: ConvSetup, number: int) -> str:
    return f"Filter {number}: " if len(setup.weight) > 1 else ""


def _begun(head: str, about: str) -> str:
    return head + about if head else about[0].upper() + about[1:]
