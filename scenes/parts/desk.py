"""What a scene says of its steps so that they can be worked out on the stage: see :class:`scenes.parts.worked.WorkedReel`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Generic, NamedTuple, TypeVar

from manim import Mobject

from engine.numbers import Sum, written
from engine.step import SummedStep
from scenes.parts.ink import LEAST_PX, Box, Line
from scenes.parts.motion import Cue
from scenes.parts.pieces import Piece, Roles, roles_of
from scenes.parts.reading import REST
from scenes.parts.reel import Reel
from scenes.parts.standing import Standing
from scenes.parts.travel import ON_STRIP, Flight, together

S = TypeVar("S", bound=SummedStep)


class Acts(NamedTuple):
    """When the frames of a beat have arrived, its numbers are read, its terms added, and its result is written; shares of the beat."""

    arrived: float
    read: float
    added: float
    written: float

    def within(self, seconds: float) -> Acts:
        """Those of a beat so short that it would show something new at its very end, all of them earlier."""
        earlier = min(1.0, (1 - REST / seconds) / self.written) if seconds > 2 * REST else 0.5 / self.written
        return self if earlier >= 1 else Acts(*(share * earlier for share in self))


class Framed(NamedTuple):
    """A box around cells that are read, and those of them that are shaded; or one that is still on its way to them."""

    box: Box
    shaded: Sequence[Box] = ()
    moving: bool = False


def framed(box: Box, *, shaded: bool) -> Framed:
    """A box that is shaded as a whole, or not at all."""
    return Framed(box, [box] if shaded else [])


@dataclass(frozen=True)
class WrittenStep(Generic[S]):
    """A step with its numbers as they are written: ``added`` is what happens term by term, ``written`` the whole step."""

    step: S
    written: Sum
    added: Sum

    @classmethod
    def of(cls, step: S) -> WrittenStep[S]:
        """Writes the numbers of a step. Before a sum is divided or given to a function it is a sum."""
        whole = written(step.terms, step.value, step.reduce, step.divisor, step.apply)
        if step.divisor == 1 and not step.apply:
            return cls(step, whole, whole)
        added = written(step.terms, step.total, step.reduce)
        # The same numbers twice, once they are written finely enough.
        same = step.apply and len(step.terms) > 1 and whole.relation == "≈" and added.decimals >= whole.decimals
        return cls(step, replace(whole, terms=added.terms) if same else whole, added)


class Desk(Reel[S]):
    """A subclass places tables, and says of a step what it reads and writes, and what lies on the bench.

    ``scenery`` names the parts that a step needs; parts change when it does.
    """

    #: Any part with ``clear`` and ``mark``.
    bench: Any
    #: Of a full and of a quick beat. Where numbers do not travel they are read when the frames have arrived.
    acts: Acts = Acts(0.12, 0.12, 0.68, 0.8)
    quick_acts: ClassVar[Acts] = Acts(0.25, 0.27, 0.42, 0.6)
    most_read: ClassVar[int] = 3  # boxes that are framed at a time

    def scenery(self, step: S) -> str:
        """Which parts stand on the stage."""
        raise TypeError(f"{type(self).__name__} has no scenery")

    def build(self, step: S) -> None:
        """Makes the parts of a step's scenery, where they are not there from the beginning."""

    def ground(self, scenery: str) -> list[Mobject]:
        """What lies behind all shades and frames, and stays as it is during a beat of one scenery."""
        return []

    def parts(self, scenery: str) -> list[Mobject]:
        """Those parts, from back to front."""
        raise TypeError(f"{type(self).__name__} has no parts")

    def reads(self, step: S) -> Mapping[str, Framed]:
        """What is read, in frames; those of one name glide from step to step."""
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

    def written(self, step: S) -> WrittenStep[S]:
        """A step as it is worked out, with its numbers as they are written."""
        return WrittenStep.of(step)

    def work(self, work: WrittenStep[S], ticks: int, done: bool) -> None:
        """Lays the step on the bench, ``ticks`` of its terms added."""
        raise TypeError(f"{type(self).__name__} does not work")

    def whole(self, work: WrittenStep[S]) -> None:
        """Looks at the step as a whole, once its line stands on the strip."""
        self.work(work, len(work.step.terms), False)
        self.bench.mark(None)

    def breaks(self, step: S) -> Sequence[int]:
        """Terms after which a line of a sum may end without being full, as after the row of a window."""
        return ()

    def head(self, work: WrittenStep[S]) -> Sequence[Piece]:
        """What stands before the numbers of a step on the strip."""
        return ()

    def carry(self, step: S, before: int | None, stop: float) -> list[Cue]:
        """What else moves until the frames have arrived, such as states that go on to the next time step."""
        return []

    def flights(self, work: WrittenStep[S]) -> list[Flight]:
        """The ways of the numbers that are read to the bench; without any they are there when they are read."""
        return []

    def sources(self, work: WrittenStep[S], term: int) -> Sequence[Line | Box]:
        """From where the factors of a term travel to the strip when it is added; without any they are there then."""
        return ()

    def crowd(self, work: WrittenStep[S]) -> list[Flight]:
        """Of more terms than can be followed one by one the numbers set out together, a block for the first factors of all, and so on."""
        factors = zip(*(self.sources(work, term) for term in range(len(work.step.terms))), strict=False)
        roles = roles_of(self.roles(work.step)[0], 0)
        return [together(role, places, ON_STRIP) for role, places in zip(roles, factors, strict=False)]

    def routed(self, step: S, flight: Flight) -> Flight:
        """The way of a number to the strip, perhaps with the points at which it turns so that it crosses no text."""
        return flight

    def follow(self, work: WrittenStep[S], term: int | None) -> None:
        """Looks at a term whose factors set out for the strip, or at all of them."""

    def passing(self, work: WrittenStep[S], term: int, share: float) -> None:
        """What else a term does on its way to the strip, of which it has come the ``share``; the first terms come last."""

    def landing(self, work: WrittenStep[S]) -> list[Flight]:
        """The way of the result from the strip to its cell; without one it is there when it is written."""
        box, start = self.target(work.step), self.strip.last
        if box is None or start is None:
            return []
        x0, y0, x1, y1 = box
        return [Flight(self.roles(work.step)[1], lines=(start, Line(start.text, LEAST_PX, (x0 + x1) / 2, (y0 + y1) / 2)))]

    def origin(self, name: str, box: Box) -> Box:
        """From where the frame of a name comes that nothing of that name was read before: it opens from its left side."""
        return box[0], box[1], box[0], box[3]

    def rest(self, opened: bool) -> None:
        """What stands in place of the bench before the first step, or after the last one."""
        self.bench.clear()

    def roles(self, step: S) -> tuple[Roles, str]:
        """Of the factors of the terms, and of the result."""
        raise TypeError(f"{type(self).__name__} has no roles")

    def line(self, work: WrittenStep[S]) -> list[Piece]:
        """The whole step on the strip."""
        roles, result = self.roles(work.step)
        if work.written.is_lone and (source := getattr(work.step, "source", "")):
            return [Piece(source, roles_of(roles, 0)[0]), Piece("=", "ink"), Piece(work.written.value, result)]
        count = len(work.written.terms)
        factors = len(work.written.terms[0])
        what = f"{'largest' if work.step.reduce == 'max' else 'sum'} of {count} {'numbers' if factors == 1 else 'terms'}"
        name = what if count > 1 else f"product of {factors} factors"
        return self.strip.whole(work.written, roles, name, result)

    def name(self, work: WrittenStep[S]) -> list[Piece]:
        """The cell that is written, and its value."""
        tensor, (cell, *_) = next(iter(work.step.writes.items()))
        place = ", ".join(map(str, cell))
        relation, value = work.written.relation, work.written.value
        return [Piece(f"{tensor}[{place}]", "ink"), Piece(relation, "ink"), Piece(value, self.roles(work.step)[1])]

    def shown_by(self, path: str) -> Any:
        """What shows a tensor, if that is on the stage and the scene says which it is; none else."""
        return None

    def stands(self, path: str) -> Standing | None:
        found = self.shown_by(path)
        return found.standing if found is not None else None

    def withhold(self, path: str, hidden: bool) -> None:
        found = self.shown_by(path)
        found.show(0 if hidden else found.values.size)
