"""Operations of torch that a concept shows: how its trace is opened with what the operation was given."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import torch.nn.functional as F

from engine.code.graph import Result
from engine.code.source import statement
from engine.errors import CheckError, InputError
from engine.network import inside
from engine.network.opened import Opened
from engine.network.shown import arguments, shown
from engine.network.words import Labels
from engine.recorder.operation import Operation

_OURS = str(Path(__file__).parents[1])
#: Of an operation whose results ``wanted`` are read by others; with words for tokens.
Opener = Callable[[Operation, Sequence[Result], Labels], Sequence[Opened]]


def _plain(concept: str, names: str, drop: Iterable[str] = ()) -> Opener:
    """An operation whose arguments are those of the concept."""

    def open_(operation: Operation, wanted: Sequence[Result], labels: Labels) -> Sequence[Opened]:
        given = arguments(operation, names.split())
        return [shown(concept, operation, {name: one for name, one in given.items() if name not in drop})]

    return open_


def _softmax(operation: Operation, wanted: Sequence[Result], labels: Labels) -> Sequence[Opened]:
    given = arguments(operation, ["input", "dim"])
    shares = given["input"].tensor.shape[given.get("dim", -1)]
    named = labels.options(labels=shares) if labels.are_plain else {}
    return [shown("softmax", operation, {**{name: given[name] for name in ("input", "dim") if name in given}, **named})]


def _batch_norm(operation: Operation, wanted: Sequence[Result], labels: Labels) -> Sequence[Opened]:
    given = arguments(operation, ["input", "running_mean", "running_var", "weight", "bias", "training", "momentum", "eps"])
    return [shown("batch_norm", operation, {"training": False, **{name: one for name, one in given.items() if name != "cudnn_enabled"}})]


def _dropout(operation: Operation, wanted: Sequence[Result], labels: Labels) -> Sequence[Opened]:
    """With the mask that was drawn: the same random numbers again, for ones."""
    given = arguments(operation, ["input", "p", "training"])
    assert operation.drawing is not None
    read, p = given["input"], float(given.get("p", 0.5))
    with operation.drawing.again():
        mask = (F.dropout(read.tensor.new_ones(read.tensor.shape), p, True) != 0).to(read.tensor.dtype)
    return [shown("dropout", operation, {"input": read}, p=p, mask=mask)]


def _cross_entropy(operation: Operation, wanted: Sequence[Result], labels: Labels) -> Sequence[Opened]:
    names = ["input", "target", "weight", "size_average", "ignore_index", "reduce", "reduction", "label_smoothing"]
    given = {name: one for name, one in arguments(operation, names).items() if name not in ("size_average", "reduce")}
    target = given.pop("target")
    if not target.tensor.is_floating_point():
        return [shown("cross_entropy", operation, given, "loss", target=target.tensor.to(given["input"].tensor.dtype))]
    return [shown("cross_entropy", operation, {**given, "target": target}, "loss")]


CONV = "input weight bias stride padding dilation groups"
#: By the names of operations. A new concept that shows one is added here.
KNOWN: dict[str, Opener] = {
    "conv1d": _plain("conv1d", CONV),
    "conv2d": _plain("conv2d", CONV),
    "max_pool2d": _plain("max_pool2d", "input kernel_size stride padding dilation ceil_mode return_indices", ("return_indices",)),
    "avg_pool2d": _plain("avg_pool2d", "input kernel_size stride padding ceil_mode count_include_pad divisor_override"),
    "adaptive_max_pool2d": _plain("max_pool2d", "input output_size return_indices", ("return_indices",)),
    "adaptive_avg_pool2d": _plain("avg_pool2d", "input output_size"),
    "linear": _plain("linear", "input weight bias"),
    "softmax": _softmax,
    "layer_norm": _plain("layer_norm", "input normalized_shape weight bias eps"),
    "rms_norm": _plain("rms_norm", "input normalized_shape weight eps"),
    "group_norm": _plain("group_norm", "input num_groups weight bias eps"),
    "batch_norm": _batch_norm,
    "dropout": _dropout,
    "cross_entropy": _cross_entropy,
    "multi_head_attention_forward": inside.multi_head,
    "scaled_dot_product_attention": inside.scaled,
    "lstm": inside.lstm,
}


#: Those that write into something besides, as batch norm does into running means: what they read is kept as it was.
WRITING = ("batch_norm",)


def is_known(operation: Operation) -> bool:
    """Whether a concept may show it."""
    return operation.name in KNOWN


def by_concept(operation: Operation, wanted: Sequence[Result], labels: Labels) -> Sequence[Opened]:
    """The acts of an operation; none where no concept takes what it was given."""
    opener = KNOWN.get(operation.name)
    if opener is None or (operation.writes and operation.name not in WRITING):
        return []
    try:
        return [replace(one, line=line_of(operation)) for one in opener(operation, wanted, labels)]
    except (InputError, CheckError, TypeError, AssertionError):
        return []


def line_of(operation: Operation) -> str:
    """The statement of the user's code in which an operation is called; nothing where that is ours, as that of a text of layers."""
    return "" if operation.file.startswith(_OURS) else statement(operation.file, operation.line).text
