"""The table of all kinds of layers: what a kind becomes for what comes in, under which names it is known, and what it costs.

A new kind of layer is an entry here and nothing else. Its arguments are those of its torch module, but for those that follow from what
comes in: ``linear(10)`` is ``nn.Linear(in_features, 10)``.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from torch import nn

from engine.network import composed
from engine.shapes import Shape


@dataclass(frozen=True)
class Coming:
    """The shape of what comes in, and whether its first axis is the batch."""

    shape: Shape
    batched: bool = False

    @property
    def sample(self) -> Shape:
        """The shape of one sample."""
        return self.shape[self.batched :]

    @property
    def channel_axis(self) -> int:
        """The axis of the channels of a picture, of the features of anything else, counted from the end."""
        return -3 if len(self.sample) > 2 else -1


@dataclass(frozen=True, kw_only=True)
class LayerKind:
    """A kind of layer.

    ``modules`` are what it becomes, by torch's names, the usual one first; ``pick`` names another one. ``follows`` are the arguments that
    follow from what comes in and are left out in a text, ``usual`` those that a text may leave out and torch may not, or that torch has
    otherwise; ``axes`` are arguments that count axes. ``form`` is one sample in words, where a kind takes samples of some number of axes;
    along ``spatial`` of these a window moves. ``tells`` says of a number of axes whether a batch is among them. ``shape`` is a rule for
    what comes out, where that is not found by running the module without numbers; ``products`` counts multiply-adds.
    """

    modules: Mapping[str, type[nn.Module]]
    pick: Callable[[Coming], str] | None = None
    follows: Mapping[str, Callable[[Coming], Any]] = field(default_factory=dict)
    usual: Mapping[str, Callable[[Coming], Any]] = field(default_factory=dict)
    axes: tuple[str, ...] = ()
    form: str = ""
    spatial: int = 0
    tells: Callable[[int, bool], bool] | None = None
    shape: Callable[[Any, Coming], Shape] | None = None
    products: Callable[[Any, Shape, Shape], int] | None = None
    takes_ids: bool = False

    @property
    def sample_axes(self) -> int:
        """Of how many axes one sample is; 0 where it may have any number."""
        return self.form.count(" x ") + 1 if self.form else 0

    def module(self, name: str, coming: Coming) -> type[nn.Module]:
        """The class of that torch name, or of the usual one, for what comes in."""
        found = self.modules[name or (self.pick(coming) if self.pick else next(iter(self.modules)))]
        return found if coming.batched else composed.ALONE.get(found, found)

    def has_batch(self, axes: int, pasted: bool) -> bool | None:
        """Whether what comes in with so many axes has a batch among them; none if this kind does not tell."""
        if self.tells:
            return self.tells(axes, pasted)
        return axes == self.sample_axes + 1 if self.form else None


# --- what comes in says some of the arguments --------------------------------------------------------------------------------------------


def _axis(at: int) -> Callable[[Coming], Any]:
    return lambda coming: coming.shape[at]


def _first(coming: Coming) -> int:
    return coming.sample[0]


def _channel_axis(coming: Coming) -> int:
    return coming.channel_axis


def _normalized(coming: Coming) -> Shape:
    """All axes of a picture, the features of anything else."""
    return coming.sample if len(coming.sample) > 2 else coming.shape[-1:]


# --- multiply-adds -----------------------------------------------------------------------------------------------------------------------


def _entries(module: nn.Module) -> int:
    """Numbers in the matrices and kernels of a module."""
    return sum(p.numel() for p in module.parameters() if p.dim() > 1)


def _per_output(module: Any, given: Shape, made: Shape) -> int:
    return math.prod(made) // int(module.out_channels) * _entries(module)


def _per_input(module: Any, given: Shape, made: Shape) -> int:
    return math.prod(given) // int(module.in_channels) * _entries(module)


def _per_position(module: Any, given: Shape, made: Shape) -> int:
    return math.prod(given[:-1]) * _entries(module)


def _attended(width: Callable[[Any], int]) -> Callable[[Any, Shape, Shape], int]:
    """Projections, then scores and sums of values: each position with each."""

    def products(module: Any, given: Shape, made: Shape) -> int:
        return _per_position(module, given, made) + 2 * math.prod(given[:-1]) * _length(module, given) * width(module)

    return products


def _length(module: Any, given: Shape) -> int:
    """Positions of one sequence: torch has them in front unless it is told otherwise."""
    return given[-2] if getattr(getattr(module, "self_attn", module), "batch_first", True) else given[0]


# --- shapes ------------------------------------------------------------------------------------------------------------------------------


def _of_states(module: Any, coming: Coming) -> Shape:
    """Torch runs a recurrent layer without numbers time step by time step, which takes seconds for a long sequence."""
    return *coming.shape[:-1], (getattr(module, "proj_size", 0) or module.hidden_size) * (1 + module.bidirectional)


# --- the table ---------------------------------------------------------------------------------------------------------------------------

LINE, PICTURE, SEQUENCE = "channels x length", "channels x height x width", "length x features"


def _elementwise(module: type[nn.Module]) -> LayerKind:
    return LayerKind(modules={module.__name__: module})


def _convolution(module: type[nn.Module], form: str, products: Callable[[Any, Shape, Shape], int] = _per_output) -> LayerKind:
    spatial = form.count(" x ")
    follows = {"in_channels": _axis(-1 - spatial)}
    return LayerKind(modules={module.__name__: module}, follows=follows, form=form, spatial=spatial, products=products)


def _pool(module: type[nn.Module], form: str) -> LayerKind:
    return LayerKind(modules={module.__name__: module}, form=form, spatial=form.count(" x "))


def _recurrent(module: type[nn.Module]) -> LayerKind:
    return LayerKind(
        modules={module.__name__: module},
        follows={"input_size": _axis(-1)},
        usual={"batch_first": lambda coming: True},
        form=SEQUENCE,
        shape=_of_states,
        products=_per_position,
    )


def _along(module: type[nn.Module]) -> LayerKind:
    return LayerKind(modules={module.__name__: module}, usual={"dim": _channel_axis}, axes=("dim",))


KINDS: dict[str, LayerKind] = {
    "conv1d": _convolution(nn.Conv1d, LINE),
    "conv2d": _convolution(nn.Conv2d, PICTURE),
    "conv_transpose2d": _convolution(nn.ConvTranspose2d, PICTURE, _per_input),
    "linear": LayerKind(modules={"Linear": nn.Linear}, follows={"in_features": _axis(-1)}, products=_per_position),
    "max_pool1d": _pool(nn.MaxPool1d, LINE),
    "avg_pool1d": _pool(nn.AvgPool1d, LINE),
    "max_pool2d": _pool(nn.MaxPool2d, PICTURE),
    "avg_pool2d": _pool(nn.AvgPool2d, PICTURE),
    "adaptive_avg_pool2d": _pool(nn.AdaptiveAvgPool2d, PICTURE),
    "adaptive_max_pool2d": _pool(nn.AdaptiveMaxPool2d, PICTURE),
    "batch_norm": LayerKind(
        modules={"BatchNorm1d": nn.BatchNorm1d, "BatchNorm2d": nn.BatchNorm2d},
        pick=lambda coming: "BatchNorm2d" if len(coming.sample) == 3 else "BatchNorm1d",
        follows={"num_features": _first},
        tells=lambda axes, pasted: axes in (2, 4),
    ),
    "layer_norm": LayerKind(modules={"LayerNorm": nn.LayerNorm}, usual={"normalized_shape": _normalized}),
    "group_norm": LayerKind(modules={"GroupNorm": nn.GroupNorm}, follows={"num_channels": _first}),
    "rms_norm": LayerKind(modules={"RMSNorm": nn.RMSNorm}, usual={"normalized_shape": _normalized}),
    "relu": _elementwise(nn.ReLU),
    "leaky_relu": _elementwise(nn.LeakyReLU),
    "prelu": _elementwise(nn.PReLU),
    "elu": _elementwise(nn.ELU),
    "silu": _elementwise(nn.SiLU),
    "gelu": _elementwise(nn.GELU),
    "softplus": _elementwise(nn.Softplus),
    "sigmoid": _elementwise(nn.Sigmoid),
    "tanh": _elementwise(nn.Tanh),
    "softmax": _along(nn.Softmax),
    "log_softmax": _along(nn.LogSoftmax),
    "dropout": _elementwise(nn.Dropout),
    "identity": _elementwise(nn.Identity),
    "flatten": LayerKind(
        modules={"Flatten": nn.Flatten},
        usual={"start_dim": lambda coming: int(coming.batched)},
        axes=("start_dim", "end_dim"),
        tells=lambda axes, pasted: axes > (2 if pasted else 3),
    ),
    "embedding": LayerKind(modules={"Embedding": nn.Embedding}, form="length", takes_ids=True),
    "positional_encoding": LayerKind(
        modules={"PositionalEncoding": composed.PositionalEncoding},
        follows={"d_model": _axis(-1)},
        usual={"max_len": _axis(-2)},
        form=SEQUENCE,
    ),
    "rnn": _recurrent(composed.RNN),
    "lstm": _recurrent(composed.LSTM),
    "gru": _recurrent(composed.GRU),
    "attention": LayerKind(
        modules={"SelfAttention": composed.SelfAttention, "MultiheadAttention": composed.MultiheadAttention},
        follows={"embed_dim": _axis(-1)},
        form=SEQUENCE,
        products=_attended(lambda module: getattr(module, "width", 0) or module.embed_dim),
    ),
    "transformer_encoder_layer": LayerKind(
        modules={"TransformerEncoderLayer": nn.TransformerEncoderLayer},
        follows={"d_model": _axis(-1)},
        usual={"batch_first": lambda coming: True},
        form=SEQUENCE,
        products=_attended(lambda module: module.self_attn.embed_dim),
    ),
}

#: Kinds by the names of torch's classes.
CLASSES: dict[str, str] = {name: kind for kind, entry in KINDS.items() for name in entry.modules if hasattr(nn, name)}
