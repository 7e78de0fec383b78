"""From layers to a module: each gets its sizes from what comes in, is run without numbers to see what comes out, and is then made."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from engine.errors import InputError
from engine.network import composed
from engine.network.fitted import fitted, window_of
from engine.network.kinds import KINDS, Coming, LayerKind
from engine.network.text import BODY, WrittenLayer
from engine.sentences import size_text, typed
from engine.shapes import Shape, padded_output_size
from engine.shown import one_line

#: More numbers are not drawn; the module without numbers may have as many as it likes.
MOST_PARAMETERS = 500_000_000
#: A layer with more is not rounded: no one follows it with a pencil.
MOST_ROUNDED = 1_000
#: Parameters of a layer that reach so far are tenths, smaller ones hundredths.
IN_TENTHS = 0.3


@dataclass(frozen=True, eq=False)
class Placed:
    """A layer in its place: ``given`` comes in, ``made`` comes out. ``module`` has shapes, but no numbers; ``make`` draws them.

    ``name`` is its path in the whole module, as ``3.body.0``; ``bodies`` are the layers that it holds.
    """

    name: str
    layer: WrittenLayer
    given: Shape
    made: Shape
    module: nn.Module
    make: Callable[[torch.dtype], nn.Module]
    bodies: Mapping[str, Sequence[Placed]] = field(default_factory=dict)

    @property
    def kind(self) -> LayerKind | None:
        """Its entry in the table; none for a layer that holds others."""
        return KINDS.get(self.layer.kind)

    @property
    def parameters(self) -> int:
        """How many numbers are learnt, with those of the layers that it holds."""
        return sum(p.numel() for p in self.module.parameters())

    @property
    def products(self) -> int:
        """Its multiply-adds, with those of the layers that it holds."""
        if self.kind is None:
            return sum(one.products for body in self.bodies.values() for one in body)
        return self.kind.products(self.module, self.given, self.made) if self.kind.products else 0


def built(
    layers: Sequence[WrittenLayer],
    shape: Sequence[int],
    *,
    seed: int = 0,
    dtype: torch.dtype = torch.float32,
    device: str | torch.device = "cpu",
    batched: bool | None = None,
) -> nn.Sequential:
    """The layers as one module for what comes in with that ``shape``; its parameters are named as those of an ``nn.Sequential``.

    They are drawn as torch draws them after ``manual_seed(seed)``, and rounded where a layer is small. ``batched`` says whether the first
    axis is the batch, where the layers do not tell.

    Raises :class:`InputError` if a layer does not fit what comes in.
    """
    there = placed(layers, shape, batched=batched)
    if torch.device(device).type == "meta":
        return nn.Sequential(*(one.module for one in there)).to(dtype)
    numbers = sum(p.numel() for one in there for p in (*one.module.parameters(), *one.module.buffers()))
    if numbers > MOST_PARAMETERS:
        raise InputError(f"layers has {numbers:,} parameters; give layers with at most {MOST_PARAMETERS:,}")
    with torch.random.fork_rng(devices=[]), torch.device("cpu"), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the same words as when the shapes were found
        torch.default_generator.manual_seed(seed)
        return nn.Sequential(*(one.make(dtype) for one in there)).to(device)


def placed(layers: Sequence[WrittenLayer], shape: Sequence[int], *, batched: bool | None = None) -> list[Placed]:
    """The layers, each in its place.

    Raises :class:`InputError` if one does not fit what comes in.
    """
    coming = Coming(tuple(shape), has_batch(layers, len(shape)) if batched is None else batched)
    if not coming.sample or min(shape) < 1:
        raise InputError(f"the input has shape {size_text(shape)}; give at least one axis, and at least one number along each")
    return list(_row(layers, coming, ""))


def has_batch(layers: Iterable[WrittenLayer], axes: int) -> bool:
    """Whether the first of so many axes is the batch, as the first layer has it that takes samples of some form."""
    for layer in _leaves(layers):
        told = KINDS[layer.kind].has_batch(axes, bool(layer.of))
        if told is not None:
            return told
    return axes > 3


def _leaves(layers: Iterable[WrittenLayer]) -> Iterator[WrittenLayer]:
    for layer in layers:
        if layer.bodies:
            yield from _leaves(one for body in layer.bodies.values() for one in body)
        else:
            yield layer


def _row(layers: Iterable[WrittenLayer], coming: Coming, path: str) -> Iterator[Placed]:
    """Layers one behind the other."""
    for number, layer in enumerate(layers):
        one = (_holder if layer.bodies else _leaf)(layer, coming, f"{path}{number}")
        yield one
        coming = Coming(one.made, coming.batched)


# --- a layer -----------------------------------------------------------------------------------------------------------------------------


def _leaf(layer: WrittenLayer, coming: Coming, name: str) -> Placed:
    kind = KINDS[layer.kind]
    where = f"layers has {layer.text}"
    if kind.form and len(coming.sample) != kind.sample_axes:
        batch = "batch x " if coming.batched else ""
        raise InputError(f"{where}, but what comes in is {size_text(coming.shape)}; give it {batch}{kind.form}")
    module, options = fitted(layer, coming)

    def make(dtype: torch.dtype) -> nn.Module:
        return _rounded(module(**options).to(dtype))

    try:
        with warnings.catch_warnings(), torch.device("meta"):
            warnings.simplefilter("ignore")  # torch's advice on layers without numbers, on dropout of one layer
            empty = module(**options)
        _check_window(kind, empty, coming)
        made = _shape(kind, empty, coming)
    except InputError as error:
        raise InputError(f"{where}, but what comes in is {size_text(coming.shape)}: {error}") from None
    except Exception as error:  # whatever torch says of arguments that are none
        raise InputError(f"{where} behind {size_text(coming.shape)}, which torch refuses: {one_line(str(error))}") from error
    _check_made(layer, coming, made, where)
    return Placed(name, layer, coming.shape, made, empty, make)


def _shape(kind: LayerKind, module: nn.Module, coming: Coming) -> Shape:
    """Of what comes out."""
    if kind.shape:
        return kind.shape(module, coming)
    dtype = torch.long if kind.takes_ids else torch.get_default_dtype()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        output = module.eval()(torch.empty(coming.shape, dtype=dtype, device="meta"))
    module.train()
    if not isinstance(output, Tensor):
        raise InputError("more than one tensor comes out; leave out what makes it so")
    return tuple(output.shape)


def _check_window(kind: LayerKind, module: nn.Module, coming: Coming) -> None:
    window = window_of(module, kind.spatial) if kind.spatial else None
    if window and not window.widens:
        for size, *one in zip(coming.shape[-kind.spatial :], *window.axes, strict=True):
            padded_output_size(size, *one)


def _check_made(layer: WrittenLayer, coming: Coming, made: Shape, where: str) -> None:
    if 0 in made:
        raise InputError(f"{where}, but nothing comes out of {size_text(coming.shape)}: {size_text(made)}; give sizes of at least 1")
    if layer.kind == "flatten" and made == coming.shape:
        raise InputError(f"{where}, but what comes in is {size_text(made)}, which has nothing to flatten; leave it out")


def _rounded(module: nn.Module) -> nn.Module:
    """With numbers for a pencil, if they are few."""
    own = list(module.parameters())
    if own and sum(p.numel() for p in own) <= MOST_ROUNDED:
        decimals = 1 if max(float(p.detach().abs().max()) for p in own) >= IN_TENTHS else 2
        for p in own:
            # Zero must not come out negative.
            p.data = p.data.round(decimals=decimals) + 0.0
    return module


# --- layers that hold others -------------------------------------------------------------------------------------------------------------


def _holder(layer: WrittenLayer, coming: Coming, name: str) -> Placed:
    paths = {part: f"{name}." if layer.kind == "sequential" else f"{name}.{part}." for part in layer.bodies}
    bodies = {part: list(_row(some, coming, paths[part])) for part, some in layer.bodies.items()}
    join, made = JOINS[layer.kind](layer, coming, bodies)

    def whole(of: Callable[[Placed], nn.Module]) -> nn.Module:
        return join({part: nn.Sequential(*map(of, some)) for part, some in bodies.items()})

    return Placed(name, layer, coming.shape, made, whole(lambda one: one.module), lambda dtype: whole(lambda one: one.make(dtype)), bodies)


#: Makes a module of the bodies that it holds.
Join = Callable[[Mapping[str, nn.Sequential]], nn.Module]
Bodies = Mapping[str, Sequence[Placed]]


def _sequential(layer: WrittenLayer, coming: Coming, bodies: Bodies) -> tuple[Join, Shape]:
    return lambda parts: parts[BODY], bodies[BODY][-1].made


def _skip(layer: WrittenLayer, coming: Coming, bodies: Bodies) -> tuple[Join, Shape]:
    body = bodies[BODY][-1].made
    way = bodies["project"][-1].made if "project" in bodies else coming.shape
    if way != body:
        project = f"conv2d({body[-3]}, 1)" if len(body) > 2 else f"linear({body[-1]})"
        hint = f"give layers as in project={project} that make both alike"
        raise InputError(f"layers has {layer.text}, which adds {size_text(way)} and, of its body, {size_text(body)}; {hint}")
    return lambda parts: composed.Skip(parts[BODY], parts.get("project")), body


def _dense(layer: WrittenLayer, coming: Coming, bodies: Bodies) -> tuple[Join, Shape]:
    body, made = bodies[BODY][-1].made, list(coming.shape)
    dim = -2 if any(one.kind and one.kind.spatial == 1 for one in bodies[BODY]) else coming.channel_axis
    if len(body) == len(made):
        made[dim] = body[dim]
    if tuple(made) != body:
        raise InputError(
            f"layers has {layer.text}, which sets {size_text(coming.shape)} and, of its body, {size_text(body)} side by side; "
            f"give a body that changes at most the number of {'features' if dim == -1 else 'channels'}"
        )
    made[dim] += coming.shape[dim]
    return lambda parts: composed.Dense(parts[BODY], dim), tuple(made)


def _highway(layer: WrittenLayer, coming: Coming, bodies: Bodies) -> tuple[Join, Shape]:
    for part, some in bodies.items():
        if some[-1].made != coming.shape:
            raise InputError(
                f"layers has {layer.text}, whose {part} makes {size_text(some[-1].made)} of {size_text(coming.shape)}; "
                f"give a {part} that makes {typed(coming.shape)}"
            )
    return lambda parts: composed.Highway(parts[BODY], parts["gate"]), coming.shape


JOINS: dict[str, Callable[[WrittenLayer, Coming, Bodies], tuple[Join, Shape]]] = {
    "sequential": _sequential,
    "skip": _skip,
    "dense": _dense,
    "highway": _highway,
}
