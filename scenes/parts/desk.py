"""What a scene says of its steps so that they can be worked out on the stage: see :class:`scenes.parts.worked.WorkedReel`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, NamedTuple, TypeVar

from manim import Mobject

from engine.numbers import Sum, written
from engine.step import SummedStep
from scenes.parts.ink import Box
from scenes.parts.reel import Reel
from scenes.parts.strip import Roles
from scenes.parts.travel import Flight

S = TypeVar("S", bound=SummedStep)


class Acts(NamedTuple):
    """When the frames of a beat have arrived, its numbers are read, its terms added, and its result is written; shares of the beat."""

    arrived: float
    read: float
    added: float
    written: float


@dataclass(frozen=True)
class Work(Generic[S]):
    """A step with its numbers as they are written: ``added`` is what happens term by term, ``written`` the whole step."""

    step: S
    written: Sum
    added: Sum

    @classmethod
    def of(cls, step: S) -> Work[S]:
        """Writes the numbers of a step. Before a sum is divided or given to a function it is a sum."""
        whole = written(step.terms, step.value, step.reduce, step.divisor, step.apply)
        plain = step.divisor == 1 and not step.apply
        return cls(step, whole, whole if plain else written(step.terms, step.total, step.reduce))


class Desk(Reel[S]):
    """A subclass places tables, and says of a step what it reads and writes, and what lies on the bench.

    ``scenery`` names the parts that a step needs; parts change when it does.
    """

    #: Any part with ``clear`` and ``mark``.
    bench: Any
    #: Of a full and of a quick beat. Where numbers do not travel they are read when the frames have arrived.
    acts: ClassVar[Acts] = Acts(0.12, 0.12, 0.78, 0.84)
    quick_acts: ClassVar[Acts] = Acts(0.25, 0.27, 0.55, 0.55)
    most_read: ClassVar[int] = 3  # boxes that are framed at a time

    def scenery(self, step: S) -> str:
        """Which parts stand on the stage."""
        raise TypeError(f"{type(self).__name__} has no scenery")

    def parts(self, scenery: str) -> list[Mobject]:
        """Those parts, from back to front."""
        raise TypeError(f"{type(self).__name__} has no parts")

    def reads(self, step: S) -> Mapping[str, tuple[Box, bool]]:
        """Boxes around the cells that are read, and whether they are shaded; those of one name glide from step to step."""
        raise TypeError(f"{type(self).__name__} reads nothing")

    def target(self, step: S) -> Box | None:
        """The cell that is written, if it can be seen."""
        raise TypeError(f"{type(self).__name__} writes nothing")

    def fill(self, step: S, done: bool) -> None:
        """Shows all that is known before the step, or with ``done`` after it."""
        raise TypeError(f"{type(self).__name__} fills nothing")

    def bench_of(self, step: S) -> str:
        """What kind of rows a step needs; between two steps of one kind they stay."""
        raise TypeError(f"{type(self).__name__} does not say what lies on the bench")

    def work(self, work: Work[S], ticks: int, done: bool) -> None:
        """Lays the step on the bench, ``ticks`` of its terms added."""
        raise TypeError(f"{type(self).__name__} does not work")

    def flights(self, work: Work[S]) -> list[Flight]:
        """The ways of the numbers that are read to the bench; without any they are there when they are read."""
        return []

    def landing(self, work: Work[S]) -> list[Flight]:
        """The way of the result from the strip to its cell; without one it is there when it is written."""
        return []

    def origin(self, name: str, box: Box) -> Box:
        """From where the frame of a name comes that nothing of that name was read before."""
        return box

    def rest(self, opened: bool) -> None:
        """What stands in place of the bench before the first step, or after the last one."""
        self.bench.clear()

    def roles(self, step: S) -> tuple[Roles, str]:
        """Of the factors of the terms, and of the result."""
        raise TypeError(f"{type(self).__name__} has no roles")
