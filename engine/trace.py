"""The trace: the contract between numbers and pictures.

A concept computes all of its step values at once, checks them against torch and returns a :class:`Trace`, which cuts a single
:class:`Step` out of the tensors whenever it is asked for one.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, ParamSpec, TypeVar, overload

import torch
from torch import Tensor

from engine.budget import enough_memory
from engine.errors import CheckError, InputError
from engine.step import Cell, Cells, Reference, Step

__all__ = [
    "Cell",
    "Cells",
    "MaskLike",
    "Reference",
    "StateDict",
    "Step",
    "TensorLike",
    "Trace",
    "by_path",
    "compare",
    "concept",
    "floating",
    "largest",
    "together",
]

#: What a concept takes for a tensor.
TensorLike = Tensor | Sequence[Any] | float

#: The same where −∞ is a number as any other: a mask that is added.
MaskLike = TensorLike

#: The tensors of a trained module by their names, as its ``state_dict()`` has them.
StateDict = Mapping[str, Tensor]

#: Largest error allowed, relative to the scale of the computation.
TOLERANCE = {torch.float64: 1e-10, torch.float32: 1e-5}


def compare(name: str, computed: Tensor, expected: Tensor, scale: float) -> Reference:
    """Compares every computed value with torch's.

    ``scale`` bounds the size of the numbers that were added up (so that cancellation does not count as an error). Values that are not
    finite must be the same on both sides.

    Raises :class:`CheckError` beyond tolerance: 1e-10·scale in float64, 1e-5·scale in float32.
    """
    if computed.shape != expected.shape:
        raise CheckError(f"the step values have shape {tuple(computed.shape)}, {name} has {tuple(expected.shape)}")
    finite = torch.isfinite(expected)
    same = torch.equal(finite, torch.isfinite(computed)) and bool(torch.isclose(computed[~finite], expected[~finite], equal_nan=True).all())
    error = largest((computed - expected)[finite])
    allowed = TOLERANCE[computed.dtype] * (scale if math.isfinite(scale) else largest(expected[finite]))
    if not same or error > allowed:
        raise CheckError(f"the step values differ from {name} by {error:.3g}, more than the {allowed:.3g} allowed")
    return Reference(name, error)


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Trace(Sequence[Step]):
    """A lazy sequence of steps over tensors that were computed and checked when the trace was opened.

    ``inputs`` and ``outputs`` map names to tensors, or to further names with tensors; steps name such a tensor by its path, as
    ``adjoints.z1``. ``outputs`` are assembled from step values alone. ``opening`` and
    ``closing`` are what a lecturer says before the first and after the last step; ``formula`` is Typst math for the whole operation.
    ``highlight`` is the step with the strongest result, at which a clip may stop; ``lessons`` are the steps that do something for the first
    time, which a clip shows term by term. ``concept`` and ``title`` come from the mark
    :func:`concept` of the function that opened the trace.
    """

    params: Mapping[str, Any]
    inputs: Mapping[str, Any]
    outputs: Mapping[str, Any]
    reference: Reference
    length: int
    cut: Callable[[int], Step] = field(repr=False)
    phases: Sequence[tuple[str, int]]
    opening: str
    closing: str
    formula: str
    highlight: int | None = None
    lessons: Sequence[int] = ()
    concept: str = ""
    title: str = ""

    def __len__(self) -> int:
        return self.length

    @overload
    def __getitem__(self, index: int) -> Step: ...

    @overload
    def __getitem__(self, index: slice) -> list[Step]: ...

    def __getitem__(self, index: int | slice) -> Step | list[Step]:
        if isinstance(index, slice):
            return [self.cut(k) for k in range(*index.indices(self.length))]
        k = index + self.length if index < 0 else index
        if not 0 <= k < self.length:
            raise IndexError(f"step {index} of a trace of {self.length} steps")
        return self.cut(k)

    def __iter__(self) -> Iterator[Step]:
        return map(self.cut, range(self.length))

    @property
    def device(self) -> str:
        """Where the numbers were computed: ``cpu``, ``cuda:0`` or ``mps:0``."""
        return str(next(by_path(self.outputs))[1].device)

    @property
    def dtype(self) -> str:
        """``float64`` or ``float32``."""
        return str(next(by_path(self.outputs))[1].dtype).removeprefix("torch.")

    def __repr__(self) -> str:
        from engine.repr_html import summary

        return summary(self)

    def _repr_html_(self) -> str:
        """What a notebook shows."""
        from engine.repr_html import trace_html

        return trace_html(self)


def by_path(tensors: Mapping[str, Any]) -> Iterator[tuple[str, Tensor]]:
    """All tensors with their paths, those of inner names behind a dot."""
    for name, value in tensors.items():
        if isinstance(value, Mapping):
            yield from ((f"{name}.{path}", tensor) for path, tensor in by_path(value))
        else:
            yield name, value


P = ParamSpec("P")
R = TypeVar("R", bound=Trace)


def concept(
    *, title: str, example: Mapping[str, Any], options: Mapping[str, str] = MappingProxyType({})
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Marks a function as a concept: it is then found by the catalogue, the command line and the scenes.

    ``example`` holds arguments as a user writes them on the command line, ``options`` the spelling of an option where it is not that of the
    parameter. All must be literals, because the catalogue reads them from the source without importing torch.
    """

    def mark(function: Callable[P, R]) -> Callable[P, R]:
        @functools.wraps(function)
        def opened(*args: P.args, **kwargs: P.kwargs) -> R:
            with torch.no_grad(), enough_memory():
                return replace(function(*args, **kwargs), concept=function.__name__, title=title)

        return opened

    return mark


def floating(name: str, value: TensorLike) -> Tensor:
    """``value`` as a float64 or float32 tensor; whole numbers and lists become float64.

    Raises :class:`InputError` for ragged lists, words, complex and half-precision tensors.
    """
    if not isinstance(value, Tensor):
        if "complex" in str(getattr(value, "dtype", "")):
            raise InputError(f"{name} has dtype {getattr(value, 'dtype', '')}; give float64 or float32")
        try:
            value = torch.as_tensor(value, dtype=torch.float64)
        except (TypeError, ValueError, RuntimeError, OverflowError) as error:
            reason = " ".join(str(error).split())
            raise InputError(f"{name} cannot be made a tensor ({reason}); give rows of numbers, all of the same length") from error
    if value.layout is not torch.strided or value.is_quantized:
        raise InputError(f"{name} is a sparse or quantized tensor; give a dense one, such as {name}.to_dense()")
    # A copy: a trace shows the numbers that were checked, whatever becomes of the caller's tensor.
    value = value.detach().clone()
    if value.dtype.is_complex or (value.dtype.is_floating_point and value.dtype not in TOLERANCE):
        raise InputError(f"{name} has dtype {str(value.dtype).removeprefix('torch.')}; give float64 or float32")
    return value if value.dtype in TOLERANCE else value.to(torch.float64)


def together(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The tensors with the widest of their dtypes; they must be on one device."""
    devices = {str(t.device) for t in tensors.values()}
    if len(devices) > 1:
        where = ", ".join(f"{name} on {t.device}" for name, t in tensors.items())
        raise InputError(f"the tensors are on different devices ({where}); move them to one")
    dtype = functools.reduce(torch.promote_types, (t.dtype for t in tensors.values()))
    return {name: t.to(dtype) for name, t in tensors.items()}


def largest(tensor: Tensor) -> float:
    """The largest absolute value, 0 for no values."""
    return float(tensor.abs().max()) if tensor.numel() else 0.0
