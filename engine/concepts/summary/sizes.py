"""How large the result of a layer is: the rule of every kind of layer, with its numbers."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from torch import nn

from engine.concepts.summary.ran import Ran
from engine.concepts.summary.step import Factor, Figure
from engine.network.composed import Dense
from engine.network.fitted import window_of
from engine.network.kinds import KINDS
from engine.shapes import per_axis

Terms = tuple[tuple[Factor, ...], ...]

CONVOLUTIONS = (nn.Conv1d, nn.Conv2d)
TRANSPOSED = (nn.ConvTranspose2d,)
SLIDING = (nn.MaxPool1d, nn.MaxPool2d, nn.AvgPool1d, nn.AvgPool2d, *CONVOLUTIONS, *TRANSPOSED)
ONE = Factor(1, "1")


@dataclass(frozen=True)
class Slider:
    """What slides along an axis; ``pads`` are the cells before and after it."""

    kernel: int
    stride: int
    pads: tuple[int, int]
    dilation: int
    ceil: bool

    @property
    def reach(self) -> int:
        """From its first cell to behind its last one."""
        return self.dilation * (self.kernel - 1) + 1

    def left_over(self, size: int, out: int) -> int:
        """Cells at the end that no window comes to."""
        return max(0, size + sum(self.pads) - ((out - 1) * self.stride + self.reach))


def windows(line: Ran) -> list[Slider]:
    """That of every axis; none if nothing slides."""
    spatial = KINDS[line.kind].spatial if line.kind in KINDS else 0
    found = window_of(line.module, spatial) if spatial else None
    ceil = bool(getattr(line.module, "ceil_mode", False))
    return [Slider(k, s, (pad[0], pad[1]), d, ceil) for k, s, pad, d in zip(*found.axes, strict=True)] if found else []


@dataclass
class SizePlaces:
    """Where a size stands that a layer reads: the ``origins`` of all axes of what comes in. ``inputs`` are the numbers of all layers.

    ``beside`` are those of what a body has made that is put beside it.
    """

    origins: list[Factor]
    beside: list[Factor] = field(default_factory=list)
    inputs: dict[str, dict[str, list[int]]] = field(default_factory=dict)
    before: str = ""

    def own(self, line: Ran, name: str, values: Sequence[int], at: int = 0) -> Factor:
        """A number that a layer was given."""
        self.inputs.setdefault(line.name, {})[name] = list(values)
        return Factor(values[at], name, f"{self.before}layers.{line.name}.{name}", (at,))


def size_figures(line: Ran, number: int, places: SizePlaces) -> list[Figure]:
    """The steps to every axis that changes; the sizes that stand behind are then read where these are written."""
    path, found = f"{places.before}sizes.{line.name}", []
    rule = next((rule for kinds, rule in RULES.items() if isinstance(line.module, kinds)), _given)
    kept = _kept(line, places)
    for axis, figures in rule(line, places):
        made = [_figure(kind, path, axis, number, terms, divisor, apply) for kind, terms, divisor, apply in figures]
        found += made
        kept[axis] = Factor(made[-1].value, "size", path, (axis,))
    places.origins = [kept[axis] for axis in range(len(line.made))]
    return found


def _figure(kind: str, path: str, axis: int, number: int, terms: Terms, divisor: Factor | None, apply: str) -> Figure:
    goes = path.replace("sizes.", "strides.", 1) if kind == "strides" else path
    return Figure(kind=kind, path=goes, cell=(axis,), line=number, axis=axis, terms=terms, divisor=divisor, apply=apply)


def _kept(line: Ran, places: SizePlaces) -> dict[int, Factor]:
    """The axes that a layer leaves as they are."""
    if isinstance(line.module, nn.Flatten):
        first, last = (axis % len(line.given) for axis in (line.module.start_dim, line.module.end_dim))
        behind = {first + 1 + n: places.origins[axis] for n, axis in enumerate(range(last + 1, len(line.given)))}
        return {**{axis: places.origins[axis] for axis in range(first)}, **behind}
    return dict(enumerate(places.origins))


#: Kind, terms, divisor and function of the steps to one axis.
AxisStep = tuple[str, Terms, Factor | None, str]
SizeRule = Callable[[Ran, SizePlaces], Iterator[tuple[int, list[AxisStep]]]]


def _lone(factor: Factor) -> list[AxisStep]:
    return [("features", ((factor,),), None, "")]


def _given(line: Ran, places: SizePlaces) -> Iterator[tuple[int, list[AxisStep]]]:
    """Sizes of which torch says what they are."""
    for axis, size in enumerate(line.made):
        before = line.given[axis] if axis < len(line.given) else None
        if size != before or len(line.made) != len(line.given):
            yield axis, _lone(places.own(line, "output_size", line.made, axis))


def _features(name: str) -> SizeRule:
    def rule(line: Ran, places: SizePlaces) -> Iterator[tuple[int, list[AxisStep]]]:
        if line.made != line.given:
            yield len(line.made) - 1, _lone(places.own(line, name, [getattr(line.module, name)]))

    return rule


def _states(line: Ran, places: SizePlaces) -> Iterator[tuple[int, list[AxisStep]]]:
    """Of a recurrent layer: two directions stand side by side."""
    module: Any = line.module
    hidden = places.own(line, "hidden_size", [module.hidden_size])
    last = len(line.made) - 1
    if module.bidirectional:
        yield last, [("flat", ((Factor(2, "directions"), hidden),), None, "")]
    elif line.made != line.given:
        yield last, _lone(hidden)


def _joined(line: Ran, places: SizePlaces) -> Iterator[tuple[int, list[AxisStep]]]:
    """What came in and what the body made stand side by side."""
    axis = next(axis for axis, size in enumerate(line.given) if size != line.made[axis])
    yield axis, [("flat", ((places.origins[axis],), (places.beside[axis],)), None, "")]


def _flat(line: Ran, places: SizePlaces) -> Iterator[tuple[int, list[AxisStep]]]:
    module: Any = line.module
    first, last = (axis % len(line.given) for axis in (module.start_dim, module.end_dim))
    if first < last:
        yield first, [("flat", (tuple(places.origins[first : last + 1]),), None, "")]


def _slid(line: Ran, places: SizePlaces) -> Iterator[tuple[int, list[AxisStep]]]:
    """Channels are what a layer says; along the other axes windows stand side by side."""
    module: Any = line.module
    found = windows(line)
    axes = len(found)
    if hasattr(module, "out_channels") and line.made[-axes - 1] != line.given[-axes - 1]:
        yield len(line.made) - axes - 1, _lone(places.own(line, "out_channels", [module.out_channels]))
    for number, window in enumerate(found):
        axis = len(line.made) - axes + number
        if line.made[axis] != line.given[axis] or window.stride > 1:
            make = _spread if isinstance(module, TRANSPOSED) else _along
            yield axis, make(line, places, found, number, places.origins[axis])


def _along(line: Ran, places: SizePlaces, found: Sequence[Slider], number: int, size: Factor) -> list[AxisStep]:
    window = found[number]
    terms: list[tuple[Factor, ...]] = [(size,), *_padded(line, places, found, number)]
    kernel = places.own(line, "kernel_size", [one.kernel for one in found], number)
    if window.dilation > 1:
        dilation = places.own(line, "dilation", [one.dilation for one in found], number)
        terms += [(_minus(dilation), _less(kernel)), (_minus(ONE),)]
    else:
        terms += [(_minus(kernel),)]
    if window.stride == 1:
        return [("size", (*terms, (ONE,)), None, "")]
    stride = places.own(line, "stride", [one.stride for one in found], number)
    terms += [(stride,), (_minus(ONE),)] if window.ceil else []
    times = Factor(
        sum(math.prod(f.value for f in term) for term in terms) / stride.value, "strides", f"{places.before}strides.{line.name}", ()
    )
    times = times._replace(cell=(len(line.made) - len(found) + number,))
    # A last window that would begin beyond the input is left out.
    outside = window.ceil and math.floor(times.value + 1) > line.made[times.cell[0]]
    return [
        ("strides", tuple(terms), stride, ""),
        ("size", ((times,), (ONE,), *([(_minus(ONE),)] if outside else [])), None, "" if times.value.is_integer() else "floor"),
    ]


def _spread(line: Ran, places: SizePlaces, found: Sequence[Slider], number: int, size: Factor) -> list[AxisStep]:
    window, module = found[number], line.module
    stride = places.own(line, "stride", [one.stride for one in found], number)
    kernel = places.own(line, "kernel_size", [one.kernel for one in found], number)
    terms: list[tuple[Factor, ...]] = [(_less(size), stride)]
    if window.pads[0]:
        pad = places.own(line, "padding", [one.pads[0] for one in found], number)
        terms += [(Factor(-2, "−2"), pad)]
    if window.dilation > 1:
        terms += [(places.own(line, "dilation", [one.dilation for one in found], number), _less(kernel)), (ONE,)]
    else:
        terms += [(kernel,)]
    more = per_axis(getattr(module, "output_padding", 0), len(found), "output_padding", least=0)
    terms += [(places.own(line, "output_padding", more, number),)] if more[number] else []
    return [("size", tuple(terms), None, "")]


def _padded(line: Ran, places: SizePlaces, found: Sequence[Slider], number: int) -> list[tuple[Factor, ...]]:
    before, after = found[number].pads
    if before == after:
        own = places.own(line, "padding", [one.pads[0] for one in found], number) if before else ONE
        return [(Factor(2, "sides"), own)] if before else []
    return [(Factor(pad, "padding"),) for pad in (before, after) if pad]


def _minus(factor: Factor) -> Factor:
    return factor._replace(value=-factor.value, made="−{}" if factor.path else "")


def _less(factor: Factor) -> Factor:
    """One less than a number."""
    return factor._replace(value=factor.value - 1, made="{} − 1")


RULES: Mapping[Any, SizeRule] = {
    SLIDING: _slid,
    (nn.Linear,): _features("out_features"),
    (nn.Embedding,): _features("embedding_dim"),
    (nn.RNNBase,): _states,
    (nn.Flatten,): _flat,
    (Dense,): _joined,
}
