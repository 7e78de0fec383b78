"""The trace: the contract between numbers and pictures.

A concept computes all of its step values at once, checks them against torch and returns a :class:`Trace`, which cuts a single
:class:`Step` out of the tensors whenever it is asked for one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from engine.blocks import Blocks
from engine.ground import ground
from engine.paths import by_path
from engine.reader import MaskLike, StateDict, TensorLike, floating, largest, together
from engine.stage import Stage
from engine.step import Cell, Cells, Reference, Step, Steps
from engine.verdict import compare

if TYPE_CHECKING:
    from torch import Tensor

    from engine.record import Record

__all__ = [
    "Cell",
    "Cells",
    "MaskLike",
    "Reference",
    "StateDict",
    "Step",
    "TensorLike",
    "Trace",
    "compare",
    "floating",
    "largest",
    "together",
]


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Trace(Steps):
    """A lazy sequence of steps over tensors that were computed and checked when the trace was opened.

    ``inputs`` and ``outputs`` map names to tensors, or to further names with tensors; steps name such a tensor by its path, as
    ``adjoints.z1``. ``outputs`` are assembled from step values alone, but for whole numbers that no step computes, as the place of the
    largest one. ``stages`` say how cells are computed, ``blocks`` which of them in which order: length, chapters and steps follow from
    these. ``opening`` and ``closing`` are what a lecturer says before the first and after the last step; ``formula`` is Typst math for
    the whole operation. ``highlight`` is the step with the strongest result, at which a clip may stop; ``lessons`` are the steps that a
    clip shows term by term, the most telling first, which :mod:`engine.lessons` chooses. ``concept`` and ``title`` come from the mark
    ``@concept`` of the function that opened the trace.
    """

    params: Mapping[str, Any]
    inputs: Mapping[str, Any]
    outputs: Mapping[str, Any]
    reference: Reference
    stages: Mapping[str, Stage] = field(repr=False)
    blocks: Blocks = field(repr=False)
    opening: str
    closing: str
    formula: str
    highlight: int | None = None
    lessons: Sequence[int] = ()
    concept: str = ""
    title: str = ""
    #: Whether all that it is made of was found to be sound before.
    is_judged: ClassVar[bool] = False
    #: Whether it has a title of its own, in place of that of its concept.
    is_titled: ClassVar[bool] = False

    def __len__(self) -> int:
        return self.blocks.length

    @property
    def phases(self) -> list[tuple[str, int]]:
        """Chapters with their numbers of steps."""
        return self.blocks.phases

    def cut(self, k: int) -> Step:
        """Step k, which must be there."""
        block, cell = self.blocks.find(k)
        return self.stages[block.stage].cut(k, block.phase, cell)

    def step(self, k: int) -> Step:
        """Step k, which must be there, under whatever modes of torch a user has set."""
        with ground():
            return self.cut(k)

    def __iter__(self) -> Iterator[Step]:
        return map(self.__getitem__, range(len(self)))

    def given(self, k: int) -> set[str]:
        """The names under which step k may read what is given."""
        return set(self.inputs)

    def formula_of(self, act: int | None) -> str:
        """The formula of an act, or with none that of the whole."""
        return self.formula

    def record(self) -> Record:
        """What a picture needs of it, without torch."""
        from engine.record import Record

        return Record(self)

    @property
    def device(self) -> str:
        """Where the numbers were computed: ``cpu``, ``cuda:0`` or ``mps:0``."""
        return str(self._tensor.device)

    @property
    def dtype(self) -> str:
        """``float64`` or ``float32``."""
        return str(self._tensor.dtype).removeprefix("torch.")

    @property
    def _tensor(self) -> Tensor:
        """One of its tensors; what failed has no outputs."""
        found: Tensor = next(by_path({"outputs": self.outputs, "inputs": self.inputs}))[1]
        return found

    def __repr__(self) -> str:
        from engine.paper.repr_html import summary

        return summary(self)

    def _repr_html_(self) -> str:
        """What a notebook shows."""
        from engine.paper.repr_html import trace_html

        return trace_html(self)
