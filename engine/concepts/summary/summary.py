"""Sizes and counts of a network, layer by layer."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

import torch

from engine import sentences
from engine.concepts.summary.ledger import NetworkLedger
from engine.concepts.summary.stages import in_order, inputs_of, lessons, outputs_of, stages
from engine.concepts.summary.step import LedgerGrowth, LedgerPage
from engine.concepts.summary.varied import opened
from engine.mark import concept
from engine.numbers import plain
from engine.paths import by_path
from engine.step import Reference
from engine.trace import TensorLike, Trace, compare

FORMULA = '"size" = floor(("input" + 2 dot "padding" - "kernel") / "stride") + 1'


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class SummaryTrace(Trace):
    """Adds what a picture needs: the lines of every ledger, and of several how counts grow.

    ``plain`` are outputs that no step computes, since a layer leaves all sizes as they are, ``partly`` those of which some numbers are so.
    """

    pages: Sequence[LedgerPage]
    grown: LedgerGrowth | None
    plain: Sequence[str]
    partly: Sequence[str]


@concept(
    title="Sizes and counts",
    example={
        "layers": "max_pool2d(2) conv2d(12,17) max_pool2d(3) flatten linear(128) relu linear(10) softmax",
        "input_size": "3x128x128",
    },
)
def summary(layers: str, input_size: str, *, vary: Mapping[str, TensorLike] = {}, dense: bool = False) -> SummaryTrace:
    """How large the result of every layer is, how many parameters it has, how often they are used, and how much of the input it looks at.

    size = ⌊(input + 2·padding − dilation·(kernel − 1) − 1) / stride⌋ + 1

    Multiply-adds are those of products with weights, and of attention's scores and mixtures; norms, activations and softmax are left out.

    Args:
        layers: of the network, in their order, such as 'conv2d(8,3,padding=1) relu flatten linear(10)'.
        input_size: of what comes in, such as 3x128x128; a batch axis before it passes through.
        vary: a name that stands in layers or input_size, and the numbers that are put there one after the other, such as n=[64,128].
        dense: beside every convolution the fully connected layer between the same sizes.

    Returns:
        A trace; its outputs are sizes of every layer, parameters, share, multiply_adds and receptive_field, a number for every layer, and
        total; with dense also dense_weights.

    Raises:
        InputError: layers that cannot be read or do not fit together, sizes that are no numbers, counts beyond 2**53.

    Source: ``torch.nn``; shapes are those on torch's meta device.
    """
    ledgers = [*opened(layers, input_size, vary, dense=dense)]
    kinds, blocks = in_order(ledgers)
    outputs = _outputs(ledgers)
    return SummaryTrace(
        params={"layers": layers, "input_size": input_size, "vary": dict(vary), "dense": dense},
        inputs=_together([inputs_of(one) for one in ledgers], ledgers),
        outputs=outputs,
        reference=_checked(ledgers, outputs),
        stages=stages(kinds),
        blocks=blocks,
        opening=_opening(ledgers),
        closing=_closing(ledgers),
        formula=FORMULA if "strides" in kinds or "size" in kinds else '"parameters" = sum "sizes of each block of weights, multiplied"',
        highlight=None,
        lessons=lessons(kinds, blocks),
        pages=_pages(ledgers),
        plain=tuple(path for path, left in _left(ledgers, outputs) if left == 1),
        partly=tuple(path for path, left in _left(ledgers, outputs) if 0 < left < 1),
        grown=_grown(ledgers) if len(ledgers) > 1 else None,
    )


def _together(each: Sequence[dict[str, Any]], ledgers: Sequence[NetworkLedger]) -> dict[str, Any]:
    """Of one network as it is; of several each under the value that was put in."""
    return each[0] if len(each) == 1 else {one.before.removesuffix("."): own for one, own in zip(ledgers, each, strict=True)}


def _outputs(ledgers: Sequence[NetworkLedger]) -> dict[str, Any]:
    found = _together([outputs_of(one) for one in ledgers], ledgers)
    sums = torch.tensor(_sums(ledgers, "parameters"), dtype=torch.float64)
    return found | {"total": sums if ledgers[0].before else sums[0]}


def _sums(ledgers: Sequence[NetworkLedger], kind: str) -> list[float]:
    return [float(sum(figure.value for figure in one.of_kind(kind))) for one in ledgers]


def _checked(ledgers: Sequence[NetworkLedger], outputs: Mapping[str, Any]) -> Reference:
    """Sums of all parameters are those of the modules; sizes and the numbers of each line were compared when they were found."""
    counts = [float(sum(math.prod(shape) for line in one.ran for _, shape in line.weights)) for one in ledgers]
    expected = torch.tensor(counts, dtype=torch.float64)
    found = outputs["total"].reshape(-1)
    return compare("torch.nn on the meta device", found, expected, max(1.0, float(expected.max())))


def _pages(ledgers: Sequence[NetworkLedger]) -> list[LedgerPage]:
    """One for each network."""
    firsts = accumulate((len(one.figures) for one in ledgers), initial=0)
    return [one.page(first) for one, first in zip(ledgers, firsts, strict=False)]


def _left(ledgers: Sequence[NetworkLedger], outputs: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
    """Of every output the share of its numbers that no step computes."""
    made = Counter(figure.path for one in ledgers for figure in one.figures)
    yield from ((path, 1 - made[path] / tensor.numel()) for path, tensor in by_path(outputs))


def _grown(ledgers: Sequence[NetworkLedger]) -> LedgerGrowth:
    found = [one.before.removesuffix(".").split("=") for one in ledgers]
    counts = {kind: tuple((count, plain(count)) for count in _sums(ledgers, kind)) for kind in ("parameters", "multiply_adds")}
    return LedgerGrowth(name=found[0][0], numbers=tuple(float(n) for _, n in found), texts=tuple(n for _, n in found), **counts)


# --- words -------------------------------------------------------------------------------------------------------------------------------


def _opening(ledgers: Sequence[NetworkLedger]) -> str:
    first = ledgers[0]
    what = f"{sentences.count(len(first.ran), 'layer')} and an input of {sentences.times(first.shape)}"
    if len(ledgers) > 1:
        return f"{what}, for {sentences.count(len(ledgers), 'value')} of {first.before.partition('=')[0]}: how do the counts grow?"
    return f"{what}: how large is each result, and where are the parameters?"


def _closing(ledgers: Sequence[NetworkLedger]) -> str:
    last = ledgers[-1]
    most = max(last.of_kind("share"), key=lambda one: one.value, default=None)
    if most is None:
        return "There is nothing to learn; torch's shapes are the same."
    if len(ledgers) > 1:
        return _growing(ledgers[0], last)
    return f"Most parameters, {most.value:.0f} %, are in {last.ran[most.line].name}; torch's shapes and counts are the same."


def _growing(first: NetworkLedger, last: NetworkLedger) -> str:
    """How many times as many parameters there are."""
    (name, _, a), (_, _, b) = (one.before.removesuffix(".").partition("=") for one in (first, last))
    was, now = (one.of_kind("total")[0].value for one in (first, last))
    more = f"{plain(float(now) / float(was), 2)} times as many" if was != now else "as many"
    return f"With {plain(float(b) / float(a), 2)} times {name} there are {more} parameters; torch counts the same."
